"""Times of the day as people and programs write them: 14:30, 14u30, 9 uur, 2:30 PM, with an offset or without."""

import re
from datetime import UTC, time, timedelta, timezone

from mijnklantportaal_async.files.moment_errors import MomentError
from mijnklantportaal_async.files.printable import shown_value

TIME_FORMS = "14:30"

_TIME = re.compile(
    r"(?:(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?::(?P<seconds>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\s?(?:uur|u|h))?"
    r"|(?P<spoken_hour>\d{1,2})\s?(?:uur|[uh](?P<spoken_minute>\d{2})?(?:\s?uur)?)"
    r"|(?P<bare_hour>\d{1,2})(?=\s?[apvn]\.?\s?m))"
    r"(?:\s?(?P<half>[apvn])\.?\s?m\.?)?"
    r"(?:\s?(?P<offset>Z|[+-]\d{2}(?::?\d{2})?))?",
    re.ASCII | re.IGNORECASE,
)
_HALF_DAY = re.compile(r"\d\s*[ap]\.?\s?m\.?$", re.IGNORECASE)
# 09:00-10:00 is from nine to ten for a person, and ten hours west of Greenwich for a program.
_PERHAPS_A_SPAN = re.compile(r"(?:^|\s)\d{1,2}[:.]\d{2}\s?-\d{2}:\d{2}$", re.ASCII)


def time_of(text: str, whole: str, *, seconds: bool = False) -> time | None:
    """The time that a text is, with an offset if it has one; None when it is none.

    Args:
        text: Without spaces around it.
        whole: The cell that it stands in, for messages.
        seconds: Take seconds and parts of them too; otherwise they are refused.

    Raises:
        MomentError: No clock shows it, or it could be several.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    if _PERHAPS_A_SPAN.search(whole):
        raise MomentError(
            f"{shown_value(whole)!r} could be from one time to another, or a time with an offset; write begin and end "
            "in columns of their own"
        )
    hour = int(found["hour"] or found["spoken_hour"] or found["bare_hour"])
    minute = int(found["minute"] or found["spoken_minute"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            raise MomentError(f"{shown_value(whole)!r} is no time of the day; write {TIME_FORMS}")
        # 12 AM is midnight; v.m. and n.m. are AM and PM in Dutch.
        hour = hour % 12 + (12 if found["half"].lower() in "pn" else 0)
    if hour > 23 or minute > 59:
        hint = ". For midnight write 00:00 with the date of the next day" if (hour, minute) == (24, 0) else ""
        raise MomentError(f"{shown_value(whole)!r} is no time of the day; write {TIME_FORMS}{hint}")
    second, fraction = int(found["seconds"] or 0), found["fraction"] or ""
    if not seconds and (second or fraction.strip("0")):
        raise MomentError(f"{shown_value(whole)!r} has seconds; the portal takes whole minutes: write {TIME_FORMS}")
    if second > 59:
        raise MomentError(f"{shown_value(whole)!r} is no time of the day; write {TIME_FORMS}")
    return time(hour, minute, second, int(fraction[:6].ljust(6, "0")), tzinfo=_offset_of(found["offset"], whole))


def has_half_day(text: str) -> bool:
    """Whether a text ends with AM or PM, as those write who may put the month first too."""
    return _HALF_DAY.search(text) is not None


def _offset_of(offset: str | None, text: str) -> timezone | None:
    if offset is None:
        return None
    if offset in "Zz":
        return UTC
    digits = offset[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    if int(digits[2:]) > 59 or minutes > 14 * 60:
        raise MomentError(f"the offset {offset} in {shown_value(text)!r} does not exist; write +01:00, or leave it out")
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
