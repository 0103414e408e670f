"""The Webhooks API: who is called when something happens. The calls themselves are made by `deliveries.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mijnklantportaal_async.sandbox.tag import Call, Tag, random_text

if TYPE_CHECKING:
    from mijnklantportaal_async.sandbox.documents import Document


class Webhooks(Tag):
    """The webhooks of one portal."""

    name = "Webhooks"
    scopes = ("webhooks.read", "webhooks.write")

    def create_webhook(self, call: Call) -> Document:
        """The secret is the portal's to make."""
        return self.create(call, secret=random_text(20))
