"""The kinds of fields: how a person writes a value of each, and what becomes of it.

The signature of the coroutine says which kind a field is of, never the look of a value: `0012`, `1e5` and `null` are
texts where a text is asked for.
"""

import re
from abc import ABC, abstractmethod
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from mijnklantportaal_async.cli.call.amounts import read_amount
from mijnklantportaal_async.files.dates import DATE_FORMS
from mijnklantportaal_async.files.moment_errors import MomentError
from mijnklantportaal_async.files.moments import read_parts
from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.files.times import TIME_FORMS
from mijnklantportaal_async.models import FileContent
from mijnklantportaal_async.values.local_time import from_wall_time
from mijnklantportaal_async.values.open_enum import OpenStrEnum


class Kind(ABC):
    """One kind of value."""

    label: str
    """What stands for a value in the help."""
    how_to_write: str = ""
    """What the help says once for all fields of the kind."""
    sample: str = ""
    """A value, for an example."""

    @abstractmethod
    def read(self, text: str, zone: ZoneInfo) -> Any:
        """The value that a person wrote.

        Args:
            text: As it came from the shell.
            zone: The portal's zone.

        Raises:
            ValueError: It is no such value; the message says what to write.
        """

    def read_json(self, data: Any, zone: ZoneInfo) -> Any:
        """The value that stands in JSON.

        Args:
            data: What JSON says; its numbers with a point are `Decimal`.
            zone: The portal's zone.

        Raises:
            ValueError: It is no such value; the message says what to write.
        """
        if not isinstance(data, str):
            raise ValueError(f"must be a text in JSON, not {json_kind(data)}")
        return self.read(data, zone)

    @property
    def choices(self) -> tuple[str, ...]:
        """Values to choose from, where they are known."""
        return ()


class Text(Kind):
    """Any text, as it is."""

    label = "TEXT"
    sample = "Tekst"

    def read(self, text: str, zone: ZoneInfo) -> str:
        """The text."""
        return text


class Whole(Kind):
    """A whole number."""

    label = "NUMBER"
    sample = "21"

    def read(self, text: str, zone: ZoneInfo) -> int:
        """The number."""
        if not re.fullmatch(r"-?[0-9]{1,18}", text.strip()):
            raise ValueError(f"{shown_value(text)!r} is not a whole number; write it in digits only, as in 21")
        return int(text)

    def read_json(self, data: Any, zone: ZoneInfo) -> int:
        """The number."""
        if isinstance(data, bool) or not isinstance(data, int):
            raise ValueError(f"must be a whole number in JSON, not {json_kind(data)}")
        return data


class YesOrNo(Kind):
    """Yes or no."""

    label = "yes|no"
    sample = "yes"
    _WORDS: ClassVar = {"yes": True, "true": True, "ja": True, "no": False, "false": False, "nee": False}

    def read(self, text: str, zone: ZoneInfo) -> bool:
        """Whether it is yes."""
        answer = self._WORDS.get(text.strip().lower())
        if answer is None:
            raise ValueError(f"{shown_value(text)!r} is neither yes nor no")
        return answer

    def read_json(self, data: Any, zone: ZoneInfo) -> bool:
        """Whether it is true."""
        if not isinstance(data, bool):
            raise ValueError(f"must be true or false in JSON, not {json_kind(data)}")
        return data

    @property
    def choices(self) -> tuple[str, ...]:
        """Both."""
        return ("yes", "no")


class Amount(Kind):
    """An amount of money."""

    label = "AMOUNT"
    sample = "12,95"
    how_to_write = "Write an AMOUNT as 12,95 or 12.95, thousands in full as 1.234,56; 1.000 is refused as ambiguous."

    def read(self, text: str, zone: ZoneInfo) -> Decimal:
        """The amount, to the cent."""
        return read_amount(text)

    def read_json(self, data: Any, zone: ZoneInfo) -> Decimal:
        """The amount, from a text or a number."""
        if isinstance(data, (str, Decimal, int)) and not isinstance(data, bool):
            # The digits of a number are those that were written.
            return read_amount(str(data))
        raise ValueError(f"must be an amount in JSON, not {json_kind(data)}")


class Day(Kind):
    """A day of the calendar."""

    label = "DAY"
    sample = "25-03-2027"
    how_to_write = "Write a DAY as 25-03-2027 (day-month-year) or 2027-03-25."

    def read(self, text: str, zone: ZoneInfo) -> date:
        """The day."""
        parts = read_parts(text)
        if parts.date is None or parts.time is not None:
            raise MomentError(f"{shown_value(text)!r} is no day; write {DATE_FORMS}, without a time")
        return parts.date


class Moment(Kind):
    """A moment."""

    label = "TIME"
    sample = "25-03-2027 14:30"
    how_to_write = (
        "Write a TIME with its day, as in '25-03-2027 14:30' or 2027-03-25T14:30. Without an offset such as +02:00 it "
        "is the portal's local time."
    )

    def read(self, text: str, zone: ZoneInfo) -> datetime:
        """The moment, aware. Whether the portal can be told it to the second, the coroutine knows."""
        parts = read_parts(text, seconds=True)
        if parts.date is None or parts.time is None:
            raise MomentError(f"{shown_value(text)!r} is no day with a time; write it as in 2027-03-25 {TIME_FORMS}")
        written = datetime.combine(parts.date, parts.time)
        if written.tzinfo is not None:
            return written
        try:
            return from_wall_time(written, zone, "time")
        except ValueError as error:
            raise ValueError(str(error).removeprefix("time: ")) from error


class Choice(Kind):
    """One of some texts, or one that the documentation does not name yet.

    Args:
        kind: The texts that are known.
    """

    label = "CHOICE"

    def __init__(self, kind: type[OpenStrEnum]) -> None:
        self._kind = kind
        self.sample = str(next(iter(kind)))

    def read(self, text: str, zone: ZoneInfo) -> OpenStrEnum:
        """The choice."""
        return self._kind(text)

    @property
    def choices(self) -> tuple[str, ...]:
        """Those that are documented."""
        return tuple(str(member) for member in self._kind)


class FileOfThisMachine(Kind):
    """A file to be sent."""

    label = "FILE"
    sample = "contract.pdf"
    how_to_write = "A FILE is a path on this machine."

    def read(self, text: str, zone: ZoneInfo) -> FileContent:
        """The file."""
        try:
            with Path(text).open("rb"):
                return FileContent(Path(text))
        except OSError as error:
            raise ValueError(f"{shown_value(text)!r} cannot be read: {error.strerror or error}") from error


def json_kind(data: Any) -> str:
    """What JSON calls a value."""
    match data:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | Decimal():
            return f"the number {data}"
        case str():
            return f"the text {shown_value(data)!r}"
        case list():
            return "a list"
        case _:
            return "an object"
