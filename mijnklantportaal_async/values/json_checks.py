"""What can be said in JSON and arrives as what it was, for bodies that nobody has described."""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, cast
from uuid import UUID

from mijnklantportaal_async.values.unset import UNSET

DEEPEST = 200
"""Levels; a body that holds itself has more."""

_HALF = re.compile("[\ud800-\udfff]")
_LARGEST = 2**64


def check_json(value: Any, place: str = "json", depth: int = 0) -> None:
    """Refuses what JSON has not, and what would arrive as something else: NaN as null, a moment in an unknown zone.

    Args:
        value: A body, or a part of it.
        place: Where it stands.
        depth: How deep that is.

    Raises:
        TypeError: It cannot be said in JSON; the message names the place.
        ValueError: It cannot be right: too deep, or half a character.
    """
    if depth > DEEPEST:
        raise ValueError(f"{place[:60]}... is more than {DEEPEST} levels deep; does it hold itself?")
    if isinstance(value, Enum) and value is not UNSET:
        value = value.value
    if value is None or isinstance(value, (bool, UUID)):
        return
    if isinstance(value, str):
        if not value.isprintable() and _HALF.search(value):
            raise ValueError(f"{place}={value!r} is half a character, which JSON cannot hold")
    elif isinstance(value, int):
        if not -_LARGEST // 2 <= value < _LARGEST:
            raise TypeError(f"{place} is a number of more than 64 bits; say it as a str")
    elif isinstance(value, (float, Decimal)):
        if not math.isfinite(value):
            raise TypeError(f"{place} is {value}, which JSON has not; leave it out, or say None")
    elif isinstance(value, datetime) or not isinstance(value, date):
        for inner, where in _parts(value, place):
            check_json(inner, where, depth + 1)


def _parts(value: Any, place: str) -> Iterator[tuple[Any, str]]:
    """What a value is made of, each part with its place."""
    if isinstance(value, Mapping):
        named: Mapping[Any, Any] = value  # pyright: ignore[reportUnknownVariableType]
        for name, inner in named.items():
            if not isinstance(name, str):
                raise TypeError(f"{place} has the key {name!r}, which is no str")
            yield name, f"{place}: the key {name!r}"
            yield inner, f"{place}[{name!r}]"
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(cast("list[Any]", value)):
            yield inner, f"{place}[{index}]"
    elif hasattr(value, "__attrs_attrs__"):
        for field in value.__attrs_attrs__:
            if (inner := getattr(value, field.name)) is not UNSET:
                yield inner, f"{place}.{field.name}"
    elif value is UNSET:
        raise TypeError(f"{place} is UNSET; leave it out")
    elif isinstance(value, datetime):
        raise TypeError(
            f"{place} is a datetime, and JSON has none; write it as the portal reads it, "
            f"in its own zone: '{value:%Y-%m-%d %H:%M}'"
        )
    else:
        raise TypeError(f"{place} is a {type(value).__name__}, which JSON has not")
