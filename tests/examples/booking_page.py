"""The booking page of the example, served with a portal."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from example_files import Example
from served_app import served

from mijnklantportaal_async import PortalSession
from mijnklantportaal_async.sandbox import Sandbox

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2027, 3, 1, 9, 0, tzinfo=AMSTERDAM)
"""What the application takes for now."""

fastapi_booking = Example("fastapi_booking")


def form(**changes: object) -> dict[str, object]:
    filled_in = {
        "form_token": "a-token-of-the-page",
        "subject": "Contract extension",
        "day": "2027-03-05",
        "time": "14:30",
        "minutes": "60",
        "visitor_name": "Sam de Vries",
        "visitor_email": "sam@example.nl",
    }
    return filled_in | changes


@asynccontextmanager
async def booking_page(sandbox: Sandbox | None = None, **settings: Any) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of the application, whose session has these settings."""
    if sandbox is not None:
        settings = {"api_key": sandbox.api_key, "base_url": sandbox.url} | settings
    app = fastapi_booking.create_app(lambda: PortalSession(**settings), zone=AMSTERDAM, now=lambda: NOW)
    async with served(app) as client:
        yield client
