"""Days as people and programs write them, in Dutch and English; day before month unless the file shows otherwise."""

import re
from datetime import date, timedelta

from mijnklantportaal_async.files.moment_errors import MomentError, MonthFirstError
from mijnklantportaal_async.files.printable import shown_value

DATE_FORMS = "25-03-2027 (day-month-year) or 2027-03-25"
FIRST_YEAR, LAST_YEAR = 2000, 2999
"""Others are slips of the hand."""

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari january jan",
            "februari february feb febr",
            "maart march mrt mar maa",
            "april apr",
            "mei may",
            "juni june jun",
            "juli july jul",
            "augustus august aug",
            "september sep sept",
            "oktober october okt oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "maandag ma monday mon",
            "dinsdag di tuesday tue tues",
            "woensdag wo woe wednesday wed",
            "donderdag do don thursday thu thur thurs",
            "vrijdag vr vrij friday fri",
            "zaterdag za zat saturday sat",
            "zondag zo zon sunday sun",
        )
    )
    for name in names.split()
}
_WEEKDAY = re.compile(r"(?P<name>[A-Za-z]{2,9})\.?,?\s+(?=\w)", re.ASCII)
_NUMERIC = re.compile(
    r"(?:(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"
    r"|(?P<first>\d{1,2})(?P<other_mark>\.\s|[-/.])(?P<second>\d{1,2})(?P=other_mark)(?P<last>\d{4}|\d{2}))(?!\d)",
    re.ASCII,
)
_COMPACT = re.compile(r"(?P<year>20\d{2})(?P<month>\d{2})(?P<day>\d{2})(?!\d)", re.ASCII)
_NAMED = tuple(
    re.compile(pattern, re.ASCII | re.IGNORECASE)
    for pattern in (
        r"(?P<day>\d{1,2})(?:e|ste|de|st|nd|rd|th)?[.\s-]+(?P<month>[A-Z]{3,9})\.?,?[\s-]+'?"
        r"(?P<year>\d{4}|\d{2}(?![:.uh]))(?!\d)",
        r"(?P<month>[A-Z]{3,9})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})(?!\d)",
        r"(?P<year>\d{4})[-\s](?P<month>[A-Z]{3,9})[-\s](?P<day>\d{1,2})(?!\d)",
    )
)
_EITHER_ORDER = re.compile(r"(?:^|\s)(\d{1,2})([-/.])(\d{1,2})\2\d{4}(?!\d)", re.ASCII)

# Day 0 of spreadsheets; what they number lies within the years in which people have appointments.
_DAY_ZERO = date(1899, 12, 30)
_FIRST_SERIAL, _LAST_SERIAL = 36526, 73050


def leading_day(text: str, month_first: bool = False) -> tuple[date, str] | None:
    """The day with which a text begins, and the rest of it; None when it begins with none.

    Args:
        text: Without spaces around it.
        month_first: Whether 03/05/2027 is the fifth of March.

    Raises:
        MomentError: It is no day of the calendar, or could be several.
    """
    weekday, start = None, text
    if text[:1].isalpha() and (named := _WEEKDAY.match(text)) and named["name"].lower() in _WEEKDAYS:
        weekday, start = _WEEKDAYS[named["name"].lower()], text[named.end() :]
    found = _NUMERIC.match(start) or _COMPACT.match(start)
    if found is not None:
        day = _numeric_day(found, text, month_first)
    else:
        found = next((match for pattern in _NAMED if (match := pattern.match(start))), None)
        month = _MONTHS.get(found["month"].lower()) if found else None
        if found is None or month is None:
            return None
        year = int(found["year"]) if len(found["year"]) == 4 else 2000 + int(found["year"])
        day = _checked(year, month, int(found["day"]), text)
    if weekday is not None and day.weekday() != weekday:
        raise MomentError(f"{shown_value(text)!r} is a {day:%A}; correct the day or its date")
    return day, start[found.end() :]


def day_of_serial(number: int) -> date | None:
    """The day that a spreadsheet keeps as this number; None when it can be none."""
    return _DAY_ZERO + timedelta(days=number) if _FIRST_SERIAL <= number <= _LAST_SERIAL else None


def numbers_in(text: str) -> tuple[int, str, int] | None:
    """The first two numbers of a date such as 03/04/2027, whose order nobody knows, and the mark between them."""
    found = _EITHER_ORDER.search(text)
    return None if found is None else (int(found[1]), found[2], int(found[3]))


def _numeric_day(found: re.Match[str], text: str, month_first: bool) -> date:
    if found["year"] is not None:
        return _checked(int(found["year"]), int(found["month"]), int(found["day"]), text)
    if len(found["last"]) == 2:
        raise MomentError(
            f"{shown_value(text)!r} has a year of two digits; write {DATE_FORMS}, or give the column such a format in "
            "the spreadsheet"
        )
    year, month, day = int(found["last"]), int(found["second"]), int(found["first"])
    if month_first:
        month, day = day, month
    elif month > 12 >= day and is_day(year, day, month):
        raise MonthFirstError(
            f"{shown_value(text)!r} has no month {month}: dates here are day-month-year. If the file has the month "
            f"first, every date of it is read wrongly: write them all as {DATE_FORMS}"
        )
    return _checked(year, month, day, text)


def _checked(year: int, month: int, day: int, text: str) -> date:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise MomentError(f"the year {year:04} in {shown_value(text)!r} cannot be right; write {DATE_FORMS}")
    if not is_day(year, month, day):
        raise MomentError(f"{shown_value(text)!r} is no day of the calendar; write {DATE_FORMS}")
    return date(year, month, day)


def is_day(year: int, month: int, day: int) -> bool:
    """Whether the calendar has such a day."""
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
