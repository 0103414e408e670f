"""`mijnklantportaal operations`: what can be called, by tags."""

import re
import textwrap
from collections.abc import Sequence
from itertools import groupby

from rich.text import Text

from mijnklantportaal_async.cli.call.catalog import NamedCoroutine, all_coroutines
from mijnklantportaal_async.cli.call.operation_help import summary_of
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.json_output import show_json
from mijnklantportaal_async.cli.run_report import in_number
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.files.printable import shown_value

_NARROWEST = 20
"""Columns below which a sentence is not worth breaking."""


def show_operations(terminal: Terminal, tag: str | None, *, as_data: bool) -> ExitCode:
    """Lists the operations.

    Args:
        terminal: Where to.
        tag: Only those of one tag; all for None.
        as_data: Print JSON.
    """
    chosen = _of_tag(tag)
    if as_data:
        show_json(terminal, [_as_json(coroutine) for coroutine in chosen])
        return ExitCode.DONE
    terminal.show(_lines(chosen, terminal))
    terminal.say(
        f"{in_number(len(chosen), 'operation')}; * changes the portal. "
        "mijnklantportaal call OPERATION --help tells the fields of one."
    )
    return ExitCode.DONE


def _of_tag(tag: str | None) -> list[NamedCoroutine]:
    everything = list(all_coroutines().values())
    if tag is None:
        return everything
    chosen = [coroutine for coroutine in everything if _key(coroutine.tag) == _key(tag)]
    if not chosen:
        tags = ", ".join(dict.fromkeys(coroutine.tag for coroutine in everything))
        raise CommandError(f"There is no tag {shown_value(tag)!r}. The tags are: {tags}.")
    return chosen


def _key(tag: str) -> str:
    """`Payment Links`, `payment-links` and `payment_links` are one."""
    return tag.lower().replace("-", " ").replace("_", " ").removesuffix(" api")


def _lines(chosen: Sequence[NamedCoroutine], terminal: Terminal) -> Text:
    """A line for each; on a terminal as many as it takes."""
    widest = max(len(coroutine.name) for coroutine in chosen)
    lines: list[Text] = []
    for tag, coroutines in groupby(chosen, key=lambda coroutine: coroutine.tag):
        lines += [Text(), Text(tag, "bold")]
        for coroutine in coroutines:
            mark = ("*" if coroutine.changes_the_portal else " ", "yellow")
            first, *rest = _wrapped(_first_clause(coroutine), terminal, widest + 5)
            lines.append(Text.assemble(f"  {coroutine.name:{widest}} ", mark, f" {first}"))
            lines += [Text(" " * (widest + 5) + line) for line in rest]
    return Text("\n").join(lines[1:])


def _wrapped(text: str, terminal: Terminal, indent: int) -> list[str]:
    room = terminal.output.width - indent
    return textwrap.wrap(text, room) if terminal.output.is_terminal and room > _NARROWEST else [text]


def _first_clause(coroutine: NamedCoroutine) -> str:
    return re.split(r"[.:;](?: |$)", summary_of(coroutine))[0]


def _as_json(coroutine: NamedCoroutine) -> dict[str, object]:
    operation = coroutine.operation
    return {
        "name": coroutine.name,
        "tag": coroutine.tag,
        "method": operation.method,
        "path": operation.path,
        "changes_the_portal": coroutine.changes_the_portal,
        "scope": operation.scope,
        "summary": summary_of(coroutine),
    }
