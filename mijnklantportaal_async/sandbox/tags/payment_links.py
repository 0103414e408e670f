"""The Payment Links API: open until paid, expired or closed. Payments come from outside: `Sandbox.put`."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from mijnklantportaal_async.sandbox.answers import refuse
from mijnklantportaal_async.sandbox.tag import Call, Tag
from mijnklantportaal_async.sandbox.wall_time import atom

if TYPE_CHECKING:
    from mijnklantportaal_async.sandbox.contract import ContractOperation
    from mijnklantportaal_async.sandbox.documents import Document


class PaymentLinks(Tag):
    """The payment links of one portal."""

    name = "Payment Links"
    scopes = ("paymentlinks.read", "paymentlinks.write")
    created = "payment-link-created"

    def create_payment_link(self, call: Call) -> Document:
        """A day in the request is a moment in the answer: the end of that day."""
        fields = call.fields()
        last_day = fields.pop("expiresAt", None)
        expires = None
        if last_day:
            day = date.fromisoformat(last_day) + timedelta(days=1)
            expires = atom(datetime.combine(day, time(), self.premises.zone))
        return self.create(call, fields, expiresAt=expires, status="open")

    def close_payment_link(self, call: Call) -> Document:
        """Once."""
        link = self.existing(call)
        if link["status"] == "closed":
            raise refuse(422, "The payment link is already closed.")
        return self.change(link, status="closed")

    def shown(self, document: Document, operation: ContractOperation) -> Document:
        """With an address as long as it can be paid."""
        if document.get("status") == "open" and "checkoutUrl" in operation.answer.properties:
            url = f"https://demo.mijnklantportaal.nl/payment-link/{document['id']}"
            document = {**document, "checkoutUrl": url}
        return super().shown(document, operation)
