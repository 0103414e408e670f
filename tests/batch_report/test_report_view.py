from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from report_data import MADE_AT, NORTH, appointment, customer, job_of, row

from mijnklantportaal_async.batch.report.sections import Line, looks_of, reasons_of
from mijnklantportaal_async.batch.report.subjects import Field, subject_of
from mijnklantportaal_async.batch.report.view import ReportView, verdict_of, view_of
from mijnklantportaal_async.batch.results import RowOutcome, RowResult
from mijnklantportaal_async.batch.rows import Portal
from mijnklantportaal_async.values.local_time import portal_zone

AMSTERDAM = portal_zone("Europe/Amsterdam")
DASH = "\N{EN DASH}"


def view(*rows: RowResult, **changes: object) -> ReportView:
    return view_of(job_of(rows, **changes), rows, made_at=MADE_AT)


def fields_of(each: RowResult) -> dict[str, str]:
    return {field.label: field.value for field in subject_of(each, AMSTERDAM).fields}


def test_the_fields_to_search_for_are_in_the_portals_own_words_and_time() -> None:
    unknown = appointment(
        outcome=RowOutcome.UNKNOWN, starts_at="2027-07-08T22:30:00+00:00", ends_at="2027-07-08T23:30:00Z"
    )
    assert fields_of(unknown) == {
        "Date": "Friday 9 July 2027",
        "Time": f"00:30{DASH}01:30",
        "Appointment": "Intake",
        "Attendee": "Anna de Vries",
        "E-mail": "anna@example.nl",
    }
    assert list(fields_of(customer())) == ["Company", "Address", "Zip code", "City", "E-mail", "Country"]


def test_nothing_that_was_asked_for_is_left_out() -> None:
    odd = appointment(outcome=RowOutcome.UNKNOWN, starts_at="soon", ends_at="2027-07-08T23:30:00Z", customer_id="cst_1")
    assert fields_of(odd)["Starts at"] == "soon"
    assert fields_of(odd)["Ends at"] == "2027-07-08T23:30:00Z"
    assert fields_of(odd)["Customer ID"] == "cst_1"
    open_end = appointment(outcome=RowOutcome.UNKNOWN, ends_at=None)
    assert fields_of(open_end)["Time"] == "14:30"
    other = row(1, RowOutcome.UNKNOWN, operation="send_quote", request={"lines": [{"sum": 5}], "note": None, "": "x"})
    assert subject_of(other, AMSTERDAM).fields == (
        Field(label="Lines", value='[{"sum": 5}]'),
        Field(label="(no name)", value="x"),
    )


def test_the_calendar_shows_what_the_portal_answered() -> None:
    record = {"id": "apt_1", "starts_at": "2027-03-09T10:00:00+01:00", "ends_at": "2027-03-09T11:00:00+01:00"}
    done = subject_of(appointment(record=record), AMSTERDAM)
    assert (done.day, done.hours) == ("Tue 9 March 2027,", f"10:00{DASH}11:00")
    for record in ({}, {"starts_at": None}, {"starts_at": "soon"}):
        asked = subject_of(appointment(record=record), AMSTERDAM)
        assert (asked.day, asked.hours) == ("Mon 8 March 2027,", f"14:30{DASH}15:30")


def test_the_person_is_who_is_known_best() -> None:
    assert subject_of(appointment(attendee_name=None, customer_id="cst_1"), AMSTERDAM).person == "anna@example.nl"
    alone = appointment(attendee_name=None, attendee_email=None, customer_id="cst_1")
    assert subject_of(alone, AMSTERDAM).person == "cst_1"


def test_rejections_with_alike_messages_are_one_reason() -> None:
    messages = [
        "404: customer 'cst_1' is not there",
        "422: too short",
        "404: customer 'cst_22' is not there",
        None,
        "422: too short",
    ]
    rejected = [appointment(number, RowOutcome.REJECTED, message=text) for number, text in enumerate(messages, 1)]
    reasons = view(*rejected).reasons
    assert [(reason.message, [line.number for line in reason.lines], reason.differs) for reason in reasons] == [
        ("…: customer … is not there", [1, 3], True),
        ("422: too short", [2, 5], False),
        ("No reason was given.", [4], False),
    ]
    assert reasons_of([]) == ()


def test_looks_go_portal_by_portal_and_by_date() -> None:
    def line(number: int, portal: str, **changes: object) -> Line:
        each = appointment(number, RowOutcome.UNKNOWN, **changes)
        return Line(row=each, subject=subject_of(each, AMSTERDAM), portal=portal)

    lines = [
        line(1, "south", how_to_check="look"),
        line(2, "south", starts_at="2027-03-01T08:00:00Z", how_to_check="look"),
        line(3, "north", starts_at=None, how_to_check="look"),
        line(4, "north", how_to_check="look"),
    ]
    looks = looks_of(lines)
    assert [each.number for each in looks.lines] == [2, 1, 4, 3]
    assert looks.how_to_check == "look"
    assert looks_of([*lines, line(5, "north", how_to_check="elsewhere")]).how_to_check == ""
    assert looks_of([]).lines == ()


def test_one_zone_is_stated_once_and_several_with_their_portals() -> None:
    one = view(appointment())
    assert (one.zone, one.made_at, [portal.label for portal in one.portals]) == (
        "Europe/Amsterdam",
        "Mon 1 March 2027, 13:00",
        ["north"],
    )
    assert not one.has_portals
    london = Portal(name="london", address="https://london.example/api", timezone="Europe/London")
    rows = [appointment(1), appointment(2, portal="london", timezone="Europe/London")]
    two = view(*rows, portals=(NORTH, london))
    assert two.zone == ""
    assert two.made_at == "Mon 1 March 2027, 13:00 (Europe/Amsterdam)"
    assert [portal.label for portal in two.portals] == ["north (Europe/Amsterdam)", "london (Europe/London)"]
    hours = [
        entry.hours
        for calendar in two.calendars
        for month in calendar.months
        for day in month.days
        for entry in day.entries
    ]
    assert hours == [f"14:30{DASH}15:30", f"13:30{DASH}14:30"]


def test_a_portal_that_the_job_does_not_name_is_shown_too() -> None:
    found = view(appointment(1), appointment(2, portal="stray"))
    assert [(portal.label, portal.address, portal.count) for portal in found.portals] == [
        ("north", NORTH.address, 1),
        ("stray", "", 1),
    ]
    assert [(calendar.portal, calendar.count) for calendar in found.calendars] == [("north", 1), ("stray", 1)]


def test_appointments_without_a_time_and_other_records_are_tables() -> None:
    found = view(customer(3), appointment(2, starts_at="soon"), customer(1, city=None), appointment(4))
    assert [(table.title, [line.number for line, _ in table.lines]) for table in found.tables] == [
        ("Customers", [1, 3]),
        ("Appointments whose time could not be read", [2]),
    ]
    customers = found.tables[0]
    assert customers.columns == ("Company", "Address", "Zip code", "E-mail", "Country", "City")
    assert [dict(zip(customers.columns, cells, strict=True))["City"] for _, cells in customers.lines] == ["", "Utrecht"]
    assert found.scheduled == 1


@pytest.mark.parametrize(
    ("counts", "portals", "verdict"),
    [
        ({}, 1, "There are no rows."),
        ({RowOutcome.DONE: 1}, 1, "It is in the portal, once."),
        ({RowOutcome.DONE: 1200}, 2, "Everything is in the portals, once: 1,200 rows."),
        (
            {RowOutcome.DONE: 1, RowOutcome.UNKNOWN: 1, RowOutcome.REJECTED: 2, RowOutcome.NOT_STARTED: 1},
            1,
            "1 of 5 rows is in the portal, once. 1 needs a look. 2 were rejected. 1 was not started.",
        ),
        (
            {RowOutcome.WAITING: 1, RowOutcome.UNDER_WAY: 2},
            1,
            "0 of 3 rows are in the portal, once. 2 are under way. 1 still waits.",
        ),
    ],
)
def test_the_verdict(counts: dict[RowOutcome, int], portals: int, verdict: str) -> None:
    assert verdict_of(dict.fromkeys(RowOutcome, 0) | counts, portals) == verdict


def test_the_bar_of_outcomes_is_whole_and_shows_even_one_in_ten_thousand() -> None:
    figures = view(*[appointment()] * 9_999, appointment(outcome=RowOutcome.UNKNOWN)).figures
    assert [figure.kind for figure in figures] == ["done", "unknown", "rejected", "waiting", "not-started"]
    assert sum(figure.share for figure in figures) == pytest.approx(100)
    assert 0.7 < figures[1].share < 1
    for before, after in pairwise(figures):
        assert after.left == pytest.approx(before.left + before.share)


def test_rows_that_are_missing_are_told() -> None:
    rows = [appointment(number) for number in range(1, 4)]
    job = job_of(rows)
    assert view_of(job, rows, made_at=MADE_AT).difference == ""
    assert view_of(job, rows[:1], made_at=MADE_AT).difference == "The job counts 3 rows; this page was made from 1."


def test_made_at_must_be_a_moment() -> None:
    with pytest.raises(ValueError, match="made_at"):
        view_of(job_of([]), [], made_at=datetime(2027, 3, 1))
    with pytest.raises(TypeError, match="made_at"):
        view_of(job_of([]), [], made_at="now")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="Middle-earth"):
        view_of(job_of([]), [appointment(timezone="Middle-earth/Shire")], made_at=datetime(2027, 3, 1, tzinfo=UTC))
