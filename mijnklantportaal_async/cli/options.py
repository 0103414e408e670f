"""The options that every command has, written down once."""

import functools
import inspect
import logging
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import attrs
import typer

from mijnklantportaal_async.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from mijnklantportaal_async.cli.terminal import Terminal

_PORTAL, _SANDBOX = "Portal", "Sandbox (an embedded portal to try things out)"


@attrs.frozen(kw_only=True)
class Connection:
    """Which portal a command talks to, and how much it tells. Each field is an option of every command."""

    base_url: Annotated[
        str | None,
        typer.Option(
            help="Where the API is; otherwise MIJNKLANTPORTAAL_BASE_URL, or the service itself.",
            rich_help_panel=_PORTAL,
        ),
    ] = None
    timezone: Annotated[
        str | None,
        typer.Option(
            help="The portal's time zone; otherwise MIJNKLANTPORTAAL_TIMEZONE, or Europe/Amsterdam.",
            rich_help_panel=_PORTAL,
        ),
    ] = None
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose", "-v", count=True, show_default=False, help="Log retries to stderr; twice: every call."
        ),
    ] = 0
    sandbox: Annotated[
        bool,
        typer.Option("--sandbox", help="Use an embedded portal instead of a real one.", rich_help_panel=_SANDBOX),
    ] = False
    sandbox_database: Annotated[
        Path | None,
        typer.Option(
            help="Keep its calendar in this SQLite file; otherwise in memory.", dir_okay=False, rich_help_panel=_SANDBOX
        ),
    ] = None
    sandbox_speed: Annotated[
        float,
        typer.Option(min=0.1, max=100, help="How fast its minutes go by.", rich_help_panel=_SANDBOX),
    ] = 20.0
    sandbox_faults: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="Share of the requests that it drops, stalls or fails.", rich_help_panel=_SANDBOX
        ),
    ] = 0.0
    sandbox_seed: Annotated[
        int, typer.Option(help="Which requests are hit: the same seed, the same faults.", rich_help_panel=_SANDBOX)
    ] = 1
    sandbox_rate_limit: Annotated[
        int, typer.Option(min=1, help="Requests that its key may make a minute.", rich_help_panel=_SANDBOX)
    ] = 60
    calendar: Annotated[
        Path | None,
        typer.Option(
            help="Write its calendar to this HTML file, to open in a browser.", dir_okay=False, rich_help_panel=_SANDBOX
        ),
    ] = None
    keep_open: Annotated[
        bool,
        typer.Option(
            "--keep-open",
            help="When done, keep it running and its calendar page up until Ctrl-C.",
            rich_help_panel=_SANDBOX,
        ),
    ] = False

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


Command = Callable[..., ExitCode]


def with_connection(command: Command) -> Callable[..., None]:
    """Gives a command the options of `Connection`, and ends the process with the exit code that it returns.

    The command takes `connection` and `terminal` as its first arguments, and its own options after them.
    """
    own = list(inspect.signature(command).parameters.values())[2:]
    hints = get_type_hints(Connection, include_extras=True)
    shared = [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name]
        )
        for field in attrs.fields(Connection)
    ]

    @functools.wraps(command)
    def run(**options: Any) -> None:
        from mijnklantportaal_async.cli.failures import CommandError, report
        from mijnklantportaal_async.cli.terminal import Terminal
        from mijnklantportaal_async.errors import MijnKlantportaalError

        connection = Connection(**{parameter.name: options.pop(parameter.name) for parameter in shared})
        if misplaced := connection.misplaced_options():
            other = "does not go together with" if connection.sandbox else "needs"
            raise typer.BadParameter(f"{other} --sandbox", param_hint=" / ".join(misplaced))
        terminal = Terminal.open()
        with _ended_by_sigterm(), _logging_to_stderr(connection.verbose, terminal):
            try:
                code = command(connection, terminal, **options)
            except (CommandError, MijnKlantportaalError) as error:
                code = report(error, terminal)
            except KeyboardInterrupt:
                terminal.say("Interrupted.")
                code = ExitCode.INTERRUPTED
        raise typer.Exit(code)

    run.__doc__ = _as_paragraphs(command.__doc__ or "")
    parameters = [*(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own), *shared]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _as_paragraphs(text: str) -> str:
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
