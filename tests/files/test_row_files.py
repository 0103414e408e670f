from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from mijnklantportaal_async.files import RowFileError, RowOperation, parse_rows, read_rows
from mijnklantportaal_async.models.appointments import NewAppointment
from mijnklantportaal_async.models.customers import NewCustomer

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
EXAMPLES = Path(__file__).parents[2] / "examples"
APPOINTMENT = "name,starts_at,duration,customer_id\nIntake,2027-03-05 14:30,30,cst_1\n"


@pytest.mark.parametrize(
    ("name", "operation", "kind", "count"),
    [
        ("appointments.csv", "schedule_appointment", NewAppointment, 72),
        ("appointments.jsonl", "schedule_appointment", NewAppointment, 3),
        ("appointments.ics", "schedule_appointment", NewAppointment, 12),
        ("customers.csv", "create_customer", NewCustomer, 20),
    ],
)
def test_the_operation_says_what_the_rows_are(name: str, operation: RowOperation, kind: type, count: int) -> None:
    file = read_rows(EXAMPLES / name, operation=operation, timezone=AMSTERDAM)

    assert [type(row.new) for row in file.rows] == [kind] * count
    assert len({row.place for row in file.rows}) == count
    assert file.path.name == name


def test_times_are_those_of_the_zone_that_is_given() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")

    file = parse_rows(APPOINTMENT.encode(), path=Path("a.csv"), operation="schedule_appointment", timezone=tokyo)

    (new,) = [row.new for row in file.rows]
    assert isinstance(new, NewAppointment)
    assert new.starts_at.tzinfo is tokyo


@pytest.mark.parametrize("operation", ["schedule_appointment", "create_customer"])
def test_a_file_of_the_other_kind_is_refused(operation: RowOperation) -> None:
    other = "customers.csv" if operation == "schedule_appointment" else "appointments.csv"

    with pytest.raises(RowFileError, match="A column is missing|must name the columns"):
        read_rows(EXAMPLES / other, operation=operation, timezone=AMSTERDAM)


@pytest.mark.parametrize("operation", ["schedule_appointment", "create_customer"])
def test_columns_encoding_and_what_to_ignore_are_passed_on(operation: RowOperation) -> None:
    headers = "Wie;start;duur;klant_id;naam;adres;postcode;plaats;mail;portaal"
    text = f"{headers}\nZoë;5-3-2027 14:30;30;cst_1;B;C;D;E;f@g.nl;?\n"

    file = parse_rows(
        text.encode("cp1252"),
        path=Path("a.csv"),
        operation=operation,
        timezone=AMSTERDAM,
        columns={"name" if operation == "schedule_appointment" else "company_name": "Wie"},
        ignored=["portaal"],
        encoding="cp1252",
    )

    (new,) = [row.new for row in file.rows]
    assert (new.name if isinstance(new, NewAppointment) else new.company_name) == "Zoë"
    assert file.encoding == "cp1252"


def test_an_operation_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="give 'schedule_appointment' or 'create_customer'"):
        parse_rows(b"", path=Path("a.csv"), operation=cast(Any, "cancel_appointment"), timezone=AMSTERDAM)
