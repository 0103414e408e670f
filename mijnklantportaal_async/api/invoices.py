"""The Invoices API: what MijnKlantportaal bills to the portal's owner. Those to customers are customer invoices.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/invoices-api
"""

from __future__ import annotations

from mijnklantportaal_async import models
from mijnklantportaal_async.calling.operations import Operations
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.calling.wire import reading

READ = "businessoperations.read"

LIST_INVOICES = reading("list_invoices", "/invoices", scope=READ)
GET_INVOICE = reading("get_invoice", "/invoices/{invoice_id}", scope=READ, prefixes={"invoice_id": "fac_"})


class Invoices(Operations):
    """The coroutines of the Invoices API."""

    def list_invoices(self, *, page: int = 1) -> Pager[models.Invoice]:
        """All invoices from MijnKlantportaal, page by page.

        Args:
            page: The page to begin with.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/invoices-api/list-mijnklantportaal-invoices
        """
        return self._list(LIST_INVOICES, models.Invoice, page)

    async def get_invoice(self, invoice_id: str) -> models.Invoice:
        """One invoice from MijnKlantportaal.

        Args:
            invoice_id: `fac_...`.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/invoices-api/get-mijnklantportaal-invoice
        """
        return await self._ask(GET_INVOICE, models.Invoice, invoice_id=invoice_id)
