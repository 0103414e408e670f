"""What the documentation says agrees with the code: its tables, names, links and commands."""

import importlib.util
import inspect
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
import typer.main
import yaml
from doc_blocks import PAGES, ROOT, SOURCES, Block, anchors, blocks, links, prose, table

import mijnklantportaal_async
from mijnklantportaal_async import (
    ConnectError,
    ConnectionLostError,
    DecodeError,
    Outcome,
    OutcomeUnknownError,
    PaginationError,
    PortalSession,
    RateLimit,
    RateLimitWaitError,
    ReconcilePolicy,
    RetryPolicy,
    Timeouts,
    TokenRefreshError,
    batch,
    errors,
    events,
    models,
)
from mijnklantportaal_async.calling.answers import error_from
from mijnklantportaal_async.calling.retry import Step, judge, may_send_again
from mijnklantportaal_async.calling.wire import Answer, Effect, Operation, Request
from mijnklantportaal_async.cli.application import application
from mijnklantportaal_async.cli.call.arguments import read_arguments
from mijnklantportaal_async.cli.call.catalog import all_coroutines
from mijnklantportaal_async.cli.call.fields import fields_of
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.errors import CallTimeoutError, MijnKlantportaalError
from mijnklantportaal_async.sandbox import Fault, FileFault, Manner, Sandbox

DOCS = ROOT / "docs"
ERRORS = {
    name: kind
    for name, kind in vars(errors).items()
    if inspect.isclass(kind) and issubclass(kind, MijnKlantportaalError)
}


def first_words(rows: Iterable[list[str]]) -> list[str]:
    """What stands in backticks in the first cells: the names that a table is about."""
    return [name for row in rows for name in re.findall(r"`(?:\w+\.)?([\w-]+)[^`]*`", row[0])]


# --- The contract of retries -------------------------------------------------------------------------------------


def answered(*statuses: int) -> list[MijnKlantportaalError]:
    operation = Operation(name="x", method="GET", path="/x", effect=Effect.READ)
    return [error_from(Request(operation, "/x"), Answer(status, {}, b""), 1) for status in statuses]


def timed_out(clock: str, outcome: Outcome) -> MijnKlantportaalError:
    return CallTimeoutError("x", clock=clock, outcome=outcome)


HAPPENED: dict[str, list[MijnKlantportaalError]] = {
    "`ConnectError`: no connection, nothing was sent": [ConnectError("x")],
    "`ConnectError` with `is_permanent`: the certificate is refused, or the session was closed": [
        ConnectError("x", is_permanent=True)
    ],
    "`RateLimitedError`: 429, it was refused": answered(429),
    "`CallTimeoutError` of the clock `attempt`, nothing was sent": [timed_out("attempt", Outcome.NOT_SENT)],
    "`CallTimeoutError` of the clock `attempt`, after sending": [timed_out("attempt", Outcome.UNKNOWN)],
    "`CallTimeoutError` of the clock `queue` or `call`": [
        timed_out("queue", Outcome.NOT_SENT),
        timed_out("call", Outcome.NOT_SENT),
        timed_out("call", Outcome.UNKNOWN),
    ],
    "`ConnectionLostError`: the connection broke after sending": [ConnectionLostError("x")],
    "`ServerError`: 5xx, but not 501 and 505": answered(500, 502, 503, 504, 507, 520, 599),
    "`ServerError`: 501, 505, which say that nothing was done": answered(501, 505),
    "`APIStatusError`: 408, 425, 460, 499, by which something on the way says that it waited no longer": answered(
        408, 425, 460, 499
    ),
    "`DecodeError`: 201, 202 or anything with an ID, which could not be understood": [
        DecodeError("x", status=201, outcome=Outcome.UNKNOWN),
        DecodeError("x", status=202, outcome=Outcome.UNKNOWN),
        DecodeError("x", status=200),
    ],
    "`DecodeError`: another success, which could not be understood, such as a page of HTML": [
        DecodeError("x", status=200, outcome=Outcome.UNKNOWN)
    ],
    "`APIStatusError`: 3xx, a redirect that is not followed": answered(301, 302, 303, 307, 308),
    "`BadRequestError`, `AuthenticationError`, `PermissionDeniedError`, `NotFoundError`, `ConflictError`, "
    "`ValidationError`, `LicenceError`, and any other 4xx": answered(
        400, 401, 402, 403, 404, 405, 409, 410, 418, 422, 426
    ),
    "`RateLimitWaitError`: no call free in time, nothing was sent": [RateLimitWaitError("x")],
    "`OutcomeUnknownError`: something was raised after the request had left that is not ours": [
        OutcomeUnknownError("x")
    ],
    "`PaginationError`": [PaginationError("x")],
    "`TokenRefreshError`": [TokenRefreshError("x")],
}
CONTRACT = table(DOCS / "retries.md", "## What a retry may do")
COLUMNS = {
    "Reads": [Effect.READ],
    "Sets, adds or removes": [Effect.SET, Effect.ADD, Effect.REMOVE],
    "Creates, or once only": [Effect.CREATE, Effect.ONCE],
}


def test_the_contract_has_every_error() -> None:
    assert CONTRACT[0] == ["What happened", *COLUMNS]
    assert {row[0] for row in CONTRACT[1:]} == set(HAPPENED)
    never_raised = {errors.MijnKlantportaalError, errors.TransportError, errors.RateLimitError}
    # No calls of the portal: files are on another host.
    never_raised |= {errors.DownloadError, errors.LinkExpiredError}
    assert {type(error) for made in HAPPENED.values() for error in made} == set(ERRORS.values()) - never_raised


@pytest.mark.parametrize("row", CONTRACT[1:], ids=lambda row: row[0])
def test_the_contract_of_retries(row: list[str]) -> None:
    happened, *cells = row
    for error in HAPPENED[happened]:
        assert type(error).__name__ in happened or "any other 4xx" in happened
        for cell, effects in zip(cells, COLUMNS.values(), strict=True):
            for effect in effects:
                step = judge(effect, error)
                assert cell.startswith(step.value)
                if step is Step.LOOK:
                    assert cell == ("look, then retry" if may_send_again(error) else "look, never send again")


# --- Errors ------------------------------------------------------------------------------------------------------


def test_the_tree_of_errors() -> None:
    text = (DOCS / "errors.md").read_text(encoding="utf-8").partition("## The tree")[2].partition("\n## ")[0]
    shown: set[tuple[str, str]] = set()
    above: list[str] = []
    for indent, name in re.findall(r"^( *)- `(\w+)`$", text, re.M):
        above = [*above[: len(indent) // 4], name]
        shown.add((name, above[-2] if len(above) > 1 else "Exception"))
    actual = {
        (name, base.__name__)
        for name, kind in ERRORS.items()
        for base in kind.__bases__
        if base is Exception or issubclass(base, MijnKlantportaalError)
    }
    assert shown == actual


def test_every_error_says_what_to_do() -> None:
    named = set(first_words(table(DOCS / "errors.md", "## What to do")[1:]))
    parents = {"MijnKlantportaalError", "TransportError", "RateLimitError"}
    assert named == set(ERRORS) - parents
    assert {f"`{name}`" for name in parents} <= set(re.findall(r"`\w+`", prose(DOCS / "errors.md")))
    for row in table(DOCS / "errors.md", "## What to do")[1:]:
        (kind,) = (ERRORS[name] for name in first_words([row]))
        for attribute in re.findall(r"`(\w+)`", row[2]):
            assert hasattr(kind("x"), attribute), f"{kind.__name__} has no {attribute}"


def test_every_outcome_is_explained() -> None:
    assert first_words(table(DOCS / "errors.md", "## Outcomes")[1:]) == [outcome.name for outcome in Outcome]


# --- Tables of settings ------------------------------------------------------------------------------------------


def parameters_of(function: Any) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name != "self"]


@pytest.mark.parametrize(
    ("page", "heading", "names"),
    [
        ("sessions.md", "## Making one", parameters_of(PortalSession)),
        ("retries.md", "## How long it waits", parameters_of(RetryPolicy)),
        ("timeouts.md", "# Timeouts", parameters_of(Timeouts)),
        ("exactly-once.md", "## Settings", parameters_of(ReconcilePolicy)),
        ("sandbox.md", "## Settings", parameters_of(Sandbox)),
        ("sandbox.md", "## Faults", [fault.name for fault in Fault]),
        ("sandbox.md", "## Faults of the host of files", [fault.name for fault in FileFault]),
        ("sandbox.md", "## Manners", [manner.name for manner in Manner]),
        ("observability.md", "# Observability", [kind.__name__ for kind in events.Event.__args__]),
        ("many.md", "## Results", ["Scheduled", "Rejected", "NotStarted", "Unknown"]),
        ("command-line.md", "# Command line", list(typer.main.get_command(application).commands)),  # type: ignore[attr-defined]
    ],
)
def test_a_table_names_everything(page: str, heading: str, names: list[str]) -> None:
    assert sorted(first_words(table(DOCS / page, heading)[1:])) == sorted(names)


def test_the_defaults_are_told() -> None:
    timeouts = {row[0].strip("`"): row[1] for row in table(DOCS / "timeouts.md", "# Timeouts")[1:]}
    assert timeouts == {name: f"{seconds:g} s" for name, seconds in attrs.asdict(Timeouts()).items()}
    retries = {row[0].strip("`"): row[1] for row in table(DOCS / "retries.md", "## How long it waits")[1:]}
    assert retries["attempts"] == str(RetryPolicy().attempts)
    assert retries["quota"] == str(RetryPolicy().quota)
    settle = {row[0].strip("`"): row[1] for row in table(DOCS / "exactly-once.md", "## Settings")[1:]}
    policy = ReconcilePolicy()
    assert settle["settle"] == f"{policy.settle} s"
    assert settle["tolerance"] == f"{policy.tolerance} s"
    assert [float(part) for part in re.findall(r"[\d.]+", settle["looks"])] == list(policy.looks)
    assert (RateLimit().requests, RateLimit().per, RateLimit().in_flight) == (60, 60.0, 100)


def test_the_exit_codes() -> None:
    codes = [int(row[0]) for row in table(DOCS / "command-line.md", "## In scripts")[1:]]
    assert codes == [int(code) for code in ExitCode]


def test_the_fields_of_events() -> None:
    fields: set[str] = set()
    for row in table(DOCS / "observability.md", "# Observability")[1:]:
        kind = getattr(events, first_words([row])[0])
        told = set(re.findall(r"`(\w+)`", row[2]))
        if row[2].startswith("also"):
            told |= fields
        assert told == {field.name for field in attrs.fields(kind)}
        fields = told


# --- Names and links ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", batch.__all__)
def test_every_name_of_batches_is_in_the_reference(name: str) -> None:
    assert f"::: mijnklantportaal_async.batch.{name}\n" in (DOCS / "reference.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", mijnklantportaal_async.__all__)
def test_every_public_name_is_documented(name: str) -> None:
    pages = {page for page in PAGES if re.search(rf"\b{name}\b", page.read_text(encoding="utf-8"))}
    reference = {page for page in PAGES if page.name == "reference.md" or page.parent.name == "reference"}
    # The records of the API are explained field by field where they stand.
    assert pages - reference or name in models._HOMES, f"{name} is on no page but the reference"
    shown = f"::: mijnklantportaal_async.{name}\n"
    assert sum(shown in page.read_text(encoding="utf-8") for page in reference) == 1


def test_what_is_said_of_every_operation_is_made_from_the_code() -> None:
    """After a change: `python docs/make_pages.py`."""
    spec = importlib.util.spec_from_file_location("make_pages", DOCS / "make_pages.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    pages = made.pages()
    assert len(pages) == 16 + 1
    for page, text in pages.items():
        assert page.read_text(encoding="utf-8") == text, f"{page.name} is not up to date"


@pytest.mark.parametrize("page", SOURCES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        if re.match(r"https://|mailto:", link):
            continue
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        assert file.is_relative_to(ROOT), f"{link} leads out of the project"
        assert file.exists(), f"{link} leads nowhere"
        if page.is_relative_to(DOCS):
            assert file.is_relative_to(DOCS), f"{link} leads out of docs/, where the built pages cannot follow"
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file), f"{link}: there is no such heading"


def test_every_page_is_in_the_navigation() -> None:
    settings = yaml.safe_load(re.sub(r"!!python\S*", "", (ROOT / "mkdocs.yml").read_text(encoding="utf-8")))
    shown: list[str] = []

    def walk(entry: Any) -> None:
        if isinstance(entry, str):
            shown.append(entry)
        else:
            for inner in entry if isinstance(entry, list) else entry.values():
                walk(inner)

    walk(settings["nav"])
    assert sorted(shown) == sorted(page.relative_to(DOCS).as_posix() for page in PAGES)


def test_files_that_are_named_exist() -> None:
    for page in SOURCES:
        for name in re.findall(r"`((?:examples|docs|tests|benchmarks|calling|api)/[\w./-]+)`", prose(page)):
            where = ROOT if (ROOT / name.split("/")[0]).exists() else ROOT / "mijnklantportaal_async"
            assert (where / name).exists(), f"{page.name} names {name}"


# --- Commands ----------------------------------------------------------------------------------------------------

RUN_ELSEWHERE = [block for block in blocks([ROOT / "README.md"]) if block.language == "sh"][:2]
"""The first two of the README are run as they stand by `.ci/run`."""

SHELL = [block for block in blocks() if block.language in {"sh", "powershell"} and block not in RUN_ELSEWHERE]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("block", [pytest.param(block, id=block.place) for block in SHELL])
def test_commands_exist(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for line in block.code.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        while words and re.match(r"\w+=", words[0]):
            words.pop(0)
        if words:
            check_command(words)


def check_command(words: list[str]) -> None:
    match words:
        case ["export" | "source", *_]:
            pass
        case ["python" | "python3" | "py", "-m", *rest]:
            check_command(rest)
        case ["mijnklantportaal" | "mijnklantportaal_async.cli", "--version"]:
            pass
        case ["pip", "install", *wanted]:
            for name in wanted:
                check_requirement(name)
        case ["mijnklantportaal", command, *arguments]:
            group: Any = typer.main.get_command(application)
            # Parses and checks them, and does not run the command.
            group.commands[command].make_context(command, arguments)
            if command == "call":
                check_call(arguments)
        case ["python", script, *arguments]:
            # Python runs a folder by its `__main__.py`.
            path = ROOT / script
            check_options(path / "__main__.py" if path.is_dir() else path, arguments)
        case ["benchmarks", *arguments]:
            check_options(ROOT / "benchmarks" / "__main__.py", arguments)
        case ["nox", "-s", session]:
            assert f"\ndef {session}(" in (ROOT / "noxfile.py").read_text(encoding="utf-8")
        case ["pytest", *_] | ["venv", *_]:
            pass
        case _:
            pytest.fail(f"what is {words[0]}?")


def check_call(arguments: list[str]) -> None:
    place = next(place for place, word in enumerate(arguments) if word in all_coroutines())
    name, *words = arguments[place:]
    if words != ["--help"]:
        read_arguments(name, words, fields_of(all_coroutines()[name]), ZoneInfo("Europe/Amsterdam"), ())


def check_requirement(name: str) -> None:
    found = re.fullmatch(r"(?:mijnklantportaal-async|\.)(?:\[([\w,]+)\])?", name)
    if found and found[1]:
        assert set(found[1].split(",")) <= set(PROJECT["project"]["optional-dependencies"])


def check_options(script: Path, arguments: list[str]) -> None:
    code = script.read_text(encoding="utf-8")
    for argument in arguments:
        if argument.startswith("--"):
            assert f'"{argument}"' in code, f"{script.name} has no {argument}"


def test_ten_lines_are_ten() -> None:
    """Lines with something on them."""
    _, _, section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Ten lines\n")
    code = section.partition("```python\n")[2].partition("```")[0]
    assert len([line for line in code.splitlines() if line.strip()]) == 10


def test_an_unknown_option_is_found() -> None:
    """The check checks."""
    group: Any = typer.main.get_command(application)
    with pytest.raises(Exception, match="No such option"):
        group.commands["list"].make_context("list", ["--nonsense"])


def test_the_page_of_the_command_line_runs_here() -> None:
    """Its very first try, as a person would type it."""
    line = next(
        line for line in (DOCS / "command-line.md").read_text().splitlines() if line.startswith("mijnklantportaal sch")
    )
    command = [sys.executable, "-m", "mijnklantportaal_async.cli", *shlex.split(line)[1:]]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200, stdin=subprocess.DEVNULL)
    assert result.returncode == 0, result.stdout + result.stderr
