"""The command of one operation: its help and its fields for completion. The fields are read by their own kinds."""

import inspect
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperCommand
from typer.main import get_command

from mijnklantportaal_async.cli.call.arguments import in_words
from mijnklantportaal_async.cli.call.catalog import NamedCoroutine, find_coroutine, names_like
from mijnklantportaal_async.cli.call.docstrings import for_a_terminal
from mijnklantportaal_async.cli.call.fields import Field, comes_in_pages, fields_of
from mijnklantportaal_async.cli.call.kinds import Choice
from mijnklantportaal_async.cli.call.nested import RecordInside, Several
from mijnklantportaal_async.cli.help_examples import Example
from mijnklantportaal_async.cli.help_page import HelpfulCommand
from mijnklantportaal_async.cli.options import end_with
from mijnklantportaal_async.texts.words import Sentences, sentences, words

_HELP_OPTIONS = ("--help", "-h")


class OperationCommand(HelpfulCommand):
    """An operation as a command."""

    coroutine: NamedCoroutine

    @property
    def examples(self) -> Sequence[Example]:
        """With the fields that it needs."""
        line = example_of(self.coroutine, fields_of(self.coroutine))
        if self.coroutine.changes_the_portal:
            return ((words("Shows the request, and sends nothing"), line.replace("call ", "call --dry-run ", 1)),)
        return ((words("With what it needs"), line),) if " --" in line else ((words("As it stands"), line),)

    def get_params(self, ctx: Any) -> list[Any]:
        """Its fields alone: the language is an option of the program, which stands before the operation."""
        return TyperCommand.get_params(self, ctx)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Leaves the fields as they are written, but for completion and help."""
        if ctx.resilient_parsing:
            return super().parse_args(ctx, args)
        if not set(_HELP_OPTIONS).isdisjoint(args):
            return super().parse_args(ctx, ["--help"])
        ctx.args = args
        return args

    def get_help_option(self, ctx: Any) -> Any:
        """Not shown, so that nothing stands among the fields that is none."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.hidden = True
        return option

    def invoke(self, ctx: Any) -> None:
        """Makes the call, and ends the process."""
        from mijnklantportaal_async.cli.call.call_command import call

        end_with(lambda terminal: call(ctx.obj, terminal, self.coroutine, ctx.args), verbose=ctx.obj.connection.verbose)


def outline_of(name: str) -> TyperCommand | None:
    """A command with nothing but its name and what it does; None for a name that is none."""
    coroutine = find_coroutine(name)
    return None if coroutine is None else TyperCommand(coroutine.name, help=summary_of(coroutine))


def command_of(name: str) -> OperationCommand | None:
    """The command of an operation; None for a name that is none."""
    coroutine = find_coroutine(name)
    if coroutine is None:
        return None
    fields = fields_of(coroutine)
    maker = typer.Typer(add_completion=False)
    maker.command(
        coroutine.name,
        cls=OperationCommand,
        help=_help(coroutine, fields),
        epilog=_epilog(coroutine, fields),
        options_metavar="[--field value ...]" if fields else "",
        context_settings={"help_option_names": list(_HELP_OPTIONS)},
    )(_with_fields(fields.values()))
    command = get_command(maker)
    assert isinstance(command, OperationCommand)  # noqa: S101 - for the type checkers
    command.coroutine = coroutine
    return command


def no_such_operation(name: str) -> str:
    """What to say of a name that is none."""
    near = names_like(name)
    hint = words(" Did you mean {near}?", near=Sentences(near, words(" or "))) if near else ""
    return words(
        "There is no operation {name}.{hint} `mijnklantportaal operations` lists them.", name=repr(name), hint=hint
    )


def summary_of(coroutine: NamedCoroutine) -> str:
    """What an operation does, in one sentence or two."""
    return for_a_terminal(coroutine.docstring.summary)


def example_of(coroutine: NamedCoroutine, fields: Mapping[str, Field]) -> str:
    """A command line with the fields that an operation needs, and values that could be meant."""
    needed = [field for field in fields.values() if field.required]
    line = ["call", coroutine.name]
    for field in needed:
        line += [field.option, _sample(field)]
    return shlex.join(line)


# --- inside ----------------------------------------------------------------------------------------------------


def _help(coroutine: NamedCoroutine, fields: Mapping[str, Field]) -> str:
    said = coroutine.docstring
    paragraphs = [said.summary, *said.paragraphs]
    if said.refusals:
        paragraphs.append(words("Refused by the portal: {refusals}", refusals="; ".join(said.refusals)))
    shown = [for_a_terminal(paragraph, fields) for paragraph in paragraphs]
    return sentences(*shown, _effect(coroutine), separator="\n\n")


def _effect(coroutine: NamedCoroutine) -> str:
    operation = coroutine.operation
    effect = (
        words("Changes the portal, and is asked for first.") if coroutine.changes_the_portal else words("Only reads.")
    )
    return sentences(
        f"{operation.method} {operation.path}.",
        effect,
        words("One page; all of them with --all before the operation.") if comes_in_pages(coroutine) else None,
        words("Probably needs the scope {scope}.", scope=operation.scope) if operation.scope else None,
    )


def _epilog(coroutine: NamedCoroutine, fields: Mapping[str, Field]) -> str:
    """How the kinds of values are written that occur here, and the page of the documentation."""
    lines = list(dict.fromkeys(field.kind.how_to_write for field in fields.values() if field.kind.how_to_write))
    nullable = [field.option for field in fields.values() if field.can_be_null]
    if nullable:
        lines.append(
            words(
                ":=null instead of a value empties a field: {one}:=null. So it is with {all}.",
                one=nullable[0],
                all=in_words(nullable),
            )
        )
    lines.append(coroutine.docstring.source)
    return sentences(*lines, separator="\n\n")


def _with_fields(fields: Sequence[Field] | Any) -> Callable[..., None]:
    """A function whose parameters are the fields."""

    def nothing() -> None:
        """Never runs: the command makes the call itself."""

    parameters = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=_default(field),
            annotation=_annotation(field),
        )
        for field in fields
    ]
    nothing.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    nothing.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return nothing


def _default(field: Field) -> Any:
    if field.required:
        return inspect.Parameter.empty
    return None if field.default is None else str(field.default)


def _annotation(field: Field) -> Any:
    kind = field.kind
    option = typer.Option(
        field.option,
        metavar=kind.label,
        help=_field_help(field),
        autocompletion=_completing(kind.choices),
        rich_help_panel="Fields",
    )
    if isinstance(kind, Several):
        return Annotated[list[str] if field.required else list[str] | None, option]
    return Annotated[str if field.required else str | None, option]


def _sample(field: Field) -> str:
    found = re.search(r"\b([a-z]{2,4}_)\.\.\.", field.help) if field.kind.label == "TEXT" else None
    return f"{found[1]}abcde123fgh" if found else field.kind.sample


def _field_help(field: Field) -> str:
    kind = field.kind
    item = kind.item if isinstance(kind, Several) else kind
    said = [field.help]
    if isinstance(item, Choice):
        said.append(words("One of {choices}.", choices=", ".join(item.choices)))
    if isinstance(item, RecordInside):
        said.append(words("As {example}.", example=item.example))
    if isinstance(kind, Several):
        said.append(words("Repeatable."))
    return sentences(*said)


def _completing(choices: tuple[str, ...]) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        return [choice for choice in choices if choice.startswith(incomplete)]

    return complete
