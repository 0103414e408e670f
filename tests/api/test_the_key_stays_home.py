"""The bearer token is seen by no host but the API's, whatever that answers."""

import inspect
from typing import Any

import aiohttp
import pytest
from contract_walk import BUILT, CONSTANTS, IDS, PDF, answer_of, identifiers_of, keywords
from given import SECRET, MakePortal
from moved_time import LoopClock
from scripted_server import Exchange, ScriptedServer, answer

from mijnklantportaal_async import APIStatusError, OutcomeUnknownError, Pager, PortalSession, RetryPolicy
from mijnklantportaal_async.sandbox import Sandbox
from mijnklantportaal_async.sandbox.contract import ContractOperation
from mijnklantportaal_async.testing import portal_in_sandbox


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_never_followed(make_portal: MakePortal, status: int) -> None:
    """Not of a page, not of a link to a file, not of an upload."""
    async with ScriptedServer() as elsewhere, ScriptedServer() as files:
        location = {"Location": files.url + "/files"}
        async with ScriptedServer(otherwise=answer(status, b"", location)) as api:
            portal = make_portal(api.url, retry=RetryPolicy(attempts=1), reconcile=None)
            for call in (portal.list_tickets().first(), portal.download_file("fsf_1")):
                with pytest.raises(APIStatusError, match="redirect"):
                    await call
            with pytest.raises(OutcomeUnknownError):
                await portal.upload_file(PDF)
            assert len(api.received) == 3
        assert (elsewhere.connections_accepted, files.connections_accepted) == (0, 0)


@pytest.mark.parametrize(("name", "operation"), BUILT, ids=IDS)
async def test_no_address_in_an_answer_is_visited(
    make_portal: MakePortal, name: str, operation: ContractOperation
) -> None:
    """The next page, the file, the records that links name: three hosts, and one of them gets the key."""
    async with ScriptedServer() as files, ScriptedServer() as portal_pages:
        addresses = {"link": files.url + "/x.pdf", "url": files.url, "checkoutUrl": portal_pages.url}
        link = {"href": portal_pages.url + "/customers/cst_1", "type": "text/html"}
        links = dict.fromkeys(("customer", "onlinePaymentLink", "publicShare", "publicRequest"), link)
        record = answer_of(operation)
        record |= {key: addresses[key] for key in record if key in addresses} | {"links": links}
        if "startsAt" in record and "endsAt" in record:
            record |= {"startsAt": "2027-03-05T13:30:00+00:00", "endsAt": "2027-03-05T14:30:00+00:00"}
            record["customerId"] = keywords(name, operation).get("customer_id")

        async def serve(exchange: Exchange) -> None:
            page = int(exchange.received.path.partition("page=")[2] or 1)
            following = None if page == 2 else f"{portal_pages.url}/customers?page=2,"
            listed = {"current_page": page, "data": [record], "per_page": 15, "next_page_url": following}
            status = 201 if name == "schedule_appointment" else 200
            await exchange.answer(status, listed if operation.is_list else record)

        async with ScriptedServer(otherwise=serve) as api:
            result = getattr(make_portal(api.url), name)(*identifiers_of(name), **keywords(name, operation))
            await (result.collect() if isinstance(result, Pager) else result)
            assert {received.headers["authorization"] for received in api.received} == {f"Bearer {SECRET}"}
        assert (files.connections_accepted, portal_pages.connections_accepted) == (0, 0)


async def test_a_link_needs_no_key() -> None:
    """Fetched by the user, with whatever client: the file's host sees no token, and would refuse one."""
    async with portal_in_sandbox(clock=LoopClock(), rate_limit=None) as (portal, sandbox):
        stored = await portal.upload_file(PDF)
        found = await portal.download_file(stored.id)
        async with aiohttp.ClientSession() as session, session.get(found.link) as response:
            assert await response.read() == PDF.source
        assert [item.had_key for item in sandbox.downloads] == [False]
        assert found.link not in repr(found)


async def test_the_key_is_in_no_webhook() -> None:
    async with Sandbox(rate_limit=None) as sandbox, ScriptedServer(otherwise=answer(204)) as receiver:
        async with PortalSession(api_key=sandbox.api_key, base_url=sandbox.url) as portal:
            await portal.create_webhook(url=receiver.url + "/hook", type="payment-link-created")
            await portal.create_payment_link(description="x", amount=1)
            await receiver.wait_for(1)
        (received,) = receiver.received
        told: Any = (received.headers, received.body)
        assert sandbox.api_key not in repr(told)


def test_no_coroutine_takes_an_address_to_call() -> None:
    """But for a webhook's, which the portal calls."""
    for name in CONSTANTS:
        for argument in inspect.signature(getattr(PortalSession, name)).parameters:
            assert not argument.endswith(("url", "link", "host")) or name == "create_webhook"
