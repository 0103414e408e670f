"""Judging the fields of a request body: by the contract's schema, and by what its examples look like.

The schemas declare no formats. A field's example shows one all the same: a date, an e-mail address, an id with a
prefix. What is refused is worded as Laravel words it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import orjson

from mijnklantportaal_async.sandbox.answers import JsonObject, refuse, refuse_fields
from mijnklantportaal_async.sandbox.form_data import UploadedFile, read_form
from mijnklantportaal_async.sandbox.wall_time import read_wall_time

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

    from mijnklantportaal_async.sandbox.contract import Schema

MOST_CHARACTERS = 255
JSON, FORM = "application/json", "multipart/form-data"
LONG = frozenset(
    {"message", "description", "signerSignatureData", "invoiceDescription", "invoiceText", "acceptedViaUserAgent"}
)
"""Fields that hold more than a line."""

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


# --- Reading -----------------------------------------------------------------------------------------------------


def read_body(body: bytes, content_type: str, bodies: Mapping[str, Schema]) -> tuple[Schema, JsonObject]:
    """Read a request body into an object, and find the schema that it has to meet.

    Raises:
        Refusal: 415 when the operation takes another kind, 400 when it is cut off, 422 when it is no object.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if not body.strip():
        return bodies.get(JSON) or next(iter(bodies.values())), {}
    if media_type == FORM and FORM in bodies:
        return bodies[FORM], _of_form(read_form(body, content_type), bodies[FORM])
    if JSON not in bodies or (media_type != JSON and not media_type.endswith("+json")):
        # Laravel would not read such a body at all and miss every field; this says what is really wrong.
        raise refuse(415, f"The body must be sent as {' or '.join(bodies)}, not as {media_type or 'nothing'}.")
    try:
        document: object = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise refuse(400, f"The body is not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise refuse(422, "The body must be a JSON object.")
    return bodies[JSON], cast("JsonObject", document)


def _of_form(parts: Mapping[str, list[Any]], schema: Schema) -> JsonObject:
    """A form knows texts only: what the schema wants to be something else is read as that."""
    return {name: _value(values, schema.properties.get(name, {})) for name, values in parts.items()}


def _value(values: list[Any], schema: Mapping[str, Any]) -> Any:
    if schema.get("type") == "array":
        items: list[Any] = []
        for value in values:
            part = _value([value], schema.get("items", {}))
            items.extend(part if isinstance(part, list) else [part])  # pyright: ignore[reportUnknownArgumentType]
        return items
    text = values[-1]
    if not isinstance(text, str):
        return text
    if schema.get("type") == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.strip(), text)
    if schema.get("type") in ("integer", "object") and text.strip():
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
    return text


def tidied(document: JsonObject, *, keep_null: bool) -> JsonObject:
    """Trim the strings and make null of what is empty, as Laravel does before it validates; a null counts as absent.

    In a change a null stays: dropping it would change nothing, and say nothing.
    """
    trimmed = {name: (value.strip() or None) if isinstance(value, str) else value for name, value in document.items()}
    return {name: value for name, value in trimmed.items() if keep_null or value is not None}


# --- Judging -----------------------------------------------------------------------------------------------------


def errors_by_contract(document: JsonObject, schema: Schema) -> FieldErrors:
    """Judge a tidy body."""
    errors: FieldErrors = {}
    for field, message in _schema_errors({name: _judged(value) for name, value in document.items()}, schema):
        errors.setdefault(field, []).append(message)
    for field, value in document.items():
        for place, text, inner in _texts(field, value, schema.properties.get(field, {})):
            for message in _format_errors(place, text, inner):
                note(errors, place, message)
    return errors


def check(errors: FieldErrors, schema: Schema) -> None:
    """Refuse the request when there are errors, named in the order of the documentation.

    Raises:
        Refusal: 422, with the errors.
    """
    if errors:
        raise refuse_fields({**{name: errors[name] for name in schema.in_order if name in errors}, **errors})


def _judged(value: object) -> object:
    """A value as the schema knows it: there, a file is a text."""
    if isinstance(value, list):
        return [_judged(item) for item in cast("list[object]", value)]
    return "file" if isinstance(value, UploadedFile) else value


def _schema_errors(document: Mapping[str, Any], schema: Schema) -> Iterator[tuple[str, str]]:
    missing: set[str] = set()
    errors: Iterator[ValidationError] = schema.validator.iter_errors(cast("Any", document))  # pyright: ignore[reportUnknownMemberType, reportAssignmentType]
    for error in errors:
        if error.absolute_path:
            place = ".".join(map(str, error.absolute_path))
            yield place, _wording(str(error.absolute_path[-1]), error)
        elif error.validator == "required":
            # jsonschema reports each missing field on its own, but always with the whole list.
            missing.update(field for field in schema.required if field not in document)
    for field in sorted(missing):
        yield field, required(field)


_KINDS = {"string": "a string", "integer": "an integer", "boolean": "true or false", "array": "an array"}


def _wording(field: str, error: ValidationError) -> str:
    name, rule, value = display_name(field), cast("str", error.validator), cast("Any", error.validator_value)
    if rule == "type" and value in _KINDS:
        return f"The {name} field must be {_KINDS[value]}."
    if rule == "maxItems":
        return f"The {name} field must not have more than {value} items."
    return f"The selected {name} is invalid." if rule == "enum" else f"The {name} field is invalid."


def _texts(place: str, value: object, schema: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Every text in a value, with its place and its schema."""
    if isinstance(value, str):
        yield place, value, schema
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[object]", value)):
            yield from _texts(f"{place}.{index}", item, schema.get("items", {}))
    elif isinstance(value, dict):
        for name, inner in cast("dict[str, object]", value).items():
            yield from _texts(f"{place}.{name}", inner, schema.get("properties", {}).get(name, {}))


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
        if not is_right(text, example):
            yield message.format(name)


@functools.cache
def _rule(example: str) -> tuple[Callable[[str, str], bool], str] | None:
    return next(((is_right, said) for looks, is_right, said in _FORMATS if re.fullmatch(looks, example)), None)


def _is_moment(text: str, _: str) -> bool:
    return read_wall_time(text, seconds_allowed=True) is not None


def _is_day(text: str, _: str) -> bool:
    try:
        return bool(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) and date.fromisoformat(text))
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
