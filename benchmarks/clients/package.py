"""The package itself: the full path, with checks, conversion of time zones, claims, retries and reconciling ready."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from benchmarks.appointment import API_KEY, ENDS_AT, STARTS_AT, TITLE
from benchmarks.clients.contender import Contender, Schedule
from mijnklantportaal_async import PortalSession


@asynccontextmanager
async def open_package(base_url: str) -> AsyncGenerator[Schedule]:
    async with PortalSession(api_key=API_KEY, base_url=base_url, rate_limit=None) as portal:

        async def schedule(customer_id: str) -> str:
            appointment = await portal.schedule_appointment(
                name=TITLE, starts_at=STARTS_AT, ends_at=ENDS_AT, customer_id=customer_id
            )
            return appointment.id

        yield schedule


PACKAGE = Contender("package", "mijnklantportaal_async", open_package)
