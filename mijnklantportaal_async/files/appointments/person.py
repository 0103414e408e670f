"""What of an appointment is text, in every format: its title, who it is with, the portal that it is for."""

from collections.abc import Callable, Mapping
from datetime import datetime

from mijnklantportaal_async.files.addresses import check_address
from mijnklantportaal_async.files.appointments.vocabulary import Field
from mijnklantportaal_async.files.cells import Cells, check_portal_name
from mijnklantportaal_async.models.appointments import NewAppointment
from mijnklantportaal_async.values.checks import check_identifier, check_text

_CHECKS: Mapping[Field, Callable[[str, str], str]] = {
    Field.NAME: check_text,
    Field.CUSTOMER_ID: check_identifier,
    Field.ATTENDEE_NAME: check_text,
    Field.FIRST_NAME: check_text,
    Field.NAME_PREFIX: check_text,
    Field.LAST_NAME: check_text,
    Field.ATTENDEE_EMAIL: check_address,
    Field.PORTAL: check_portal_name,
}

_NAMES = (Field.FIRST_NAME, Field.NAME_PREFIX, Field.LAST_NAME)

Texts = Mapping[Field, str | None]


def read_texts(cells: Cells[Field]) -> Texts:
    """The texts of a record; what is wrong with them is kept in the cells."""
    texts = {field: cells.checked(field, check) for field, check in _CHECKS.items()}
    if texts[Field.ATTENDEE_NAME] is None:
        names = [text for field in _NAMES if (text := texts[field])]
        texts[Field.ATTENDEE_NAME] = " ".join(names) or None
    if Field.NAME not in cells:
        cells.refuse(Field.NAME, "is empty; give the appointment a title")
    _require_person(cells, texts)
    return texts


def appointment_of(cells: Cells[Field], texts: Texts, starts_at: datetime, ends_at: datetime) -> NewAppointment | None:
    """The appointment, when nothing was wrong with it."""
    if cells.problems:
        return None
    try:
        return NewAppointment(
            name=texts[Field.NAME] or "",
            starts_at=starts_at,
            ends_at=ends_at,
            customer_id=texts[Field.CUSTOMER_ID],
            attendee_name=texts[Field.ATTENDEE_NAME],
            attendee_email=texts[Field.ATTENDEE_EMAIL],
        )
    except (TypeError, ValueError) as error:
        cells.refuse(None, str(error))
        return None


def _require_person(cells: Cells[Field], texts: Texts) -> None:
    if Field.CUSTOMER_ID in cells:
        return
    has_name = texts[Field.ATTENDEE_NAME] is not None or Field.ATTENDEE_NAME in cells
    missing = [] if has_name else [Field.ATTENDEE_NAME]
    missing += [] if Field.ATTENDEE_EMAIL in cells else [Field.ATTENDEE_EMAIL]
    if not missing:
        return
    customer = cells.header(Field.CUSTOMER_ID)
    if len(missing) == 1:
        cells.refuse(missing[0], f"is empty; fill it in, or {customer} instead")
    else:
        names = " and ".join(cells.header(field) for field in missing)
        cells.refuse(None, f"nobody to meet: fill in {customer}, or {names}")
