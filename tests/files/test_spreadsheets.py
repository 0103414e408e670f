"""Tables as spreadsheets and exports leave them: where the headers stand, what is no row, what is damaged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office import appointments, customers, left_out, problem, question_of, starts, titles

from mijnklantportaal_async.files import FileQuestionError, RowFileError
from mijnklantportaal_async.files.letters import encoded_once, likely_encodings, was_encoded_twice

HEADERS = "Onderwerp;Datum;Van;Tot;Naam;E-mail"
ROW = "Intake;20-04-2027;09:00;09:30;Anna Bakker;anna@example.nl"
TABLE = f"{HEADERS}\r\n{ROW}\r\n"


# --- rows that are none ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("above", ["Agenda praktijk De Linde;;;;;\n;;;;;\n", "Afspraak\n\n", "Export 2027;week 16\n"])
def test_titles_above_the_headers_are_passed_over_and_named(above: str) -> None:
    file = appointments(above + TABLE)

    assert titles(file) == ["Intake"]
    assert file.rows[0].line == above.count("\n") + 2
    assert file.notes[-1].startswith("Above the headers, and not used: ")


def test_a_title_that_speaks_of_zones_is_not_passed_over() -> None:
    with pytest.raises(RowFileError, match=r"says 'Alle tijden in UTC', which may change what its times mean"):
        appointments(f"Alle tijden in UTC;;;;;\n{TABLE}")


@pytest.mark.parametrize("total", ["Totaal: 1;;;;;", "Totaal;1;;;;", "Aantal afspraken;;1;;;"])
def test_a_total_below_the_rows_is_left_out(total: str) -> None:
    file = appointments(f"{TABLE}{total}\r\n")

    assert titles(file) == ["Intake"]
    assert list(left_out(file).values()) == ["counts the other rows"]


def test_an_appointment_about_totals_is_none() -> None:
    assert titles(appointments(f"{HEADERS}\n{ROW.replace('Intake', 'Totaal bespreken')}\n")) == ["Totaal bespreken"]


def test_two_files_put_together_have_one_header_too_many() -> None:
    file = appointments(f"\ufeff{TABLE}\ufeff{TABLE.replace('09:00', '08:00')}")

    assert starts(file) == ["20-04 09:00", "20-04 08:00"]
    assert list(left_out(file).values()) == ["names the columns once more"]


def test_empty_cells_that_were_left_out_at_the_end_are_empty() -> None:
    file = appointments(f"{HEADERS};Opmerking;Kamer\n{ROW};bellen;2\n{ROW.replace('09:00', '08:00')}\n")

    assert starts(file) == ["20-04 09:00", "20-04 08:00"]


@pytest.mark.parametrize(
    ("headers", "extra"), [("E-mail;E-mail", ";"), ("E-mail;Mail", ";"), ("E-mail;Mail", ";anna@example.nl")]
)
def test_of_two_columns_the_one_that_says_something_is_taken(headers: str, extra: str) -> None:
    file = appointments(f"{HEADERS.replace('E-mail', headers)}\n{ROW}{extra}\n")

    assert file.rows[0].new.attendee_email == "anna@example.nl"


def test_two_columns_that_say_different_things_are_refused_with_both_ways() -> None:
    with pytest.raises(RowFileError, match="--column attendee_email='E-mail' --ignore-column 'Mail'"):
        appointments(f"{HEADERS};Mail\n{ROW};other@example.nl\n")


@pytest.mark.parametrize(
    "text",
    [
        f'"sep=;"\r\n{TABLE}',
        f"sep=;;;\r\n{TABLE}",
        f"sep=,\r\n{TABLE}",
        "".join(f'"{line}"\r\n' for line in TABLE.split()[:0] or TABLE.strip().split("\r\n")),
        TABLE.replace(";", '; "', 1).replace("Datum;", 'Datum";', 1),
        TABLE + "\x00" * 40,
        TABLE + "\x1a",
        TABLE.replace("Van", "\u200bVan").replace("E-mail", "E\u2011mail"),
        "\ufeff\ufeff" + TABLE,
    ],
)
def test_odd_ways_to_write_the_same_table(text: str) -> None:
    assert starts(appointments(text)) == ["20-04 09:00"]


def test_a_nul_inside_of_a_cell_is_a_damaged_file() -> None:
    assert "holds a NUL byte" in problem(appointments(TABLE.replace("Anna", "An\x00na")))


@pytest.mark.parametrize("page", ["<html><table><tr><td>Onderwerp</td></tr></table></html>", '<?xml version="1.0"?>'])
def test_a_web_page_is_called_one(page: str) -> None:
    with pytest.raises(RowFileError, match=r"web page or XML, not CSV.*save it as \.xlsx"):
        appointments(page)


# --- which column is which -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "row"),
    [
        ("Onderwerp;Start;Tijd;Duur;Naam;E-mail", "Intake;20-04-2027;09:00;30;Anna;anna@example.nl"),
        ("Onderwerp;Tijd;Start;Duur;Naam;E-mail", "Intake;09:00;20-04-2027;30;Anna;anna@example.nl"),
        ("Onderwerp;Begin;Begintijd;Eind;Eindtijd;Klantnummer", "Intake;20-04-2027;09:00;20-04-2027;09:30;cst_1"),
        (
            "Onderwerp;Datum/tijd;Duur (min);Naam;E-mail;Status",
            "Intake;20-04-2027 09:00;30;Anna;a@example.nl;Bevestigd",
        ),
        ("Dag;Begin;Eind;Afspraak;Klant;Mail", "20-04-2027;9:00;9:30;Intake;Anna;anna@example.nl"),
        ("Dag;Begin;Eind;Afspraak;Klant", "20-04-2027;9:00;9:30;Intake;cst_1"),
        ("Datum;Tijd;Onderwerp;Naam;E-mail;Duur", "20-04-2027;09:00 - 09:30;Intake;Anna;anna@example.nl;30"),
        ("Datum;Tijd;Onderwerp;Klantnummer;Duur", "20-04-2027;van 9.00 tot 9.30 uur;Intake;cst_1;"),
        ("Datum;Tijd;Onderwerp;Klantnummer", "20-04-2027;9:00-9:30;Intake;cst_1"),
    ],
)
def test_what_stands_in_the_cells_tells_columns_apart(headers: str, row: str) -> None:
    file = appointments(f"{headers}\n{row}\n")

    assert starts(file) == ["20-04 09:00"]
    assert f"{file.rows[0].new.ends_at:%H:%M}" == "09:30"


@pytest.mark.parametrize(
    ("headers", "row"),
    [
        ("Onderwerp;Voornaam;Tussenvoegsel;Achternaam", "Intake;Anna;de;Vries"),
        ("Omschrijving;Naam", "Intake;Anna de Vries"),
        ("Soort;Cliënt", "Intake;Anna de Vries"),
        ("Behandeling;Klant", "Intake;Anna de Vries"),
    ],
)
def test_title_and_person_by_whatever_they_are_called(headers: str, row: str) -> None:
    file = appointments(f"{headers};Datum;Tijd van;Tijd tot;E-mail\n{row};20-4-2027;9:00;9:30;a@b.nl\n")

    assert [(one.new.name, one.new.attendee_name) for one in file.rows] == [("Intake", "Anna de Vries")]


def test_a_date_of_something_else_is_named_with_the_way_out() -> None:
    text = "Titel;Datum;Start;Einde;Klantnummer\nIntake;02-01-2027;20-04-2027 09:00;20-04-2027 09:30;cst_1\n"

    assert "--ignore-column 'Datum' if that is the date of something else" in problem(appointments(text))
    assert starts(appointments(text, ignored=["Datum"])) == ["20-04 09:00"]


@pytest.mark.parametrize("header", ["Status code", "User Name", "Appointment Price", "Date Scheduled", "Starts count"])
def test_no_column_is_suggested_for_what_its_cells_cannot_be(header: str) -> None:
    file = appointments(f"title,start,end,customer_id,{header}\nIntake,2027-04-20 09:00,09:30,cst_1,Q 7\n")

    assert file.unused == (header,)


def test_a_range_with_another_end_than_the_column_is_refused() -> None:
    text = "Onderwerp;Datum;Van;Tot;Klantnummer\nIntake;5-3-2027;09:00-10:00;11:00;cst_1\n"

    assert "has another end than Tot" in problem(appointments(text))


# --- what programs export --------------------------------------------------------------------------------------


def test_an_export_of_outlook() -> None:
    file = appointments(
        '"Subject","Start Date","Start Time","End Date","End Time","All day event","Reminder on/off","Reminder Date",'
        '"Reminder Time","Meeting Organizer","Required Attendees","Description","Show time as","Customer number"\r\n'
        '"Intake","20-4-2027","09:00:00","20-4-2027","09:30:00","False","True","20-4-2027","06:00:00","Praktijk",'
        '"Bakker, Anna","\r\n","2","cst_1"\r\n'
        '"Vakantie","21-4-2027","00:00:00","22-4-2027","00:00:00","True","True","20-4-2027","06:00:00","Praktijk",'
        ',"\r\n","3","cst_1"\r\n'
    )

    assert starts(file) == ["20-04 09:00"]
    assert list(left_out(file)) == ["Vakantie"]
    assert "All day event" not in file.unused


def test_an_export_of_calendly() -> None:
    file = appointments(
        '"Event Type Name","Start Date & Time"," End Date & Time","Invitee Name","Invitee Email","Invitee Time Zone",'
        '"Event Created Date & Time","Canceled","Canceled By","Cancellation reason","User Name"\r\n'
        '"Intake 30","2027-04-20 09:00","2027-04-20 09:30","Anna Bakker","anna@example.nl","Central European Time",'
        '"2027-01-02 10:00","false","","","Praktijk"\r\n'
        '"Intake 30","2027-04-20 10:00","2027-04-20 10:30","Bas Wit","bas@example.nl","Central European Time",'
        '"2027-01-02 10:00","true","Bas Wit","ziek","Praktijk"\r\n'
    )

    assert starts(file) == ["20-04 09:00"]
    assert file.rows[0].new.attendee_name == "Anna Bakker"
    assert list(left_out(file).values()) == ["canceled (Canceled: true)"]


def test_an_export_of_acuity() -> None:
    file = appointments(
        '"Start Time","End Time","First Name","Last Name","Phone","Email","Type","Calendar","Appointment Price",'
        '"Paid?","Notes","Date Scheduled","Label","Scheduled By","Appointment ID"\r\n'
        '"April 20, 2027 9:00 am","April 20, 2027 1:30 pm","Anna","Bakker","0612345678","anna@example.nl","Intake",'
        '"Praktijk","0.00","no","","2027-01-02","","","123"\r\n'
    )

    (row,) = file.rows
    assert starts(file) == ["20-04 09:00"]
    assert f"{row.new.ends_at:%H:%M}" == "13:30"
    assert (row.new.name, row.new.attendee_name) == ("Intake", "Anna Bakker")


@pytest.mark.parametrize(
    ("headers", "row", "city"),
    [
        (
            "Code;Type;Bedrijf;Contactpersoon;Adres;Postcode;Plaats;Land;Adres2;Postcode2;Land2;Email;IBAN",
            "10001;B;Bakkerij Brood;A. Bakker;Kerkstraat 12;1017 GC;Amsterdam;Nederland;;;;info@brood.example;",
            "Amsterdam",
        ),
        (
            "Klantnummer;Bedrijfsnaam;Voornaam;Achternaam;Adres 1;Adres 2;Postcode;Plaats;Land;E-mailadres facturen",
            "1;Bakkerij Brood;Anna;Bakker;Kerkstraat 12;;1017 GC;Amsterdam;NL;info@brood.example",
            "Amsterdam",
        ),
        (
            "Relaties;;;;;\nAdministratie: 123 - Voorbeeld;;;;;\n;;;;;\nCode;Naam;Adresregel 1;Postcode;Plaats;E-mail",
            "   10;Bakkerij Brood;Kerkstraat 12;1017 GC;Amsterdam;info@brood.example",
            "Amsterdam",
        ),
        (
            "Relatiecode;Naam;Vestigingsadres straat;Vestigingsadres postcode;Vestigingsadres plaats;"
            "Vestigingsadres land;Correspondentieadres straat;E-mail",
            "1001;Bakkerij Brood;Kerkstraat 12;1017 GC;Amsterdam;Nederland;Kade 1;info@brood.example",
            "Amsterdam",
        ),
        (
            "Naam;Factuuradres straat;Factuuradres postcode;Factuuradres plaats;Factuuradres land;E-mail",
            "Bakkerij Brood;Kerkstraat 12;1017 GC;Amsterdam;Nederland;info@brood.example",
            "Amsterdam",
        ),
    ],
    ids=["e-Boekhouden", "Moneybird", "Exact", "SnelStart", "invoices"],
)
def test_customers_of_bookkeeping_programs(headers: str, row: str, city: str) -> None:
    file = customers(f"{headers}\n{row}\n")

    assert not file.problems
    (new,) = [one.new for one in file.rows]
    assert (new.company_name, new.address, new.city) == ("Bakkerij Brood", "Kerkstraat 12", city)
    assert new.primary_email == "info@brood.example"
    assert new.country_code in {"NL", None} or not new.country_code


def test_an_address_for_invoices_stands_in_for_a_column_that_is_empty() -> None:
    file = customers(
        "Bedrijfsnaam,Adres 1,Postcode,Plaats,Landnaam,E-mail,E-mail voor facturen\n"
        "Brood,Kerkstraat 1,1000,Brussel,België,,fact@brood.example\n"
    )

    (new,) = [row.new for row in file.rows]
    assert (new.primary_email, new.country_code) == ("fact@brood.example", "BE")


def test_a_private_customer_is_called_by_its_person() -> None:
    file = customers(
        "Bedrijf;Contactpersoon;Adres;Postcode;Plaats;Email\n;Jan Vis;Dorpsweg 3;1234AB;Lutjebroek;jan@vis.example\n"
    )

    assert [row.new.company_name for row in file.rows] == ["Jan Vis"]


@pytest.mark.parametrize(
    ("header", "gone", "there"),
    [("Inactief", "Ja", "Nee"), ("Actief", "Nee", "Ja"), ("Geblokkeerd", "x", ""), ("Status", "Inactief", "Klant")],
)
def test_a_customer_that_is_one_no_longer_is_left_out(header: str, gone: str, there: str) -> None:
    row = "{},Kerkstraat 12,1017 GC,Amsterdam,a@b.nl,{}\n"
    file = customers(f"bedrijf,adres,postcode,plaats,mail,{header}\n{row.format('A', gone)}{row.format('B', there)}")

    assert [one.new.company_name for one in file.rows] == ["B"]
    assert left_out(file)["A"].startswith("not active")


@pytest.mark.parametrize(
    ("street", "number", "letter", "addition", "address"),
    [
        ("Kerkstraat 12a", "12", "", "a", "Kerkstraat 12a"),
        ("Kerkstraat 12 a", "12", "", "a", "Kerkstraat 12 a"),
        ("Kerkstraat 12", "12", "", "a", "Kerkstraat 12 a"),
        ("Kerkstraat 12-2", "12", "", "2", "Kerkstraat 12-2"),
        ("Kerkstraat 12A", "12", "", "a", "Kerkstraat 12A"),
        ("Kerkstraat, 12", "12", "", "", "Kerkstraat, 12"),
        ("Kerkstraat", "12", "a", "2", "Kerkstraat 12a 2"),
        ("Kerkstraat 12a", "12", "a", "2", "Kerkstraat 12a 2"),
        ("Plein 1944", "1944", "", "", "Plein 1944"),
        ("Plein 1944 12", "12", "", "", "Plein 1944 12"),
        ("Laan 112", "12", "", "", "Laan 112 12"),
    ],
)
def test_number_and_addition_stand_in_the_address_once(
    street: str, number: str, letter: str, addition: str, address: str
) -> None:
    headers = "bedrijf;straat;huisnummer;huisletter;toevoeging;postcode;plaats;mail"
    file = customers(f"{headers}\nA;{street};{number};{letter};{addition};1017 GC;Amsterdam;a@b.nl\n")

    assert [row.new.address for row in file.rows] == [address]


@pytest.mark.parametrize("number", ["12-mrt", "mrt-12", "12-okt", "2027-03-12"])
def test_a_number_that_became_a_date_is_refused(number: str) -> None:
    file = customers(
        f"bedrijf;straat;huisnummer;postcode;plaats;mail\nA;Kerkstraat;{number};1017 GC;Amsterdam;a@b.nl\n"
    )

    assert "is a date, which a spreadsheet makes of a number" in problem(file)


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("Nederland", "NL"),
        ("België", "BE"),
        ("Deutschland", "DE"),
        ("United Kingdom", "GB"),
        ("UK", "GB"),
        ("nl ", "NL"),
    ],
)
def test_countries_have_names(country: str, code: str) -> None:
    file = customers(f"bedrijf;adres;postcode;plaats;mail;land\nA;Kerkstraat 1;1017 GC;Amsterdam;a@b.nl;{country}\n")

    assert [row.new.country_code for row in file.rows] == [code]


# --- cells -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    ["\u200banna@example.nl", "anna@example.nl\u00a0 ", "anna@example.nl\ufeff", "anna@example\u2060.nl"],
)
def test_invisible_characters_are_gone(cell: str) -> None:
    file = appointments(TABLE.replace("anna@example.nl", cell).replace("Anna Bakker", "An\u00adna\u200b"))

    assert (file.rows[0].new.attendee_name, file.rows[0].new.attendee_email) == ("Anna", "anna@example.nl")


def test_what_holds_letters_and_pictures_together_is_kept() -> None:
    assert titles(appointments(TABLE.replace("Intake", "Gezin \U0001f468\u200d\U0001f469"))) == [
        "Gezin \U0001f468\u200d\U0001f469"
    ]


def test_a_text_that_a_spreadsheet_wrapped_is_unwrapped() -> None:
    (row,) = appointments(TABLE.replace("Intake", '="Intake"').replace("Anna Bakker", '="Anna ""A"" Bakker"')).rows

    assert (row.new.name, row.new.attendee_name) == ("Intake", 'Anna "A" Bakker')


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("#N/B", "error of a formula"),
        ("#NAAM?", "error of a formula"),
        ("#REF!", "error of a formula"),
        ("########", "too narrow"),
        ("1,23E+12", "rounded"),
        ("6.12E+10", "rounded"),
        ("=A2", "is a formula, not what it gives"),
        ("=VERT.ZOEKEN(A2)", "is a formula, not what it gives"),
        ("Caf\ufffd", "letters that were lost"),
    ],
)
def test_damage_by_a_spreadsheet_is_refused(cell: str, hint: str) -> None:
    found = problem(appointments(TABLE.replace("Anna Bakker", cell)))

    assert found.startswith("Naam: ")
    assert hint in found


@pytest.mark.parametrize("cell", ["-", "n.v.t.", "N/A", "onbekend", "NULL"])
def test_what_people_write_for_nothing_is_nothing(cell: str) -> None:
    assert "Naam: is empty" in problem(appointments(TABLE.replace("Anna Bakker", cell)))


@pytest.mark.parametrize(
    "cell",
    ["Anna Bakker <anna@example.nl>", "mailto:anna@example.nl", '"Bakker, A." <anna@example.nl>', "anna@example.nl;"],
)
def test_an_address_with_something_around_it(cell: str) -> None:
    text = (
        "title,start,end,naam,email\n" + f'Intake,2027-04-20 09:00,09:30,Anna,"{cell.replace(chr(34), chr(34) * 2)}"\n'
    )

    assert [row.new.attendee_email for row in appointments(text).rows] == ["anna@example.nl"]


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("anna@example.nl, bas@example.nl", "holds several addresses"),
        ("anna@example,nl", "not an e-mail address"),
        (".@.", "not an e-mail address"),
        ("n.v.t.@", "not an e-mail address"),
    ],
)
def test_what_is_no_single_address(cell: str, hint: str) -> None:
    assert hint in problem(appointments(TABLE.replace("anna@example.nl", cell)))


# --- letters ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "cp850"])
def test_another_encoding_is_found_and_named(encoding: str) -> None:
    text = TABLE.replace("Intake", "Café Zoë").replace("Anna", "Renée")
    with pytest.raises(FileQuestionError) as caught:
        appointments(text.encode(encoding))

    about, answers = question_of(caught.value)
    assert (about, answers[0]) == ("encoding", encoding)
    assert "'Café Zoë'" in str(caught.value)
    assert titles(appointments(text.encode(encoding), encoding=encoding)) == ["Café Zoë"]


def test_an_encoding_that_is_not_the_right_one_is_noted() -> None:
    data = TABLE.replace("Intake", "Café Zoë").encode("mac_roman")

    assert "in mac_roman it would read 'Café Zoë'" in appointments(data, encoding="cp1252").notes[0]


def test_letters_that_were_encoded_twice_are_found_and_mended_when_asked() -> None:
    data = TABLE.replace("Intake", "Café Zoë €5 \u2019s middags").encode().decode("cp1252").encode()
    with pytest.raises(FileQuestionError) as caught:
        appointments(data)

    assert question_of(caught.value) == ("encoding", ["utf-8-twice"])
    assert titles(appointments(data, encoding="utf-8-twice")) == ["Café Zoë €5 \u2019s middags"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_known_by_its_zeros(encoding: str) -> None:
    assert titles(appointments(TABLE.encode(encoding))) == ["Intake"]


def as_another_program_reads_it(text: str) -> str:
    """UTF-8 taken for cp1252; the five bytes that it has no letter for are kept as they are."""
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode())


@given(st.text("éèëïöüÉÍÁàçñßÝ€\u2019\u201c\u2013 abc", min_size=1, max_size=30))
def test_any_western_text_that_was_encoded_twice_is_mended(text: str) -> None:
    twice = as_another_program_reads_it(text)

    assert encoded_once(twice) == text
    assert (was_encoded_twice(twice) is None) == text.isascii()
    assert was_encoded_twice(text) is None


@given(st.text("éèëïöüàçñ abcdefg", min_size=6, max_size=40), st.sampled_from(["cp1252", "mac_roman", "cp850"]))
def test_an_encoding_that_is_named_makes_the_text_readable(text: str, encoding: str) -> None:
    data = f"Café {text}\n".encode(encoding)

    assert data.decode(likely_encodings(data)[0])[:4] == "Café"
