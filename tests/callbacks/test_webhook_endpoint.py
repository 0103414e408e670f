from __future__ import annotations

import asyncio
import logging
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moved_time import HandClock
from served_endpoints import Reply, send, served
from test_parse import BODIES, SECRET, hook

from mijnklantportaal_async.callbacks import (
    AnyEvent,
    BodyLimits,
    Event,
    InvoiceEvent,
    MemorySeen,
    WebhookEndpoint,
    sign,
)

PAID = orjson.dumps({"event": "invoice-paid", "data": {"id": "inv_1"}})
NEW = orjson.dumps({"event": "pigeon-landed"})


class Kept:
    """A handler that a test can hold up or let fail."""

    def __init__(self) -> None:
        self.events: list[Event[Any]] = []
        self.began = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.fails = False

    async def __call__(self, event: AnyEvent) -> None:
        self.began.set()
        await self.gate.wait()
        if self.fails:
            raise RuntimeError("the handler failed")
        self.events.append(event)


def listening(kept: Kept, **settings: Any) -> WebhookEndpoint:
    hooks = WebhookEndpoint(**{"secrets": [SECRET], **settings})
    hooks.on("invoice-paid")(kept)
    return hooks


async def call(url: str, body: bytes = PAID, *, owner: str = "north", **more: Any) -> Reply:
    headers = more.pop("headers", None) or list(sign(body, SECRET).items())
    return await send(f"{url}/at/{owner}", headers=headers, body=body, **more)


def twice(body: bytes) -> list[tuple[str, str]]:
    return list(sign(body, SECRET).items()) * 2


# --- What is answered --------------------------------------------------------------------------------------------


async def test_the_table_of_statuses_is_so(framework: str, caplog: pytest.LogCaptureFixture) -> None:
    kept = Kept()
    hooks = listening(kept, limits=BodyLimits(most=1000, within=0.2), seen=MemorySeen())
    answered: dict[int, str] = {}
    async with served(framework, hooks) as url:

        async def ask(status: int, reply: Reply) -> None:
            assert reply.status == status, reply
            answered[status] = reply.body.decode()

        await ask(200, await call(url))
        await ask(200, await call(url))
        assert len(kept.events) == 1, "a copy of what was worked through"
        await ask(200, await call(url, NEW))
        await ask(400, await call(url, b"[]"))
        await ask(401, await call(url, headers=[("Accept", "*/*")]))
        await ask(401, await call(url, headers=twice(PAID)))
        await ask(401, await call(url, headers=[("X-Webhook-Signature", "")]))
        await ask(401, await call(url, headers=[("X-Webhook-Signature", b"\xff\xc3\xa9")]))
        for method in ("GET", "PUT", "DELETE", "OPTIONS", "PURGE"):
            reply = await call(url, method=method)
            await ask(405, reply)
            assert reply.headers["allow"] == "POST"
        assert (await call(url, method="HEAD")).status == 405
        await ask(408, await call(url, length=len(PAID) + 5))
        await ask(413, await call(url, b"{}" + b" " * 999))
        await ask(413, await call(url, b"", parts=[b" " * 400] * 3, headers=list(sign(b"", SECRET).items())))
        await ask(413, await call(url, length=10**9))
        for coding in ("gzip", "deflate", "nonsense"):
            headers = [*sign(PAID, SECRET).items(), ("Content-Encoding", coding)]
            await ask(415, await call(url, headers=headers))
        kept.fails = True
        await ask(500, await call(url, PAID + b" "))
        kept.fails = False
        assert (await call(url, PAID + b" ")).status == 200, "what failed may come again"
        kept.gate.clear()
        kept.began.clear()
        first = asyncio.create_task(call(url, PAID + b"  "))
        await kept.began.wait()
        reply = await call(url, PAID + b"  ")
        await ask(503, reply)
        assert int(reply.headers["retry-after"]) > 0
        kept.gate.set()
        assert (await first).status == 200
        assert [len(event.body) for event in kept.events] == [len(PAID) + more for more in (0, 1, 2)]
    assert set(answered) | {202} == {row.status for row in hooks.statuses}
    assert all(str(status) in hooks.status_table for status in answered)
    assert SECRET not in caplog.text


async def test_a_body_in_pieces_is_the_same_body(framework: str) -> None:
    kept = Kept()
    async with served(framework, listening(kept)) as url:
        reply = await send(
            f"{url}/at/n", headers=list(sign(PAID, SECRET).items()), parts=[PAID[:9], PAID[9:10], PAID[10:]]
        )
    assert reply.status == 200
    (event,) = kept.events
    assert (event.body, event.owner) == (PAID, "n")


async def test_no_content_type_query_or_flag_goes_round_the_check(framework: str) -> None:
    async with served(framework, listening(Kept())) as url:
        for headers in ([("Content-Type", "application/x-www-form-urlencoded")], [("X-Forwarded-For", "127.0.0.1")]):
            assert (await send(f"{url}/at/n?test=true&ssl_check=1", headers=headers, body=PAID)).status == 401


async def test_somebody_who_leaves_half_way_leaves_nothing(framework: str) -> None:
    kept = Kept()
    async with served(framework, listening(kept)) as url:
        _, writer = await asyncio.open_connection(*url.removeprefix("http://").split(":"))
        writer.write(b"POST /at/n HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        writer.transport.abort()
        assert (await call(url)).status == 200
    assert len(kept.events) == 1


@pytest.mark.parametrize("framework", ["starlette", "fastapi"])
async def test_with_and_without_a_slash_by_two_routes(framework: str) -> None:
    """Mounted, or with one route, the other spelling is answered with a redirect, which no webhook follows."""
    from starlette.applications import Starlette
    from starlette.routing import Route

    kept = Kept()
    hooks = listening(kept)
    async with served(framework, hooks, "/hook") as url:
        headers = list(sign(PAID, SECRET).items())
        assert (await send(f"{url}/hook", headers=headers, body=PAID)).status == 200
        assert (await send(f"{url}/hook/", headers=headers, body=PAID)).status == 307
    both = Starlette(routes=[Route(path, hooks.asgi) for path in ("/hook", "/hook/")])
    sent: list[Any] = []

    async def note(message: Any) -> None:
        sent.append(message)

    for path in ("/hook", "/hook/"):
        raw = [(name.lower().encode(), value.encode()) for name, value in headers]
        scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": raw, "root_path": ""}
        await both(scope, _body_of(PAID), note)
    assert [message["status"] for message in sent if message["type"] == "http.response.start"] == [200, 200]


def _body_of(body: bytes) -> Any:
    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


# --- The same under every framework -------------------------------------------------------------------------------

VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20)


@settings(max_examples=40)
@given(
    bodies=BODIES,
    values=st.lists(VALUES | st.just(SECRET) | st.just("hmac"), max_size=2),
    method=st.sampled_from(["POST", "POST", "POST", "GET", "PUT"]),
    coding=st.sampled_from([None, None, "gzip", "identity"]),
)
def test_any_request_has_the_same_status_under_both(bodies: bytes, values: list[str], method: str, coding: Any) -> None:
    async def ask(url: str) -> int:
        said = [sign(bodies, SECRET)["X-Webhook-Signature"] if value == "hmac" else value for value in values]
        headers = [("X-Webhook-Signature", value) for value in said]
        headers += [("Content-Encoding", coding)] if coding else []
        return (await send(f"{url}/at/n", method, headers=headers, body=bodies)).status

    assert LOOP.run(ask) == [200] or len(set(LOOP.statuses)) == 1, LOOP.statuses


class _Loop:
    """Both servers, up for all examples."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.urls: tuple[str, str] = ("", "")
        self.loop: asyncio.AbstractEventLoop | None = None

    def run(self, ask: Any) -> list[int]:
        assert self.loop is not None

        async def both() -> list[int]:
            return [await ask(url) for url in self.urls]

        self.statuses = self.loop.run_until_complete(both())
        return sorted(set(self.statuses))


LOOP = _Loop()


@pytest.fixture(autouse=True, scope="module")
def both_servers() -> Any:
    with asyncio.Runner() as runner:
        LOOP.loop = runner.get_loop()
        hooks = WebhookEndpoint(secrets=[SECRET])
        one, other = served("aiohttp", hooks), served("starlette", hooks)
        LOOP.urls = (runner.run(one.__aenter__()), runner.run(other.__aenter__()))
        yield
        runner.run(one.__aexit__(None, None, None))
        runner.run(other.__aexit__(None, None, None))


# --- Who wants what ----------------------------------------------------------------------------------------------


async def test_events_go_to_who_asked_for_them(framework: str) -> None:
    hooks = WebhookEndpoint(secrets=[SECRET])
    told: list[tuple[str, Any]] = []

    @hooks.on("invoice-paid", "invoice-created")
    async def invoice(event: InvoiceEvent) -> None:
        told.append(("invoice", event.type))

    @hooks.otherwise
    async def rest(event: AnyEvent) -> None:
        told.append(("rest", event.type))

    async with served(framework, hooks) as url:
        for body in (PAID, NEW, b"{}"):
            assert (await call(url, body)).status == 200
    assert told == [("invoice", "invoice-paid"), ("rest", "pigeon-landed"), ("rest", None)]


def test_what_cannot_be_registered() -> None:
    hooks = WebhookEndpoint(secrets=[SECRET])
    hooks.on("invoice-paid")(Kept())
    hooks.otherwise(Kept())
    for register, words in (
        (lambda: hooks.on("invoice-payed"), "no documented type"),  # type: ignore[call-overload]
        (lambda: hooks.on("invoice-paid"), "has a handler"),
        (lambda: hooks.on(), "needs a type"),
        (lambda: hooks.otherwise(Kept()), "has a handler"),
    ):
        with pytest.raises(ValueError, match=words):
            register()


@pytest.mark.parametrize("secrets", [[], [""], [None], SECRET, [" padded"]])
def test_secrets_that_let_anybody_in_are_refused_when_it_is_built(secrets: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        WebhookEndpoint(secrets=secrets)


async def test_secrets_are_looked_up_by_the_owner_in_the_path(framework: str) -> None:
    """A wrong owner and a wrong secret are answered alike: nobody learns who is known here."""
    known = {"north": [hook("invoice-paid")], "south": [hook("invoice-paid", "another-secret-2")], "empty": []}
    asked: list[str | None] = []

    async def secrets_of(owner: str | None) -> Any:
        asked.append(owner)
        if owner == "broken":
            raise RuntimeError("the database is away")
        return known.get(owner or "")

    kept = Kept()
    async with served(framework, listening(kept, secrets=secrets_of)) as url:
        replies = {owner: await call(url, owner=owner) for owner in ("north", "south", "empty", "nobody", "broken")}
    assert {owner: reply.status for owner, reply in replies.items()} == {
        "north": 200,
        "south": 401,
        "empty": 401,
        "nobody": 401,
        "broken": 500,
    }
    assert asked == list(replies)
    (event,) = kept.events
    assert (event.owner, event.webhook_id) == ("north", "wbh_1")
    assert "database" not in replies["broken"].body.decode()


async def test_a_look_up_that_gives_a_text_lets_nobody_in_by_one_letter_of_it(framework: str) -> None:
    """A text is a list of letters, too: whoever sends one of them would be the portal."""
    kept = Kept()
    async with served(framework, listening(kept, secrets=lambda owner: SECRET)) as url:
        for said in (SECRET[0], SECRET):
            assert (await call(url, headers=[("X-Webhook-Signature", said)])).status == 500
    assert not kept.events


async def test_a_handler_that_is_a_plain_function_is_done_once_and_answered_so(framework: str) -> None:
    events: list[Any] = []
    hooks = WebhookEndpoint(secrets=[SECRET])
    hooks.on("invoice-paid")(events.append)  # type: ignore[arg-type]
    async with served(framework, hooks) as url:
        assert (await call(url)).status == 200
    assert len(events) == 1


async def test_a_rotated_secret_is_taken_beside_the_old_one(framework: str) -> None:
    kept = Kept()
    async with served(framework, listening(kept, secrets=["the-new-secret", SECRET])) as url:
        assert (await call(url)).status == 200
        assert (await call(url, headers=list(sign(PAID, "the-new-secret").items()))).status == 200


# --- Copies ------------------------------------------------------------------------------------------------------


async def test_of_many_copies_at_once_one_is_worked_through(framework: str) -> None:
    kept = Kept()
    kept.gate.clear()
    async with served(framework, listening(kept, seen=MemorySeen())) as url:
        calls = [asyncio.create_task(call(url)) for _ in range(10)]
        done, waiting = set(), set(calls)
        while len(done) < 9:
            done, waiting = await asyncio.wait(waiting | done, return_when=asyncio.FIRST_COMPLETED)
            done = {task for task in calls if task.done()}
            waiting = set(calls) - done
        kept.gate.set()
        statuses = sorted([(await task).status for task in calls])
    assert statuses == [200] + [503] * 9
    assert len(kept.events) == 1


# --- Answered first ----------------------------------------------------------------------------------------------


def test_answering_first_needs_a_store() -> None:
    with pytest.raises(ValueError, match="needs a store"):
        WebhookEndpoint(secrets=[SECRET], answer_first=True)


async def test_what_is_answered_first_is_waited_for_at_the_end(framework: str) -> None:
    kept = Kept()
    kept.gate.clear()
    hooks = listening(kept, seen=MemorySeen(), answer_first=True)
    async with served(framework, hooks) as url:
        assert (await call(url)).status == 202
        assert (await call(url)).status == 503, "the copy meanwhile is not told that all is well"
        assert kept.events == []
        closing = asyncio.create_task(hooks.aclose())
        await asyncio.sleep(0)
        assert not closing.done()
        kept.gate.set()
        await closing
        assert len(kept.events) == 1
        assert (await call(url)).status == 200


async def test_what_failed_after_its_answer_is_taken_up_again(caplog: pytest.LogCaptureFixture) -> None:
    clock, kept, told = HandClock(), Kept(), []
    kept.fails = True
    hooks = listening(
        kept,
        seen=MemorySeen(lease=60, clock=clock),
        answer_first=True,
        secrets=[hook("invoice-paid")],
        on_error=lambda event, error: told.append((event.type, str(error))),
    )
    async with served("aiohttp", hooks) as url:
        assert (await call(url)).status == 202
        await hooks.aclose()
        assert told == [("invoice-paid", "the handler failed")]
        assert "the handler of invoice-paid failed" in caplog.text
        kept.fails = False
        assert await hooks.resume() == 0, "its claim holds still"
        clock.now += 61
        assert await hooks.resume() == 1
        assert await hooks.resume() == 0
    (event,) = kept.events
    assert (event.body, event.type, event.owner, event.webhook_id) == (PAID, "invoice-paid", "north", "wbh_1")
    assert event.proof == "hmac"
    assert SECRET not in caplog.text


async def test_no_traceback_reaches_the_other_side(framework: str, caplog: pytest.LogCaptureFixture) -> None:
    kept = Kept()
    kept.fails = True
    with caplog.at_level(logging.ERROR):
        async with served(framework, listening(kept)) as url:
            reply = await call(url)
    assert reply.status == 500
    assert b"handler failed" not in reply.body
    assert "the handler failed" in caplog.text
