"""The Customers API. Two customers that look alike are two: nothing is said to be unique."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mijnklantportaal_async.sandbox.tag import Call, Tag

if TYPE_CHECKING:
    from mijnklantportaal_async.sandbox.documents import Document


class Customers(Tag):
    """The customers of one portal."""

    name = "Customers"
    scopes = ("customers.read", "customers.write")
    created = "customer-created"

    def create_customer(self, call: Call) -> Document:
        """Without a country, it is the Netherlands."""
        return self.create(call, {"countryCode": "NL", **call.fields()})
