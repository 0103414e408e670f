import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mijnklantportaal_async.files import (
    CustomerFile,
    Problem,
    RowFileError,
    parse_customers,
    read_customer_file,
)
from mijnklantportaal_async.files.cleaning import cleaned, damage_in
from mijnklantportaal_async.files.letters import was_encoded_twice
from mijnklantportaal_async.files.words import says_nothing
from mijnklantportaal_async.models.customers import NewCustomer
from mijnklantportaal_async.values.unset import UNSET

EXAMPLE = Path(__file__).parents[2] / "examples" / "customers.csv"
HEADERS = "company_name,address,zip_code,city,primary_email"
GOOD = "Bakkerij Brood,Kerkstraat 12,1017 GC,Amsterdam,info@brood.nl"
BAKERY = NewCustomer(
    company_name="Bakkerij Brood",
    address="Kerkstraat 12",
    zip_code="1017 GC",
    city="Amsterdam",
    primary_email="info@brood.nl",
)


def parse(text: str | bytes, name: str = "rows.csv", **options: object) -> CustomerFile:
    data = text.encode() if isinstance(text, str) else text
    return parse_customers(data, path=Path(name), **options)  # type: ignore[arg-type]


def customer_of(headers: str, row: str) -> NewCustomer:
    file = parse(f"{headers}\n{row}\n")
    assert not file.problems
    (found,) = file.rows
    return found.new


def problem_of(headers: str, row: str) -> Problem:
    file = parse(f"{headers}\n{row}\n")
    assert not file.rows
    (problem,) = file.problems
    return problem


def test_a_good_row() -> None:
    (row,) = parse(f"{HEADERS}\n{GOOD}\n").rows

    assert (row.line, row.place, row.portal) == (2, "line 2", None)
    assert row.new == BAKERY
    assert row.new.country_code is UNSET


def test_the_example_has_no_bad_row() -> None:
    file = read_customer_file(EXAMPLE)

    assert len(file.rows) == 20
    assert not file.problems
    assert not file.notes
    countries = [row.new.country_code for row in file.rows]
    assert (countries.count("NL"), countries.count("BE"), countries.count(UNSET)) == (13, 1, 5)


def test_a_country_is_written_in_capitals_and_may_be_left_out() -> None:
    assert customer_of(f"{HEADERS},land", f"{GOOD},be").country_code == "BE"
    assert customer_of(f"{HEADERS},land", f"{GOOD},").country_code is UNSET


@pytest.mark.parametrize(
    ("street", "number", "addition", "address"),
    [
        ("Kerkstraat", "12", "", "Kerkstraat 12"),
        ("Kerkstraat", "12", "hs", "Kerkstraat 12 hs"),
        ("Kerkstraat 12", "12", "", "Kerkstraat 12"),
        ("Kerkstraat 12", "", "", "Kerkstraat 12"),
        ("Laan 1940-12", "12", "", "Laan 1940-12 12"),
    ],
)
def test_street_and_number_in_columns_of_their_own(street: str, number: str, addition: str, address: str) -> None:
    headers = "bedrijf,straat,huisnummer,toevoeging,postcode,plaats,mail"
    row = f"Bakkerij Brood,{street},{number},{addition},1017 GC,Amsterdam,info@brood.nl"

    assert customer_of(headers, row).address == address


def test_an_addition_without_a_number_is_refused() -> None:
    headers = "bedrijf,straat,huisnummer,toevoeging,postcode,plaats,mail"

    problem = problem_of(headers, "Bakkerij Brood,Kerkstraat,,hs,1017 GC,Amsterdam,info@brood.nl")

    assert problem.column == "toevoeging"
    assert "fill in huisnummer" in problem.message


@pytest.mark.parametrize(
    ("old", "new", "column", "hint"),
    [
        ("Bakkerij Brood", "", "company_name", "is empty"),
        ("Kerkstraat 12", " ", "address", "is empty"),
        ("1017 GC", "", "zip_code", "is empty"),
        ("Amsterdam", "", "city", "is empty"),
        ("info@brood.nl", "", "primary_email", "is empty"),
        ("Amsterdam", "x" * 256, "city", "256 characters"),
        ("info@brood.nl", "brood.nl", "primary_email", "not an e-mail address"),
    ],
)
def test_a_bad_cell_is_named_with_its_column_and_what_to_do(old: str, new: str, column: str, hint: str) -> None:
    problem = problem_of(HEADERS, GOOD.replace(old, new))

    assert (problem.line, problem.column) == (2, column)
    assert hint in problem.message


def test_a_country_is_two_letters() -> None:
    problem = problem_of(f"{HEADERS},land", f"{GOOD},Atlantis")

    assert (problem.column, problem.value) == ("land", "Atlantis")
    assert "give two letters, such as 'NL'" in problem.message


def test_street_and_number_together_are_checked_too() -> None:
    headers = "bedrijf,straat,huisnummer,postcode,plaats,mail"

    problem = problem_of(headers, f"Bakkerij Brood,{'x' * 254},12,1017 GC,Amsterdam,info@brood.nl")

    assert "address has 257 characters" in problem.message


def test_several_problems_of_a_row_are_all_named() -> None:
    problems = parse(f"{HEADERS}\n,,,,x\n").problems

    assert [problem.column for problem in problems] == ["primary_email", *HEADERS.split(",")[:4]]


def test_rows_name_their_portal() -> None:
    file = parse(f"{HEADERS},portaal\n{GOOD},noord\n{GOOD},\n{GOOD},a/b\n")

    assert [row.portal for row in file.rows] == ["noord", None]
    assert file.portals == ("noord", None)
    assert file.problems[0].column == "portaal"


def test_equal_rows_are_allowed_and_reported() -> None:
    file = parse(f"{HEADERS}\n{GOOD}\n{GOOD}\n")

    assert len(file.rows) == 2
    assert file.notes == ("Lines 2-3 are the same customer: it will be created 2 times.",)


def test_json_lines_are_read_to_the_same_customers() -> None:
    line = {
        "companyName": "Bakkerij Brood",
        "street": "Kerkstraat",
        "houseNumber": 12,
        "zipCode": "1017 GC",
        "city": "Amsterdam",
        "primaryEmail": "info@brood.nl",
        "countryCode": None,
        "tags": ["new"],
    }

    file = parse(json.dumps(line), "rows.jsonl")

    assert [row.new for row in file.rows] == [BAKERY]
    assert file.unused == ("tags",)


def test_a_postal_code_is_a_text_in_json() -> None:
    line = '{"company_name": "a", "address": "b 1", "zip_code": 1234, "city": "c", "primary_email": "d@e.nl"}'

    (problem,) = parse(line.replace("1234", '"1234"') + "\n" + line, "rows.jsonl").problems

    assert (problem.line, problem.column, problem.message) == (2, "zip_code", "must be a text between quotation marks")


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"", "the others are customers"),
        (b"{\n", "No line could be read"),
        (f"{GOOD}\n".encode(), "such as company_name, address"),
        (b"BEGIN:VCALENDAR\nEND:VCALENDAR\n", "a calendar, which has no customers"),
        (b"PK\x03\x04", "workbook"),
        (f"{HEADERS}\n{GOOD}\n".replace("Brood", "Brôd").encode("cp1252"), "Line 2 is not UTF-8"),
    ],
)
def test_files_that_are_no_list_of_customers(data: bytes, hint: str) -> None:
    with pytest.raises(RowFileError, match=hint):
        parse(data)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(RowFileError, match="cannot be read: No such file"):
        read_customer_file(Path("/nowhere/rows.csv"))


# --- properties ------------------------------------------------------------------------------------------------

texts = (
    st.text(st.characters(exclude_categories=["C", "Zl", "Zp"], exclude_characters="\xa0"), min_size=1, max_size=30)
    .map(cleaned)
    .filter(lambda text: text and not says_nothing(text) and damage_in(text) is None)
    .filter(lambda text: was_encoded_twice(text) is None)
)
# A comma at its end belongs to no address: street and house number may have been put together there.
addresses = texts.filter(lambda text: text.strip(" ,") == text)
customers = st.builds(
    NewCustomer,
    company_name=texts,
    address=addresses,
    zip_code=texts,
    city=texts,
    primary_email=st.from_regex(r"[a-z0-9+][a-z0-9.+]{0,7}@[a-z]{1,8}\.nl", fullmatch=True),
    country_code=st.just(UNSET) | st.sampled_from(["NL", "BE", "DE"]),
)
headings = {
    "bedrijfsnaam": "company_name",
    "Adres": "address",
    "postcode": "zip_code",
    "Woonplaats": "city",
    "e-mail": "primary_email",
    "Landcode": "country_code",
}


@given(
    st.lists(customers, min_size=1, max_size=5),
    st.permutations(list(headings)),
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_a_written_csv_is_read_back(wanted: list[NewCustomer], order: list[str], separator: str, encoding: str) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(order)
    writer.writerows([[getattr(new, headings[header]) or "" for header in order] for new in wanted])

    file = parse(text.getvalue().encode(encoding))

    assert not file.problems
    assert [row.new for row in file.rows] == wanted


@given(st.lists(customers, min_size=1, max_size=5), st.booleans())
def test_written_json_lines_are_read_back(wanted: list[NewCustomer], ascii_only: bool) -> None:
    objects = [{header: getattr(new, field) or None for header, field in headings.items()} for new in wanted]

    file = parse("\n".join(json.dumps(one, ensure_ascii=ascii_only) for one in objects), "rows.jsonl")

    assert not file.problems
    assert [row.new for row in file.rows] == wanted


cells = st.sampled_from(["", "x", "Kerkstraat 12", "a@b.nl", "NL", '"', '""', "\n", "\x00"]) | st.text(max_size=8)


@given(
    st.lists(st.sampled_from([*headings, "huisnummer", "toevoeging", "naam", "x", ""]), min_size=1, max_size=8),
    st.lists(st.lists(cells, max_size=8), max_size=5),
)
def test_any_cells_are_understood_or_refused(names: list[str], rows: list[list[str]]) -> None:
    text = "\n".join(";".join(row) for row in [names, *rows])
    try:
        file = parse(text.encode("utf-8", "surrogatepass"))
    except RowFileError as error:
        assert all(problem and problem.replace("\n", "").isprintable() for problem in error.problems)
        return
    assert all(problem.message.isprintable() and problem.column.isprintable() for problem in file.problems)
    assert not {row.line for row in file.rows} & set(file.bad_lines)
