"""How all rows of a table of appointments are meant: order of dates, zones, units, as headers and cells show."""

import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.files.appointments.date_order import month_comes_first
from mijnklantportaal_async.files.appointments.vocabulary import Field, unit_of
from mijnklantportaal_async.files.choices import Choices
from mijnklantportaal_async.files.durations import Unit
from mijnklantportaal_async.files.headers import taken_apart
from mijnklantportaal_async.files.meaning import Meaning
from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.files.records import RowFileError, Table
from mijnklantportaal_async.files.tables.columns import Columns
from mijnklantportaal_async.files.zones import of_place

# (24u), (dd-mm-jjjj), (hh:mm), (verplicht) say nothing of a zone; whatever else stands there must not be passed over.
_NO_ZONE = re.compile(
    r"(?:[dmyjhus]{1,4}|24|12|am|pm|uur|uren|hours?|min|minuten|date|datum|time|tijd|start|begin|van|tot|einde?|end|and|en|"
    r"verplicht|required|optional|optioneel|nl|[\s:/.,&*+-])+",
    re.IGNORECASE,
)
_MOMENTS = (Field.STARTS_AT, Field.ENDS_AT, Field.DATE, Field.END_DATE)


@attrs.frozen(kw_only=True)
class Manner:
    """How all rows of a file are meant."""

    headers: Mapping[Field, str]
    zone: ZoneInfo
    """The portal's."""
    meanings: Mapping[str, Meaning] = attrs.field(factory=dict[str, Meaning])
    month_first: bool = False
    unit: Unit | None = None
    """What a duration counts, as its header says."""
    zones: Mapping[Field, str] = attrs.field(factory=dict[Field, str])
    """The zone that the header of a start or end names."""


def manner_of(table: Table, columns: Columns[Field], zone: ZoneInfo, choices: Choices) -> Manner:
    """How the rows of a table are meant, as its headers and all its cells show.

    Raises:
        FileQuestionError: The order of day and month is open.
        RowFileError: A header names a time zone that nobody knows.
    """
    headers = columns.headers
    hints = [taken_apart(header).appendix for field, header in headers.items() if field in _MOMENTS]
    names = [headers[field] for field in _MOMENTS if field in headers]
    month_first = month_comes_first(
        (record.cells.get(name, "") for record in table.records for name in names),
        choices,
        is_dutch=columns.is_dutch or table.separator == ";",
        hint=next((hint for hint in hints if hint[:1] in "dDmM" and len(hint) >= 8), ""),
    )
    zones = {
        field: named
        for field in (Field.STARTS_AT, Field.ENDS_AT)
        if field in headers and (named := _zone_in(headers[field]))
    }
    # A date in a column of its own says the zone for the time beside it.
    for field, day in ((Field.STARTS_AT, Field.DATE), (Field.ENDS_AT, Field.END_DATE)):
        if field in headers and field not in zones and day in headers and (named := _zone_in(headers[day])):
            zones[field] = named
    if Field.STARTS_AT in zones and Field.ENDS_AT in headers:
        zones.setdefault(Field.ENDS_AT, zones[Field.STARTS_AT])
    return Manner(
        headers=headers,
        zone=zone,
        meanings=columns.meanings,
        month_first=month_first,
        unit=unit_of(headers[Field.DURATION]) if Field.DURATION in headers else None,
        zones=zones,
    )


def _zone_in(header: str) -> str:
    """The zone that a header names: `Start (UTC)`, `start_utc`."""
    appendix = taken_apart(header).appendix
    for name in (appendix, appendix.removesuffix(" time").removesuffix("-tijd").removesuffix(" tijd")):
        if name and of_place(name):
            return name
    if appendix and not _NO_ZONE.fullmatch(appendix):
        raise RowFileError(
            f"The header {shown_value(header)!r} says something in parentheses that may change what its times mean: "
            f"{shown_value(appendix)!r}. Write a time zone there, such as Europe/Amsterdam or UTC, or leave it out."
        )
    return ""
