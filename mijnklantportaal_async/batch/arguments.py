"""The arguments of a coroutine as JSON, and back: what a row asks for, readable for people and other programs."""

import base64
import enum
import types
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.models import FileContent
from mijnklantportaal_async.session import PortalSession
from mijnklantportaal_async.values.unset import UNSET


def to_json(arguments: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Arguments by their names, without those that are left out. Equal ones give equal JSON.

    Args:
        arguments: As the coroutine takes them.
        zone: The portal's: moments are written in it, so that equal instants give equal texts.

    Raises:
        TypeError: A value is of a type that no coroutine takes.
    """
    return {name: _write(value, zone) for name, value in arguments.items() if value is not UNSET}


def from_json(operation: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of an operation again.

    Raises:
        TypeError, ValueError: `to_json` did not write this for it.
    """
    kinds = _kinds_of(operation)
    if strange := data.keys() - kinds.keys():
        raise TypeError(f"{operation} takes no {', '.join(sorted(strange))}")
    return {name: _read(value, kinds[name]) for name, value in data.items()}


def kind_of(value: object) -> type[Any]:
    """The class of a value."""
    return type(value)


def _write(value: Any, zone: ZoneInfo) -> Any:
    match value:
        case FileContent():
            return _write_file(value)
        case datetime():
            return value.astimezone(zone).isoformat() if value.tzinfo is not None else value.isoformat()
        case date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case enum.Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case list() | tuple():
            return [_write(item, zone) for item in cast("Sequence[Any]", value)]
        case _:
            kind = kind_of(value)
            if not attrs.has(kind):
                raise TypeError(f"{kind.__name__} is nothing that a batch can keep")
            return to_json({field.name: getattr(value, field.name) for field in attrs.fields(kind)}, zone)


def _write_file(file: FileContent) -> dict[str, str]:
    """With its bytes: whoever sends the row later may be on another machine, and the file another by then."""
    assert isinstance(file.source, bytes)  # noqa: S101 - `Sketch.draw` has seen to it
    content = base64.b64encode(file.source).decode("ascii")
    return {"source": content, "filename": file.filename, "content_type": file.content_type}


def _read_file(kept: Mapping[str, str]) -> FileContent:
    return FileContent(base64.b64decode(kept["source"], validate=True), kept["filename"], kept["content_type"])


def _read(value: Any, kind: Any) -> Any:
    """By the annotation of the argument, never by the look of a value."""
    for choice in get_args(kind) if get_origin(kind) in {Union, types.UnionType} else (kind,):
        if isinstance(value, str):
            if choice is str:
                return value
            if choice is datetime:
                return datetime.fromisoformat(value)
            if choice is date:
                return date.fromisoformat(value)
            if choice is bytes:
                return base64.b64decode(value, validate=True)
        if isinstance(value, list) and get_origin(choice) is Sequence:
            return [_read(item, get_args(choice)[0]) for item in cast("Sequence[Any]", value)]
        if isinstance(value, dict) and isinstance(choice, type) and attrs.has(choice):
            fields = cast("dict[str, Any]", value)
            if choice is FileContent:
                return _read_file(fields)
            kinds = get_type_hints(choice)
            return choice(**{name: _read(inner, kinds.get(name, Any)) for name, inner in fields.items()})
    return cast("Any", value)


@cache
def _kinds_of(operation: str) -> dict[str, Any]:
    kinds = get_type_hints(getattr(PortalSession, operation))
    return {name: kind for name, kind in kinds.items() if name != "return"}
