"""The OAuth side of the sandbox: strict where the documentation says something, and changeable where it does not."""

from __future__ import annotations

import asyncio
import re
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest
from moved_time import LoopClock

from mijnklantportaal_async.sandbox import Fault, Faults, OAuthApplication, OAuthRules, Sandbox, WrongWishError

if TYPE_CHECKING:
    from collections.abc import Mapping

REDIRECT = "http://127.0.0.1:1/callback"
ASKED = {
    "client_id": "sandbox-app",
    "redirect_uri": REDIRECT,
    "state": "a-state",
    "scope": "appointments.read customers.read",
    "response_type": "code",
}
CLIENT = {"client_id": "sandbox-app", "client_secret": "sandbox-secret"}


def authorize(sandbox: Sandbox, **changes: str) -> str:
    return f"{sandbox.manage_url}/oauth/authorize?{urlencode({**ASKED, **changes})}"


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


async def ask(
    session: aiohttp.ClientSession, sandbox: Sandbox, fields: Mapping[str, object], **options: Any
) -> tuple[int, Any]:
    async with session.post(f"{sandbox.manage_url}/oauth/tokens", **(options or {"json": fields})) as response:
        return response.status, await response.json()


async def first_tokens(session: aiohttp.ClientSession, sandbox: Sandbox) -> Any:
    code = query_of(sandbox.oauth.approve(authorize(sandbox)))["code"]
    grant = {"grant_type": "authorization_code", "redirect_uri": REDIRECT, "code": code}
    status, tokens = await ask(session, sandbox, {**CLIENT, **grant})
    assert status == 200
    return tokens


def renewal(refresh_token: str) -> dict[str, str]:
    return {**CLIENT, "grant_type": "refresh_token", "refresh_token": refresh_token}


async def test_tokens_as_documented(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    tokens = await first_tokens(session, sandbox)
    assert set(tokens) == {"access_token", "refresh_token", "expires_in"}
    assert tokens["expires_in"] == 3600
    status, renewed = await ask(session, sandbox, renewal(tokens["refresh_token"]))
    # A refresh brings no new refresh token.
    assert (status, set(renewed)) == (200, {"access_token", "expires_in"})
    headers = {"Authorization": f"Bearer {renewed['access_token']}"}
    async with session.get(f"{sandbox.url}/appointments", headers=headers) as response:
        assert response.status == 200
    async with session.get(f"{sandbox.url}/tickets", headers=headers) as response:
        # Not among the scopes that were granted.
        assert response.status == 403
    [grant] = sandbox.oauth.grants
    assert {request.grant for request in sandbox.requests} == {grant.id}
    assert sandbox.token_requests[-1].grant == grant.id


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"refresh_token": "unknown"}, 400, "invalid_grant"),
        ({"refresh_token": 7}, 400, "invalid_request"),
        ({"refresh_token": None}, 400, "invalid_request"),
        ({"more": "x"}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
async def test_what_is_wrong_is_refused_by_name(
    sandbox: Sandbox, session: aiohttp.ClientSession, changes: dict[str, object], status: int, code: str
) -> None:
    tokens = await first_tokens(session, sandbox)
    said, answer = await ask(session, sandbox, {**renewal(tokens["refresh_token"]), **changes})
    assert (said, answer["error"]) == (status, code)


async def test_forms_are_not_what_is_documented(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    tokens = await first_tokens(session, sandbox)
    status, _ = await ask(session, sandbox, {}, data=renewal(tokens["refresh_token"]))
    assert status == 415


async def test_a_code_is_good_once_for_its_address_and_not_for_long(session: aiohttp.ClientSession) -> None:
    async with Sandbox(clock=LoopClock(), oauth=OAuthRules(code_life=10.0)) as sandbox:
        code = query_of(sandbox.oauth.approve(authorize(sandbox)))["code"]
        fields = {**CLIENT, "grant_type": "authorization_code", "redirect_uri": REDIRECT, "code": code}
        assert (await ask(session, sandbox, fields | {"redirect_uri": "http://127.0.0.1/other"}))[0] == 400
        assert (await ask(session, sandbox, fields))[0] == 400
        late = query_of(sandbox.oauth.approve(authorize(sandbox)))["code"]
        await asyncio.sleep(11)
        assert (await ask(session, sandbox, fields | {"code": late}))[0] == 400


async def test_rotating_forgives_a_lost_answer_and_no_thief(session: aiohttp.ClientSession) -> None:
    async with Sandbox(oauth=OAuthRules(rotating=True)) as sandbox:
        first = (await first_tokens(session, sandbox))["refresh_token"]
        _, lost = await ask(session, sandbox, renewal(first))
        _, second = await ask(session, sandbox, renewal(first))
        assert len({first, lost["refresh_token"], second["refresh_token"]}) == 3
        assert (await ask(session, sandbox, renewal(second["refresh_token"])))[0] == 200
        assert (await ask(session, sandbox, renewal(first)))[0] == 400
        [grant] = sandbox.oauth.grants
        assert (grant.is_revoked, grant.replayed) == (True, 1)
        async with session.get(
            f"{sandbox.url}/appointments", headers={"Authorization": f"Bearer {second['access_token']}"}
        ) as response:
            assert response.status == 401


async def test_other_rules(session: aiohttp.ClientSession) -> None:
    async with Sandbox(oauth=OAuthRules(expires_in="soon", names_scopes=True, one_access_token=True)) as sandbox:
        tokens = await first_tokens(session, sandbox)
        assert tokens["expires_in"] == "soon"
        assert tokens["scope"] == "appointments.read customers.read"
        await ask(session, sandbox, renewal(tokens["refresh_token"]))
        assert sandbox.oauth.grant_of(tokens["access_token"]) is None
        sandbox.oauth.rules = OAuthRules(expires_in=None, state_on_refusal=False, rotating=True, forgiving=False)
        assert "expires_in" not in await first_tokens(session, sandbox)
        assert "state" not in query_of(sandbox.oauth.refuse(authorize(sandbox)))


async def test_faults_hit_the_token_endpoint(session: aiohttp.ClientSession) -> None:
    async with Sandbox(faults=Faults(seed=1, share=1.0, kinds=[Fault.BAD_GATEWAY], path="/oauth/tokens")) as sandbox:
        async with session.post(f"{sandbox.manage_url}/oauth/tokens", json={}) as response:
            assert (response.status, response.content_type) == (502, "text/html")
        async with session.get(
            f"{sandbox.url}/appointments", headers={"Authorization": "Bearer sandbox-key"}
        ) as response:
            assert response.status == 200
        assert [request.fault for request in sandbox.token_requests] == [Fault.BAD_GATEWAY]
        assert sandbox.token_requests[0].ended_at is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "<script>"},
        {"redirect_uri": "https://evil.example/callback"},
        {"response_type": "token"},
        {"state": ""},
        {"scope": ""},
        {"scope": "appointments.read everything"},
        {"prompt": "none"},
    ],
)
async def test_what_cannot_be_right_is_sent_nowhere(
    sandbox: Sandbox, session: aiohttp.ClientSession, changes: dict[str, str]
) -> None:
    async with session.get(authorize(sandbox, **changes), allow_redirects=False) as response:
        assert response.status == 400
        assert "<script>" not in await response.text()
    with pytest.raises(WrongWishError):
        sandbox.oauth.approve(authorize(sandbox, **changes))


async def test_consent_by_the_page_and_taking_it_back(session: aiohttp.ClientSession) -> None:
    known = OAuthApplication(client_id="mine", name="<b>Mine</b>", redirect_uris=[REDIRECT])
    async with Sandbox(applications=[known]) as sandbox:
        url = authorize(sandbox, client_id="mine")
        async with session.get(url) as response:
            page = await response.text()
            assert "form-action 'self' http://127.0.0.1:1;" in response.headers["Content-Security-Policy"]
            assert (response.headers["Cache-Control"], response.headers["Referrer-Policy"]) == (
                "no-store",
                "no-referrer",
            )
        assert "&lt;b&gt;Mine" in page
        assert "<b>Mine" not in page
        fields = {unescape(name): unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page)}
        place = f"{sandbox.manage_url}/oauth/authorize"
        for answer, expected in (("yes", "code"), ("no", "error")):
            async with session.post(place, data=fields | {"answer": answer}, allow_redirects=False) as response:
                back = query_of(response.headers["Location"])
                assert (response.status, back["state"], expected in back) == (303, "a-state", True)
        # Another site's form is none of ours.
        async with session.post(
            place, data=fields | {"answer": "yes", "form_key": "x"}, allow_redirects=False
        ) as response:
            assert response.status == 400
        async with session.get(url, headers={"Host": "evil.example"}) as response:
            assert response.status == 403


async def test_consent_in_dutch(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    dutch = {"Accept-Language": "nl"}
    async with session.get(authorize(sandbox), headers=dutch) as response:
        page = await response.text()
        assert (response.status, response.headers["Content-Language"]) == (200, "nl")
    assert "toelaten tot het portaal?" in page
    # The switch asks for the same again.
    (switch,) = re.findall(r'href="([^"]+)" lang="en"', page)
    async with session.get(sandbox.manage_url + unescape(switch), headers=dutch) as response:
        page = await response.text()
        assert (response.status, response.headers["Content-Language"]) == (200, "en")
    assert 'action="/oauth/authorize?language=en"' in page
    fields = {unescape(name): unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page)}
    place = f"{sandbox.manage_url}/oauth/authorize"
    async with session.post(place, data=fields | {"answer": "yes"}, allow_redirects=False) as response:
        assert (response.status, "code" in query_of(response.headers["Location"])) == (303, True)
    async with session.get(authorize(sandbox, scope="rare"), headers=dutch) as response:
        assert "scope bevat rare, en dat kent niemand." in await response.text()


async def test_applications_are_listed_and_taken_out(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    tokens = await first_tokens(session, sandbox)
    place = f"{sandbox.manage_url}/oauth/applications"
    async with session.get(place) as response:
        page = await response.text()
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
    async with session.post(place, data=fields | {"form_key": "x"}) as response:
        assert response.status == 400
    async with session.post(place, data=fields) as response:
        assert "None is connected" in await response.text()
    assert (await ask(session, sandbox, renewal(tokens["refresh_token"])))[0] == 400
