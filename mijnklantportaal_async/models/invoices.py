"""The records of the Invoices API.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/invoices-api/get-mijnklantportaal-invoice
"""

from datetime import date
from decimal import Decimal

import attrs

from mijnklantportaal_async.models.record import PERHAPS_NULL, Record


@attrs.frozen(kw_only=True)
class InvoiceItem(Record):
    """One line of an invoice. Only an example of it could be read, so nothing but the id is certain."""

    id: str
    """ID, `fcl_...`."""
    description: str | None = None
    """What it is for."""
    quantity: Decimal | None = None
    """How many; a whole number in the example."""
    currency: str | None = None
    """Currency of the amounts."""
    amount_excl_vat: Decimal | None = None
    """Without VAT."""
    vat_rate: Decimal | None = None
    """VAT percentage."""
    vat_amount: Decimal | None = None
    """VAT."""
    amount_incl_vat: Decimal | None = None
    """With VAT."""


@attrs.frozen(kw_only=True)
class Invoice(Record):
    """An invoice from MijnKlantportaal to the portal's owner, for the licence and the like."""

    id: str
    """ID, `fac_...`."""
    invoice_number: str
    """Invoice number."""
    lines: tuple[InvoiceItem, ...] = attrs.field(default=(), metadata=PERHAPS_NULL)
    """What it is for."""
    currency: str
    """Currency, `EUR`."""
    subtotal_amount: Decimal
    """Without VAT."""
    vat_amount: Decimal
    """VAT."""
    total_amount: Decimal
    """With VAT."""
    issued_at: date
    """Day of issue."""
    is_paid: bool
    """Whether it has been paid."""
