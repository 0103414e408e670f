"""What a portal keeps: to look into, and to fill past the API."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from mijnklantportaal_async.sandbox.contract import load_contract
from mijnklantportaal_async.sandbox.database import Database, new_id
from mijnklantportaal_async.sandbox.documents import Document, Documents
from mijnklantportaal_async.sandbox.records import StoredAppointment, StoredCustomer
from mijnklantportaal_async.sandbox.tags.appointments import when
from mijnklantportaal_async.sandbox.wall_time import atom, moment

if TYPE_CHECKING:
    import os
    from zoneinfo import ZoneInfo

    from mijnklantportaal_async.sandbox.clock import PortalClock


class PortalContents:
    """The parent of `Sandbox`: its records, whether it is running or not."""

    def __init__(self, path: str | os.PathLike[str] | None, zone: ZoneInfo, clock: PortalClock) -> None:
        self._path = path
        self._zone = zone
        self._clock = clock
        self._database: Database | None = None
        self._kept: Documents | None = None

    @property
    def appointments(self) -> tuple[StoredAppointment, ...]:
        """The appointments in the calendar, in order of creation."""
        return tuple(stored_appointment(document, self._zone) for document in self._documents().all("/appointments"))

    @property
    def customers(self) -> tuple[StoredCustomer, ...]:
        """The customers, in order of creation."""
        return tuple(_stored_customer(document, self._zone) for document in self._documents().all("/customers"))

    def records(self, path: str) -> tuple[Document, ...]:
        """What stands in a list, in order of creation, as JSON; also what the API never shows.

        Args:
            path: The path of the list: `/tickets`, `/punch-cards/pcd_abc/issued`.
        """
        return tuple(self._documents().all(path))

    def put(self, path: str, *, created_at: datetime | None = None, **fields: Any) -> Document:
        """Put a record straight into a list, past the API and its rules. That is how tickets and payments come.

        Args:
            path: The path of the list: `/tickets`.
            created_at: When it was made, aware; now when left out.
            fields: By their names in the API; those that are left out are what the contract's example shows.

        Raises:
            LookupError: The contract has no such list.
            ValueError: `created_at` is not aware.
        """
        contract = load_contract()
        if (found := contract.find(path)) is None:
            raise LookupError(f"the contract has no list at {path}")
        listing = next(iter(found[0].operations.values()))
        # One record tells more than a line of the list.
        parts = len(listing.path.split("/")) + 1
        records = (item for item in contract.operations() if item.path.startswith(listing.path + "/{"))
        record = next((item for item in records if len(item.path.split("/")) == parts), listing)
        examples = {name: _example(schema) for name, schema in record.answer.properties.items()}
        made_at = atom(moment(self._timestamp("created_at", created_at), self._zone))
        made = {"id": new_id(record.prefix), "createdAt": made_at}
        return self._documents().add(path, {**examples, **made, **fields})

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
        begins, ends = self._timestamp("starts_at", starts_at), self._timestamp("ends_at", ends_at)
        document = {
            "id": new_id("apt_"),
            "title": name,
            "customerId": customer_id,
            "attendeeName": attendee_name,
            "attendeeEmail": attendee_email,
            **when(begins, ends, self._zone),
            "status": status,
            "onlineMeetingLink": None,
            "createdAt": atom(moment(self._timestamp("created_at", created_at), self._zone)),
        }
        return stored_appointment(self._documents().add("/appointments", document), self._zone)

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
        document = {
            "id": new_id("cst_"),
            "companyName": company_name,
            "address": address,
            "zipCode": zip_code,
            "city": city,
            "countryCode": country_code,
            "primaryEmail": primary_email,
            "phone": phone,
            "integration": integration,
            "integrationId": integration_id,
            "customerGroups": list(customer_groups),
            "createdAt": atom(moment(self._timestamp("created_at", created_at), self._zone)),
        }
        return _stored_customer(self._documents().add("/customers", document), self._zone)

    def _documents(self) -> Documents:
        if self._kept is None:
            self._database = Database(self._path)
            self._kept = Documents(self._database)
        return self._kept

    def _close_file(self) -> None:
        """Close a database that is a file; what is in memory stays."""
        if self._path is not None and self._database is not None:
            self._database.close()
            self._database = self._kept = None

    def _timestamp(self, argument: str, when: datetime | None) -> int:
        """Return the UNIX time of an aware datetime; that of now when there is none."""
        if when is None:
            return int(self._clock.timestamp())
        if when.utcoffset() is None:
            raise ValueError(f"{argument} must be aware: give it a tzinfo, such as ZoneInfo('{self._zone.key}')")
        return int(when.timestamp())


def stored_appointment(document: Document, zone: ZoneInfo) -> StoredAppointment:
    """Return an appointment as tests look at it."""
    return StoredAppointment(
        id=document["id"],
        name=document["title"],
        customer_id=document["customerId"],
        attendee_name=document["attendeeName"],
        attendee_email=document["attendeeEmail"],
        starts_at=moment(document["begins"], zone),
        ends_at=moment(document["ends"], zone),
        status=document["status"],
        online_meeting_link=document["onlineMeetingLink"],
        created_at=datetime.fromisoformat(document["createdAt"]).astimezone(zone),
    )


def _stored_customer(document: Document, zone: ZoneInfo) -> StoredCustomer:
    return StoredCustomer(
        id=document["id"],
        company_name=document["companyName"],
        address=document["address"],
        zip_code=document["zipCode"],
        city=document["city"],
        country_code=document["countryCode"],
        primary_email=document["primaryEmail"],
        phone=document["phone"],
        integration=document["integration"],
        integration_id=document["integrationId"],
        customer_groups=tuple(document["customerGroups"]),
        created_at=datetime.fromisoformat(document["createdAt"]).astimezone(zone),
    )


def _example(schema: Any) -> Any:
    """What the contract shows for a field."""
    if schema.get("type") == "object":
        return {name: _example(inner) for name, inner in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return [_example(schema["items"])] if "properties" in schema.get("items", {}) else []
    example = schema.get("example")
    return str(example) if schema.get("type") == "string" and example is not None else example
