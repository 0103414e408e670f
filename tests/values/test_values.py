"""Checks, open enums, UNSET, the clock, and reading models."""

import copy
import json
import pickle
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mijnklantportaal_async import UNSET, AppointmentStatus, Clock
from mijnklantportaal_async.values.checks import check_country_code, check_email, check_identifier, check_text
from mijnklantportaal_async.values.serde import (
    UnreadableError,
    given_fields,
    json_name,
    load_envelope,
    read,
    read_json,
    read_list,
    write,
)
from mijnklantportaal_async.values.unset import UnsetType


@attrs.frozen(kw_only=True)
class Inner:
    some_text: str


@attrs.frozen(kw_only=True)
class Model:
    id: str
    maybe: str | None = None
    count: int = 0
    yes: bool = False
    at: datetime | None = None
    status: AppointmentStatus = AppointmentStatus.PENDING
    inner: Inner | None = None
    labels: tuple[str, ...] = ()
    named: str = attrs.field(default="", metadata={"json": "NAMED"})
    raw: dict[str, Any] = attrs.field(factory=dict, init=False, repr=False, eq=False)


def test_a_model_and_what_it_does_not_know() -> None:
    data = {
        "id": "x",
        "maybe": None,
        "count": 2,
        "yes": True,
        "at": "2025-03-05T16:00:00Z",
        "status": "brand new",
        "inner": {"someText": "a", "more": 1},
        "NAMED": "n",
        "later": [1],
    }
    model = read(json.dumps(data).encode(), Model)
    assert (model.count, model.yes, model.named) == (2, True, "n")
    assert model.at == datetime(2025, 3, 5, 16, tzinfo=UTC)
    assert model.status == "brand new"
    assert not model.status.is_known
    assert model.inner == Inner(some_text="a")
    assert model.raw["later"] == [1]
    assert pickle.loads(pickle.dumps(model)) == model


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("id", None, "$.id: must be a text, not null"),
        ("id", 7, "$.id: must be a text, not the number 7"),
        ("maybe", 1.5, "$.maybe: must be a text, not the number 1.5"),
        ("count", 2.9, "$.count: must be a whole number, not the number 2.9"),
        ("count", True, "$.count: must be a whole number, not true or false"),
        ("count", "2", "$.count: must be a whole number, not a text"),
        ("yes", "false", "$.yes: must be true or false, not a text"),
        ("yes", 0, "$.yes: must be true or false, not the number 0"),
        ("at", "soon", "$.at: must be a date and time with an offset, not 'soon'"),
        ("at", 5, "$.at: must be a date and time, not the number 5"),
        ("status", None, "$.status: must be a text, not null"),
        ("inner", [], "$.inner: must be an object, not a list"),
        ("inner", {}, "$.inner.someText: missing"),
        ("labels", "ab", "$.labels: must be a list, not a text"),
        ("labels", None, "$.labels: must be a list, not null"),
        ("labels", ["a", 1], "$.labels: must be a text, not the number 1"),
        ("NAMED", {}, "$.named: must be a text, not an object"),
    ],
)
def test_nothing_is_guessed(field: str, value: object, problem: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(json.dumps({"id": "x"} | {field: value}).encode(), Model)
    (found,) = caught.value.problems
    assert found.replace("NAMED", "named") == problem


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_comes_it_is_a_model_or_a_clear_error(data: Any) -> None:
    try:
        model = read(json.dumps(data).encode(), Inner)
    except UnreadableError as error:
        assert error.problems
        assert all(problem.startswith("$") for problem in error.problems)
    else:
        assert isinstance(model.some_text, str)


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(UnreadableError) as caught:
        read(b'{"count": "x", "yes": 1}', Model)
    assert len(caught.value.problems) == 3


def test_lists() -> None:
    assert read_list(b'{"data": [{"someText": "a"}]}', Inner) == [Inner(some_text="a")]
    with pytest.raises(UnreadableError) as caught:
        read_list(b'{"data": [{"someText": "a"}, {"someText": 1}]}', Inner)
    assert caught.value.problems == ("$.data[1].someText: must be a text, not the number 1",)
    for body in (b"[]", b'{"data": {}}', b"{}"):
        with pytest.raises(UnreadableError, match=r"\$\.data: must be a list"):
            read_list(body, Inner)


def test_the_object_around_a_list_comes_along() -> None:
    envelope, items = load_envelope(b'{"page": 2, "items": [{"someText": "a"}]}', "items")
    assert (envelope["page"], items) == (2, [{"someText": "a"}])


def test_what_was_not_given_is_left_out_of_a_request() -> None:
    @attrs.frozen(kw_only=True)
    class Changes:
        zip_code: str | UnsetType | None = UNSET
        city: str | UnsetType | None = UNSET
        other: str | UnsetType = attrs.field(default=UNSET, metadata={"json": "OTHER"})

    assert given_fields(Changes()) == {}
    assert given_fields(Changes(zip_code=None, city="", other="x")) == {"zipCode": None, "city": "", "OTHER": "x"}


def test_bodies_that_are_no_json() -> None:
    for body, message in ((b"", "the body is empty"), (b"<html>", "not JSON"), (b"\xff", "not JSON")):
        with pytest.raises(UnreadableError, match=message):
            read(body, Inner)
    assert read_json(b"") is None
    assert read_json(b"[1]") == [1]
    with pytest.raises(TypeError):
        write({"a": object()})


def test_json_names() -> None:
    assert [json_name(name) for name in ("id", "starts_at", "online_meeting_link")] == [
        "id",
        "startsAt",
        "onlineMeetingLink",
    ]


@given(st.text())
def test_an_open_enum_keeps_every_text(text: str) -> None:
    status = AppointmentStatus(text)
    assert status == text
    assert hash(status) == hash(text)
    assert AppointmentStatus(text) == status
    assert str(status) == text
    assert pickle.loads(pickle.dumps(status)) == status
    assert copy.deepcopy(status) == status
    assert len(AppointmentStatus) == 3


def test_an_open_enum_knows_its_own() -> None:
    assert AppointmentStatus("canceled") is AppointmentStatus.CANCELED
    assert AppointmentStatus.CANCELED.is_known
    assert not AppointmentStatus("CANCELED").is_known
    assert repr(AppointmentStatus("x")) == "AppointmentStatus('x')"
    assert AppointmentStatus("x") != 1
    with pytest.raises(ValueError):
        AppointmentStatus(7)


def test_unset_is_false_and_one() -> None:
    assert not UNSET
    assert repr(UNSET) == "UNSET"
    assert pickle.loads(pickle.dumps(UNSET)) is UNSET
    assert isinstance(UNSET, UnsetType)


@pytest.mark.machine_time
async def test_a_fast_clock() -> None:
    clock = Clock(speed=1000)
    before = clock.monotonic()
    await clock.sleep(5)
    assert clock.monotonic() - before >= 5
    assert clock.real(10) == 0.01
    assert repr(clock) == "Clock(speed=1000)"
    for speed in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="speed="):
            Clock(speed=speed)


@given(st.text())
def test_texts_that_pass_can_be_sent(text: str) -> None:
    try:
        check_text(text, "name")
    except ValueError as error:
        assert str(error).startswith("name")
    else:
        assert text.strip()
        assert 0 < len(text) <= 255
        assert not any(ord(character) < 32 for character in text)
        write({"name": text})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("  \u00a0", "is empty"),
        ("a\nb", r"control character '\\n' at position 1"),
        ("a\x00", "control character"),
        ("\ud800", "control character"),
        ("x" * 256, "has 256 characters; shorten it to 255"),
    ],
)
def test_texts_that_cannot_be_right(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_text(text, "name")


@pytest.mark.parametrize("text", ["Zoë", "a\u00a0b", "naïve ☎ 山", "x" * 255])
def test_texts_that_are_fine(text: str) -> None:
    assert check_text(text, "name") == text


def test_other_types_are_refused() -> None:
    for check in (check_text, check_email, check_identifier, check_country_code):
        with pytest.raises(TypeError, match="field must be a str, not int"):
            check(7, "field")


@pytest.mark.parametrize(
    "text", ["jan", "jan@", "@x.nl", "jan @x.nl", "jan@x.nl, piet@x.nl", "Jan <jan@x.nl>", "a@b@c"]
)
def test_addresses_that_cannot_be_right(text: str) -> None:
    with pytest.raises(ValueError, match="write it as name@example.nl"):
        check_email(text, "attendee_email")


@pytest.mark.parametrize("text", ["jan@example.nl", "o'hara+x@sub.example.nl", "josé@exämple.nl", "a@localhost"])
def test_addresses_that_may_be_right(text: str) -> None:
    assert check_email(text, "attendee_email") == text


@pytest.mark.parametrize("text", ["NLD", "N", "N1", "ÉÉ", "Nederland"])
def test_countries_that_cannot_be_right(text: str) -> None:
    with pytest.raises(ValueError, match="give two letters, such as 'NL'"):
        check_country_code(text, "country_code")
    assert check_country_code("nl", "country_code") == "nl"


@pytest.mark.parametrize("text", [".", "..", "a b", "a\u00a0b"])
def test_ids_that_cannot_be_right(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be an id"):
        check_identifier(text, "appointment_id")
