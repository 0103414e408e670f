"""The application that owners connect their portals to: as its command starts it, in a browser, to the end."""

import ast
import re
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from browser import Browser
from example_files import EXAMPLES, started
from served_app import served

from mijnklantportaal_async.oauth import MemoryTokenStore, OAuthApp
from mijnklantportaal_async.portals import Portals
from mijnklantportaal_async.sandbox import Fault, OAuthApplication, OAuthRules, Sandbox


async def test_by_its_command_in_a_browser_to_the_end(browser: Browser, tmp_path: Path) -> None:
    async with started("oauth_app", "--sandbox", "--port", "0", "--folder", str(tmp_path / "kept")) as process:
        assert process.stdout is not None
        manage = (await process.stdout.readline()).decode().rpartition(" ")[2].strip()
        address = (await process.stdout.readline()).decode().rpartition(" ")[2].strip()
        async with browser.open() as tab:
            assert "Connect your portal" in await tab.go(address)
            asked = await tab.click("button", then="Let An application of yours into your portal?")
            assert "appointments.read" in asked
            # No, at first.
            assert "not connected" in await tab.click("button[value=no]", then="The portal says")
            # What came back is text, not markup.
            assert "said <no> & left" in await tab.text()
            assert await tab.run("document.querySelector('no')") is None
            await tab.go(address)
            await tab.click("button", then="Let An application")
            assert "Your appointments" in await tab.click("button[value=yes]", then="Your appointments")
            assert await tab.run("location.pathname + location.search") == "/"
            assert await tab.run("document.querySelectorAll('#appointments li').length") > 0
            # The cookie is the server's alone.
            assert await tab.run("document.cookie") == ""
            # Two tabs: begun twice in one browser, both end.
            await tab.click("button", then="Connect your portal")
            await tab.click("button", then="Let An application")
            first = await tab.run("location.href")
            await tab.go(address)
            await tab.click("button", then="Let An application")
            await tab.click("button[value=yes]", then="Your appointments")
            await tab.go(first)
            await tab.click("button[value=yes]", then="Your appointments")
            # Taken out in the portal: the application says so, and shows nothing any more.
            while "Disconnect" in await tab.go(manage):
                await tab.run("document.querySelector('button').click()")
                await tab.text("Applications")
            assert "None is connected" in await tab.text()
            # A forged state ends nowhere.
            assert "did not work" in await tab.go(f"{address}callback?code=x&state=forged")
        process.terminate()
        _, log = await process.communicate()
    assert b"/callback 303" in log
    # Neither its own log nor the sandbox's keeps a query.
    assert not re.search(rb"(state|code)=", log)


REDIRECT = "http://127.0.0.1/callback"


@contextmanager
def its_folder_on_the_path() -> Iterator[None]:
    sys.path.insert(0, str(EXAMPLES / "oauth_app"))
    try:
        yield
    finally:
        sys.path.remove(str(EXAMPLES / "oauth_app"))


@asynccontextmanager
async def application(**rules: Any) -> AsyncGenerator[tuple[Sandbox, httpx.AsyncClient]]:
    """The application, served with a sandbox."""
    with its_folder_on_the_path():
        from connect_app import create_app  # type: ignore[import-not-found]
    known = OAuthApplication(name="<b>App</b>", redirect_uris=[REDIRECT])
    async with (
        Sandbox(oauth=OAuthRules(**rules), applications=[known]) as sandbox,
        OAuthApp(
            client_id="sandbox-app",
            client_secret="sandbox-secret",
            redirect_uri=REDIRECT,
            tokens=MemoryTokenStore(),
            base_url=sandbox.manage_url,
        ) as app,
        Portals(app, base_url=sandbox.url) as portals,
        served(create_app(app, portals)) as client,
    ):
        await client.get("/")
        yield sandbox, client


async def begin(sandbox: Sandbox, client: httpx.AsyncClient) -> str:
    """The way back, with code and state."""
    response = await client.post("/connect")
    return sandbox.oauth.approve(response.headers["location"]).removeprefix("http://127.0.0.1")


async def test_another_browser_s_way_back_is_nobody_s() -> None:
    async with application() as (sandbox, victim):
        async with httpx.AsyncClient(base_url=victim.base_url) as attacker:
            await attacker.get("/")
            back = await begin(sandbox, attacker)
        response = await victim.get(back)
        assert response.status_code == 400
        assert "Connect your portal" in (await victim.get("/")).text
        assert not sandbox.token_requests


async def test_pages_are_kept_by_nobody_and_nothing_runs_on_them() -> None:
    async with application() as (sandbox, client):
        back = await begin(sandbox, client)
        for response in (await client.get("/"), await client.get(back), await client.get(back)):
            assert response.headers["cache-control"] == "no-store"
            assert response.headers["referrer-policy"] == "no-referrer"
        page = await client.get("/")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "None this week" in page.text


async def test_codes_are_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        async with application() as (sandbox, client):
            back = await begin(sandbox, client)
            await client.get(back)
    ours = "".join(
        record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))
    )
    assert "/callback" in ours
    for secret in re.findall(r"(?:code|state)=([\w-]+)", back):
        assert secret not in ours


async def test_what_is_wrong_is_said_to_the_right_person(caplog: pytest.LogCaptureFixture) -> None:
    async with application() as (sandbox, client):
        back = await begin(sandbox, client)
        sandbox.fail_next(Fault.CLIENT_CLOSED_BEFORE_COMMIT, path="/oauth/tokens")
        assert (await client.get(back)).status_code == 303
        starts = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(hours=2)
        ends = starts + timedelta(hours=1)
        sandbox.add_appointment(
            name="x", starts_at=starts, ends_at=ends, attendee_name="<i>Sam</i>", attendee_email="s@e.nl"
        )
        assert "&lt;i&gt;Sam&lt;/i&gt;" in (await client.get("/")).text
        sandbox.oauth.revoke_all()
        page = await client.get("/")
        assert "connect it again" in page.text
        assert "invalid_grant" not in page.text


DUTCH = {"Accept-Language": "nl-NL,nl;q=0.9,en;q=0.8"}


async def test_whoever_reads_dutch_reads_dutch() -> None:
    async with application() as (sandbox, client):
        page = await client.get("/", headers=DUTCH)
        assert '<html lang="nl">' in page.text.replace("'", '"')
        assert "Koppel uw portaal" in page.text
        assert page.headers["vary"] == "Accept-Language"
        start = await client.post("/connect")
        refused = sandbox.oauth.refuse(start.headers["location"]).removeprefix("http://127.0.0.1")
        assert "Uw portaal is niet gekoppeld. Het portaal zegt: " in (await client.get(refused, headers=DUTCH)).text
        assert "Dat is niet gelukt" in (await client.get(refused, headers=DUTCH)).text
        await client.get(await begin(sandbox, client))
        assert "Geen deze week" in (await client.get("/", headers=DUTCH)).text
        starts = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(hours=2)
        there = {"attendee_name": "Sam", "attendee_email": "s@e.nl"}
        sandbox.add_appointment(name="x", starts_at=starts, ends_at=starts + timedelta(hours=1), **there)
        page = await client.get("/", headers=DUTCH)
        days = "(maan|dins|woens|donder|vrij|zater|zon)dag"
        assert re.search(rf"<li>{days} \d+ [a-z]+, \d\d:\d\d Sam</li>", page.text)
        assert "None this week" not in page.text


def test_every_text_is_there_in_dutch_and_nothing_else() -> None:
    said: set[str] = set()
    for name in ("connect_app", "connect_pages"):
        for node in ast.walk(ast.parse((EXAMPLES / "oauth_app" / f"{name}.py").read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="say" | "connect_page" | "message_page"), args=arguments):
                    said |= {
                        each.value
                        for each in arguments
                        if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value
                    }
                case ast.Assign(targets=[ast.Name(id="message")], value=ast.Constant(value=str(text))):
                    said.add(text)
    with its_folder_on_the_path():
        from connect_texts import DUTCH  # type: ignore[import-not-found]
    assert said == DUTCH.keys()


def test_its_files_stand_for_themselves() -> None:
    assert {path.name for path in Path(EXAMPLES / "oauth_app").glob("*.py")} == {
        "__main__.py",
        "connect_app.py",
        "connect_pages.py",
        "connect_texts.py",
    }
