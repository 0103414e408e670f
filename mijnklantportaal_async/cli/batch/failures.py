"""From an error of the batches to a sentence and an exit code."""

import re

from mijnklantportaal_async.batch import DatabaseTroubleError
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.texts.words import capital, sentence, told_by


def translated(error: Exception) -> CommandError | None:
    """The error as a person should read it; None when it is a mistake of the program itself.

    Args:
        error: What escaped from a command.
    """
    match error:
        case DatabaseTroubleError():
            return CommandError(_sentence(error), ExitCode.SOME_FAILED)
        case _ if type(error) is LookupError:
            # No such job. Its children (KeyError, IndexError) are mistakes of ours.
            return CommandError(_sentence(error))
        case _:
            return None


def _sentence(error: Exception) -> str:
    # A URL or a path at the beginning stays as it is.
    said = told_by(error)
    return sentence(said) if re.match(r"\S*[:/]", said) else sentence(capital(said))
