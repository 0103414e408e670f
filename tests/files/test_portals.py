from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mijnklantportaal_async.files import AppointmentFile, parse_appointments

HEADERS = "name,starts_at,duration,customer_id"
GOOD = "Intake,2027-03-05 14:30,30,cst_1"


def parse(text: str, name: str = "rows.csv", **options: object) -> AppointmentFile:
    zone = ZoneInfo("Europe/Amsterdam")
    return parse_appointments(text.encode(), path=Path(name), zone=zone, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("header", ["portal", "Portaal", "Portal name", "Naam portaal", "Klantportaal"])
def test_a_column_says_which_portal_a_row_is_for(header: str) -> None:
    file = parse(f"{HEADERS},{header}\n{GOOD},noord\n{GOOD}, zuid_2.a-b \n{GOOD},\n{GOOD},noord\n")

    assert [row.portal for row in file.rows] == ["noord", "zuid_2.a-b", None, "noord"]
    assert file.portals == ("noord", "zuid_2.a-b", None)


def test_json_lines_say_it_too() -> None:
    line = '{"name": "a", "start": "2027-03-05 14:30", "duration": 30, "customer_id": "cst_1", "portal": "noord"}'

    assert parse(line, "rows.jsonl").portals == ("noord",)


def test_without_the_column_rows_are_for_no_portal_in_particular() -> None:
    assert parse(f"{HEADERS}\n{GOOD}\n").portals == (None,)


@pytest.mark.parametrize("name", ["noord/zuid", "noord zuid", ".noord", "-noord", "noörd", "n" * 65])
def test_a_name_that_is_none(name: str) -> None:
    (problem,) = parse(f"{HEADERS},portal\n{GOOD},{name}\n").problems

    assert problem.column == "portal"
    assert "is no name of a portal" in problem.message
    assert parse(f"{HEADERS},portal\n{GOOD},{'n' * 64}\n").portals == ("n" * 64,)


def test_the_same_appointment_in_two_portals_is_not_the_same() -> None:
    assert parse(f"{HEADERS},portal\n{GOOD},noord\n{GOOD},zuid\n").notes == ()
    assert parse(f"{HEADERS},portal\n{GOOD},noord\n{GOOD},noord\n").notes != ()


def test_the_column_can_be_ignored() -> None:
    assert parse(f"{HEADERS},portal\n{GOOD},noord\n", ignored=["portal"]).portals == (None,)
