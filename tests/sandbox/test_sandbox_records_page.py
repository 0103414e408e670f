"""The pages of all records, for whoever wants to look what a run has made besides appointments."""

import re

import aiohttp
import pytest

from mijnklantportaal_async.sandbox import Sandbox


async def page(sandbox: Sandbox, path: str, status: int = 200, **headers: str) -> str:
    async with aiohttp.ClientSession() as http, http.get(sandbox.page_url + path, headers=headers) as answer:
        assert answer.status == status
        return await answer.text()


def links_of(text: str) -> list[str]:
    return re.findall(r'<li><a href="([^"]+)"', text)


async def test_every_list_of_the_portal_is_there_with_its_records() -> None:
    async with Sandbox(seeded=True) as sandbox:
        overview = await page(sandbox, "records")
        assert len(links_of(overview)) == 16
        for link in links_of(overview):
            path = link.removeprefix("/records")
            shown = await page(sandbox, link.lstrip("/"))
            for record in sandbox.records(path)[-200:]:
                assert f'href="{link}/{record["id"]}"' in shown
            await page(sandbox, f"{link.lstrip('/')}/{sandbox.records(path)[0]['id']}")


async def test_a_record_is_shown_whole_with_what_belongs_to_it() -> None:
    async with Sandbox(seeded=True) as sandbox:
        card = await page(sandbox, "records/punch-cards/pcd_uren")
        ticket = await page(sandbox, "records/tickets/tic_factuur")

    assert links_of(card) == ["/records/punch-cards/pcd_uren/issued"]
    assert '<dt>customer id</dt><dd><a class="code" href="/records/customers/cst_bosch">' in ticket
    assert "Klopt het bedrag van factuur 2008?" in ticket


async def test_names_are_text_and_secrets_are_left_out() -> None:
    name = "<script>alert(1)</script>"
    async with Sandbox() as sandbox:
        sandbox.put("/tickets", title=name)
        webhook = sandbox.put("/webhooks", secret="s3cr3t-of-the-webhook")
        listed, shown = await page(sandbox, "records/tickets"), await page(sandbox, "records")
        hook = await page(sandbox, f"records/webhooks/{webhook['id']}")

    assert "<script>" not in listed + shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in listed
    assert "s3cr3t" not in hook


async def test_only_a_part_of_a_long_list_is_shown_and_that_is_said() -> None:
    async with Sandbox() as sandbox:
        for number in range(203):
            sandbox.put("/tickets", title=f"Ticket {number}")
        listed = await page(sandbox, "records/tickets")

    assert "203 records, the newest first; 200 of them are shown" in listed
    assert ("Ticket 202" in listed, "Ticket 2<" in listed) == (True, False)


@pytest.mark.parametrize(("headers", "query"), [({"Accept-Language": "nl"}, ""), ({}, "?language=nl")])
async def test_in_dutch(headers: dict[str, str], query: str) -> None:
    async with Sandbox(seeded=True) as sandbox:
        overview = await page(sandbox, f"records{query}", **headers)
        customers = await page(sandbox, f"records/customers{query}", **headers)

    assert '<html lang="nl">' in overview
    assert ">Facturen aan klanten</a>" in overview
    assert "<title>Klanten</title>" in customers
    assert "18 gegevens, de nieuwste eerst" in customers


async def test_what_is_not_there_and_who_may_not_look() -> None:
    async with Sandbox() as sandbox:
        assert "There are no records yet." in await page(sandbox, "records")
        assert "There is nothing here." in await page(sandbox, "records/tickets/tic_nobody", 404)
        await page(sandbox, "records/..%2F..%2Fetc", 404)
        assert "answer only to a loopback host" in await page(sandbox, "records", 403, Host="evil.example")
