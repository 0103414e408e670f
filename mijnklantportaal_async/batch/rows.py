"""What a job consists of: rows, and the ids by which one row is the same row on every machine and every day."""

import enum
import hashlib
import json
import re
from collections.abc import Hashable, Iterable
from typing import Any, cast

import attrs

from mijnklantportaal_async.calling.claims import Place
from mijnklantportaal_async.texts.words import words
from mijnklantportaal_async.values.portal_names import check_portal_name, normal_address

MAXIMUM_NAME = 128

FORMAT = 1
"""Of rows: raised when an older worker would misread one. It leaves those of a newer format alone."""

_NAME = re.compile(r"[^\x00-\x1f\x7f]+")


class State(enum.StrEnum):
    """Where a row stands in the database."""

    WAITING = "waiting"
    QUEUED = "queued"
    """The engine has it, and its turn is taken; no worker has begun it."""
    UNDER_WAY = "under way"
    CANCELED = "canceled"
    DONE = "done"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class Doubt(enum.IntEnum):
    """Whether something that was sent for a row may have had an effect that nobody knows of."""

    NONE = 0
    UNDER_WAY = 1
    """A request may be on its way this very moment."""
    OPEN = 2
    """No request is on its way any more: the portal can be asked."""


class WhenAbsent(enum.IntEnum):
    """What comes next once it is certain that nothing of a row is in the portal."""

    SEND = 0
    CANCEL = 1
    """Its job was canceled while it was under way."""
    SAY = 2
    """It is only being looked at."""


@attrs.frozen(kw_only=True)
class Portal:
    """Which portal rows are for: enough to tell portals apart, and nothing that must be kept secret.

    Args:
        name: What you call it. A worker finds the portal's key by this name.
        address: The base URL of its API. A worker that reaches another address by this name leaves the rows alone.
        timezone: The portal's zone, an IANA name: appointments are sent as wall time of it.

    Raises:
        ValueError: The name holds anything but letters, digits, `.`, `_` and `-`, or is longer than 64 characters.
    """

    name: str
    address: str = attrs.field(converter=normal_address)
    timezone: str = "Europe/Amsterdam"

    def __attrs_post_init__(self) -> None:
        check_portal_name(self.name)

    @property
    def id(self) -> str:
        """By which the database knows it under this name."""
        return digest_of(self.name, self.address, self.timezone)

    @property
    def queue(self) -> str:
        """The queue of its rows: one each, so that a slow portal holds up no other."""
        return f"mijnklantportaal-{self.name}-{self.id[:8]}"


@attrs.frozen(kw_only=True)
class BatchRow:
    """One row of a job as it is kept in the database. Holds no key."""

    id: str
    job: str
    portal: Portal
    operation: str
    """Name of the coroutine that does it, such as `schedule_appointment`."""
    request: dict[str, Any]
    """Its arguments, as JSON."""
    number: int
    """Place in the job, from 1."""
    place: str
    """Where a person finds it, such as `line 14`."""
    content: str
    """Equal for equal rows of any job."""
    turns: tuple[tuple[str, str], ...]
    """What it must not share with others that are under way: keys, each with a kind (see `Place`)."""
    how_to_check: str = ""
    """What a person does to find out whether it happened."""


@attrs.frozen(kw_only=True)
class RowAtWork:
    """A row that this worker has begun: nobody else can record anything of it."""

    row: BatchRow
    owner: str
    """The proof."""
    doubt: Doubt
    first_sent: float | None
    """When something was sent for it first, in seconds since 1970; None while nothing was."""
    doubts: int
    """How often something was sent of which nobody knew the end, and nothing of it was there."""
    looks: int
    """How many times in a row it could not be looked for."""
    refused_at: float | None
    """When the portal refused it last without saying whose fault that is."""


def row_id(job: str, content: str, copy: int) -> str:
    """The same for the same row, whoever submits it and how often. `copy` counts equal ones, from 0."""
    return f"mkp-{digest_of(job)[:16]}-{content}-{copy}"


def turns_of(places: Iterable[Place], operation: str) -> tuple[tuple[str, str], ...]:
    """What requests share that could not be told apart, as short texts. A kind that is empty disturbs every other."""
    return tuple(
        (digest_of(operation, _plain(place.key)), "" if place.kind is None else digest_of(_plain(place.kind))[:8])
        for place in places
    )


def check_job_name(name: object) -> str:
    """The name of a job.

    Raises:
        TypeError: It is not a `str`.
        ValueError: It is empty, too long or holds control characters.
    """
    if not isinstance(name, str):
        raise TypeError(f"job must be a str, not {type(name).__name__}: {name!r}")
    if not name.strip() or len(name) > MAXIMUM_NAME or not _NAME.fullmatch(name):
        raise ValueError(f"job={name!r}: give 1 to {MAXIMUM_NAME} characters, not only spaces, no line breaks")
    return name.strip()


def digest_of(*parts: Any) -> str:
    """A short text that is equal only for equal JSON values."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _plain(key: Hashable) -> Any:
    """A key as JSON, the same in every process: sets have no order of their own."""
    if isinstance(key, tuple):
        return ["tuple", *map(_plain, cast("tuple[Hashable, ...]", key))]
    if isinstance(key, frozenset):
        return ["set", *sorted(json.dumps(_plain(item)) for item in cast("frozenset[Hashable]", key))]
    return key if isinstance(key, str | int | float | bool | None) else str(key)


def place_in_words(place: str) -> str:
    """Where a row stands in its source, as it was written down: `line 31`, `row 4`, `line 7: event 2, 'Intake'`."""
    if (found := _PLACE.fullmatch(place)) is None:
        return place
    number, event = int(found["number"]), found["event"]
    if found["what"] == "row":
        return words("row {number}", number=number)
    return words("line {line}: {event}", line=number, event=event) if event else words("line {line}", line=number)


_PLACE = re.compile(r"(?P<what>line|row) (?P<number>\d+)(?:: (?P<event>.*))?", re.DOTALL)
