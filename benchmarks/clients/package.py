"""The package itself: the full path, with checks, conversion of time zones, claims, retries and reconciling ready."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp

from benchmarks.appointment import API_KEY, MOST_CALLS, TITLE, Wanted
from benchmarks.clients.contender import Contender, Schedule
from mijnklantportaal_async import PortalSession, RateLimit


@asynccontextmanager
async def _open(
    base_url: str, rate_limit: RateLimit | None, http: aiohttp.ClientSession | None = None
) -> AsyncGenerator[Schedule]:
    async with PortalSession(api_key=API_KEY, base_url=base_url, rate_limit=rate_limit, http=http) as portal:

        async def schedule(wanted: Wanted) -> str:
            appointment = await portal.schedule_appointment(
                name=TITLE,
                starts_at=wanted.starts_at,
                ends_at=wanted.ends_at,
                customer_id=wanted.customer_id,
            )
            return appointment.id

        yield schedule


@asynccontextmanager
async def open_package(base_url: str) -> AsyncGenerator[Schedule]:
    async with _open(base_url, RateLimit(requests=MOST_CALLS)) as schedule:
        yield schedule


@asynccontextmanager
async def open_package_without_limit(base_url: str) -> AsyncGenerator[Schedule]:
    async with _open(base_url, None) as schedule:
        yield schedule


@asynccontextmanager
async def open_package_the_long_way(base_url: str) -> AsyncGenerator[Schedule]:
    # As the package opens it, but the user's: that is what switches the short way off.
    connector, cookies = aiohttp.TCPConnector(limit=0), aiohttp.DummyCookieJar()
    async with (
        aiohttp.ClientSession(connector=connector, cookie_jar=cookies) as http,
        _open(base_url, RateLimit(requests=MOST_CALLS), http) as schedule,
    ):
        yield schedule


PACKAGE = Contender("package", "mijnklantportaal_async", open_package)
"""With a rate limit, as users have it; it is set so high that nobody waits."""
PACKAGE_LONG = Contender("package_long", "mijnklantportaal_async, http=", open_package_the_long_way)
PACKAGE_WITHOUT_LIMIT = Contender(
    "package_without_limit", "mijnklantportaal_async, rate_limit=None", open_package_without_limit
)
