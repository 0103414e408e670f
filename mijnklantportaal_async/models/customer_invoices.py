"""The records of the Customer Invoices API."""

from datetime import date, datetime
from decimal import Decimal

import attrs

from mijnklantportaal_async.models.record import PERHAPS_NULL, Link, Record
from mijnklantportaal_async.values.checks import check_line, check_money, check_whole


@attrs.frozen(kw_only=True)
class CustomerInvoiceLinks(Record):
    """Addresses that belong to an invoice."""

    customer: Link | None = None
    """The customer, in the API."""
    online_payment_link: Link | None = None
    """Where the customer can pay it, where the portal tells."""


@attrs.frozen(kw_only=True)
class CustomerInvoice(Record):
    """An invoice from the portal's owner to a customer."""

    id: str
    """ID, `inv_...`."""
    customer_id: str
    """Customer it belongs to, `cst_...`."""
    invoice_number: str
    """Invoice number."""
    issued_at: date
    """Day of issue."""
    currency: str
    """Currency of the amount, `EUR`."""
    amount: Decimal
    """Amount; whether VAT is in it is not documented."""
    paid_at: datetime | None = None
    """When it was paid, aware; None while it is not."""
    created_at: datetime
    """When it was added, aware."""
    links: CustomerInvoiceLinks = attrs.field(factory=CustomerInvoiceLinks, metadata=PERHAPS_NULL)
    """Addresses that belong to it."""


def _amount(value: Decimal | int | str) -> Decimal:
    return check_money(value, "amount_excl_vat")


@attrs.frozen(kw_only=True)
class InvoiceLine:
    """One line of an invoice or offer that the portal makes up. Checked when it is made; no quantity is documented.

    Raises:
        TypeError: A field is of another type.
        ValueError: A field cannot be right; the message says what to do.
    """

    description: str
    """What it is for."""
    amount_excl_vat: Decimal = attrs.field(converter=_amount)
    """Euro, without VAT."""
    vat_rate: int
    """VAT percentage: 0, 9 or 21, as elsewhere in the service."""

    def __attrs_post_init__(self) -> None:
        check_line(self.description, "description")
        check_whole(self.vat_rate, "vat_rate")
