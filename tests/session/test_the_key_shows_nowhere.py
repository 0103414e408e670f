"""The key shows nowhere: not to what prints local variables, and not where the service repeats it."""

import gc
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from given import SECRET, WANTED, MakePortal
from scripted_server import Exchange, ScriptedServer, Step, answer, drop, half_body, listed, stall

from mijnklantportaal_async import MijnKlantportaalError, RetryPolicy, Timeouts

PASSWORD = "proxypassw0rd"


async def garbage(exchange: Exchange) -> None:
    exchange.writer.write(b"HTTP/1.1 200 OK\r\nnot a header\r\n\r\n")
    await exchange.writer.drain()
    exchange.writer.close()


async def echo(exchange: Exchange) -> None:
    said = exchange.received.headers["authorization"]
    await exchange.answer(400, {"message": f"Bad header: {said}", "headers": said}, {"X-Echo": said})


async def echo_unreadable(exchange: Exchange) -> None:
    await exchange.answer(201, {"id": 7, "headers": exchange.received.headers})


def chain(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and one not in seen:
            seen.append(one)
            waiting += [one.__cause__, one.__context__, getattr(one, "look_error", None)]
            yield one


def everything_shown(error: BaseException) -> str:
    """What tools such as loguru, rich and structlog print of an error: all local variables of all frames."""
    shown: list[str] = []
    for one in chain(error):
        shown += [repr(one), str(one), repr(vars(one))]
        summary = traceback.TracebackException.from_exception(one, capture_locals=True)
        # The frames of the test know the key because they gave it.
        frames = [frame for frame in summary.stack if "/tests/" not in frame.filename]
        shown += [repr(frame.locals) for frame in frames]
    return "\n".join(shown)


@pytest.mark.parametrize(
    "fault", [answer(422, {"message": "no"}), drop, garbage, half_body, stall, echo, answer(302, b"")]
)
async def test_the_key_is_no_local_variable_of_a_traceback(make_portal: MakePortal, fault: Step) -> None:
    async with ScriptedServer(otherwise=fault) as server:
        portal = make_portal(server.url, retry=RetryPolicy(attempts=2), timeouts=Timeouts(attempt=1, call=5))
        for call in (portal.schedule_appointment(**WANTED), portal.get_appointment("apt_1")):
            with pytest.raises(MijnKlantportaalError) as caught:
                await call
            assert SECRET not in everything_shown(caught.value)
        assert server.received[0].headers["authorization"] == f"Bearer {SECRET}"
    gc.collect()


async def test_a_success_that_repeats_the_key_and_cannot_be_read_hides_it(make_portal: MakePortal) -> None:
    async with ScriptedServer(otherwise=echo_unreadable) as server:
        portal = make_portal(server.url, reconcile=None)
        with pytest.raises(MijnKlantportaalError) as caught:
            await portal.schedule_appointment(**WANTED)
        for one in chain(caught.value):
            assert SECRET not in repr(one) + str(one) + repr(vars(one))


class Vault:
    """Tokens of the user's own, which are plain texts."""

    def __init__(self, *tokens: Any) -> None:
        self.tokens = list(tokens)

    async def token(self) -> Any:
        return self.tokens.pop(0)

    async def refresh(self, rejected: str) -> Any:
        return self.tokens.pop(0)


async def test_the_token_of_a_vault_is_hidden_as_well(make_portal: MakePortal) -> None:
    async with ScriptedServer(answer(401), echo, drop, listed(), drop, listed()) as server:
        portal = make_portal(server.url, auth=Vault(f"{SECRET}-1", f"{SECRET}-2", *[f"{SECRET}-3"] * 9))
        with pytest.raises(MijnKlantportaalError, match=r"400 Bad header: Bearer \*\*\*") as caught:
            await portal.get_appointment("apt_1")
        assert SECRET not in everything_shown(caught.value)
        assert server.received[1].headers["authorization"] == f"Bearer {SECRET}-2"


@pytest.mark.parametrize("token", [7, None, b"x", "two\r\nlines", "", "Bearer x y"])
async def test_a_token_that_is_none_is_refused_before_anything_is_sent(make_portal: MakePortal, token: object) -> None:
    async with ScriptedServer() as server:
        portal = make_portal(server.url, auth=Vault(token))
        with pytest.raises((TypeError, ValueError), match=r"the token of Auth.token\(\)"):
            await portal.get_appointment("apt_1")
        assert server.received == []
        assert portal.rate_limit.in_flight == 0


@pytest.mark.parametrize("status", [407, 502])
async def test_the_password_of_a_proxy_shows_nowhere_either(make_portal: MakePortal, status: int) -> None:
    async def refuse(exchange: Exchange) -> None:
        said = f"{exchange.received.headers['proxy-authorization']} {PASSWORD}"
        await exchange.answer(status, {"message": said}, {"X-Echo": said})

    async with ScriptedServer(otherwise=refuse) as proxy:
        address = proxy.url.removesuffix("/v1").replace("//", f"//user:{PASSWORD}@")
        for url in ("https://portal.invalid/v1", "http://127.0.0.1:9/v1"):
            portal = make_portal(url, proxy=address, retry=RetryPolicy(attempts=1))
            with pytest.raises(MijnKlantportaalError) as caught:
                await portal.get_appointment("apt_1")
            error = caught.value
            assert PASSWORD not in repr(error) + str(error) + repr(vars(error)) + repr(error.__cause__) + repr(portal)
