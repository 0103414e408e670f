"""Judging the fields of a request body: first by the contract, then worded as Laravel words it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

import orjson

from mijnklantportaal_async.sandbox.answers import JsonObject, refuse, refuse_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

MOST_CHARACTERS = 255
_EMAIL = re.compile(r"[^\s@]+@[^\s@.]+(\.[^\s@.]+)+")
FieldErrors = dict[str, list[str]]


def display_name(field: str) -> str:
    """Return a field's name as it stands in a message: `startsAt` becomes `starts at`."""
    return re.sub(r"(?<!^)([A-Z])", r" \1", field).replace("_", " ").lower()


def required(field: str) -> str:
    """Say that a field is missing."""
    return f"The {display_name(field)} field is required."


def read_json_object(body: bytes, content_type: str) -> JsonObject:
    """Read a request body.

    Raises:
        Refusal: 415 when it is not sent as JSON, 400 when it is not JSON, 422 when it is no object.
    """
    if not body.strip():
        return {}
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        # Laravel would not read such a body at all and miss every field; this says what is really wrong.
        raise refuse(415, f"The body must be sent as application/json, not as {media_type or 'nothing'}.")
    try:
        document: object = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise refuse(400, f"The body is not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise refuse(422, "The body must be a JSON object.")
    return cast("JsonObject", document)


def trim(document: JsonObject) -> JsonObject:
    """Trim the strings and make null of what is empty, as Laravel does before it validates."""
    return {field: (value.strip() or None) if isinstance(value, str) else value for field, value in document.items()}


def tidy(document: JsonObject) -> JsonObject:
    """Trim the strings and drop what is empty or null."""
    return {field: value for field, value in trim(document).items() if value is not None}


def errors_by_contract(document: JsonObject, validator: Draft202012Validator) -> FieldErrors:
    """Judge a tidy body by the contract's JSON Schema."""
    errors: FieldErrors = {}
    for field, message in _contract_errors(document, validator):
        errors.setdefault(field, []).append(message)
    return errors


def check_lengths(texts: Mapping[str, str], fields: Iterable[str], errors: FieldErrors) -> None:
    """Note which of the fields are too long."""
    for field in fields:
        if len(texts.get(field, "")) > MOST_CHARACTERS:
            message = f"The {display_name(field)} field must not be greater than {MOST_CHARACTERS} characters."
            errors.setdefault(field, []).append(message)


def check_email(field: str, texts: Mapping[str, str], errors: FieldErrors) -> None:
    """Note when a field is there and no e-mail address."""
    if field in texts and not _EMAIL.fullmatch(texts[field]):
        errors.setdefault(field, []).append(f"The {display_name(field)} field must be a valid email address.")


def check(errors: Mapping[str, list[str]], order: tuple[str, ...]) -> None:
    """Refuse the request when there are errors, named in the order of the documentation.

    Raises:
        Refusal: 422, with the errors.
    """
    if errors:
        known = {field: errors[field] for field in order if field in errors}
        raise refuse_fields({**known, **errors})


def _contract_errors(document: JsonObject, validator: Draft202012Validator) -> Iterator[tuple[str, str]]:
    errors: Iterable[ValidationError] = validator.iter_errors(cast("Any", document))  # pyright: ignore[reportUnknownMemberType]
    missing: set[str] = set()
    for error in errors:
        if error.absolute_path:
            field = str(error.absolute_path[0])
            yield field, _wording(field, error)
        elif error.validator == "required":
            # jsonschema reports each missing field on its own, but always with the whole list.
            missing.update(field for field in cast("list[str]", error.validator_value) if field not in document)
    for field in sorted(missing):
        yield field, required(field)


def _wording(field: str, error: ValidationError) -> str:
    kind = cast("Any", error.validator)
    if kind == "type" and error.validator_value == "string":
        return f"The {display_name(field)} field must be a string."
    if kind == "enum":
        return f"The selected {display_name(field)} is invalid."
    return f"The {display_name(field)} field is invalid."
