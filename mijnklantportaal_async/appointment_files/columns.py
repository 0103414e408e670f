"""The columns of a file of appointments, and the words that people have for them."""

import enum
from collections.abc import Collection, Mapping, Sequence

from mijnklantportaal_async.tables.columns import ColumnMatcher, Columns, Vocabulary, plain
from mijnklantportaal_async.tables.printable import shown_value


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
    PORTAL = "portal"


_HEADERS: Mapping[Field, str] = {
    Field.NAME: "title subject appointment onderwerp titel afspraak",
    Field.STARTS_AT: (
        "starts_at start_at starts start start_time from time begins begin begint begint_om begin_tijd start_tijd "
        "aanvang aanvangstijd van tijd"
    ),
    Field.ENDS_AT: "ends_at end_at ends end end_time until to eindigt eindigt_om eind einde eindtijd tot",
    Field.DATE: "date day start_date datum dag begindatum startdatum",
    Field.END_DATE: "end_date einddatum",
    Field.DURATION: (
        "duration duration_minutes duration_min minutes length duur duur_minuten duur_min duur_in_minuten "
        "minuten tijdsduur"
    ),
    Field.CUSTOMER_ID: "customer_id customer_number klant_id klantnummer klantnr",
    Field.ATTENDEE_NAME: (
        "attendee_name attendee contact contact_name customer_name client_name patient patient_name guest deelnemer "
        "contactpersoon klantnaam clientnaam patientnaam naam_klant naam_client naam_patient naam_deelnemer genodigde"
    ),
    Field.ATTENDEE_EMAIL: (
        "attendee_email email mail email_address attendee_email_address customer_email e_mailadres mailadres "
        "email_klant email_deelnemer klant_email"
    ),
    Field.PORTAL: "portal portal_name portaal portaalnaam naam_portaal klantportaal",
}

# Title of the appointment or name of the person: the other columns decide.
_EITHER_NAME = (plain("name"), plain("naam"))

VOCABULARY = Vocabulary(
    fields=Field,
    headers=_HEADERS,
    either=_EITHER_NAME,
    numbers=frozenset({Field.DURATION}),
    things="appointments",
    header_example=(
        "name, starts_at, ends_at, attendee_name, attendee_email (or onderwerp, datum, van, tot, naam, e-mail)"
    ),
    json_example='{"name": "Intake", "starts_at": "2027-03-25 14:30", ...}',
)
"""What the columns may be called."""


def match_columns(headers: Sequence[str], wanted: Mapping[str, str], ignored: Collection[str] = ()) -> Columns[Field]:
    """Finds out which column is which field.

    Args:
        headers: As the file has them.
        wanted: Field -> header, as a person said it; goes before everything else.
        ignored: Headers that a person said to leave alone.
    """
    matcher = ColumnMatcher(headers, VOCABULARY)
    matcher.refuse_too_many()
    if matcher.errors:
        return matcher.columns()
    matcher.leave_out(ignored)
    matcher.refuse_doubles()
    matcher.take_wanted(wanted)
    matcher.take_known()
    _take_names(matcher)
    matcher.name_unknown()
    matcher.refuse_missing(_missing(matcher.taken))
    return matcher.columns()


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


def _missing(taken: Collection[Field]) -> list[str]:
    missing: list[str] = []
    if Field.NAME not in taken:
        missing.append("name (the title)")
    if Field.STARTS_AT not in taken:
        missing.append("starts_at (or date and start)")
    if Field.ENDS_AT not in taken and Field.DURATION not in taken:
        missing.append("ends_at, or duration in minutes")
    if Field.CUSTOMER_ID not in taken:
        lacking = [field for field in (Field.ATTENDEE_NAME, Field.ATTENDEE_EMAIL) if field not in taken]
        if lacking:
            missing.append(f"customer_id, or {' and '.join(lacking)}")
    return missing
