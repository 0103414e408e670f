"""How a portal always behaves where its documentation is silent, or wrong: ways that were met in the world."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from typing import TYPE_CHECKING

from mijnklantportaal_async.sandbox.wall_time import atom_offset

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from mijnklantportaal_async.sandbox.documents import Document

CACHE_SECONDS = 8.0
"""Portal seconds for which a cache hands out the same list."""
LAG_SECONDS = 4
"""Portal seconds after which a replica knows of an appointment."""
ROUNDED_TO = 300
"""Seconds to which `MINUTES_ROUNDED` rounds."""
ABSURD_FIGURES = ("20000000", "9" * 5000, "Fri, 31 Dec 99999 23:59:59 GMT")
"""What headers say in turn where they say what cannot be."""


class Manner(str, Enum):  # noqa: UP042 - StrEnum would change what str() and repr() show in test output
    """One way in which a portal always behaves; a `Fault` hits single requests."""

    APPOINTMENTS_IN_PAGES = "appointments_in_pages"
    """The list of appointments comes in pages of 15; as in Laravel, `next_page_url` has the page only, not the days."""
    CANCELED_NOT_LISTED = "canceled_not_listed"
    """The list of appointments leaves out those that are canceled."""
    NEWEST_FIRST = "newest_first"
    """Lists in pages begin with the newest record."""
    STRAY_COMMA = "stray_comma"
    """`next_page_url` ends in a comma, as in the documentation's examples."""
    DAYS_OF_24_HOURS = "days_of_24_hours"
    """The days of a list are 24 hours each: over a change of the clock it has an hour too many, or misses one."""
    TEXTS_IN_NFC = "texts_in_nfc"
    """The texts of new records are kept in Unicode's form NFC."""
    TEXTS_TRIMMED = "texts_trimmed"
    """The texts of new records lose invisible characters at both ends, beside white space."""
    APOSTROPHES_STRAIGHTENED = "apostrophes_straightened"
    """Typographic apostrophes in the texts of new records become plain ones."""
    MINUTES_ROUNDED = "minutes_rounded"
    """Start and end of a new appointment are rounded to five minutes."""
    CUSTOMERS_FILLED_IN = "customers_filled_in"
    """A new appointment of a customer carries that customer's name and e-mail address as its attendee."""
    WINTER_OFFSET = "winter_offset"
    """Times are shown in wall time with the offset of winter, also in summer."""
    EXAMPLE_OFFSET = "example_offset"
    """Times are shown in wall time with the `+02:00` of the documentation's examples, also in winter."""
    CREATED_IN_WALL_TIME = "created_in_wall_time"
    """`createdAt` is the wall time with a `Z`, as if it were UTC."""
    CACHED_LISTS = "cached_lists"
    """A cache hands out lists for 8 s, with their `Age`; asked with `Cache-Control: no-cache` it fetches a new one."""
    STUBBORN_CACHE = "stubborn_cache"
    """A cache hands out lists for 8 s, with their `Age`, whatever it is asked for."""
    AGELESS_CACHE = "ageless_cache"
    """A cache hands out lists for 8 s, whatever it is asked for; only their old `Date` shows it."""
    LAGGING_REPLICAS = "lagging_replicas"
    """The list of appointments, though dated now, lacks those that were made in the last 4 s."""
    IMPOSSIBLE_DATES = "impossible_dates"
    """The list of appointments has one that ends on the 31st of April, as in the documentation's example."""
    NULL_ENTRIES = "null_entries"
    """The list of appointments has a `null` in it."""
    NUMBERS_AS_IDS = "numbers_as_ids"
    """The list of appointments has one whose `id` is a number."""
    NO_DATE = "no_date"
    """No answer carries a `Date`."""
    ABSURD_LIMITS = "absurd_limits"
    """The rate limit's headers say what cannot be: 20,000,000, 5,000 digits, the year 99999."""


_RIVALS = (
    frozenset({Manner.WINTER_OFFSET, Manner.EXAMPLE_OFFSET}),
    frozenset({Manner.CACHED_LISTS, Manner.STUBBORN_CACHE, Manner.AGELESS_CACHE}),
)
_STRANGE = frozenset({Manner.IMPOSSIBLE_DATES, Manner.NULL_ENTRIES, Manner.NUMBERS_AS_IDS})
_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
_STRAIGHT = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4\u2032`", "'"))
_ATOM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}")


def manners_of(asked: Collection[Manner | str]) -> frozenset[Manner]:
    """Return manners that can go together.

    Raises:
        ValueError: One is not known, or some exclude each other.
    """
    known = {manner.value for manner in Manner}
    values = {manner.value if isinstance(manner, Manner) else manner for manner in asked}
    if unknown := values - known:
        raise ValueError(f"unknown manners {sorted(unknown)}: there are {', '.join(sorted(known))}")
    manners = frozenset(map(Manner, values))
    for rivals in _RIVALS:
        if len(rivals & manners) > 1:
            raise ValueError(f"{' and '.join(sorted(rivals & manners))} exclude each other: choose one")
    return manners


class Manners:
    """The manners that a portal has now, and what they do to what it keeps and shows."""

    def __init__(self, asked: Collection[Manner | str] = ()) -> None:
        self.now = manners_of(asked)

    def have(self, manner: Manner) -> bool:
        """Tell whether the portal has a manner now."""
        return manner in self.now

    # --- What it keeps -------------------------------------------------------------------------------------------

    def text(self, text: str) -> str:
        """Return a text as it is kept."""
        if self.have(Manner.TEXTS_IN_NFC):
            text = unicodedata.normalize("NFC", text)
        if self.have(Manner.TEXTS_TRIMMED):
            seen = [index for index, character in enumerate(text) if unicodedata.category(character) not in _UNSEEN]
            text = text[seen[0] : seen[-1] + 1] if seen else ""
        return text.translate(_STRAIGHT) if self.have(Manner.APOSTROPHES_STRAIGHTENED) else text

    def kept(self, fields: Document) -> Document:
        """Return the fields of a new record as they are kept."""
        return {name: self.text(value) if isinstance(value, str) else value for name, value in fields.items()}

    def minutes(self, begins: int, ends: int) -> tuple[int, int]:
        """Return the UNIX times of a new appointment as they are kept."""
        if not self.have(Manner.MINUTES_ROUNDED):
            return begins, ends
        begins, ends = ((time + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO for time in (begins, ends))
        return begins, max(ends, begins + ROUNDED_TO)

    # --- What it shows -------------------------------------------------------------------------------------------

    def shown(self, document: Document, now: Callable[[], datetime]) -> Document:
        """Return a record with its times as they are shown.

        Args:
            document: Its times in ATOM format, in the portal's zone.
            now: Gives the portal's time, aware.
        """
        offset = self._offset(now)
        made_at = "Z" if self.have(Manner.CREATED_IN_WALL_TIME) else offset
        if made_at is None:
            return document
        return {
            name: _with_offset(value, made_at if name == "createdAt" else offset) for name, value in document.items()
        }

    def strangers(self, make_example: Callable[[], Document]) -> list[Document | None]:
        """Return what stands in the list of appointments and breaks its schema.

        Args:
            make_example: Makes an appointment of these days, as it is shown.
        """
        if self.now.isdisjoint(_STRANGE):
            return []
        example = make_example()
        odd: dict[Manner, Document | None] = {
            Manner.IMPOSSIBLE_DATES: {**example, "id": "apt_31april", "endsAt": "2024-04-31T10:00:00+02:00"},
            Manner.NULL_ENTRIES: None,
            Manner.NUMBERS_AS_IDS: {**example, "id": 20240431},
        }
        return [entry for manner, entry in odd.items() if self.have(manner)]

    def limit_headers(self, headers: dict[str, str], turn: int) -> dict[str, str]:
        """Return the headers of the rate limit as they are sent.

        Args:
            headers: As they should be.
            turn: The number of the request.
        """
        if not self.have(Manner.ABSURD_LIMITS):
            return headers
        figure = ABSURD_FIGURES[turn % len(ABSURD_FIGURES)]
        return {"X-RateLimit-Limit": figure, "X-RateLimit-Remaining": figure, "X-RateLimit-Reset": figure}

    def _offset(self, now: Callable[[], datetime]) -> str | None:
        if self.have(Manner.EXAMPLE_OFFSET):
            return "+02:00"
        return atom_offset(now(), in_winter=True) if self.have(Manner.WINTER_OFFSET) else None


def _with_offset(value: object, offset: str | None) -> object:
    if offset is None or not isinstance(value, str) or not _ATOM.fullmatch(value):
        return value
    return value[: -len("+00:00")] + offset
