"""Fields that hold more than one value: lists, and records inside of a request. They are written as JSON."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

from mijnklantportaal_async.calling.wire import python_name
from mijnklantportaal_async.cli.call.kinds import Kind, Text, Whole, json_kind
from mijnklantportaal_async.files.printable import shown_value


def load_json(text: str) -> Any:
    """JSON that a person wrote; numbers with a point become `Decimal`.

    Raises:
        ValueError: It is none, or names a key twice.
    """
    try:
        return json.loads(
            text, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_without_repetition
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"{shown_value(text)!r} is not JSON ({error.msg} at position {error.pos})") from None
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


class RecordInside(Kind):
    """A record inside of a request, such as a line of an invoice.

    Args:
        record: Its class.
        fields: The kind of each of its fields.
        required: The fields that it cannot do without.
    """

    label = "JSON"

    def __init__(self, record: type[Any], fields: Mapping[str, Kind], required: frozenset[str]) -> None:
        self._record = record
        self._fields = fields
        self._required = required
        self.sample = json.dumps(
            {name: _sample(name, kind) for name, kind in fields.items() if name in required}, separators=(",", ":")
        )

    @property
    def example(self) -> str:
        """How such a record is written."""
        return "{" + ", ".join(f'"{name}": {kind.label}' for name, kind in self._fields.items()) + "}"

    def read(self, text: str, zone: ZoneInfo) -> Any:
        """The record, from the text of a JSON object."""
        return self.read_json(load_json(text), zone)

    def read_json(self, data: Any, zone: ZoneInfo) -> Any:
        """The record, from a JSON object with the names of this package or of the service."""
        if not isinstance(data, dict):
            raise ValueError(f"must be an object such as {self.example}, not {json_kind(data)}")
        given: dict[str, Any] = {}
        for key, value in cast("dict[str, Any]", data).items():
            name = python_name(key)
            if name not in self._fields:
                raise ValueError(f"{shown_value(key)!r} is not known here; write {self.example}")
            if name in given:
                raise ValueError(f"{name} is given twice")
            given[name] = _read_at(name, self._fields[name], value, zone)
        if missing := [name for name in self._fields if name in self._required and name not in given]:
            raise ValueError(f"{' and '.join(missing)} missing; write {self.example}")
        return self._record(**given)


class Several(Kind):
    """A list.

    Args:
        item: The kind of its items.
    """

    def __init__(self, item: Kind) -> None:
        self.item = item
        # Those of an item, because the field is given once for each.
        self.label, self.sample = item.label, item.sample
        self.how_to_write = item.how_to_write

    @property
    def choices(self) -> tuple[str, ...]:
        """Those of an item."""
        return self.item.choices

    def read(self, text: str, zone: ZoneInfo) -> list[Any]:
        """What one use of the field adds to the list."""
        if isinstance(self.item, RecordInside):
            data = load_json(text)
            return self.read_json(data if isinstance(data, list) else [data], zone)
        if isinstance(self.item, Text) and _is_json_list(text):
            # It would be a strange text, and the portal skips ids that it does not know without a word.
            raise ValueError(f"{shown_value(text)!r} would be one text; for JSON write := instead of =")
        return [self.item.read(text, zone)]

    def read_json(self, data: Any, zone: ZoneInfo) -> list[Any]:
        """The whole list."""
        if not isinstance(data, list):
            raise ValueError(f"must be a list in JSON, not {json_kind(data)}")
        items: list[Any] = data  # pyright: ignore[reportUnknownVariableType]
        return [_read_at(f"[{index}]", self.item, item, zone) for index, item in enumerate(items)]


def _sample(name: str, kind: Kind) -> str | int:
    if isinstance(kind, Whole):
        return int(kind.sample)
    return {"email": "j@example.nl", "first_name": "Jan", "last_name": "Bos"}.get(name, kind.sample)


def _read_at(place: str, kind: Kind, data: Any, zone: ZoneInfo) -> Any:
    try:
        return kind.read_json(data, zone)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from error


def _is_json_list(text: str) -> bool:
    try:
        return isinstance(json.loads(text), list)
    except (ValueError, RecursionError):
        return False


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"{shown_value(twice)!r} is given twice")
    return found
