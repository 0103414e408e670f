"""What tests of OAuth begin with: an application of a sandbox, and owners who have connected."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from moved_time import LoopClock

from mijnklantportaal_async.oauth import MemoryTokenStore, OAuthApp
from mijnklantportaal_async.sandbox import OAuthRules, Sandbox

REDIRECT = "http://127.0.0.1:8000/callback"
SECRET = "sandbox-secret"


def application(base_url: str, **settings: Any) -> OAuthApp:
    defaults: dict[str, Any] = {
        "client_id": "sandbox-app",
        "client_secret": SECRET,
        "redirect_uri": REDIRECT,
        "base_url": base_url,
        "clock": LoopClock(),
    }
    if "tokens" not in settings:
        defaults["tokens"] = MemoryTokenStore()
    return OAuthApp(**defaults | settings)


@asynccontextmanager
async def connected(
    *owners: str, rules: OAuthRules | None = None, app: dict[str, Any] | None = None, **sandbox_settings: Any
) -> AsyncGenerator[tuple[Sandbox, OAuthApp]]:
    """A sandbox and an application that these owners have connected."""
    sandbox_settings.setdefault("clock", LoopClock())
    async with (
        Sandbox(oauth=rules or OAuthRules(), rate_limit=None, **sandbox_settings) as sandbox,
        application(sandbox.manage_url, **app or {}) as made,
    ):
        for owner in owners:
            await connect(sandbox, made, owner)
        yield sandbox, made


async def connect(sandbox: Sandbox, app: OAuthApp, owner: str) -> None:
    start = await app.begin()
    await app.finish(owner, sandbox.oauth.approve(start.url), start.cookie)


def refreshes(sandbox: Sandbox) -> int:
    """Requests for a renewal that arrived."""
    return sum(
        b'"refresh_token"' in request.body and b'"code"' not in request.body for request in sandbox.token_requests
    )
