"""`Sandbox`: an embedded MijnKlantportaal to try a client against."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aiohttp import web

from mijnklantportaal_async.sandbox.appointments import AppointmentOperations
from mijnklantportaal_async.sandbox.calendar_data import CalendarData
from mijnklantportaal_async.sandbox.calendar_page import CalendarPage
from mijnklantportaal_async.sandbox.clock import PortalClock
from mijnklantportaal_async.sandbox.connections import Connections, PortalServer
from mijnklantportaal_async.sandbox.contract import load_contract
from mijnklantportaal_async.sandbox.exchange import Exchange
from mijnklantportaal_async.sandbox.faults import API_PREFIX, Fault, FaultPlan, Faults
from mijnklantportaal_async.sandbox.pending import PendingCommits
from mijnklantportaal_async.sandbox.portal import Portal, RateSettings
from mijnklantportaal_async.sandbox.rate_window import RateWindowKind, open_rate_window
from mijnklantportaal_async.sandbox.scopes import ALL_SCOPES, Keyring
from mijnklantportaal_async.sandbox.store import AppointmentStore

if TYPE_CHECKING:
    import os
    from collections.abc import Awaitable, Callable, Collection, Mapping
    from datetime import datetime
    from types import TracebackType

    from mijnklantportaal_async.sandbox.records import ReceivedRequest, StoredAppointment

# How long stop() waits for a request that is still being received.
_PATIENCE = 0.25


class Sandbox:
    """A portal in this process, on a real socket.

    ```python
    async with Sandbox() as sandbox:
        ...  # base_url=sandbox.url, api_key=sandbox.api_key
        assert len(sandbox.appointments) == 1
    ```

    It can be started again after it stopped, on the same port and with the same appointments: a portal that goes away
    and comes back. The calendar page at `page_url` needs no key, so it answers only requests that name a loopback
    host (or the one it is bound to) in their `Host` header; do not bind it to a public address.

    Args:
        host: The address to listen on.
        port: The port; 0 picks a free one.
        database: A SQLite file that survives restarts; `None` keeps the appointments in memory.
        timezone: The zone of the portal's wall time.
        keys: API key -> its scopes. One key with every scope by default.
        rate_limit: Requests in a period for each key; `None` for no limit.
        rate_period: The period in portal seconds.
        rate_window: `"fixed"` opens a window with a request; `"rolling"` looks back from every request.
        speed: Portal seconds per real second. The whole portal lives faster: its rate window and `retry-after`, its
            `Date` and `createdAt`, the delays of faults.
        faults: Random faults, beside those of `fail_next`.
        list_canceled: Whether List Appointments shows canceled ones; the documentation does not say.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        database: str | os.PathLike[str] | None = None,
        timezone: str = "Europe/Amsterdam",
        keys: Mapping[str, Collection[str]] | None = None,
        rate_limit: int | None = 60,
        rate_period: float = 60.0,
        rate_window: RateWindowKind = "fixed",
        speed: float = 1.0,
        faults: Faults | None = None,
        list_canceled: bool = True,
    ) -> None:
        if rate_limit is not None:
            open_rate_window(rate_window, rate_limit, rate_period)  # refuses wrong figures here, not at the first call
        if keys is not None and not keys:
            raise ValueError("keys is empty: nobody could call this portal")
        self._host = host
        self._port = port
        self._database = database
        self._zone = ZoneInfo(timezone)
        self._keyring = Keyring({"sandbox-key": ALL_SCOPES} if keys is None else dict(keys))
        self._clock = PortalClock(speed)
        self._store: AppointmentStore | None = None
        self._list_canceled = list_canceled
        self._portal = Portal(
            clock=self._clock,
            keyring=self._keyring,
            rate=RateSettings(rate_limit, rate_period, rate_window),
            plan=FaultPlan(faults),
        )
        self._connections = Connections()
        self._pending: PendingCommits | None = None
        self._exchange: Exchange | None = None
        self._runner: web.ServerRunner | None = None

    async def start(self) -> None:
        """Start listening; does nothing when the sandbox is running."""
        if self._runner is not None:
            return
        store = self._opened_store()
        appointments = AppointmentOperations(store, self._zone, self._list_canceled)
        self._portal.serve(load_contract(), appointments.by_operation_id())
        self._pending = PendingCommits()
        self._exchange = Exchange(self._portal, self._connections, self._pending)
        data = CalendarData(self._portal, store, self._zone)
        page = CalendarPage(data, self._host, self._pending, self._clock.http_date)
        server = PortalServer(_by_path(page, self._exchange), self._connections, self._clock.http_date)
        runner = web.ServerRunner(server, shutdown_timeout=_PATIENCE)
        self._runner = runner
        try:
            await runner.setup()
            await web.TCPSite(runner, self._host, self._port).start()
        except BaseException:
            await self.stop()
            raise
        # A portal that comes back is found where it was.
        self._port = int(runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop listening and close every connection; does nothing when the sandbox is not running.

        Commits that wait for their delay are done at once: what the portal took on, it does.
        """
        runner, self._runner = self._runner, None
        if runner is None:
            return
        if self._pending is not None:
            await self._pending.finish()
        self._connections.release()
        await runner.cleanup()
        if self._database is not None and self._store is not None:
            self._store.close()
            self._store = None

    async def __aenter__(self) -> Sandbox:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    def __repr__(self) -> str:
        return f"<Sandbox {self.url if self._runner is not None else 'not running'}>"

    @property
    def url(self) -> str:
        """The base URL for a client, such as `http://127.0.0.1:8000/v1`."""
        return self._origin() + API_PREFIX

    @property
    def page_url(self) -> str:
        """The address of the calendar page."""
        return self._origin() + "/"

    @property
    def api_key(self) -> str:
        """The first key."""
        return next(iter(self._keyring.scopes_by_key))

    @property
    def appointments(self) -> tuple[StoredAppointment, ...]:
        """The appointments in the calendar, in order of creation."""
        return self._opened_store().all()

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The requests that reached the API, in order of arrival; the last 100,000 of them."""
        return list(self._portal.requests)

    @property
    def open_connections(self) -> int:
        """TCP connections that are open now."""
        return self._connections.open

    @property
    def connections_accepted(self) -> int:
        """TCP connections that were ever accepted."""
        return self._connections.accepted

    @property
    def requests_in_progress(self) -> int:
        """Requests to the API that are being handled now, stalled ones too."""
        return 0 if self._exchange is None else self._exchange.in_progress

    def fail_next(
        self,
        fault: Fault,
        *,
        times: int = 1,
        method: str | None = None,
        path: str | None = None,
        delay: float | None = None,
        retry_after: int | None = None,
    ) -> None:
        """Let `fault` hit the next requests that match.

        Faults wait in a queue: a request is hit by the first one that matches it, and by a random one only when none
        does. Requests that the door refuses (401, the real rate limit) use up no fault.

        Args:
            fault: What happens.
            times: How many requests it hits.
            method: Only requests with this method.
            path: Only requests to this path, with or without `/v1`; `*` stands for anything.
            delay: Portal seconds until a slow or late commit.
            retry_after: The `retry-after` of a 429 (1 by default) or of a 503 (none by default).
        """
        self._portal.plan.script(fault, times=times, method=method, path=path, delay=delay, retry_after=retry_after)

    def add_appointment(
        self,
        *,
        name: str,
        starts_at: datetime,
        ends_at: datetime,
        customer_id: str | None = None,
        attendee_name: str | None = None,
        attendee_email: str | None = None,
        status: str = "scheduled",
        created_at: datetime | None = None,
    ) -> StoredAppointment:
        """Put an appointment straight into the calendar, past the API and its rules.

        Raises:
            ValueError: when a time is not aware.
        """
        for argument, when in (("starts_at", starts_at), ("ends_at", ends_at), ("created_at", created_at)):
            if when is not None and when.utcoffset() is None:
                raise ValueError(f"{argument} must be aware: give it a tzinfo, such as ZoneInfo('{self._zone.key}')")
        return self._opened_store().add(
            name=name,
            customer_id=customer_id,
            attendee_name=attendee_name,
            attendee_email=attendee_email,
            starts_at=int(starts_at.timestamp()),
            ends_at=int(ends_at.timestamp()),
            status=status,
            created_at=int(self._clock.timestamp() if created_at is None else created_at.timestamp()),
        )

    def clear(self) -> None:
        """Empty the calendar and forget requests, rate windows, scripted faults and late commits."""
        self._opened_store().clear()
        self._portal.clear()
        if self._pending is not None:
            self._pending.drop()

    def _origin(self) -> str:
        if self._runner is None:
            raise RuntimeError("the sandbox is not running: use `async with Sandbox() as sandbox:` or `start()`")
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    def _opened_store(self) -> AppointmentStore:
        if self._store is None:
            self._store = AppointmentStore(self._database, self._zone)
        return self._store


def _by_path(page: CalendarPage, exchange: Exchange) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        handler = page.handler_of(request)
        return await (exchange.handle(request) if handler is None else handler(request))

    return handle
