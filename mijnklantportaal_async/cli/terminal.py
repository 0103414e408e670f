"""What the command says: results to stdout, everything else to stderr; control codes only to a terminal."""

import os
import textwrap
from typing import Any, Self

import attrs
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.styled import Styled
from rich.table import Table
from rich.text import Text

from mijnklantportaal_async.files.printable import printable
from mijnklantportaal_async.texts.language import ENGLISH, Language
from mijnklantportaal_async.texts.words import words

_MOST_LINES = 3

WIDTH_OF_A_FILE = 120
"""Columns where there is no terminal to ask."""


class SpeakingConsole(Console):
    """Writes each text in a language, and none as markup or with control codes of somebody else's."""

    def __init__(self, language: Language, *, to_stderr: bool) -> None:
        super().__init__(stderr=to_stderr, highlight=False, markup=False, emoji=False)
        self.language = language
        if not self.is_terminal and "COLUMNS" not in os.environ:
            self.width = WIDTH_OF_A_FILE

    def render_str(self, text: str, **settings: Any) -> Text:
        """A text as it is shown; each that is printed comes by here, also out of a table."""
        return super().render_str(self.said(text), **settings)

    def said(self, text: str) -> str:
        """A text in the language, fit to be shown."""
        return printable_lines(self.language.of(text))


@attrs.frozen(kw_only=True)
class Terminal:
    """Both streams of the process."""

    output: SpeakingConsole
    messages: SpeakingConsole

    @classmethod
    def open(cls, language: Language = ENGLISH) -> Self:
        """The streams as they are now."""
        return cls(
            output=SpeakingConsole(language, to_stderr=False), messages=SpeakingConsole(language, to_stderr=True)
        )

    @property
    def language(self) -> Language:
        """Of whoever reads it."""
        return self.messages.language

    def say(self, text: str, style: str = "") -> None:
        """A sentence beside the result."""
        _print(self.messages, text, style)

    def say_table(self, table: Table) -> None:
        """A table beside the result."""
        self.messages.print(table)

    def fail(self, text: str) -> None:
        """What went wrong, and what to do."""
        said = self.messages.said
        _print(self.messages, Text.assemble((said(words("Error: ")), "bold red"), said(text)))

    def show(self, result: RenderableType) -> None:
        """A part of the result."""
        if isinstance(result, str | Text):
            _print(self.output, result)
        else:
            self.output.print(result)


def plain_text(text: str, style: str = "") -> RenderableType:
    """A text in a table, which is said in the language of the terminal that shows it."""
    return Styled(text, style) if style else text


def printable_lines(text: str) -> str:
    """A text of several lines, fit to be shown."""
    return text if text.isprintable() else "\n".join(printable(line) for line in text.split("\n"))


@attrs.frozen
class LiveLines:
    """A text of one line under the bar of a display that is drawn again and again: on as few lines as it takes."""

    text: str
    style: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lines, for a terminal of this width."""
        text = " ".join(console.render_str(self.text).plain.split())
        # Room for the ^C that a terminal writes at the end of the line: a line more would upset the display.
        lines = textwrap.wrap(text, max(10, options.max_width - 6)) or [""]
        if len(lines) > _MOST_LINES:
            lines = [*lines[: _MOST_LINES - 1], lines[_MOST_LINES - 1][: options.max_width - 7] + "…"]
        for line in lines:
            yield Text(f"  {line}", style=self.style, no_wrap=True)


def quiet_table(*headers: str, title: str | None = None) -> Table:
    """A table without a cage around it."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for header in headers:
        table.add_column(header, header_style="bold", overflow="fold")
    return table


def _print(console: Console, text: str | Text, style: str = "") -> None:
    # In a file a sentence is one line, so that it can be searched for.
    console.print(text, style=style or None, soft_wrap=not console.is_terminal)
