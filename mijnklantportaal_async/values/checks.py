"""Checks of what a person typed, made before anything is sent."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar

T = TypeVar("T")

MAXIMUM_LENGTH = 255
"""Longest text we send in one field. The service documents no length; 255 is what such a column holds as a rule."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Enough to find a slip of the hand; only the receiving server knows whether an address exists.
_EMAIL = re.compile(r"[^\s@<>(),;:\"\[\]\\]+@[^\s@<>(),;:\"\[\]\\]+")


def check_text(value: object, field: str) -> str:
    """A text that can be right: a `str`, not blank, not too long, without control characters.

    Returns:
        The text as it was given.

    Raises:
        TypeError: It is not a `str`.
        ValueError: It is blank, longer than 255 characters, or holds a control character.
    """
    if not isinstance(value, str):
        raise TypeError(f"{field} must be a str, not {type(value).__name__}: {value!r}")
    # The cheap test first: printable ASCII and letters never need the expression.
    if not value.isprintable() and (found := _CONTROL.search(value)):
        raise ValueError(
            f"{field} holds the control character {found.group()!r} at position {found.start()}; "
            "remove it (a line break or tab from a spreadsheet cell, perhaps)"
        )
    if not value or value.isspace():
        raise ValueError(f"{field} is empty; give at least one visible character")
    if len(value) > MAXIMUM_LENGTH:
        raise ValueError(f"{field} has {len(value)} characters; shorten it to {MAXIMUM_LENGTH} or fewer")
    return value


def check_email(value: object, field: str) -> str:
    """An e-mail address that can be right: one `@` with something on both sides and no spaces.

    Raises:
        TypeError: It is not a `str`.
        ValueError: It cannot be an address.
    """
    text = check_text(value, field)
    if not _EMAIL.fullmatch(text):
        raise ValueError(f"{field}={text!r} is not an e-mail address; write it as name@example.nl")
    return text


def check_country_code(value: object, field: str) -> str:
    """A country as ISO 3166-1 alpha-2 writes it: two letters. Whether it exists, the service knows.

    Raises:
        TypeError: It is not a `str`.
        ValueError: It is anything but two letters.
    """
    text = check_text(value, field)
    if not (len(text) == 2 and text.isascii() and text.isalpha()):
        raise ValueError(f"{field}={text!r} is not a country code; give two letters, such as 'NL'")
    return text


def check_identifier(value: object, field: str) -> str:
    """An id that fits into a path as one segment.

    Raises:
        TypeError: It is not a `str`.
        ValueError: It is empty, `.` or `..`, too long, or holds white space or control characters.
    """
    text = check_text(value, field)
    if text in {".", ".."} or text.split() != [text]:
        raise ValueError(f"{field}={text!r} cannot be an id; ids look like 'apt_abc12346def678', without spaces")
    return text


def check_prose(value: object, field: str) -> str:
    """A longer text that can be right: a `str`, not blank; line breaks and tabs are welcome.

    Raises:
        TypeError: It is not a `str`.
        ValueError: It is blank, or holds another control character.
    """
    if not isinstance(value, str):
        raise TypeError(f"{field} must be a str, not {type(value).__name__}: {value!r}")
    if not value or value.isspace():
        raise ValueError(f"{field} is empty; give at least one visible character")
    if found := _CONTROL.search(value.translate(_PROSE)):
        raise ValueError(
            f"{field} holds the control character {found.group()!r} at position {found.start()}; remove it"
        )
    return value


_PROSE = dict.fromkeys(map(ord, "\n\r\t\u2028\u2029"), " ")


def check_whole(value: object, field: str) -> int:
    """A whole number.

    Raises:
        TypeError: It is not an `int`.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{field} must be an int, not {type(value).__name__}: {value!r}")
    return value


def check_truth(value: object, field: str) -> bool:
    """True or false.

    Raises:
        TypeError: It is not a `bool`.
    """
    if not isinstance(value, bool):
        raise TypeError(f"{field} must be a bool, not {type(value).__name__}: {value!r}")
    return value


def check_money(value: object, field: str) -> Decimal:
    """An amount in euro: a `Decimal`, an `int`, or a text such as `"12.95"`, never a `float`.

    Raises:
        TypeError: It is none of these.
        ValueError: It is no number, or has more than two decimals.
    """
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):
        hint = "; write Decimal('12.95'), because a float is not exact" if isinstance(value, float) else ""
        raise TypeError(f"{field} must be a Decimal, not {type(value).__name__}: {value!r}{hint}")
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{field}={value!r} is not an amount; write it as '12.95'") from None
    if not amount.is_finite() or amount != round(amount, 2):
        raise ValueError(f"{field}={value!r} is not an amount in whole cents; round it")
    return round(amount, 2)


def check_day(value: object, field: str) -> date:
    """A day of the calendar.

    Raises:
        TypeError: It is not a `date`, or is a `datetime`: the portal would not say of which zone.
    """
    if isinstance(value, datetime) or not isinstance(value, date):
        raise TypeError(f"{field} must be a date, not {type(value).__name__}: {value!r}")
    return value


def check_url(value: object, field: str) -> str:
    """An address on the web.

    Raises:
        TypeError: It is not a `str`.
        ValueError: It does not begin with https:// or http:// and a host.
    """
    text = check_text(value, field)
    if not re.fullmatch(r"https?://[^\s/?#]+\S*", text):
        raise ValueError(f"{field}={text!r} is not a URL; write it as 'https://example.nl/hook'")
    return text


def check_kind(kind: type[T]) -> Callable[[object, str], T]:
    """A check for objects of one class."""

    def check(value: object, field: str) -> T:
        if not isinstance(value, kind):
            raise TypeError(f"{field} must be a {kind.__name__}, not {type(value).__name__}: {value!r}")
        return value

    return check
