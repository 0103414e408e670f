"""The Customer Groups API: who is in a group, the customer's record says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mijnklantportaal_async.sandbox.answers import Answer
from mijnklantportaal_async.sandbox.tag import Call, Tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mijnklantportaal_async.sandbox.documents import Document


class CustomerGroups(Tag):
    """The groups of one portal."""

    name = "Customer Groups"
    scopes = ("customers.read", "customers.write")

    def create_customer_group(self, call: Call) -> Document:
        """With its first members."""
        fields = call.fields()
        group = self.create(call, fields)
        self._add(group, fields.get("customers", ()))
        return group

    def add_customers_to_customer_group(self, call: Call) -> Answer:
        """Answers all members; whether the service does that or answers the new ones only, nobody documents."""
        group = self.existing(call)
        self._add(group, call.fields(needed=("customers",))["customers"])
        members = [item for item in self.documents.all("/customers") if group["id"] in item["customerGroups"]]
        return Answer(200, {"data": [self.shown(member, call.operation) for member in members]})

    def _add(self, group: Document, customers: Sequence[str]) -> None:
        for identifier in customers:
            customer = self.documents.get(identifier, "/customers")
            # Unknown customers are skipped silently.
            if customer is not None and group["id"] not in customer["customerGroups"]:
                self.change(customer, customerGroups=[*customer["customerGroups"], group["id"]])
