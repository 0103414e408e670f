"""The customers of a portal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import orjson

from mijnklantportaal_async.sandbox.database import new_id
from mijnklantportaal_async.sandbox.records import StoredCustomer
from mijnklantportaal_async.sandbox.wall_time import moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from mijnklantportaal_async.sandbox.database import Database

_SCHEMA = """
CREATE TABLE IF NOT EXISTS customers (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    company_name TEXT NOT NULL,
    address TEXT NOT NULL,
    zip_code TEXT NOT NULL,
    city TEXT NOT NULL,
    country_code TEXT NOT NULL,
    primary_email TEXT NOT NULL,
    phone TEXT,
    integration TEXT,
    integration_id TEXT,
    customer_groups TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
"""
_COLUMNS = tuple(field.name for field in attrs.fields(StoredCustomer))


class CustomerStore:
    """Adds, finds and changes customers; times go in as UNIX seconds and come out as aware datetimes."""

    def __init__(self, database: Database, zone: ZoneInfo) -> None:
        self._database = database
        self._zone = zone
        database.create(_SCHEMA)

    def add(
        self,
        *,
        company_name: str,
        address: str,
        zip_code: str,
        city: str,
        country_code: str,
        primary_email: str,
        created_at: int,
        phone: str | None = None,
        integration: str | None = None,
        integration_id: str | None = None,
        customer_groups: tuple[str, ...] = (),
    ) -> StoredCustomer:
        """Add a new customer and return it."""
        row = (
            new_id("cst_"),
            company_name,
            address,
            zip_code,
            city,
            country_code,
            primary_email,
            phone,
            integration,
            integration_id,
            orjson.dumps(customer_groups).decode(),
            created_at,
        )
        places = ", ".join("?" for _ in _COLUMNS)
        self._database.run(f"INSERT INTO customers ({', '.join(_COLUMNS)}) VALUES ({places})", row)  # noqa: S608 - constants
        return self._customer(row)

    def get(self, customer_id: str) -> StoredCustomer | None:
        """Return one customer."""
        found = self._select("WHERE id = ?", (customer_id,))
        return found[0] if found else None

    def change(self, customer_id: str, changes: Mapping[str, str]) -> None:
        """Set columns of a customer."""
        settings = ", ".join(f"{column} = ?" for column in changes)
        statement = f"UPDATE customers SET {settings} WHERE id = ?"  # noqa: S608 - columns are names of our own
        self._database.run(statement, (*changes.values(), customer_id))

    def some(self, skip: int, most: int, *, newest_first: bool) -> list[StoredCustomer]:
        """Return a part of the list."""
        order = "DESC" if newest_first else "ASC"
        return self._select(f"ORDER BY number {order} LIMIT ? OFFSET ?", (most, skip))

    def all(self) -> tuple[StoredCustomer, ...]:
        """Return every customer, in order of creation."""
        return tuple(self._select("ORDER BY number", ()))

    def clear(self) -> None:
        """Remove every customer."""
        self._database.run("DELETE FROM customers")

    def _select(self, clause: str, values: tuple[object, ...]) -> list[StoredCustomer]:
        query = f"SELECT {', '.join(_COLUMNS)} FROM customers {clause}"  # noqa: S608 - constants; values are bound
        return [self._customer(row) for row in self._database.run(query, values)]

    def _customer(self, row: tuple[Any, ...]) -> StoredCustomer:
        values = dict(zip(_COLUMNS, row, strict=True))
        values["customer_groups"] = tuple(orjson.loads(values["customer_groups"]))
        values["created_at"] = moment(values["created_at"], self._zone)
        return StoredCustomer(**values)
