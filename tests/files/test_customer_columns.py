import pytest

from mijnklantportaal_async.files.customers.vocabulary import REQUIRED, Field, match_columns
from mijnklantportaal_async.files.records import Table
from mijnklantportaal_async.files.tables.columns import Columns


def match(headers: str, wanted: dict[str, str] | None = None, ignored: tuple[str, ...] = ()) -> Columns[Field]:
    table = Table(headers=tuple(headers.split(";")), records=())
    return match_columns(table, {"columns": wanted or {}, "ignored": ignored})


@pytest.mark.parametrize(
    "headers",
    [
        "company_name;address;zip_code;city;primary_email;country_code",
        "companyName;Address;zipCode;City;primaryEmail;countryCode",
        "Bedrijfsnaam;Adres;Postcode;Plaats;E-mail;Landcode",
        "KLANTNAAM;straat;post code;Woonplaats;E-mailadres;Land",
        "Company;Street;Postal code;Town;Mail;Country",
    ],
)
def test_english_and_dutch_headers_however_they_are_spelled(headers: str) -> None:
    columns = match(headers)

    assert not columns.errors
    assert [columns.headers[field] for field in (*REQUIRED, Field.COUNTRY_CODE)] == headers.split(";")
    assert not columns.notes


def test_naam_is_the_company_when_nothing_else_is() -> None:
    columns = match("Naam;Adres;Postcode;Plaats;E-mail")

    assert columns.headers[Field.COMPANY_NAME] == "Naam"
    assert columns.notes == ("'Naam' was taken for the company's name.",)


def test_naam_beside_a_company_is_not_used() -> None:
    columns = match("Bedrijf;Naam;Adres;Postcode;Plaats;E-mail")

    assert columns.headers[Field.COMPANY_NAME] == "Bedrijf"
    assert columns.unused == ("Naam",)


@pytest.mark.parametrize("missing", range(5))
def test_missing_columns_are_named(missing: int) -> None:
    headers = ["bedrijf", "adres", "postcode", "plaats", "mail"]
    del headers[missing]

    (error,) = match(";".join(headers)).errors

    assert error.startswith(f"A column is missing for {REQUIRED[missing]}.")


def test_a_slip_in_a_header_is_refused_with_a_suggestion() -> None:
    assert "Did you mean zip_code?" in match("bedrijf;adres;postcde;plaats;mail").errors[0]


def test_a_person_says_which_column_is_which() -> None:
    columns = match("Wie;Adres;Postcode;Plaats;E-mail;Telefoon", {"company_name": "wie"}, ("telefoon",))

    assert columns.headers[Field.COMPANY_NAME] == "Wie"
    assert not columns.notes


def test_a_field_that_there_is_not() -> None:
    error = match("bedrijf;adres;postcode;plaats;mail", {"companyname1": "bedrijf"}).errors[0]

    assert "Did you mean 'company_name'? The fields are company_name, address," in error


def test_two_headers_for_one_field_are_refused() -> None:
    assert "could both be company_name" in match("bedrijf;firma;adres;postcode;plaats;mail").errors[0]
