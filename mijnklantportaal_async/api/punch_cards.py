"""The Punch Cards API: kinds of cards, and the cards in customers' hands.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/punch-cards-api
"""

from __future__ import annotations

from decimal import Decimal

from mijnklantportaal_async import models
from mijnklantportaal_async.calling.body import Body
from mijnklantportaal_async.calling.operations import Operations
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.calling.wire import Look, creating, once, reading, setting
from mijnklantportaal_async.texts.words import words
from mijnklantportaal_async.values.unset import UNSET, UnsetType

# Nobody documents a scope for punch cards.
_CARD, _ISSUED = "/punch-cards/{punch_card_id}", "/punch-cards/{punch_card_id}/issued"

LIST_PUNCH_CARDS = reading("list_punch_cards", "/punch-cards", scope=None)
CREATE_PUNCH_CARD = creating(
    "create_punch_card",
    "/punch-cards",
    scope=None,
    look=Look(
        LIST_PUNCH_CARDS,
        ("name", "punches", "punch_label"),
        told={"expire_period": "expiry_periode"},
        left_out={"for_sale": False},
    ),
)
GET_PUNCH_CARD = reading("get_punch_card", _CARD, scope=None)
EDIT_PUNCH_CARD = setting("edit_punch_card", _CARD, scope=None)
LIST_ISSUED_PUNCH_CARDS = reading("list_issued_punch_cards", _ISSUED, scope=None)
ISSUE_PUNCH_CARD = creating(
    "issue_punch_card", _ISSUED, scope=None, look=Look(LIST_ISSUED_PUNCH_CARDS, ("customer_id",), made="issued_at")
)
GET_ISSUED_PUNCH_CARD = reading("get_issued_punch_card", _ISSUED + "/{issued_punch_card_id}", scope=None)
# How many punches were left before, and who used up one since, the portal does not tell.
STAMP_ISSUED_PUNCH_CARD = once(
    "stamp_issued_punch_card",
    _ISSUED + "/{issued_punch_card_id}/stamp",
    scope=None,
    method="POST",
    check_by_hand=words("Look at punches_left with get_issued_punch_card."),
)


class PunchCards(Operations):
    """The coroutines of the Punch Cards API."""

    def list_punch_cards(self, *, page: int = 1) -> Pager[models.PunchCard]:
        """The kinds of punch cards, page by page; not the cards in customers' hands.

        Args:
            page: The page to begin with.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/punch-cards-api/list-punch-cards
        """
        return self._list(LIST_PUNCH_CARDS, models.PunchCard, page)

    async def create_punch_card(
        self,
        *,
        name: str,
        punches: int,
        punch_label: str,
        description: str | UnsetType = UNSET,
        for_sale: bool | UnsetType = UNSET,
        price: Decimal | int | str | UnsetType = UNSET,
        vat_rate: int | UnsetType = UNSET,
        expiry_value: int | UnsetType = UNSET,
        expire_period: models.PunchCardPeriod | str | UnsetType = UNSET,
    ) -> models.PunchCard:
        """Makes a kind of punch card, exactly once: after a lost answer it looks in the list.

        Args:
            name: Name of the card.
            punches: Number of punches on a new card.
            punch_label: What one punch stands for, such as `lessons`.
            description: Extra text shown in the portal.
            for_sale: Whether customers can buy it in the portal; not, when left out.
            price: Euro with VAT; needed when it is for sale.
            vat_rate: Percentage, 0, 9 or 21; needed when it is for sale.
            expiry_value: Number of periods until an issued card expires; it never does when left out.
            expire_period: Unit of `expiry_value`.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/punch-cards-api/create-punch-card
        """
        body = Body().text(name=name).whole(punches=punches).text(punch_label=punch_label)
        body.prose(description=description).truth(for_sale=for_sale).money(price=price).whole(vat_rate=vat_rate)
        # The value is a text in the documentation, though its example is a number.
        body.whole(expiry_value=expiry_value, as_text=True).text(expire_period=expire_period)
        return await self._ask(CREATE_PUNCH_CARD, models.PunchCard, body)

    async def get_punch_card(self, punch_card_id: str) -> models.PunchCard:
        """One kind of punch card.

        Args:
            punch_card_id: `pcd_...`.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/punch-cards-api/get-punch-card
        """
        return await self._ask(GET_PUNCH_CARD, models.PunchCard, punch_card_id=punch_card_id)

    async def edit_punch_card(
        self,
        punch_card_id: str,
        *,
        for_sale: bool,
        price: Decimal | int | str | UnsetType = UNSET,
        vat_rate: int | UnsetType = UNSET,
    ) -> models.PunchCard:
        """Changes whether and for what price a card is sold. Nothing else can be changed.

        Args:
            punch_card_id: `pcd_...`.
            for_sale: Whether customers can buy it in the portal.
            price: Euro with VAT; needed when it is for sale.
            vat_rate: Percentage, 0, 9 or 21; needed when it is for sale.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/punch-cards-api/edit-punch-card
        """
        body = Body().truth(for_sale=for_sale).money(price=price).whole(vat_rate=vat_rate)
        return await self._ask(EDIT_PUNCH_CARD, models.PunchCard, body, punch_card_id=punch_card_id)

    def list_issued_punch_cards(self, punch_card_id: str, *, page: int = 1) -> Pager[models.IssuedPunchCard]:
        """The cards of a kind that customers got or bought, page by page.

        Args:
            punch_card_id: Kind of card, `pcd_...`.
            page: The page to begin with.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/punch-cards-api/list-issued-cards-for-punch-card
        """
        return self._list(LIST_ISSUED_PUNCH_CARDS, models.IssuedPunchCard, page, punch_card_id=punch_card_id)

    async def issue_punch_card(self, punch_card_id: str, *, customer_id: str) -> models.IssuedPunchCard:
        """Gives a card to a customer, exactly once: after a lost answer it looks among the issued cards.

        The path is inferred: the copy of the documentation that could be read does not show it.

        Args:
            punch_card_id: Kind of card, `pcd_...`.
            customer_id: Who gets it, `cst_...`.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/punch-cards-api/issue-new-punch-card
        """
        body = Body().identifier(customer_id=customer_id)
        return await self._ask(ISSUE_PUNCH_CARD, models.IssuedPunchCard, body, punch_card_id=punch_card_id)

    async def get_issued_punch_card(self, punch_card_id: str, issued_punch_card_id: str) -> models.IssuedPunchCard:
        """One card in a customer's hands.

        Args:
            punch_card_id: Kind of card, `pcd_...`.
            issued_punch_card_id: The card, `pcb_...`.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/punch-cards-api/get-an-issued-punch-card
        """
        return await self._ask(
            GET_ISSUED_PUNCH_CARD,
            models.IssuedPunchCard,
            punch_card_id=punch_card_id,
            issued_punch_card_id=issued_punch_card_id,
        )

    async def stamp_issued_punch_card(
        self, punch_card_id: str, issued_punch_card_id: str, *, stamps: int = 1
    ) -> models.IssuedPunchCard:
        """Uses up punches of a card. A lost answer is an `OutcomeUnknownError`: who stamped, the portal does not tell.

        Args:
            punch_card_id: Kind of card, `pcd_...`.
            issued_punch_card_id: The card, `pcb_...`.
            stamps: How many punches.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/punch-cards-api/stamp-an-issued-punch-card
        """
        return await self._ask(
            STAMP_ISSUED_PUNCH_CARD,
            models.IssuedPunchCard,
            Body().whole(stamps=stamps),
            punch_card_id=punch_card_id,
            issued_punch_card_id=issued_punch_card_id,
        )
