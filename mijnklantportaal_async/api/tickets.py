"""The Tickets API: what customers ask, and the answers. Tickets are made by customers, not through the API.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/tickets-api
"""

from __future__ import annotations

from mijnklantportaal_async import models
from mijnklantportaal_async.calling.body import Body
from mijnklantportaal_async.calling.operations import Operations, done_if
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.calling.wire import creating, reading, setting
from mijnklantportaal_async.texts.words import words

READ, WRITE = "tickets.read", "tickets.write"

LIST_TICKETS = reading("list_tickets", "/tickets", scope=READ)
GET_TICKET = reading("get_ticket", "/tickets/{ticket_id}", scope=READ)
# Messages are HTML, which the portal may tidy up: nobody could tell ours from a colleague's by its text.
BY_HAND = words("Look at the ticket's messages with get_ticket.")
ADD_TICKET_MESSAGE = creating("add_ticket_message", "/tickets/{ticket_id}", scope=WRITE, check_by_hand=BY_HAND)
CLOSE_TICKET = setting("close_ticket", "/tickets/{ticket_id}", scope=WRITE, done=frozenset({422}))
UPLOAD_TICKET_ATTACHMENT = creating(
    "upload_ticket_attachment",
    "/tickets/{ticket_id}/message/{message_id}/attachment",
    scope=WRITE,
    check_by_hand=BY_HAND,
)


class Tickets(Operations):
    """The coroutines of the Tickets API. `LicenceError`: ticketing is not part of the portal's licence."""

    def list_tickets(self, *, page: int = 1) -> Pager[models.Ticket]:
        """All tickets, page by page, without their messages.

        Args:
            page: The page to begin with.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/tickets-api/list-ticket-records
        """
        return self._list(LIST_TICKETS, models.Ticket, page)

    async def get_ticket(self, ticket_id: str) -> models.TicketWithMessages:
        """One ticket with its messages.

        Args:
            ticket_id: `tic_...`.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/tickets-api/get-ticket-record
        """
        return await self._ask(GET_TICKET, models.TicketWithMessages, ticket_id=ticket_id)

    async def add_ticket_message(self, ticket_id: str, message: str) -> models.TicketWithMessages:
        """Posts a reply, and opens the ticket again if it was closed. A lost answer is an `OutcomeUnknownError`.

        Tickets that came from live chat cannot be answered.

        Args:
            ticket_id: `tic_...`.
            message: Text, may be HTML.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/tickets-api/add-message-to-the-ticket
        """
        body = Body().prose(may_be_empty=False, message=message)
        return await self._ask(ADD_TICKET_MESSAGE, models.TicketWithMessages, body, ticket_id=ticket_id)

    async def close_ticket(self, ticket_id: str) -> models.TicketWithMessages:
        """Closes a ticket.

        Args:
            ticket_id: `tic_...`.

        Raises:
            ValidationError: 422; it was closed before.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/tickets-api/close-the-ticket
        """
        when_done = done_if(
            lambda ticket: ticket.status == models.TicketStatus.CLOSED, lambda: self.get_ticket(ticket_id)
        )
        return await self._ask(CLOSE_TICKET, models.TicketWithMessages, when_done=when_done, ticket_id=ticket_id)

    async def upload_ticket_attachment(
        self,
        ticket_id: str,
        message_id: str,
        attachment: models.FileContent | models.FileSource,
        *,
        filename: str | None = None,
        content_type: str | None = None,
        progress: models.Progress | None = None,
    ) -> models.TicketWithMessages:
        """Adds a file to a message, no later than 5 minutes after it was posted; not to a chat.

        A lost answer is an `OutcomeUnknownError`.

        Args:
            ticket_id: `tic_...`.
            message_id: `tim_...`.
            attachment: A path such as `screenshot.png`, bytes, a file opened with `"rb"`, or an async iterator
                of bytes.
            filename: What the file is called; the name of the path when left out.
            content_type: What kind of file it is, such as `application/pdf`; by its name when left out.
            progress: Called with the bytes that have left in this attempt, and how many there are.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/tickets-api/upload-attachment-to-ticket-message
        """
        body = Body().file(attachment=attachment, filename=filename, content_type=content_type, progress=progress)
        return await self._ask(
            UPLOAD_TICKET_ATTACHMENT,
            models.TicketWithMessages,
            body,
            ticket_id=ticket_id,
            message_id=message_id,
        )
