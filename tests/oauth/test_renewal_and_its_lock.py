"""What a renewal holds on to, for how long, and what is left when it is broken off."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import filelock
import orjson
import pytest
from moved_time import LoopClock
from oauth_given import application, connected, refreshes
from scripted_server import ScriptedServer, answer

from mijnklantportaal_async import Timeouts
from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.oauth import FileTokenStore, MemoryTokenStore, PortalTokens
from mijnklantportaal_async.oauth.files import WINDOWS_TRIES, patiently
from mijnklantportaal_async.oauth.stores import Hold
from mijnklantportaal_async.sandbox import Fault, OAuthRules

RENEWS = """
import asyncio, sys
from mijnklantportaal_async.oauth import FileTokenStore, OAuthApp

async def main():
    folder, address = sys.argv[1:]
    async with OAuthApp(client_id="sandbox-app", client_secret="sandbox-secret", base_url=address,
                        redirect_uri="http://127.0.0.1:8000/callback", tokens=FileTokenStore(folder)) as app:
        auth = app.auth("owner")
        await auth.refresh(await auth.token())

asyncio.run(main())
"""


@pytest.mark.machine_time
async def test_after_a_process_that_was_killed_the_next_one_repeats_the_renewal(tmp_path: Path) -> None:
    """The answer with the new refresh token went to nobody; the old one is still in the store, and not held."""
    store = FileTokenStore(tmp_path)
    async with connected("owner", rules=OAuthRules(rotating=True), app={"tokens": store}) as (sandbox, app):
        dead = await app.auth("owner").token()
        sandbox.fail_next(Fault.STALL_AFTER_COMMIT, path="/oauth/tokens")
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", RENEWS, str(tmp_path), sandbox.manage_url)
        async with asyncio.timeout(60):
            while not refreshes(sandbox):
                await asyncio.sleep(0.01)
        process.kill()
        await process.wait()
        assert await app.auth("owner").refresh(dead) not in {None, dead}
        spent = [orjson.loads(request.body).get("refresh_token") for request in sandbox.token_requests[1:]]
        assert (len(spent), len(set(spent))) == (2, 1)
        [grant] = sandbox.oauth.grants
        assert (grant.replayed, grant.is_revoked) == (0, False)


class Noting(MemoryTokenStore):
    """Knows for how long it was held."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    @asynccontextmanager
    async def hold(self, owner: str) -> AsyncGenerator[Hold]:
        async with super().hold(owner):
            yield self

    async def extend(self, seconds: float) -> None:
        """As `Hold.extend`."""
        self.seconds.append(seconds)


async def test_a_renewal_may_take_longer_than_a_call_and_the_hold_outlives_it() -> None:
    store = Noting()
    async with connected("owner", app={"tokens": store}) as (sandbox, app):
        dead = await app.auth("owner").token()
        for delay, requests in ((40, 1), (50, 3)):
            assert delay > (Timeouts().attempt or 0)
            sandbox.fail_next(Fault.SLOW_COMMIT, path="/oauth/tokens", delay=delay)
            began = asyncio.get_running_loop().time()
            fresh = await app.auth("owner").refresh(dead)
            assert fresh not in {None, dead}
            dead = fresh or ""
            assert refreshes(sandbox) == requests
            took = asyncio.get_running_loop().time() - began
            # The second was given up, and repeated within seconds.
            assert 40 <= took < 55
        # Asked anew for each request, each time for longer than that may take.
        assert len(store.seconds) == 3
        assert min(store.seconds) > 45


@pytest.mark.parametrize("part", [{}, {"refresh_token": None}, {"refresh_token": ""}])
async def test_an_answer_without_a_refresh_token_keeps_the_old_one(part: dict[str, Any]) -> None:
    """As documented: over and over, and in one write with the access token."""
    store = MemoryTokenStore()
    old = PortalTokens(access_token=Token("access-1"), refresh_token=Token("refresh-1"), expires_at=0.0, life=60.0)
    await store.save("owner", old, None)
    steps = [answer(200, {"access_token": f"access-{number}", "expires_in": 60} | part) for number in (2, 3)]
    last = answer(200, {"access_token": "access-4", "refresh_token": "refresh-2", "expires_in": 60})
    async with (
        ScriptedServer(*steps, otherwise=last) as server,
        application(server.url.removesuffix("/v1"), tokens=store) as app,
    ):
        auth = app.auth("owner")
        for number, kept in ((2, "refresh-1"), (3, "refresh-1"), (4, "refresh-2")):
            assert await auth.token() == f"access-{number}"
            stored = await store.load("owner")
            assert stored is not None
            assert (stored.access_token, stored.refresh_token) == (Token(f"access-{number}"), Token(kept))
            await asyncio.sleep(61)
        assert {received.json["refresh_token"] for received in server.received} == {"refresh-1"}


async def test_a_token_that_is_good_takes_no_lock() -> None:
    store = MemoryTokenStore()
    async with (
        connected("owner", app={"tokens": store}) as (sandbox, one),
        application(sandbox.manage_url, tokens=store) as other,
    ):
        async with store.hold("owner"):
            dead = await one.auth("owner").token()
            assert await other.auth("owner").token() == dead
            waiting = asyncio.ensure_future(other.auth("owner").refresh(dead))
            await asyncio.sleep(20)
            assert not waiting.done(), "a dead one waits for whoever renews"
        assert await waiting not in {None, dead}


class Calendar(LoopClock):
    """One that somebody puts right, or wrong."""

    ahead = 0.0

    def wall(self) -> float:
        return super().wall() + self.ahead


@pytest.mark.parametrize("ahead", [3600.0, -3600.0, 1e9])
async def test_a_calendar_that_is_put_right_ends_no_token_and_lets_none_live_longer(ahead: float) -> None:
    clock, store = Calendar(), MemoryTokenStore()
    rules = OAuthRules(access_life=600)
    async with connected("owner", rules=rules, app={"clock": clock, "tokens": store}) as (sandbox, app):
        auth = app.auth("owner")
        first = await auth.token()
        clock.ahead = ahead
        await asyncio.sleep(100)
        assert await auth.token() == first
        assert refreshes(sandbox) == 0
        if ahead < 0:
            # To a process that begins now the token seems to have an hour more. It has its own life at the most.
            async with application(sandbox.manage_url, tokens=store, clock=clock) as later:
                auth = later.auth("owner")
                assert await auth.token() == first
                await asyncio.sleep(600)
                assert await auth.token() != first
        else:
            await asyncio.sleep(450)
            assert await auth.token() != first
        assert refreshes(sandbox) == 1


# --- files as Windows has them -----------------------------------------------------------------------------------


def in_use(times: int) -> Any:
    """As a file that somebody reads is there, for some tries."""
    tries: list[int] = []

    def act() -> int:
        tries.append(1)
        if len(tries) <= times:
            raise PermissionError(13, "The process cannot access the file")
        return len(tries)

    return act


def test_what_somebody_reads_is_tried_some_times_where_that_is_an_error() -> None:
    assert patiently(in_use(2), tries=WINDOWS_TRIES) == 3
    with pytest.raises(PermissionError):
        patiently(in_use(3), tries=3)
    if sys.platform != "win32":
        # Here it is nobody's reading, and does not pass.
        with pytest.raises(PermissionError):
            patiently(in_use(1))


@pytest.mark.machine_time
async def test_locks_are_beside_the_file_and_never_on_it(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path)
    old = PortalTokens(access_token=Token("a"), refresh_token=Token("r"), expires_at=None, life=None)
    await store.save("owner", old, None)
    names = {path.suffix: path for path in await asyncio.to_thread(lambda: list(tmp_path.iterdir()))}
    # Not filelock's: older ones empty what they lock.
    fcntl = pytest.importorskip("fcntl", reason="another way to lock on this system")
    async with store.hold("owner"), asyncio.timeout(60):
        with names[".json"].open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            assert await store.load("owner") == old
            new = PortalTokens(access_token=Token("b"), refresh_token=Token("r"), expires_at=None, life=None)
            assert await store.save("owner", new, old.generation)
        with pytest.raises(filelock.Timeout):
            filelock.FileLock(names[".json"].with_suffix(".lock"), blocking=False).acquire()
    assert await store.load("owner") == new
