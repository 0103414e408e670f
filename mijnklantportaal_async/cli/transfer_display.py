"""How far a file is, on a terminal; elsewhere nothing."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.files.printable import printable


@contextmanager
def shown(terminal: Terminal, name: str) -> Generator[Callable[[int, int | None], None], None, None]:
    """Shows a bar as long as this lasts.

    Args:
        terminal: Where.
        name: Of the file.
    """
    if not terminal.messages.is_terminal:
        yield lambda sent, total: None
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=terminal.messages, transient=True) as display:
        task = display.add_task(printable(name), total=None)
        yield lambda sent, total: display.update(task, completed=sent, total=total)
