"""What a portal keeps: to look into, and to fill past the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from mijnklantportaal_async.sandbox.appointment_store import AppointmentStore
from mijnklantportaal_async.sandbox.customer_store import CustomerStore
from mijnklantportaal_async.sandbox.database import Database

if TYPE_CHECKING:
    import os
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from mijnklantportaal_async.sandbox.clock import PortalClock
    from mijnklantportaal_async.sandbox.records import StoredAppointment, StoredCustomer


@attrs.frozen
class Stores:
    """The records of a portal by kind, all in one database."""

    database: Database
    appointments: AppointmentStore
    customers: CustomerStore

    def clear(self) -> None:
        """Remove every record."""
        self.appointments.clear()
        self.customers.clear()


class PortalContents:
    """The parent of `Sandbox`: its records, whether it is running or not."""

    def __init__(self, path: str | os.PathLike[str] | None, zone: ZoneInfo, clock: PortalClock) -> None:
        self._path = path
        self._zone = zone
        self._clock = clock
        self._open: Stores | None = None

    @property
    def appointments(self) -> tuple[StoredAppointment, ...]:
        """The appointments in the calendar, in order of creation."""
        return self._stores().appointments.all()

    @property
    def customers(self) -> tuple[StoredCustomer, ...]:
        """The customers, in order of creation."""
        return self._stores().customers.all()

    def add_appointment(
        self,
        *,
        name: str,
        starts_at: datetime,
        ends_at: datetime,
        customer_id: str | None = None,
        attendee_name: str | None = None,
        attendee_email: str | None = None,
        status: str = "scheduled",
        created_at: datetime | None = None,
    ) -> StoredAppointment:
        """Put an appointment straight into the calendar, past the API and its rules.

        Raises:
            ValueError: when a time is not aware.
        """
        return self._stores().appointments.add(
            name=name,
            customer_id=customer_id,
            attendee_name=attendee_name,
            attendee_email=attendee_email,
            starts_at=self._timestamp("starts_at", starts_at),
            ends_at=self._timestamp("ends_at", ends_at),
            status=status,
            created_at=self._timestamp("created_at", created_at),
        )

    def add_customer(
        self,
        *,
        company_name: str,
        address: str,
        zip_code: str,
        city: str,
        primary_email: str,
        country_code: str = "NL",
        phone: str | None = None,
        integration: str | None = None,
        integration_id: str | None = None,
        customer_groups: tuple[str, ...] = (),
        created_at: datetime | None = None,
    ) -> StoredCustomer:
        """Put a customer straight into the portal, past the API and its rules.

        Raises:
            ValueError: when a time is not aware.
        """
        return self._stores().customers.add(
            company_name=company_name,
            address=address,
            zip_code=zip_code,
            city=city,
            primary_email=primary_email,
            country_code=country_code,
            phone=phone,
            integration=integration,
            integration_id=integration_id,
            customer_groups=customer_groups,
            created_at=self._timestamp("created_at", created_at),
        )

    def _stores(self) -> Stores:
        if self._open is None:
            database = Database(self._path)
            self._open = Stores(database, AppointmentStore(database, self._zone), CustomerStore(database, self._zone))
        return self._open

    def _close_file(self) -> None:
        """Close a database that is a file; what is in memory stays."""
        if self._path is not None and self._open is not None:
            self._open.database.close()
            self._open = None

    def _timestamp(self, argument: str, when: datetime | None) -> int:
        """Return the UNIX time of an aware datetime; that of now when there is none."""
        if when is None:
            return int(self._clock.timestamp())
        if when.utcoffset() is None:
            raise ValueError(f"{argument} must be aware: give it a tzinfo, such as ZoneInfo('{self._zone.key}')")
        return int(when.timestamp())
