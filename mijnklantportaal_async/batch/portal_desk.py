"""What a worker has for each portal: a session, the shared rate limit, the flow, and what is known of other rows."""

from collections.abc import Callable, Collection
from typing import Any

from mijnklantportaal_async import errors
from mijnklantportaal_async.batch.database import Database
from mijnklantportaal_async.batch.engine import EngineClient
from mijnklantportaal_async.batch.flow import CannotLookError, FlowSettings, RowFlow
from mijnklantportaal_async.batch.operations import OPERATIONS
from mijnklantportaal_async.batch.portals import PortalAccess, PortalSource
from mijnklantportaal_async.batch.results import RowOutcome
from mijnklantportaal_async.batch.rows import BatchRow, Note, Portal
from mijnklantportaal_async.batch.shared_rate_limit import SharedRateLimiter
from mijnklantportaal_async.calling.rate_limit import Priority
from mijnklantportaal_async.calling.retry import Timeouts
from mijnklantportaal_async.session import PortalSession
from mijnklantportaal_async.values.clock import Clock

Json = dict[str, Any]


class Desk:
    """One portal, with its session open.

    Args:
        session: The session.
        limiter: Its rate limit.
        flow: Brings rows in.
    """

    def __init__(self, session: PortalSession, limiter: SharedRateLimiter, flow: RowFlow) -> None:
        self.session = session
        self.limiter = limiter
        self.flow = flow


class Desks:
    """The portals of a worker; each is opened when its first row comes.

    Args:
        database: Where the rate limits are.
        client: Where other rows are.
        portals: The ways into portals.
        settings: How patient rows are.
        timeouts: Of each request.
        clock: Where time comes from.
        make_flow: Makes what brings rows in.
    """

    def __init__(
        self,
        *,
        database: Database,
        client: EngineClient,
        portals: PortalSource,
        settings: FlowSettings,
        timeouts: Timeouts,
        clock: Clock,
        make_flow: Callable[..., RowFlow],
    ) -> None:
        self._database = database
        self._client = client
        self._portals = portals
        self._settings = settings
        self._timeouts = timeouts
        self._clock = clock
        self._make_flow = make_flow
        self._desks: dict[Portal, Desk] = {}
        self._notes: dict[str, frozenset[str] | str] = {}
        self._next_looks: dict[str, float] = {}

    def can_reach(self, portal: Portal) -> bool:
        """Whether there is a key for it, at the same address."""
        access = self._access(portal)
        return access is not None and access.known_address == portal.address

    def desk(self, portal: Portal) -> Desk:
        """The desk of a portal."""
        if portal not in self._desks:
            access = self._access(portal)
            if access is None:
                raise LookupError(f"there is no key for the portal {portal.name!r} here")
            limiter = SharedRateLimiter(
                self._database, name=access.shared_name, rate_limit=access.rate_limit, clock=self._clock
            )
            session = PortalSession(
                auth=access.make_auth(),
                base_url=access.base_url,
                proxy=access.proxy,
                timezone=portal.timezone,
                timeouts=self._timeouts,
                rate_limit=limiter,
                # The flow looks by itself: it knows what was there before, and outlives this process.
                reconcile=None,
                priority=Priority.BACKGROUND,
                clock=self._clock,
            )
            flow = self._make_flow(
                portal=session,
                limiter=limiter,
                ledger=self,
                settings=self._settings,
                clock=self._clock,
                longest_answer=self._timeouts.attempt or 0.0,
            )
            self._desks[portal] = Desk(session, limiter, flow)
        return self._desks[portal]

    async def aclose(self) -> None:
        """Closes all sessions."""
        for desk in self._desks.values():
            await desk.flow.aclose()
            await desk.session.aclose()
            await desk.limiter.aclose()
        self._desks.clear()

    # --- notes -------------------------------------------------------------------------------------------------

    async def note(self, data: Json) -> Json:
        """Notes what a portal holds before the first row is sent to it."""
        note = Note.from_json(data)
        session = self.desk(note.portal).session
        tries = 0
        while True:
            try:
                return {"ids": await OPERATIONS[note.operation].note(session, note.listing)}
            except errors.MijnKlantportaalError as error:
                tries += 1
                if _is_refused(error) or (_is_unreadable(error) and tries > self._settings.doubts):
                    return {"problem": str(error)}
                await self._clock.sleep(self._settings.doubt_wait(tries))

    # --- what is known of other rows (`flow.Ledger`) -------------------------------------------------------------

    async def noted(self, note_id: str) -> frozenset[str] | None:
        """Ids that the portal held before; None while nobody knows yet.

        Raises:
            CannotLookError: The key may not read the list.
        """
        known = self._notes.get(note_id)
        if known is None:
            # All rows of a portal wait for the same note: one look in a while serves them all.
            now = self._clock.monotonic()
            if now < self._next_looks.get(note_id, now):
                return None
            self._next_looks[note_id] = now + self._settings.sibling_wait / 2
            found = await self._client.by_id([note_id])
            if not found or not found[0].result:
                return None
            result = found[0].result
            known = frozenset(result["ids"]) if "ids" in result else str(result.get("problem"))
            self._notes[note_id] = known
        if isinstance(known, str):
            raise CannotLookError(f"what the portal held before could not be listed: {known}")
        return known

    async def have_ended(self, row_ids: Collection[str]) -> bool:
        """Whether these rows have all come to an end; those that nobody knows of any more have."""
        if not row_ids:
            return True
        return all(kept.outcome.is_final for kept in await self._client.by_id(row_ids))

    async def taken(self, row: BatchRow) -> frozenset[str]:
        """Ids of records that belong to other rows with the same key, of whatever job."""
        return frozenset(
            str(kept.result["identifier"])
            for kept in await self._client.with_key(row.key)
            if kept.id != row.id and kept.outcome is RowOutcome.DONE and kept.result.get("identifier")
        )

    def _access(self, portal: Portal) -> PortalAccess | None:
        return self._portals(portal.name) if callable(self._portals) else self._portals.get(portal.name)


def _is_refused(error: errors.MijnKlantportaalError) -> bool:
    """Whether asking again would bring the same answer; a key can be replaced, so that one is waited for."""
    passing = errors.RateLimitedError | errors.ServerError | errors.AuthenticationError
    return isinstance(error, errors.APIStatusError) and not isinstance(error, passing)


def _is_unreadable(error: errors.MijnKlantportaalError) -> bool:
    return isinstance(error, errors.DecodeError | errors.PaginationError)
