"""`Sandbox`: an embedded MijnKlantportaal to try a client against."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aiohttp import web

from mijnklantportaal_async.sandbox.calendar_data import CalendarData
from mijnklantportaal_async.sandbox.calendar_page import CalendarPage
from mijnklantportaal_async.sandbox.clock import PortalClock
from mijnklantportaal_async.sandbox.connections import Connections, PortalServer
from mijnklantportaal_async.sandbox.contents import PortalContents
from mijnklantportaal_async.sandbox.contract import load_contract
from mijnklantportaal_async.sandbox.customer_page import CustomerPage
from mijnklantportaal_async.sandbox.deliveries import Deliveries, Delivery, DeliverySettings, WebhookSignature
from mijnklantportaal_async.sandbox.deliveries_page import DeliveriesPage
from mijnklantportaal_async.sandbox.exchange import Exchange
from mijnklantportaal_async.sandbox.faults import API_PREFIX, Fault, FaultPlan, Faults, ScriptedFault
from mijnklantportaal_async.sandbox.file_faults import FileFault, FileFaultPlan, FileFaults
from mijnklantportaal_async.sandbox.file_host import Download, FileHost
from mijnklantportaal_async.sandbox.listening import PATIENCE, Listener
from mijnklantportaal_async.sandbox.manners import Manner, Manners, manners_of
from mijnklantportaal_async.sandbox.oauth.desk import OAuthDesk
from mijnklantportaal_async.sandbox.oauth.grants import GrantBook
from mijnklantportaal_async.sandbox.oauth.pages import OAuthPages
from mijnklantportaal_async.sandbox.oauth.rules import OAuthApplication, OAuthRules
from mijnklantportaal_async.sandbox.owner_calls import OwnerCalls
from mijnklantportaal_async.sandbox.owner_pages import OwnerPages
from mijnklantportaal_async.sandbox.pages import by_path
from mijnklantportaal_async.sandbox.pending import PendingCommits
from mijnklantportaal_async.sandbox.portal import Portal, RateSettings
from mijnklantportaal_async.sandbox.rate_window import RateWindowKind, open_rate_window
from mijnklantportaal_async.sandbox.records_page import RecordsPage
from mijnklantportaal_async.sandbox.scopes import ALL_SCOPES, Keyring
from mijnklantportaal_async.sandbox.tag import Premises
from mijnklantportaal_async.sandbox.tags import TAGS
from mijnklantportaal_async.sandbox.tags.appointments import Appointments
from mijnklantportaal_async.sandbox.wall_time import moment
from mijnklantportaal_async.values.clock import Clock

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType

    from mijnklantportaal_async.sandbox.documents import Document, Documents
    from mijnklantportaal_async.sandbox.records import ReceivedRequest


class Sandbox(PortalContents):
    """A portal in this process, on a real socket.

    ```python
    async with Sandbox() as sandbox:
        ...  # base_url=sandbox.url, api_key=sandbox.api_key
        assert len(sandbox.appointments) == 1
    ```

    It can be started again after it stopped, on the same port and with the same records: a portal that goes away
    and comes back. The calendar page at `page_url` needs no key, so it answers only requests that name a loopback
    host (or the one it is bound to) in their `Host` header; do not bind it to a public address.

    Args:
        host: The address to listen on.
        port: The port; 0 picks a free one.
        database: A SQLite file that survives restarts; `None` keeps everything in memory.
        timezone: The zone of the portal's wall time.
        keys: API key -> its scopes. One key with every scope by default.
        rate_limit: Requests in a period for each key; `None` for no limit.
        rate_period: The period in portal seconds.
        rate_window: `"fixed"` opens a window with a request; `"rolling"` looks back from every request.
        speed: Portal seconds per real second. The whole portal lives faster: its rate window and `retry-after`, its
            `Date` and `createdAt`, the delays of faults.
        clock: Where its time comes from, with the speed of that clock; for tests that move time themselves.
        begins_at: The portal's time when it is first asked for, aware; the real one when left out.
        faults: Random faults, beside those of `fail_next`.
        file_faults: Random faults of the host of files, beside those of `fail_next_download`.
        manners: How it always behaves, where the documentation is silent or wrong. They can be changed while it runs.
        list_canceled: False is short for the manner `CANCELED_NOT_LISTED`.
        newest_first: True is short for the manner `NEWEST_FIRST`.
        stray_comma: True is short for the manner `STRAY_COMMA`.
        unlicensed: Tags of the reference that are not in the portal's licence, such as `Tickets`: answered with 426.
        seeded: Whether an empty portal begins as a small business: customers, three months of appointments around now,
            invoices, tickets, files. The same ones every time, but for the days, which follow the clock.
        webhook_retries: Portal seconds before each further call of a webhook that did not answer with 2xx; the
            documentation does not say whether there are any.
        webhook_signature: What `X-Webhook-Signature` holds, which the documentation does not settle: the webhook's
            `"secret"`, or an `"hmac"`, the hex HMAC-SHA256 of the body under it.
        webhook_hosts: Hosts that webhooks may call, beside this machine itself.
        applications: Those that may ask for tokens; `sandbox-app` with `sandbox-secret` when nothing else is said.
        oauth: How tokens are handed out, where the documentation leaves that open.
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
        clock: Clock | None = None,
        begins_at: datetime | None = None,
        faults: Faults | None = None,
        file_faults: FileFaults | None = None,
        manners: Collection[Manner] = (),
        list_canceled: bool = True,
        newest_first: bool = False,
        stray_comma: bool = False,
        unlicensed: Collection[str] = (),
        seeded: bool = False,
        webhook_retries: Sequence[float] = (10.0, 60.0, 600.0),
        webhook_signature: WebhookSignature = "secret",
        webhook_hosts: Collection[str] = (),
        applications: Collection[OAuthApplication] = (OAuthApplication(),),
        oauth: OAuthRules = OAuthRules(),  # noqa: B008 - frozen
    ) -> None:
        if rate_limit is not None:
            open_rate_window(rate_window, rate_limit, rate_period)  # refuses wrong figures here, not at the first call
        if keys is not None and not keys:
            raise ValueError("keys is empty: nobody could call this portal")
        if unknown := set(unlicensed) - {tag.name for tag in TAGS}:
            raise ValueError(f"unlicensed has {sorted(unknown)}: the tags are {', '.join(tag.name for tag in TAGS)}")
        if begins_at is not None and begins_at.utcoffset() is None:
            raise ValueError("begins_at must be aware: give it a tzinfo, such as ZoneInfo('Europe/Amsterdam')")
        super().__init__(
            database,
            ZoneInfo(timezone),
            PortalClock(clock or Clock(speed), None if begins_at is None else begins_at.timestamp()),
            seeded=seeded,
            premises=self._premises_with,
        )
        self._host = host
        self._port = port
        self._desk = OAuthDesk(GrantBook(applications, oauth), self._clock)
        known = {"sandbox-key": ALL_SCOPES} if keys is None else dict(keys)
        self._keyring = Keyring(known, self._desk.grant_of, self._desk.scopes_of)
        short = {
            Manner.CANCELED_NOT_LISTED: not list_canceled,
            Manner.NEWEST_FIRST: newest_first,
            Manner.STRAY_COMMA: stray_comma,
        }
        self._manners = Manners([*manners, *(manner for manner, is_asked in short.items() if is_asked)])
        self._portal = Portal(
            clock=self._clock,
            keyring=self._keyring,
            rate=RateSettings(rate_limit, rate_period, rate_window),
            plan=FaultPlan(faults),
            zone=self._zone,
            unlicensed=frozenset(unlicensed),
            manners=self._manners,
            desk=self._desk,
        )
        self._file_host = FileHost(self._documents, self._now, self._clock, FileFaultPlan(file_faults))
        self._file_port = 0
        self._deliveries = Deliveries(
            self._documents,
            self._clock,
            DeliverySettings(retries=webhook_retries, signature=webhook_signature, hosts=webhook_hosts),
        )
        self._owner_pages = OwnerPages(OwnerCalls(webhook_hosts), self._documents)
        self._connections = Connections()
        self._pending: PendingCommits | None = None
        self._exchange: Exchange | None = None
        self._listener: Listener | None = None
        self._file_runner: web.ServerRunner | None = None

    async def start(self) -> None:
        """Start listening; does nothing when the sandbox is running."""
        if self._listener is not None:
            return
        tags = self._tags(self._documents())
        self._portal.serve(load_contract(), tags)
        self._pending = PendingCommits()
        self._listener = listener = Listener(self._host, self._port, self._connections, self._pending)
        self._exchange = Exchange(self._portal, self._connections, self._pending, listener.leave)
        data = CalendarData(self._portal, tags[Appointments.name], self._zone)
        pages = (
            CalendarPage(data, self._host, self._pending, self._clock.http_date),
            RecordsPage(self._documents(), tags, self._host),
            DeliveriesPage(self._deliveries, self._host),
            CustomerPage(self._owner_pages, self._owner_pages.calls, self._host),
            OAuthPages(self._desk, self._host),
        )
        answer = by_path(pages, self._exchange.handle)
        try:
            await listener.start(PortalServer(answer, self._connections, self._clock.http_date))
            self._file_runner = web.ServerRunner(web.Server(self._file_host.handle), shutdown_timeout=PATIENCE)
            await self._file_runner.setup()
            await web.TCPSite(self._file_runner, self._host, self._file_port).start()
        except BaseException:
            await self.stop()
            raise
        # A portal that comes back is found where it was.
        self._port = listener.port
        self._file_port = int(self._file_runner.addresses[0][1])
        self._deliveries.start()

    async def stop(self) -> None:
        """Stop listening and close every connection; does nothing when the sandbox is not running.

        Commits that wait for their delay are done at once: what the portal took on, it does.
        """
        listener, self._listener = self._listener, None
        if listener is None:
            return
        if self._pending is not None:
            await self._pending.finish()
        await listener.stop()
        if self._file_runner is not None:
            await self._file_runner.cleanup()
        await self._deliveries.stop()
        await self._owner_pages.calls.close()
        self._close_file()

    async def __aenter__(self) -> Sandbox:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    def __repr__(self) -> str:
        return f"<Sandbox {self.url if self._listener is not None else 'not running'}>"

    @property
    def url(self) -> str:
        """The base URL for a client, such as `http://127.0.0.1:8000/v1`."""
        return self._origin() + API_PREFIX

    @property
    def page_url(self) -> str:
        """The address of the calendar page."""
        return self._origin() + "/"

    @property
    def manage_url(self) -> str:
        """The manage portal, with the pages and the token endpoint of OAuth: `base_url` of an `OAuthApp`."""
        return self._origin()

    @property
    def oauth(self) -> OAuthDesk:
        """Its OAuth side: what was granted, and words of its owner without a browser."""
        return self._desk

    @property
    def token_requests(self) -> list[ReceivedRequest]:
        """The requests for tokens, in order of arrival. Their bodies hold secrets of the sandbox."""
        return list(self._portal.token_requests)

    @property
    def api_key(self) -> str:
        """The first key."""
        return next(iter(self._keyring.scopes_by_key))

    @property
    def manners(self) -> frozenset[Manner]:
        """How it behaves now; set it to let it behave otherwise from the next request on.

        Raises:
            ValueError: Some exclude each other.
        """
        return self._manners.now

    @manners.setter
    def manners(self, asked: Collection[Manner]) -> None:
        self._manners.now = manners_of(asked)

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The requests that reached the API, in order of arrival; the last 100,000 of them."""
        return list(self._portal.requests)

    @property
    def downloads(self) -> list[Download]:
        """The requests to the host of files."""
        return list(self._file_host.downloads)

    @property
    def deliveries(self) -> list[Delivery]:
        """What webhooks were told, in order; `settle_deliveries` waits until they are all answered or given up."""
        return list(self._deliveries.made)

    async def settle_deliveries(self) -> None:
        """Wait until every call of a webhook is answered, or given up after its last retry."""
        await self._deliveries.settle()

    def emit(self, event: str, document: Document) -> None:
        """Tell the webhooks of an event that nothing here brings about, such as `invoice-chargeback`.

        Args:
            event: One of the types that a webhook can listen to.
            document: The record that it is about.
        """
        self._deliveries.emit(event, document)

    def deliver_again(self, number: int) -> Delivery:
        """Call a webhook once more with what it was told before, as the button on the page of deliveries does.

        Args:
            number: 1 for the first of `deliveries`.

        Raises:
            LookupError: Nothing was told under that number, or the webhook is gone.
        """
        return self._deliveries.again(number)

    def customer_url(self, customer_id: str) -> str:
        """The address of a customer's page, with the blocks and forms that were added."""
        return f"{self._origin()}/customers/{customer_id}"

    @property
    def deliveries_url(self) -> str:
        """The address of the page of deliveries."""
        return f"{self._origin()}/deliveries"

    @property
    def owner_pages(self) -> OwnerPages:
        """The Dynamic HTML blocks and the forms on the pages of customers: `sandbox.owner_pages.add_block(...)`."""
        return self._owner_pages

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
    ) -> ScriptedFault:
        """Let `fault` hit the next requests that match.

        Faults wait in a queue: a request is hit by the first one that matches it, and by a random one only when none
        does. Requests that the door refuses (401, the real rate limit) use up no fault.

        Args:
            fault: What happens.
            times: How many requests it hits.
            method: Only requests with this method.
            path: Only requests to this path, with or without `/v1`; `*` stands for anything, `{...}` for one id.
            delay: Portal seconds until a slow or late commit.
            retry_after: The `retry-after` of a 429 (1 by default) or of a 503 (none by default).

        Returns:
            The fault in its queue: `times` says how many requests it has not hit yet.
        """
        return self._portal.plan.script(
            fault, times=times, method=method, path=path, delay=delay, retry_after=retry_after
        )

    def fail_next_download(self, fault: FileFault, *, times: int = 1) -> None:
        """Let `fault` hit the next requests to the host of files.

        Args:
            fault: What happens.
            times: How many requests it hits.
        """
        self._file_host.plan.script(fault, times)

    def clear(self) -> None:
        """Remove every record, and forget requests, rate windows, scripted faults, late commits and deliveries."""
        self._documents().clear()
        self._portal.clear()
        self._file_host.clear()
        self._deliveries.clear()
        if self._pending is not None:
            self._pending.drop()

    def _origin(self) -> str:
        if self._listener is None:
            raise RuntimeError("the sandbox is not running: use `async with Sandbox() as sandbox:` or `start()`")
        return self._address(self._port)

    def _address(self, port: int) -> str:
        return f"http://[{self._host}]:{port}" if ":" in self._host else f"http://{self._host}:{port}"

    def _file_url(self, identifier: str, name: str, expires: datetime) -> str:
        return f"{self._address(self._file_port)}{self._file_host.link(identifier, name, expires)}"

    def _premises_with(self, documents: Documents) -> Premises:
        return Premises(
            contract=load_contract(),
            documents=documents,
            zone=self._zone,
            now=self._now,
            manners=self._manners,
            # Answers name it, and those that were slow are still made while the portal stops.
            base_url=lambda: self._address(self._port) + API_PREFIX,
            emit=self._deliveries.emit,
            file_url=self._file_url,
        )

    def _now(self) -> datetime:
        return moment(self._clock.timestamp(), self._zone)
