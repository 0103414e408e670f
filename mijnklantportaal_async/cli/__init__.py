"""The command `mijnklantportaal`. Needs the extra `cli`."""

import signal
import sys
from importlib import import_module

from mijnklantportaal_async.cli.machine import refuse_impossible_time_zone, spell_out_missing_letters
from mijnklantportaal_async.texts.language import language_wanted
from mijnklantportaal_async.texts.words import words


def main() -> None:
    """Runs the command with the arguments of the process, and ends the process with its exit code."""
    spell_out_missing_letters()
    if sys.argv[1:] == ["--version"]:
        # Needs nothing of what the commands need.
        from mijnklantportaal_async.cli.version import say_version

        say_version()
        return
    refuse_impossible_time_zone()
    try:
        # Missed now, not in the middle of a command.
        import_module("rich")
        from mijnklantportaal_async.cli.application import application
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in {"typer", "rich"}:
            raise
        said = words(
            "The command needs the package {name}, which is not installed. Install the extra `cli`:\n"
            '    pip install "mijnklantportaal-async[cli]"',
            name=error.name,
        )
        print(language_wanted().of(said), file=sys.stderr)
        sys.exit(2)
    try:
        application(prog_name="mijnklantportaal")
    finally:
        # All is done: another Ctrl-C would only break into Python's own end.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
