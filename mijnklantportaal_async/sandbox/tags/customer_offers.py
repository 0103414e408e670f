"""The Customer Offers API: as invoices, but accepted or rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mijnklantportaal_async.sandbox.answers import refuse
from mijnklantportaal_async.sandbox.tag import Call, Tag
from mijnklantportaal_async.sandbox.tags.customer_invoices import judge_pdf, total

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mijnklantportaal_async.sandbox.documents import Document

PATH = "/customer-offers"
_DECISIONS = {"acceptedAt": "offer-accepted", "rejectedAt": "offer-rejected"}


class CustomerOffers(Tag):
    """The offers of one portal to its customers."""

    name = "Customer Offers"
    scopes = ("offers.read", "offers.write")
    created = "offer-created"

    def create_customer_offer(self, call: Call) -> Document:
        """From a PDF, decided perhaps."""
        fields = call.fields(judge_pdf)
        told = {name: value for name, value in fields.items() if not name.startswith(("accepted", "rejected"))}
        return self.create(call, told, **self._decision(fields))

    def create_manual_customer_offer(self, call: Call) -> Document:
        """From lines."""
        fields = call.fields()
        return self.create(call, fields, path=PATH, amount=str(total(fields["lines"])))

    def mark_customer_offer(self, call: Call) -> Document:
        """Accepted or rejected; sent both, it is both, as in the documentation's example."""
        offer, decision = self.existing(call), self._decision(call.fields())
        if not decision:
            raise refuse(422, "At least one of these fields is required: acceptedAt, rejectedAt.")
        return self.change(offer, **decision)

    def events(self, before: Document, after: Document) -> Iterator[str]:
        """Being accepted, or rejected, is one."""
        yield from (event for name, event in _DECISIONS.items() if after[name] and not before[name])

    def _decision(self, fields: Document) -> Document:
        decision: Document = {name: self.moment(fields[name]) for name in _DECISIONS if fields.get(name)}
        if "acceptedAt" in decision:
            # Without it they have no effect.
            decision |= {name: fields.get(name) for name in ("acceptedViaIp", "acceptedViaUserAgent")}
        return decision
