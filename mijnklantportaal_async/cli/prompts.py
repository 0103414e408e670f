"""Questions to the person at the terminal."""

import getpass
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager

import typer

from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.texts.words import words


def somebody_is_there() -> bool:
    """Whether a question would be seen and could be answered."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def agrees(terminal: Terminal, question: str) -> bool:
    """Asks yes or no; no is the default.

    Raises:
        CommandError: Ctrl-C, or the end of the input.
    """
    yes = terminal.language.of(words("y"))
    while True:
        answer = _asked(terminal, words("{question} [{yes}/N]", question=question, yes=yes)).lower()
        if answer in {"y", "yes", "j", "ja"}:
            return True
        if answer in {"", "n", "no", "nee"}:
            return False
        terminal.fail(words("{answer} is neither yes nor no.", answer=repr(shown_value(answer))))


def line(terminal: Terminal, question: str) -> str:
    """Asks for a line of text; may be empty.

    Raises:
        CommandError: Ctrl-C, or the end of the input.
    """
    return _asked(terminal, question)


def secret(terminal: Terminal, question: str) -> str:
    """Asks for something that must not be shown while it is typed.

    Raises:
        CommandError: Ctrl-C, or the end of the input.
    """
    with obeying_ctrl_c():
        try:
            return getpass.getpass(terminal.messages.said(question), stream=sys.stderr).strip()
        except EOFError:
            raise CommandError(words("No API key was given.")) from None
        except KeyboardInterrupt:
            raise CommandError(words("Interrupted; nothing was sent."), ExitCode.INTERRUPTED) from None


def _asked(terminal: Terminal, question: str) -> str:
    with obeying_ctrl_c():
        try:
            answer: str = typer.prompt(terminal.messages.said(question), default="", show_default=False, err=True)
        except (KeyboardInterrupt, typer.Abort):
            raise CommandError(words("Interrupted; nothing was changed."), ExitCode.INTERRUPTED) from None
    return answer.strip()


@contextmanager
def obeying_ctrl_c() -> Generator[None, None, None]:
    """Lets Ctrl-C end a wait at once."""
    # asyncio.run() takes the first Ctrl-C for itself, and a question would wait for a second one.
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
