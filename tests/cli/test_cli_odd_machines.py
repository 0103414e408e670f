"""Machines that lack something: either the command works there, or it says so before anything is booked."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from batch_cli_support import FAST, own_folder, visits
from cli_support import KEY, Command, Start
from scripted_server import ScriptedServer

from mijnklantportaal_async.cli.connection import proxy_for
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.sandbox import Sandbox

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="XDG_DATA_HOME, and file names of any bytes")


def sandbox_of() -> Sandbox:
    return Sandbox(keys={KEY: ["appointments.read", "appointments.write"]})


# --- letters ---------------------------------------------------------------------------------------------------


async def test_a_name_that_the_terminal_has_no_letters_for_is_booked_and_spelled_out(started_anew: Start) -> None:
    """It ended in a UnicodeEncodeError, exit code 1, after the appointment had been made."""
    wanted = ("--name", "日本", "--starts-at", "2027-03-05 10:00", "--duration", "30")
    person = ("--attendee-name", "Łukasz", "--attendee-email", "l@example.nl")
    async with ScriptedServer() as proxy, sandbox_of() as sandbox:
        run = await started_anew(
            *("schedule", *wanted, *person),
            base_url=sandbox.url,
            **dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), proxy.url),
            PYTHONIOENCODING="cp1252",
            PYTHONUTF8="0",
        )
        ended = await run.end()
        made = sandbox.appointments
        # A portal on this machine is nobody else's business.
        assert proxy.received == []

    assert [(appointment.name, appointment.attendee_name) for appointment in made] == [("日本", "Łukasz")]
    assert ended.code == 0
    assert "\\u0141ukasz <l@example.nl>" in ended.output
    assert "Scheduled: \\u65e5\\u672c" in ended.messages


async def test_ascii_an_unknown_zone_a_dead_proxy_and_an_odd_folder_at_once(
    started_anew: Start, tmp_path: Path
) -> None:
    dead = "http://127.0.0.1:9"
    folder = tmp_path / "map é 日本 %20#"
    folder.mkdir()
    calendar = folder / "kalender é.html"
    run = await started_anew(
        *("schedule-file", visits(folder, 3, name="afspraken é.csv"), "--ignore-column", "portal"),
        *("--sandbox", *FAST, "--calendar", calendar, "--output", folder / "uit é.csv"),
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"), dead),
        PYTHONIOENCODING="ascii:strict",
        TZ="Foo/Bar",
    )
    ended = await run.end()

    assert ended.code == 0, ended.everything
    assert "none missing, none twice" in ended.messages
    assert "kalender \\xe9.html (open it in a browser)" in ended.messages
    assert "Visit 2" in calendar.read_text("utf-8")
    assert (folder / "uit é.csv").read_text("utf-8").count("scheduled") == 3


# --- the clock -------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="TZ means nothing there")
async def test_a_time_zone_that_cannot_be_is_said_before_anything_is_sent(started_anew: Start, tmp_path: Path) -> None:
    """A batch ended in a traceback half way, at the first look at the clock."""
    async with sandbox_of() as sandbox:
        run = await started_anew("schedule-file", visits(tmp_path, 1), base_url=sandbox.url, TZ="XXX-25:99")
        ended = await run.end()
        assert sandbox.requests == []

    assert ended.code == 2
    assert ended.messages == (
        "The machine's time zone cannot be used: TZ='XXX-25:99'. Set TZ to a zone such as Europe/Amsterdam, or leave "
        "it out. Nothing was sent.\n"
    )


# --- folders ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("schedule-file",), ("batch", "run")])
def test_a_calendar_that_cannot_be_written_is_said_before_anything_is_booked(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    own_folder(monkeypatch, tmp_path)
    file = visits(tmp_path, 2)
    answer = command(*words, file, "--sandbox", *FAST, "--calendar", tmp_path / "gone" / "calendar.html")

    assert answer.code == 2
    assert "calendar.html: No such file or directory. Name another file. Nothing was sent." in answer.messages
    assert answer.output == ""
    assert not list(tmp_path.rglob("*calendar.db"))


def test_looking_whether_a_calendar_can_be_written_leaves_nothing_behind(command: Command, tmp_path: Path) -> None:
    calendar, kept = tmp_path / "new.html", tmp_path / "kept.html"
    kept.write_text("of yesterday")
    for path in (calendar, kept):
        answer = command(
            *("list", "--sandbox", "--calendar", path, "--sandbox-database", tmp_path / "gone" / "calendar.db")
        )
        assert answer.code == 2
        assert f"Can {tmp_path / 'gone' / 'calendar.db'} be read and written?" in answer.messages

    assert not calendar.exists()
    assert kept.read_text() == "of yesterday"


def test_results_that_could_not_be_put_in_order_are_refused_before_the_run(command: Command, tmp_path: Path) -> None:
    """A name that is nearly too long stands for a folder that takes no second file beside this one."""
    output = tmp_path / ("r" * 250 + ".csv")
    answer = command("schedule-file", visits(tmp_path, 2), "--sandbox", *FAST, "--output", output)

    assert answer.code == 2
    assert "cannot be written: File name too long. Nothing was sent." in answer.messages
    assert not output.exists()


@linux_only
def test_without_a_home_folder_it_says_where_jobs_can_be_kept(tmp_path: Path) -> None:
    """It was a traceback; and older releases of platformdirs made a folder called `~`."""
    visits(tmp_path, 1)
    # Without a list of users, nobody knows the home of a process that has no HOME: as in a container with a bare uid.
    code = (
        "import sys; sys.modules['pwd'] = None\n"
        "sys.argv = ['mijnklantportaal', 'batch', 'run', 'visits.csv', '--sandbox']\n"
        "from mijnklantportaal_async.cli import main; main()"
    )
    homeless = {name: value for name, value in os.environ.items() if name not in {"HOME", "XDG_DATA_HOME"}}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=homeless, capture_output=True, text=True, check=False
    )

    assert run.returncode == 2, run.stderr
    assert "There is no home folder to keep the jobs in: HOME is not set" in run.stderr
    assert "--database sqlite:///jobs.db." in run.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["visits.csv"]


@linux_only
def test_jobs_lie_in_the_home_folder_whatever_it_and_their_file_are_called(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`%20` was read as a space, so that the rows, with people's names, lay in a folder of nobody's; and a name that is
    no Unicode was a traceback of the database.
    """
    home, file = tmp_path / "Zoë %20 100%#", Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv"))
    home.mkdir()
    own_folder(monkeypatch, home)
    visits(tmp_path, 1).rename(file)
    answer = command("batch", "submit", file, "--job", "spring")

    assert answer.code == 0, answer.everything
    assert (home / "mijnklantportaal" / "batch.db").is_file()
    assert {path.name for path in tmp_path.iterdir()} == {home.name, file.name}
    assert r"caf\udce9.csv" in command("batch", "status", "spring").output


# --- proxies ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "portal.localhost", "[::1]"])
def test_what_is_on_this_machine_needs_no_proxy(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """The key of a portal on 127.0.0.2 went to the proxy, unencrypted."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")

    assert proxy_for(f"http://{host}:8080/v1") is None


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
def test_a_proxy_without_a_scheme_is_one_of_http(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "proxy.example:3128")

    assert proxy_for("https://portal.example/v1") == "http://proxy.example:3128"


@pytest.mark.parametrize(
    "proxy", ["socks5://user:secret@proxy.example", "http://", "http://user:secret@proxy.example:99999", "http://[::1"]
)
def test_what_is_no_http_proxy_is_refused_before_anything_is_sent(
    command: Command, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.setenv("MIJNKLANTPORTAAL_API_KEY", KEY)
    answer = command("list", "--base-url", "https://portal.invalid/v1")

    assert answer.code == 2
    assert "HTTPS_PROXY: the proxy must be the URL of an HTTP proxy" in answer.messages
    assert "name portal.invalid in NO_PROXY" in answer.messages
    assert "secret" not in answer.everything


def test_a_base_url_that_is_none_is_said_though_a_proxy_is_looked_for() -> None:
    with pytest.raises(CommandError, match="is not a URL"):
        proxy_for("http://[::1")
