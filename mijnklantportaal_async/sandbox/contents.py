"""What a portal keeps: to look into, and to fill past the API."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from mijnklantportaal_async.sandbox.contract import load_contract
from mijnklantportaal_async.sandbox.database import Database, new_id
from mijnklantportaal_async.sandbox.documents import Document, Documents
from mijnklantportaal_async.sandbox.records import (
    StoredAppointment,
    StoredCustomer,
    stored_appointment,
    stored_customer,
)
from mijnklantportaal_async.sandbox.seeded import seed
from mijnklantportaal_async.sandbox.tags import TAGS
from mijnklantportaal_async.sandbox.tags.appointments import when
from mijnklantportaal_async.sandbox.wall_time import atom, moment

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

    from mijnklantportaal_async.sandbox.clock import PortalClock
    from mijnklantportaal_async.sandbox.contract import ContractOperation
    from mijnklantportaal_async.sandbox.tag import Premises, Tag


class PortalContents:
    """The parent of `Sandbox`: its records, whether it is running or not."""

    def __init__(
        self,
        path: str | os.PathLike[str] | None,
        zone: ZoneInfo,
        clock: PortalClock,
        *,
        seeded: bool,
        premises: Callable[[Documents], Premises],
    ) -> None:
        self._path = path
        self._zone = zone
        self._clock = clock
        self._seeded = seeded
        self._premises = premises
        self._database: Database | None = None
        self._kept: Documents | None = None

    @property
    def appointments(self) -> tuple[StoredAppointment, ...]:
        """The appointments in the calendar, in order of creation."""
        return tuple(stored_appointment(document, self._zone) for document in self._documents().all("/appointments"))

    @property
    def customers(self) -> tuple[StoredCustomer, ...]:
        """The customers, in order of creation."""
        return tuple(stored_customer(document, self._zone) for document in self._documents().all("/customers"))

    def records(self, path: str) -> tuple[Document, ...]:
        """What stands in a list, in order of creation, as JSON; also what the API never shows.

        Args:
            path: The path of the list: `/tickets`, `/punch-cards/pcd_abc/issued`.
        """
        return tuple(self._documents().all(path))

    def put(
        self, path: str, *, created_at: datetime | None = None, content: bytes | None = None, **fields: Any
    ) -> Document:
        """Put something straight into the portal, past the API and its rules: what only the outside does.

        A ticket is `put("/tickets", title="Help")`, a payment `put("/payment-links/plk_abc/payments")`, a file that was
        asked for `put("/files", name="logo.png", content=b"...", requestedFileId="fqf_abc")`. With the path of a record
        that record is changed: `put("/tickets/tic_abc", status="closed")`. What follows from it happens, too: the link
        is paid, the webhooks of a running sandbox hear of it.

        Args:
            path: The path of a list, or of a record.
            created_at: When it was made, aware; now when left out.
            content: The bytes of its file.
            fields: By their names in the API; those that are left out are what the contract's example shows.

        Returns:
            The record, as it is kept.

        Raises:
            LookupError: The contract has no such list or field, or the portal no such record.
            ValueError: `created_at` is not aware.
        """
        operation = load_contract().records_of(path)
        if operation is None:
            raise LookupError(f"the contract has no list at {path}")
        documents = self._documents()
        tag = self._tags(documents)[operation.tag]
        if slips := fields.keys() - operation.answer.properties.keys() - tag.hidden:
            raise LookupError(f"the records at {path} have no {', '.join(sorted(slips))}")
        made_at = atom(moment(self._timestamp("created_at", created_at), self._zone))
        named = _named_by(path, documents)
        is_new = len(path.split("/")) % 2 == 0
        if is_new:
            document = tag.completed({**_made_up(operation, named, made_at), **fields})
            documents.add(path, document)
        else:
            document = tag.change(named[-1], **tag.completed({**named[-1], **fields}))
        if content is not None:
            name, media_type = document.get("name"), document.get("mime")
            documents.keep_file(document["id"], name or "file.pdf", media_type or "application/pdf", content)
            document = documents.put({**document, "size": len(content)}) if "size" in document else document
        if is_new:
            tag.arrived(path, document)
        return documents.get(document["id"]) or document

    def file(self, identifier: str) -> bytes | None:
        """Return the bytes that are kept of a file, under the id of the record that they belong to."""
        found = self._documents().file(identifier)
        return None if found is None else found[2]

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
        return stored_customer(self._documents().add("/customers", document), self._zone)

    def _documents(self) -> Documents:
        if self._kept is None:
            self._database = Database(self._path)
            self._kept = Documents(self._database)
            if self._seeded and self._kept.is_empty():
                seed(self._kept, moment(self._clock.timestamp(), self._zone))
        return self._kept

    def _tags(self, documents: Documents) -> Mapping[str, Tag]:
        premises = self._premises(documents)
        return {tag.name: tag(premises) for tag in TAGS}

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


def _named_by(path: str, documents: Documents) -> list[Document]:
    """Every record that a path names: a list and an id take turns in it."""
    parts = path.split("/")
    found = [documents.get(parts[end], "/".join(parts[:end])) for end in range(2, len(parts), 2)]
    records = [record for record in found if record is not None]
    if len(records) < len(found):
        raise LookupError(f"the portal has not every record of {path}")
    return records


def _made_up(operation: ContractOperation, owners: list[Document], made_at: str) -> Document:
    """A record as the contract's example, but new, and in the hands of those whose list it stands in."""
    properties = operation.answer.properties
    record: Document = {name: _example(schema) for name, schema in properties.items()}
    for name, value in record.items():
        record[name] = next((one["id"] for one in owners if str(value)[:4] == one["id"][:4]), value)
    own = {"id": new_id(operation.prefix), "createdAt": made_at}
    return record | {name: value for name, value in own.items() if name in properties}


def _example(schema: Any) -> Any:
    """What the contract shows for a field."""
    if schema.get("type") == "object":
        return {name: _example(inner) for name, inner in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return [_example(schema["items"])] if schema.get("items", {}).get("properties") else []
    example = schema.get("example")
    return str(example) if schema.get("type") == "string" and example is not None else example
