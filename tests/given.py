"""What the tests work with: a zone, a key that must never show, an appointment."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mijnklantportaal_async import PortalSession

AMSTERDAM = ZoneInfo("Europe/Amsterdam")

SECRET = "sk-very-secret-0123456789"


def moment(*parts: int) -> datetime:
    year, month, day, hour, minute = parts
    return datetime(year, month, day, hour, minute, tzinfo=AMSTERDAM)


WANTED: dict[str, Any] = {
    "name": "Contract extension",
    "starts_at": moment(2027, 3, 5, 14, 30),
    "ends_at": moment(2027, 3, 5, 15, 30),
    "customer_id": "cst_1",
}
"""Arguments of `schedule_appointment` that match `scripted_server.appointment()`."""

WANTED_CUSTOMER: dict[str, Any] = {
    "company_name": "Test Company BV",
    "address": "Teststreet 123",
    "zip_code": "1234AB",
    "city": "Amsterdam",
    "primary_email": "john.doe@example.nl",
}
"""Arguments of `create_customer` that match `scripted_server.customer()`."""

MakePortal = Callable[..., PortalSession]
