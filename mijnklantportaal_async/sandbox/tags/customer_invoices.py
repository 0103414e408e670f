"""The Customer Invoices API: invoices as PDF, uploaded or made up from lines; paid once."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mijnklantportaal_async.sandbox.answers import refuse
from mijnklantportaal_async.sandbox.tag import Call, Tag, random_text

if TYPE_CHECKING:
    from mijnklantportaal_async.sandbox.contract import ContractOperation
    from mijnklantportaal_async.sandbox.documents import Document

PATH = "/customer-invoices"


class CustomerInvoices(Tag):
    """The invoices of one portal to its customers."""

    name = "Customer Invoices"
    scopes = ("invoices.read", None)
    created = "invoice-created"

    def create_customer_invoice(self, call: Call) -> Document:
        """From a PDF."""
        fields = call.fields()
        paid_at = fields.pop("paidAt", None)
        return self.create(call, fields, paidAt=paid_at and self.moment(paid_at))

    def create_manual_customer_invoice(self, call: Call) -> Document:
        """From lines."""
        fields = call.fields()
        invoice = self.create(call, fields, path=PATH, amount=str(total(fields["lines"])))
        self.documents.keep_file(invoice["id"], "invoice.pdf", "application/pdf", b"%PDF-1.4\n% made by the sandbox\n")
        return invoice

    def mark_customer_invoice_paid(self, call: Call) -> Document:
        """Once."""
        invoice, fields = self.existing(call), call.fields()
        if invoice["paidAt"]:
            raise refuse(422, "The invoice is already paid.")
        invoice = self.change(invoice, paidAt=self.moment(fields["paidAt"]))
        self.premises.emit("invoice-paid", invoice)
        return invoice

    def shown(self, document: Document, operation: ContractOperation) -> Document:
        """With the address where it can be paid, as long as it is not."""
        if "paidAt" in document and not document["paidAt"]:
            address = f"https://portal.mijnklantportaal.nl/public-invoice/{document['id']}/pay/{random_text(7)}"
            document = {**document, "links": {"onlinePaymentLink": {"href": address, "type": "text/html"}}}
        return super().shown(document, operation)


def total(lines: list[Document]) -> Decimal:
    """Return the amount of lines with VAT."""
    amounts = (Decimal(line.get("amountExclVat", "0")) * (100 + line.get("vatRate", 0)) / 100 for line in lines)
    return round(sum(amounts, Decimal()), 2)
