"""Checks of what a person typed, made before anything is sent."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar, cast

from mijnklantportaal_async.texts.words import Sentences, words

T = TypeVar("T")

MAXIMUM_LENGTH = 255
"""What a column of one line holds as a rule. For appointments and customers; other lengths only where documented."""

PREFIXES: Mapping[str, tuple[str, ...]] = {
    "agreement_id": ("agr_",),
    "appointment_id": ("apt_",),
    "content": ("fsf_", "fsd_"),
    "customer_group_id": ("cug_",),
    "customer_id": ("cst_",),
    "customers": ("cst_",),
    "directory_id": ("fsd_",),
    "file_id": ("fsf_", "fsd_"),
    "invoice_id": ("inv_",),
    "issued_punch_card_id": ("pcb_",),
    "link_id": ("plk_",),
    "offer_id": ("off_",),
    "package_id": ("spg_",),
    "punch_card_id": ("pcd_",),
    "request_id": ("frq_",),
    "subscription_id": ("sub_",),
    "ticket_id": ("tic_",),
    "webhook_id": ("wbh_",),
}
"""What the documentation says that ids begin with, by argument."""

EXAMPLES: Mapping[str, tuple[str, ...]] = {"document_id": ("agd_",), "mandate_id": ("mdt_",), "message_id": ("tim_",)}
"""What ids begin with in its examples, and nobody says that they always do."""

_KNOWN = frozenset(prefix for table in (PREFIXES, EXAMPLES) for prefixes in table.values() for prefix in prefixes)

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Enough to find a slip of the hand; only the receiving server knows whether an address exists.
_EMAIL = re.compile(r"[^\s@<>(),;:\"\[\]\\]+@[^\s@<>(),;:\"\[\]\\]+")


def check_text(value: object, field: str, most: int | None = MAXIMUM_LENGTH) -> str:
    """A text that can be right: a `str`, not blank, not too long, without control characters.

    Args:
        value: What was given.
        field: What it is called.
        most: How many characters it may have; None for any number.

    Returns:
        The text as it was given.

    Raises:
        TypeError: It is not a `str`.
        ValueError: It is blank, longer than that, or holds a control character.
    """
    if not isinstance(value, str):
        raise TypeError(f"{field} must be a str, not {type(value).__name__}: {value!r}")
    # The cheap test first: printable ASCII and letters never need the expression.
    if not value.isprintable() and (found := _CONTROL.search(value)):
        raise ValueError(
            words(
                "{field} holds the control character {group} at position {start}; remove it (a line break or "
                "tab from a spreadsheet cell, perhaps)",
                field=field,
                group=repr(found.group()),
                start=found.start(),
            )
        )
    if not value or value.isspace():
        raise ValueError(words("{field} is empty; give at least one visible character", field=field))
    if most is not None and len(value) > most:
        raise ValueError(
            words(
                "{field} has {value_count} characters; shorten it to {most} or fewer",
                field=field,
                value_count=len(value),
                most=most,
            )
        )
    return value


def check_line(value: object, field: str) -> str:
    """As `check_text`, of any length: where none is documented."""
    return check_text(value, field, None)


def check_email(value: object, field: str) -> str:
    """An e-mail address that can be right: one `@` with something on both sides and no spaces.

    Raises:
        TypeError: It is not a `str`.
        ValueError: It cannot be an address.
    """
    text = check_text(value, field)
    if not _EMAIL.fullmatch(text):
        raise ValueError(
            words("{field}={text} is not an e-mail address; write it as name@example.nl", field=field, text=repr(text))
        )
    return text


def check_country_code(value: object, field: str) -> str:
    """A country as ISO 3166-1 alpha-2 writes it: two letters. Whether it exists, the service knows.

    Raises:
        TypeError: It is not a `str`.
        ValueError: It is anything but two letters.
    """
    text = check_text(value, field)
    if not (len(text) == 2 and text.isascii() and text.isalpha()):
        raise ValueError(
            words("{field}={text} is not a country code; give two letters, such as 'NL'", field=field, text=repr(text))
        )
    return text


def check_identifier(value: object, field: str, prefix: str | None = None) -> str:
    """An id that fits into a path as one segment, and is not one of something else.

    Args:
        value: What was given.
        field: What it is called; says what the id begins with.
        prefix: What it begins with, where its name does not say it.

    Raises:
        TypeError: It is not a `str`.
        ValueError: It is empty, `.` or `..`, too long, holds white space or control characters, or begins as the ids
            of other records do.
    """
    documented = (prefix,) if prefix else PREFIXES.get(field) or PREFIXES.get(field.partition("[")[0], ())
    # Nearly every id is one of the right kind, of ASCII letters and digits: the cheap test first.
    if isinstance(value, str) and value.startswith(documented) and value.isascii() and value.isidentifier():
        return check_text(value, field) if len(value) > MAXIMUM_LENGTH else value
    text = check_text(value, field)
    if text in {".", ".."} or text.split() != [text]:
        raise ValueError(
            words(
                "{field}={text} cannot be an id; ids look like 'apt_abc12346def678', without spaces",
                field=field,
                text=repr(text),
            )
        )
    # What looks like no id of the service at all is its to judge.
    if found := re.match(r"[a-z]{3}_", text):
        allowed = documented or EXAMPLES.get(field.partition("[")[0], ())
        if found[0] not in allowed and (documented or (allowed and found[0] in _KNOWN)):
            begins = Sentences([repr(one) for one in allowed], words(" or "))
            raise ValueError(
                words(
                    "{field}={text} is the id of something else; ids of this kind begin with {begins}",
                    field=field,
                    text=repr(text),
                    begins=begins,
                )
            )
    return text


def check_prose(value: object, field: str) -> str:
    """A longer text that can be right: a `str`, empty perhaps; line breaks and tabs are welcome.

    Raises:
        TypeError: It is not a `str`.
        ValueError: It holds another control character.
    """
    if not isinstance(value, str):
        raise TypeError(f"{field} must be a str, not {type(value).__name__}: {value!r}")
    if found := _CONTROL.search(value.translate(_PROSE)):
        raise ValueError(
            words(
                "{field} holds the control character {group} at position {start}; remove it",
                field=field,
                group=repr(found.group()),
                start=found.start(),
            )
        )
    return value


def check_message(value: object, field: str) -> str:
    """As `check_prose`, with something to read in it."""
    text = check_prose(value, field)
    if not text or text.isspace():
        raise ValueError(words("{field} is empty; give at least one visible character", field=field))
    return text


_PROSE = dict.fromkeys(map(ord, "\n\r\t\u2028\u2029"), " ")


def check_whole(value: object, field: str) -> int:
    """A whole number.

    Raises:
        TypeError: It is not an `int`.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{field} must be an int, not {type(value).__name__}: {value!r}")
    return value


def check_count(value: object, field: str, least: int = 1) -> int:
    """A whole number of a setting: `check_count(self.attempts, "RetryPolicy(attempts=...)")`.

    Raises:
        TypeError: It is not an `int`.
        ValueError: It is below `least`.
    """
    number = check_whole(value, field)
    if number < least:
        raise ValueError(
            words("{field} must be {least} or more, not {number}", field=field, least=least, number=number)
        )
    return number


def check_seconds(value: object, field: str, *, may_be_zero: bool = False, otherwise: str = "") -> float:
    """Seconds of a setting: `check_seconds(self.settle, "ReconcilePolicy(settle=...)", may_be_zero=True)`.

    Args:
        value: What was given.
        field: The setting.
        may_be_zero: Whether 0 makes sense.
        otherwise: What else may be given, for the message: `or None for no end`.

    Raises:
        TypeError: It is not a number.
        ValueError: It is not above 0, or has no end.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        wanted = f"a number of seconds {otherwise}".rstrip()
        raise TypeError(f"{field} must be {wanted}, not {type(value).__name__}: {value!r}")
    # NaN is neither.
    if not (value >= 0 if may_be_zero else value > 0) or value == float("inf"):
        wanted = f"{'0 seconds or more' if may_be_zero else 'above 0 seconds'} {otherwise}".rstrip()
        raise ValueError(f"{field} must be {wanted}, not {value!r}")
    return value


def check_setting(value: object, kinds: type[T] | tuple[type[Any], ...], field: str, example: str) -> T:
    """An object of a setting.

    Args:
        value: What was given.
        kinds: What it may be.
        field: The argument.
        example: What to write instead.

    Raises:
        TypeError: It is of another type. Its text is not repeated: it may hold a password.
    """
    if not isinstance(value, kinds):
        names = [kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,))]
        raise TypeError(f"{field} must be a {' or '.join(names)}, not {_kind_of(value)}; give {example}")
    return cast("T", value)


def _kind_of(value: object) -> str:
    """What something is, in a word that its user knows."""
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


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
        ValueError: It is no number, has more than two decimals, or could be read in two ways.
    """
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):
        hint = f'; write Decimal("{value:.2f}"), because a float is not exact' if isinstance(value, float) else ""
        raise TypeError(f"{field} must be a Decimal, not {type(value).__name__}: {value!r}{hint}")
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]+(\.[0-9]{1,2})?", value):
        raise ValueError(
            words(
                "{field}={value} is not an amount; write it as '12.95': digits, and a point before the cents",
                field=field,
                value=repr(value),
            )
        )
    amount = Decimal(value)
    if not amount.is_finite() or abs(amount) >= _TOO_MUCH or amount != round(amount, 2):
        raise ValueError(
            words("{field}={value} is not an amount in whole cents; round it", field=field, value=repr(value))
        )
    return round(amount, 2) + 0


_TOO_MUCH = Decimal(10) ** 24
"""Above it, `Decimal` counts no cents any more."""


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
    text = check_line(value, field)
    if not re.fullmatch(r"https?://[^\s/?#]+\S*", text):
        raise ValueError(
            words("{field}={text} is not a URL; write it as 'https://example.nl/hook'", field=field, text=repr(text))
        )
    return text


def check_each(value: object, field: str, check: Callable[[Any, str], T], most: int | None = None) -> list[T]:
    """A list with something in it, each item checked.

    Raises:
        TypeError: It is no list or tuple, or an item is of another type.
        ValueError: It is empty, longer than `most`, or an item cannot be right.
    """
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{field} must be a list, not {type(value).__name__}: {value!r}")
    items = cast("Sequence[Any]", value)
    if not items:
        raise ValueError(words("{field} is empty; give at least one", field=field))
    if most is not None and len(items) > most:
        raise ValueError(
            words(
                "{field} has {items_count} items; the service takes {most} at the most",
                field=field,
                items_count=len(items),
                most=most,
            )
        )
    return [check(item, f"{field}[{index}]") for index, item in enumerate(items)]


def check_kind(kind: type[T]) -> Callable[[object, str], T]:
    """A check for objects of one class."""

    def check(value: object, field: str) -> T:
        if not isinstance(value, kind):
            raise TypeError(f"{field} must be a {kind.__name__}, not {type(value).__name__}: {value!r}")
        return value

    return check
