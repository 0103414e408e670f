"""A result as a file, whole or not at all; `-` is the standard output."""

import io
import os
from contextlib import suppress
from pathlib import Path

from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.json_output import write_text
from mijnklantportaal_async.cli.terminal import Terminal

STDOUT = Path("-")


def refuse_existing(path: Path, *, overwrite: bool) -> None:
    """Sees to it that a file may be written, before the work for it is done.

    Raises:
        CommandError: It is there already.
    """
    if path != STDOUT and path.exists() and not overwrite:
        raise CommandError(f"{path} exists already. Name another file, or say --overwrite.")


def write_result(path: Path, content: str | bytes, terminal: Terminal) -> None:
    """Writes a file, or to the standard output the very same bytes.

    Raises:
        CommandError: It cannot be written.
    """
    if path != STDOUT:
        write_whole(path, content)
        return
    stream = terminal.output.file
    if isinstance(stream, io.TextIOWrapper):
        # No other letters, and no other ends of lines, than in a file.
        stream.reconfigure(encoding="utf-8", newline="")
    write_text(terminal, content if isinstance(content, str) else content.decode())


def write_whole(path: Path, content: str | bytes) -> None:
    """Writes a file in one step: nobody ever sees half of it.

    Raises:
        CommandError: It cannot be written.
    """
    # Through a link to the file itself: it is replaced, which a link must not be.
    path, data = path.resolve(), content.encode() if isinstance(content, str) else content
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        if path.exists() and not path.is_file():
            # A device or a pipe cannot be replaced.
            path.write_bytes(data)
            return
        new.write_bytes(data)
        os.replace(new, path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise CommandError(f"{path} cannot be written: {error.strerror or error}.") from error
