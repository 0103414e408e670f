"""Reads a list that comes in pages: one page, or all of them into one list."""

from typing import Any

from mijnklantportaal_async.calling.pages import Page
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import in_words
from mijnklantportaal_async.cli.run_report import in_number
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.errors import MijnKlantportaalError


async def read_pages(
    pager: Pager[Any], terminal: Terminal, name: str, *, every_page: bool
) -> tuple[ExitCode, list[Any]]:
    """The records of one page, or of all from there on.

    What came before an error is not thrown away: calls are few, and the list may be long. That it is not whole is
    said, and is an exit code of its own.

    Args:
        pager: The list.
        terminal: Where to say how it goes.
        name: The operation.
        every_page: Whether to go on to the end.

    Returns:
        How the process ends, and the records, each once.

    Raises:
        MijnKlantportaalError: There was not even a first page.
    """
    records: dict[str, Any] = {}
    page: Page[Any] | None = None
    try:
        async for page in pager.pages():
            records.update((record.id, record) for record in page.items)
            if not every_page:
                break
            if page.has_next and terminal.messages.is_terminal:
                terminal.say(f"Page {page.number}: {in_number(len(records), 'record')} so far", "dim")
    except MijnKlantportaalError as error:
        if page is None:
            raise
        terminal.fail(
            f"The list is cut short after page {page.number}, at {in_number(len(records), 'record')}. "
            f"{in_words(error)} The rest begins at --page {page.number + 1}."
        )
        return ExitCode.CUT_SHORT, list(records.values())
    if page is not None and page.has_next:
        terminal.say(
            f"Page {page.number}; there are more. The next is --page {page.next_number} behind {name}; --all before it "
            "reads the whole list."
        )
    return ExitCode.DONE, list(records.values())
