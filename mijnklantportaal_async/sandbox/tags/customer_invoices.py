"""The Customer Invoices API: invoices as PDF, uploaded or made up from lines; paid once."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from mijnklantportaal_async.sandbox.answers import refuse
from mijnklantportaal_async.sandbox.field_rules import note
from mijnklantportaal_async.sandbox.form_data import UploadedFile
from mijnklantportaal_async.sandbox.pdf import pdf_of
from mijnklantportaal_async.sandbox.tag import Call, Tag, code_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mijnklantportaal_async.sandbox.contract import ContractOperation
    from mijnklantportaal_async.sandbox.documents import Document
    from mijnklantportaal_async.sandbox.field_rules import FieldErrors

PATH = "/customer-invoices"
_CENT = Decimal("0.01")


class CustomerInvoices(Tag):
    """The invoices of one portal to its customers. No scope for writing them is documented."""

    name = "Customer Invoices"
    scopes = ("invoices.read", None)
    created = "invoice-created"

    def create_customer_invoice(self, call: Call) -> Document:
        """From a PDF."""
        fields = call.fields(judge_pdf)
        paid_at = fields.pop("paidAt", None)
        return self.create(call, fields, paidAt=paid_at and self.moment(paid_at))

    def create_manual_customer_invoice(self, call: Call) -> Document:
        """From lines."""
        fields = call.fields()
        invoice = self.create(call, fields, path=PATH, amount=str(total(fields["lines"])))
        page = pdf_of(f"Invoice {fields['invoiceNumber']}", f"EUR {invoice['amount']}")
        self.documents.keep_file(invoice["id"], "invoice.pdf", "application/pdf", page)
        return invoice

    def mark_customer_invoice_paid(self, call: Call) -> Document:
        """Once."""
        invoice, fields = self.existing(call), call.fields()
        if invoice["paidAt"]:
            raise refuse(422, "The invoice is already paid.")
        return self.change(invoice, paidAt=self.moment(fields["paidAt"]))

    def events(self, before: Document, after: Document) -> Iterator[str]:
        """Being paid is one."""
        if after["paidAt"] and not before["paidAt"]:
            yield "invoice-paid"

    def shown(self, document: Document, operation: ContractOperation) -> Document:
        """With the address where it can be paid, as long as it is not."""
        if "paidAt" in document and not document["paidAt"]:
            code = code_of(document["id"])
            address = f"https://portal.mijnklantportaal.nl/public-invoice/{document['id']}/pay/{code}"
            document = {**document, "links": {"onlinePaymentLink": {"href": address, "type": "text/html"}}}
        else:
            document = {**document, "links": {}}
        return super().shown(document, operation)


def judge_pdf(fields: Document, errors: FieldErrors) -> None:
    """Note a file that is no PDF, whatever its name says."""
    pdf = fields.get("pdf")
    if isinstance(pdf, UploadedFile) and not pdf.content.startswith(b"%PDF"):
        note(errors, "pdf", "The pdf field must be a file of type: pdf.")


def total(lines: list[Document]) -> Decimal:
    """Return the amount of lines with VAT."""
    amounts = (Decimal(line.get("amountExclVat", "0")) * (100 + line.get("vatRate", 0)) / 100 for line in lines)
    return sum(amounts, Decimal()).quantize(_CENT, ROUND_HALF_UP)
