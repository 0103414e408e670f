"""JSON as programs and calendars on the web write it."""

import json

import pytest
from office import appointments, left_out, problem, starts, titles

from mijnklantportaal_async.files import RowFileError

ONE = {"title": "Intake", "start": "2027-04-20T09:00:00", "end": "2027-04-20T09:30:00", "customer_id": "cst_1"}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([ONE]),
        json.dumps(ONE, indent=1),
        json.dumps({"value": [ONE], "@odata.context": "x"}, indent=2),
        json.dumps({"kind": "calendar#events", "items": [ONE]}),
        json.dumps(ONE),
    ],
)
@pytest.mark.parametrize("name", ["rows.json", "rows.jsonl"])
def test_ways_to_hold_the_same_object(text: str, name: str) -> None:
    assert starts(appointments(text, name)) == ["20-04 09:00"]


def test_objects_of_a_list_are_found_by_their_line() -> None:
    text = json.dumps([ONE, {**ONE, "start": "soon"}, ONE], indent=1)

    file = appointments(text, "rows.json")

    lines = text.split("\n")
    assert [row.line for row in file.rows] == [number for number, line in enumerate(lines, 1) if line == " {"][::2]
    assert lines[file.problems[0].line - 1] == " {"


def test_keys_that_change_what_an_object_means_are_obeyed() -> None:
    file = appointments(
        json.dumps(
            [
                {**ONE, "title": "a", "status": "cancelled", "timezone": "America/New_York", "allDay": False},
                {**ONE, "title": "b", "status": "confirmed", "timezone": "America/New_York", "allDay": False},
                {**ONE, "title": "c", "status": "confirmed", "timezone": "Europe/Amsterdam", "allDay": True},
            ]
        ),
        "rows.json",
    )

    assert starts(file) == ["20-04 15:00"]
    assert {title: reason.split()[0] for title, reason in left_out(file).items()} == {"a": "canceled", "c": "all"}


def test_events_of_microsoft_graph() -> None:
    event = {
        "subject": "Intake",
        "isAllDay": False,
        "isCancelled": False,
        "recurrence": None,
        "start": {"dateTime": "2027-04-20T09:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2027-04-20T09:30:00.0000000", "timeZone": "UTC"},
        "organizer": {"emailAddress": {"name": "Praktijk", "address": "praktijk@example.nl"}},
        "attendees": [{"type": "required", "emailAddress": {"name": "Anna", "address": "anna@example.nl"}}],
    }
    series = {**event, "subject": "Serie", "recurrence": {"pattern": {"type": "weekly"}}}

    file = appointments(json.dumps({"value": [event, {**event, "isCancelled": True}]}), "rows.json")

    assert starts(file) == ["20-04 11:00"]
    assert file.rows[0].new.attendee_email == "anna@example.nl"
    assert len(file.left_out) == 1
    assert "repeats" in problem(appointments(json.dumps({"value": [series]}), "rows.json"))


def test_events_of_google() -> None:
    event = {
        "summary": "Intake",
        "status": "confirmed",
        "start": {"dateTime": "2027-04-20T09:00:00+02:00", "timeZone": "Europe/Amsterdam"},
        "end": {"dateTime": "2027-04-20T09:30:00+02:00", "timeZone": "Europe/Amsterdam"},
        "attendees": [{"email": "anna@example.nl", "displayName": "Anna", "responseStatus": "accepted"}],
        "recurringEventId": "abc",
    }
    holiday = {**event, "summary": "Koningsdag", "start": {"date": "2027-04-27"}, "end": {"date": "2027-04-28"}}

    file = appointments(json.dumps({"items": [event, holiday]}), "rows.json")

    assert starts(file) == ["20-04 09:00"]
    assert list(left_out(file)) == ["Koningsdag"]


def test_several_attendees_of_one_object_are_not_chosen_from() -> None:
    event = {**ONE, "attendees": [{"email": "a@example.nl"}, {"email": "b@example.nl"}]}
    del event["customer_id"]

    with pytest.raises(RowFileError, match="A column is missing for customer_id"):
        appointments(json.dumps([event]), "rows.json")


@pytest.mark.parametrize(("start", "end"), [(1808204400, 1808206200), (1808204400000, 1808206200000)])
def test_seconds_since_1970_are_a_moment(start: int, end: int) -> None:
    file = appointments(json.dumps({**ONE, "start": start, "end": end}), "rows.jsonl")

    assert starts(file) == ["20-04 09:00"]
    assert file.rows[0].zone == "UTC"


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (12, "customer_id must be a text between quotation marks"),
        (["a", "b"], "customer_id is a list; write one of them as a text"),
        (True, "customer_id must be a text"),
    ],
)
def test_a_value_of_another_kind_is_named_with_its_key(value: object, hint: str) -> None:
    with pytest.raises(RowFileError, match=f"No line could be read. Line 1: {hint}"):
        appointments(json.dumps({**ONE, "customer_id": value}), "rows.jsonl")


def test_a_broken_list_is_refused() -> None:
    with pytest.raises(RowFileError, match="is not JSON"):
        appointments(json.dumps([ONE])[:-5], "rows.json")


def test_lines_mix_with_empty_ones_and_keep_their_numbers() -> None:
    file = appointments(f"\n{json.dumps(ONE)}\n\n{json.dumps(ONE)}\n", "rows.ndjson")

    assert [row.line for row in file.rows] == [2, 4]
    assert titles(file) == ["Intake", "Intake"]


GRAPH = {
    "originalStartTimeZone": "W. Europe Standard Time",
    "subject": "Intake",
    "start": {"dateTime": "2027-07-20T07:00:00.0000000", "timeZone": "UTC"},
    "end": {"dateTime": "2027-07-20T07:30:00.0000000", "timeZone": "UTC"},
    "attendees": [{"emailAddress": {"name": "Anna", "address": "anna@example.nl"}, "status": {"response": "none"}}],
}


def test_the_zone_beside_a_time_counts_not_the_one_in_which_it_was_made() -> None:
    file = appointments(json.dumps({"value": [GRAPH]}), "graph.json")

    assert starts(file) == ["20-07 09:00"]


@pytest.mark.parametrize("other", [{"self": True}, {"resource": True}, {"type": "resource"}, {"organizer": True}])
def test_neither_oneself_nor_a_room_is_who_an_appointment_is_with(other: dict[str, object]) -> None:
    event = {"title": "Intake", "start": "2027-07-20T09:00", "end": "2027-07-20T09:30"}
    me, anna = {"email": "me@praktijk.nl", "displayName": "Me", **other}, {"email": "a@x.nl", "displayName": "Anna"}

    (row,) = appointments(json.dumps([event | {"attendees": [me, anna]}]), "web.json").rows
    assert row.new.attendee_name == "Anna"
    with pytest.raises(RowFileError):
        appointments(json.dumps([event | {"attendees": [me]}]), "web.json")
