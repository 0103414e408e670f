"""JSON for other programs: a whole document or nothing, in letters that the stream can carry."""

import json
import os
import sys
from typing import Any

from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.terminal import Terminal


def show_json(terminal: Terminal, data: Any) -> None:
    """Writes one document.

    Raises:
        CommandError: The stream does not take it. A pipe that was closed is no error: nobody reads any more.
    """
    encoding = getattr(terminal.output.file, "encoding", None) or ""
    write_text(terminal, as_json_text(data, ascii_only=encoding.lower().replace("-", "") != "utf8") + "\n")


def write_text(terminal: Terminal, text: str) -> None:
    """Writes a text as it is.

    Raises:
        CommandError: As `show_json` does.
    """
    stream = terminal.output.file
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _write_no_more()
    except OSError as error:
        _write_no_more()
        raise CommandError(f"The result cannot be written: {error.strerror or error}.", ExitCode.SOME_FAILED) from error


def as_json_text(data: Any, *, ascii_only: bool) -> str:
    """A document with nothing in it that a terminal would obey.

    Args:
        data: What JSON can say.
        ascii_only: Spell every other letter out, as JSON does.
    """
    text = json.dumps(data, indent=2, ensure_ascii=ascii_only)
    if ascii_only:
        return text
    return "".join(letter if letter.isprintable() or letter == "\n" else _spelled(letter) for letter in text)


def _spelled(letter: str) -> str:
    # Such letters stand in texts only; JSON has its own way to write them.
    return json.dumps(letter)[1:-1]


def _write_no_more() -> None:
    """Keeps Python from complaining at its end about what is left in the buffer."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
