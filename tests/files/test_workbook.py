"""Workbooks: dates are dates, the sheet is asked for where there are several."""

import io
import sys
import zipfile
from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office import appointments, customers, left_out, problem, question_of, starts
from workbooks import Rows, ods, xlsx

from mijnklantportaal_async.files import FileQuestionError, RowFileError

SHEET: Rows = [
    ["Onderwerp", "Datum", "Van", "Tot", "Klantnummer", "Hele dag"],
    ["Intake", date(2027, 3, 5), time(14, 30), time(15, 0), "cst_1", False],
    ["Dag weg", date(2027, 3, 6), time(0, 0), time(0, 0), "cst_1", True],
]


@pytest.mark.parametrize("write", [xlsx, ods], ids=["xlsx", "ods"])
@pytest.mark.parametrize("name", ["agenda.xlsx", "agenda.ods", "agenda.csv"])
def test_a_workbook_is_read_as_one_whatever_its_name(write: object, name: str) -> None:
    data = write({"Blad1": SHEET})  # type: ignore[operator]

    file = appointments(data, name)

    assert starts(file) == ["05-03 14:30"]
    assert f"{file.rows[0].new.ends_at:%H:%M}" == "15:00"
    assert file.rows[0].line == 2
    assert list(left_out(file)) == ["Dag weg"]


@pytest.mark.parametrize("write", [xlsx, ods], ids=["xlsx", "ods"])
def test_a_date_and_time_in_one_cell(write: object) -> None:
    rows: Rows = [
        ["title", "start", "end", "customer_id"],
        ["a", datetime(2027, 3, 5, 14, 30), datetime(2027, 3, 5, 15, 0), "cst_1"],
        # The third of April, whatever a country calls it.
        ["b", datetime(2027, 4, 3, 9, 10), datetime(2027, 4, 3, 9, 50), "cst_1"],
    ]

    assert starts(appointments(write({"A": rows}), "a.xlsx")) == ["05-03 14:30", "03-04 09:10"]  # type: ignore[operator]


def test_numbers_are_texts_where_texts_are_meant_and_rows_keep_their_numbers() -> None:
    rows: Rows = [
        ["Lijst van klanten"],
        [],
        ["Bedrijf", "Straat", "Huisnummer", "Postcode", "Plaats", "E-mail"],
        ["Brood", "Kerkstraat", 12, 1017.0, "Brussel", "a@brood.example"],
        [],
        ["#N/A", "Kerkstraat", 12, 1017, "Brussel", "b@brood.example"],
    ]

    file = customers(xlsx({"Klanten": rows}), "klanten.xlsx")

    (row,) = file.rows
    assert (row.line, row.new.address, row.new.zip_code) == (4, "Kerkstraat 12", "1017")
    assert file.bad_lines == (6,)


def test_of_several_sheets_one_has_to_be_said() -> None:
    data = xlsx({"Maart": SHEET, "April": [SHEET[0], ["Later", date(2027, 4, 5), time(9), time(10), "cst_1", False]]})

    with pytest.raises(FileQuestionError) as caught:
        appointments(data, "agenda.xlsx")

    assert question_of(caught.value) == ("sheet", ["Maart", "April"])
    assert "--sheet Maart (2 rows below its first) or --sheet April" in str(caught.value)
    assert starts(appointments(data, "agenda.xlsx", sheet="april")) == ["05-04 09:00"]
    with pytest.raises(RowFileError, match="There is no sheet 'Mei'. The sheets are 'Maart', 'April'"):
        appointments(data, "agenda.xlsx", sheet="Mei")


def test_empty_and_hidden_sheets_are_not_asked_for() -> None:
    data = xlsx({"Uitleg": [["Vul in"]], "Oud": SHEET, "Agenda": SHEET, "Leeg": []}, hidden=["Oud"])

    assert starts(appointments(data, "agenda.xlsx")) == ["05-03 14:30"]


def test_a_formula_that_failed_is_empty() -> None:
    rows: Rows = [*SHEET[:1], ["Intake", date(2027, 3, 5), time(14, 30), time(15, 0), "#N/A", False]]

    assert "fill in Klantnummer" in problem(appointments(xlsx({"A": rows}), "a.xlsx"))


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"PK\x03\x04whatever", "workbook or another archive that is damaged"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "cannot be opened"),
        (xlsx({"A": []}), "no sheet with rows"),
        (xlsx({"A": SHEET})[:-30], "damaged"),
    ],
)
def test_workbooks_that_cannot_be_read(data: bytes, hint: str) -> None:
    with pytest.raises(RowFileError, match=hint):
        appointments(data, "agenda.xlsx")


@pytest.mark.parametrize("name", ["export.ical.zip", "export.ics", "export.csv"])
def test_an_archive_says_what_is_inside(name: str) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("praktijk.ics", "BEGIN:VCALENDAR")

    with pytest.raises(RowFileError, match=r"ZIP archive with 'praktijk.ics' in it. Unpack it"):
        appointments(data.getvalue(), name)


def test_without_the_library_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)

    with pytest.raises(RowFileError, match=r'pip install "mijnklantportaal-async\[files\]"'):
        appointments(xlsx({"A": SHEET}), "a.xlsx")


days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
clocks = st.times(time(0), time(23, 58)).map(lambda at: at.replace(second=0, microsecond=0))


@given(st.lists(st.tuples(days, clocks), min_size=1, max_size=4), st.sampled_from([xlsx, ods]), st.booleans())
def test_every_day_and_minute_is_read_back(moments: list[tuple[date, time]], write: object, together: bool) -> None:
    moments = [one for one in moments if one[1].hour != 2]
    headers = (
        ["title", "start", "duration", "customer_id"]
        if together
        else ["title", "date", "start", "duration", "customer_id"]
    )
    rows: list[list[object]] = [list(headers)]
    for day, at in moments:
        rows.append(["a", *([datetime.combine(day, at)] if together else [day, at]), 30, "cst_1"])
    rows.append(["b", *([datetime(2027, 3, 5, 9)] if together else [date(2027, 3, 5), time(9)]), 30, "cst_1"])

    file = appointments(write({"A": rows}), "a.xlsx")  # type: ignore[operator]

    found = [row.new.starts_at.replace(tzinfo=None) for row in file.rows[:-1]]
    wanted = [datetime.combine(day, at) for day, at in moments]
    # Midnight is a date alone in a cell that holds both.
    kept = [one for one in wanted if not (together and one.time() == time())]
    assert found == [one for one in kept if one in found]
    assert len(found) + len(file.bad_lines) == len(wanted)
