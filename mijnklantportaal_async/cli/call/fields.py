"""The fields of an operation: the parameters of its coroutine, each with its kind."""

import inspect
import types
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs

from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.cli.call import kinds
from mijnklantportaal_async.cli.call.catalog import NamedCoroutine
from mijnklantportaal_async.cli.call.docstrings import for_a_terminal, option
from mijnklantportaal_async.cli.call.nested import RecordInside, Several
from mijnklantportaal_async.models import FileContent
from mijnklantportaal_async.texts.words import words
from mijnklantportaal_async.values.open_enum import OpenStrEnum
from mijnklantportaal_async.values.unset import UNSET, UnsetType


@attrs.frozen(kw_only=True)
class Field:
    """One field."""

    name: str
    """Of the parameter."""
    kind: kinds.Kind
    required: bool
    default: Any = None
    """What the coroutine takes when it is left out; None where that means nothing to a reader."""
    can_be_null: bool = False
    """Whether null is something else than leaving it out."""
    help: str = ""

    @property
    def option(self) -> str:
        """As it is given: `--zip-code`."""
        return option(self.name)


def fields_of(coroutine: NamedCoroutine) -> Mapping[str, Field]:
    """The fields of a coroutine by their names, in the order of its signature."""
    parameters = list(inspect.signature(coroutine.function).parameters.values())[1:]
    hints = get_type_hints(coroutine.function)
    names = {parameter.name for parameter in parameters}
    told = coroutine.docstring.arguments
    return {
        parameter.name: Field(
            name=parameter.name,
            kind=kind_of(hints[parameter.name]),
            required=parameter.default is inspect.Parameter.empty,
            default=None if parameter.default in {inspect.Parameter.empty, UNSET, None} else parameter.default,
            can_be_null=parameter.default is not None and type(None) in _members(hints[parameter.name]),
            help=for_a_terminal(told.get(parameter.name, ""), names),
        )
        for parameter in parameters
        # A function: nothing that could be typed. The command shows on its own how far it is.
        if parameter.name != "progress"
    }


def comes_in_pages(coroutine: NamedCoroutine) -> bool:
    """Whether what it answers is a list that comes in pages."""
    returned = get_type_hints(coroutine.function)["return"]
    return get_origin(returned) is Pager


_KINDS: Sequence[tuple[type[Any], type[kinds.Kind]]] = (
    # The first that fits: an amount may be given to Python as a whole number or a text, too.
    (Decimal, kinds.Amount),
    (FileContent, kinds.FileOfThisMachine),
    (datetime, kinds.Moment),
    (date, kinds.Day),
    (bool, kinds.YesOrNo),
    (int, kinds.Whole),
)


def kind_of(hint: Any) -> kinds.Kind:
    """The kind that a type hint means.

    Raises:
        TypeError: Nothing is known of such a type.
    """
    members = [member for member in _members(hint) if member not in {UnsetType, type(None)}]
    for plain, kind in _KINDS:
        if plain in members:
            return kind()
    for member in members:
        if get_origin(member) in {Sequence, list, tuple} and get_args(member):
            return Several(kind_of(get_args(member)[0]))
        if isinstance(member, type) and issubclass(member, OpenStrEnum):
            return kinds.Choice(member)
        if isinstance(member, type) and attrs.has(member):
            return _record(member)
    if str in members:
        return kinds.Text()
    raise TypeError(words("no way to write {hint} at a terminal", hint=hint))


def _members(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in {Union, types.UnionType} else (hint,)


def _record(record: type[Any]) -> RecordInside:
    hints = get_type_hints(record)
    fields = [field for field in attrs.fields(record) if field.init]
    return RecordInside(
        record,
        {field.name: kind_of(hints[field.name]) for field in fields},
        frozenset(field.name for field in fields if field.default is attrs.NOTHING),
    )
