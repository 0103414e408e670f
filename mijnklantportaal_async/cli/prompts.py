"""Questions to the person at the terminal."""

import getpass
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager

import typer

from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError


def somebody_is_there() -> bool:
    """Whether a question would be seen and could be answered."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def agrees(question: str) -> bool:
    """Asks yes or no; no is the default.

    Raises:
        CommandError: Ctrl-C, or the end of the input.
    """
    with obeying_ctrl_c():
        try:
            return typer.confirm(question, err=True)
        except (KeyboardInterrupt, typer.Abort):
            raise CommandError("Interrupted; nothing was changed.", ExitCode.INTERRUPTED) from None


def line(question: str) -> str:
    """Asks for a line of text; may be empty.

    Raises:
        CommandError: Ctrl-C, or the end of the input.
    """
    with obeying_ctrl_c():
        try:
            answer: str = typer.prompt(question, default="", show_default=False, err=True)
            return answer.strip()
        except (KeyboardInterrupt, typer.Abort):
            raise CommandError("Interrupted; nothing was changed.", ExitCode.INTERRUPTED) from None


def secret(question: str) -> str:
    """Asks for something that must not be shown while it is typed.

    Raises:
        CommandError: Ctrl-C, or the end of the input.
    """
    with obeying_ctrl_c():
        try:
            return getpass.getpass(question, stream=sys.stderr).strip()
        except EOFError:
            raise CommandError("No API key was given.") from None
        except KeyboardInterrupt:
            raise CommandError("Interrupted; nothing was sent.", ExitCode.INTERRUPTED) from None


@contextmanager
def obeying_ctrl_c() -> Generator[None, None, None]:
    """Lets Ctrl-C end a wait at once."""
    # asyncio.run() takes the first Ctrl-C for itself, and a question would wait for a second one.
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
