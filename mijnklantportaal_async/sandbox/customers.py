"""The operations of the Customers API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from mijnklantportaal_async.sandbox.answers import Answer, JsonObject, refuse
from mijnklantportaal_async.sandbox.customer_rules import read_changes, read_new_customer
from mijnklantportaal_async.sandbox.operations import OperationCall, PlayedOperation
from mijnklantportaal_async.sandbox.wall_time import atom

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mijnklantportaal_async.sandbox.customer_store import CustomerStore
    from mijnklantportaal_async.sandbox.list_pages import ListManners
    from mijnklantportaal_async.sandbox.records import StoredCustomer

READ, WRITE = "customers.read", "customers.write"


@attrs.frozen
class CustomerOperations:
    """Plays the Customers API on a store."""

    store: CustomerStore
    manners: ListManners

    def by_operation_id(self) -> Mapping[str, PlayedOperation]:
        """Return what is played, by the contract's operation id."""
        return {
            "list-customers": PlayedOperation(READ, self.list_customers),
            "create-customer": PlayedOperation(WRITE, self.create_customer),
            "get-customer": PlayedOperation(READ, self.get_customer),
            "edit-customer": PlayedOperation(WRITE, self.edit_customer),
        }

    def list_customers(self, call: OperationCall) -> Answer:
        """Answer one page of the customers."""
        newest_first = self.manners.newest_first

        def part(skip: int, most: int) -> list[JsonObject]:
            return [customer_document(found) for found in self.store.some(skip, most, newest_first=newest_first)]

        return Answer(200, self.manners.page("/customers", call.query, part))

    def create_customer(self, call: OperationCall) -> Answer:
        """Add a customer. Two that look alike are two: nothing is said to be unique."""
        new = read_new_customer(call.body, call.content_type, call.body_validator())
        return Answer(201, customer_document(self.store.add(**attrs.asdict(new), created_at=int(call.now))))

    def get_customer(self, call: OperationCall) -> Answer:
        """Answer one customer."""
        return Answer(200, customer_document(self._existing(call)))

    def edit_customer(self, call: OperationCall) -> Answer:
        """Change a customer."""
        current = self._existing(call)
        changes = read_changes(call.body, call.content_type, call.body_validator())
        self.store.change(current.id, changes)
        return Answer(200, customer_document(self._existing(call)))

    def _existing(self, call: OperationCall) -> StoredCustomer:
        customer = self.store.get(call.parameters["customerId"])
        if customer is None:
            raise refuse(404, "No customer has this ID.")
        return customer


def customer_document(customer: StoredCustomer) -> JsonObject:
    """Return a customer with exactly the fields of the contract."""
    return {
        "id": customer.id,
        "companyName": customer.company_name,
        "address": customer.address,
        "zipCode": customer.zip_code,
        "city": customer.city,
        "countryCode": customer.country_code,
        "primaryEmail": customer.primary_email,
        "phone": customer.phone,
        "integration": customer.integration,
        "integrationId": customer.integration_id,
        "customerGroups": list(customer.customer_groups),
        "createdAt": atom(customer.created_at),
    }
