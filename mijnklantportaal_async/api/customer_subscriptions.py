"""The Customer Subscriptions API: what customers pay for term by term.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-subscriptions-api
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from mijnklantportaal_async import models
from mijnklantportaal_async.calling.body import Body, Changes
from mijnklantportaal_async.calling.operations import Operations
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.calling.wire import Look, creating, reading, setting
from mijnklantportaal_async.values.unset import UNSET, UnsetType

READ, WRITE = "subscription.read", "subscription.write"
_SUBSCRIPTION = "/customer-subscriptions/{subscription_id}"

LIST_CUSTOMER_SUBSCRIPTIONS = reading("list_customer_subscriptions", "/customer-subscriptions", scope=READ)
CREATE_CUSTOMER_SUBSCRIPTION = creating(
    "create_customer_subscription",
    "/customer-subscriptions",
    scope=WRITE,
    look=Look(
        LIST_CUSTOMER_SUBSCRIPTIONS,
        ("customer_id", "description", "start_date"),
        told={
            "start_date": "starts_at",
            "create_invoice": "options.create_invoice",
            "invoice_description": "options.invoice_description",
        },
    ),
)
GET_CUSTOMER_SUBSCRIPTION = reading("get_customer_subscription", _SUBSCRIPTION, scope=READ)
CHANGE_CUSTOMER_SUBSCRIPTION = setting("change_customer_subscription", _SUBSCRIPTION, scope=WRITE)


class CustomerSubscriptions(Operations):
    """The coroutines of the Customer Subscriptions API."""

    def list_customer_subscriptions(self, *, page: int = 1) -> Pager[models.CustomerSubscription]:
        """All subscriptions in the portal, page by page.

        Args:
            page: The page to begin with.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-subscriptions-api/list-customer-subscriptions
        """
        return self._list(LIST_CUSTOMER_SUBSCRIPTIONS, models.CustomerSubscription, page)

    async def create_customer_subscription(
        self,
        *,
        customer_id: str,
        description: str,
        start_date: date,
        interval: models.SubscriptionInterval | str,
        amount: Decimal | int | str,
        vat_rate: int,
        create_invoice: bool | UnsetType = UNSET,
        invoice_description: str | UnsetType = UNSET,
    ) -> models.CustomerSubscription:
        """Starts a subscription, exactly once: after a lost answer it looks in the list.

        Args:
            customer_id: Customer who gets it, `cst_...`.
            description: What it is for.
            start_date: First day, past or future; `starts_at` of the record.
            interval: Length of one term.
            amount: Euro for one term; whether VAT is in it is not documented.
            vat_rate: Percentage, 0, 9 or 21.
            create_invoice: Whether each renewal makes an invoice in the bookkeeping integration; needs one.
            invoice_description: Text of the invoice's row; says nothing without `create_invoice`.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-subscriptions-api/create-customer-subscription
        """
        body = Body().identifier(customer_id=customer_id).text(description=description).day(start_date=start_date)
        body.text(interval=interval).money(amount=amount).whole(vat_rate=vat_rate).truth(create_invoice=create_invoice)
        body.prose(invoice_description=invoice_description)
        return await self._ask(CREATE_CUSTOMER_SUBSCRIPTION, models.CustomerSubscription, body)

    async def get_customer_subscription(self, subscription_id: str) -> models.CustomerSubscription:
        """One subscription.

        Args:
            subscription_id: `sub_...`.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-subscriptions-api/get-customer-subscription
        """
        return await self._ask(GET_CUSTOMER_SUBSCRIPTION, models.CustomerSubscription, subscription_id=subscription_id)

    async def change_customer_subscription(
        self,
        subscription_id: str,
        *,
        description: str | UnsetType = UNSET,
        interval: models.SubscriptionInterval | str | UnsetType = UNSET,
        amount: Decimal | int | str | UnsetType = UNSET,
        vat_rate: int | UnsetType = UNSET,
        terminated_at: datetime | UnsetType = UNSET,
    ) -> models.CustomerSubscription:
        """Changes a subscription, or terminates it: only the fields that are given. None can be emptied.

        Args:
            subscription_id: `sub_...`.
            description: What it is for.
            interval: Length of one term.
            amount: Euro for one term.
            vat_rate: Percentage, 0, 9 or 21.
            terminated_at: When it ends, aware. Sent as wall time of the portal, to the second; what is finer is cut.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-subscriptions-api/change-customer-subscription
        """
        changes = Changes().text(description=description, interval=interval).money(amount=amount)
        changes.whole(vat_rate=vat_rate).moment(self._zone, terminated_at=terminated_at)
        return await self._ask(
            CHANGE_CUSTOMER_SUBSCRIPTION, models.CustomerSubscription, changes, subscription_id=subscription_id
        )
