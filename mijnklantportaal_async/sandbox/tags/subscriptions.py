"""The Customer Subscriptions API, and the Customer Subscription Packages API that makes subscriptions."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import TYPE_CHECKING

from mijnklantportaal_async.sandbox.answers import Answer
from mijnklantportaal_async.sandbox.tag import Call, Tag
from mijnklantportaal_async.sandbox.wall_time import atom

if TYPE_CHECKING:
    from mijnklantportaal_async.sandbox.documents import Document

SUBSCRIPTIONS = "/customer-subscriptions"
_MONTHS = {"1 month": 1, "2 months": 2, "6 months": 6, "1 year": 12}


def subscription_of(fields: Document, today: date) -> Document:
    """Return the fields of a new subscription."""
    starts = date.fromisoformat(fields["startDate"])
    options = {name: fields[name] for name in ("createInvoice", "invoiceDescription") if name in fields}
    return {
        **{name: fields[name] for name in ("customerId", "description", "interval", "amount", "vatRate")},
        "startsAt": fields["startDate"],
        "renewsAt": renewal(starts, fields["interval"]).isoformat(),
        "status": "planned" if starts > today else "in_progress",
        "options": options,
    }


def renewal(starts: date, interval: str) -> date:
    """Return the first day of the next term."""
    if interval not in _MONTHS:
        return starts + timedelta(days=14)
    years, month = divmod(starts.month - 1 + _MONTHS[interval], 12)
    first = date(starts.year + years, month + 1, 1)
    return first + timedelta(days=min(starts.day, 28) - 1)


class CustomerSubscriptions(Tag):
    """The subscriptions of customers."""

    name = "Customer Subscriptions"
    scopes = ("subscription.read", "subscription.write")
    created = "subscription-created"

    def create_customer_subscription(self, call: Call) -> Document:
        """What is `startDate` in the request is `startsAt` in the answer."""
        return self.create(call, subscription_of(call.fields(), call.now.date()))

    def change_customer_subscription(self, call: Call) -> Document:
        """Terminating is a change, too."""
        subscription, fields = self.existing(call), call.fields()
        if "terminatedAt" in fields:
            fields |= {"terminatedAt": self.moment(fields["terminatedAt"]), "status": "terminated"}
        subscription = self.change(subscription, **fields)
        self.premises.emit("subscription-updated", subscription)
        return subscription


class SubscriptionPackages(Tag):
    """Ready-made subscriptions."""

    name = "Customer Subscription Packages"
    scopes = ("subscription.read", "subscription.write")

    def sign_up_customer(self, call: Call) -> Document | Answer:
        """Two operations share this address but for a slash at its end: the body tells them apart."""
        if b'"companyName"' in call.body:
            return self.sign_up_non_customer(call)
        package, fields = self.existing(call), call.fields(needed=("customerId", "startDate"))
        terms = {name: package[name] for name in ("interval", "amount", "vatRate")}
        new = subscription_of({"description": package["name"], **terms, **fields}, call.now.date())
        return self.create(call, new, path=SUBSCRIPTIONS)

    def sign_up_non_customer(self, call: Call) -> Answer:
        """Nothing is kept before the first payment, and nobody pays here."""
        self.existing(call)
        if call.operation.path.endswith("/"):
            call.fields()
        identifier = str(uuid.uuid4())
        expires = atom(call.now + timedelta(minutes=30))
        link = f"https://mollie.com/checkout/{identifier[:8]}"
        return Answer(201, {"id": identifier, "paymentLink": link, "expiresAt": expires})
