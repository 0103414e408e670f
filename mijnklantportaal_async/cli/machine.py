"""What a command makes sure of before it begins: a terminal that takes every letter, a clock that can be read."""

import io
import os
import sys
from datetime import datetime

from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.texts.language import language_wanted
from mijnklantportaal_async.texts.words import words


def spell_out_missing_letters() -> None:
    """A name in letters that a terminal does not have must not end a command that has just booked something."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def refuse_impossible_time_zone() -> None:
    """A TZ such as `XXX-25` would end a run at the first look at the clock. Ends the process with what to do."""
    try:
        datetime.now().astimezone()
    except (ValueError, OverflowError, OSError):
        said = language_wanted().of(
            words(
                "The machine's time zone cannot be used: TZ={value}. Set TZ to a zone such as "
                "Europe/Amsterdam, or leave it out. Nothing was sent.",
                value=repr(os.environ.get("TZ", "")),
            )
        )
        print(said, file=sys.stderr)
        sys.exit(ExitCode.WRONG_INPUT)
