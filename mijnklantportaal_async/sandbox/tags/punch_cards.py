"""The Punch Cards API: kinds of cards, and cards in customers' hands that fill up and expire."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mijnklantportaal_async.sandbox.answers import refuse, refuse_fields
from mijnklantportaal_async.sandbox.field_rules import note, required
from mijnklantportaal_async.sandbox.tag import Call, Tag
from mijnklantportaal_async.sandbox.wall_time import atom, months_later

if TYPE_CHECKING:
    from mijnklantportaal_async.sandbox.contract import ContractOperation
    from mijnklantportaal_async.sandbox.documents import Document
    from mijnklantportaal_async.sandbox.field_rules import FieldErrors

_MONTHS = {"months": 1, "years": 12}
_LONGEST = 1000


class PunchCards(Tag):
    """The punch cards of one portal. No scope for them is documented."""

    name = "Punch Cards"

    def create_punch_card(self, call: Call) -> Document:
        """`expirePeriod` in the request is `expiryPeriode` in the answer, and its value a number."""
        fields = call.fields(_judge_card)
        value, period = fields.pop("expiryValue", None), fields.pop("expirePeriod", None)
        return self.create(call, fields, expiryValue=value and int(value), expiryPeriode=period)

    def edit_punch_card(self, call: Call) -> Document:
        """What is not for sale has no price."""
        card, fields = self.existing(call), call.fields(_judge_sale)
        return self.change(card, **({"price": None, "vatRate": None} | fields))

    def issue_punch_card(self, call: Call) -> Document:
        """To a customer, with all its punches."""
        card, fields = self.existing(call), call.fields(needed=("customerId",))
        return self.create(
            call,
            fields,
            punchCardId=card["id"],
            punchesLeft=card["punches"],
            status="active",
            expiresAt=_end(card, call.now),
        )

    def stamp_issued_punch_card(self, call: Call) -> Document:
        """Until it is full."""
        card, stamps = self.existing(call), call.fields().get("stamps", 1)
        if self._has_expired(card):
            raise refuse(422, "The punch card has expired.")
        if not 1 <= stamps <= card["punchesLeft"]:
            raise refuse_fields({"stamps": [f"The punch card has {card['punchesLeft']} punches left."]})
        left = card["punchesLeft"] - stamps
        return self.change(card, punchesLeft=left, status="active" if left else "fully_used")

    def shown(self, document: Document, operation: ContractOperation) -> Document:
        """A card that nobody stamps expires all the same."""
        if document.get("status") == "active" and self._has_expired(document):
            document = {**document, "status": "expired"}
        return super().shown(document, operation)

    def _has_expired(self, card: Document) -> bool:
        end = card["expiresAt"]
        return card["status"] == "expired" or (end is not None and datetime.fromisoformat(end) <= self.premises.now())


def _end(card: Document, issued: datetime) -> str | None:
    """When a card of a kind expires; without a value never, and without a unit in years."""
    value, unit = card["expiryValue"], card["expiryPeriode"] or "years"
    if not value:
        return None
    if unit == "days":
        return atom(issued + timedelta(days=value))
    day = months_later(issued.date(), value * _MONTHS[unit])
    return atom(datetime.combine(day, issued.timetz()))


def _judge_card(fields: Document, errors: FieldErrors) -> None:
    _judge_sale(fields, errors)
    punches, value = fields.get("punches"), fields.get("expiryValue")
    if isinstance(punches, int) and punches < 1:
        note(errors, "punches", "The punches field must be at least 1.")
    if isinstance(value, str) and not (re.fullmatch("[0-9]{1,4}", value) and 1 <= int(value) <= _LONGEST):
        note(errors, "expiryValue", f"The expiry value field must be an integer between 1 and {_LONGEST}.")


def _judge_sale(fields: Document, errors: FieldErrors) -> None:
    for name in ("price", "vatRate"):
        if fields.get("forSale") is True and name not in fields:
            note(errors, name, required(name, " when for sale is true"))
