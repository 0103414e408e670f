"""Raw aiohttp as everybody writes it: `json=`, `async with`, `raise_for_status()`, `await response.json()`, dicts."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from benchmarks.appointment import API_KEY, TITLE, Wanted
from benchmarks.clients.contender import Contender, Schedule


@asynccontextmanager
async def open_everyday(base_url: str) -> AsyncGenerator[Schedule]:
    async with aiohttp.ClientSession() as session:

        async def post(path: str, data: dict[str, Any]) -> dict[str, Any]:
            headers = {"Authorization": f"Bearer {API_KEY}", "Accept": "application/json"}
            async with session.post(f"{base_url}{path}", json=data, headers=headers) as response:
                response.raise_for_status()
                answer: dict[str, Any] = await response.json()
                return answer

        async def schedule(wanted: Wanted) -> str:
            answer = await post(
                "/appointments",
                {
                    "name": TITLE,
                    "startsAt": wanted.starts_at_wall,
                    "endsAt": wanted.ends_at_wall,
                    "customerId": wanted.customer_id,
                },
            )
            identifier: str = answer["id"]
            return identifier

        yield schedule


EVERYDAY = Contender("everyday", "raw aiohttp, as everybody writes it", open_everyday)
