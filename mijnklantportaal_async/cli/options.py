"""The options that every command has, written down once."""

import functools
import inspect
import logging
import signal
from collections.abc import Callable, Collection, Coroutine, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, get_type_hints

import attrs
import typer

from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.values.portal_names import DEFAULT_PORTAL

if TYPE_CHECKING:
    from mijnklantportaal_async.cli.terminal import Terminal

AsJsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace the file of --output.")]

_of_portal = functools.partial(typer.Option, rich_help_panel="Portal")
_of_sandbox = functools.partial(typer.Option, rich_help_panel="Sandbox (an embedded portal to try things out)")


def _kept_names(incomplete: str) -> list[str]:
    """For completion."""
    from mijnklantportaal_async.cli.failures import CommandError
    from mijnklantportaal_async.cli.kept_portals import kept_portals

    try:
        return [portal.name for portal in kept_portals() if portal.name.startswith(incomplete)]
    except CommandError:
        return []


@attrs.frozen(kw_only=True)
class Connection:
    """Which portal a command talks to, and how much it tells. Each field is an option of every command."""

    portal: Annotated[
        str | None,
        _of_portal(metavar="NAME", help="Which of your portals, by the name of `login`.", autocompletion=_kept_names),
    ] = None
    base_url: Annotated[
        str | None,
        _of_portal(metavar="URL", help="Where its API is; otherwise MIJNKLANTPORTAAL_BASE_URL, or the service itself."),
    ] = None
    timezone: Annotated[
        str | None,
        _of_portal(metavar="ZONE", help="Its time zone; otherwise MIJNKLANTPORTAAL_TIMEZONE, or Europe/Amsterdam."),
    ] = None
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose", "-v", count=True, show_default=False, help="Log retries to stderr; twice: every call."
        ),
    ] = 0
    sandbox: Annotated[bool, _of_sandbox("--sandbox", help="Use an embedded portal instead of a real one.")] = False
    sandbox_database: Annotated[
        Path | None,
        _of_sandbox(metavar="FILE", help="Keep its calendar in this SQLite file; otherwise in memory.", dir_okay=False),
    ] = None
    sandbox_seeded: Annotated[
        bool,
        _of_sandbox("--sandbox-seeded", help="Begin as a small business: customers, appointments, invoices and more."),
    ] = False
    sandbox_speed: Annotated[
        float, _of_sandbox(metavar="TIMES", min=0.1, max=100, help="How fast its minutes go by.")
    ] = 20.0
    sandbox_faults: Annotated[
        float,
        _of_sandbox(
            metavar="SHARE", min=0, max=1, help="Share of the requests that it drops, stalls or fails, as in 0.2."
        ),
    ] = 0.0
    sandbox_seed: Annotated[
        int, _of_sandbox(metavar="NUMBER", help="Which requests are hit: the same seed, the same faults.")
    ] = 1
    sandbox_rate_limit: Annotated[
        int, _of_sandbox(metavar="NUMBER", min=1, help="Requests that its key may make a minute.")
    ] = 60
    calendar: Annotated[
        Path | None,
        _of_sandbox(metavar="FILE", help="Write its calendar to this HTML file, to open in a browser.", dir_okay=False),
    ] = None
    keep_open: Annotated[
        bool,
        _of_sandbox("--keep-open", help="When done, keep it running and its calendar page up until Ctrl-C."),
    ] = False

    @property
    def portal_name(self) -> str:
        """The portal that the command is about."""
        return self.portal or DEFAULT_PORTAL

    def misplaced_options(self) -> list[str]:
        """Options of the sandbox that were given without `--sandbox`, and the other way round."""
        if self.sandbox:
            return ["--base-url"] if self.base_url is not None else []
        return [
            f"--{field.name.replace('_', '-')}"
            for field in attrs.fields(type(self))
            if (field.name.startswith("sandbox_") or field.name in {"calendar", "keep_open"})
            and getattr(self, field.name) != field.default
        ]


Command = Callable[..., "ExitCode | Coroutine[Any, Any, ExitCode]"]


ABOUT_KEYS = ("portal", "base_url", "timezone", "verbose")
"""Options of a command that has nothing to do with a sandbox."""

ABOUT_JOBS = ("verbose", "sandbox", "sandbox_speed")
"""Options of commands that look into a database and call no portal."""

ABOUT_ROWS = ("portal", "base_url", "timezone", *ABOUT_JOBS)
"""Options of a command that says for which portal rows are, and does not call it."""


def with_connection(command: Command) -> Callable[..., None]:
    """Gives a command the options of `Connection`, and ends the process with the exit code that it returns.

    The command takes `connection` and `terminal` as its first arguments, and its own options after them. One of its own
    that is called as one of these stands in its place.
    """
    return _connected(command, [field.name for field in attrs.fields(Connection)])


def with_options(*names: str) -> Callable[[Command], Callable[..., None]]:
    """As `with_connection`, with some of the options only."""
    return lambda command: _connected(command, names)


def given_connection(prepare: Callable[..., None]) -> Callable[..., None]:
    """Gives a group the options of `Connection`, for the commands in it.

    The function takes `connection` as its first argument, and its own options after it. Nothing ends with it.
    """
    names = [field.name for field in attrs.fields(Connection)]
    return _with_options_of_connection(prepare, prepare, names, own_from=1)


def finished(result: "ExitCode | Coroutine[Any, Any, ExitCode]") -> ExitCode:
    """How a command ends; one that is a coroutine runs now."""
    if isinstance(result, ExitCode):
        return result
    import asyncio

    return asyncio.run(result)


def end_with(
    command: Callable[["Terminal"], "ExitCode | Coroutine[Any, Any, ExitCode]"], *, verbose: int = 0
) -> NoReturn:
    """Runs a command, says what went wrong, and ends the process with its exit code.

    Args:
        command: Takes the terminal.
        verbose: How much of the log goes to stderr.
    """
    from mijnklantportaal_async.cli.failures import CommandError, report
    from mijnklantportaal_async.cli.terminal import Terminal
    from mijnklantportaal_async.errors import MijnKlantportaalError

    terminal = Terminal.open()
    with _ended_by_sigterm(), _logging_to_stderr(verbose, terminal):
        try:
            code = finished(command(terminal))
        except (CommandError, MijnKlantportaalError) as error:
            code = report(error, terminal)
        except KeyboardInterrupt:
            terminal.say("Interrupted.")
            code = ExitCode.INTERRUPTED
    raise typer.Exit(code)


def _connected(command: Command, names: Collection[str]) -> Callable[..., None]:
    def run(connection: Connection, **options: Any) -> None:
        end_with(lambda terminal: command(connection, terminal, **options), verbose=connection.verbose)

    return _with_options_of_connection(run, command, names, own_from=2)


def _with_options_of_connection(
    run: Callable[..., None], function: Callable[..., Any], names: Collection[str], *, own_from: int
) -> Callable[..., None]:
    own = list(inspect.signature(function).parameters.values())[own_from:]
    hints = get_type_hints(Connection, include_extras=True)
    shared = [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name]
        )
        for field in attrs.fields(Connection)
        if field.name in names and field.name not in {parameter.name for parameter in own}
    ]

    @functools.wraps(function)
    def take_in(**options: Any) -> None:
        connection = Connection(**{parameter.name: options.pop(parameter.name) for parameter in shared})
        if misplaced := connection.misplaced_options():
            other = "does not go together with" if connection.sandbox else "needs"
            raise typer.BadParameter(f"{other} --sandbox", param_hint=" / ".join(misplaced))
        run(connection, **options)

    take_in.__doc__ = as_paragraphs(function.__doc__ or "")
    parameters = [*(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own), *shared]
    take_in.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    take_in.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return take_in


def as_paragraphs(text: str) -> str:
    """A docstring whose paragraphs are one line each, for a terminal of any width."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


@contextmanager
def _logging_to_stderr(verbose: int, terminal: "Terminal") -> Generator[None, None, None]:
    if not verbose:
        yield
        return
    logger = logging.getLogger("mijnklantportaal_async")
    handler, previous = _log_handler(terminal), logger.level
    logger.setLevel(logging.DEBUG if verbose > 1 else logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(previous)


def _log_handler(terminal: "Terminal") -> logging.Handler:
    if terminal.messages.is_terminal:
        from rich.logging import RichHandler

        # The same console as the progress bar: lines go above it.
        return RichHandler(console=terminal.messages, show_path=False, markup=False, rich_tracebacks=False)
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    return handler


@contextmanager
def _ended_by_sigterm() -> Generator[None, None, None]:
    """A SIGTERM unwinds as Ctrl-C does, so that nothing stays half written."""

    def end(*_: object) -> None:
        raise SystemExit(ExitCode.TERMINATED)

    previous = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
