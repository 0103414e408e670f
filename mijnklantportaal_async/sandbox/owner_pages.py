"""The blocks and forms that the owner put on the pages of customers; and what a customer does with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from mijnklantportaal_async.sandbox.database import new_id
from mijnklantportaal_async.sandbox.owner_calls import Block, Form

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mijnklantportaal_async.sandbox.documents import Documents
    from mijnklantportaal_async.sandbox.owner_calls import FormMethod, OwnerAnswer, OwnerCalls


class OwnerPages:
    """Dynamic HTML blocks and forms, kept in memory: the API has no operations for them."""

    def __init__(self, calls: OwnerCalls, documents: Callable[[], Documents]) -> None:
        self.calls = calls
        self._documents = documents
        self.blocks: list[Block] = []
        self.forms: list[Form] = []

    def add_block(self, *, url: str, key: str, headers: Mapping[str, str] | None = None) -> Block:
        """Put a Dynamic HTML block on a page of its own.

        Args:
            url: Of the owner's server; name and password in it are sent as basic auth.
            key: Of the block: what the checksum is made with.
            headers: Sent with each request, for a guard.
        """
        block = Block(page_id=new_id("pag_"), url=url, key=key, headers=headers or {})
        self.blocks.append(block)
        return block

    def add_form(
        self,
        *,
        url: str,
        fields: Sequence[str],
        name: str = "Form",
        method: FormMethod = "POST",
        prefill_url: str | None = None,
        prefill_method: Literal["GET", "POST"] = "GET",
        headers: Mapping[str, str] | None = None,
    ) -> Form:
        """Put a form on the pages of customers.

        Args:
            url: Of the owner's server, that it is sent to.
            fields: The names of its fields.
            name: What stands above it.
            method: `"GET"` sends the fields in the query, any other as a JSON object.
            prefill_url: That is asked what to fill in; None for nothing.
            prefill_method: How it is asked.
            headers: Sent with each request, for a guard.
        """
        form = Form(
            form_id=new_id("frm_"),
            name=name,
            fields=tuple(fields),
            url=url,
            method=method,
            prefill_url=prefill_url,
            prefill_method=prefill_method,
            headers=headers or {},
        )
        self.forms.append(form)
        return form

    async def open_block(self, block: Block, customer_id: str) -> OwnerAnswer:
        """Ask for a block as the portal does when a customer opens the page."""
        return await self.calls.block(block, customer_id)

    async def open_form(self, form: Form, customer_id: str) -> OwnerAnswer:
        """Ask what to fill in as the portal does when a customer opens a form."""
        return await self.calls.prefill(form, customer_id)

    async def submit(self, form: Form, customer_id: str, values: Mapping[str, Any]) -> OwnerAnswer:
        """Send a form as the portal does when a customer has filled it in."""
        return await self.calls.submit(form, customer_id, values)

    def name_of(self, customer_id: str) -> str | None:
        """Return the name of a customer; None when there is no such customer."""
        document = self._documents().get(customer_id, "/customers")
        return None if document is None else str(document["companyName"])
