"""Which rows of a file are in the calendar before a run, and how one settles those that nobody can tell."""

import shlex
from collections.abc import Mapping

import attrs

from mijnklantportaal_async import errors
from mijnklantportaal_async.api.appointments_there import Verdict, look_for_appointments
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.files.records import Row
from mijnklantportaal_async.files.results.appointments import person_of
from mijnklantportaal_async.files.results.table import ResultRow
from mijnklantportaal_async.models.appointments import Appointment, AppointmentStatus, NewAppointment
from mijnklantportaal_async.session import PortalSession


@attrs.frozen(kw_only=True)
class Calendar:
    """The rows of a file by what the calendar says of them."""

    missing: tuple[Row[NewAppointment], ...]
    there: tuple[tuple[Row[NewAppointment], Appointment], ...] = ()
    earlier: tuple[tuple[Row[NewAppointment], ResultRow], ...] = ()
    """Those that an earlier run has made, by its results and by the calendar."""
    perhaps: tuple[tuple[Row[NewAppointment], str], ...] = ()
    """Rows of which nobody can tell, with the reason and what to do."""


async def look(
    portal: PortalSession,
    rows: tuple[Row[NewAppointment], ...],
    terminal: Terminal,
    *,
    made: Mapping[int, ResultRow],
    again: bool,
) -> Calendar:
    """Looks in the calendar, once for each day of the file, and says what is there.

    What the results of an earlier run claim counts where the portal has a record with that id: they may be those of a
    trial in a sandbox.

    Args:
        portal: Where to look.
        rows: The rows.
        terminal: Where to say it.
        made: What an earlier run has made, by the place of a row.
        again: Whether what is there is made once more; what that earlier run has made is not.

    Raises:
        MijnKlantportaalError: The calendar cannot be looked at. Nothing was sent.
    """
    missing = dict(enumerate(rows))
    there: list[tuple[Row[NewAppointment], Appointment]] = []
    earlier: list[tuple[Row[NewAppointment], ResultRow]] = []
    perhaps: list[tuple[Row[NewAppointment], str]] = []
    looked_for = [index for index in missing if index in made or not again]
    try:
        async for presence in look_for_appointments(portal, [rows[index].new for index in looked_for]):
            index = looked_for[presence.index]
            row, kept = rows[index], made.get(index)
            if kept is not None and presence.appointment is not None:
                earlier.append((row, attrs.evolve(kept, identifier=presence.appointment.id)))
            elif kept is not None and (remark := await _since(portal, kept.identifier)) is not None:
                earlier.append((row, attrs.evolve(kept, what_to_do=remark)))
            elif again:
                continue
            elif presence.appointment is not None:
                there.append((row, presence.appointment))
            elif presence.verdict is Verdict.UNSURE:
                perhaps.append((row, f"{_told(row)}: {presence.reason}. Not sent. {_way_on(row.new)}"))
            else:
                continue
            del missing[index]
    except errors.MijnKlantportaalError as error:
        error.add_note(
            "Nothing was scheduled: which rows are in the calendar already could not be looked up. --again schedules "
            "all of them without a look."
        )
        raise
    if known := len(there) + len(earlier):
        rest = "nothing to do" if known == len(rows) else f"{len(missing):,} to schedule"
        terminal.say(f"{known:,} of {len(rows):,} {'is' if len(rows) == 1 else 'are'} there already; {rest}.", "bold")
    return Calendar(missing=tuple(missing.values()), there=tuple(there), earlier=tuple(earlier), perhaps=tuple(perhaps))


async def _since(portal: PortalSession, identifier: str) -> str | None:
    """What became of an appointment that is not where its row says; None where the portal has none with that id."""
    try:
        appointment = await portal.get_appointment(identifier)
    except (errors.NotFoundError, ValueError):
        return None
    if appointment.status == AppointmentStatus.CANCELED:
        return "Canceled in the portal since; not made again."
    return "Changed in the portal since; not made again."


def _told(row: Row[NewAppointment]) -> str:
    new = row.new
    return f"{new.starts_at:%a %d-%m-%Y %H:%M}-{new.ends_at:%H:%M} with {person_of(new)}"


def _way_on(new: NewAppointment) -> str:
    given: dict[str, str | None] = {
        "name": new.name,
        "starts-at": new.starts_at.isoformat(),
        "ends-at": new.ends_at.isoformat(),
    }
    given |= {"customer-id": new.customer_id, "attendee-name": new.attendee_name, "attendee-email": new.attendee_email}
    options = " ".join(f"--{option} {shlex.quote(text)}" for option, text in given.items() if text)
    return f"If it is another, this makes it: mijnklantportaal schedule {options}"
