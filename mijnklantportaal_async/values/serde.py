"""Between JSON and models: the one private cattrs converter of the package.

Strict where cattrs would guess: a text is a text, a number is not cut, nothing turns None into 'None'.
"""

import codecs
import enum
import re
from collections.abc import Callable, Hashable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args, get_origin

import attrs
import orjson

from mijnklantportaal_async.values.local_time import read_day, read_moment
from mijnklantportaal_async.values.unset import UNSET

if TYPE_CHECKING:
    from cattrs import Converter

T = TypeVar("T")

JSON_NAME = "json"
"""Key of an attrs field's metadata: what the field is called on the wire."""

NULL_IS_EMPTY = "null is empty"
"""Key of an attrs field's metadata: null stands for its default, because nobody knows whether null may come."""

RAW = "raw"
"""Name of the field in which a model keeps the object it was read from, unknown keys and all."""


class UnreadableError(Exception):
    """An answer that is not what the documentation shows.

    Attributes:
        problems: Each with its place, such as `$.startsAt: missing`.
        identifier: The id at the top of the answer, where there is one.
    """

    def __init__(self, problems: tuple[str, ...], identifier: str | None = None) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems
        self.identifier = identifier


@cache
def json_name(field_name: str) -> str:
    """`starts_at` as `startsAt`."""
    first, *rest = field_name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _name_on_the_wire(field: "attrs.Attribute[Any]") -> str:
    return field.metadata.get(JSON_NAME) or json_name(field.name)


def read(body: bytes, kind: type[T]) -> T:
    """A model from the bytes of an answer.

    Raises:
        UnreadableError: With every problem and its place.
    """
    return reader_of(kind)(body)


def reader_of(kind: type[T]) -> Callable[[bytes], T]:
    """As `read`, for one model; the same whenever it is asked for."""
    return cast("Callable[[bytes], T]", _reader_of(cast("Hashable", kind)))


@cache
def _reader_of(kind: Any) -> Callable[[bytes], Any]:
    loads = orjson.loads
    structure: Callable[[Any, Any], Any] | None = None

    def read_quickly(body: bytes) -> Any:
        nonlocal structure
        if structure is None:
            structure = structure_function(kind)
        try:
            return structure(loads(body), kind)
        except Exception:  # noqa: BLE001 - whatever it was, the second time tells all that is wrong, and where
            return _structure(_load(body), kind, "$", identifier_of)

    return read_quickly


def read_list(body: bytes, kind: type[T], key: str = "data") -> list[T]:
    """The models of a list that stands under a key of the answer.

    Raises:
        UnreadableError: With every problem and its place.
    """
    _, items = load_envelope(body, key)
    return [_structure(item, kind, f"$.{key}[{index}]") for index, item in enumerate(items)]


def load_envelope(body: bytes, key: str = "data") -> tuple[dict[str, Any], list[Any]]:
    """The object around a list, and the list under a key of it, both as they came.

    Raises:
        UnreadableError: There is no such list.
    """
    data = _load(body)
    envelope: dict[str, Any] = data if isinstance(data, dict) else {}  # pyright: ignore[reportUnknownVariableType]
    found: Any = envelope.get(key)
    if not isinstance(found, list):
        raise UnreadableError((f"$.{key}: must be a list",))
    return envelope, found  # pyright: ignore[reportUnknownVariableType]


def read_json(body: bytes) -> Any:
    """Whatever JSON an answer holds; None for an empty one.

    Raises:
        UnreadableError: It is not JSON.
    """
    return _load(body) if body else None


def given_fields(model: attrs.AttrsInstance) -> dict[str, Any]:
    """What a model of a request says: its fields under their JSON names, without those that are `UNSET`."""
    given: dict[str, Any] = {}
    for name, on_the_wire in _names_on_the_wire(type(model)):
        value = getattr(model, name)
        if value is not UNSET:
            given[on_the_wire] = value
    return given


@cache
def _names_on_the_wire(kind: type[attrs.AttrsInstance]) -> tuple[tuple[str, str], ...]:
    return tuple((field.name, _name_on_the_wire(field)) for field in attrs.fields(kind))


def write(data: Any) -> bytes:
    """A request's body: money as text, a day as `Y-m-d`, a model as the object of its fields.

    Raises:
        TypeError: `data` holds something that JSON cannot say.
    """
    return orjson.dumps(data, default=_on_the_wire)


def _on_the_wire(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if hasattr(value, "__attrs_attrs__"):
        return given_fields(value)
    raise TypeError(f"{value!r} cannot be said in JSON")


def _load(body: bytes) -> Any:
    try:
        return orjson.loads(without_byte_order_mark(body))
    except orjson.JSONDecodeError as error:
        excerpt = body[:60].decode("utf-8", "replace")
        problem = f"$: not JSON ({error}): {excerpt!r}" if body else "$: the body is empty"
        raise UnreadableError((problem,), identifier_in(body)) from error


def without_byte_order_mark(body: bytes) -> bytes:
    """An answer's text alone: what some writers put before UTF-8 says nothing, and readers of JSON may pass over it."""
    return body.removeprefix(codecs.BOM_UTF8)


_FIRST_ID = re.compile(rb'\s*\{\s*"id"\s*:\s*"([A-Za-z0-9_.~-]+)"')


def identifier_in(body: bytes) -> str | None:
    """The id that a record begins with, whatever the rest of it is like."""
    found = _FIRST_ID.match(without_byte_order_mark(body))
    return None if found is None else found[1].decode()


def identifier_of(data: Any) -> str | None:
    """The id of a record as it came, where it has one."""
    identifier = cast("dict[str, Any]", data).get("id") if isinstance(data, dict) else None
    return identifier if isinstance(identifier, str) and identifier else None


def structure_function(kind: type[T]) -> Callable[[Any, Any], T]:
    """What makes a model of JSON that was read, or raises anything; `problems_of` then tells what is wrong.

    Worked out once for each model.
    """
    return _structure_function(cast("Hashable", kind), False)


def problems_of(data: Any, kind: type[Any], place: str) -> tuple[str, ...]:
    """All that is wrong with JSON that could not be made a model, each with its place."""
    try:
        _structure_function(cast("Hashable", kind), True)(data, kind)
    except Exception as error:  # noqa: BLE001 - whatever it was, it is told
        return _problems(error, place)
    return ()


def _structure(data: Any, kind: type[T], place: str, identify: Callable[[Any], str | None] = lambda data: None) -> T:
    try:
        return structure_function(kind)(data, kind)
    except Exception:  # noqa: BLE001 - whatever it was, the second time tells all that is wrong, and where
        try:
            return cast("T", _structure_function(cast("Hashable", kind), True)(data, kind))
        except Exception as error:
            raise UnreadableError(_problems(error, place), identify(data)) from error


@cache
def _structure_function(kind: Hashable, detailed: bool) -> Callable[[Any, Any], Any]:
    return _converter(detailed).get_structure_hook(cast("type[Any]", kind))


@cache
def _converter(detailed: bool) -> "Converter":
    # Built at the first answer: importing the package stays cheap. Errors in detail cost half as much again as
    # reading, so they are asked for only where a first reading failed.
    from cattrs import Converter
    from cattrs.gen import make_dict_structure_fn, override

    converter = Converter(detailed_validation=detailed)

    def model_hook(kind: type[Any]) -> Callable[[Any, Any], Any]:
        fields = {field.name: override(rename=_name_on_the_wire(field)) for field in attrs.fields(kind) if field.init}
        structure = make_dict_structure_fn(kind, converter, _cattrs_detailed_validation=detailed, **fields)  # type: ignore[arg-type]
        keeps_raw = any(field.name == RAW for field in attrs.fields(kind))
        empty = [_name_on_the_wire(field) for field in attrs.fields(kind) if NULL_IS_EMPTY in field.metadata]

        def structure_model(data: Any, _: Any) -> Any:
            if not isinstance(data, dict):
                raise TypeError(f"must be an object, not {_json_type(data)}")
            shown = cast("dict[str, Any]", data)
            if empty and (nulls := [name for name in empty if name in shown and shown[name] is None]):
                shown = {name: shown[name] for name in shown if name not in nulls}
            model = structure(shown, kind)
            if keeps_raw:
                object.__setattr__(model, RAW, data)
            return model

        return structure_model

    def list_hook(kind: Any) -> Callable[[Any, Any], Any]:
        item_kind = get_args(kind)[0]
        structure = converter.get_structure_hook(item_kind)

        def structure_list(value: Any, _: Any) -> tuple[Any, ...]:
            # cattrs would take a text for a list of letters.
            if not isinstance(value, list):
                raise TypeError(f"must be a list, not {_json_type(value)}")
            items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
            if not detailed or not attrs.has(item_kind):
                return tuple(structure(item, item_kind) for item in items)
            return tuple(structure_item(item, index) for index, item in enumerate(items))

        def structure_item(item: Any, index: int) -> Any:
            try:
                return structure(item, item_kind)
            except Exception as error:
                raise _ItemError(index, error) from error

        return structure_list

    # Hooks for simple types first: cattrs looks them up when it makes the hook of a model.
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(bool, _truth)
    converter.register_structure_hook(int, _whole)
    converter.register_structure_hook(datetime, _moment)
    converter.register_structure_hook(date, _day)
    converter.register_structure_hook(Decimal, _money)
    converter.register_structure_hook(str | None, _optional_text)
    converter.register_structure_hook_factory(attrs.has, model_hook)
    converter.register_structure_hook_factory(_is_list, list_hook)
    return converter


def _text(value: Any, kind: type[str]) -> str:
    if type(value) is kind:
        return value
    if not isinstance(value, str):
        raise TypeError(f"must be a text, not {_json_type(value)}")
    if kind is str:
        return value
    # The hook of `str` also catches every enum of texts. Making a member takes longer than finding a known one.
    known = _known_members(cast("type[enum.StrEnum]", kind)).get(value)
    return kind(value) if known is None else known


@cache
def _known_members(kind: type[enum.StrEnum]) -> dict[str, str]:
    return {member.value: member for member in kind}


def _optional_text(value: Any, _: Any) -> str | None:
    return value if value is None or type(value) is str else _text(value, str)


def _is_list(kind: Any) -> bool:
    return get_origin(kind) is tuple and get_args(kind)[1:] == (...,)


def _truth(value: Any, _: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"must be true or false, not {_json_type(value)}")
    return value


def _whole(value: Any, _: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"must be a whole number, not {_json_type(value)}")
    return value


def _moment(value: Any, _: Any) -> datetime:
    if not isinstance(value, str):
        raise TypeError(f"must be a date and time, not {_json_type(value)}")
    try:
        return read_moment(value)
    except ValueError:
        raise ValueError(f"must be a date and time with an offset, not {value[:60]!r}") from None


def _day(value: Any, _: Any) -> date:
    if not isinstance(value, str):
        raise TypeError(f"must be a date, not {_json_type(value)}")
    try:
        return read_day(value)
    except ValueError:
        raise ValueError(f"must be a date, not {value[:60]!r}") from None


def _money(value: Any, _: Any) -> Decimal:
    # A number has come through a float; the text of a float is the shortest that names it, so no cent is lost.
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise TypeError(f"must be an amount, not {_json_type(value)}")
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"must be an amount, not {str(value)[:60]!r}") from None
    if not amount.is_finite():
        raise ValueError(f"must be an amount, not {str(value)[:60]!r}")
    # Noise such as 15.670000000000002: where a service counted in floats, what it meant are whole cents.
    if cast("int", amount.as_tuple().exponent) < _NOISE.as_tuple().exponent and abs(amount) < _MOST_EXACT:  # type: ignore[operator]
        cents = round(amount, 2)
        if abs(amount - cents) <= _NOISE:
            return cents
    return amount


_NOISE = Decimal("1e-9")
_MOST_EXACT = Decimal(10) ** 12
"""Beyond it a float holds no cents."""


def _json_type(value: Any) -> str:
    names: dict[Any, str] = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "true or false",
        type(None): "null",
    }
    return names.get(type(value), f"the number {value!r}")


class _ItemError(Exception):
    """What is wrong with one record of a list."""

    def __init__(self, index: int, error: Exception) -> None:
        super().__init__(index)
        self.index = index
        self.error = error


def _problems(error: BaseException, place: str = "$") -> tuple[str, ...]:
    from cattrs import ClassValidationError

    if isinstance(error, _ItemError):
        return _problems(error.error, f"{place}[{error.index}]")
    if not isinstance(error, ClassValidationError):
        return (f"{place}: {error}",)
    kind = error.cl
    with_notes, without = error.group_exceptions()
    problems: list[str] = []
    for inner, note in with_notes:
        field = attrs.fields_dict(kind)[note.name]
        inner_place = f"{place}.{_name_on_the_wire(field)}"
        if isinstance(inner, KeyError):
            problems.append(f"{inner_place}: missing")
        else:
            problems.extend(_problems(inner, inner_place))
    problems.extend(f"{place}: {inner}" for inner in without)
    return tuple(problems)
