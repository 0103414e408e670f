"""What a job consists of: rows, and the ids by which one row is the same row on every machine and every day."""

import hashlib
import json
import re
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Self

import attrs

ROW_WORKFLOW = "mijnklantportaal_row"
"""Name under which the engine keeps a row."""

NOTE_WORKFLOW = "mijnklantportaal_note"
"""Name under which the engine keeps what a portal held when rows were submitted to it."""

MAXIMUM_NAME = 128

_NAME = re.compile(r"[^\x00-\x1f\x7f]+")
_PORTAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


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
    address: str
    timezone: str = "Europe/Amsterdam"

    def __attrs_post_init__(self) -> None:
        if not _PORTAL.fullmatch(self.name):
            raise ValueError(
                f"portal name {self.name!r}: use letters, digits, '.', '_' and '-', beginning with a letter or digit, "
                "at most 64 characters"
            )


@attrs.frozen(kw_only=True)
class BatchRow:
    """One row of a job as it is kept in the database. Holds no key."""

    job: str
    portal: Portal
    operation: str
    """Name of the coroutine that does it, such as `schedule_appointment`."""
    request: dict[str, Any]
    """What is asked for, as JSON."""
    number: int
    """Place in the job, from 1."""
    place: str
    """Where a person finds it, such as `line 14`."""
    copy: int = 0
    """0 for the first of several equal rows, 1 for the second, and so on."""
    key: str = ""
    """Equal for rows whose records could not be told apart in the portal."""
    after: tuple[str, ...] = ()
    """Ids of rows with the same key that go first."""
    priority: int = 1
    """Place in the queue: higher than that of every row in `after`."""
    noted: str = ""
    """Id of the note of what the portal held before."""

    @property
    def id(self) -> str:
        """The same for the same row, whoever submits it and how often."""
        return f"{job_prefix(self.job)}r-{self.digest}-{self.copy}"

    @property
    def digest(self) -> str:
        """Of what is asked for, and of whom."""
        return digest_of(attrs.asdict(self.portal), self.operation, self.request)

    def to_json(self) -> dict[str, Any]:
        """For the engine."""
        return attrs.asdict(self) | {"after": list(self.after)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Back from the engine.

        Raises:
            KeyError, TypeError, ValueError: It was not written by this version of the package.
        """
        values = dict(data)
        values["portal"] = Portal(**values["portal"])
        values["after"] = tuple(values["after"])
        return cls(**values)


def in_order(rows: Iterable[BatchRow], unfinished: Iterable[tuple[str, str, int]]) -> list[BatchRow]:
    """Rows whose records could not be told apart go one after the other, those that are there already first.

    Args:
        rows: New ones.
        unfinished: Key, id and priority of rows of all jobs that are not at their end.
    """
    before: dict[str, list[tuple[str, int]]] = {}
    for key, identifier, priority in unfinished:
        before.setdefault(key, []).append((identifier, priority))
    ordered: list[BatchRow] = []
    for row in rows:
        earlier = before.setdefault(row.key, [])
        priority = 1 + max((priority for _, priority in earlier), default=0)
        ordered.append(attrs.evolve(row, after=tuple(identifier for identifier, _ in earlier), priority=priority))
        earlier.append((row.id, priority))
    return ordered


@attrs.frozen(kw_only=True)
class Note:
    """What a portal held before any of these rows was sent: records that are nobody's of this job."""

    job: str
    portal: Portal
    operation: str
    listing: list[Any]
    """What to list, in the operation's own terms."""
    rows: int
    """How many rows were submitted with it."""
    source: str
    """Where they came from, such as the name of a file."""
    digest: str
    """Of the rows."""

    @property
    def id(self) -> str:
        """The same for the same submission."""
        return f"{job_prefix(self.job)}n-{digest_of(attrs.asdict(self.portal), self.operation)[:8]}-{self.digest[:12]}"

    def to_json(self) -> dict[str, Any]:
        """For the engine."""
        return attrs.asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Back from the engine."""
        values = dict(data)
        values["portal"] = Portal(**values["portal"])
        return cls(**values)


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


def job_prefix(job: str) -> str:
    """How the ids of everything in a job begin."""
    return f"mkp-{digest_of(job)[:16]}-"


def queue_name(portal: Portal) -> str:
    """The queue of a portal's rows: one each, so that a slow portal holds up no other."""
    return f"mijnklantportaal-{portal.name}-{digest_of(portal.address)[:8]}"


def key_text(portal: Portal, operation: str, key: Hashable) -> str:
    """A look-alike key as a short text."""
    return digest_of(portal.name, portal.address, operation, repr(key))


def digest_of(*parts: Any) -> str:
    """A short text that is equal only for equal JSON values."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
