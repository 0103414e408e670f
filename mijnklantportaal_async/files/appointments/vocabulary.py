"""The columns of a file of appointments, and the words that people have for them."""

import enum
import re
from collections.abc import Callable, Mapping
from datetime import time

from mijnklantportaal_async.files.choices import Choices
from mijnklantportaal_async.files.cleaning import cleaned
from mijnklantportaal_async.files.durations import Unit
from mijnklantportaal_async.files.headers import plain, taken_apart, words_of
from mijnklantportaal_async.files.meaning import meaning_by_cells, meaning_for_appointments
from mijnklantportaal_async.files.moment_errors import MomentError, MonthFirstError
from mijnklantportaal_async.files.moments import MomentParts, parts_of_cell
from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.files.records import RowFileError, Table
from mijnklantportaal_async.files.tables.columns import ColumnMatcher, Columns, Vocabulary


class Field(enum.StrEnum):
    """What a column can hold."""

    NAME = "name"
    STARTS_AT = "starts_at"
    ENDS_AT = "ends_at"
    DATE = "date"
    END_DATE = "end_date"
    DURATION = "duration"
    CUSTOMER_ID = "customer_id"
    ATTENDEE_NAME = "attendee_name"
    ATTENDEE_EMAIL = "attendee_email"
    FIRST_NAME = "first_name"
    NAME_PREFIX = "name_prefix"
    LAST_NAME = "last_name"
    PORTAL = "portal"


_ENGLISH: Mapping[Field, str] = {
    Field.NAME: "title subject appointment",
    Field.STARTS_AT: (
        "starts_at start_at starts start start_time from time begins begin start_date_time start_date_and_time "
        "appointment_time"
    ),
    Field.ENDS_AT: "ends_at end_at ends end end_time until to end_date_time end_date_and_time",
    Field.DATE: "date day start_date appointment_date",
    Field.END_DATE: "end_date",
    Field.DURATION: (
        "duration duration_minutes duration_min minutes length duration_hours duration_in_minutes hours "
        "duration_seconds duration_in_hours duration_in_seconds duration_ms number_of_minutes"
    ),
    Field.CUSTOMER_ID: "customer_id customer_number client_id",
    Field.ATTENDEE_NAME: (
        "attendee_name attendee contact contact_name customer_name client_name patient patient_name guest guest_name "
        "invitee invitee_name attendees_email_address_name attendees_display_name"
    ),
    Field.ATTENDEE_EMAIL: (
        "attendee_email email mail email_address attendee_email_address customer_email client_email guest_email "
        "invitee_email attendees_email_address_address attendees_email"
    ),
    Field.FIRST_NAME: "first_name given_name invitee_first_name",
    Field.LAST_NAME: "last_name surname family_name invitee_last_name",
    Field.PORTAL: "portal portal_name",
}
_DUTCH: Mapping[Field, str] = {
    Field.NAME: "onderwerp titel afspraak",
    Field.STARTS_AT: (
        "begint begint_om begin_tijd start_tijd aanvang aanvangstijd van tijd tijd_van van_tijd tijdstip beginuur uur "
        "datum_tijd datum_en_tijd "
        "begindatum_en_tijd startdatum_en_tijd"
    ),
    Field.ENDS_AT: "eindigt eindigt_om eind einde eindtijd tot tijd_tot tot_tijd einduur einddatum_en_tijd",
    Field.DATE: "datum dag begindatum startdatum afspraakdatum afspraak_datum datum_afspraak",
    Field.END_DATE: "einddatum",
    Field.DURATION: "duur duur_minuten duur_min duur_in_minuten minuten tijdsduur duur_in_uren duur_uren uren "
    "aantal_minuten aantal_uren duur_in_kwartieren",
    Field.CUSTOMER_ID: "klant_id klantnummer klantnr",
    Field.ATTENDEE_NAME: (
        "deelnemer contactpersoon klantnaam clientnaam patientnaam naam_klant naam_client naam_patient naam_deelnemer "
        "naam_gast genodigde gast"
    ),
    Field.ATTENDEE_EMAIL: (
        "e_mailadres mailadres email_gast email_klant email_deelnemer klant_email email_client email_adres_klant "
        "emailadres_klant emailadres_client client_email"
    ),
    Field.FIRST_NAME: "voornaam roepnaam",
    Field.NAME_PREFIX: "tussenvoegsel tussenvoegsels voorvoegsel voorvoegsels",
    Field.LAST_NAME: "achternaam",
    Field.PORTAL: "portaal portaalnaam naam_portaal klantportaal",
}
_SECOND_BEST: Mapping[Field, str] = {
    Field.NAME: (
        "soort type appointment_type event_type event_type_name service dienst behandeling soort_afspraak omschrijving "
        "description summary samenvatting activiteit"
    ),
}

# Title of the appointment or name of the person: the other columns decide.
_EITHER_NAME = (plain("name"), plain("naam"))
# Name of the person or number of the customer: what stands in it decides.
_EITHER_CUSTOMER = frozenset({"customer", "client", "klant", "relatie"})

_ID = re.compile(r"cst_\w+|\d+")
_OF_CLOCK = re.compile(r"[uh]{1,2}:m{1,2}(?::s{1,2})?", re.IGNORECASE)
_NO_UNITS = {"dagen", "dag", "days", "day", "weken", "weeks", "blokken", "slots", "units", "eenheden"}
_MOMENTS = (Field.STARTS_AT, Field.ENDS_AT)
_DAYS = {Field.STARTS_AT: Field.DATE, Field.ENDS_AT: Field.END_DATE}


def _says(wanted: Callable[[MomentParts], bool]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            return wanted(parts_of_cell(cleaned(text)))
        except MonthFirstError:
            return True
        except MomentError:
            return False

    return check


def _is_duration(text: str) -> bool:
    return re.match(r"\d", text.strip()) is not None and len(text) < 20


VOCABULARY = Vocabulary(
    fields=Field,
    english=_ENGLISH,
    dutch=_DUTCH,
    either=(*_EITHER_NAME, *_EITHER_CUSTOMER),
    second_best=_SECOND_BEST,
    meaning=meaning_for_appointments,
    meaning_by_cells=meaning_by_cells,
    fits={
        Field.NAME: lambda text: any(character.isalpha() for character in text),
        Field.STARTS_AT: _says(lambda parts: parts.time is not None),
        Field.ENDS_AT: _says(lambda parts: parts.time is not None),
        Field.DATE: _says(lambda parts: parts.date is not None),
        Field.END_DATE: _says(lambda parts: parts.date is not None),
        Field.DURATION: _is_duration,
        Field.CUSTOMER_ID: lambda text: _ID.fullmatch(text.strip()) is not None,
        Field.ATTENDEE_NAME: lambda text: any(character.isalpha() for character in text) and "@" not in text,
        Field.ATTENDEE_EMAIL: lambda text: "@" in text,
    },
    numbers=frozenset({Field.DURATION, Field.STARTS_AT, Field.ENDS_AT}),
    things="appointments",
    header_example=(
        "name, starts_at, ends_at, attendee_name, attendee_email (or onderwerp, datum, van, tot, naam, e-mail)"
    ),
    json_example='{"name": "Intake", "starts_at": "2027-03-25 14:30", ...}',
)
"""What the columns may be called."""


def match_columns(table: Table, choices: Choices) -> Columns[Field]:
    """Finds out which column is which field.

    Args:
        table: The file.
        choices: What a person said of columns; goes before everything else.
    """
    matcher = ColumnMatcher(table, VOCABULARY)
    matcher.refuse_too_many()
    if matcher.errors:
        return matcher.columns()
    matcher.leave_out(choices.get("ignored", ()))
    matcher.refuse_doubles()
    matcher.take_wanted(choices.get("columns", {}))
    matcher.take_meanings()
    matcher.take_known(lambda field, headers: _apart(matcher, field, headers))
    _take_customer(matcher)
    lacks_name = Field.ATTENDEE_EMAIL in matcher.taken and Field.ATTENDEE_NAME not in matcher.taken
    if Field.NAME not in matcher.taken and lacks_name:
        # `Omschrijving` and `Naam` beside an address: what it is about, and who that is.
        matcher.take_second_best()
    _take_names(matcher)
    matcher.take_second_best()
    matcher.name_unknown()
    matcher.look_into_unused()
    matcher.refuse_missing(_missing(matcher))
    return matcher.columns()


def unit_of(header: str) -> Unit | None:
    """What the numbers of a column of durations count, by its header.

    Raises:
        RowFileError: It counts something that is no length of an appointment.
    """
    appendix = taken_apart(header).appendix
    inside = words_of(appendix)
    for word in inside:
        if (unit := Unit.named(word)) is not None and (len(word) > 1 or len(inside) == 1):
            return unit
    outside = [word for word in reversed(words_of(header)) if word not in inside]
    for word in outside:
        if len(word) > 1 and (unit := Unit.named(word)) is not None:
            return unit
    if (inside and not _OF_CLOCK.fullmatch(appendix)) or not _NO_UNITS.isdisjoint(outside):
        raise RowFileError(
            f"Nobody knows what the durations under {shown_value(header)!r} count; name it 'Duur (min)' or 'Duur "
            "(uren)', with minutes or hours in it."
        )
    return None


def _apart(matcher: ColumnMatcher[Field], field: Field, headers: list[str]) -> dict[Field, str] | None:
    """`Start` and `Tijd`: the day and the time of one moment, where that is what stands in them."""
    if field not in _DAYS or len(headers) != 2:
        return None
    for day, at in (headers, headers[::-1]):
        days, times = matcher.cells(day), matcher.cells(at)
        if days and times and all(map(_is_day_alone, days)) and all(map(_is_time_alone, times)):
            return {_DAYS[field]: day, field: at}
    return None


_is_day_alone = _says(
    lambda parts: parts.date is not None and (parts.time is None or not parts.time.replace(tzinfo=None) > time())
)
_is_span = _says(lambda parts: parts.until is not None)
_is_time_alone = _says(lambda parts: parts.date is None and parts.time is not None)


def _take_customer(matcher: ColumnMatcher[Field]) -> None:
    for header in [header for header in matcher.left if plain(header) in _EITHER_CUSTOMER]:
        cells = matcher.cells(header)
        is_number = bool(cells) and VOCABULARY.can_hold(Field.CUSTOMER_ID, cells)
        field = Field.CUSTOMER_ID if is_number else Field.ATTENDEE_NAME
        if field in matcher.taken:
            matcher.unused(header)
        else:
            matcher.take(field, header)


def _take_names(matcher: ColumnMatcher[Field]) -> None:
    # `name` before `naam`: the first is what the service itself calls the title.
    either = sorted(
        (header for header in matcher.left if plain(header) in _EITHER_NAME),
        key=lambda header: _EITHER_NAME.index(plain(header)),
    )
    for header in either:
        title = matcher.taken.get(Field.NAME)
        if title is None:
            has_only_email = Field.ATTENDEE_EMAIL in matcher.taken and Field.ATTENDEE_NAME not in matcher.taken
            if plain(header) != "name" or has_only_email:
                matcher.notes.append(
                    f"{shown_value(header)!r} was taken for the appointment's title; if it is the "
                    f"attendee's, say --column attendee_name={shown_value(header)!r}."
                )
            matcher.take(Field.NAME, header)
        elif Field.ATTENDEE_NAME in matcher.taken:
            matcher.unused(header)
        else:
            matcher.notes.append(
                f"{shown_value(header)!r} was taken for the attendee's name, because there is "
                f"{shown_value(title)!r} for the title."
            )
            matcher.take(Field.ATTENDEE_NAME, header)


def _missing(matcher: ColumnMatcher[Field]) -> list[str]:
    taken = matcher.taken
    missing: list[str] = []
    if Field.NAME not in taken:
        missing.append("name (the title)")
    if Field.STARTS_AT not in taken:
        missing.append("starts_at (or date and start)")
    # A cell may hold both, as in 09:00 - 09:30.
    spans = matcher.cells(taken[Field.STARTS_AT]) if Field.STARTS_AT in taken else []
    if Field.ENDS_AT not in taken and Field.DURATION not in taken and not (spans and all(map(_is_span, spans))):
        missing.append("ends_at, or duration in minutes")
    if Field.CUSTOMER_ID not in taken:
        has_name = not {Field.ATTENDEE_NAME, Field.FIRST_NAME, Field.LAST_NAME}.isdisjoint(taken)
        lacking = [] if has_name else [Field.ATTENDEE_NAME]
        lacking += [] if Field.ATTENDEE_EMAIL in taken else [Field.ATTENDEE_EMAIL]
        if lacking:
            missing.append(f"customer_id, or {' and '.join(lacking)}")
    return missing
