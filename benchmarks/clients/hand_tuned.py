"""Raw aiohttp by somebody who measured it: one session, bytes in, orjson out, no types, no errors of its own."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
import orjson

from benchmarks.appointment import API_KEY, ATTEMPT_SECONDS, CONNECTIONS, TITLE, Wanted
from benchmarks.clients.contender import Contender, Schedule


@asynccontextmanager
async def open_hand_tuned(base_url: str) -> AsyncGenerator[Schedule]:
    url = f"{base_url}/appointments"
    places = asyncio.Semaphore(CONNECTIONS)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={
            "Authorization": f"Bearer {API_KEY}",
            "Accept": "application/json",
            "Content-Type": "application/json",
        },
        timeout=aiohttp.ClientTimeout(total=ATTEMPT_SECONDS),
    ) as http:

        async def schedule(wanted: Wanted) -> str:
            body = orjson.dumps(
                {
                    "name": TITLE,
                    "startsAt": wanted.starts_at_wall,
                    "endsAt": wanted.ends_at_wall,
                    "customerId": wanted.customer_id,
                }
            )
            async with places:
                response = await http.post(url, data=body, allow_redirects=False)
                content = await response.read()
            if response.status != 201:
                raise RuntimeError(f"answered {response.status}")
            identifier: str = orjson.loads(content)["id"]
            return identifier

        yield schedule


HAND_TUNED = Contender("hand_tuned", "raw aiohttp, hand-tuned", open_hand_tuned)
HAND_TUNED_AGAIN = Contender("hand_tuned_again", "raw aiohttp, hand-tuned (again)", open_hand_tuned)
"""The same once more: how far its ratio strays from 1 is the noise of the machine."""
