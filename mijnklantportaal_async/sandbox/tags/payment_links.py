"""The Payment Links API: open until paid, expired or closed. Payments come from outside: `Sandbox.put`."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from mijnklantportaal_async.sandbox.answers import refuse
from mijnklantportaal_async.sandbox.tag import Call, Tag
from mijnklantportaal_async.sandbox.wall_time import atom

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mijnklantportaal_async.sandbox.contract import ContractOperation
    from mijnklantportaal_async.sandbox.documents import Document

PATH = "/payment-links"
_EVENTS = {"paid": "payment-link-paid", "expired": "payment-link-expired"}


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

    def arrived(self, path: str, document: Document) -> None:
        """A payment pays its link; one that is reusable stays open."""
        if path == PATH:
            return super().arrived(path, document)
        link = self.documents.get(path.split("/")[2], PATH)
        if link is not None and document["status"] == "paid":
            if link["reusable"]:
                self.premises.emit(_EVENTS["paid"], self.shown(link, self.record))
            else:
                self.change(link, status="paid")
        return None

    def completed(self, document: Document) -> Document:
        """Paid or closed, it has no address any more; the example's is of a link with another id."""
        return {name: value for name, value in document.items() if name != "checkoutUrl"}

    def events(self, before: Document, after: Document) -> Iterator[str]:
        """Being paid, or expired, is one. Nobody watches the clock here: an event of expiry comes by `put` only."""
        if after["status"] != before["status"] and after["status"] in _EVENTS:
            yield _EVENTS[after["status"]]

    def shown(self, document: Document, operation: ContractOperation) -> Document:
        """With an address as long as it can be paid."""
        if "checkoutUrl" in operation.answer.properties:
            expires, status = document["expiresAt"], document["status"]
            if status == "open" and expires and datetime.fromisoformat(expires) <= self.premises.now():
                status = "expired"
            url = f"https://demo.mijnklantportaal.nl/payment-link/{document['id']}" if status == "open" else None
            document = {**document, "status": status, "checkoutUrl": url}
        return super().shown(document, operation)
