"""Reads a file of customers and checks all of it before anybody uses a row."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TypeAlias

import attrs

from mijnklantportaal_async.customer_files.columns import VOCABULARY, match_columns
from mijnklantportaal_async.customer_files.rows import read_row
from mijnklantportaal_async.models.customers import NewCustomer
from mijnklantportaal_async.tables.decoding import decode
from mijnklantportaal_async.tables.notes import equal_rows
from mijnklantportaal_async.tables.read_table import read_bytes, rows_of_table
from mijnklantportaal_async.tables.records import RowFile, RowFileError

CustomerFile: TypeAlias = RowFile[NewCustomer]
"""A file of customers that was read and checked as a whole."""


def read_customer_file(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    ignored: Collection[str] = (),
    encoding: str | None = None,
) -> CustomerFile:
    """Reads a file of customers.

    Args:
        path: A CSV file, or JSON Lines (`.jsonl`, `.ndjson`, `.json`).
        columns: Field -> header, for headers that are not understood by themselves.
        ignored: Headers to leave alone.
        encoding: Such as `cp1252`; UTF-8 when left out.

    Returns:
        The good rows, and every problem of the others.

    Raises:
        RowFileError: No row of the file can be trusted; the message says why and what to do.
    """
    return parse_customers(read_bytes(path), path=path, columns=columns, ignored=ignored, encoding=encoding)


def parse_customers(
    data: bytes,
    *,
    path: Path,
    columns: Mapping[str, str] | None = None,
    ignored: Collection[str] = (),
    encoding: str | None = None,
) -> CustomerFile:
    """As `read_customer_file`, of bytes that were read already; `path` only tells the format.

    Raises:
        RowFileError: No row of the file can be trusted.
    """
    wanted = dict(columns or {})
    text, used_encoding = decode(data, encoding)
    if text.lstrip()[:15].upper() == "BEGIN:VCALENDAR":
        raise RowFileError("This is a calendar, which has no customers. Write them into a CSV file.")
    file = rows_of_table(
        text,
        path=path,
        encoding=used_encoding,
        vocabulary=VOCABULARY,
        wanted=wanted,
        match=lambda headers: match_columns(headers, wanted, ignored),
        read_row=read_row,
    )
    return attrs.evolve(file, notes=(*file.notes, *equal_rows(file.rows, "customer", "created")))
