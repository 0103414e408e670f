"""Blocks and forms over real sockets, under every framework."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from served_endpoints import Reply, send, served

from mijnklantportaal_async.callbacks import (
    BasicAuth,
    BlockRequest,
    BodyLimits,
    DynamicHtmlEndpoint,
    FormEndpoint,
    FormSubmission,
    Html,
    PrefillRequest,
    SecretHeader,
    SecretPath,
    checksum,
    dynamic_html,
    form_prefill,
    form_submission,
)
from mijnklantportaal_async.callbacks.errors import PageRequestError
from mijnklantportaal_async.callbacks.form_values import FormValues, values_of_body, values_of_query
from mijnklantportaal_async.callbacks.html import element

KEY = "the key of the block"
ASKS = [("X-Customer-Id", "cst_1"), ("X-Page-Id", "pag_2"), ("Accept", "text/html")]
SENDS = [("X-Customer-Id", "cst_1"), ("X-Form-Id", "frm_2"), ("Content-Type", "application/json")]


def basic(name: str, password: str) -> tuple[str, str]:
    return "Authorization", "Basic " + b64encode(f"{name}:{password}".encode()).decode()


@dynamic_html(key=KEY, guard=None)
async def greeting(block: BlockRequest) -> Html:
    return element("p", f"Hello {block.customer_id} <é>")


# --- Blocks ------------------------------------------------------------------------------------------------------


async def test_a_block_is_answered_as_documented(framework: str) -> None:
    async with served(framework, greeting) as url:
        reply = await send(f"{url}/at/x", "GET", headers=ASKS)
        assert (await send(f"{url}/at/x", "POST", headers=ASKS)).body == reply.body
        head = await send(f"{url}/at/x", "HEAD", headers=ASKS)
    assert reply.status == head.status == 200
    assert reply.body == b"<p>Hello cst_1 &lt;&#233;&gt;</p>"
    assert reply.headers["content-type"] == "text/html"
    assert reply.headers["x-checksum"] == hmac.new(KEY.encode(), b"cst_1,pag_2", hashlib.sha256).hexdigest()
    assert reply.headers["cache-control"] == "no-store"


async def test_the_checksum_is_that_of_this_very_request(framework: str) -> None:
    async with served(framework, greeting) as url:
        replies = await asyncio.gather(
            *(send(f"{url}/at/x", "GET", headers=[("X-Customer-Id", f"cst_{n}"), ("X-Page-Id", "p")]) for n in range(9))
        )
    for number, reply in enumerate(replies):
        assert f"cst_{number} ".encode() in reply.body
        assert reply.headers["x-checksum"] == checksum(f"cst_{number}", "p", KEY)


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        (ASKS[1:], "X-Customer-Id"),
        (ASKS[:1], "X-Page-Id"),
        ([*ASKS, ASKS[0]], "X-Customer-Id"),
        ([("X-Customer-Id", ""), ASKS[1]], "X-Customer-Id"),
        ([("X-Customer-Id", "cst_1,pag_2"), ASKS[1]], "X-Customer-Id"),
        ([("X-Customer-Id", b"\xff"), ASKS[1]], "X-Customer-Id"),
        ([ASKS[0], ("X-Page-Id", "p" * 300)], "X-Page-Id"),
    ],
)
async def test_a_request_that_is_not_as_documented(framework: str, headers: Any, named: str) -> None:
    async with served(framework, greeting) as url:
        reply = await send(f"{url}/at/x", "GET", headers=headers)
    assert reply.status == 400
    assert named in reply.body.decode()
    assert "x-checksum" not in reply.headers


async def test_a_plain_str_is_text_and_what_fails_shows_nothing(framework: str) -> None:
    async def visitor(block: BlockRequest) -> str:
        if block.page_id == "fails":
            raise RuntimeError("the key is " + KEY)
        return "<script>alert(1)</script>"

    async with served(framework, DynamicHtmlEndpoint(visitor, key=KEY, guard=None)) as url:
        reply = await send(f"{url}/at/x", "GET", headers=ASKS)
        failed = await send(f"{url}/at/x", "GET", headers=[ASKS[0], ("X-Page-Id", "fails")])
        assert (await send(f"{url}/at/x", "DELETE", headers=ASKS)).status == 405
    assert reply.body == b"&lt;script&gt;alert(1)&lt;/script&gt;"
    assert failed.status == 500
    assert KEY.encode() not in failed.body
    assert "x-checksum" not in failed.headers


# --- Guards ------------------------------------------------------------------------------------------------------


def test_a_guard_has_to_be_given() -> None:
    """None only by name: anybody who can send a header would get the page of any customer."""
    with pytest.raises(TypeError, match="guard"):
        dynamic_html(key=KEY)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="guard"):
        form_submission()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="None lets everybody in"):
        DynamicHtmlEndpoint(greeting._handler, key=KEY, guard="secret")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="key"):
        dynamic_html(key="", guard=None)(greeting._handler)
    for made in (lambda: BasicAuth("a", "short"), lambda: BasicAuth("a:b", "long enough"), lambda: SecretPath("")):
        with pytest.raises(ValueError):
            made()
    with pytest.raises(ValueError):
        SecretHeader("X-Key", " padded-secret")


@pytest.mark.parametrize(
    ("guard", "good", "bad"),
    [
        (
            BasicAuth("portal", "long:enough"),
            [basic("portal", "long:enough")],
            [
                [],
                [basic("portal", "wrong")],
                [basic("portal", "long:enough")] * 2,
                [("Authorization", "Basic !!!")],
                [("Authorization", "Bearer " + basic("portal", "long:enough")[1][6:])],
            ],
        ),
        (
            SecretHeader("X-Key", "long-enough"),
            [("x-key", "long-enough")],
            [[], [("X-Key", "")], [("X-Key", "long-enough")] * 2, [("X-Key", b"\xff")]],
        ),
    ],
)
async def test_the_guard_comes_before_the_handler(framework: str, guard: Any, good: Any, bad: Any) -> None:
    asked: list[str] = []

    async def note(block: BlockRequest) -> str:
        asked.append(block.customer_id)
        return ""

    async with served(framework, DynamicHtmlEndpoint(note, key=KEY, guard=guard)) as url:
        assert (await send(f"{url}/at/x", "GET", headers=[*ASKS, *good])).status == 200
        for headers in bad:
            reply = await send(f"{url}/at/x", "GET", headers=[*ASKS, *headers])
            assert reply.status == 401, headers
            assert "x-checksum" not in reply.headers
            assert reply.headers.get("www-authenticate", "").startswith("Basic") is isinstance(guard, BasicAuth)
    assert asked == ["cst_1"]
    assert "long" not in repr(guard)


class AsksAround:
    """A guard that has to wait for its answer: a coroutine that nobody awaits is as good as a yes."""

    challenge = ()

    async def lets_in(self, request: Any) -> bool:
        await asyncio.sleep(0)
        return bool(request.values("X-Key") == [b"yes"])


async def test_a_guard_may_be_a_coroutine(framework: str) -> None:
    async with served(framework, DynamicHtmlEndpoint(greeting._handler, key=KEY, guard=AsksAround())) as url:
        assert (await send(f"{url}/at/x", "GET", headers=[*ASKS, ("X-Key", "yes")])).status == 200
        assert (await send(f"{url}/at/x", "GET", headers=[*ASKS, ("X-Key", "no")])).status == 401


@pytest.mark.parametrize("guard", [BasicAuth, AsksAround])
def test_a_guard_is_an_object_and_not_its_class(guard: Any) -> None:
    with pytest.raises(TypeError, match="not its class"):
        DynamicHtmlEndpoint(greeting._handler, key=KEY, guard=guard)


async def test_what_a_plain_function_has_saved_is_no_error_for_the_customer(framework: str) -> None:
    saved: list[Any] = []
    async with served(framework, FormEndpoint(saved.append, guard=None)) as url:  # type: ignore[arg-type]
        headers = [("X-Customer-Id", "cst_1"), ("X-Form-Id", "frm_1")]
        assert (await send(f"{url}/at/x", headers=headers, body=b"{}")).status == 204
    assert len(saved) == 1


async def test_a_secret_path(framework: str) -> None:
    endpoint = DynamicHtmlEndpoint(greeting._handler, key=KEY, guard=SecretPath("long-enough", parameter="owner"))
    async with served(framework, endpoint) as url:
        assert (await send(f"{url}/at/long-enough", "GET", headers=ASKS)).status == 200
        assert (await send(f"{url}/at/long-enougH", "GET", headers=ASKS)).status == 401


# --- Forms -------------------------------------------------------------------------------------------------------


async def test_what_was_filled_in_is_one_type_however_it_came(framework: str) -> None:
    sent: list[FormSubmission] = []

    @form_submission(guard=None, limits=BodyLimits(most=500))
    async def intake(form: FormSubmission) -> None:
        sent.append(form)

    body = orjson.dumps({"name": "Zoë & <b>", "when": ["mon", "tue"], "empty": ""})
    query = "?name=Zo%C3%AB+%26+%3Cb%3E&when=mon&when=tue&empty="
    async with served(framework, intake) as url:
        for method in ("POST", "PUT", "PATCH"):
            assert (await send(f"{url}/at/x", method, headers=SENDS, body=body)).status == 204
        assert (await send(f"{url}/at/x{query}", "GET", headers=SENDS)).status == 204
        refused = [
            await send(f"{url}/at/x", headers=SENDS, body=b"[]"),
            await send(f"{url}/at/x", headers=SENDS[1:], body=b"{}"),
            await send(f"{url}/at/x?a=%ff", "GET", headers=SENDS),
            await send(f"{url}/at/x", headers=SENDS, body=b" " * 501),
        ]
        assert (await send(f"{url}/at/x", "DELETE", headers=SENDS)).status == 405
    assert [reply.status for reply in refused] == [400, 400, 400, 413]
    for form in sent:
        assert dict(form.values) == {"name": "Zoë & <b>", "when": ["mon", "tue"], "empty": ""}
        assert form.values.all("when") == ["mon", "tue"]
        assert form.values.all("name") == ["Zoë & <b>"]
        assert form.values.all("missing") == []
        assert (form.customer_id, form.form_id) == ("cst_1", "frm_2")
        assert "Zo" not in repr(form), "what people fill in is nothing for a log"
    assert len({form.key for form in sent[:3]}) == 1, "sent again after an error, it is the same"
    assert len(sent) == 4


async def test_a_handler_that_fails_is_an_error_that_the_customer_sees(framework: str) -> None:
    async def fails(form: FormSubmission) -> None:
        raise RuntimeError("private")

    async with served(framework, FormEndpoint(fails, guard=None)) as url:
        reply = await send(f"{url}/at/x", headers=SENDS, body=b"{}")
    assert reply.status == 500
    assert b"private" not in reply.body


class Colour(Enum):
    RED = "red"


async def test_a_form_is_filled_in_with_what_json_can_say(framework: str, caplog: pytest.LogCaptureFixture) -> None:
    @form_prefill(guard=None)
    async def prefill(form: PrefillRequest) -> Mapping[str, Any]:
        return {
            "text": "é",
            "none": None,
            "amount": Decimal("12.50"),
            "large": Decimal("1E+3"),
            "day": date(2027, 3, 5),
            "moment": datetime(2027, 3, 5, 14, 30, tzinfo=UTC),
            "colour": Colour.RED,
            "many": ("a", Decimal("1")),
            "nan": float("nan"),
            "odd": object(),
            "bytes": b"x",
            "yes": True,
        }

    async with served(framework, prefill) as url:
        for method in ("GET", "POST"):
            reply = await send(f"{url}/at/x", method, headers=SENDS)
            assert reply.status == 200
            assert reply.headers["content-type"] == "application/json"
    assert orjson.loads(reply.body) == {
        "text": "é",
        "amount": "12.50",
        "large": "1000",
        "day": "2027-03-05",
        "moment": "2027-03-05T14:30:00+00:00",
        "colour": "red",
        "many": ["a", "1"],
        "yes": True,
    }
    assert all(name in caplog.text for name in ("'nan'", "'odd'", "'bytes'"))


@pytest.mark.parametrize("trouble", ["fails", "late", "none"])
@pytest.mark.parametrize("failure", ["empty", "error"])
async def test_a_pre_fill_that_fails(framework: str, trouble: str, failure: Any) -> None:
    @form_prefill(guard=None, within=0.02, failure=failure)
    async def prefill(form: PrefillRequest) -> Any:
        if trouble == "fails":
            raise RuntimeError("away")
        if trouble == "late":
            await asyncio.Event().wait()

    async with served(framework, prefill) as url:
        reply: Reply = await send(f"{url}/at/x", "GET", headers=SENDS)
    assert (reply.status, reply.body) == (200, b"{}") if failure == "empty" else reply.status == 500


@given(st.binary(max_size=60))
def test_any_query_and_any_body_are_read_or_refused(content: bytes) -> None:
    for read in (values_of_query, values_of_body):
        try:
            values = read(content)
        except PageRequestError as error:
            assert error.status == 400
        else:
            assert isinstance(values, FormValues)
            assert all(isinstance(values.all(name), list) for name in values)


def test_a_query_of_too_many_fields() -> None:
    with pytest.raises(PageRequestError):
        values_of_query(b"a=1&" * 1001)
