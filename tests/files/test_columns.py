import pytest

from mijnklantportaal_async.files.appointments.vocabulary import Field, match_columns
from mijnklantportaal_async.files.records import Table
from mijnklantportaal_async.files.tables.columns import Columns


def match(headers: str, wanted: dict[str, str] | None = None, ignored: tuple[str, ...] = ()) -> Columns[Field]:
    table = Table(headers=tuple(headers.split(";")), records=())
    return match_columns(table, {"columns": wanted or {}, "ignored": ignored})


@pytest.mark.parametrize(
    "headers",
    [
        "name;starts_at;ends_at;customer_id;attendee_name;attendee_email",
        "Name;Starts At;ENDS-AT;CustomerId;attendeeName;Attendee e-mail",
        "Onderwerp;Begintijd;Eindtijd;Klantnummer;Contactpersoon;E-mailadres",
        "TITEL;van;tot;klant_id;Naam;mail",
        "Afspraak;Start;Einde;Klant-ID;Deelnemer;Email",
        "Subject;begin;end;Customer number;Name;E-mail",
    ],
)
def test_english_and_dutch_headers_however_they_are_spelled(headers: str) -> None:
    columns = match(headers)

    assert not columns.errors
    fields = (Field.NAME, Field.STARTS_AT, Field.ENDS_AT, Field.CUSTOMER_ID, Field.ATTENDEE_NAME, Field.ATTENDEE_EMAIL)
    assert [columns.headers[field] for field in fields] == headers.split(";")


@pytest.mark.parametrize("headers", ["Titel;Datum;Van;Tot;Klant ID", "title;date;start;duration;customer_id"])
def test_date_and_times_in_columns_of_their_own(headers: str) -> None:
    columns = match(headers)

    assert not columns.errors
    assert Field.DATE in columns.headers


def test_naam_is_the_title_when_nothing_else_is() -> None:
    columns = match("Naam;Datum;Van;Tot;Klantnummer")

    assert columns.headers[Field.NAME] == "Naam"
    assert "taken for the appointment's title" in columns.notes[0]
    assert "--column attendee_name='Naam'" in columns.notes[0]


def test_naam_is_the_person_when_there_is_a_title() -> None:
    columns = match("Onderwerp;Naam;E-mail;Van;Tot")

    assert columns.headers[Field.NAME] == "Onderwerp"
    assert columns.headers[Field.ATTENDEE_NAME] == "Naam"
    assert "taken for the attendee's name" in columns.notes[0]


def test_name_and_naam_together_are_title_and_person() -> None:
    columns = match("naam;name;email;start;end")

    assert columns.headers[Field.NAME] == "name"
    assert columns.headers[Field.ATTENDEE_NAME] == "naam"


def test_naam_that_has_to_be_both_is_refused_and_says_what_was_taken_for_what() -> None:
    columns = match("Naam;E-mail;Van;Tot")

    assert "customer_id, or attendee_name" in columns.errors[0]
    assert "'Naam' as name" in columns.errors[0]


def test_a_person_says_which_column_is_which() -> None:
    columns = match("Omschrijving;van;tot;klant", {"name": "omschrijving", "customerId": "Klant"})

    assert not columns.errors
    assert columns.headers[Field.NAME] == "Omschrijving"
    assert columns.headers[Field.CUSTOMER_ID] == "klant"


def test_what_a_person_says_goes_before_what_a_header_says() -> None:
    columns = match("titel;Omschrijving;van;tot;klant_id", {"name": "Omschrijving"})

    assert columns.headers[Field.NAME] == "Omschrijving"
    assert columns.unused == ("titel",)


@pytest.mark.parametrize(
    ("wanted", "hint"),
    [
        ({"naem": "titel"}, "Did you mean 'name'"),
        ({"name": "Omschriving"}, "Did you mean 'Omschrijving'"),
        ({"name": "xyz"}, "There is no column 'xyz'"),
    ],
)
def test_a_mapping_that_fits_nothing_is_refused(wanted: dict[str, str], hint: str) -> None:
    assert hint in match("Omschrijving;van;tot;klant_id;titel", wanted).errors[0]


def test_a_slip_in_a_header_is_refused_with_a_suggestion() -> None:
    columns = match("name;start;end;attendee_name;atendee_email")

    assert "'atendee_email' is not known. Did you mean attendee_email?" in columns.errors[0]
    assert "--ignore-column 'atendee_email'" in columns.errors[0]


def test_a_slip_can_be_ignored_by_saying_so() -> None:
    columns = match("name;start;end;customer_id;atendee_email", ignored=("Atendee Email",))

    assert not columns.errors
    assert not columns.notes


def test_ignoring_a_column_that_is_not_there_is_refused() -> None:
    assert (
        "no column 'remark' to ignore. Did you mean 'Remarks'?" in match("Remarks;name", ignored=("remark",)).errors[0]
    )


def test_columns_of_no_use_are_named() -> None:
    columns = match("name;start;end;customer_id;Telefoon;Kamer")

    assert columns.unused == ("Telefoon", "Kamer")


@pytest.mark.parametrize(
    ("headers", "missing"),
    [
        ("start;end;customer_id", "name (the title)"),
        ("name;end;customer_id", "starts_at (or date and start)"),
        ("name;start;customer_id", "ends_at, or duration"),
        ("name;start;end", "customer_id, or attendee_name and attendee_email"),
        ("name;start;end;email", "customer_id, or attendee_name"),
    ],
)
def test_missing_columns_are_named(headers: str, missing: str) -> None:
    assert missing in match(headers).errors[0]


def test_equal_headers_are_refused() -> None:
    assert "Two columns have the name 'Start'" in match("name;start;Start;end;customer_id").errors[0]


def test_two_headers_for_one_field_are_refused() -> None:
    error = match("onderwerp;titel;start;end;customer_id").errors[0]

    assert "'onderwerp' and 'titel' could both be name" in error


def test_a_thousand_columns_are_no_list_of_appointments() -> None:
    assert "1000 columns" in match(";".join(f"column {number}" for number in range(1000))).errors[0]
