"""What the faults that are rarer do on the wire, where a status does not say it all."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING

import orjson
import pytest
from moved_time import LoopClock
from sandbox_calls import BODY, Caller, DroppedError

from mijnklantportaal_async.sandbox import Fault, Faults, Sandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import aiohttp

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=LoopClock(), rate_limit=None) as sandbox:
        yield sandbox


async def connect(sandbox: Sandbox) -> Connection:
    host, port = sandbox.url.removeprefix("http://").removesuffix("/v1").split(":")
    return await asyncio.open_connection(host, int(port))


def send(sandbox: Sandbox, connection: Connection, **changes: str) -> None:
    body = orjson.dumps({**BODY, **changes})
    head = (
        f"POST /v1/appointments HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {sandbox.api_key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connection[1].write(head.encode() + body)


async def answer(connection: Connection) -> tuple[int, bytes]:
    head = (await connection[0].readuntil(b"\r\n\r\n")).decode()
    length = next(line for line in head.split("\r\n") if line.lower().startswith("content-length"))
    return int(head.split()[1]), await connection[0].readexactly(int(length.split(":")[1]))


async def test_pages_of_a_firewall(sandbox: Sandbox, call: Caller) -> None:
    for fault, made in ((Fault.HTML_BEFORE_COMMIT, 0), (Fault.HTML_AFTER_COMMIT, 1)):
        sandbox.fail_next(fault)
        reply = await call.schedule()
        assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html")
        assert b"</html>" in reply.body
        assert len(sandbox.appointments) == made


async def test_answers_without_the_record(sandbox: Sandbox, call: Caller) -> None:
    for fault, status in ((Fault.EMPTY_BODY, 201), (Fault.NO_CONTENT, 204)):
        sandbox.fail_next(fault)
        reply = await call.schedule()
        assert (reply.status, reply.body) == (status, b"")
    assert len(sandbox.appointments) == 2
    assert sandbox.connections_accepted == 1


async def test_accepted_has_the_record(sandbox: Sandbox, call: Caller) -> None:
    sandbox.fail_next(Fault.ACCEPTED)
    reply = await call.schedule()
    assert (reply.status, reply.json["id"]) == (202, sandbox.appointments[0].id)


@pytest.mark.parametrize("person", [{}, {"customerId": "cst_1"}])
async def test_the_record_of_another(sandbox: Sandbox, call: Caller, person: dict[str, str]) -> None:
    sandbox.fail_next(Fault.ANOTHER_RECORD)
    reply = await call.schedule(**person)
    stored = sandbox.appointments[0]
    assert reply.status == 201
    assert reply.json["id"] not in (stored.id, None)
    assert reply.json["attendeeEmail"] != stored.attendee_email
    assert reply.json["customerId"] == (None if not person else "cst_another0000")
    assert reply.json["startsAt"] == "2027-03-05T14:30:00+01:00"
    sandbox.fail_next(Fault.ANOTHER_RECORD)
    listed = (await call("GET", "/appointments?start_at=2027-03-05 00:00")).json["data"]
    assert [item["id"] for item in listed] == [stored.id], "a list stays as it is"


async def test_an_answer_that_nobody_asked_for(sandbox: Sandbox, call: Caller) -> None:
    sandbox.fail_next(Fault.UNASKED_ANSWER)
    connection = await connect(sandbox)
    send(sandbox, connection)
    asked = await answer(connection)
    unasked = await answer(connection)
    assert asked == unasked
    assert orjson.loads(asked[1])["id"] == sandbox.appointments[0].id
    # Who does not look takes it for the answer to the next request.
    send(sandbox, connection, startsAt="2027-03-05 10:00")
    assert orjson.loads((await answer(connection))[1])["id"] == sandbox.appointments[1].id
    sandbox.fail_next(Fault.UNASKED_ANSWER)
    await call("GET", "/appointments")
    connection[1].close()
    assert len(sandbox.appointments) == 2


async def test_429_without_a_word(session: aiohttp.ClientSession) -> None:
    async with Sandbox() as sandbox:
        sandbox.fail_next(Fault.BARE_TOO_MANY_REQUESTS)
        reply = await Caller(sandbox, session).schedule()
        assert reply.status == 429
        assert not [name for name in reply.headers if name.lower().startswith(("retry", "x-rate"))]


async def test_absurd_times_to_come_back(sandbox: Sandbox, call: Caller) -> None:
    sandbox.fail_next(Fault.ABSURD_RETRY_AFTER, times=3)
    replies = [await call.schedule() for _ in range(3)]
    assert {reply.status for reply in replies} == {429}
    said = {reply.headers["retry-after"] for reply in replies}
    assert said == {"20000000", "9" * 5000, "Fri, 31 Dec 99999 23:59:59 GMT"}


# --- The line ----------------------------------------------------------------------------------------------------


async def test_a_dead_line_that_is_waited_for_answers(sandbox: Sandbox) -> None:
    sandbox.fail_next(Fault.DEAD_LINE)
    connection = await connect(sandbox)
    send(sandbox, connection)
    await asyncio.sleep(39)
    assert sandbox.appointments == ()
    assert (await answer(connection))[0] == 201
    assert len(sandbox.appointments) == 1
    connection[1].close()


async def test_what_a_dead_line_held_back_arrives_although_the_client_closed(sandbox: Sandbox, call: Caller) -> None:
    sandbox.fail_next(Fault.DEAD_LINE, delay=20)
    connection = await connect(sandbox)
    send(sandbox, connection)
    await asyncio.sleep(8)
    connection[1].close()
    await connection[1].wait_closed()
    await asyncio.sleep(11)
    assert sandbox.appointments == ()
    assert (await call("GET", "/appointments")).status == 200, "other connections live"
    await asyncio.sleep(2)
    assert len(sandbox.appointments) == 1
    assert sandbox.requests[0].status is None


async def test_what_was_reset_never_arrives(sandbox: Sandbox) -> None:
    sandbox.fail_next(Fault.DEAD_LINE)
    connection = await connect(sandbox)
    send(sandbox, connection)
    await asyncio.sleep(8)
    made = connection[1].get_extra_info("socket")
    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection[1].transport.abort()
    await asyncio.sleep(60)
    assert sandbox.appointments == ()
    assert sandbox.requests_in_progress == 0
    assert sandbox.open_connections == 0


async def test_a_portal_that_restarts(sandbox: Sandbox, call: Caller) -> None:
    idle, url = await connect(sandbox), sandbox.url
    await asyncio.sleep(1)
    sandbox.fail_next(Fault.RESTART)
    with pytest.raises(DroppedError):
        await call.schedule()
    with pytest.raises(ConnectionResetError):
        await idle[0].read()
    idle[1].close()
    for _ in range(9):
        with pytest.raises(ConnectionRefusedError):
            await connect(sandbox)
        await asyncio.sleep(1)
    await asyncio.sleep(2)
    assert (await call.schedule()).status == 201
    assert (sandbox.url, len(sandbox.appointments)) == (url, 1)


async def test_a_portal_can_be_stopped_while_it_restarts(session: aiohttp.ClientSession) -> None:
    sandbox = Sandbox(clock=LoopClock())
    await sandbox.start()
    sandbox.fail_next(Fault.RESTART)
    with pytest.raises(DroppedError):
        await Caller(sandbox, session).schedule()
    await sandbox.stop()
    await sandbox.start()
    assert (await Caller(sandbox, session).schedule()).status == 201
    await sandbox.stop()


def test_random_ones_have_times_of_their_own() -> None:
    faults = Faults(seed=1, share=0.2, delay=1, dead=30, down=5)
    assert [faults.delay_of(fault) for fault in (Fault.LATE_COMMIT, Fault.DEAD_LINE, Fault.RESTART)] == [1, 30, 5]
