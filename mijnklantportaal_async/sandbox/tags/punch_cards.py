"""The Punch Cards API: kinds of cards, and cards in customers' hands that fill up and expire."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mijnklantportaal_async.sandbox.answers import refuse, refuse_fields
from mijnklantportaal_async.sandbox.field_rules import note, required
from mijnklantportaal_async.sandbox.tag import Call, Tag
from mijnklantportaal_async.sandbox.wall_time import atom

if TYPE_CHECKING:
    from mijnklantportaal_async.sandbox.documents import Document
    from mijnklantportaal_async.sandbox.field_rules import FieldErrors

_DAYS = {"days": 1, "months": 30, "years": 365}


class PunchCards(Tag):
    """The punch cards of one portal. No scope for them is documented."""

    name = "Punch Cards"

    def create_punch_card(self, call: Call) -> Document:
        """`expirePeriod` in the request is `expiryPeriode` in the answer, and its value a number."""
        fields = call.fields(_judge_sale)
        value, period = fields.pop("expiryValue", None), fields.pop("expirePeriod", None)
        return self.create(call, fields, expiryValue=value and int(value), expiryPeriode=period)

    def edit_punch_card(self, call: Call) -> Document:
        """What is not for sale has no price."""
        card, fields = self.existing(call), call.fields(_judge_sale)
        return self.change(card, **({"price": None, "vatRate": None} | fields))

    def issue_punch_card(self, call: Call) -> Document:
        """To a customer, with all its punches."""
        card, fields = self.existing(call), call.fields(needed=("customerId",))
        life = _DAYS.get(card["expiryPeriode"] or "years", 0) * (card["expiryValue"] or 0)
        return self.create(
            call,
            fields,
            punchCardId=card["id"],
            punchesLeft=card["punches"],
            status="active",
            expiresAt=atom(call.now + timedelta(days=life)) if life else None,
        )

    def stamp_issued_punch_card(self, call: Call) -> Document:
        """Until it is full."""
        card, stamps = self.existing(call), call.fields().get("stamps", 1)
        if card["expiresAt"] and datetime.fromisoformat(card["expiresAt"]) <= call.now:
            raise refuse(422, "The punch card has expired.")
        if not 1 <= stamps <= card["punchesLeft"]:
            raise refuse_fields({"stamps": [f"The punch card has {card['punchesLeft']} punches left."]})
        left = card["punchesLeft"] - stamps
        return self.change(card, punchesLeft=left, status="active" if left else "fully_used")


def _judge_sale(fields: Document, errors: FieldErrors) -> None:
    for name in ("price", "vatRate"):
        if fields.get("forSale") is True and name not in fields:
            note(errors, name, required(name, " when for sale is true"))
    if "expiryValue" in fields and not str(fields["expiryValue"]).isdecimal():
        note(errors, "expiryValue", "The expiry value field must be an integer.")
