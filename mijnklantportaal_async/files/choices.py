"""What a person can say about a file, where it does not say so itself."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Literal, TypedDict


class Choices(TypedDict, total=False):
    """What a person said about a file. Everything can be left out."""

    columns: Mapping[str, str]
    """Field -> header, for headers that are not understood by themselves."""
    ignored: Collection[str]
    """Headers, or keys of JSON, to leave alone."""
    encoding: str | None
    """Such as `cp1252`; UTF-8 when left out. `utf-8-twice` for a text that was turned into UTF-8 two times."""
    sheet: str | None
    """Which sheet of a workbook; needed where several have rows."""
    dates: Literal["day-first", "month-first"] | None
    """How dates such as 03/04/2027 are meant, where the file leaves it open."""
    me: Collection[str]
    """Addresses of the owner of a calendar: appointments are with the other attendees."""
    group: Literal["first", "each", "leave-out"] | None
    """An event with several people: an appointment with the first, one with each, or none."""
    since: date | None
    """Of events that repeat: none before this day."""
    until: date | None
    """Of events that repeat: none after this day. Needed where one repeats without an end."""
