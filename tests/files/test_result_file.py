import csv
from datetime import date, datetime, timedelta
from pathlib import Path
from zipfile import ZipFile

import attrs
import pytest
from given import AMSTERDAM
from python_calamine import CalamineWorkbook

from mijnklantportaal_async.files.results.formats import DUTCH, Manner, usual_manner
from mijnklantportaal_async.files.results.reading import NoResultsError, read_results
from mijnklantportaal_async.files.results.table import HEADINGS, ResultRow, safe_cell, time_span
from mijnklantportaal_async.files.results.writing import ResultFile, unfinished


def rows_of(path: Path, separator: str = ",") -> list[list[str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file, delimiter=separator))


def test_results_are_readable_before_the_end_and_in_order_after_it(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    with ResultFile(path) as results:
        results.add(ResultRow(line=3, outcome="scheduled", identifier="apt_3"))
        results.add(ResultRow(line=2, outcome="rejected", what_to_do='a "quoted"\nmessage, of two lines'))

        # As a kill would leave it.
        assert [row[:2] for row in rows_of(path)] == [list(HEADINGS[:2]), ["3", "scheduled"], ["2", "rejected"]]

    assert rows_of(path) == [
        list(HEADINGS),
        ["2", "rejected", "", "", "", "", "", 'a "quoted"\nmessage, of two lines'],
        ["3", "scheduled", "", "", "", "", "apt_3", ""],
    ]
    assert list(tmp_path.iterdir()) == [path]


def test_separator_and_mark_of_the_spreadsheet_that_the_rows_came_from(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    with ResultFile(path, manner=DUTCH) as results:
        results.add(ResultRow(line=2, outcome="scheduled", what_to_do="ë; with a semicolon"))
        assert rows_of(path, ";")[1][-1] == "ë; with a semicolon"

    assert path.read_bytes().startswith(b"\xef\xbb\xbfrow;outcome;")
    assert path.read_bytes().count(b"\xef\xbb\xbf") == 1
    assert rows_of(path, ";")[1][-1] == "ë; with a semicolon"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =HYPERLINK(1)"])
def test_nothing_is_a_formula(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


def test_other_cells_stay_as_they_are() -> None:
    assert safe_cell("2027-03-05 14:30+01:00") == "2027-03-05 14:30+01:00"
    assert safe_cell("") == ""
    assert safe_cell("\ud800") == "\\ud800"


def test_a_file_that_exists_is_only_replaced_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    path.write_text("the only account of yesterday")

    with pytest.raises(FileExistsError):
        ResultFile(path)
    assert path.read_text() == "the only account of yesterday"

    with ResultFile(path, overwrite=True):
        pass
    assert rows_of(path) == [list(HEADINGS)]


def test_what_is_no_file_is_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="not a regular file"):
        ResultFile(tmp_path, overwrite=True)
    with pytest.raises(OSError, match="not a regular file"):
        ResultFile(Path("/dev/null"), overwrite=True)


def test_a_link_leads_to_the_file_that_is_written(tmp_path: Path) -> None:
    link, path = tmp_path / "link.csv", tmp_path / "results.csv"
    path.touch()
    link.symlink_to(path)

    ResultFile(link, overwrite=True).close()

    assert link.is_symlink()
    assert rows_of(path) == [list(HEADINGS)]


def test_a_full_disk_does_not_end_the_run_and_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "results.csv"
    path.parent.mkdir()
    results = ResultFile(path)
    path.unlink()
    path.parent.rmdir()

    results.add(ResultRow(line=2, outcome="scheduled"))
    results.close()
    results.close()

    assert isinstance(results.error, OSError)


# --- in which manner ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "manner"),
    [
        ({"LANG": "nl_NL.UTF-8"}, DUTCH),
        ({"LANG": "en_GB.UTF-8", "LC_NUMERIC": "nl_NL.UTF-8"}, DUTCH),
        ({"LANG": "nl_NL.UTF-8", "LC_ALL": "C.UTF-8"}, Manner()),
        ({"LANG": "en_US.UTF-8"}, Manner()),
    ],
)
def test_the_manner_of_a_country(environment: dict[str, str], manner: Manner) -> None:
    assert usual_manner(environment) == manner


def test_an_hour_that_comes_twice_is_told_with_its_offset() -> None:
    first = datetime(2027, 10, 31, 2, 15, tzinfo=AMSTERDAM)
    assert time_span(first, first.replace(minute=45, fold=1)) == "02:15 (+02:00)-02:45 (+01:00)"
    late = datetime(2027, 3, 5, 23, 30, tzinfo=AMSTERDAM)
    assert time_span(late, late + timedelta(hours=1)) == "23:30-06-03 00:30"


# --- as a workbook, and read back --------------------------------------------------------------------------------

ROW = ResultRow(
    line=2,
    outcome="scheduled",
    day=date(2027, 3, 5),
    time="09:00-09:30",
    title="=SUM(A1)",
    person="Zoë <zoe@example.nl>",
    identifier="apt_1",
    what_to_do="http://example.nl",
)


@pytest.mark.parametrize("name", ["results.csv", "results.xlsx"])
def test_what_is_written_is_read_back(tmp_path: Path, name: str) -> None:
    with ResultFile(tmp_path / name, manner=DUTCH) as results:
        results.add(ROW)

    assert read_results(tmp_path / name).rows == (ROW,)
    assert [found.name for found in tmp_path.iterdir()] == [name]


def test_a_workbook_has_days_for_days_and_texts_for_texts(tmp_path: Path) -> None:
    path = tmp_path / "results.xlsx"
    with ResultFile(path) as results:
        results.add(ROW)

    with CalamineWorkbook.from_path(path) as book:
        _, cells = book.get_sheet_by_index(0).to_python()
    assert cells == [2.0, "scheduled", date(2027, 3, 5), "09:00-09:30", "=SUM(A1)", *cells[5:]]
    with ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet


def test_a_killed_run_leaves_the_account_of_a_workbook_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "results.xlsx"
    killed = ResultFile(path)
    killed.add(ROW)
    assert not path.exists()
    assert read_results(path).rows == (ROW,)
    assert unfinished(path).name == "results.unfinished.csv"

    with ResultFile(path, extend=True) as again:
        again.add(ROW)
        again.add(attrs.evolve(ROW, line=3, identifier="apt_2"))
    assert [row.identifier for row in read_results(path).rows] == ["apt_1", "apt_2"]
    assert [found.name for found in tmp_path.iterdir()] == ["results.xlsx"]
    killed.close()


def test_a_line_that_was_cut_off_does_not_swallow_the_next(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    with ResultFile(path) as results:
        results.add(ROW)
    path.write_bytes(path.read_bytes() + b"3,sched")

    again = ResultFile(path, extend=True)
    again.add(attrs.evolve(ROW, line=4, identifier="apt_4"))
    assert [row.identifier for row in read_results(path).rows] == ["apt_1", "", "apt_4"]
    again.close()
    assert [row.identifier for row in read_results(path).rows] == ["apt_4"]


@pytest.mark.parametrize("day", ["2027-03-05", "5-3-2027", "05/03/2027", "2027-03-05 00:00:00"])
def test_a_table_that_a_spreadsheet_has_saved_again(tmp_path: Path, day: str) -> None:
    path = tmp_path / "results.csv"
    heading = "\t".join(HEADINGS).title()
    path.write_bytes(f"{heading}\r\n2\tscheduled\t{day}\t09:00-09:30\tKapper\tZoë\tapt_1\t\r\n".encode("cp1252"))

    (row,) = read_results(path).rows
    assert (row.day, row.time, row.person, row.identifier) == (date(2027, 3, 5), "09:00-09:30", "Zoë", "apt_1")


@pytest.mark.parametrize("text", ["", "yesterday", "id;outcome\n1;2\n"])
def test_what_is_no_table_of_results(tmp_path: Path, text: str) -> None:
    path = tmp_path / "results.csv"
    path.write_text(text)
    with pytest.raises(NoResultsError):
        read_results(path)
    (tmp_path / "results.xlsx").write_text("no workbook")
    with pytest.raises(NoResultsError):
        read_results(tmp_path / "results.xlsx")
