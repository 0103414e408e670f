"""The command `mijnklantportaal`. Needs the extra `cli`."""

import sys
from importlib import import_module


def main() -> None:
    """Runs the command with the arguments of the process, and ends the process with its exit code."""
    if reconfigure := getattr(sys.stdout, "reconfigure", None):
        # A terminal that lacks a letter is shown its number, as on stderr, instead of a traceback.
        reconfigure(errors="backslashreplace")
    try:
        # Missed now, not in the middle of a command.
        import_module("rich")
        from mijnklantportaal_async.cli.application import application
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in {"typer", "rich"}:
            raise
        print(
            f"The command needs the package {error.name}, which is not installed. Install the extra `cli`:\n"
            '    pip install "mijnklantportaal-async[cli]"',
            file=sys.stderr,
        )
        sys.exit(2)
    application(prog_name="mijnklantportaal")
