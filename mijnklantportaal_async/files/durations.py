"""Lengths of time as people and programs write them: 45, 0:45, 1,5 uur, PT45M."""

import enum
import re

from mijnklantportaal_async.files.moment_errors import MomentError
from mijnklantportaal_async.files.printable import shown_value

LONGEST_DURATION = 7 * 24 * 60
"""Minutes; a longer appointment is not believed."""

_SHORTEST_PLAIN, _LONGEST_PLAIN = 5, 24 * 60
"""Minutes; a number without a unit that is shorter or longer may well be hours or seconds."""

_LONGEST_CLOCK = 12
"""Hours; 30:00 is half an hour more often than thirty."""

_UNIT = r"(?P<{0}>minuten|minutes|minuut|minute|mins?\.?|m|uren|uur|hours?|hrs?\.?|u|h|seconden|seconds?|sec\.?|s)"
_NUMBER = re.compile(
    r"(?P<number>\d{1,9}(?:[.,]\d{1,3})?)\s?(?:" + _UNIT.format("unit") + ")?", re.ASCII | re.IGNORECASE
)
_CLOCK = re.compile(r"(?P<hours>\d{1,3}):(?P<minutes>[0-5]\d)(?::00)?", re.ASCII)
_SPOKEN = re.compile(
    r"(?P<hours>\d{1,2})\s?(?:uren|uur|hours?|hrs?|u|h)\s?(?:(?:en|and)\s)?(?P<minutes>[0-5]?\d)\s?"
    r"(?:minuten|minutes|mins?\.?|m)?",
    re.ASCII | re.IGNORECASE,
)
_IN_WORDS = {
    **dict.fromkeys(["kwartier", "een kwartier", "1 kwartier"], 15),
    **dict.fromkeys(["half uur", "halfuur", "een half uur", "half an hour", "half hour"], 30),
    **dict.fromkeys(["driekwartier", "drie kwartier", "3 kwartier"], 45),
    **dict.fromkeys(["een uur", "an hour", "one hour"], 60),
    **dict.fromkeys(["anderhalf uur", "1 1/2 uur", "1\u00bd uur"], 90),
}
_ISO = re.compile(
    r"P(?:(?P<days>\d{1,2})D)?T?(?:(?P<hours>\d{1,3})H)?(?:(?P<minutes>\d{1,5})M)?(?:0+S)?", re.IGNORECASE
)


class Unit(enum.Enum):
    """What a number counts, in minutes."""

    MILLISECONDS = 1 / 60_000
    SECONDS = 1 / 60
    MINUTES = 1
    QUARTERS = 15
    HOURS = 60

    @classmethod
    def named(cls, word: str) -> "Unit | None":
        """The unit of a word such as `min`, `uren` or `hours`."""
        return _UNITS.get(word.strip(" .").lower())


_UNITS = {
    **dict.fromkeys(["minuten", "minutes", "minuut", "minute", "mins", "min", "m"], Unit.MINUTES),
    **dict.fromkeys(["uren", "uur", "hours", "hour", "hrs", "hr", "u", "h"], Unit.HOURS),
    **dict.fromkeys(["seconden", "seconds", "second", "sec", "secs", "s"], Unit.SECONDS),
    **dict.fromkeys(["milliseconden", "milliseconds", "ms", "msec"], Unit.MILLISECONDS),
    **dict.fromkeys(["kwartier", "kwartieren", "quarters"], Unit.QUARTERS),
}


def read_minutes(text: str, unit: Unit | None = None) -> int:
    """A duration: `45`, `45 min`, `0:45`, `1,5 uur`.

    Args:
        text: What was written.
        unit: What its header says that numbers count; None when it says nothing.

    Raises:
        MomentError: It is none, or one that nobody means.
    """
    text = text.strip()
    if (in_words := _IN_WORDS.get(text.casefold())) is not None:
        return in_words
    if (clock := _CLOCK.fullmatch(text)) is not None:
        return _of_clock(clock, text)
    spoken = _SPOKEN.fullmatch(text) or _ISO.fullmatch(text)
    if spoken is not None and (spoken["hours"] or spoken["minutes"]):
        days = int(spoken.groupdict().get("days") or 0)
        return _believed((days * 24 + int(spoken["hours"] or 0)) * 60 + int(spoken["minutes"] or 0))
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise MomentError(f"{shown_value(text)!r} is no duration; write whole minutes, as in 45, or 0:45")
    own = Unit.named(found["unit"]) if found["unit"] else unit
    number = float(found["number"].replace(",", "."))
    if own is not None:
        minutes = number * own.value
        if abs(minutes - round(minutes)) > 1e-6:
            raise MomentError(f"{shown_value(text)!r} is no number of whole minutes; write it as in 45, or 0:45")
        return _believed(round(minutes))
    if number == int(number) and _SHORTEST_PLAIN <= number <= _LONGEST_PLAIN:
        return int(number)
    if not 0 < number <= LONGEST_DURATION:
        return _believed(int(number))
    raise MomentError(
        f"{shown_value(text)!r} could be minutes or hours; write 0:45 for three quarters of an hour, or call the "
        "column 'Duur (min)' or 'Duur (uren)'"
    )


def _of_clock(found: re.Match[str], text: str) -> int:
    if int(found["hours"]) > _LONGEST_CLOCK:
        raise MomentError(
            f"{shown_value(text)!r} could be hours and minutes, or minutes and seconds; write 0:30 for half an hour, "
            "or the end instead"
        )
    return _believed(int(found["hours"]) * 60 + int(found["minutes"]))


def _believed(minutes: int) -> int:
    if not 1 <= minutes <= LONGEST_DURATION:
        raise MomentError(
            f"{minutes} minutes cannot be right; give 1 to {LONGEST_DURATION} minutes, or the end instead"
        )
    return minutes
