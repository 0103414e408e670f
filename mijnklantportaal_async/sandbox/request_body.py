"""Reading the body of a request into fields, as Laravel does before it validates them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import orjson

from mijnklantportaal_async.sandbox.answers import JsonObject, refuse
from mijnklantportaal_async.sandbox.form_data import read_form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mijnklantportaal_async.sandbox.contract import Schema

JSON, FORM = "application/json", "multipart/form-data"


def media_type_of(content_type: str) -> str:
    """Return the media type of a `Content-Type` header."""
    return content_type.partition(";")[0].strip().lower()


def read_body(body: bytes, content_type: str, bodies: Mapping[str, Schema]) -> tuple[Schema, JsonObject]:
    """Read a request body into an object, and find the schema that it has to meet.

    Raises:
        Refusal: 415 when the operation takes another kind, 400 when it is cut off, 422 when it is no object.
    """
    media_type = media_type_of(content_type)
    if not body:
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
    """Trim the strings and make null of what is empty; a null counts as absent.

    In a change a null stays: dropping it would change nothing, and say nothing.
    """
    trimmed = {name: _trimmed(value) for name, value in document.items()}
    return {name: value for name, value in trimmed.items() if keep_null or value is not None}


def _trimmed(value: object) -> object:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, list):
        return [_trimmed(item) for item in cast("list[object]", value)]
    return tidied(cast("JsonObject", value), keep_null=False) if isinstance(value, dict) else value
