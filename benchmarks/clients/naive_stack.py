"""aiohttp, cattrs and tenacity as their first pages show them: `@retry` around a call, a default `Converter`."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import aiohttp
import attrs
from cattrs import Converter
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from benchmarks.appointment import API_KEY, ATTEMPT_SECONDS, TITLE, Wanted
from benchmarks.clients.contender import Contender, Schedule


@attrs.frozen
class NewRecord:
    """What goes out."""

    name: str
    startsAt: datetime  # noqa: N815 - as on the wire
    endsAt: datetime  # noqa: N815
    customerId: str  # noqa: N815


@attrs.frozen
class Record:
    """What comes back."""

    id: str
    customerId: str | None  # noqa: N815
    attendeeName: str | None  # noqa: N815
    attendeeEmail: str | None  # noqa: N815
    startsAt: datetime  # noqa: N815
    endsAt: datetime  # noqa: N815
    status: str
    onlineMeetingLink: str | None  # noqa: N815
    createdAt: datetime  # noqa: N815


def naive_converter() -> Converter:
    converter = Converter()
    converter.register_structure_hook(datetime, lambda value, _: datetime.fromisoformat(value))
    converter.register_unstructure_hook(datetime, lambda value: value.strftime("%Y-%m-%d %H:%M"))
    return converter


@asynccontextmanager
async def open_naive_stack(base_url: str) -> AsyncGenerator[Schedule]:
    converter = naive_converter()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ATTEMPT_SECONDS)) as session:

        @retry(
            retry=retry_if_exception_type(aiohttp.ClientError),
            stop=stop_after_attempt(4),
            wait=wait_random_exponential(multiplier=0.5, max=20),
            reraise=True,
        )
        async def post(path: str, data: Any) -> Record:
            headers = {"Authorization": f"Bearer {API_KEY}", "Accept": "application/json"}
            async with session.post(f"{base_url}{path}", json=converter.unstructure(data), headers=headers) as response:
                response.raise_for_status()
                return converter.structure(await response.json(), Record)

        async def schedule(wanted: Wanted) -> str:
            new = NewRecord(name=TITLE, startsAt=wanted.starts_at, endsAt=wanted.ends_at, customerId=wanted.customer_id)
            return (await post("/appointments", new)).id

        yield schedule


NAIVE_STACK = Contender("naive_stack", "aiohttp + cattrs + tenacity, naively", open_naive_stack)
