from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mijnklantportaal_async.files import (
    AppointmentFile,
    Problem,
    RowFileError,
    parse_appointments,
    read_appointment_file,
)
from mijnklantportaal_async.files.notes import lines_in_words
from mijnklantportaal_async.models.appointments import NewAppointment

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
EXAMPLES = Path(__file__).parents[2] / "examples"
HEADERS = "name,starts_at,ends_at,customer_id"
GOOD = "Intake,2027-03-05 14:30,2027-03-05 15:00,cst_1"


def parse(text: str | bytes, name: str = "rows.csv", **options: object) -> AppointmentFile:
    data = text.encode() if isinstance(text, str) else text
    return parse_appointments(data, path=Path(name), zone=AMSTERDAM, **options)  # type: ignore[arg-type]


def problem_of(row: str, headers: str = HEADERS) -> Problem:
    (problem,) = parse(f"{headers}\n{row}\n").problems
    assert problem.line == 2
    return problem


def test_a_good_row() -> None:
    (row,) = parse(f"{HEADERS}\n{GOOD}\n").rows

    assert row.line == 2
    assert row.new == NewAppointment(
        name="Intake",
        starts_at=datetime(2027, 3, 5, 14, 30, tzinfo=AMSTERDAM),
        ends_at=datetime(2027, 3, 5, 15, 0, tzinfo=AMSTERDAM),
        customer_id="cst_1",
    )


# --- examples --------------------------------------------------------------------------------------------------


def test_the_example_has_no_bad_row_and_lies_on_both_sides_of_the_clock_change() -> None:
    file = read_appointment_file(EXAMPLES / "appointments.csv", zone=AMSTERDAM)

    assert len(file.rows) == 72
    assert not file.problems
    assert not file.notes
    offsets = {row.new.starts_at.utcoffset() for row in file.rows}
    assert len(offsets) == 2


def test_the_dutch_example_is_read_as_a_spreadsheet_wrote_it() -> None:
    file = read_appointment_file(EXAMPLES / "afspraken.csv", zone=AMSTERDAM)

    assert len(file.rows) == 12
    assert not file.problems
    assert (file.separator, file.encoding) == (";", "utf-8-sig")
    assert file.rows[-1].new.ends_at == datetime(2027, 4, 8, 17, 30, tzinfo=AMSTERDAM)


def test_the_example_of_json_lines_mixes_both_spellings() -> None:
    file = read_appointment_file(EXAMPLES / "appointments.jsonl", zone=AMSTERDAM)

    assert [row.line for row in file.rows] == [1, 2, 3]
    assert not file.problems


def test_the_broken_example_names_every_bad_row() -> None:
    file = read_appointment_file(EXAMPLES / "appointments-broken.csv", zone=AMSTERDAM)

    assert [row.line for row in file.rows] == [2, 10]
    # Row 15 is empty, and counted as a spreadsheet counts it.
    assert file.bad_lines == (3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 16, 17, 18, 19, 20)
    assert all(problem.message for problem in file.problems)
    assert file.may_skip_bad_rows


# --- formats ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends(separator: str, end: str) -> None:
    file = parse(f"{HEADERS}\n{GOOD}\n".replace(",", separator).replace("\n", end))

    assert len(file.rows) == 1
    assert file.separator == separator


def test_the_separator_line_of_excel() -> None:
    assert [row.line for row in parse(f"sep=;\r\n{HEADERS}\r\n{GOOD}\r\n".replace(",", ";")).rows] == [2]


def test_a_comma_in_a_header_does_not_decide_the_separator() -> None:
    text = 'name;starts_at;ends_at;customer_id;"remarks, if any, of, yours"\n' + GOOD.replace(",", ";") + ";x\n"

    assert parse(text).separator == ";"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_that_need_no_telling(encoding: str) -> None:
    (row,) = parse(f"{HEADERS}\n{GOOD}\n".replace("Intake", "Kennismaking Zoë").encode(encoding)).rows

    assert row.new.name == "Kennismaking Zoë"


def test_a_file_that_is_not_utf_8_says_how_to_save_it() -> None:
    data = f"{HEADERS}\n{GOOD}\n".replace("Intake", "Zoë").encode("cp1252")

    with pytest.raises(RowFileError, match=r"Line 2 is not UTF-8 after 'Zo'.*CSV UTF-8.*--encoding cp1252"):
        parse(data)
    assert parse(data, encoding="cp1252").rows[0].new.name == "Zoë"


@pytest.mark.parametrize("encoding", ["klingon", "hex", "", "utf-16", "ascii", "punycode", "a\x00b"])
def test_encodings_that_do_not_fit(encoding: str) -> None:
    data = f"{HEADERS}\n{GOOD}é\n".encode()
    if not encoding:
        assert parse(data, encoding=encoding).rows
        return
    with pytest.raises(RowFileError):
        parse(data, encoding=encoding)


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"", "empty"),
        (b"\n\n\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"PK\x03\x04whatever", "workbook"),
        (b"n\x00a\x00m\x00e\x00", "not a text file"),
        (f"{GOOD}\n".encode(), "must name the columns"),
        (b'name,start\n"never closed', "quotation mark"),
        (b'name,start\n"a"b,c', "quotation mark"),
    ],
)
def test_files_that_are_no_list_of_appointments(data: bytes, hint: str) -> None:
    with pytest.raises(RowFileError, match=hint):
        parse(data)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(RowFileError, match="cannot be read: No such file"):
        read_appointment_file(Path("/nowhere/rows.csv"), zone=AMSTERDAM)


# --- lines and cells -------------------------------------------------------------------------------------------


def test_rows_are_numbered_as_a_spreadsheet_numbers_them() -> None:
    quoted = '"two\nlines",2027-03-05 14:30,2027-03-05 15:00,cst_1'
    file = parse(f"{HEADERS}\n{GOOD}\n\n,,,\n{quoted}\n{GOOD}\n")

    assert [row.line for row in file.rows] == [2, 6]
    assert file.bad_lines == (5,)
    assert any("numbered as a spreadsheet" in note for note in file.notes)


def test_rows_with_too_few_and_too_many_cells() -> None:
    assert "is it separated by a comma as the others are?" in problem_of(GOOD.replace(",", ";")).message
    assert problem_of(f"{GOOD},surplus").value == "surplus"


def test_empty_cells_at_the_end_are_forgiven() -> None:
    assert parse(f"{HEADERS},,\n{GOOD},,,,\n").rows


def test_a_column_without_a_header_is_named() -> None:
    file = parse(f"{HEADERS},,name2x\n{GOOD},something,\n")

    assert "Column 5 has no header and is not used." in file.notes


@pytest.mark.parametrize(
    ("headers", "row", "column", "hint"),
    [
        (HEADERS, ",2027-03-05 14:30,2027-03-05 15:00,cst_1", "name", "is empty"),
        (HEADERS, f"{'x' * 256},2027-03-05 14:30,2027-03-05 15:00,cst_1", "name", "256 characters"),
        (HEADERS, "Intake,,2027-03-05 15:00,cst_1", "starts_at", "is empty"),
        (HEADERS, "Intake,14:30,2027-03-05 15:00,cst_1", "starts_at", "has no date"),
        (HEADERS, "Intake,2027-03-05,2027-03-05 15:00,cst_1", "starts_at", "has no time"),
        (HEADERS, "Intake,2027-03-05 14:30,,cst_1", "ends_at", "is empty"),
        (HEADERS, "Intake,2027-03-05 14:30,2027-03-05,cst_1", "ends_at", "has no time"),
        (HEADERS, "Intake,2027-03-05 14:30,2027-03-05 14:30,cst_1", "ends_at", "must lie after the start"),
        (HEADERS, "Intake,2027-03-05 14:30,2027-03-05 15:00,", "", "nobody to meet"),
        (HEADERS, "Intake,2027-03-05 14:30,2027-03-05 15:00,cst 1", "customer_id", "cannot be an id"),
        (HEADERS, "Intake,2027-03-28 02:30,2027-03-28 04:00,cst_1", "starts_at", "does not exist"),
        (HEADERS, "Intake,2027-10-31 02:30,2027-10-31 04:00,cst_1", "starts_at", "comes twice"),
        ("title,start,duration,customer_id", "Intake,2027-03-05 14:30,soon,cst_1", "duration", "no duration"),
        ("title,start,duration,customer_id", "Intake,2027-10-31 01:30,60,cst_1", "duration", "comes twice"),
        ("title,start,end,duration,customer_id", "Intake,2027-03-05 14:30,15:00,45,cst_1", "duration", "does not fit"),
        ("title,date,start,end,customer_id", "Intake,14:00,14:30,15:00,cst_1", "date", "is a time, not a date"),
        ("title,date,start,end,customer_id", "Intake,2027-03-05 10:00,14:30,15:00,cst_1", "date", "has a time too"),
        ("title,date,start,end,customer_id", "Intake,2027-03-05,2027-03-06 14:30,15:00,cst_1", "start", "another date"),
        ("title,start,end,name,mail", "Intake,2027-03-05 14:30,15:00,Jan,jan at home", "mail", "not an e-mail address"),
        ("title,start,end,name,mail", "Intake,2027-03-05 14:30,15:00,,jan@example.nl", "name", "is empty"),
    ],
)
def test_a_bad_cell_is_named_with_its_column_and_what_to_do(headers: str, row: str, column: str, hint: str) -> None:
    problem = problem_of(row, headers)

    assert problem.column == column
    assert hint in problem.message


@pytest.mark.parametrize(
    ("headers", "row"),
    [
        ("title,date,start,end,customer_id", "Intake,5-3-2027,14:30,15:00,cst_1"),
        ("title,date,start,end,customer_id", "Intake,2027-03-05 00:00:00,14:30:00,15.00,cst_1"),
        ("title,date,start,duration,customer_id", "Intake,5/3/2027,14u30,0:30,cst_1"),
        ("title,start,end,customer_id", "Intake,2027-03-05T13:30Z,15:00,cst_1"),
        ("title,start,end,duration,customer_id", "Intake,2027-03-05 14:30,15:00,30,cst_1"),
        ("title,start date,start,end date,end,customer_id", "Intake,5-3-2027,14:30,5-3-2027,15:00,cst_1"),
        ("title,start,end,customer_id", "  Intake\u00a0,2027-03-05 14:30,15:00,cst_1 "),
    ],
)
def test_ways_to_write_the_same_appointment(headers: str, row: str) -> None:
    (found,) = parse(f"{headers}\n{row}\n", dates="day-first").rows
    assert found.new == parse(f"{HEADERS}\n{GOOD}\n").rows[0].new


def test_several_problems_of_a_row_are_all_named() -> None:
    problems = parse(f"{HEADERS}\n,31-02-2027 10:00,noon,\n").problems

    assert {problem.column for problem in problems} == {"name", "starts_at", "ends_at", ""}


def test_a_date_with_the_month_first_throws_doubt_on_the_whole_file() -> None:
    rows = "a,13/04/2027 10:00,30,cst_1\nb,03/25/2027 10:00,30,cst_1\n"
    file = parse(f"title,start,duration,customer_id\n{rows}")

    assert file.bad_lines == (3,)
    assert not file.may_skip_bad_rows


def test_equal_rows_are_allowed_and_reported() -> None:
    file = parse(f"{HEADERS}\n{GOOD}\n{GOOD}\nOther{GOOD}\n{GOOD}\n")

    assert len(file.rows) == 4
    assert file.notes == ("Lines 2-3, 5 are the same appointment: it will be scheduled 3 times.",)


def test_ids_that_are_not_the_portals_are_reported() -> None:
    assert (
        "ids of the portal's customers begin with cst_"
        in parse(f"{HEADERS}\n{GOOD}\n".replace("cst_1", "1023")).notes[0]
    )


def test_what_a_terminal_would_obey_is_spelled_out() -> None:
    problem = problem_of("Intake,\x1b[2Jnow,2027-03-05 15:00,cst_1")

    assert problem.value == "\\x1b[2Jnow"
    assert problem.message.isprintable()


# --- JSON Lines ------------------------------------------------------------------------------------------------

LINE = '{"name": "Intake", "starts_at": "2027-03-05 14:30", "ends_at": "2027-03-05T15:00+01:00", "customerId": "cst_1"}'


def test_json_lines_are_read_to_the_same_appointments() -> None:
    (row,) = parse(f"\n{LINE}\n", "rows.jsonl").rows

    assert row.line == 2
    assert row.new == parse(f"{HEADERS}\n{GOOD}\n").rows[0].new


def test_json_lines_are_known_by_their_beginning_too() -> None:
    assert parse(LINE, "rows.txt").rows


@pytest.mark.parametrize(
    ("line", "column", "hint"),
    [
        ("{", "", "is not JSON"),
        ("[1]", "", "is not an object"),
        ("[" * 100_000, "", "is not JSON"),
        ("9" * 5000, "", "is not JSON"),
        (LINE.replace('"Intake"', "7"), "name", "must be a text"),
        (LINE.replace('"Intake"', "[]"), "name", "is a list; write one of them"),
        (LINE.replace('"Intake"', "null"), "name", "is empty"),
        (LINE.replace('"Intake"', r'"\ud800"'), "name", "control character"),
        (LINE.replace("{", '{"Name": "Twice", '), "name", "stands twice"),
        (LINE.replace("2027-03-05 14:30", "soon"), "starts_at", "no date or time"),
    ],
)
def test_bad_lines_of_json_are_named(line: str, column: str, hint: str) -> None:
    file = parse(f"{LINE}\n{line}\n{LINE}\n", "rows.jsonl")

    assert [row.line for row in file.rows] == [1, 3]
    (problem,) = file.problems
    assert (problem.line, problem.column) == (2, column)
    assert hint in problem.message


def test_a_duration_may_be_a_number_in_json() -> None:
    line = '{"name": "a", "start": "2027-03-05 14:30", "duration": 30, "customer_id": "cst_1", "extra": {"x": [1]}}'

    file = parse(line, "rows.jsonl")

    assert len(file.rows) == 1
    assert file.unused == ("extra.x",)


def test_a_json_list_is_read_as_its_objects_with_their_lines() -> None:
    file = parse(f"[\n{LINE},\n\n{LINE}]", "rows.json")

    assert [row.line for row in file.rows] == [2, 4]


def test_a_json_file_without_any_good_line_says_the_first_reason() -> None:
    with pytest.raises(RowFileError, match="No line could be read. Line 1: is not JSON"):
        parse("{\n]", "rows.json")


def test_lines_in_words() -> None:
    assert lines_in_words([2, 3, 4, 7, 9, 10]) == "2-4, 7, 9-10"
    assert lines_in_words([2, 4, 6, 7], most=2) == "2, 4 and 2 more"
    assert lines_in_words([]) == ""
