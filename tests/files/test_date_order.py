"""Whether 03/04/2027 is in March or April: as all dates of the file show together, or as a person says."""

import pytest
from office import appointments, question_of, starts

from mijnklantportaal_async.files import FileQuestionError


def table(*days: str, headers: str = "Subject,Start Date,Start Time,Duration,customer_id") -> str:
    return "\n".join([headers, *(f"Intake,{day},14:30,30,cst_1" for day in days)])


@pytest.mark.parametrize("days", [("03/05/2027", "04/06/2027"), ("3/5/2027",)])
def test_dates_that_leave_it_open_are_asked_for(days: tuple[str, ...]) -> None:
    with pytest.raises(FileQuestionError) as caught:
        appointments(table(*days))

    assert question_of(caught.value) == ("dates", ["day-first", "month-first"])
    assert "--dates month-first (03/04/2027 is the fourth of March)" in str(caught.value)
    assert starts(appointments(table(*days), dates="month-first"))[0] == "05-03 14:30"
    assert starts(appointments(table(*days), dates="day-first"))[0] == "03-05 14:30"


def test_dates_that_show_the_month_first_are_asked_for_with_that_first() -> None:
    with pytest.raises(FileQuestionError, match="shows dates with the month first, as in '03/25/2027'") as caught:
        appointments(table("03/04/2027", "03/25/2027"))

    assert question_of(caught.value)[1] == ["month-first", "day-first"]
    assert starts(appointments(table("03/04/2027", "03/25/2027"), dates="month-first")) == [
        "04-03 14:30",
        "25-03 14:30",
    ]


@pytest.mark.parametrize(
    "text",
    [
        table("03/04/2027", "25/04/2027"),
        table("03-04-2027"),
        table("03.04.2027"),
        table("03/04/2027", headers="Onderwerp,Datum,Van,Duur,Klantnummer"),
        table("03/04/2027").replace(",", ";"),
        table("03/04/2027", headers="Subject,Start Date (dd/mm/yyyy),Start Time,Duration,customer_id"),
    ],
)
def test_dates_with_the_day_first(text: str) -> None:
    assert starts(appointments(text))[0] == "03-04 14:30"


def test_a_header_may_say_that_the_month_is_first() -> None:
    text = table("03/04/2027", headers="Subject,Start Date (mm/dd/yyyy),Start Time,Duration,customer_id")

    assert starts(appointments(text)) == ["04-03 14:30"]


def test_am_and_pm_make_a_date_doubtful() -> None:
    headers = "Subject,Start,Duration,customer_id\n"
    with pytest.raises(FileQuestionError):
        appointments(f"{headers}Intake,3-4-2027 9:00 AM,30,cst_1\n")
    assert starts(appointments(f"{headers}Intake,3 April 2027 9:00 AM,30,cst_1\n")) == ["03-04 09:00"]


def test_a_slip_among_dates_with_the_day_first_throws_doubt_on_all() -> None:
    file = appointments(table("13/04/2027", "03/25/2027"))

    assert file.bad_lines == (3,)
    assert not file.may_skip_bad_rows
