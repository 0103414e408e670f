"""Checks of what a person typed, made before anything is sent."""

import re

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
