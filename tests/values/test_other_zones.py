"""Moments as other libraries make them: they name the moment that was meant, or are refused with the fix."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from importlib.resources import files
from typing import Any, Self
from zoneinfo import ZoneInfo, available_timezones

import pytest
from given import AMSTERDAM
from hypothesis import given
from hypothesis import strategies as st

from mijnklantportaal_async import NewAppointment
from mijnklantportaal_async.values.local_time import (
    is_after,
    is_same_instant,
    portal_zone,
    to_wall_seconds,
    to_wall_time,
)

ZONES = st.sampled_from(sorted(available_timezones() - {"localtime"})).map(ZoneInfo)
HOUR = timedelta(hours=1)
BRUSSELS, AUCKLAND = ZoneInfo("Europe/Brussels"), ZoneInfo("Pacific/Auckland")
FIRST, LAST = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59)


class LocalizedZone(tzinfo):
    """As of pytz: an object stands for one offset; `localize` and `normalize` find the right one."""

    zone = "Europe/Amsterdam"

    def __init__(self, offset: timedelta = timedelta(minutes=18)) -> None:
        self.offset = offset

    def utcoffset(self, moment: datetime | None) -> timedelta:
        return self.offset

    def dst(self, moment: datetime | None) -> timedelta:
        return timedelta(0)

    def tzname(self, moment: datetime | None) -> str:
        return "LMT"

    def fromutc(self, moment: datetime) -> datetime:
        local = moment.replace(tzinfo=UTC).astimezone(AMSTERDAM)
        return local.replace(tzinfo=LocalizedZone(local.utcoffset() or timedelta(0)))

    def localize(self, wall: datetime, *, is_dst: bool = False) -> datetime:
        offset = wall.replace(tzinfo=AMSTERDAM, fold=0 if is_dst else 1).utcoffset()
        return wall.replace(tzinfo=LocalizedZone(offset or timedelta(0)))


class OtherZone(tzinfo):
    """As of dateutil: knows the offset of every time, the skipped ones too, and has a name of its own."""

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return None if moment is None else moment.replace(tzinfo=AMSTERDAM).utcoffset()

    def dst(self, moment: datetime | None) -> timedelta:
        return timedelta(0)

    def tzname(self, moment: datetime | None) -> str:
        return "CET"

    def fromutc(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=UTC).astimezone(AMSTERDAM).replace(tzinfo=self)

    def __repr__(self) -> str:
        return "tzlocal()"


class BareZone(tzinfo):
    """As people write one by hand: no summer, and nothing that leads back from UTC."""

    def utcoffset(self, moment: datetime | None) -> timedelta:
        return HOUR

    def dst(self, moment: datetime | None) -> None:
        return None

    def tzname(self, moment: datetime | None) -> None:
        return None


class FineMoment(datetime):
    """As of pandas: finer than a microsecond, and with methods of its own."""

    nanosecond = 0

    def replace(self, *args: Any, **named: Any) -> Self:
        raise NotImplementedError

    def astimezone(self, tz: tzinfo | None = None) -> Self:
        raise NotImplementedError


class NotATime(datetime):
    """As `pandas.NaT`."""

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True

    __hash__ = datetime.__hash__


def wall(moment: datetime) -> str:
    return to_wall_time(moment, AMSTERDAM, "starts_at")


def test_a_zone_of_pytz_given_as_tzinfo_is_refused_with_the_fix() -> None:
    """It would be 42 minutes off."""
    zone = LocalizedZone()
    trapped = datetime(2027, 3, 5, 14, 30, tzinfo=zone)

    def seconds(moment: datetime) -> str:
        return to_wall_seconds(moment, AMSTERDAM, "x")

    for refuse in (wall, seconds):
        with pytest.raises(
            ValueError,
            match=r"14:30:00\+00:18: its pytz zone .* as tzinfo=.*"
            r"datetime\(2027, 3, 5, 14, 30, tzinfo=ZoneInfo\('Europe/Amsterdam'\)\), or pytz's own localize",
        ):
            refuse(trapped)
    assert wall(zone.localize(datetime(2027, 3, 5, 14, 30))) == "2027-03-05 14:30"
    assert wall(zone.localize(datetime(2027, 7, 5, 14, 30))) == "2027-07-05 14:30"


def test_a_moment_of_pytz_that_was_moved_over_a_change_of_the_clock_is_refused() -> None:
    with pytest.raises(ValueError, match="or the clock changed between"):
        wall(LocalizedZone().localize(datetime(2027, 3, 5, 14, 30)) + timedelta(days=60))


@pytest.mark.parametrize("fold", [0, 1])
@pytest.mark.parametrize(
    ("zone", "name"),
    [(AMSTERDAM, "Europe/Amsterdam"), (BRUSSELS, "Europe/Brussels"), (OtherZone(), r"tzlocal\(\)")],
)
def test_an_hour_that_the_clock_skips_is_refused_in_every_library(zone: tzinfo, name: str, fold: int) -> None:
    skipped = datetime(2027, 3, 28, 2, 30, tzinfo=zone, fold=fold)
    with pytest.raises(ValueError, match=f"starts_at: 2027-03-28 02:30 does not exist in {name}.*Choose a time"):
        wall(skipped)
    if fold:
        return
    # Also where it would end when it begins: that it does not exist is what helps.
    with pytest.raises(ValueError, match="starts_at: 2027-03-28 02:30 does not exist"):
        NewAppointment(name="x", starts_at=skipped, ends_at=skipped + HOUR, customer_id="cst_1")


def test_an_hour_that_comes_twice_is_refused_in_every_library() -> None:
    twice = datetime(2027, 10, 31, 2, 30)
    for moment in (twice.replace(tzinfo=OtherZone()), LocalizedZone().localize(twice)):
        with pytest.raises(ValueError, match="comes twice in Europe/Amsterdam"):
            wall(moment)


def test_a_zone_without_a_name_is_no_portals() -> None:
    with (files("tzdata") / "zoneinfo" / "Europe" / "Amsterdam").open("rb") as file:
        nameless = ZoneInfo.from_file(file)
    with pytest.raises(ValueError, match="timezone has no name; give an IANA name"):
        portal_zone(nameless)
    assert wall(datetime(2027, 3, 5, 14, 30, tzinfo=nameless)) == "2027-03-05 14:30"
    with pytest.raises(ValueError, match="does not exist in"):
        wall(datetime(2027, 3, 28, 2, 30, tzinfo=nameless))


def test_a_zone_written_by_hand_is_taken_at_its_word() -> None:
    assert wall(datetime(2027, 3, 5, 14, 30, tzinfo=BareZone())) == "2027-03-05 14:30"


def test_a_moment_that_is_finer_than_pythons_is_refused_not_cut() -> None:
    moment = FineMoment(2027, 3, 5, 14, 30, tzinfo=AMSTERDAM)
    assert wall(moment) == "2027-03-05 14:30"
    assert to_wall_seconds(moment, AMSTERDAM, "x") == "2027-03-05 14:30:00"
    moment.nanosecond = 1
    with pytest.raises(ValueError, match="not on a whole minute"):
        wall(moment)


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(TypeError, match="must be an aware datetime, not NotATime"):
        wall(NotATime(2027, 3, 5, tzinfo=AMSTERDAM))

    class Arrow:
        datetime = datetime(2027, 3, 5, tzinfo=UTC)

    with pytest.raises(TypeError, match=r"not Arrow: .*; give its \.datetime"):
        wall(Arrow())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "zone", [UTC, AMSTERDAM, ZoneInfo("Pacific/Auckland"), timezone(timedelta(hours=-12)), OtherZone()]
)
@pytest.mark.parametrize("edge", [FIRST, LAST])
def test_the_ends_of_the_calendar_are_answered_in_words(zone: tzinfo, edge: datetime) -> None:
    moment = edge.replace(tzinfo=zone)
    for portal in (AMSTERDAM, ZoneInfo("America/Los_Angeles"), AUCKLAND):
        try:
            assert to_wall_time(moment, portal, "x")
        except ValueError as error:
            assert "outside the years" in str(error) or "whole minute" in str(error)
    inwards = timedelta(days=1 if edge == FIRST else -1)
    assert is_after(moment + inwards, moment) is (edge == FIRST)
    assert is_same_instant(moment, moment)
    assert not is_same_instant(moment, moment.replace(tzinfo=timezone(timedelta(hours=5, minutes=1))))


def slowly(moment: datetime, zone: ZoneInfo) -> str | None:
    """The same without anything that is remembered: what a reader of the digits would understand."""
    again = moment.astimezone(UTC).astimezone(moment.tzinfo)
    local = moment.astimezone(zone)
    readings = {local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
    if again.replace(tzinfo=None) != moment.replace(tzinfo=None) or len(readings) > 1 or local.second:
        return None
    return local.strftime("%Y-%m-%d %H:%M")


near_changes = st.builds(
    lambda year, month, day, minutes: datetime(year, month, day) + timedelta(minutes=minutes),
    st.integers(1971, 2099),
    st.sampled_from([3, 4, 9, 10, 11]),
    st.integers(1, 30),
    st.integers(-180, 300),
)
anywhere = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)


@given(digits=st.one_of(near_changes, anywhere), users=ZONES, portal=ZONES, fold=st.integers(0, 1))
def test_what_is_remembered_of_a_day_changes_no_result(
    digits: datetime, users: ZoneInfo, portal: ZoneInfo, fold: int
) -> None:
    moment = digits.replace(tzinfo=users, fold=fold)
    try:
        quick = to_wall_time(moment, portal, "x")
    except ValueError:
        quick = None
    assert quick == slowly(moment, portal)
