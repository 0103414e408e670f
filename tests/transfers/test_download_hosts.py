"""Files on their way down, over real sockets: what another host gets, and where a link may lead."""

from pathlib import Path

import aiohttp
import pytest
from byte_server import ByteServer, Conversation
from file_answers import gives, is_empty_but, link_to
from given import SECRET, MakePortal

from mijnklantportaal_async import (
    DownloadError,
)

_OURS = {"host", "accept", "accept-encoding", "user-agent", "range", "if-range"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_another_host_gets_nothing_of_the_portals(
    make_portal: MakePortal, tmp_path: Path, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D1, D2: whosever session is used, through any redirect."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login jan password from-the-netrc\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    async with ByteServer(gives()) as storage:
        moved = gives(b"", status, Location=storage.origin + "/elsewhere?sig=2")
        async with (
            ByteServer(moved) as first,
            aiohttp.ClientSession(
                headers={"X-Api-Key": "of-the-session", "Authorization": "Basic abc"},
                cookies={"cookie": "of-the-session"},
                trust_env=True,
            ) as http,
        ):
            for number, settings in enumerate(({}, {"http": http}, {"user_agent": "OurBooks/1.0"})):
                portal = make_portal(first.url, **settings)
                await portal.save_file(link_to(first), tmp_path / f"{number}.pdf")
            assert len(first.came) == len(storage.came) == 3
            for came in [*first.came, *storage.came]:
                assert set(came.headers) <= _OURS
                assert came.headers["accept-encoding"] == "identity"
                shown = repr(came)
                assert not any(secret in shown for secret in (SECRET, "of-the-session", "netrc", "OurBooks"))


async def test_cookies_of_a_host_are_not_kept(make_portal: MakePortal, tmp_path: Path) -> None:
    async with ByteServer(gives(Set_Cookie="a=b")) as server:
        portal = make_portal(server.url)
        for name in ("1", "2"):
            await portal.save_file(link_to(server), tmp_path / name)
        assert "cookie" not in server.came[1].headers


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ("ftp://127.0.0.1/a", "no https"),
        ("file:///etc/passwd", "no https"),
        ("https://jan:secret@files.example/a.pdf", "user name"),
        ("http://files.example/a.pdf", "without TLS"),
    ],
)
async def test_where_a_link_may_not_lead(make_portal: MakePortal, tmp_path: Path, link: str, says: str) -> None:
    with pytest.raises(DownloadError, match=says) as caught:
        await make_portal("http://127.0.0.1:9/v1").save_file(link, tmp_path / "a.pdf")
    assert "secret" not in str(caught.value)
    assert (caught.value.is_permanent, "Call again" in str(caught.value)) == (True, False)
    with pytest.raises(DownloadError, match="TLS"):
        await make_portal("https://127.0.0.2:9/v1").save_file("http://files.example/a.pdf", tmp_path / "a.pdf")
    async with ByteServer(gives(b"", 302, Location=link)) as server:
        with pytest.raises(DownloadError, match=says):
            await make_portal(server.url).save_file(link_to(server), tmp_path / "a.pdf")
        assert len(server.came) == 1
    assert is_empty_but(tmp_path)


async def test_a_portal_elsewhere_has_no_links_to_this_machine(make_portal: MakePortal, tmp_path: Path) -> None:
    async with ByteServer(gives()) as server:
        with pytest.raises(DownloadError, match="without TLS"):
            await make_portal("https://portal.example/v1").save_file(link_to(server), tmp_path / "a.pdf")
        assert server.connections_accepted == 0


async def test_redirects_come_to_an_end(make_portal: MakePortal, tmp_path: Path) -> None:
    async with ByteServer(gives(b"", 302, Location="/again")) as server:
        with pytest.raises(DownloadError, match="again and again"):
            await make_portal(server.url).save_file(link_to(server), tmp_path / "a.pdf")
        assert len(server.came) == 6


@pytest.mark.parametrize("status", [401, 403, 429])
async def test_what_a_host_says_is_not_said_of_the_portal(make_portal: MakePortal, tmp_path: Path, status: int) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Limit": "1", "Retry-After": "3000"}

    async def refuse(talk: Conversation) -> None:
        await talk.answer(status, b"no", headers)

    async with ByteServer(refuse) as server:
        from mijnklantportaal_async import RateLimit

        portal = make_portal(server.url, rate_limit=RateLimit())
        before = portal.rate_limit
        with pytest.raises(DownloadError) as caught:
            await portal.save_file(link_to(server), tmp_path / "a.pdf")
        assert not isinstance(caught.value, LookupError)
        assert (portal.rate_limit.limit, portal.rate_limit.remaining) == (before.limit, before.remaining)
        assert caught.value.host == "127.0.0.1"
