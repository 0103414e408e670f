"""Street, number and addition as one line, each of them once."""

import re

from mijnklantportaal_async.files.headers import plain

_MONTHS = "jan|feb|mrt|mar|apr|mei|may|jun|jul|aug|sep|okt|oct|nov|dec"
# Spreadsheets take 12-3 for the twelfth of March.
_A_DATE = re.compile(rf"\d{{1,2}}-(?:{_MONTHS})|(?:{_MONTHS})-\d{{1,2}}|\d{{4}}-\d{{2}}-\d{{2}}.*", re.IGNORECASE)


def is_a_date(number: str) -> bool:
    """Whether a spreadsheet has made a date of a house number."""
    return _A_DATE.fullmatch(number.strip()) is not None


def address_of(street: str, number: str, letter: str, addition: str) -> str:
    """The line that the portal takes. Some files have number and addition in the street already.

    Args:
        street: The street, with the number or without.
        number: The house number; may be empty, as the others.
        letter: What belongs right behind it.
        addition: What stands after it.
    """
    parts = [part for part in (number, letter, addition) if part]
    for count in range(len(parts), 0, -1):
        if _ends_with(street, parts[:count]):
            number, letter, addition = (("" if part in parts[:count] else part) for part in (number, letter, addition))
            break
    whole = f"{street.rstrip()} {number}" if number else street.rstrip(" ,")
    if letter:
        whole += letter if whole[-1:].isdigit() else f" {letter}"
    return f"{whole} {addition}" if addition else whole


def _ends_with(street: str, parts: list[str]) -> bool:
    pattern = r"[\s\-/,.]*".join(re.escape(part) for part in parts)
    return plain(street) != "" and re.search(rf"(?:^|[\s,]){pattern}$", street.strip(), re.IGNORECASE) is not None
