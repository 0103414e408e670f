"""Lists, record by record."""

import asyncio
import json
from typing import Any

import pytest
from scripted_server import appointment

from mijnklantportaal_async.models.appointments import Appointment, AppointmentStatus
from mijnklantportaal_async.values.records import PORTION, ListReader
from mijnklantportaal_async.values.serde import UnreadableError, read_list


def body_of(*items: Any, **around: Any) -> bytes:
    return json.dumps({"data": list(items), **around}).encode()


def test_a_list_is_read_as_ever() -> None:
    items = [appointment(id=f"apt_{number}") for number in range(7)]
    body = body_of(*items, next_page_url=None)
    reader = ListReader(body, Appointment).read_all()
    assert reader.records == read_list(body, Appointment)
    assert reader.unreadable == []
    assert reader.problems == ()
    assert reader.envelope["next_page_url"] is None


def test_one_odd_record_hides_nothing_but_itself() -> None:
    odd = appointment(id="apt_2", startsAt="next week", createdAt=None)
    body = body_of(appointment(id="apt_1"), odd, appointment(id="apt_3"), "nonsense", None)
    reader = ListReader(body, Appointment).read_all()
    assert [record.id for record in reader.records] == ["apt_1", "apt_3"]
    first, second, third = reader.unreadable
    assert (first.index, first.raw, first.identifier) == (1, odd, "apt_2")
    assert first.problems == (
        "$.data[1].startsAt: must be a date and time with an offset, not 'next week'",
        "$.data[1].createdAt: must be a date and time, not null",
    )
    assert (second.index, second.raw, second.identifier) == (3, "nonsense", None)
    assert second.problems == ("$.data[3]: must be an object, not a text",)
    assert (third.index, third.raw) == (4, None)
    assert reader.problems == first.problems + second.problems + third.problems


def test_problems_are_those_of_a_strict_reading() -> None:
    body = body_of(appointment(), appointment(startsAt=5))
    with pytest.raises(UnreadableError) as caught:
        read_list(body, Appointment)
    assert ListReader(body, Appointment).read_all().problems == caught.value.problems


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"data": {}}', b'{"data": null}'])
def test_what_is_no_list_at_all(body: bytes) -> None:
    with pytest.raises(UnreadableError):
        ListReader(body, Appointment)


@pytest.mark.parametrize(("count", "portions"), [(0, 1), (1, 1), (10, 1), (11, 2), (25, 3)])
def test_some_at_a_time(count: int, portions: int) -> None:
    items = [appointment(id=f"apt_{number}") for number in range(count)]
    items[12:13] = [{"id": "apt_odd"}] if count > 12 else []
    reader = ListReader(body_of(*items), Appointment)
    sizes = []
    more = True
    while more:
        before = len(reader.records) + len(reader.unreadable)
        more = reader.read_some(10)
        sizes.append(len(reader.records) + len(reader.unreadable) - before)
    assert len(sizes) == portions
    assert max(sizes) <= 10
    assert sum(sizes) == count
    assert not reader.read_some(10)
    assert [record.index for record in reader.unreadable] == ([12] if count > 12 else [])


async def test_a_long_list_lets_others_have_their_turn() -> None:
    reader = ListReader(body_of(*[appointment()] * 5000), Appointment)
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.ensure_future(other())
    while reader.read_some():
        await asyncio.sleep(0)
    task.cancel()
    assert len(reader.records) == 5000
    assert turns >= 5000 / PORTION - 1


@pytest.mark.parametrize("status", ["scheduled", "invented", ""])
def test_known_and_unknown_values_of_an_enum(status: str) -> None:
    [record] = ListReader(body_of(appointment(status=status)), Appointment).read_all().records
    assert type(record.status) is AppointmentStatus
    assert record.status == status
    assert record.status.is_known is (status == "scheduled")
    if status == "scheduled":
        assert record.status is AppointmentStatus.SCHEDULED
