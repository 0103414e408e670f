"""The help of every command: what it does, examples, and what its options do. Never wider than the terminal."""

import os
import re
import shlex
import shutil
import textwrap
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.help_examples import EXAMPLES, Example

_Function = TypeVar("_Function", bound=Callable[..., Any])

_PROGRAM = "mijnklantportaal"

_WIDEST, _NARROWEST = 100, 40
_TERMS = 28
"""Columns of options and their values; what is longer has its explanation below."""


class HelpfulCommand(TyperCommand):
    """A command with a help of this kind."""

    @property
    def examples(self) -> Sequence[Example]:
        """Of its own; those of the whole command stand in a file of their own."""
        return ()

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Writes the page."""
        formatter.write(help_page(self, ctx, examples=self.examples))


class HelpfulGroup(TyperGroup):
    """A group of commands with a help of this kind."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Shows the help where no command is named."""
        if not args and self.no_args_is_help and not ctx.resilient_parsing:
            typer.echo(ctx.get_help(), err=True)
            raise typer.Exit(ExitCode.WRONG_INPUT)
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Writes the page."""
        formatter.write(help_page(self, ctx))


class HelpfulTyper(typer.Typer):
    """Commands with a help of this kind."""

    def command(self, name: str | None = None, **settings: Any) -> Callable[[_Function], _Function]:
        """As Typer's own."""
        settings.setdefault("cls", HelpfulCommand)
        return super().command(name, **settings)


def help_page(command: Any, context: Any, *, examples: Sequence[Example] = ()) -> str:
    """The help of a command.

    Args:
        command: The command or group.
        context: In which somebody asks for it.
        examples: Instead of those that are written down for the command.
    """
    width = max(_NARROWEST, min(shutil.get_terminal_size().columns, _WIDEST))
    names = context.command_path.split()[1:]
    summary, *paragraphs = (command.help or "").split("\n\n")
    parts = [_filled(summary, width)]
    if shown := examples or EXAMPLES.get(" ".join(names), ()):
        parts.append(_section("Examples", "\n".join(_example(example, width) for example in shown)))
    parts.append(_usage(command, names, width))
    parts += [_filled(paragraph, width) for paragraph in paragraphs]
    if isinstance(command, TyperGroup) and (subcommands := command.list_commands(context)):
        listed = [(name, _summary(command.get_command(context, name))) for name in subcommands]
        parts.append(_section("Commands", _listed(listed, width)))
    for heading, parameters in _panels(command.get_params(context)).items():
        parts.append(_section(heading, _listed([(_term(one), _explained(one)) for one in parameters], width)))
    parts += [_filled(paragraph, width) for paragraph in (command.epilog or "").split("\n\n") if paragraph]
    return "\n\n".join(part for part in parts if part) + "\n"


# --- inside ------------------------------------------------------------------------------------------------------


def _section(heading: str, text: str) -> str:
    # Taken out again where the page does not go to a terminal.
    return f"{typer.style(heading, bold=True) if os.environ.get('TERM') != 'dumb' else heading}\n{text}"


_GLUE = "\u2060"
"""Stands for a space at which no line is broken."""


def _whole(text: str) -> str:
    return text.replace(" ", _GLUE)


def _filled(text: str, width: int, indent: str = "") -> str:
    filled = textwrap.fill(
        " ".join(text.split()),
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return filled.replace(_GLUE, " ")


def _example(example: Example, width: int) -> str:
    said, line = example
    shown = _command_line(f"{_PROGRAM} {line}", width)
    return f"{_filled(f'# {said}', width, '  ')}\n{shown}" if said else shown


def _command_line(line: str, width: int) -> str:
    """As it can be copied: what does not fit goes on in the next line."""
    lines = [""]
    # An option stays with its value.
    for piece in re.split(r" (?=--)", shlex.join(shlex.split(line))):
        if lines[-1] and len(lines[-1]) + len(piece) > width - 7:
            lines.append("")
        lines[-1] += f" {piece}" if lines[-1] else piece
    goes_on = "`" if os.name == "nt" else "\\"
    return f" {goes_on}\n    ".join([f"  {lines[0]}", *lines[1:]])


def _usage(command: Any, names: Sequence[str], width: int) -> str:
    arguments = [_value_of_argument(one) for one in command.params if one.param_type_name == "argument"]
    more = [command.subcommand_metavar] if isinstance(command, TyperGroup) else []
    words = [_PROGRAM, *names, *filter(None, [command.options_metavar]), *arguments, *more]
    return _filled(f"Usage: {' '.join(words)}", width)


def _panels(parameters: Iterable[Any]) -> dict[str, list[Any]]:
    """The options by their headings: arguments first, what the command alone has next, the sandbox last."""
    shown = [one for one in parameters if not getattr(one, "hidden", False)]
    panels: dict[str, list[Any]] = {
        "Arguments": [one for one in shown if one.param_type_name == "argument" and one.help],
        "Options": [],
    }
    for one in shown:
        if one.param_type_name != "argument":
            panels.setdefault(getattr(one, "rich_help_panel", None) or "Options", []).append(one)
    return {heading: found for heading, found in panels.items() if found}


def _value_of_argument(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    return name if argument.required or name.startswith("[") else f"[{name}]"


def _term(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return _value_of_argument(parameter)
    spellings = sorted(parameter.opts, key=len)
    flags = ", ".join([*spellings, *parameter.secondary_opts])
    if parameter.is_flag or parameter.count:
        return flags
    return f"{flags} {parameter.metavar or parameter.name.upper()}"


def _explained(parameter: Any) -> str:
    said = parameter.help or ""
    default = parameter.default
    if parameter.required and parameter.param_type_name != "argument":
        return f"{said} {_whole('[required]')}"
    if parameter.show_default and not (callable(default) or default is None or default is False or default == ()):
        shown = default.value if isinstance(default, Enum) else default
        text = f"{shown:g}" if isinstance(shown, float) else str(shown)
        return f"{said} {_whole(f'[default: {text}]')}"
    return said


def _summary(command: Any) -> str:
    return (command.help or "").partition("\n\n")[0]


def _listed(rows: Sequence[tuple[str, str]], width: int) -> str:
    terms = min(_TERMS, max(len(term) for term, _ in rows))
    lines: list[str] = []
    for term, said in rows:
        explained = _filled(said, width - terms - 4).splitlines() or [""]
        if len(term) > terms:
            lines.append(f"  {term}")
            term = ""
        lines.append(f"  {term:{terms}}  {explained[0]}".rstrip())
        lines += [" " * (terms + 4) + line for line in explained[1:]]
    return "\n".join(lines)
