"""What a new job need not make: its rows that are in the calendar already, whoever put them there."""

from collections.abc import Sequence

import attrs

from mijnklantportaal_async import errors
from mijnklantportaal_async.api.appointments import SCHEDULE_APPOINTMENT
from mijnklantportaal_async.api.appointments_there import Verdict, look_for_appointments
from mijnklantportaal_async.batch import Jobs, Plan, Portal
from mijnklantportaal_async.batch.rows import BatchRow
from mijnklantportaal_async.cli.already_there import way_on
from mijnklantportaal_async.cli.batch.place import JobsPlace
from mijnklantportaal_async.cli.batch.portals import PortalBook, session_in
from mijnklantportaal_async.cli.batch.submit_command import JobFile
from mijnklantportaal_async.cli.options import Connection
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.models.appointments import NewAppointment
from mijnklantportaal_async.texts.words import counted, words


def rows_to_look_for(plan: Plan) -> list[BatchRow]:
    """Those that are new to the job, of which the calendar can tell whether they are there."""
    if plan.completes_a_submission:
        # Whoever was asked before is not asked again.
        return []
    return [row for row in plan.rows if row.operation == SCHEDULE_APPOINTMENT.name]


@attrs.frozen(kw_only=True)
class FirstLook:
    """Looks into the portals of a job before anything is submitted.

    Attributes:
        connection: The options that every command has.
        book: Where the keys are.
        place: Where the jobs are.
        terminal: Where to say what is found.
    """

    connection: Connection
    book: PortalBook
    place: JobsPlace
    terminal: Terminal

    async def without_what_is_there(self, jobs: Jobs, plan: Plan, job_file: JobFile) -> JobFile:
        """The rows of a file but for those that are in a calendar already, or may be.

        Raises:
            CommandError: The address of a portal cannot be right.
            MijnKlantportaalError: A calendar cannot be looked at. Nothing was submitted.
        """
        rows = rows_to_look_for(plan)
        portals = list(dict.fromkeys(row.portal for row in rows))
        own = [] if plan.submission.is_new_job else await jobs.results(plan.submission.job)
        claimed = frozenset(row.identifier for row in own if row.identifier)
        aside: set[int] = set()
        for portal in portals:
            places = [row.number - 1 for row in rows if row.portal == portal]
            aside |= await self._there(portal, job_file, places, claimed, is_only=len(portals) == 1)
        return attrs.evolve(job_file, rows=[row for place, row in enumerate(job_file.rows) if place not in aside])

    async def _there(
        self, portal: Portal, job_file: JobFile, places: Sequence[int], claimed: frozenset[str], *, is_only: bool
    ) -> set[int]:
        access = self.book.access(portal.name)
        if access is None or self.book.problem_with(portal) is not None:
            return set()
        requests = [job_file.rows[place].request for place in places]
        assert all(isinstance(request, NewAppointment) for request in requests)  # noqa: S101 - as its operation says
        found: set[int] = set()
        unsure: set[int] = set()
        try:
            async with session_in(portal, access, database=self.place.url, connection=self.connection) as session:
                async for presence in look_for_appointments(session, requests, claimed=claimed):
                    place = places[presence.index]
                    if presence.verdict is Verdict.FOUND:
                        found.add(place)
                    elif presence.verdict is Verdict.UNSURE:
                        unsure.add(place)
                        self._say_unsure(job_file, place, presence.reason)
        except errors.PermissionDeniedError:
            # It was said with the key: nobody can look, neither now nor later.
            return set()
        except errors.MijnKlantportaalError as error:
            error.add_note(
                words(
                    "Nothing was submitted: which rows are in the calendar already could not be looked up. --again "
                    "submits all of them without a look."
                )
            )
            raise
        if found:
            self._say_found(len(found), len(places) - len(found) - len(unsure), len(places), portal, is_only=is_only)
        return found | unsure

    def _say_found(self, found: int, missing: int, total: int, portal: Portal, *, is_only: bool) -> None:
        rest = words("{missing:,} to schedule", missing=missing) if missing else words("nothing to do")
        said = counted(
            "{known:,} of {count:,} is there already; {rest}.",
            "{known:,} of {count:,} are there already; {rest}.",
            total,
            known=found,
            rest=rest,
        )
        if not is_only:
            said = words("Portal {name}: {said}", name=portal.name, said=said)
        self.terminal.say(said, "bold")

    def _say_unsure(self, job_file: JobFile, place: int, reason: str) -> None:
        row = job_file.rows[place]
        where = row.place or words("row {number}", number=place + 1)
        new = row.request
        assert isinstance(new, NewAppointment)  # noqa: S101 - as its operation says
        self.terminal.say(
            words("{row}: {reason}. Not sent. {way_on}", row=where, reason=reason, way_on=way_on(new)), "yellow"
        )
