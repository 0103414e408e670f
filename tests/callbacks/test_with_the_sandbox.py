"""The sandbox as sender: every event, blocks and forms, there and back over real sockets; and its pages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from given import WANTED
from served_endpoints import served
from test_parse import PLACES, example

from mijnklantportaal_async import PortalSession
from mijnklantportaal_async.callbacks import (
    AnyEvent,
    BasicAuth,
    BlockRequest,
    Event,
    FormSubmission,
    Html,
    PrefillRequest,
    SecretHeader,
    WebhookEndpoint,
    dynamic_html,
    form_prefill,
    form_submission,
)
from mijnklantportaal_async.callbacks.events import KINDS
from mijnklantportaal_async.callbacks.html import element
from mijnklantportaal_async.sandbox import Sandbox

if TYPE_CHECKING:
    from browser import Browser

NASTY = "<script>document.title='taken'</script>"
CUSTOMER = {
    "company_name": f"Bakker & zonen {NASTY}",
    "address": "A 1",
    "zip_code": "1234AB",
    "city": "B",
    "primary_email": "a@b.nl",
}


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(rate_limit=None, webhook_retries=(), webhook_signature="hmac") as sandbox:
        yield sandbox


@pytest.fixture
async def portal(sandbox: Sandbox) -> AsyncIterator[PortalSession]:
    async with PortalSession(api_key=sandbox.api_key, base_url=sandbox.url, rate_limit=None) as portal:
        yield portal


# --- Events ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("signature", ["hmac", "secret"])
async def test_every_type_of_event_comes_through_typed(framework: str, signature: Any) -> None:
    told: list[Event[Any]] = []
    async with (
        Sandbox(rate_limit=None, webhook_retries=(), webhook_signature=signature) as sandbox,
        PortalSession(api_key=sandbox.api_key, base_url=sandbox.url, rate_limit=None) as portal,
    ):

        async def secrets_of(owner: str | None) -> Any:
            return await portal.list_webhooks().collect() if owner == "north" else None

        hooks = WebhookEndpoint(secrets=secrets_of)

        @hooks.otherwise
        async def note(event: AnyEvent) -> None:
            told.append(event)

        async with served(framework, hooks) as url:
            for name in KINDS:
                await portal.create_webhook(url=f"{url}/at/north", type=name)
            for name, kind in KINDS.items():
                sandbox.emit(name, example(PLACES[kind.__name__]))
                await sandbox.settle_deliveries()
        assert [delivery.status for delivery in sandbox.deliveries] == [200] * 23
    assert [event.type for event in told] == list(KINDS)
    for event, kind in zip(told, KINDS.values(), strict=True):
        assert type(event) is kind
        assert type(event.record) is kind.kind
        assert event.record.id == event.record_id
        assert (event.proof, event.owner) == (signature, "north")
        assert event.webhook_id is not None


async def test_the_record_is_fetched_as_it_is_now(sandbox: Sandbox, portal: PortalSession) -> None:
    told: list[AnyEvent] = []
    customer = await portal.create_customer(**CUSTOMER)
    places = {
        "/appointments": "appointment-created",
        "/customer-offers": "offer-created",
        "/customer-invoices": "invoice-created",
        "/payment-links": "payment-link-created",
        "/tickets": "ticket-created",
        "/customer-subscriptions": "subscription-created",
    }

    async def secrets_of(_: str | None) -> Any:
        return await portal.list_webhooks().collect()

    hooks = WebhookEndpoint(secrets=secrets_of)

    @hooks.otherwise
    async def note(event: AnyEvent) -> None:
        told.append(event)

    async with served("aiohttp", hooks) as url:
        for name in [*places.values(), "customer-created", "customer-deleted", "subscription-payment-created"]:
            await portal.create_webhook(url=f"{url}/at/n", type=name)
        sandbox.emit("customer-created", {"id": customer.id})
        for place in list(places)[1:]:
            sandbox.put(place)
        await portal.schedule_appointment(**WANTED)
        await sandbox.settle_deliveries()
        assert {event.type for event in told} == {*places.values(), "customer-created"}
        for event in told:
            before = len(sandbox.requests)
            found = await event.fetch(portal)
            assert found.id == event.record_id
            assert len(sandbox.requests) == before + 1, "one call"
        told.clear()
        sandbox.emit("subscription-payment-created", {"id": "pay_1"})
        await sandbox.settle_deliveries()
        assert told[0].record is None
        with pytest.raises(LookupError):
            await told[0].fetch(portal)


async def test_a_failing_handler_is_told_again_and_a_copy_is_not_worked_through_twice(sandbox: Sandbox) -> None:
    from mijnklantportaal_async.callbacks import MemorySeen

    done: list[AnyEvent] = []
    trouble = iter([True])
    hook = sandbox.put("/webhooks", type="customer-created", url="http://127.0.0.1:9/", secret="s" * 20)
    hooks = WebhookEndpoint(secrets=["s" * 20], seen=MemorySeen())

    @hooks.on("customer-created")
    async def welcome(event: Any) -> None:
        if next(trouble, False):
            raise RuntimeError("once")
        done.append(event)

    async with served("starlette", hooks) as url:
        sandbox.put(f"/webhooks/{hook['id']}", url=f"{url}/at/n")
        sandbox.emit("customer-created", {"id": "cst_1"})
        await sandbox.settle_deliveries()
        assert sandbox.deliveries[0].status == 500
        for _ in range(2):
            sandbox.deliver_again(1)
            await sandbox.settle_deliveries()
    assert [delivery.status for delivery in sandbox.deliveries] == [500, 200, 200]
    assert len(done) == 1
    for number in (0, 4):
        with pytest.raises(LookupError):
            sandbox.deliver_again(number)


# --- Blocks and forms --------------------------------------------------------------------------------------------


async def test_a_block_is_shown_with_the_right_checksum_only(framework: str, sandbox: Sandbox) -> None:
    @dynamic_html(key="the key", guard=BasicAuth("portal", "pass:word-1"))
    async def hello(block: BlockRequest) -> Html:
        return element("b", f"{block.customer_id} on {block.page_id}")

    pages = sandbox.owner_pages
    async with served(framework, hello) as url:
        guarded = url.replace("http://", "http://portal:pass%3Aword-1@") + "/at/x"
        good = pages.add_block(url=guarded, key="the key")
        other_key = pages.add_block(url=guarded, key="another key")
        no_guard = pages.add_block(url=f"{url}/at/x", key="the key")
        shown = await pages.open_block(good, "cst_1")
        assert (shown.status, shown.problem) == (200, "")
        assert shown.body.decode() == f"<b>cst_1 on {good.page_id}</b>"
        assert "X-Checksum" in (await pages.open_block(other_key, "cst_1")).problem
        assert "401" in (await pages.open_block(no_guard, "cst_1")).problem
    gone = await pages.open_block(good, "cst_1")
    assert "is your application running" in gone.problem
    away = pages.add_block(url="https://mijnklantportaal.nl/", key="x")
    assert "left in peace" in (await pages.open_block(away, "cst_1")).problem
    assert "pass" not in repr(good) + repr(gone)


@pytest.mark.parametrize("method", ["POST", "GET", "PUT", "PATCH"])
async def test_a_form_there_and_back(framework: str, sandbox: Sandbox, method: Any) -> None:
    sent: list[FormSubmission] = []
    guard = SecretHeader("X-Portal-Key", "long-enough")

    @form_submission(guard=guard)
    async def intake(form: FormSubmission) -> None:
        sent.append(form)

    @form_prefill(guard=guard)
    async def prefill(form: PrefillRequest) -> Mapping[str, Any]:
        return {"name": f"{form.customer_id} {NASTY}", "unknown": "dropped", "mail": None}

    async with served(framework, intake) as url, served(framework, prefill) as other:
        form = sandbox.owner_pages.add_form(
            url=f"{url}/at/x",
            fields=["name", "mail"],
            method=method,
            prefill_url=f"{other}/at/x",
            prefill_method="POST" if method == "POST" else "GET",
            headers={"X-Portal-Key": "long-enough"},
        )
        opened = await sandbox.owner_pages.open_form(form, "cst_1")
        assert dict(opened.values) == {"name": f"cst_1 {NASTY}"}
        answer = await sandbox.owner_pages.submit(form, "cst_1", {"name": "Zoë +&", "mail": ""})
        assert (answer.status, answer.problem) == (204, "")
    (submission,) = sent
    assert dict(submission.values) == {"name": "Zoë +&", "mail": ""}
    assert (submission.customer_id, submission.form_id) == ("cst_1", form.form_id)


# --- The pages ---------------------------------------------------------------------------------------------------


async def get(url: str, **more: Any) -> tuple[int, str, Mapping[str, str]]:
    async with aiohttp.ClientSession() as http, http.request(more.pop("method", "GET"), url, **more) as response:
        return response.status, await response.text(), response.headers


async def filled(sandbox: Sandbox, url: str) -> str:
    """A customer whose page has a block and a form; a delivery that failed."""
    customer = sandbox.add_customer(**CUSTOMER)
    sandbox.owner_pages.add_block(url=f"{url}/at/x", key="the key")
    sandbox.owner_pages.add_block(url=f"{url}/at/x", key="a wrong key")
    sandbox.owner_pages.add_form(url=f"{url}/at/x", fields=["name", "a" * 60], name=f"Intake {NASTY}")
    sandbox.put("/webhooks", type="customer-created", url=f"{url}/{'x' * 90}", secret="s" * 20)
    sandbox.emit("customer-created", {"id": customer.id, "companyName": NASTY * 4})
    await sandbox.settle_deliveries()
    return customer.id


@dynamic_html(key="the key", guard=None)
async def block_with_a_script(block: BlockRequest) -> Html:
    from mijnklantportaal_async.callbacks.html import join, literal

    return join(element("p", "the block"), literal("<script>top.document.title = document.title = 'taken'</script>"))


async def test_the_pages_show_text_as_text_and_no_secret(sandbox: Sandbox) -> None:
    async with served("aiohttp", block_with_a_script) as url:
        customer_id = await filled(sandbox, url)
        status, page, headers = await get(sandbox.deliveries_url)
        assert status == 200
        assert "customer-created" in page
        assert "404" in page
        assert "s" * 20 not in page
        for shown in (page, (await get(sandbox.customer_url(customer_id)))[1]):
            assert "<script" not in shown
            assert "&lt;script&gt;" in shown
        for policy in (headers["Content-Security-Policy"],):
            assert policy.startswith("default-src 'none'; style-src 'sha256-")
            assert "script-src" not in policy
        page_ids = [block.page_id for block in sandbox.owner_pages.blocks]
        status, body, headers = await get(f"{sandbox.customer_url(customer_id)}/blocks/{page_ids[0]}")
        assert "the block" in body
        assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert "dropped" in (await get(f"{sandbox.customer_url(customer_id)}/blocks/{page_ids[1]}"))[1]
    assert (await get(sandbox.customer_url("cst_nobody")))[0] == 404
    assert (await get(f"{sandbox.customer_url(customer_id)}/blocks/pag_none"))[0] == 404
    assert sandbox.requests == [], "nothing of it is a call of the API"


async def test_the_pages_speak_the_language_of_the_browser_or_the_switch(sandbox: Sandbox) -> None:
    async with served("aiohttp", block_with_a_script) as url:
        customer_url = sandbox.customer_url(await filled(sandbox, url))
        await sandbox.settle_deliveries()
        block = f"{customer_url}/blocks/{sandbox.owner_pages.blocks[1].page_id}"
        for place, dutch, english in (
            (sandbox.deliveries_url, "Opnieuw bezorgen", "Tell again"),
            (customer_url, "Versturen", "Send"),
            (block, "Het blok is weggelaten: de X-Checksum is niet die van", "The block is dropped: the X-Checksum"),
        ):
            for query, accepted, said in (
                ("", "nl-NL,nl;q=0.9", dutch),
                ("", "de", english),
                ("?language=nl", "en", dutch),
                ("?language=en", "nl", english),
                ("?language=<b>", "en", english),
            ):
                status, page, headers = await get(place + query, headers={"Accept-Language": accepted})
                assert (status, said in page) == (200, True), (place, query, accepted)
                assert "<b>" not in page
                if place != block:
                    assert headers["Content-Language"] == ("nl" if said is dutch else "en")
                    assert f'<html lang="{headers["Content-Language"]}">' in page
        # Whoever has chosen keeps it from page to page, and what a page sends.
        _, page, _ = await get(f"{sandbox.deliveries_url}?language=nl")
        assert 'href="/?language=nl"' in page
        assert 'action="/deliveries/1/again?language=nl"' in page
        assert 'href="/deliveries?language=en" lang="en"' in page


async def test_the_button_tells_again_and_no_other_site_can_press_it(sandbox: Sandbox) -> None:
    async with served("aiohttp", block_with_a_script) as url:
        await filled(sandbox, url)
        again = f"{sandbox.deliveries_url}/1/again"
        origin = sandbox.page_url.rstrip("/")
        for headers in ({}, {"Origin": "null"}, {"Origin": "https://evil.example"}, {"Origin": origin + "0"}):
            assert (await get(again, method="POST", headers=headers))[0] == 403
        assert (await get(again, method="POST", headers={"Origin": origin, "Host": "evil.example"}))[0] == 403
        assert (await get(sandbox.deliveries_url, headers={"Host": "evil.example"}))[0] == 403
        assert len(sandbox.deliveries) == 1
        status, page, _ = await get(again, method="POST", headers={"Origin": origin})
        await sandbox.settle_deliveries()
        assert (status, len(sandbox.deliveries)) == (200, 2)
        assert "2. customer-created" in page
        missing = f"{sandbox.deliveries_url}/9/again"
        assert (await get(missing, method="POST", headers={"Origin": origin}))[0] == 404


async def test_a_customer_fills_in_a_form(sandbox: Sandbox) -> None:
    sent: list[FormSubmission] = []

    @form_submission(guard=None)
    async def intake(form: FormSubmission) -> None:
        if form.values["name"] == "fail":
            raise RuntimeError("full")
        sent.append(form)

    async with served("fastapi", intake) as url:
        customer = sandbox.add_customer(**CUSTOMER)
        form = sandbox.owner_pages.add_form(url=f"{url}/at/x", fields=["name"])
        place = f"{sandbox.customer_url(customer.id)}/forms/{form.form_id}"
        origin = {"Origin": sandbox.page_url.rstrip("/")}
        assert (await get(place, method="POST", data={"name": "x"}))[0] == 403
        for name, status, words in (("Zoë", 200, "Thank you"), ("fail", 502, "try again")):
            answered, page, _ = await get(place, method="POST", data={"name": name}, headers=origin)
            assert answered == status
            assert words in page
    assert [dict(one.values) for one in sent] == [{"name": "Zoë"}]
    assert sent[0].customer_id == customer.id


MEASURE = """<script>
for (const details of document.querySelectorAll("details")) details.open = true;
const nodes = [...document.querySelectorAll("body *")].filter((node) => !node.closest("pre"));
const wide = nodes.filter((node) => node.getBoundingClientRect().right > innerWidth + 1);
parent.postMessage(`${innerWidth} ${document.documentElement.scrollWidth} ${wide.length};`, "*");
</script>"""
FRAME = """<!doctype html><body>
<script>addEventListener("message", (event) => { document.body.append(event.data); });</script>
"""
WIDTHS = (390, 1280)


async def test_the_pages_fit_the_window(sandbox: Sandbox, browser: Browser, tmp_path: Path) -> None:
    """Each in a frame of each width, all in one browser."""
    frame = FRAME
    async with served("aiohttp", block_with_a_script) as url:
        customer_id = await filled(sandbox, url)
        for name, address in (("deliveries", sandbox.deliveries_url), ("customer", sandbox.customer_url(customer_id))):
            _, page, _ = await get(address)
            page = re.sub(r'src="/', f'src="{sandbox.page_url}', page)
            (tmp_path / f"{name}.html").write_text(page.replace("</body>", MEASURE + "</body>"), encoding="utf-8")
            for width in WIDTHS:
                frame += f'<iframe src="{name}.html" width="{width}" height="900" style="border: 0"></iframe>'
        (tmp_path / "frame.html").write_text(frame, encoding="utf-8")
        shown, _ = await browser.show((tmp_path / "frame.html").as_uri())
    assert sorted(re.findall(r"\d+ \d+ \d+;", shown)) == sorted(f"{width} {width} 0;" for width in WIDTHS * 2)


async def test_what_a_block_holds_is_sealed_off(sandbox: Sandbox, browser: Browser) -> None:
    """Its script is there, and does not run; the page around it is as it was."""
    async with served("aiohttp", block_with_a_script) as url:
        customer_id = await filled(sandbox, url)
        address = sandbox.customer_url(customer_id)
        page, console = await browser.show(address)
    assert "<title>Bakker" in page
    assert "<title>taken" not in page
    assert any("sandboxed" in line or "Content Security Policy" in line or "allow-scripts" in line for line in console)
