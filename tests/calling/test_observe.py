"""Hooks and the log."""

import asyncio
import logging
import re
from contextlib import suppress

import pytest
from given import SECRET, MakePortal
from scripted_server import ScriptedServer, answer, appointment, drop

from mijnklantportaal_async import MijnKlantportaalError, RateLimit, with_response
from mijnklantportaal_async.events import (
    AttemptFinished,
    AttemptStarted,
    CallFinished,
    CallStarted,
    Event,
    PermitWaited,
    RetryPlanned,
)

FOUND = answer(200, appointment())


async def test_hooks_hear_every_step_in_order(make_portal: MakePortal) -> None:
    events: list[Event] = []
    async with ScriptedServer(answer(503), drop, FOUND) as server:
        await make_portal(server.url, hooks=[events.append]).get_appointment("apt_1")
    assert [type(event) for event in events] == [
        CallStarted,
        AttemptStarted,
        AttemptFinished,
        RetryPlanned,
        AttemptStarted,
        AttemptFinished,
        RetryPlanned,
        AttemptStarted,
        AttemptFinished,
        CallFinished,
    ]
    assert len({event.call for event in events}) == 1
    finished = [event for event in events if isinstance(event, AttemptFinished)]
    assert [event.status for event in finished] == [503, None, 200]
    assert [event.error is None for event in finished] == [True, False, True]
    assert [event.attempt for event in finished] == [1, 2, 3]
    assert all(event.operation == "get_appointment" and event.path == "/appointments/apt_1" for event in finished)
    planned = [event for event in events if isinstance(event, RetryPlanned)]
    assert [(event.attempt, event.wait) for event in planned] == [(1, 0.0), (2, 0.0)]
    with pytest.raises(AttributeError):
        planned[0].attempt = 7  # type: ignore[misc]


async def test_waiting_for_a_permit_is_told(make_portal: MakePortal) -> None:
    events: list[Event] = []
    async with ScriptedServer(otherwise=FOUND) as server:
        portal = make_portal(server.url, hooks=[events.append], rate_limit=RateLimit(requests=1, per=0.1))
        await portal.get_appointment("apt_1")
        await portal.get_appointment("apt_1")
    (waited,) = [event for event in events if isinstance(event, PermitWaited)]
    assert waited.waited > 0.05
    assert waited.operation == "get_appointment"


async def test_a_hook_that_fails_breaks_nothing(make_portal: MakePortal, caplog: pytest.LogCaptureFixture) -> None:
    def broken(event: Event) -> None:
        raise ZeroDivisionError

    async with ScriptedServer(FOUND) as server:
        await make_portal(server.url, hooks=[broken]).get_appointment("apt_1")
    assert "the hook" in caplog.text
    assert "ZeroDivisionError" in caplog.text


async def test_the_log_is_silent_by_default(make_portal: MakePortal, capfd: pytest.CaptureFixture[str]) -> None:
    async with ScriptedServer(answer(503), FOUND) as server:
        await make_portal(server.url).get_appointment("apt_1")
    assert capfd.readouterr() == ("", "")


async def test_the_log_without_hooks_and_without_the_key(
    make_portal: MakePortal, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="mijnklantportaal_async"):
        async with ScriptedServer(answer(503), drop, FOUND) as server:
            await make_portal(server.url).get_appointment("apt_1")
    levels = [record.levelno for record in caplog.records if record.name == "mijnklantportaal_async"]
    debug, info, warning = logging.DEBUG, logging.INFO, logging.WARNING
    assert levels == [debug, debug, debug, warning, debug, info, warning, debug, debug, debug]
    assert SECRET not in caplog.text


async def test_what_goes_wrong_is_logged_at_warning_without_debug(
    make_portal: MakePortal, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="mijnklantportaal_async"):
        async with ScriptedServer(answer(503), drop, FOUND) as server:
            await make_portal(server.url).get_appointment("apt_1")
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert re.search(r"RetryPlanned\(call=\d+, operation='get_appointment', attempt=1", caplog.text)


async def test_a_hook_that_is_a_coroutine_runs_beside_the_call_and_is_waited_for_at_the_end(
    make_portal: MakePortal, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[str] = []
    gate = asyncio.Event()

    async def slow(event: Event) -> None:
        await gate.wait()
        heard.append(type(event).__name__)

    async def broken(event: Event) -> None:
        raise ZeroDivisionError

    async with ScriptedServer(FOUND) as server:
        async with make_portal(server.url, hooks=[slow, broken]) as portal:
            # The call does not wait for what its hooks wait for.
            response = await with_response(portal.get_appointment, "apt_1")
            assert (response.attempts, heard) == (1, [])
            gate.set()
        assert sorted(heard) == ["AttemptFinished", "AttemptStarted", "CallFinished", "CallStarted"]
    assert caplog.text.count("\nZeroDivisionError") == 4
    assert "never retrieved" not in caplog.text


async def test_a_call_that_a_hook_makes_is_not_taken_for_the_one_it_hears_of(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=FOUND) as server:
        asked = False

        async def ask(event: Event) -> None:
            nonlocal asked
            if not asked:
                asked = True
                await asyncio.sleep(1)
                await portal.get_appointment("apt_2")

        async def call_and_wait() -> None:
            await portal.get_appointment("apt_1")
            await asyncio.sleep(2)

        portal = make_portal(server.url, hooks=[ask])
        response = await with_response(call_and_wait)
        assert len(server.received) == 2
        assert response.elapsed < 1


async def test_a_hook_that_never_ends_does_not_keep_a_session_from_closing(
    make_portal: MakePortal, caplog: pytest.LogCaptureFixture
) -> None:
    cancelled: list[bool] = []

    async def endless(event: Event) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    async with ScriptedServer(FOUND) as server, make_portal(server.url, hooks=[endless]) as portal:
        await portal.get_appointment("apt_1")
    await asyncio.sleep(0)
    assert cancelled == [True] * 4
    assert "did not end within 5 s" in caplog.text


async def test_a_hook_may_close_the_session(make_portal: MakePortal) -> None:
    async def close(event: Event) -> None:
        await portal.aclose()

    async with ScriptedServer(otherwise=FOUND) as server:
        portal = make_portal(server.url, hooks=[close])
        with suppress(MijnKlantportaalError):
            await portal.get_appointment("apt_1")
        await portal.aclose()
        assert "closed" in repr(portal)
