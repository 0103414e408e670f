"""The Webhooks API: who is called when something happens. The calls themselves are made by `deliveries.py`."""

from __future__ import annotations

import secrets
import string
from typing import TYPE_CHECKING

from mijnklantportaal_async.sandbox.tag import Call, Tag

if TYPE_CHECKING:
    from mijnklantportaal_async.sandbox.documents import Document

_LETTERS_AND_DIGITS = string.ascii_letters + string.digits


class Webhooks(Tag):
    """The webhooks of one portal."""

    name = "Webhooks"
    scopes = ("webhooks.read", "webhooks.write")

    def create_webhook(self, call: Call) -> Document:
        """The secret is the portal's to make."""
        return self.create(call, secret="".join(secrets.choice(_LETTERS_AND_DIGITS) for _ in range(20)))
