"""What a worker has for each portal: a session, the shared rate limit, the flow, and what is known of other rows."""

import logging
from collections.abc import Callable, Collection

from mijnklantportaal_async.batch.database import Database, DatabaseTroubleError
from mijnklantportaal_async.batch.flow import RowFlow, taken
from mijnklantportaal_async.batch.flow_settings import FlowSettings
from mijnklantportaal_async.batch.ledger import Ledger, TakenError, Verdict
from mijnklantportaal_async.batch.portals import PortalAccess, PortalSource, find_access
from mijnklantportaal_async.batch.rows import BatchRow, Portal, RowAtWork, WhenAbsent
from mijnklantportaal_async.batch.shared_rate_limit import SharedRateLimiter
from mijnklantportaal_async.calling.rate_limit import Priority
from mijnklantportaal_async.calling.retry import Timeouts
from mijnklantportaal_async.texts.words import words
from mijnklantportaal_async.values.clock import Clock

LOG = logging.getLogger("mijnklantportaal_async.batch")

SHOWN_FROM = 1.0
"""Seconds that rows wait for the rate limit before it is said."""


MOST_TRIES = 8
"""How often the end of a row is recorded in vain before the row is let go, to be looked up later."""


class Known:
    """What is recorded of the rows of one portal, for its flow (`flow.Records`).

    Args:
        ledger: Where it is recorded.
        identity: Which portal it is.
        sending: Called in the task of a row of which something may be under way from now on.
    """

    def __init__(self, ledger: Ledger, identity: str, sending: Callable[[], None]) -> None:
        self._ledger = ledger
        self._identity = identity
        self._sending = sending
        self._claimed: dict[str, set[str]] = {}
        self._serials: dict[str, int] = {}

    async def intend(self, at_work: RowAtWork) -> None:
        """As `Ledger.intend`."""
        await self._ledger.intend(at_work)
        self._sending()

    async def note(self, at_work: RowAtWork, trouble: str, wait: float) -> None:
        """As `Ledger.note`."""
        await self._ledger.note(at_work, trouble, wait)

    async def when_absent(self, at_work: RowAtWork) -> WhenAbsent:
        """As `Ledger.when_absent`."""
        return await self._ledger.when_absent(at_work)

    async def others(self, row: BatchRow) -> Collection[str]:
        """Ids of records of the operation that belong to rows; only those that are new are read."""
        operation = row.operation
        known, since = self._claimed.setdefault(operation, set()), self._serials.get(operation, 0)
        serial, fresh = await self._ledger.claimed(self._identity, operation, since)
        known.update(fresh)
        self._serials[operation] = max(serial, self._serials.get(operation, 0))
        return known

    async def have_succeeded(self, row: BatchRow, since: float) -> bool:
        """As `Ledger.have_succeeded`."""
        return await self._ledger.have_succeeded(row.portal, row.operation, since)


class Desk:
    """One portal, with its session open.

    Args:
        portal: The portal.
        access: The way into it.
        database: Where its rate limit is.
        ledger: Where the ends of rows are recorded.
        settings: How patient rows are.
        timeouts: Of each request.
        clock: Where time comes from.
        make_flow: Makes what brings rows in.
        sending: Called in the task of a row that is about to be sent.
    """

    def __init__(
        self,
        portal: Portal,
        access: PortalAccess,
        *,
        database: Database,
        ledger: Ledger,
        settings: FlowSettings,
        timeouts: Timeouts,
        clock: Clock,
        make_flow: Callable[..., RowFlow],
        sending: Callable[[], None],
    ) -> None:
        self.name = portal.name
        self.identity = access.identity
        self._ledger = ledger
        self._clock = clock
        self._limiter = SharedRateLimiter(database, name=access.shared_name, rate_limit=access.rate_limit, clock=clock)
        self._session = access.open_session(
            timezone=portal.timezone,
            timeouts=timeouts,
            rate_limit=self._limiter,
            # The flow looks by itself: it outlives this process.
            reconcile=None,
            priority=Priority.BACKGROUND,
            clock=clock,
        )
        self._flow = make_flow(
            portal=self._session,
            limiter=self._limiter,
            records=Known(ledger, self.identity, sending),
            settings=settings,
            clock=clock,
            longest_answer=timeouts.attempt,
        )

    async def work_on(self, at_work: RowAtWork) -> None:
        """Does one round of a row, and records what it came to.

        Raises:
            LostError: Another has the row; what became of it is that one's to say.
            DatabaseTroubleError: It cannot be recorded.
        """
        verdict = await self._flow.run(at_work)
        try:
            await self._end(at_work, verdict)
        except TakenError as error:
            await self._end(at_work, taken(verdict, error))

    async def _end(self, at_work: RowAtWork, verdict: Verdict) -> None:
        """Records it, also after a database that restarts: what the portal has answered is not to be forgotten."""
        tries = 0
        while True:
            try:
                return await self._ledger.end(at_work, verdict, self.identity)
            except DatabaseTroubleError as error:
                tries += 1
                if tries > MOST_TRIES:
                    raise
                LOG.warning("What became of row %s cannot be recorded yet: %s", at_work.row.place, error)
                await self._clock.sleep(self._clock.speed * min(0.25 * 2.0**tries, 15.0))

    async def trouble(self) -> str:
        """Why no call goes out just now; empty where one could."""
        snapshot = await self._limiter.remaining()
        wait = self._clock.real(snapshot.resets_in)
        if snapshot.remaining or wait < SHOWN_FROM:
            return ""
        return words("the rate limit of {name} is used up: next call in {wait:.0f} s", name=self.name, wait=wait)

    async def aclose(self) -> None:
        """Closes the session."""
        await self._flow.aclose()
        await self._session.aclose()
        await self._limiter.aclose()


class Desks:
    """The portals of a worker; each is opened when its first row comes.

    Args:
        portals: The ways into portals.
        make_desk: Opens one.
    """

    def __init__(self, portals: PortalSource, make_desk: Callable[[Portal, PortalAccess], Desk]) -> None:
        self._portals = portals
        self._make_desk = make_desk
        self._desks: dict[Portal, Desk] = {}

    async def why_not(self, portal: Portal) -> str:
        """Why there is no way into a portal; empty where there is one: a key or tokens, for the same address."""
        access = self.access(portal)
        reason = _mismatch(portal, access)
        return reason if reason or access is None else await access.why_not_now()

    def access(self, portal: Portal) -> PortalAccess | None:
        """The way into a portal."""
        return find_access(self._portals, portal.name)

    def open_ones(self) -> dict[Portal, Desk]:
        """Those that rows came for."""
        return self._desks

    def desk(self, portal: Portal) -> Desk:
        """The desk of a portal.

        Raises:
            LookupError: There is no way into it.
        """
        if portal not in self._desks:
            access = self.access(portal)
            if access is None or _mismatch(portal, access):
                raise LookupError(_mismatch(portal, access))
            self._desks[portal] = self._make_desk(portal, access)
        return self._desks[portal]

    async def aclose(self) -> None:
        """Closes all sessions."""
        for desk in self._desks.values():
            await desk.aclose()
        self._desks.clear()


def _mismatch(portal: Portal, access: PortalAccess | None) -> str:
    if access is None:
        return words("no worker has a key for the portal {portal_name}", portal_name=repr(portal.name))
    if access.known_address != portal.address:
        return words(
            "rows are for {portal_name} at {address}, and the worker's is at {known_address}",
            portal_name=repr(portal.name),
            address=portal.address,
            known_address=access.known_address,
        )
    return ""
