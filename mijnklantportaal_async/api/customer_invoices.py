"""The Customer Invoices API: what the portal's owner bills to customers.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-invoices-api
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

READ = "invoices.read"  # nobody documents a scope for writing invoices

LIST_CUSTOMER_INVOICES = reading("list_customer_invoices", "/customer-invoices", scope=READ)
LIKE_INVOICE = Look(LIST_CUSTOMER_INVOICES, ("customer_id", "invoice_number", "issued_at"))
CREATE_CUSTOMER_INVOICE = creating("create_customer_invoice", "/customer-invoices", scope=None, look=LIKE_INVOICE)
CREATE_MANUAL_CUSTOMER_INVOICE = creating(
    "create_manual_customer_invoice", "/customer-invoices/manual", scope=None, look=LIKE_INVOICE
)
GET_CUSTOMER_INVOICE = reading("get_customer_invoice", "/customer-invoices/{invoice_id}", scope=READ)
# Passed on to the owner's bookkeeping, so once.
MARK_CUSTOMER_INVOICE_PAID = once(
    "mark_customer_invoice_paid",
    "/customer-invoices/{invoice_id}",
    scope=None,
    look=Reread(GET_CUSTOMER_INVOICE, ("paid_at",)),
)
GET_CUSTOMER_INVOICE_PDF = reading("get_customer_invoice_pdf", "/customer-invoices/{invoice_id}/pdf", scope=READ)


class CustomerInvoices(Operations):
    """The coroutines of the Customer Invoices API."""

    def list_customer_invoices(self, *, page: int = 1) -> Pager[models.CustomerInvoice]:
        """All invoices in the portal, page by page.

        Args:
            page: The page to begin with.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-invoices-api/list-customer-invoices
        """
        return self._list(LIST_CUSTOMER_INVOICES, models.CustomerInvoice, page)

    async def create_customer_invoice(
        self,
        *,
        customer_id: str,
        invoice_number: str,
        issued_at: date,
        amount: Decimal | int | str,
        pdf: models.FileContent | models.FileSource,
        paid_at: datetime | UnsetType = UNSET,
        send_notification: bool | UnsetType = UNSET,
        filename: str | None = None,
        content_type: str | None = None,
        progress: models.Progress | None = None,
    ) -> models.CustomerInvoice:
        """Adds an invoice that already exists as a PDF, exactly once: after a lost answer it looks in the list.

        Args:
            customer_id: Customer it is for, `cst_...`.
            invoice_number: Invoice number.
            issued_at: Day of issue.
            amount: Euro; whether VAT is in it is not documented.
            pdf: The invoice, a path such as `invoice.pdf`, bytes, a file opened with `"rb"`, or an async iterator
                of bytes.
            paid_at: When it was paid, aware; left out while it is not. Sent as wall time of the portal, to the second.
            send_notification: Whether the customer is told; what happens without it is not documented.
            filename: What the file is called; the name of the path when left out.
            content_type: What kind of file it is, such as `application/pdf`; by its name when left out.
            progress: Called with the bytes that have left in this attempt, and how many there are.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-invoices-api/create-customer-invoice
        """
        body = Body().identifier(customer_id=customer_id).text(invoice_number=invoice_number).day(issued_at=issued_at)
        body.money(amount=amount).moment(self._zone, paid_at=paid_at).truth(send_notification=send_notification)
        body.file(pdf=pdf, filename=filename, content_type=content_type, progress=progress)
        return await self._ask(CREATE_CUSTOMER_INVOICE, models.CustomerInvoice, body)

    async def create_manual_customer_invoice(
        self,
        *,
        customer_id: str,
        invoice_number: str,
        issued_at: date,
        lines: Sequence[models.InvoiceLine],
        send_notification: bool | UnsetType = UNSET,
    ) -> models.CustomerInvoice:
        """Has the portal make up an invoice from lines, exactly once: after a lost answer it looks in the list.

        Args:
            customer_id: Customer it is for, `cst_...`.
            invoice_number: Invoice number.
            issued_at: Day of issue.
            lines: At least one.
            send_notification: Whether the customer is told; what happens without it is not documented.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-invoices-api/create-manual-customer-invoice
        """
        body = Body().identifier(customer_id=customer_id).text(invoice_number=invoice_number).day(issued_at=issued_at)
        body.each(check_kind(models.InvoiceLine), lines=lines).truth(send_notification=send_notification)
        return await self._ask(CREATE_MANUAL_CUSTOMER_INVOICE, models.CustomerInvoice, body)

    async def get_customer_invoice(self, invoice_id: str) -> models.CustomerInvoice:
        """One invoice.

        Args:
            invoice_id: `inv_...`.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-invoices-api/get-customer-invoice
        """
        return await self._ask(GET_CUSTOMER_INVOICE, models.CustomerInvoice, invoice_id=invoice_id)

    async def mark_customer_invoice_paid(self, invoice_id: str, *, paid_at: datetime) -> models.CustomerInvoice:
        """Records the payment of an invoice, once, and passes it on to the connected integration if there is one.

        After a lost answer it reads the invoice: paid as asked is done, not paid is sent again, else it is unknown.

        Args:
            invoice_id: `inv_...`.
            paid_at: When it was paid, aware. Sent as wall time of the portal, to the second; what is finer is cut.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-invoices-api/mark-customer-invoice-paid
        """
        body = Body().moment(self._zone, paid_at=paid_at)
        return await self._ask(MARK_CUSTOMER_INVOICE_PAID, models.CustomerInvoice, body, invoice_id=invoice_id)

    async def get_customer_invoice_pdf(self, invoice_id: str) -> models.CloudFile:
        """A link to the PDF of an invoice, good for 5 minutes; on another host, which must not get the API key.

        Args:
            invoice_id: `inv_...`.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-invoices-api/get-customer-invoice-as-pdf
        """
        return await self._ask(GET_CUSTOMER_INVOICE_PDF, models.CloudFile, invoice_id=invoice_id)
