"""Which rows of a file are in the calendar before a run, and how one settles those that nobody can tell."""

import shlex

import attrs

from mijnklantportaal_async import errors
from mijnklantportaal_async.api.appointments_there import Verdict, look_for_appointments
from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.files.records import Row
from mijnklantportaal_async.models.appointments import Appointment, NewAppointment
from mijnklantportaal_async.session import PortalSession


@attrs.frozen(kw_only=True)
class Calendar:
    """The rows of a file by what the calendar says of them."""

    missing: tuple[Row[NewAppointment], ...]
    there: tuple[tuple[Row[NewAppointment], Appointment], ...] = ()
    perhaps: tuple[tuple[Row[NewAppointment], str], ...] = ()
    """Rows of which nobody can tell, with the reason and what to do."""


async def look(portal: PortalSession, rows: tuple[Row[NewAppointment], ...], terminal: Terminal) -> Calendar:
    """Looks in the calendar, once for each day of the file, and says what is there.

    Raises:
        MijnKlantportaalError: The calendar cannot be looked at. Nothing was sent.
    """
    missing: dict[int, Row[NewAppointment]] = {}
    there: list[tuple[Row[NewAppointment], Appointment]] = []
    perhaps: list[tuple[Row[NewAppointment], str]] = []
    try:
        async for presence in look_for_appointments(portal, [row.new for row in rows]):
            row = rows[presence.index]
            if presence.appointment is not None:
                there.append((row, presence.appointment))
            elif presence.verdict is Verdict.UNSURE:
                perhaps.append((row, f"{_told(row)}: {presence.reason}. Not sent. {_way_on(row.new)}"))
            else:
                missing[presence.index] = row
    except errors.MijnKlantportaalError as error:
        error.add_note(
            "Nothing was scheduled: which rows are in the calendar already could not be looked up. --again schedules "
            "all of them without a look."
        )
        raise
    if there:
        rest = "nothing to do" if len(there) == len(rows) else f"{len(missing):,} to schedule"
        terminal.say(
            f"{len(there):,} of {len(rows):,} {'is' if len(rows) == 1 else 'are'} there already; {rest}.", "bold"
        )
    return Calendar(
        missing=tuple(row for _, row in sorted(missing.items())), there=tuple(there), perhaps=tuple(perhaps)
    )


def _told(row: Row[NewAppointment]) -> str:
    new = row.new
    person = new.customer_id or f"{new.attendee_name} <{new.attendee_email}>"
    return f"{new.starts_at:%a %d-%m-%Y %H:%M}-{new.ends_at:%H:%M} with {person}"


def _way_on(new: NewAppointment) -> str:
    given: dict[str, str | None] = {
        "name": new.name,
        "starts-at": new.starts_at.isoformat(),
        "ends-at": new.ends_at.isoformat(),
    }
    given |= {"customer-id": new.customer_id, "attendee-name": new.attendee_name, "attendee-email": new.attendee_email}
    options = " ".join(f"--{option} {shlex.quote(text)}" for option, text in given.items() if text)
    return f"If it is another, this makes it: mijnklantportaal schedule {options}"
