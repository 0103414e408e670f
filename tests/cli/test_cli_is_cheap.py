"""What is not used is not imported: a count, not a time."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
import typer.main

from mijnklantportaal_async.cli.application import application

ROOT: Any = typer.main.get_command(application)
HEAVY = {
    "aiohttp",
    "cattrs",
    "tenacity",
    "orjson",
    "mijnklantportaal_async.session",
    "mijnklantportaal_async.calling",
    "mijnklantportaal_async.sandbox",
    "mijnklantportaal_async.batch",
}
MARKDOWN = {"rich.markdown", "markdown_it", "rich.traceback"}
COMMANDS = {
    "mijnklantportaal_async.cli.commands",
    "mijnklantportaal_async.cli.batch.commands",
    "mijnklantportaal_async.cli.call.commands",
}


def said_and_loaded(*words: str, **environment: str) -> tuple[str, set[str]]:
    code = (
        "import json, sys\nfrom mijnklantportaal_async.cli import main\n"
        f"sys.argv = {['mijnklantportaal', *words]}\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print('\\n' + json.dumps(sorted(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ | environment
    )
    said, _, modules = result.stdout.rstrip("\n").rpartition("\n")
    return said, set(json.loads(modules))


def test_the_help_imports_no_command() -> None:
    said, loaded = said_and_loaded("--help")

    assert all(f" {name} " in said for name in ROOT.commands)
    assert not loaded & (HEAVY | MARKDOWN | COMMANDS)


def test_the_version_imports_nothing_but_itself() -> None:
    said, loaded = said_and_loaded("--version")

    assert said.strip()[0].isdigit()
    assert not loaded & (HEAVY | COMMANDS | {"typer", "rich"})


@pytest.mark.parametrize(
    ("words", "own"),
    [
        (["schedule", "--help"], "mijnklantportaal_async.cli.commands"),
        (["batch", "run", "--help"], "mijnklantportaal_async.cli.batch.commands"),
    ],
)
def test_the_help_of_a_command_imports_no_other(words: list[str], own: str) -> None:
    _, loaded = said_and_loaded(*words)

    assert own in loaded
    assert not loaded & HEAVY


def test_completion_of_a_command_imports_none() -> None:
    said, loaded = said_and_loaded(
        _MIJNKLANTPORTAAL_COMPLETE="complete_bash", COMP_WORDS="mijnklantportaal sche", COMP_CWORD="1"
    )

    assert said.split() == ["schedule", "schedule-file"]
    assert not loaded & (HEAVY | COMMANDS)


@pytest.mark.parametrize("name", list(ROOT.commands))
def test_the_sentence_in_the_help_is_that_of_the_command(name: str) -> None:
    outline, command = ROOT.get_command(None, name), ROOT.commands[name]

    assert command.name == name
    assert outline.help == " ".join(command.help.partition("\n\n")[0].split())


def test_no_command_is_left_out_of_the_help() -> None:
    from mijnklantportaal_async.cli.commands import commands

    single = typer.main.get_group(commands).commands
    assert list(ROOT.commands) == [*single, "batch", "call"]
    with pytest.raises(KeyError):
        ROOT.commands["nonsense"]
