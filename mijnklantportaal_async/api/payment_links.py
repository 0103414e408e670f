"""The Payment Links API: addresses that anyone can pay through.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/payment-links-api
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from mijnklantportaal_async import models
from mijnklantportaal_async.calling.body import Body
from mijnklantportaal_async.calling.operations import Operations, done_if
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.calling.wire import Look, creating, reading, removing
from mijnklantportaal_async.values.unset import UNSET, UnsetType

READ, WRITE = "paymentlinks.read", "paymentlinks.write"

LIST_PAYMENT_LINKS = reading("list_payment_links", "/payment-links", scope=READ)
CREATE_PAYMENT_LINK = creating(
    "create_payment_link",
    "/payment-links",
    scope=WRITE,
    look=Look(LIST_PAYMENT_LINKS, ("description", "amount"), left_out={"reusable": False}),
)
GET_PAYMENT_LINK = reading("get_payment_link", "/payment-links/{link_id}", scope=READ)
CLOSE_PAYMENT_LINK = removing("close_payment_link", "/payment-links/{link_id}", scope=WRITE, done=frozenset({422}))
LIST_PAYMENT_LINK_PAYMENTS = reading("list_payment_link_payments", "/payment-links/{link_id}/payments", scope=READ)


class PaymentLinks(Operations):
    """The coroutines of the Payment Links API."""

    def list_payment_links(self, *, page: int = 1) -> Pager[models.PaymentLink]:
        """All payment links, page by page.

        Args:
            page: The page to begin with.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/payment-links-api/list-payment-links
        """
        return self._list(LIST_PAYMENT_LINKS, models.PaymentLink, page)

    async def create_payment_link(
        self,
        *,
        description: str,
        amount: Decimal | int | str,
        expires_at: date | UnsetType = UNSET,
        reusable: bool | UnsetType = UNSET,
    ) -> models.PaymentLink:
        """Makes a payment link, exactly once: after a lost answer it looks in the list.

        Args:
            description: Purpose; also printed on the payer's bank statement.
            amount: Euro.
            expires_at: Last day on which it can be used; it never expires when left out.
            reusable: Whether it can be paid more than once; not, when left out.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/payment-links-api/create-payment-link
        """
        body = Body().text(description=description).money(amount=amount).day(expires_at=expires_at)
        return await self._ask(CREATE_PAYMENT_LINK, models.PaymentLink, body.truth(reusable=reusable))

    async def get_payment_link(self, link_id: str) -> models.PaymentLink:
        """One payment link.

        Args:
            link_id: `plk_...`.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/payment-links-api/get-payment-link
        """
        return await self._ask(GET_PAYMENT_LINK, models.PaymentLink, link_id=link_id)

    async def close_payment_link(self, link_id: str) -> models.PaymentLink:
        """Makes a payment link unusable. Its record stays.

        Args:
            link_id: `plk_...`.

        Raises:
            ValidationError: 422; it was closed before.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/payment-links-api/close-payment-link
        """
        closed = models.PaymentLinkStatus.CLOSED
        when_done = done_if(lambda link: link.status == closed, lambda: self.get_payment_link(link_id))
        return await self._ask(CLOSE_PAYMENT_LINK, models.PaymentLink, when_done=when_done, link_id=link_id)

    def list_payment_link_payments(self, link_id: str, *, page: int = 1) -> Pager[models.PaymentLinkPayment]:
        """The payments that were made through a payment link, page by page.

        Args:
            link_id: `plk_...`; what the answer for an unknown one is, is not documented.
            page: The page to begin with.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/payment-links-api/list-payment-link-payments
        """
        return self._list(LIST_PAYMENT_LINK_PAYMENTS, models.PaymentLinkPayment, page, link_id=link_id)
