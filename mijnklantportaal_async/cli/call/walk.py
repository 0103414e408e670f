"""Reads a list that comes in pages: one page, or all of them into one list."""

from contextlib import nullcontext
from typing import Any

import attrs

from mijnklantportaal_async.calling.pages import Page
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import in_words
from mijnklantportaal_async.cli.numbers import in_number
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.errors import MijnKlantportaalError
from mijnklantportaal_async.texts.words import words


@attrs.frozen(kw_only=True)
class PagesRead:
    """As far as a list was read."""

    records: list[Any]
    """Each once."""
    last: Page[Any] | None
    """The page that was read last."""
    error: MijnKlantportaalError | None = None
    """Why it did not go on to the end."""

    def say_where_it_ends(self, terminal: Terminal, name: str) -> ExitCode:
        """Says whether there is more than what was shown.

        Args:
            terminal: Where to.
            name: The operation.

        Returns:
            How the process ends.
        """
        if self.last is None:
            return ExitCode.DONE
        if self.error is not None:
            terminal.fail(
                words(
                    "The list is cut short after page {number}, at {records}. {error} The rest begins at "
                    "--page {next_number}.",
                    number=self.last.number,
                    records=in_number(len(self.records), "record"),
                    error=in_words(self.error),
                    next_number=self.last.number + 1,
                )
            )
            return ExitCode.CUT_SHORT
        if self.last.has_next:
            terminal.say(
                words(
                    "This was page {number}, and there are more. The next: {name} --page {next_number}. All: "
                    "call --all {name}.",
                    number=self.last.number,
                    name=name,
                    next_number=self.last.next_number,
                )
            )
        return ExitCode.DONE


async def read_pages(pager: Pager[Any], terminal: Terminal, *, every_page: bool) -> PagesRead:
    """The records of one page, or of all from there on.

    What came before an error is not thrown away: calls are few, and the list may be long.

    Args:
        pager: The list.
        terminal: Where to say how it goes.
        every_page: Whether to go on to the end.

    Raises:
        MijnKlantportaalError: There was not even a first page.
    """
    records: dict[str, Any] = {}
    page: Page[Any] | None = None
    waiting = (
        terminal.messages.status(terminal.messages.said(words("Reading ...")))
        if every_page and terminal.messages.is_terminal
        else None
    )
    with waiting or nullcontext():
        try:
            async for page in pager.pages():
                records.update((record.id, record) for record in page.items)
                if not every_page:
                    break
                if waiting is not None:
                    so_far = words(
                        "Reading: {records} on {pages} ...",
                        records=in_number(len(records), "record"),
                        pages=in_number(page.number, "page"),
                    )
                    waiting.update(terminal.messages.said(so_far))
        except MijnKlantportaalError as error:
            if page is None:
                raise
            return PagesRead(records=list(records.values()), last=page, error=error)
    return PagesRead(records=list(records.values()), last=page)
