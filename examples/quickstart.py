"""Schedules, lists and cancels an appointment, in an embedded portal: nothing real is booked.

python examples/quickstart.py
"""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from mijnklantportaal_async import PortalSession
from mijnklantportaal_async.sandbox import Sandbox

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


async def main() -> None:
    tomorrow = datetime.now(AMSTERDAM).replace(hour=14, minute=30, second=0, microsecond=0) + timedelta(days=1)

    # Your own portal: `async with PortalSession.from_env() as portal:`
    async with Sandbox() as sandbox, PortalSession(api_key=sandbox.api_key, base_url=sandbox.url) as portal:
        appointment = await portal.schedule_appointment(
            name="Contract extension",
            starts_at=tomorrow,
            ends_at=tomorrow + timedelta(minutes=90),
            attendee_name="Sam de Vries",
            attendee_email="sam@example.nl",
        )
        print(f"Scheduled {appointment.id}: {appointment.starts_at:%A %H:%M} to {appointment.ends_at:%H:%M}")

        for found in await portal.list_appointments(days=7):
            print(f"Listed    {found.id}: {found.attendee_name}, {found.status}")

        canceled = await portal.cancel_appointment(appointment.id)
        print(f"Canceled  {canceled.id}: {canceled.status}")


if __name__ == "__main__":
    asyncio.run(main())
