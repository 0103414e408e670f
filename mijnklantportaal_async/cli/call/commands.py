"""The commands `call` and `operations`. What an operation takes is found out when somebody names one."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mijnklantportaal_async.cli.help_page import HelpfulGroup
from mijnklantportaal_async.cli.options import AsJsonOption, Connection, YesOption, end_with, given_connection

if TYPE_CHECKING:
    from mijnklantportaal_async.cli.exit_codes import ExitCode
    from mijnklantportaal_async.cli.terminal import Terminal

_HELP = """\
Make any call of the service's API, by the name of its coroutine: `mijnklantportaal operations` lists them.

Options of the program stand before OPERATION; behind it every name is a field of the operation, and \
`mijnklantportaal call OPERATION --help` explains its fields. A value that begins with a dash is written with an \
equals sign, as in --amount=-5,00. --field= is the empty text, and --field:=null is null. A list is given by repeating \
its field, or as JSON, as in --customers:='["cst_1", "cst_2"]'.

What changes the portal is shown and asked for first; without a terminal it needs --yes."""

_IN_HELP = "mijnklantportaal_async.cli.call.in_help"


class OperationGroup(HelpfulGroup):
    """The operations as commands, each made when it is named."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All names, for completion. The help of the group leaves them to `operations`."""
        if _IN_HELP in ctx.meta:
            return []
        from mijnklantportaal_async.cli.call.catalog import all_coroutines

        return list(all_coroutines())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of an operation as far as completion shows it; None for a name that is none."""
        from mijnklantportaal_async.cli.call.operation_help import outline_of

        return outline_of(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is going to run."""
        from mijnklantportaal_async.cli.call.operation_help import command_of, no_such_operation

        command = command_of(args[0])
        if command is None and not ctx.resilient_parsing:
            ctx.fail(no_such_operation(args[0]))
        return (command.name if command else None), command, args[1:]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """As every help, without a list of all operations."""
        ctx.meta[_IN_HELP] = True
        super().format_help(ctx, formatter)


call = typer.Typer(
    cls=OperationGroup,
    help=_HELP,
    no_args_is_help=True,
    subcommand_metavar="OPERATION [--field value ...]",
    context_settings={"help_option_names": ["--help", "-h"]},
)


@call.callback()
@given_connection
def _settings(
    connection: Connection,
    context: typer.Context,
    yes: YesOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the request; send nothing.")] = False,
    all_pages: Annotated[
        bool, typer.Option("--all", help="Of a list that comes in pages, all pages instead of one.")
    ] = False,
    as_json: Annotated[
        bool | None,
        typer.Option("--json/--table", help="JSON, or a table; when left out, a table on a terminal only."),
    ] = None,
) -> None:
    from mijnklantportaal_async.cli.call.settings import CallSettings

    context.obj = CallSettings(
        connection=connection,
        as_json=as_json,
        all_pages=all_pages,
        dry_run=dry_run,
        yes=yes,
        options=frozenset(
            spelling
            for parameter in context.command.params
            for spelling in (*parameter.opts, *parameter.secondary_opts)
        ),
    )


def operations(
    tag: Annotated[str | None, typer.Argument(help="Only those of one tag, such as 'payment links'.")] = None,
    as_json: AsJsonOption = False,
) -> None:
    """List what `call` can do, by the tags of the service's reference."""

    def show(terminal: "Terminal") -> "ExitCode":
        from mijnklantportaal_async.cli.call.operations_command import show_operations

        return show_operations(terminal, tag, as_data=as_json)

    end_with(show)
