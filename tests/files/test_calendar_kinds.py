"""Calendars as programs really write them: versions, people, repeating events, broken lines."""

from datetime import date

import pytest
from calendar_texts import CUSTOMER, END, GOOD, PERSON, START, TITLE, calendar, event, parse, problem_of, row_of
from office import left_out, questions, starts, titles

PETRA = "ATTENDEE;CN=Petra Eigenaar:mailto:petra@praktijk.example"
ANNA = "ATTENDEE;CN=Anna:mailto:anna@example.nl"
BAS = "ATTENDEE;CN=Bas:mailto:bas@example.nl"
HOST = "ORGANIZER;CN=Praktijk:mailto:praktijk@example.nl"
LATER = ("DTSTART;TZID=Europe/Amsterdam:20270305T160000", "DTEND;TZID=Europe/Amsterdam:20270305T163000")


# --- versions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SEQUENCE:0", "SEQUENCE:1"),
        ("DTSTAMP:20270101T080000Z", "DTSTAMP:20270102T080000Z"),
        ("LAST-MODIFIED:20270101T080000Z", "LAST-MODIFIED:20270102T080000Z"),
        ("SEQUENCE:1\nDTSTAMP:20270103T080000Z", "SEQUENCE:2\nDTSTAMP:20270101T080000Z"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_the_newest_version_of_an_event_counts(old: str, new: str, turned: bool) -> None:
    events = [event("UID:1", *GOOD, old), event("UID:1", TITLE, *LATER, PERSON, new)]

    file = parse(calendar(*(reversed(events) if turned else events)))

    assert starts(file) == ["05-03 16:00"]
    assert [one.reason.split(";")[0] for one in file.left_out] == ["an older version"]


def test_the_same_event_twice_is_once() -> None:
    file = parse(calendar(event("UID:1", *GOOD), event("UID:1", *GOOD, "DTSTAMP:20270101T080000Z")))

    assert len(file.rows) == 1
    assert "the same event once more" in file.left_out[0].reason


def test_two_versions_of_which_nobody_knows_the_newer_are_both_refused() -> None:
    file = parse(calendar(event("UID:1", *GOOD), event("UID:1", TITLE, *LATER, PERSON)))

    assert not file.rows
    assert len(file.bad_lines) == 2
    assert all("nothing says which of the two is newer" in one.message for one in file.problems)


def test_a_newer_version_that_cancels_removes_the_event() -> None:
    file = parse(calendar(event("UID:1", *GOOD), event("UID:1", *GOOD, "SEQUENCE:1", "STATUS:CANCELLED")))

    assert not file.rows
    assert not file.problems
    assert {one.reason for one in file.left_out} >= {"canceled"}


@pytest.mark.parametrize(
    "spelling",
    ["STATUS:CANCELLED", "STATUS:Canceled", "STATUS: cancelled ", "STATUS:DECLINED"],
)
def test_spellings_of_canceled(spelling: str) -> None:
    assert left_out(parse(calendar(event(*GOOD, spelling)))) == {"Intake": "canceled"}


@pytest.mark.parametrize("title", ["Geannuleerd: Intake", "Canceled: Intake", "CANCELLED: Intake", "Afgezegd: x"])
def test_exchange_cancels_by_the_title(title: str) -> None:
    assert left_out(parse(calendar(event(f"SUMMARY:{title}", START, END, PERSON)))) == {title: "canceled"}


@pytest.mark.parametrize("method", ["REPLY", "COUNTER", "REFRESH"])
def test_answers_to_invitations_are_no_appointments(method: str) -> None:
    file = parse(calendar(f"METHOD:{method}", event(*GOOD)))

    assert not file.rows
    assert "not an appointment" in file.left_out[0].reason


@pytest.mark.parametrize("flag", ["X-MICROSOFT-CDO-ALLDAYEVENT:TRUE", "X-FUNAMBOL-ALLDAY:1", "X-Apple-AllDay:YES"])
def test_an_all_day_event_may_have_times(flag: str) -> None:
    assert left_out(parse(calendar(event(*GOOD, flag))))["Intake"].startswith("all day")
    assert row_of(*GOOD, flag.replace("TRUE", "FALSE").replace(":1", ":0").replace("YES", "NO")).new.name == "Intake"


def test_a_season_with_a_holiday_and_a_lunch_is_made_without_them() -> None:
    file = parse(
        calendar(
            event("UID:1", *GOOD),
            event("UID:2", "SUMMARY:Koningsdag", "DTSTART;VALUE=DATE:20270427", "DTEND;VALUE=DATE:20270428"),
            event("UID:3", "SUMMARY:Lunch", START, END),
        )
    )

    assert titles(file) == ["Intake"]
    assert {name: reason.split(",")[0] for name, reason in left_out(file).items()} == {
        "Koningsdag": "all day",
        "Lunch": "nobody to meet: it has no attendee",
    }


# --- people ----------------------------------------------------------------------------------------------------


def person_of(*people: str, **choices: object) -> list[str | None]:
    file = parse(calendar(event(TITLE, START, END, *people)), **choices)
    assert not file.problems
    return [row.new.attendee_name for row in file.rows]


def test_an_attendee_without_a_name_is_called_by_the_address() -> None:
    assert person_of(HOST, "ATTENDEE;RSVP=TRUE:mailto:anna@example.nl") == ["anna@example.nl"]


@pytest.mark.parametrize(
    "people",
    [
        (HOST, BAS, "ATTENDEE;CN=Anna;PARTSTAT=DECLINED:mailto:anna@example.nl"),
        (HOST, "ATTENDEE;CN=Spreekkamer 2:invalid:nomail", BAS),
        (HOST, "ATTENDEE;CUTYPE=ROOM;CN=Kamer:mailto:kamer@example.nl", BAS),
        (HOST, "ATTENDEE;ROLE=NON-PARTICIPANT;CN=Kopie:mailto:kopie@example.nl", BAS),
        (HOST, "ATTENDEE;PARTSTAT=DELEGATED;CN=Chef:mailto:chef@example.nl", BAS),
        (HOST, "ATTENDEE;CN=Praktijk:MAILTO:Praktijk@Example.nl", BAS),
        (HOST, BAS, BAS),
    ],
)
def test_who_an_event_is_with(people: tuple[str, ...]) -> None:
    assert person_of(*people) == ["Bas"]


def test_an_event_that_everybody_declined_is_left_out() -> None:
    declined = "ATTENDEE;CN=Anna;PARTSTAT=DECLINED:mailto:anna@example.nl"

    assert left_out(parse(calendar(event(TITLE, START, END, HOST, declined)))) == {
        "Intake": "declined by everybody who was invited"
    }


def test_the_owner_among_the_attendees_is_asked_for_with_the_likeliest_first() -> None:
    noreply = "ORGANIZER;CN=Calendly:mailto:no-reply@calendly.com"
    file = parse(
        calendar(event("UID:1", TITLE, START, END, noreply, ANNA, PETRA), event("UID:2", TITLE, *LATER, BAS, PETRA))
    )

    assert not file.rows
    assert questions(file) == {"me": ["petra@praktijk.example", "anna@example.nl", "bas@example.nl"]}
    assert file.questions[0].lines == (3, 12)
    assert "--me petra@praktijk.example (Petra Eigenaar, in 2 of 2 such events)" in file.questions[0].in_words
    assert all("say --me with the owner's address" in one.message for one in file.problems)


@pytest.mark.parametrize(
    ("before", "choices"),
    [
        ("X-SOMETHING:else", {"me": ["Petra@Praktijk.example"]}),
        ("X-WR-CALNAME:petra@praktijk.example", {}),
        ("X-WR-CALNAME:Petra Eigenaar", {}),
    ],
)
def test_the_owner_is_known_by_what_is_said(before: str, choices: dict[str, object]) -> None:
    file = parse(calendar(before, event(TITLE, START, END, PETRA, ANNA)), **choices)

    assert [row.new.attendee_name for row in file.rows] == ["Anna"]


def test_where_the_owner_was_invited_the_appointment_is_with_who_asked() -> None:
    invitation = "ORGANIZER;CN=Klant:mailto:klant@example.nl"

    assert person_of(invitation, PETRA, me=["petra@praktijk.example"]) == ["Klant"]


def test_an_attendee_whom_several_invited_may_be_the_owner() -> None:
    events = [
        event(f"UID:{number}", TITLE, START, END, f"ORGANIZER;CN=K{number}:mailto:k{number}@example.nl", PETRA)
        for number in range(2)
    ]

    file = parse(calendar(*events))

    assert not file.rows
    assert questions(file)["me"][0] == "petra@praktijk.example"
    assert [row.new.attendee_name for row in parse(calendar(*events), me=["petra@praktijk.example"]).rows] == [
        "K0",
        "K1",
    ]


def test_an_event_that_the_owner_declined_is_left_out() -> None:
    declined = PETRA.replace("ATTENDEE;", "ATTENDEE;PARTSTAT=DECLINED;")
    file = parse(calendar(event(TITLE, START, END, declined, ANNA)), me=["petra@praktijk.example"])

    assert left_out(file) == {"Intake": "declined by the owner of the calendar"}


def test_several_people_are_asked_for() -> None:
    text = calendar(event("UID:1", TITLE, START, END, HOST, ANNA, BAS), event("UID:2", TITLE, *LATER, HOST, ANNA))
    file = parse(text)

    assert [row.new.attendee_name for row in file.rows] == ["Anna"]
    assert questions(file) == {"group": ["each", "first", "leave-out"]}
    assert "2 appointments, one with each of them" in file.questions[0].in_words
    assert [row.new.attendee_name for row in parse(text, group="each").rows] == ["Anna", "Bas", "Anna"]
    assert [row.new.attendee_name for row in parse(text, group="first").rows] == ["Anna", "Anna"]
    assert left_out(parse(text, group="leave-out")) == {"Intake": "with several people"}


def test_a_customer_of_the_portal_needs_no_attendee() -> None:
    assert row_of(TITLE, START, END, CUSTOMER, PETRA, ANNA).new.customer_id == "cst_1"


# --- repeating -------------------------------------------------------------------------------------------------

WEEKLY = event("UID:s", *GOOD, "RRULE:FREQ=WEEKLY;COUNT=4")


def test_each_occurrence_is_a_row() -> None:
    file = parse(calendar(WEEKLY))

    assert starts(file) == ["05-03 14:30", "12-03 14:30", "19-03 14:30", "26-03 14:30"]
    assert {f"{row.new.ends_at:%H:%M}" for row in file.rows} == {"15:00"}
    assert file.rows[1].place == "line 3: event 1, UID s, 'Intake', 12-03-2027"


def test_occurrences_keep_their_hour_when_the_clock_is_set() -> None:
    in_utc = event(
        "UID:u", TITLE, "DTSTART:20270305T133000Z", "DTEND:20270305T140000Z", PERSON, "RRULE:FREQ=WEEKLY;COUNT=5"
    )

    assert starts(parse(calendar(event("UID:s", *GOOD, "RRULE:FREQ=WEEKLY;COUNT=5"))))[-1] == "02-04 14:30"
    # In UTC the digits stay, and the hour here does not.
    assert starts(parse(calendar(in_utc)))[-1] == "02-04 15:30"


def test_one_that_was_moved_and_one_that_was_canceled() -> None:
    moved = event("UID:s", "SUMMARY:Moved", *LATER, PERSON, "RECURRENCE-ID;TZID=Europe/Amsterdam:20270312T143000")
    gone = event("UID:s", *GOOD, "STATUS:CANCELLED", "RECURRENCE-ID:20270319T133000Z")

    file = parse(calendar(WEEKLY, moved, gone))

    assert sorted(starts(file)) == ["05-03 14:30", "05-03 16:00", "26-03 14:30"]
    assert list(left_out(file).values()) == ["canceled"]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (("RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;TZID=Europe/Amsterdam:20270312T143000"), ["05-03", "19-03"]),
        (("RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE:20270312T133000Z"), ["05-03", "19-03"]),
        (("RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;VALUE=DATE:20270312"), ["05-03", "19-03"]),
        (("RRULE:FREQ=WEEKLY;UNTIL=20270312T133000Z",), ["05-03", "12-03"]),
        (("RRULE:FREQ=WEEKLY;UNTIL=20270312",), ["05-03", "12-03"]),
        (("RRULE:FREQ=MONTHLY;BYDAY=1FR;COUNT=2",), ["05-03", "02-04"]),
        (("RDATE;TZID=Europe/Amsterdam:20270309T143000,20270310T143000",), ["05-03", "09-03", "10-03"]),
        (("RDATE:",), ["05-03"]),
        (("RRULE:", "EXDATE:"), ["05-03"]),
    ],
)
def test_rules_and_dates_of_a_series(lines: tuple[str, ...], found: list[str]) -> None:
    assert [text[:5] for text in starts(parse(calendar(event("UID:s", *GOOD, *lines))))] == found


def test_a_series_without_an_end_waits_for_one() -> None:
    text = calendar(event("UID:s", *GOOD, "RRULE:FREQ=WEEKLY"), event("UID:2", TITLE, *LATER, PERSON))

    file = parse(text)

    assert len(file.rows) == 1
    assert file.questions[0].about.value == "until"
    assert "say --until with the last day" in file.problems[0].message
    assert len(parse(text, until=date(2027, 3, 26)).rows) == 5


def test_occurrences_before_the_first_day_are_left_out_and_counted() -> None:
    file = parse(calendar(WEEKLY), since=date(2027, 3, 15))

    assert starts(file) == ["19-03 14:30", "26-03 14:30"]
    assert left_out(file) == {"Intake": "2 of its occurrences lie before the first day"}


def test_the_last_day_ends_a_series_that_has_an_end_too() -> None:
    assert len(parse(calendar(WEEKLY), until=date(2027, 3, 12)).rows) == 2


@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        ("RRULE:FREQ=SECONDLY;COUNT=9", "by a rule that is not followed here"),
        ("RRULE:FREQ=DAILY;BYHOUR=1,2;COUNT=9", "by a rule that is not followed here"),
        ("RRULE:FREQ=SOMETIMES;COUNT=9", "in a way that cannot be understood"),
        ("RRULE:FREQ=DAILY;COUNT=99999", "is the most"),
    ],
)
def test_series_that_are_not_followed(rule: str, hint: str) -> None:
    assert hint in problem_of(*GOOD, rule).message


# --- broken lines ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        ("LOCATION: This is a", "place that was not", "folded"),
        ("DESCRIPTION:Dear all,", "", "Bring:", "- agenda", "Join Zoom Meeting", "https://zoom.example/j/1"),
        ("DESCRIPTION:See below", "Status: cancelled", "Duration: 30 min", "Locatie: hier"),
        ("DESCRIPTION:Hello", "Status:CANCELLED"),
        ("DESCRIPTION:Invitation", "Attendee: Jan Klaassen"),
        ("DESCRIPTION:Invitation", "status: cancelled"),
        ("DESCRIPTION:Program", "Begin: maandag", "End: dinsdag"),
        ("X-Custom-Thing:1", 'X-ALT-DESC;FMTTYPE="text/html:<p>', "</p>"),
    ],
)
def test_text_that_was_broken_does_no_harm_where_it_is_not_needed(lines: tuple[str, ...]) -> None:
    new = row_of(TITLE, START, END, PERSON, *lines).new

    assert (new.name, f"{new.ends_at:%H:%M}", new.attendee_name) == ("Intake", "15:00", "De Vries, Anna")


def test_what_may_be_a_property_or_a_broken_text_is_refused() -> None:
    assert (
        "may be a part of the text before it"
        in problem_of(*GOOD, "DESCRIPTION:Hello", "there", "STATUS: CANCELLED").message
    )


def test_a_file_in_small_letters_is_read() -> None:
    text = calendar(event(*GOOD, "DESCRIPTION:x", CUSTOMER.lower()))
    small = "\n".join(
        line[: line.find(":")].lower() + line[line.find(":") :] if line.startswith(("SUMM", "DESC", "DTEND")) else line
        for line in text.split("\n")
    )

    assert parse(text).rows[0].new.customer_id == "cst_1"
    assert titles(parse(small.replace("DTSTART", "dtstart").replace("ATTENDEE", "attendee"))) == ["Intake"]


@pytest.mark.parametrize(
    ("summary", "title"),
    [
        (
            r"SUMMARY:Caf\u00e9\, intake\; map C:\\nieuw \\ eind".replace("\\u00e9", "é"),
            "Café, intake; map C:\\nieuw \\ eind",
        ),
        (r"SUMMARY:Line one\nLine two", "Line one Line two"),
        ("SUMMARY;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Kennismaking Zo=C3=AB", "Kennismaking Zoë"),
        ("SUMMARY;ENCODING=QUOTED-PRINTABLE:Zo=C3=AB en =\nBas", "Zoë en Bas"),
        ("SUMMARY;LANGUAGE=nl:Intake", "Intake"),
    ],
)
def test_titles_as_they_are_written(summary: str, title: str) -> None:
    assert row_of(summary, START, END, PERSON).new.name == title


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("'Anna de Vries'", "Anna de Vries"),
        ("'t Hooft", "'t Hooft"),
        ("Jan van 's-Gravesande", "Jan van 's-Gravesande"),
        ("Boer'", "Boer'"),
        ("'", "a@example.nl"),
        ("''", "a@example.nl"),
    ],
)
def test_quotes_around_a_name_are_none_of_it(written: str, name: str) -> None:
    assert person_of(HOST, f"ATTENDEE;CN={written}:mailto:a@example.nl") == [name]


def test_names_as_they_are_written() -> None:
    assert person_of(HOST, "ATTENDEE;CN=Anna ^'A^' Bakker:mailto:a@example.nl") == ['Anna "A" Bakker']


@pytest.mark.parametrize("end", ["\r\r\n", "\r\n", "\r"])
def test_line_ends_that_were_doubled(end: str) -> None:
    text = calendar(event("SUMMARY:A long title that was\n  folded", START, END, PERSON))

    assert titles(parse(text.replace("\n", end))) == ["A long title that was folded"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "X-COMMENT:Cached from 2026\n"),
        ("  ", ""),
        ("\n\n", ""),
        ("", "BEGIN:VTIMEZONE\nTZID:Elsewhere\nEND:VTIMEZONE\n"),
    ],
)
def test_what_stands_around_a_calendar(before: str, after: str) -> None:
    assert titles(parse(before + calendar(event(*GOOD)) + after)) == ["Intake"]


# --- off, all day, groups, rooms and zones as programs spell them ------------------------------------------------


@pytest.mark.parametrize("line", ["X-CANCELLED:TRUE", "X-GOOGLE-STATUS:cancelled", "STATUS: Canceled "])
def test_an_event_is_off_in_any_spelling(line: str) -> None:
    assert left_out(parse(calendar(event("UID:1", *GOOD, line)))) == {"Intake": "canceled"}


def test_an_event_is_all_day_in_any_spelling() -> None:
    assert left_out(parse(calendar(event("UID:1", *GOOD, "X-ALL-DAY:1"))))["Intake"].startswith("all day")


def test_a_group_is_no_person() -> None:
    group = "ATTENDEE;CUTYPE=GROUP;CN=Team:mailto:team@example.nl"

    assert list(questions(parse(calendar(event("UID:1", TITLE, START, END, HOST, group))))) == ["group"]


def test_a_room_by_its_address_is_no_person() -> None:
    room = "ATTENDEE;CN=Kamer 1:mailto:c_1@resource.calendar.google.com"
    file = parse(calendar(event("UID:1", TITLE, START, END, HOST, ANNA, room)))

    assert [row.new.attendee_name for row in file.rows] == ["Anna"]


@pytest.mark.parametrize(
    ("line", "days"),
    [
        ("EXDATE;TZID=Europe/Amsterdam:20270306T000000", ["05-03 14:30", "07-03 14:30"]),
        ("EXDATE;TZID=Europe/London:20270306T133000", ["05-03 14:30", "07-03 14:30"]),
        ("EXDATE;VALUE=DATE:20270306", ["05-03 14:30", "07-03 14:30"]),
    ],
)
def test_an_occurrence_is_left_out_in_any_spelling(line: str, days: list[str]) -> None:
    assert starts(parse(calendar(event("UID:1", *GOOD, "RRULE:FREQ=DAILY;COUNT=3", line)))) == days


@pytest.mark.parametrize(
    "line", ["EXDATE;TZID=Europe/Amsterdam:20270306T100000", "RDATE;VALUE=PERIOD:20270308T090000Z/20270308T110000Z"]
)
def test_a_series_that_would_come_out_otherwise_is_refused(line: str) -> None:
    assert "cannot be understood" in problem_of("UID:1", *GOOD, "RRULE:FREQ=DAILY;COUNT=3", line).message


def test_a_change_from_one_occurrence_on_makes_nothing() -> None:
    later = "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Amsterdam:20270306T143000"
    file = parse(
        calendar(event("UID:1", *GOOD, "RRULE:FREQ=DAILY;COUNT=3"), event("UID:1", TITLE, *LATER, PERSON, later))
    )

    assert (len(file.rows), len(file.problems)) == (0, 2)


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("W. Europe Standard Ti", "14:30"),
        ("Romance", "14:30"),
        ("Londen", "15:30"),
        ("Eastern Time (US & Canada)", "20:30"),
    ],
)
def test_zones_that_are_cut_off_or_spoken(zone: str, start: str) -> None:
    row = row_of("UID:1", TITLE, f'DTSTART;TZID="{zone}":20270305T143000', "DURATION:PT30M", PERSON)

    assert f"{row.new.starts_at:%H:%M}" == start
