"""Every way in which a call can end badly, brought about over real sockets: what the session is opened with."""

import socket
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import trustme
from served_app import portal_that_answers

from mijnklantportaal_async import Clock, TokenRefreshError
from mijnklantportaal_async.sandbox import Fault, Sandbox

Trouble = Callable[[], AbstractAsyncContextManager[dict[str, Any]]]

SERVICE_SAYS = "Bericht van de dienst"
"""The portal's own words, and no visitor's business."""
REQUEST_ID = "req-0123456789"
FOR_PROGRAMMERS = (SERVICE_SAYS, REQUEST_ID, "Effect:", "schedule_appointment", "attendee_", "_at", "Timeouts", "Error")
"""None of this is ever in what a person reads."""


def answers(status: int, *, errors: dict[str, list[str]] | None = None, **headers: str) -> Trouble:
    @asynccontextmanager
    async def trouble() -> AsyncGenerator[dict[str, Any]]:
        document: dict[str, Any] = {"message": SERVICE_SAYS} | ({"errors": errors} if errors else {})
        named = {name.replace("_", "-"): value for name, value in headers.items()} | {"X-Request-Id": REQUEST_ID}
        async with portal_that_answers(status, document, named) as url:
            yield {"api_key": "some-key", "base_url": url, "clock": Clock(200)}

    return trouble


@asynccontextmanager
async def nobody_listens() -> AsyncGenerator[dict[str, Any]]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    yield {"api_key": "some-key", "base_url": url, "clock": Clock(200)}


@asynccontextmanager
async def another_certificate() -> AsyncGenerator[dict[str, Any]]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    async with portal_that_answers(200, {}, tls=tls) as url:
        yield {"api_key": "some-key", "base_url": url}


class NoNewToken:
    """An authorisation that the portal's owner has taken back."""

    async def token(self) -> str:
        return "an-old-token"

    async def refresh(self, rejected: str) -> str | None:
        raise TokenRefreshError("the token endpoint refused")


@asynccontextmanager
async def no_new_token() -> AsyncGenerator[dict[str, Any]]:
    async with portal_that_answers(401, {"message": SERVICE_SAYS}) as url:
        yield {"auth": NoNewToken(), "base_url": url}


@asynccontextmanager
async def an_answer_that_is_lost() -> AsyncGenerator[dict[str, Any]]:
    # A key that may not look cannot settle it.
    async with Sandbox(keys={"key-without-reading": {"appointments.write"}}) as sandbox:
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT, method="POST")
        yield {"api_key": sandbox.api_key, "base_url": sandbox.url}
        assert len(sandbox.appointments) == 1


OWNERS: dict[str, tuple[Trouble, str]] = {
    "a wrong key": (answers(401), "Check the key"),
    "a missing scope": (answers(403), "Give the key the scope"),
    "no licence": (answers(426), "extend the licence"),
    "no new token": (no_new_token, "authorise the application again"),
    "unreadable for the portal": (answers(400), "report it"),
    "no such path": (answers(404), "Check the id"),
    "refused for no field": (answers(422), SERVICE_SAYS),
    "refused for a field that nobody typed": (answers(422, errors={"resource": ["None free."]}), "None free"),
    "another certificate": (another_certificate, "Trying again without a change will not help"),
}
"""What only the owner can mend -> what the log says about it."""

DOUBTFUL: dict[str, Trouble] = {
    "the answer is lost": an_answer_that_is_lost,
    "the portal only fails": answers(503),
}
"""What nobody knows the end of."""

PASSING: dict[str, tuple[Trouble, str]] = {
    "the portal's limit": (answers(429, Retry_After="42"), "4[23] seconds"),
    "the portal's limit, for long": (answers(429, Retry_After="600"), "minutes"),
    "nobody listens": (nobody_listens, "in a minute"),
}
"""What goes by -> when to come back."""
