"""From an error to a sentence on stderr and an exit code."""

import re

from mijnklantportaal_async import errors
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.cli.wording import in_command_words
from mijnklantportaal_async.errors import Outcome


class CommandError(Exception):
    """The command cannot go on.

    Args:
        message: Why, and what to do.
        exit_code: How the process ends.
    """

    def __init__(self, message: str, exit_code: ExitCode = ExitCode.WRONG_INPUT) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def exit_code_of(error: Exception) -> ExitCode:
    """What an error means for the process as a whole."""
    match error:
        case CommandError():
            return error.exit_code
        case errors.MijnKlantportaalError() if is_about_access(error):
            return ExitCode.NO_PORTAL
        case errors.MijnKlantportaalError() if error.method != "GET" and error.outcome in _IN_DOUBT:
            return ExitCode.UNKNOWN
        case errors.TransportError() | errors.ServerError():
            return ExitCode.NO_PORTAL
        case _:
            return ExitCode.SOME_FAILED


def is_about_access(error: Exception | None) -> bool:
    """Whether every further call would fail in the same way: the key, its scopes, the licence."""
    return isinstance(
        error,
        (errors.AuthenticationError, errors.PermissionDeniedError, errors.LicenceError, errors.TokenRefreshError),
    )


def in_words(error: Exception) -> str:
    """An error with its notes, as a person should read it."""
    text = str(error) if isinstance(error, CommandError) else in_command_words(str(error))
    return " ".join([text, *getattr(error, "__notes__", ())])


def report(error: Exception, terminal: Terminal) -> ExitCode:
    """Says what went wrong.

    Returns:
        The exit code.
    """
    # What the coroutine is called helps a programmer, and no one else.
    terminal.fail(re.sub(r"^[a-z]+(?:_[a-z]+)+: ", "", in_words(error)))
    return exit_code_of(error)


_IN_DOUBT = {Outcome.UNKNOWN, Outcome.APPLIED}
