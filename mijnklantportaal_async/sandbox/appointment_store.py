"""The portal's calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mijnklantportaal_async.sandbox.database import new_id
from mijnklantportaal_async.sandbox.records import StoredAppointment
from mijnklantportaal_async.sandbox.wall_time import moment

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from mijnklantportaal_async.sandbox.database import Database

_SCHEMA = """
CREATE TABLE IF NOT EXISTS appointments (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    customer_id TEXT,
    attendee_name TEXT,
    attendee_email TEXT,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    status TEXT NOT NULL,
    online_meeting_link TEXT,
    created_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS appointments_by_start ON appointments (starts_at, number);
CREATE INDEX IF NOT EXISTS appointments_by_status ON appointments (status);
"""
_COLUMNS = (
    "id, name, customer_id, attendee_name, attendee_email, starts_at, ends_at, status, online_meeting_link, created_at"
)


class AppointmentStore:
    """The appointments of one portal; times go in and out as UNIX seconds and aware datetimes."""

    def __init__(self, database: Database, zone: ZoneInfo) -> None:
        self._database = database
        self._zone = zone
        database.create(_SCHEMA)
        self.version = 0
        """Goes up with every change that is made through this object."""

    def add(
        self,
        *,
        name: str,
        customer_id: str | None,
        attendee_name: str | None,
        attendee_email: str | None,
        starts_at: int,
        ends_at: int,
        status: str,
        created_at: int,
    ) -> StoredAppointment:
        """Put a new appointment into the calendar and return it."""
        row = (
            new_id("apt_"),
            name,
            customer_id,
            attendee_name,
            attendee_email,
            starts_at,
            ends_at,
            status,
            None,
            created_at,
        )
        self._database.run(
            f"INSERT INTO appointments ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
            row,
        )
        self.version += 1
        return self._appointment(row)

    def get(self, appointment_id: str) -> StoredAppointment | None:
        """Return one appointment."""
        found = self._select("WHERE id = ?", (appointment_id,))
        return found[0] if found else None

    def between(self, starts_from: int, starts_before: int) -> list[StoredAppointment]:
        """Return the appointments that start in a window, in order of their start."""
        return self._select(
            "WHERE starts_at >= ? AND starts_at < ? ORDER BY starts_at, number", (starts_from, starts_before)
        )

    def overlapping(self, begins: int, ends: int, most: int) -> list[StoredAppointment]:
        """Return the first `most` appointments that have a part in a window, in order of their start."""
        return self._select(
            "WHERE starts_at < ? AND ends_at > ? ORDER BY starts_at, number LIMIT ?", (ends, begins, most)
        )

    def all(self) -> tuple[StoredAppointment, ...]:
        """Return every appointment, in order of creation."""
        return tuple(self._select("ORDER BY number", ()))

    def latest(self, count: int) -> list[StoredAppointment]:
        """Return the newest appointments, newest first."""
        return self._select("ORDER BY number DESC LIMIT ?", (count,))

    def counts(self) -> dict[str, int]:
        """Return how many appointments there are of each status."""
        return dict(self._database.run("SELECT status, count(*) FROM appointments GROUP BY status"))

    def set_status(self, appointment_id: str, status: str) -> None:
        """Change the status of an appointment."""
        self._database.run("UPDATE appointments SET status = ? WHERE id = ?", (status, appointment_id))
        self.version += 1

    def clear(self) -> None:
        """Remove every appointment."""
        self._database.run("DELETE FROM appointments")
        self.version += 1

    def _select(self, clause: str, values: tuple[object, ...]) -> list[StoredAppointment]:
        query = f"SELECT {_COLUMNS} FROM appointments {clause}"  # noqa: S608 - constants; values are bound
        return [self._appointment(row) for row in self._database.run(query, values)]

    def _appointment(self, row: tuple[Any, ...]) -> StoredAppointment:
        values = dict(zip(_COLUMNS.split(", "), row, strict=True))
        for column in ("starts_at", "ends_at", "created_at"):
            values[column] = moment(values[column], self._zone)
        return StoredAppointment(**values)
