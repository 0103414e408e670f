"""Whatever stands in an answer or an id, it ends as a model or in words."""

import asyncio
import json
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import attrs
import pytest
from contract_walk import BUILT, CONSTANTS, answer_of, identifiers_of, keywords, places_of
from given import SECRET
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_server import Exchange, ScriptedServer
from tenacity import wait_none

from mijnklantportaal_async import (
    APIStatusError,
    DecodeError,
    OutcomeUnknownError,
    Pager,
    PortalSession,
    PortalTimeWarning,
    RetryPolicy,
)
from mijnklantportaal_async.calling.wire import path_with
from mijnklantportaal_async.sandbox.contract import ContractOperation

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield way
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*way, key))


def put(value: Any, way: tuple[Any, ...], other: Any) -> Any:
    if not way:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[way[0]] = put(value[way[0]], way[1:], other)
    return copy


@st.composite
def answers(draw: st.DrawFn) -> tuple[str, ContractOperation, int, bytes]:
    """An operation, and its documented answer with anything in one place of it; or no JSON at all."""
    name, operation = draw(st.sampled_from(BUILT))
    record: Any = answer_of(operation)
    if operation.is_list:
        record = {"current_page": 1, "data": [record], "per_page": 15, "next_page_url": None}
    spoiled = put(record, draw(st.sampled_from(list(places(record)))), draw(JSON))
    body = draw(st.just(json.dumps(spoiled).encode()) | st.binary(max_size=20))
    return name, operation, draw(st.sampled_from([200, 201, 202, 400, 404, 418, 422, 426, 501])), body


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def test_any_answer_is_a_model_or_a_clear_error(loop: asyncio.AbstractEventLoop) -> None:
    current: list[tuple[int, bytes]] = []

    async def serve(exchange: Exchange) -> None:
        await exchange.answer(*current[-1])

    async def start() -> tuple[ScriptedServer, PortalSession]:
        server = await ScriptedServer(otherwise=serve).__aenter__()
        retry = RetryPolicy(wait=wait_none())
        return server, PortalSession(api_key=SECRET, base_url=server.url, retry=retry, rate_limit=None, reconcile=None)

    server, portal = loop.run_until_complete(start())

    async def ask(name: str, operation: ContractOperation) -> Any:
        result = getattr(portal, name)(*identifiers_of(name), **keywords(name, operation))
        return await (result.first() if isinstance(result, Pager) else result)

    @settings(max_examples=300, derandomize=True, deadline=None)
    @given(answers())
    def check(case: tuple[str, ContractOperation, int, bytes]) -> None:
        name, operation, status, body = case
        current.append((status, body))
        sent = len(server.received)
        try:
            result = loop.run_until_complete(ask(name, operation))
        except (DecodeError, APIStatusError) as error:
            assert name in str(error)
            assert SECRET not in str(error)
        except OutcomeUnknownError:
            raise AssertionError("what was answered is not unknown") from None
        else:
            records = result if isinstance(result, list) else [result]
            assert all(record is None or attrs.has(type(record)) for record in records)
        # A list may lead on from the page, and is not followed here for a first record.
        assert operation.is_paged or len(server.received) == sent + 1

    with warnings.catch_warnings():
        # Another moment than was asked for is worth a warning, and not the question here.
        warnings.simplefilter("ignore", PortalTimeWarning)
        check()
    loop.run_until_complete(portal.aclose())
    loop.run_until_complete(server.__aexit__(None, None, None))


PLACES = [(name, place) for name in CONSTANTS for place in places_of(CONSTANTS[name])]


@settings(max_examples=500, derandomize=True, deadline=None)
@given(st.sampled_from(PLACES), st.text() | st.text("./%?#&\\ cstplk_1", max_size=12))
def test_any_text_as_an_id_is_one_segment_or_refused(place: tuple[str, str], text: str) -> None:
    name, changed = place
    constant = CONSTANTS[name]
    right = dict(zip(places_of(constant), identifiers_of(name), strict=True))
    try:
        path = path_with(constant, right | {changed: text})
    except ValueError as error:
        assert str(error).startswith(changed)
        return
    segments, pattern = path.split("/"), constant.path.split("/")
    assert len(segments) == len(pattern)
    assert unquote(segments[pattern.index("{" + changed + "}")]) == text
    assert path.isascii()
    assert not {"?", "#", " ", "\\"} & set(path)
    assert not {"", ".", ".."} & set(segments[1 : -1 if path.endswith("/") else None])
