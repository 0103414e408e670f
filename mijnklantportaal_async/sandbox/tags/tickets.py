"""The Tickets API: customers ask, the portal answers. Tickets come from outside: `Sandbox.put`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from mijnklantportaal_async.sandbox.answers import refuse
from mijnklantportaal_async.sandbox.database import new_id
from mijnklantportaal_async.sandbox.form_data import UploadedFile
from mijnklantportaal_async.sandbox.tag import Call, Tag
from mijnklantportaal_async.sandbox.wall_time import atom

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mijnklantportaal_async.sandbox.documents import Document

PATIENCE = timedelta(minutes=5)
"""So long after a message it can get an attachment."""


class Tickets(Tag):
    """The tickets of one portal."""

    name = "Tickets"
    scopes = ("tickets.read", "tickets.write")
    created = "ticket-created"

    def add_ticket_message(self, call: Call) -> Document:
        """Opens a closed ticket again; a chat cannot be answered."""
        ticket, fields = self.existing(call), call.fields()
        _refuse_chat(ticket)
        message: Document = {
            "id": new_id("tim_"),
            "postedBy": "Sandbox",
            "isPostedByCustomer": False,
            "message": fields["message"],
            "postedAt": atom(call.now),
            "attachments": [],
        }
        return self.change(ticket, status="open", messages=[*ticket["messages"], message])

    def close_ticket(self, call: Call) -> Document:
        """Once."""
        ticket = self.existing(call)
        if ticket["status"] == "closed":
            raise refuse(422, "The ticket is already closed.")
        return self.change(ticket, status="closed")

    def upload_ticket_attachment(self, call: Call) -> Document:
        """To a message that is young enough."""
        ticket = self.existing(call, down_to="ticketId")
        message = next((item for item in ticket["messages"] if item["id"] == call.parameters["messageId"]), None)
        if message is None:
            raise refuse(404, "No message has this ID.")
        file = cast("UploadedFile", call.fields()["attachment"])
        _refuse_chat(ticket)
        if call.now - datetime.fromisoformat(message["postedAt"]) > PATIENCE:
            raise refuse(422, "The message is older than 5 minutes.")
        attachment = {"id": new_id("tma_"), "name": file.name, "size": len(file.content), "mime": file.media_type}
        message["attachments"].append(attachment)
        return self.change(ticket)

    def events(self, before: Document, after: Document) -> Iterator[str]:
        """A reply is one, whoever wrote it."""
        old = {message["id"] for message in before["messages"]}
        for message in after["messages"]:
            if message["id"] not in old:
                yield "ticket-reply-customer" if message["isPostedByCustomer"] else "ticket-reply-employee"


def _refuse_chat(ticket: Document) -> None:
    if ticket["source"] == "chat":
        raise refuse(422, "A chat cannot be answered through the API.")
