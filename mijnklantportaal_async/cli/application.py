"""The command as a whole: what it can do, each part imported when it is used, and its help without any of them."""

import sys
from collections.abc import Sequence
from typing import Annotated, Any, cast

import typer

from mijnklantportaal_async.cli.exit_codes import EXIT_CODES_HELP, ExitCode
from mijnklantportaal_async.cli.language_option import spoken_in
from mijnklantportaal_async.cli.lazy_group import LazyGroup
from mijnklantportaal_async.cli.usage import usage_in_words
from mijnklantportaal_async.texts.language import language_wanted

_HELP = """\
Schedules appointments in a MijnKlantportaal calendar, each exactly once.

The API key is kept by `login`, or comes from the environment variable MIJNKLANTPORTAAL_API_KEY. \
With --sandbox a command uses an embedded portal instead of a real one."""


# Of the parser that this release of Typer has: its own, or the one of Click.
_UsageError: type[Exception] = cast("type[Exception]", typer.BadParameter.__mro__[1])


class _Commands(LazyGroup):
    """Every command, in the order of the help."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **settings: Any) -> Any:
        """Runs what the command line says, in the language that it asks for, and ends the process."""
        given = sys.argv[1:] if args is None else list(args)
        with spoken_in(given):
            try:
                code = super().main(given, *rest, **(settings | {"standalone_mode": False}))
            except typer.Abort:
                sys.exit(ExitCode.INTERRUPTED)
            except _UsageError as error:
                from mijnklantportaal_async.cli.terminal import Terminal

                Terminal.open(language_wanted()).fail(usage_in_words(error))
                sys.exit(ExitCode.WRONG_INPUT)
        sys.exit(code if isinstance(code, int) else ExitCode.DONE)

    summaries = {  # noqa: RUF012 - nobody writes to it
        "schedule": "Put one appointment into the calendar, exactly once.",
        "schedule-file": "Put the appointments of a file into the calendar, each exactly once.",
        "list": "Show the appointments of some days. The portal does not tell their titles.",
        "cancel": "Show an appointment, ask, and cancel it; or all that a run has made, by the file of its results.",
        "save": "Fetch a file from the portal, whole or not at all.",
        "upload": "Store files in the portal, each once. A second run says what is there already.",
        "login": "Ask for the API key of a portal, try it, and keep it on this machine.",
        "logout": "Remove the API key of a portal from this machine.",
        "portals": "List the portals that have a key on this machine. Shows no key.",
        "doctor": "Check connection, clock, time zone, what is installed and the key, without changing anything.",
        "listen": "Receive calls of webhooks, show them, and pass them on to your application, until Ctrl-C.",
        "sandbox": "Run an embedded portal with a calendar page, until Ctrl-C.",
        "operations": "List what `call` can do, by the tags of the service's reference.",
        "batch": "Durable batches: thousands of rows, each exactly once, whatever happens to this machine.",
        "call": "Make any call of the service's API, by the name of its coroutine: `mijnklantportaal operations` lists "
        "them.",
    }

    def load(self, name: str) -> Any:
        """A command with all its options."""
        match name:
            case "batch":
                from mijnklantportaal_async.cli.batch.group import batch

                return typer.main.get_group(batch)
            case "call":
                from mijnklantportaal_async.cli.call.commands import call

                return typer.main.get_group(call)
            case _:
                from mijnklantportaal_async.cli.commands import commands

                return typer.main.get_group(commands).commands[name]


application = typer.Typer(
    cls=_Commands,
    help=_HELP,
    epilog=EXIT_CODES_HELP,
    no_args_is_help=True,
    # Its tracebacks would show local variables, the key among them.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


@application.callback(invoke_without_command=True)
def _main(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        from mijnklantportaal_async.cli.version import say_version

        say_version()
        raise typer.Exit
