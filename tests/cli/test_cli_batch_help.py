"""The commands of `mijnklantportaal batch`: cheap to ask for help, documented, and clear where the extra is missing."""

import inspect
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

import mijnklantportaal_async.cli.batch
from mijnklantportaal_async.cli.application import application
from mijnklantportaal_async.cli.options import Connection

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")
ROOT: Any = typer.main.get_command(application)
COMMANDS: dict[str, Any] = ROOT.commands["batch"].commands
SHARED = set(inspect.signature(Connection).parameters)


@pytest.mark.parametrize("words", [["--help"], ["batch", "--help"], ["batch", "run", "--help"]])
def test_help_imports_nothing_of_the_batches(words: list[str]) -> None:
    code = (
        f"import sys; sys.argv = ['mijnklantportaal', *{words}]; from mijnklantportaal_async.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(sorted({'dbos', 'sqlalchemy', 'psycopg', 'filelock', 'jinja2'} & sys.modules.keys()))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("missing", ["dbos", "sqlalchemy"])
def test_without_the_extra_it_says_how_to_install_it(missing: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None; sys.argv = ['mijnklantportaal', 'batch', 'list']\n"
        "from mijnklantportaal_async.cli import main; main()"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert result.returncode == 2
    assert 'pip install "mijnklantportaal-async[batch]"' in result.stderr
    assert f"the package {missing}" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_documented(name: str) -> None:
    assert f"| `batch {name}` |" in PAGE


def test_every_option_is_documented() -> None:
    section = PAGE.partition("## Durable batches")[2].partition("\n## ")[0]
    options = {
        option
        for command in COMMANDS.values()
        for parameter in command.params
        if parameter.name not in SHARED and parameter.name != "help"
        for option in parameter.opts
        if option.startswith("--")
    }
    # Said of the files of every command, elsewhere on the page.
    elsewhere = {"--overwrite", "--json"}
    assert {option for option in options - elsewhere if f"{option}" not in section} == set()
    assert all(option in PAGE for option in elsewhere)


LINES = re.findall(r"^mijnklantportaal batch (.*)$", PAGE, re.M)


@pytest.mark.parametrize("line", LINES)
def test_the_commands_of_the_page_exist(line: str) -> None:
    name, *arguments = shlex.split(line)
    # Parses and checks them, and does not run the command.
    COMMANDS[name].make_context(name, arguments)


def test_the_page_has_commands() -> None:
    assert len(LINES) >= 5


def test_files_of_the_commands_stay_readable() -> None:
    folder = Path(mijnklantportaal_async.cli.batch.__file__).parent
    assert {path.name for path in folder.glob("*.py") if len(path.read_text().splitlines()) > 340} == set()
