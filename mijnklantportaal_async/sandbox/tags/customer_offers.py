"""The Customer Offers API: as invoices, but accepted or rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mijnklantportaal_async.sandbox.tag import Call, Tag
from mijnklantportaal_async.sandbox.tags.customer_invoices import total

if TYPE_CHECKING:
    from mijnklantportaal_async.sandbox.documents import Document

PATH = "/customer-offers"


class CustomerOffers(Tag):
    """The offers of one portal to its customers."""

    name = "Customer Offers"
    scopes = ("offers.read", "offers.write")
    created = "offer-created"

    def create_customer_offer(self, call: Call) -> Document:
        """From a PDF, decided perhaps."""
        fields = call.fields()
        return self.create(call, {**fields, **self._decision(fields)})

    def create_manual_customer_offer(self, call: Call) -> Document:
        """From lines."""
        fields = call.fields()
        return self.create(call, fields, path=PATH, amount=str(total(fields["lines"])))

    def mark_customer_offer(self, call: Call) -> Document:
        """Accepted or rejected; sent both, it is both, as in the documentation's example."""
        decision = self._decision(call.fields())
        offer = self.change(self.existing(call), **decision)
        for field, event in (("acceptedAt", "offer-accepted"), ("rejectedAt", "offer-rejected")):
            if field in decision:
                self.premises.emit(event, offer)
        return offer

    def _decision(self, fields: Document) -> Document:
        decided = (name for name in ("acceptedAt", "rejectedAt") if fields.get(name))
        decision: Document = {name: self.moment(fields[name]) for name in decided}
        if "acceptedAt" in decision:
            decision |= {name: fields.get(name) for name in ("acceptedViaIp", "acceptedViaUserAgent")}
        return decision
