import sys
from pathlib import Path

import pytest
from calendar_texts import (
    AMSTERDAM,
    END,
    GOOD,
    PERSON,
    START,
    TITLE,
    at,
    calendar,
    event,
    parse,
    problem_of,
    row_of,
)

from mijnklantportaal_async.files import RowFileError, read_appointment_file
from mijnklantportaal_async.models.appointments import NewAppointment

EXAMPLE = Path(__file__).parents[2] / "examples" / "appointments.ics"


def test_an_event_is_an_appointment() -> None:
    row = row_of("UID:abc@example.nl", *GOOD)

    assert row.new == NewAppointment(
        name="Intake",
        starts_at=at(14, 30),
        ends_at=at(15),
        attendee_name="De Vries, Anna",
        attendee_email="anna@example.nl",
    )
    assert row.new.starts_at.tzinfo is AMSTERDAM
    assert row.line == 4
    assert row.place == "line 4: event 1, UID abc@example.nl, 'Intake'"
    assert row.portal is None


def test_the_example_has_every_kind_of_time_and_one_cancelled_event() -> None:
    file = read_appointment_file(EXAMPLE, zone=AMSTERDAM)

    assert len(file.rows) == 12
    assert not file.problems
    assert [(one.line, one.title, one.reason) for one in file.left_out] == [(124, "Spoedoverleg naheffing", "canceled")]
    starts = {row.new.name.split(":")[0]: row.new.starts_at for row in file.rows}
    assert starts["Kennismaking webwinkel Koster"] == at(10, day=8)
    assert starts["Overleg met de accountant in Londen"] == at(16, day=10)
    assert starts["Halfjaargesprek bakkerij"] == at(8, 30, day=15)
    assert starts["Vestiging Curaçao"] == at(14, day=19)
    assert starts["Rechtsvorm"] == at(14, day=31)
    people = {row.new.name: row.new.attendee_name for row in file.rows}
    assert people["Loonadministratie overdragen"] == "Noor Hendriks"


# --- who -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "person",
    [
        "ATTENDEE;CN=De Vries, Anna:MAILTO:anna@example.nl",
        'ATTENDEE;CN="De Vries, Anna";EMAIL=anna@example.nl:urn:uuid:1',
        "ATTENDEE;ROLE=CHAIR;CN=De Vries\\, Anna:mailto:anna%40example.nl",
        'ATTENDEE;CN="De Vries, Anna";PARTSTAT=NEEDS-ACTION;RSVP=\n TRUE:mailto:anna@exa\n\tmple.nl',
    ],
)
def test_ways_to_write_the_same_attendee(person: str) -> None:
    new = row_of(TITLE, START, END, person).new

    assert (new.attendee_name, new.attendee_email) == ("De Vries, Anna", "anna@example.nl")


def test_neither_the_organizer_nor_a_room_is_the_attendee() -> None:
    new = row_of(
        TITLE,
        START,
        END,
        "ORGANIZER;CN=Kantoor:mailto:kantoor@example.nl",
        "ATTENDEE;CN=Kantoor:mailto:Kantoor@example.nl",
        "ATTENDEE;CUTYPE=ROOM;CN=Spreekkamer:mailto:kamer@example.nl",
        PERSON,
    ).new

    assert new.attendee_name == "De Vries, Anna"


@pytest.mark.parametrize(
    ("person", "column", "hint"),
    [
        ("ATTENDEE;CN=Anna:urn:uuid:1", "ATTENDEE", "is empty"),
        ("ATTENDEE;CN=Anna:mailto:anna at example.nl", "ATTENDEE", "not an e-mail address"),
        ("X-MIJNKLANTPORTAAL-CUSTOMER-ID:cst 1", "X-MIJNKLANTPORTAAL-CUSTOMER-ID", "cannot be an id"),
    ],
)
def test_an_event_with_nobody(person: str, column: str, hint: str) -> None:
    problem = problem_of(TITLE, START, END, person)

    assert problem.column == column
    assert hint in problem.message


# --- events that are no single appointment ------------------------------------------------------------------------


def test_an_exception_to_nothing_is_ignored() -> None:
    assert row_of(*GOOD, "EXDATE:20270312T143000").new.name == "Intake"


@pytest.mark.parametrize("status", ["CANCELLED", "cancelled "])
def test_a_cancelled_event_is_left_out_and_that_is_said(status: str) -> None:
    file = parse(calendar(event(*GOOD, f"STATUS:{status}"), event(*GOOD)))

    assert [row.line for row in file.rows] == [10]
    assert [(one.line, one.title, one.reason) for one in file.left_out] == [(3, "Intake", "canceled")]


def test_a_calendar_that_cancels_its_events_schedules_none() -> None:
    file = parse(calendar("METHOD:CANCEL", event(*GOOD)))

    assert not file.rows
    assert [one.reason for one in file.left_out] == ["canceled"]


def test_a_tentative_event_is_an_appointment() -> None:
    assert row_of(*GOOD, "STATUS:TENTATIVE").new.name == "Intake"


def test_equal_events_all_count() -> None:
    file = parse(calendar(event("UID:1", *GOOD), event("UID:2", *GOOD)))

    assert len(file.rows) == 2
    assert file.notes == ("Lines 3, 10 are the same appointment: it will be scheduled 2 times.",)


def test_what_is_no_event_is_named() -> None:
    file = parse(calendar("BEGIN:VTODO\nSUMMARY:Buy milk\nEND:VTODO", event(*GOOD)))

    assert len(file.rows) == 1
    assert [(one.line, one.reason) for one in file.left_out] == [(3, "no event (VTODO)")]


def test_a_calendar_shown_in_another_zone_gives_a_note_on_times_without_a_zone() -> None:
    file = parse(
        calendar("X-WR-TIMEZONE:America/New_York", event(*GOOD), event(TITLE, "DTSTART:20270305T143000", END, PERSON))
    )

    assert [row.new.starts_at for row in file.rows] == [at(14, 30), at(14, 30)]
    assert file.notes[0] == (
        "Times without a zone, taken for Europe/Amsterdam although the calendar is shown in America/New_York: lines 10."
    )


def test_several_calendars_in_one_file() -> None:
    file = parse(calendar(event(*GOOD)) + calendar(event(TITLE, "DTSTART;VALUE=DATE:20270305", END, PERSON)))

    assert [row.line for row in file.rows] == [3]
    (one,) = file.left_out
    assert one.place == "line 12: event 2, 'Intake'"
    assert one.reason.startswith("all day")


# --- files -----------------------------------------------------------------------------------------------------


def test_a_calendar_is_known_by_its_beginning_too() -> None:
    assert parse("\ufeff" + calendar(event(*GOOD)), "agenda.txt").rows


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_line_ends_and_encodings_that_need_no_telling(end: str, encoding: str) -> None:
    text = calendar(event("SUMMARY:Intake Z\n oë", START, END, PERSON)).replace("\n", end)

    (row,) = parse(text.encode(encoding)).rows

    assert row.new.name == "Intake Zoë"


def test_a_character_that_was_cut_in_two_by_a_fold_is_whole_again() -> None:
    data = calendar(event("SUMMARY:Zoë", START, END, PERSON)).encode().replace(b"\xc3\xab", b"\xc3\r\n \xab")

    assert parse(data).rows[0].new.name == "Zoë"


def test_an_old_encoding_has_to_be_said() -> None:
    data = calendar(event("SUMMARY:Zoë", START, END, PERSON)).encode("latin-1")

    with pytest.raises(RowFileError, match=r"Line 4 is not UTF-8 after 'SUMMARY:Zo'\. Export it again.*in UTF-8"):
        parse(data)
    assert parse(data, encoding="latin-1").rows[0].new.name == "Zoë"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "is empty"),
        ("name,starts_at\n", "Line 1: 'name,starts_at' where BEGIN:VCALENDAR is due"),
        (event(*GOOD), "Line 1: 'BEGIN:VEVENT' where BEGIN:VCALENDAR is due"),
        (calendar(event(*GOOD))[:-40], "ends inside of the VEVENT that begins on line 3"),
        (
            calendar(event(*GOOD)) + "BEGIN:VCALENDAR\nBEGIN:VEVENT\n",
            "ends inside of the VEVENT that begins on line 11",
        ),
        (
            calendar(event(*GOOD).removesuffix("END:VEVENT")),
            "Line 9: END:VCALENDAR where END:VEVENT is due, for line 3",
        ),
        ("END:VCALENDAR", "Line 1: END:VCALENDAR where nothing has begun"),
        (calendar("this is nothing"), "Line 3: 'this is nothing' is no iCalendar"),
        (calendar(), "has no events"),
        (calendar(event(*GOOD)).replace("2.0", "1.0"), "vCalendar of version 1.0"),
    ],
)
def test_files_that_are_broken_say_where(text: str, hint: str) -> None:
    with pytest.raises(RowFileError) as caught:
        parse(text)
    assert hint in str(caught.value)


def test_a_broken_line_spoils_its_event_only() -> None:
    file = parse(calendar(event(*GOOD, "this is nothing"), event(*GOOD), event(*GOOD, "ATTENDEE;CN:x")))

    assert [row.line for row in file.rows] == [10]
    assert [problem.message for problem in file.problems] == [
        "line 8, 'this is nothing', is no iCalendar",
        "line 21, 'ATTENDEE;CN:x', is no iCalendar",
    ]


def test_a_property_that_stands_twice_is_refused() -> None:
    assert problem_of(*GOOD, "SUMMARY:Other").message == "SUMMARY stands in the event 2 times; once is meant"


def test_what_is_broken_and_not_used_does_no_harm() -> None:
    assert row_of(*GOOD, 'X-ALT-DESC;FMTTYPE="text/html:<p>', "GEO;x:1").new.name == "Intake"


def test_everything_that_is_wrong_with_an_event_is_named() -> None:
    problems = parse(calendar(event("SUMMARY:", "DTSTART:soon", "DTEND:later", "ATTENDEE;CN=Anna:x"))).problems

    assert {problem.column for problem in problems} == {"SUMMARY", "DTSTART", "DTEND", "ATTENDEE"}


def test_what_a_terminal_would_obey_is_spelled_out() -> None:
    problem = problem_of("UID:\x1b[2J", "SUMMARY:\x1b[2Jnow", START, END, PERSON)

    assert problem.place.isprintable()
    assert problem.value == "\\x1b[2Jnow"


def test_columns_cannot_be_named_in_a_calendar() -> None:
    with pytest.raises(RowFileError, match="leave --column out"):
        parse(calendar(event(*GOOD)), columns={"name": "SUMMARY"})


def test_only_our_own_properties_can_be_ignored() -> None:
    text = calendar(event(*GOOD, "X-MIJNKLANTPORTAAL-PORTAL:noord"))

    assert parse(text).rows[0].portal == "noord"
    assert parse(text, ignored=["x-mijnklantportaal-portal"]).rows[0].portal is None
    with pytest.raises(RowFileError, match="can be ignored"):
        parse(text, ignored=["SUMMARY"])


def test_without_the_library_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("mijnklantportaal_async.files.calendars.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "icalendar", None)

    with pytest.raises(RowFileError, match=r'pip install "mijnklantportaal-async\[files\]"'):
        parse(calendar(event(*GOOD)))
    assert parse(b"name,start,duration,customer_id\na,2027-03-05 14:30,30,cst_1\n", "rows.csv").rows
