"""What the command says: results to stdout, everything else to stderr; control codes only to a terminal."""

import os
import textwrap
from collections.abc import Iterator
from typing import Self

import attrs
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from mijnklantportaal_async.files.printable import printable

_MOST_LINES = 3

WIDTH_OF_A_FILE = 120
"""Columns where there is no terminal to ask."""


@attrs.frozen(kw_only=True)
class Terminal:
    """Both streams of the process."""

    output: Console
    messages: Console

    @classmethod
    def open(cls) -> Self:
        """The streams as they are now."""
        return cls(output=_console(to_stderr=False), messages=_console(to_stderr=True))

    def say(self, text: str, style: str = "") -> None:
        """A sentence beside the result."""
        _print(self.messages, plain_text(text, style))

    def say_table(self, table: Table) -> None:
        """A table beside the result."""
        self.messages.print(table)

    def fail(self, text: str) -> None:
        """What went wrong, and what to do."""
        _print(self.messages, Text.assemble(("Error: ", "bold red"), printable_lines(text)))

    def show(self, result: RenderableType) -> None:
        """A part of the result."""
        if isinstance(result, str):
            result = plain_text(result)
        if isinstance(result, Text):
            _print(self.output, result)
        else:
            self.output.print(result)


def plain_text(text: str, style: str = "") -> Text:
    """A text of anybody's, without markup and control codes."""
    return Text(printable_lines(text), style=style)


def printable_lines(text: str) -> str:
    """A text of several lines, fit to be shown."""
    return "\n".join(printable(line) for line in text.split("\n"))


def live_lines(text: str, width: int, style: str = "") -> Iterator[Text]:
    """A text under the bar of a display that is drawn again and again: on as few lines as it takes.

    Args:
        text: Of one line.
        width: Of the terminal.
        style: How it looks.
    """
    # Room for the ^C that a terminal writes at the end of the line: a line more would upset the display.
    lines = textwrap.wrap(" ".join(printable_lines(text).split()), max(10, width - 6)) or [""]
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], lines[_MOST_LINES - 1][: width - 7] + "…"]
    for line in lines:
        yield Text(f"  {line}", style=style, no_wrap=True)


def quiet_table(*headers: str, title: str | None = None) -> Table:
    """A table without a cage around it."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for header in headers:
        table.add_column(header, header_style="bold", overflow="fold")
    return table


def _console(*, to_stderr: bool) -> Console:
    console = Console(stderr=to_stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDTH_OF_A_FILE
    return console


def _print(console: Console, text: Text) -> None:
    # In a file a sentence is one line, so that it can be searched for.
    console.print(text, soft_wrap=not console.is_terminal)
