"""The help of every command: examples first, nothing cut, nothing wider than the terminal, no noise about types."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import typer.main
from cli_support import Command
from typer.testing import CliRunner

from mijnklantportaal_async.cli.application import application
from mijnklantportaal_async.cli.call.arguments import read_arguments
from mijnklantportaal_async.cli.call.catalog import all_coroutines
from mijnklantportaal_async.cli.call.fields import fields_of
from mijnklantportaal_async.cli.call.operation_help import example_of
from mijnklantportaal_async.cli.help_examples import EXAMPLES

ROOT: Any = typer.main.get_command(application)


def paths() -> Iterator[tuple[str, ...]]:
    yield ()
    for name in ROOT.commands:
        yield (name,)
    for name in ROOT.commands["batch"].commands:
        yield ("batch", name)
    for name in all_coroutines():
        yield ("call", name)


@pytest.fixture(scope="module")
def pages() -> dict[tuple[str, ...], str]:
    run = CliRunner().invoke
    return {path: run(application, [*path, "--help"], env={"COLUMNS": "80"}).output for path in paths()}


def too_wide(page: str, width: int) -> list[str]:
    # A word alone, such as an address to be copied, is not broken.
    return [line for line in page.splitlines() if len(line) > width and len(line.split()) > 1]


def test_no_page_is_wider_than_the_terminal_and_none_is_cut(pages: dict[tuple[str, ...], str]) -> None:
    assert len(pages) > 90
    for path, page in pages.items():
        assert not too_wide(page, 80), path
        assert "…" not in page


def test_a_narrow_terminal_has_all_of_it_too(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    page = command("doctor", "--help").output

    assert not too_wide(page, 50)
    assert "--sandbox-rate-limit" in page


def test_examples_come_first_and_nothing_is_said_of_types(pages: dict[tuple[str, ...], str]) -> None:
    for path, page in pages.items():
        headings = re.findall(r"^(\w+)(?: \(.*\))?$", page, re.MULTILINE)
        assert headings[0] == "Examples", path
        assert page.index("Examples") < page.index("Usage: ")
        assert not re.search(r"<\w+>|\b(?:bool|float range|Path)\b|\[\d*<?=?x", page), path


def test_sandbox_switches_stand_under_one_heading_at_the_end(command: Command) -> None:
    page = command("schedule-file", "--help").output
    before, heading, after = page.partition("\nSandbox (")

    assert heading
    options = before.partition("\nOptions")[2]
    assert not re.search(r"^  --(sandbox|calendar|keep-open)", options, re.MULTILINE)
    for option in ("--sandbox ", "--sandbox-seed ", "--sandbox-faults ", "--calendar ", "--keep-open "):
        assert f"  {option}" in after


def parameters(command: Any) -> Iterator[Any]:
    yield from command.params
    for inner in getattr(command, "commands", {}).values():
        yield from parameters(inner)


def test_every_option_with_a_value_says_what_stands_for_it() -> None:
    for parameter in parameters(ROOT):
        if parameter.param_type_name == "option" and not parameter.is_flag and not parameter.count:
            assert parameter.metavar, parameter.opts


def test_the_first_example_is_of_the_command() -> None:
    assert all(examples[0][1].startswith(name) for name, examples in EXAMPLES.items())


LINES = [(name, line) for name, examples in EXAMPLES.items() for _, line in examples]


def test_examples_can_be_given() -> None:
    groups = {name: ROOT.commands[name] for name in ROOT.commands}
    for _, line in LINES:
        words = shlex.split(line)
        command = groups[words[0]]
        if words[0] == "batch":
            command, words = command.commands[words[1]], words[1:]
        # Parses and checks them, and does not run the command.
        command.make_context(words[0], words[1:])


def test_every_command_has_examples() -> None:
    assert set(EXAMPLES) == {" ".join(path) for path in paths() if len(path) < 2 or path[0] == "batch"}


def test_the_example_of_every_operation_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("contract.pdf").write_bytes(b"%PDF")
    for name, coroutine in all_coroutines().items():
        fields = fields_of(coroutine)
        _, given, *words = shlex.split(example_of(coroutine, fields))
        assert given == name
        read_arguments(name, words, fields, ZoneInfo("Europe/Amsterdam"), ())


# --- completion ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["--show-completion", "--install-completion"])
def test_completion_is_switched_on(command: Command, option: str) -> None:
    assert option in command("--help").output


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash")
def test_bash_completes_by_the_script_that_it_is_given(tmp_path: Path) -> None:
    """As after --install-completion: the script is read by a real bash, which asks as for a Tab."""
    (tmp_path / "mijnklantportaal").write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -m mijnklantportaal_async.cli "$@"\n'
    )
    (tmp_path / "mijnklantportaal").chmod(0o755)
    script = (
        'eval "$(env _MIJNKLANTPORTAAL_COMPLETE=source_bash mijnklantportaal)"; '
        "COMP_WORDS=(mijnklantportaal batch re); COMP_CWORD=2; _mijnklantportaal_completion mijnklantportaal re batch; "
        'echo "${COMPREPLY[@]}"'
    )
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    run = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, env=environment)

    assert run.stdout.split() == ["results", "report", "resume", "retry"], run.stderr
