"""One way in to the files of every operation that is done row by row."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Literal, TypeAlias, overload
from zoneinfo import ZoneInfo

from mijnklantportaal_async.appointment_files import parse_appointments
from mijnklantportaal_async.customer_files import parse_customers
from mijnklantportaal_async.models.appointments import NewAppointment
from mijnklantportaal_async.models.customers import NewCustomer
from mijnklantportaal_async.tables.read_table import read_bytes
from mijnklantportaal_async.tables.records import Problem, Row, RowFile, RowFileError

__all__ = ["Problem", "Row", "RowFile", "RowFileError", "RowOperation", "parse_rows", "read_rows"]

RowOperation: TypeAlias = Literal["schedule_appointment", "create_customer"]
"""What can be done with the rows of a file, by the name of its coroutine."""


@overload
def read_rows(
    path: Path,
    *,
    operation: Literal["schedule_appointment"],
    timezone: ZoneInfo,
    columns: Mapping[str, str] | None = ...,
    ignored: Collection[str] = ...,
    encoding: str | None = ...,
) -> RowFile[NewAppointment]: ...
@overload
def read_rows(
    path: Path,
    *,
    operation: Literal["create_customer"],
    timezone: ZoneInfo,
    columns: Mapping[str, str] | None = ...,
    ignored: Collection[str] = ...,
    encoding: str | None = ...,
) -> RowFile[NewCustomer]: ...
@overload
def read_rows(
    path: Path,
    *,
    operation: RowOperation,
    timezone: ZoneInfo,
    columns: Mapping[str, str] | None = ...,
    ignored: Collection[str] = ...,
    encoding: str | None = ...,
) -> RowFile[NewAppointment | NewCustomer]: ...


def read_rows(
    path: Path,
    *,
    operation: RowOperation,
    timezone: ZoneInfo,
    columns: Mapping[str, str] | None = None,
    ignored: Collection[str] = (),
    encoding: str | None = None,
) -> RowFile[NewAppointment] | RowFile[NewCustomer] | RowFile[NewAppointment | NewCustomer]:
    """Reads a file of requests and checks all of it, before anything is sent.

    Args:
        path: A CSV file, JSON Lines (`.jsonl`, `.ndjson`, `.json`), or for appointments a calendar (`.ics`).
        operation: What its rows are for.
        timezone: The portal's zone, in which times without an offset are meant.
        columns: Field -> header, for headers that are not understood by themselves.
        ignored: Headers to leave alone.
        encoding: Such as `cp1252`; UTF-8 when left out.

    Returns:
        The good rows, and every problem of the others.

    Raises:
        RowFileError: No row of the file can be trusted; the message says why and what to do.
        ValueError: There is no such operation.
    """
    return parse_rows(
        read_bytes(path),
        path=path,
        operation=operation,
        timezone=timezone,
        columns=columns,
        ignored=ignored,
        encoding=encoding,
    )


def parse_rows(
    data: bytes,
    *,
    path: Path,
    operation: RowOperation,
    timezone: ZoneInfo,
    columns: Mapping[str, str] | None = None,
    ignored: Collection[str] = (),
    encoding: str | None = None,
) -> RowFile[NewAppointment] | RowFile[NewCustomer]:
    """As `read_rows`, of bytes that were read already; `path` only tells the format.

    Raises:
        RowFileError: No row of the file can be trusted.
        ValueError: There is no such operation.
    """
    match operation:
        case "schedule_appointment":
            return parse_appointments(
                data, path=path, zone=timezone, columns=columns, ignored=ignored, encoding=encoding
            )
        case "create_customer":
            return parse_customers(data, path=path, columns=columns, ignored=ignored, encoding=encoding)
        case _:
            raise ValueError(f"operation={operation!r}: give 'schedule_appointment' or 'create_customer'")
