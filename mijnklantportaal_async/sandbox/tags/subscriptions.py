"""The Customer Subscriptions API, and the Customer Subscription Packages API that makes subscriptions."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import attrs

from mijnklantportaal_async.sandbox.answers import Answer
from mijnklantportaal_async.sandbox.request_body import JSON, read_body
from mijnklantportaal_async.sandbox.tag import Call, Tag
from mijnklantportaal_async.sandbox.wall_time import atom, months_later

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mijnklantportaal_async.sandbox.contract import ContractOperation
    from mijnklantportaal_async.sandbox.documents import Document

SUBSCRIPTIONS = "/customer-subscriptions"
CREATED = "subscription-created"
_MONTHS = {"1 month": 1, "2 months": 2, "6 months": 6, "1 year": 12}


def subscription_of(fields: Document) -> Document:
    """Return the fields of a new subscription."""
    options = {name: fields[name] for name in ("createInvoice", "invoiceDescription") if name in fields}
    return {
        **{name: fields[name] for name in ("customerId", "description", "interval", "amount", "vatRate")},
        "startsAt": fields["startDate"],
        "options": options,
    }


def renewal(starts: date, interval: str, today: date) -> date:
    """Return the first day of the next term: the first one that is still to come."""
    if (months := _MONTHS.get(interval)) is None:
        terms = max((today - starts).days, 0) // 14 + 1
        return starts + timedelta(days=14 * terms)
    passed = (today.year - starts.year) * 12 + today.month - starts.month
    terms = max(passed // months, 1)
    # Counted from the first day: the 31st stays the 31st after a February.
    first = months_later(starts, terms * months)
    return first if first > today else months_later(starts, (terms + 1) * months)


class CustomerSubscriptions(Tag):
    """The subscriptions of customers."""

    name = "Customer Subscriptions"
    scopes = ("subscription.read", "subscription.write")
    created = CREATED

    def create_customer_subscription(self, call: Call) -> Document:
        """What is `startDate` in the request is `startsAt` in the answer."""
        return self.create(call, subscription_of(call.fields()))

    def change_customer_subscription(self, call: Call) -> Document:
        """Terminating is a change, too. How it stands then, the calendar says."""
        subscription, fields = self.existing(call), call.fields()
        if fields.get("terminatedAt"):
            fields |= {"terminatedAt": self.moment(fields["terminatedAt"]), "status": None}
        return self.change(subscription, **fields)

    def events(self, before: Document, after: Document) -> Iterator[str]:
        """Every change is one."""
        if after != before:
            yield "subscription-updated"

    def shown(self, document: Document, operation: ContractOperation) -> Document:
        """As it stands today."""
        return super().shown({**document, **_standing(document, self.premises.now())}, operation)


class SubscriptionPackages(Tag):
    """Ready-made subscriptions."""

    name = "Customer Subscription Packages"
    scopes = ("subscription.read", "subscription.write")

    def sign_up_customer(self, call: Call) -> Answer:
        """Two operations share this address but for a slash at its end: the body tells them apart."""
        package, _, body = self.existing(call), *read_body(call.body, call.content_type, call.operation.bodies)
        strangers = self._other("sign-up-customer-subscription-package-to-non-customer", call)
        theirs = strangers.operation.bodies[JSON].properties.keys()
        if "customerId" not in body and (theirs & body.keys() or call.operation.id == strangers.operation.id):
            return self._pay_first(strangers)
        return self._sign_up(package, self._other("sign-up-customer", call))

    sign_up_non_customer = sign_up_customer

    def _other(self, operation: str, call: Call) -> Call:
        return attrs.evolve(call, operation=self.premises.contract.operation(operation))

    def _sign_up(self, package: Document, call: Call) -> Answer:
        fields = call.fields(needed=("customerId", "startDate"))
        terms = {name: package[name] for name in ("interval", "amount", "vatRate")}
        # The text of invoices is that of the package, when nobody gives one.
        options = {"createInvoice": False, "invoiceDescription": fields.pop("invoiceText", package["name"])}
        new = subscription_of({"description": package["name"], **options, **terms, **fields})
        kept = self.create(call, new, path=SUBSCRIPTIONS)
        shown = self.shown({**kept, **_standing(kept, call.now)}, call.operation)
        self.premises.emit(CREATED, shown)
        return Answer(call.operation.status, shown)

    def _pay_first(self, call: Call) -> Answer:
        """Nothing is kept before the first payment, and nobody pays here."""
        call.fields()
        identifier = str(uuid.uuid4())
        expires = atom(call.now + timedelta(minutes=30))
        link = f"https://mollie.com/checkout/{identifier[:8]}"
        return Answer(call.operation.status, {"id": identifier, "paymentLink": link, "expiresAt": expires})


def _standing(subscription: Document, now: datetime) -> Document:
    """What the calendar makes of a subscription. One that ends later goes on until then."""
    starts, end, today = date.fromisoformat(subscription["startsAt"]), subscription["terminatedAt"], now.date()
    over = end is not None and datetime.fromisoformat(end) <= now
    status = "terminated" if over else "planned" if starts > today else "in_progress"
    # What was put there with a status keeps it.
    return {
        "renewsAt": renewal(starts, subscription["interval"], today).isoformat(),
        "status": subscription["status"] or status,
    }
