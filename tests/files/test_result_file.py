import csv
from pathlib import Path

import pytest

from mijnklantportaal_async.files.results import COLUMNS, ResultFile, ResultRow, safe_cell


def rows_of(path: Path, separator: str = ",") -> list[list[str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file, delimiter=separator))


def test_results_are_readable_before_the_end_and_in_order_after_it(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    with ResultFile(path) as results:
        results.add(ResultRow(line=3, outcome="scheduled", appointment_id="apt_3"))
        results.add(ResultRow(line=2, outcome="rejected", error='a "quoted"\nmessage, of two lines'))

        # As a kill would leave it.
        assert [row[:2] for row in rows_of(path)] == [list(COLUMNS[:2]), ["3", "scheduled"], ["2", "rejected"]]

    assert rows_of(path) == [
        list(COLUMNS),
        ["2", "rejected", "", "", "", 'a "quoted"\nmessage, of two lines'],
        ["3", "scheduled", "apt_3", "", "", ""],
    ]
    assert list(tmp_path.iterdir()) == [path]


def test_separator_and_mark_of_the_spreadsheet_that_the_rows_came_from(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    with ResultFile(path, separator=";", encoding="utf-8-sig") as results:
        results.add(ResultRow(line=2, outcome="scheduled", error="ë; with a semicolon"))
        assert rows_of(path, ";")[1][-1] == "ë; with a semicolon"

    assert path.read_bytes().startswith(b"\xef\xbb\xbfline;outcome;")
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
    assert rows_of(path) == [list(COLUMNS)]


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
    assert rows_of(path) == [list(COLUMNS)]


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
