"""`login`, `logout`, `portals` and `--portal`: the key once, kept where nobody else finds it, sent nowhere else."""

import asyncio
import json
import os
import socket
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from batch_cli_support import own_folder, visits
from cli_support import KEY, Command, Outcome, Sit, needs_proc
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked
from typer.testing import CliRunner

from mijnklantportaal_async.calling.auth import hide
from mijnklantportaal_async.cli.application import application
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.kept_portals import KeptPortal, keep, kept_portal
from mijnklantportaal_async.cli.machine_keyring import KeyringTroubleError, MachineKeyring
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.portal_settings import PortalSettings
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.sandbox import Sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="XDG_DATA_HOME")

ADDRESS = "https://portal.example/v1"
OTHER_KEY = "another-key-that-nobody-may-see"


class InMemory(KeyringBackend):
    """A keyring that works."""

    priority = 5  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Locked(InMemory):
    """One that nobody unlocks."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("the collection is locked")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked(f"cannot keep {password}")


class Forgetful(InMemory):
    """One that takes everything and keeps nothing, as `keyring.backends.null` does."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass


class Waiting(InMemory):
    """One that waits for a window that nobody sees."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.opened.wait(60)
        return None


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    own_folder(monkeypatch, tmp_path)
    return tmp_path / "mijnklantportaal" / "portals"


@pytest.fixture
def ring() -> Iterator[InMemory]:
    ring = InMemory()
    yield from used(ring)


@pytest.fixture(autouse=True)
def _no_keyring() -> Iterator[KeyringBackend]:
    yield from used(NoKeyring())


def used(ring: KeyringBackend) -> Iterator[KeyringBackend]:
    before = keyring.get_keyring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """On a thread of its own: the command has this one."""
    keys = {KEY: ["appointments.read", "appointments.write"], OTHER_KEY: ["appointments.write"]}
    sandbox, loop = Sandbox(keys=keys), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(sandbox.start(), loop).result(10)
        yield sandbox
        asyncio.run_coroutine_threadsafe(sandbox.stop(), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def settings(name: str | None = None, **options: str) -> PortalSettings:
    return PortalSettings(Connection(portal=name, **options))


# --- where a key is kept ---------------------------------------------------------------------------------------------


def test_without_a_keyring_it_is_a_file_for_its_owner_alone(home: Path) -> None:
    portal, reason = keep("default", ADDRESS, "Europe/Amsterdam", hide(KEY), in_file=False)

    assert reason == "there is none that keeps secrets safely"
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE(portal.path.stat().st_mode) == 0o600
    assert [path.name for path in home.iterdir()] == ["default.json"]
    assert KEY not in repr(portal)
    assert settings().needed_key("default", Terminal.open()).reveal() == KEY


def test_the_file_is_for_its_owner_from_its_first_byte(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the process's mask says; and a file that lay there before is not written into."""
    home.mkdir(parents=True)
    (home / f".default.json.{os.getpid()}.new").touch(0o666)
    before = os.umask(0)
    try:
        portal, _ = keep("default", ADDRESS, "Europe/Amsterdam", hide(KEY), in_file=True)
    finally:
        os.umask(before)

    assert stat.S_IMODE(portal.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_with_a_keyring_no_file_has_it(home: Path, ring: InMemory) -> None:
    portal, reason = keep("default", ADDRESS, "Europe/Amsterdam", hide(KEY), in_file=False)

    assert (reason, portal.place) == ("", "the keyring")
    assert list(ring.kept.values()) == [KEY]
    assert KEY not in portal.path.read_text()
    assert settings().needed_key("default", Terminal.open()).reveal() == KEY


def test_another_address_or_place_leaves_nothing_behind(home: Path, ring: InMemory) -> None:
    for address, in_file in ((ADDRESS, False), ("https://other.example/v1", False), (ADDRESS, True)):
        keep("oost", address, "Europe/Amsterdam", hide(KEY), in_file=in_file)
        assert len(ring.kept) == (not in_file)


@pytest.mark.parametrize(
    ("ring_kind", "said"),
    [(Locked, "KeyringLocked: cannot keep ***"), (Forgetful, "it does not keep what it is given")],
)
def test_a_keyring_that_does_not_keep_it_is_not_used(ring_kind: type[InMemory], said: str) -> None:
    for _ in used(ring_kind()):
        portal, reason = keep("default", ADDRESS, "Europe/Amsterdam", hide(KEY), in_file=False)

    assert reason == said
    assert KEY in portal.path.read_text()


def test_a_keyring_that_waits_for_nobody_holds_nothing_up(ring: InMemory) -> None:
    waiting = Waiting()
    try:
        for _ in used(waiting):
            with pytest.raises(KeyringTroubleError, match=r"did not answer within 0\.05 s; is it locked\?"):
                MachineKeyring(patience=0.05).get("default")
    finally:
        waiting.opened.set()


def test_a_key_that_the_keyring_does_not_give_is_an_error_that_helps(ring: InMemory, command: Command) -> None:
    keep("default", ADDRESS, "Europe/Amsterdam", hide(KEY), in_file=False)
    for _ in used(Locked()):
        answer = command("list")
        shown = command("portals")

    assert answer.code == 2
    assert "which does not give it: KeyringLocked: the collection is locked. Nothing was sent." in answer.messages
    assert shown.code == 0


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "default"}', '{"name": 5, "address": 5, "timezone": 5}'])
def test_a_damaged_file_says_what_to_do(home: Path, text: str) -> None:
    home.mkdir(parents=True)
    (home / "default.json").write_text(text)
    with pytest.raises(CommandError, match="is damaged. Nothing was sent. Remove it, and log in again"):
        kept_portal("default")


def test_a_file_that_others_can_read_is_refused() -> None:
    portal, _ = keep("default", ADDRESS, "Europe/Amsterdam", hide(KEY), in_file=True)
    portal.path.chmod(0o644)
    with pytest.raises(CommandError, match="others on this machine can read it"):
        kept_portal("default")


# --- what goes before what -------------------------------------------------------------------------------------------


def test_a_key_in_a_variable_goes_before_the_one_that_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    keep("oost", ADDRESS, "Europe/London", hide(KEY), in_file=True)
    monkeypatch.setenv("MIJNKLANTPORTAAL_API_KEY_OOST", OTHER_KEY)
    monkeypatch.setenv("MIJNKLANTPORTAAL_BASE_URL", "https://all.example/v1")
    found = settings("oost")

    assert found.needed_key("oost", Terminal.open()).reveal() == OTHER_KEY
    # Then nothing of what is kept counts: a key of the environment goes to an address of the environment.
    assert (found.base_url("oost"), found.timezone("oost")) == ("https://all.example/v1", "Europe/Amsterdam")


def test_what_is_kept_goes_before_what_is_for_all_portals(monkeypatch: pytest.MonkeyPatch) -> None:
    keep("oost", ADDRESS, "Europe/London", hide(KEY), in_file=True)
    monkeypatch.setenv("MIJNKLANTPORTAAL_BASE_URL", "https://all.example/v1")
    monkeypatch.setenv("MIJNKLANTPORTAAL_TIMEZONE", "Europe/Paris")
    found = settings("oost")

    assert (found.base_url("oost"), found.timezone("oost")) == (ADDRESS, "Europe/London")
    assert settings("oost", timezone="Europe/Rome").timezone("oost") == "Europe/Rome"
    assert found.key("west") is None
    assert found.base_url("west") == "https://all.example/v1"


@pytest.mark.parametrize("name", ["oost", "Oost", "OOST"])
def test_a_name_is_found_as_its_variable_would_be(name: str) -> None:
    keep("Oost", ADDRESS, "Europe/Amsterdam", hide(KEY), in_file=True)

    assert settings(name).needed_key(name, Terminal.open()).reveal() == KEY


@pytest.mark.parametrize("of_variable", [True, False])
def test_a_kept_key_is_never_sent_to_another_address(monkeypatch: pytest.MonkeyPatch, of_variable: bool) -> None:
    keep("default", ADDRESS, "Europe/Amsterdam", hide(KEY), in_file=True)
    if of_variable:
        monkeypatch.setenv("MIJNKLANTPORTAAL_BASE_URL", "https://elsewhere.example/v1")
        found = settings()
    else:
        found = settings(base_url="https://elsewhere.example/v1")
    with pytest.raises(
        CommandError, match="is kept for https://portal.example/v1, and this command goes to https://els"
    ):
        found.key("default")
    # The same, written differently, is the same.
    assert settings(base_url="https://PORTAL.example:443/v1/").key("default") is not None


def test_who_changes_the_address_in_the_file_does_not_get_the_key(ring: InMemory) -> None:
    portal, _ = keep("default", ADDRESS, "Europe/Amsterdam", hide(KEY), in_file=False)
    portal.path.write_text(portal.path.read_text().replace("portal.example", "elsewhere.example"))
    with pytest.raises(CommandError, match="it is not in there any more"):
        settings().key("default")


# --- the commands ----------------------------------------------------------------------------------------------------


def no_key_in(*outcomes: Outcome) -> bool:
    return all(KEY not in outcome.everything and OTHER_KEY not in outcome.everything for outcome in outcomes)


def test_login_tries_the_key_once_and_the_others_find_it(command: Command, sandbox: Sandbox, home: Path) -> None:
    refused = command("login", "--base-url", sandbox.url, answer="wrong-key\n")
    asked = len(sandbox.requests)
    taken = command("login", "--base-url", sandbox.url, answer=f"{KEY}\n")
    listed = command("list", "-vv")
    shown = command("portals", "--json")
    gone = command("logout")
    after = command("list")

    assert (refused.code, asked) == (4, 1)
    assert "refuses the key: 401" in refused.messages
    assert "Nothing is kept." in refused.messages
    assert taken.code == 0, taken.messages
    assert "The portal takes the key. In it: 0 appointments in the next 7 days." in taken.messages
    assert listed.code == 0, listed.messages
    assert json.loads(shown.output)[0]["address"] == sandbox.url
    assert "It still works: delete it" in gone.messages
    assert (after.code, list(home.iterdir())) == (2, [])
    assert "log in with `mijnklantportaal login`" in after.messages
    assert {request.method for request in sandbox.requests} == {"GET"}
    assert no_key_in(refused, taken, listed, shown, gone, after)
    assert "wrong-key" not in refused.everything


@pytest.mark.parametrize("typed", ["", "\n", "two words\n"])
def test_what_is_no_key_is_not_tried(command: Command, sandbox: Sandbox, home: Path, typed: str) -> None:
    answer = command("login", "--base-url", sandbox.url, answer=typed)

    assert answer.code == 2
    assert not home.exists()
    assert not sandbox.requests


@needs_proc
async def test_at_a_terminal_the_key_is_not_shown(sandbox: Sandbox, home: Path, at_terminal: Sit) -> None:
    environment = {"MIJNKLANTPORTAAL_BASE_URL": sandbox.url, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    at = at_terminal("login", "--portal", "oost", environment=environment)
    await at.until_it_shows("it is not shown): ")
    at.type(f"{OTHER_KEY}\n")

    assert await at.end() == 0, at.shown
    assert OTHER_KEY not in at.shown
    assert "which may not read appointments (403" in " ".join(at.shown.split())
    assert kept_portal("oost") is not None


def test_portals_says_where_each_key_is(command: Command, ring: InMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    keep("default", ADDRESS, "Europe/Amsterdam", hide(KEY), in_file=False)
    keep("oost", ADDRESS, "Europe/Amsterdam", hide(KEY), in_file=True)
    monkeypatch.setenv("MIJNKLANTPORTAAL_API_KEY_OOST", OTHER_KEY)
    monkeypatch.setenv("MIJNKLANTPORTAAL_API_KEY_WEST", OTHER_KEY)
    answer = command("portals", "--json")

    assert [(portal["name"], portal["key"]) for portal in json.loads(answer.output)] == [
        ("default", "the keyring"),
        ("oost", "MIJNKLANTPORTAAL_API_KEY_OOST"),
        (None, "MIJNKLANTPORTAAL_API_KEY_WEST"),
    ]
    assert no_key_in(answer, command("portals"))


def test_logout_of_what_is_not_there_says_what_is(command: Command) -> None:
    keep("oost", ADDRESS, "Europe/Amsterdam", hide(KEY), in_file=True)
    answer = command("logout")

    assert answer.code == 2
    assert "No key is kept for the portal 'default'. Kept are: oost." in answer.messages


def test_a_row_of_a_batch_finds_its_portal_in_the_same_place(command: Command, tmp_path: Path) -> None:
    keep("oost", ADDRESS, "Europe/Amsterdam", hide(KEY), in_file=True)
    submitted = command("batch", "submit", visits(tmp_path, 2, portals="oost"), "--job", "spring")
    shown = command("batch", "status", "spring", "--json")

    assert submitted.code == 0, submitted.messages
    assert [portal["address"] for portal in json.loads(shown.output)["portals"]] == [ADDRESS]
    assert no_key_in(submitted, shown)
    assert not any(KEY.encode() in path.read_bytes() for path in tmp_path.rglob("*.db*"))


# --- doctor ----------------------------------------------------------------------------------------------------------


def test_without_a_key_doctor_checks_all_else(command: Command, sandbox: Sandbox) -> None:
    result = command("doctor", "--json", "--base-url", sandbox.url)
    checks = {check["subject"]: check for check in json.loads(result.output)}

    assert result.code == 1
    fine = {name for name, check in checks.items() if check["verdict"] == "ok"}
    assert fine >= {"Versions", "Extras", "Time zone", "Connection", "Clock", "Batches"}
    assert checks["API key"]["found"] == "there is none"
    assert "whether it may read appointments" in checks["API key"]["advice"]
    assert "Log in: mijnklantportaal login" in result.messages
    assert [request.headers.get("authorization") for request in sandbox.requests] == [None]


def test_without_a_key_and_a_portal_doctor_says_both(command: Command) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        # Nobody listens there.
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        result = command("doctor", "--base-url", address)

    assert result.code == 4
    assert f"No connection to {address}" in result.output
    assert "there is none" in result.output


def test_a_kept_portal_shows_no_key() -> None:
    portal = KeptPortal(name="x", address=ADDRESS, timezone="UTC", path=Path("x"), secret=hide(KEY))

    assert KEY not in f"{portal!r} {portal}"


def test_completion_knows_the_names_of_kept_portals(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("oost", "oostende", "west"):
        keep(name, ADDRESS, "Europe/Amsterdam", hide(KEY), in_file=True)
    result = CliRunner().invoke(
        application,
        [],
        prog_name="mijnklantportaal",
        env={
            "_MIJNKLANTPORTAAL_COMPLETE": "complete_bash",
            "COMP_WORDS": "mijnklantportaal list --portal oo",
            "COMP_CWORD": "3",
        },
    )

    assert result.stdout.split() == ["oost", "oostende"]


def test_a_key_that_is_refused_is_named_by_where_it_is_from(
    command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep("default", sandbox.url, "Europe/Amsterdam", hide("a-key-that-was-deleted"), in_file=True)
    kept = command("list")
    monkeypatch.setenv("MIJNKLANTPORTAAL_API_KEY", "another-key-that-was-deleted")
    of_variable = command("list", "--base-url", sandbox.url)

    assert (kept.code, of_variable.code) == (4, 4)
    assert "The key is the one of `login`, in " in kept.messages
    assert "The key stands in MIJNKLANTPORTAAL_API_KEY." in of_variable.messages
    assert "list_appointments" not in kept.messages
    assert "deleted" not in kept.everything + of_variable.everything
