"""What a call answers, as a document and as tables."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeGuard, cast
from zoneinfo import ZoneInfo

import attrs
from rich.cells import cell_len
from rich.table import Table

from mijnklantportaal_async.cli.terminal import plain_text, quiet_table
from mijnklantportaal_async.values.serde import RAW

WIDEST_CELL = 36
"""Letters of a cell in a table of many records."""


def is_record(value: object) -> TypeGuard[attrs.AttrsInstance]:
    """Whether it is a record of the portal, or one inside of it."""
    return attrs.has(type(value))


def as_data(value: Any) -> Any:
    """A value as JSON says it: amounts as texts, moments and days in ISO 8601, names of this package."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, str):
        # An enum is a text, too.
        return str(value)
    if is_record(value):
        return {name: as_data(getattr(value, name)) for name in _names(value)}
    if isinstance(value, (list, tuple)):
        return [as_data(item) for item in cast("Sequence[Any]", value)]
    return value


def record_card(record: Any, zone: ZoneInfo) -> Table:
    """One record, one field a row."""
    card = Table.grid(padding=(0, 2, 0, 0))
    card.add_column(style="dim", no_wrap=True)
    card.add_column(overflow="fold")
    for name, text in _rows(record, zone):
        card.add_row(plain_text(name), plain_text(text))
    return card


def record_table(records: Sequence[Any], zone: ZoneInfo, width: int) -> tuple[Table, list[str]]:
    """Many records, one a row, in as many columns as fit.

    Args:
        records: At least one, all of one kind.
        zone: The portal's zone.
        width: Columns of the terminal.

    Returns:
        The table, and the names of the fields that it leaves out.
    """
    columns = {
        name: [_cell(getattr(record, name), zone) for record in records]
        for name in _names(records[0])
        if not _is_secret(records[0], name)
    }
    taken, left_out = _fitting({name: cells for name, cells in columns.items() if any(cells)}, width)
    table = quiet_table(*(name.replace("_", " ") for name in taken))
    for column in table.columns:
        column.no_wrap = True
        column.overflow = "ellipsis"
    for cells in zip(*(columns[name] for name in taken), strict=True):
        table.add_row(*(plain_text(cell) for cell in cells))
    return table, left_out


# --- inside ----------------------------------------------------------------------------------------------------


def _names(record: attrs.AttrsInstance) -> list[str]:
    return [field.name for field in attrs.fields(type(record)) if field.name != RAW]


def _is_secret(record: attrs.AttrsInstance, name: str) -> bool:
    return attrs.fields_dict(type(record))[name].repr is False


def _rows(record: Any, zone: ZoneInfo, prefix: str = "") -> Iterable[tuple[str, str]]:
    """The fields that say something, those of records inside with their place."""
    for name in _names(record):
        value, place = getattr(record, name), f"{prefix}{name}"
        if is_record(value):
            yield from _rows(value, zone, f"{place}.")
        elif isinstance(value, (list, tuple)) and any(is_record(item) for item in cast("Sequence[Any]", value)):
            for number, item in enumerate(cast("Sequence[Any]", value), start=1):
                yield from _rows(item, zone, f"{place}[{number}].")
        elif text := _text(value, zone):
            yield place, text


def _text(value: Any, zone: ZoneInfo) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            local = value.astimezone(zone)
            return f"{local:%a %d-%m-%Y %H:%M}" + (f":{local:%S}" if local.second else "")
        case date():
            return f"{value:%a %d-%m-%Y}"
        case list() | tuple():
            return ", ".join(_text(item, zone) for item in cast("Sequence[Any]", value))
        case _:
            return str(value)


def _cell(value: Any, zone: ZoneInfo) -> str:
    """A value in a table of many, where a record inside has no place."""
    if is_record(value):
        return ""
    if isinstance(value, (list, tuple)) and any(is_record(item) for item in cast("Sequence[Any]", value)):
        return str(len(cast("Sequence[Any]", value)))
    text = _text(value, zone).replace("\n", " ")
    return text if len(text) <= WIDEST_CELL else text[: WIDEST_CELL - 1] + "…"


def _fitting(columns: dict[str, list[str]], width: int) -> tuple[list[str], list[str]]:
    """The columns that fit beside each other, in their order; those that do not."""
    taken: list[str] = []
    left = width
    for name, cells in columns.items():
        needed = max(cell_len(name), *(cell_len(cell) for cell in cells)) + 2
        if needed <= left or not taken:
            taken.append(name)
            left -= needed
    return taken, [name for name in columns if name not in taken]
