"""Judging the fields of a request body: by the contract's schema, and by what its examples look like.

The schemas declare no formats. A field's example shows one all the same: a date, an e-mail address, an id with a
prefix. What is refused is worded as Laravel words it. A field that the contract does not know is refused, too: the
service may overlook it, but whoever sent it meant something.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from mijnklantportaal_async.sandbox.answers import JsonObject, refuse_fields
from mijnklantportaal_async.sandbox.form_data import UploadedFile
from mijnklantportaal_async.sandbox.wall_time import read_wall_time

if TYPE_CHECKING:
    from mijnklantportaal_async.sandbox.contract import Schema

MOST_CHARACTERS = 255
LARGEST_NUMBER = 2**31 - 1
LONG = frozenset(
    {"message", "description", "url", "signerSignatureData", "invoiceDescription", "invoiceText"}
    | {"acceptedViaUserAgent"}
)
"""Fields that hold more than a line."""
DAY_WILL_DO = frozenset({"paidAt"})
"""Moments whose documentation reads as if the time may be left out."""

FieldErrors: TypeAlias = dict[str, list[str]]


@functools.cache
def display_name(field: str) -> str:
    """Return a field's name as it stands in a message: `startsAt` becomes `starts at`."""
    return re.sub(r"(?<!^)([A-Z])", r" \1", field).replace("_", " ").lower()


def required(field: str, when: str = "") -> str:
    """Say that a field is missing."""
    return f"The {display_name(field)} field is required{when}."


def note(errors: FieldErrors, field: str, message: str) -> None:
    """Note what is wrong with a field, unless something is already."""
    errors.setdefault(field, [message])


def errors_by_contract(document: JsonObject, schema: Schema) -> FieldErrors:
    """Judge a tidy body."""
    errors: FieldErrors = {}
    for place, message in _errors_in_object("", document, schema.whole):
        errors.setdefault(place, []).append(message)
    return errors


def check(errors: FieldErrors, schema: Schema) -> None:
    """Refuse the request when there are errors, named in the order of the documentation.

    Raises:
        Refusal: 422, with the errors.
    """
    if errors:
        raise refuse_fields({**{name: errors[name] for name in schema.in_order if name in errors}, **errors})


# --- By the schema: the keywords that the contract uses, of which a test keeps the list ---------------------------


_KINDS: Mapping[str, tuple[type, str]] = {
    "string": (str, "a string"),
    "integer": (int, "an integer"),
    "boolean": (bool, "true or false"),
    "array": (list, "an array"),
    "object": (dict, "an object"),
    "null": (type(None), "null"),
}


def _errors_within(place: str, value: object, schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with a value, and with what is in it, with its place."""
    name = display_name(place.rpartition(".")[2])
    if "contentMediaType" in schema or schema.get("format") == "binary":
        if not isinstance(value, UploadedFile):
            yield place, f"The {name} field must be a file."
        return
    kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    if not any(_is(value, kind) for kind in kinds):
        yield place, f"The {name} field must be {_KINDS[kinds[0]][1]}."
    elif "enum" in schema and value not in schema["enum"]:
        yield place, f"The selected {name} is invalid."
    elif isinstance(value, str):
        yield from ((place, message) for message in _format_errors(place, value, schema))
    elif isinstance(value, int) and abs(value) > LARGEST_NUMBER:
        yield place, f"The {name} field must not be greater than {LARGEST_NUMBER}."
    elif isinstance(value, list):
        most = schema.get("maxItems")
        if most is not None and len(cast("list[object]", value)) > most:
            yield place, f"The {name} field must not have more than {most} items."
        for index, item in enumerate(cast("list[object]", value)):
            yield from _errors_within(f"{place}.{index}", item, schema.get("items", {}))
    elif isinstance(value, dict):
        yield from _errors_in_object(place, cast("JsonObject", value), schema)


def _is(value: object, kind: str) -> bool:
    # For Python, true is a number.
    return kind == "boolean" if isinstance(value, bool) else isinstance(value, _KINDS[kind][0])


def _errors_in_object(place: str, document: JsonObject, schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in document or document[name] == []:
            yield _inner(place, name), required(name)
    for name, value in document.items():
        if name in known:
            yield from _errors_within(_inner(place, name), value, known[name])
        # Without any property a schema tells nothing; some fields are in older copies of the documentation only.
        elif known and name not in schema.get("x-older-properties", {}):
            yield _inner(place, name), f"The {display_name(name)} field is not in the documentation."


def _inner(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


# --- By the examples ----------------------------------------------------------------------------------------------


def _format_errors(place: str, text: str, schema: Mapping[str, Any]) -> Iterator[str]:
    field = place.rpartition(".")[2]
    name = display_name(field)
    if len(text) > MOST_CHARACTERS and field not in LONG:
        yield f"The {name} field must not be greater than {MOST_CHARACTERS} characters."
    if field == "countryCode" and not re.fullmatch(r"[A-Za-z]{2}", text):
        yield f"The {name} field must be 2 letters."
    example = schema.get("example")
    if isinstance(example, str) and "enum" not in schema and (rule := _rule(example)) is not None:
        is_right, message = rule
        if not is_right(text, example) and not (field in DAY_WILL_DO and _is_day(text, "")):
            yield message.format(name)


@functools.cache
def _rule(example: str) -> tuple[Callable[[str, str], bool], str] | None:
    return next(((is_right, said) for looks, is_right, said in _FORMATS if re.fullmatch(looks, example)), None)


def _is_moment(text: str, _: str) -> bool:
    # The first and the last hours of the calendar are no moment in every zone.
    return (wall := read_wall_time(text, seconds_allowed=True)) is not None and 1 < wall.year < 9999


def _is_day(text: str, _: str) -> bool:
    try:
        return bool(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) and 1 < date.fromisoformat(text).year < 9000)
    except ValueError:
        return False


def _has_prefix(text: str, example: str) -> bool:
    return re.fullmatch(example[:4] + r"\S+", text) is not None


def _matches(pattern: str) -> Callable[[str, str], bool]:
    return lambda text, _: re.fullmatch(pattern, text) is not None


# What an example looks like; whether a text looks like it; what is said when it does not.
_FORMATS: tuple[tuple[str, Callable[[str, str], bool], str], ...] = (
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", _is_moment, "The {} field must match the format Y-m-d H:i."),
    (r"\d{4}-\d\d-\d\d", _is_day, "The {} field must match the format Y-m-d."),
    (r"\d+\.\d\d", _matches(r"[0-9]{1,9}(\.[0-9]{1,2})?"), "The {} field must be an amount, such as 12.95."),
    (r"[a-z]{3}_\w+", _has_prefix, "The selected {} is invalid."),
    (r"\S+@\S+", _matches(r"[^\s@]+@[^\s@.]+(\.[^\s@.]+)+"), "The {} field must be a valid email address."),
    (r"https?://\S+", _matches(r"https?://\S+"), "The {} field must be a valid URL."),
)
