"""The records of the Punch Cards API."""

from datetime import datetime
from decimal import Decimal

import attrs

from mijnklantportaal_async.models.record import Record
from mijnklantportaal_async.values.open_enum import OpenStrEnum


class PunchCardPeriod(OpenStrEnum):
    """Unit in which the life of a card is counted."""

    DAYS = "days"
    MONTHS = "months"
    YEARS = "years"


class PunchCardStatus(OpenStrEnum):
    """Where a card in a customer's hands stands."""

    ACTIVE = "active"
    EXPIRED = "expired"
    FULLY_USED = "fully_used"


@attrs.frozen(kw_only=True)
class PunchCard(Record):
    """A kind of punch card that can be issued or sold."""

    id: str
    """ID, `pcd_...`."""
    name: str
    """Name of the card."""
    description: str | None = None
    """Extra text shown in the portal."""
    punches: int
    """Number of punches on a new card."""
    punch_label: str
    """What one punch stands for."""
    for_sale: bool
    """Whether customers can buy it in the portal."""
    price: Decimal | None = None
    """Price in euro with VAT; None when not for sale."""
    vat_rate: int | None = None
    """VAT percentage in the price; None when not for sale."""
    expiry_value: int | None = None
    """Number of periods until an issued card expires."""
    expiry_periode: PunchCardPeriod | None = None
    """Unit of `expiry_value`; spelled as the service spells it."""
    created_at: datetime
    """When it was made, aware."""


@attrs.frozen(kw_only=True)
class IssuedPunchCard(Record):
    """A punch card in the hands of a customer."""

    id: str
    """ID, `pcb_...`."""
    punch_card_id: str
    """Kind of card, `pcd_...`."""
    customer_id: str
    """Owner, `cst_...`."""
    punches_left: int
    """Punches not used yet."""
    status: PunchCardStatus
    """Where it stands."""
    expires_at: datetime | None = None
    """When it expires, aware; None when it never does."""
    issued_at: datetime
    """When the customer got or bought it, aware."""
