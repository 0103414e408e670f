"""The Customer Offers API: what the portal's owner offers to customers.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-offers-api
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from mijnklantportaal_async import models
from mijnklantportaal_async.calling.body import Body
from mijnklantportaal_async.calling.operations import Operations
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.calling.wire import Look, Reread, creating, once, reading
from mijnklantportaal_async.values.checks import check_kind
from mijnklantportaal_async.values.unset import UNSET, UnsetType

READ, WRITE = "offers.read", "offers.write"

LIST_CUSTOMER_OFFERS = reading("list_customer_offers", "/customer-offers", scope=READ)
LIKE_OFFER = Look(LIST_CUSTOMER_OFFERS, ("customer_id", "offer_number", "issued_at", "expires_at"))
CREATE_CUSTOMER_OFFER = creating("create_customer_offer", "/customer-offers", scope=WRITE, look=LIKE_OFFER)
CREATE_MANUAL_CUSTOMER_OFFER = creating(
    "create_manual_customer_offer", "/customer-offers/manual", scope=WRITE, look=LIKE_OFFER
)
GET_CUSTOMER_OFFER = reading("get_customer_offer", "/customer-offers/{offer_id}", scope=READ)
# Passed on to the owner's bookkeeping, so once.
MARK_CUSTOMER_OFFER = once(
    "mark_customer_offer",
    "/customer-offers/{offer_id}",
    scope=WRITE,
    look=Reread(GET_CUSTOMER_OFFER, ("accepted_at", "rejected_at")),
)


class CustomerOffers(Operations):
    """The coroutines of the Customer Offers API."""

    def list_customer_offers(self, *, page: int = 1) -> Pager[models.CustomerOffer]:
        """All offers in the portal, page by page.

        Args:
            page: The page to begin with.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-offers-api/list-customer-offers
        """
        return self._list(LIST_CUSTOMER_OFFERS, models.CustomerOffer, page)

    async def create_customer_offer(
        self,
        *,
        customer_id: str,
        offer_number: str,
        issued_at: date,
        expires_at: date,
        amount: Decimal | int | str,
        pdf: models.FileContent | models.FileSource,
        send_notification: bool | UnsetType = UNSET,
        accepted_at: datetime | UnsetType = UNSET,
        accepted_via_ip: str | UnsetType = UNSET,
        accepted_via_user_agent: str | UnsetType = UNSET,
        rejected_at: datetime | UnsetType = UNSET,
        filename: str | None = None,
        content_type: str | None = None,
        progress: models.Progress | None = None,
    ) -> models.CustomerOffer:
        """Adds an offer that already exists as a PDF, exactly once: after a lost answer it looks in the list.

        Args:
            customer_id: Customer it is for, `cst_...`.
            offer_number: Offer number.
            issued_at: Day of issue.
            expires_at: Day on which it expires.
            amount: Euro; whether VAT is in it is not documented.
            pdf: The offer, a path such as `offer.pdf`, bytes, a file opened with `"rb"`, or an async iterator of bytes.
            send_notification: Whether the customer is told; what happens without it is not documented.
            accepted_at: When it was accepted, aware, if it is. Sent as wall time of the portal, to the second.
            accepted_via_ip: IP address it was accepted from; says nothing without `accepted_at`.
            accepted_via_user_agent: User agent it was accepted with; says nothing without `accepted_at`.
            rejected_at: As `accepted_at`, when it was rejected.
            filename: What the file is called; the name of the path when left out.
            content_type: What kind of file it is, such as `application/pdf`; by its name when left out.
            progress: Called with the bytes that have left in this attempt, and how many there are.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-offers-api/create-customer-offer
        """
        body = Body().identifier(customer_id=customer_id).text(offer_number=offer_number)
        body.day(issued_at=issued_at, expires_at=expires_at).money(amount=amount)
        body.file(pdf=pdf, filename=filename, content_type=content_type, progress=progress)
        body.truth(send_notification=send_notification).moment(self._zone, accepted_at=accepted_at)
        body.text(accepted_via_ip=accepted_via_ip, accepted_via_user_agent=accepted_via_user_agent)
        body.moment(self._zone, rejected_at=rejected_at)
        return await self._ask(CREATE_CUSTOMER_OFFER, models.CustomerOffer, body)

    async def create_manual_customer_offer(
        self,
        *,
        customer_id: str,
        offer_number: str,
        issued_at: date,
        expires_at: date,
        lines: Sequence[models.InvoiceLine],
        send_notification: bool | UnsetType = UNSET,
    ) -> models.CustomerOffer:
        """Has the portal make up an offer from lines, exactly once: after a lost answer it looks in the list.

        Args:
            customer_id: Customer it is for, `cst_...`.
            offer_number: Offer number.
            issued_at: Day of issue.
            expires_at: Day on which it expires.
            lines: At least one.
            send_notification: Whether the customer is told; what happens without it is not documented.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-offers-api/create-manual-customer-offer
        """
        body = Body().identifier(customer_id=customer_id).text(offer_number=offer_number)
        body.day(issued_at=issued_at, expires_at=expires_at).each(check_kind(models.InvoiceLine), lines=lines)
        body.truth(send_notification=send_notification)
        return await self._ask(CREATE_MANUAL_CUSTOMER_OFFER, models.CustomerOffer, body)

    async def get_customer_offer(self, offer_id: str) -> models.CustomerOffer:
        """One offer.

        Args:
            offer_id: `off_...`.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-offers-api/get-customer-offer
        """
        return await self._ask(GET_CUSTOMER_OFFER, models.CustomerOffer, offer_id=offer_id)

    async def mark_customer_offer(
        self,
        offer_id: str,
        *,
        accepted_at: datetime | UnsetType = UNSET,
        accepted_via_ip: str | UnsetType = UNSET,
        accepted_via_user_agent: str | UnsetType = UNSET,
        rejected_at: datetime | UnsetType = UNSET,
    ) -> models.CustomerOffer:
        """Records that an offer was accepted or rejected, once, and passes it on to the connected integration.

        After a lost answer it reads the offer: decided as asked is done, not decided is sent again, else it is unknown.
        What the portal makes of both moments together is not documented.

        Args:
            offer_id: `off_...`.
            accepted_at: When it was accepted, aware. Sent as wall time of the portal, to the second.
            accepted_via_ip: IP address it was accepted from; says nothing without `accepted_at`.
            accepted_via_user_agent: User agent it was accepted with; says nothing without `accepted_at`.
            rejected_at: As `accepted_at`, when it was rejected.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-offers-api/mark-customer-offer-accepted-or-rejected
        """
        if accepted_at is UNSET and rejected_at is UNSET:
            raise ValueError("give accepted_at or rejected_at: without one of them nothing is decided")
        body = Body().moment(self._zone, accepted_at=accepted_at)
        body.text(accepted_via_ip=accepted_via_ip, accepted_via_user_agent=accepted_via_user_agent)
        body.moment(self._zone, rejected_at=rejected_at)
        return await self._ask(MARK_CUSTOMER_OFFER, models.CustomerOffer, body, offer_id=offer_id)
