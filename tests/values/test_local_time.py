"""Between aware datetimes and the portal's wall time."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

import pytest
from given import AMSTERDAM
from hypothesis import given
from hypothesis import strategies as st

from mijnklantportaal_async.values.local_time import (
    from_wall_time,
    is_after,
    is_same_instant,
    portal_zone,
    read_moment,
    to_wall_time,
)

MINUTES = st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2100, 1, 1)).map(
    lambda moment: moment.replace(second=0, microsecond=0, tzinfo=UTC)
)
ZONES = st.sampled_from(sorted(available_timezones() - {"localtime"})).map(ZoneInfo)


@given(moment=MINUTES, portal=ZONES, users=ZONES)
def test_what_is_sent_names_exactly_the_moment_that_was_meant_or_is_refused(
    moment: datetime, portal: ZoneInfo, users: ZoneInfo
) -> None:
    """The promise of the right time, in every zone there is."""
    local = moment.astimezone(portal)
    try:
        wall = to_wall_time(moment.astimezone(users), portal, "starts_at")
    except ValueError as error:
        first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        assert first != second or local.second, error
        return
    naive = datetime.strptime(wall, "%Y-%m-%d %H:%M")
    # Whatever fold a reader chooses, it is this moment.
    for fold in (0, 1):
        assert naive.replace(tzinfo=portal, fold=fold).astimezone(UTC) == moment


@given(wall=st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2100, 1, 1)), zone=ZONES)
def test_what_a_person_wrote_is_one_moment_or_refused(wall: datetime, zone: ZoneInfo) -> None:
    try:
        moment = from_wall_time(wall, zone, "starts_at")
    except ValueError:
        readings = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
        assert len(readings) == 2
        return
    # There and back again shows the same digits.
    assert moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall


def test_both_sides_of_the_clock_changes() -> None:
    def wall(*parts: int, fold: int = 0) -> str:
        year, month, day, hour, minute = parts
        return to_wall_time(
            datetime(year, month, day, hour, minute, tzinfo=AMSTERDAM, fold=fold), AMSTERDAM, "starts_at"
        )

    assert wall(2027, 3, 28, 1, 59) == "2027-03-28 01:59"
    assert wall(2027, 3, 28, 3, 0) == "2027-03-28 03:00"
    with pytest.raises(ValueError, match=r"starts_at: 2027-03-28 02:30 does not exist in Europe/Amsterdam"):
        wall(2027, 3, 28, 2, 30)
    assert wall(2027, 10, 31, 1, 59) == "2027-10-31 01:59"
    assert wall(2027, 10, 31, 3, 0) == "2027-10-31 03:00"
    for fold in (0, 1):
        with pytest.raises(ValueError, match="starts_at: 2027-10-31 02:30 comes twice in Europe/Amsterdam"):
            wall(2027, 10, 31, 2, 30, fold=fold)


def test_an_instant_from_elsewhere_that_falls_into_the_repeated_hour_is_refused() -> None:
    with pytest.raises(ValueError, match="comes twice"):
        to_wall_time(datetime(2027, 10, 31, 0, 30, tzinfo=UTC), AMSTERDAM, "ends_at")


def test_a_gap_of_the_users_zone_is_refused_too() -> None:
    with pytest.raises(ValueError, match="does not exist in America/New_York"):
        to_wall_time(datetime(2027, 3, 14, 2, 30, tzinfo=ZoneInfo("America/New_York")), AMSTERDAM, "starts_at")


def test_fixed_offsets_are_converted() -> None:
    fixed = timezone(timedelta(hours=9))
    assert to_wall_time(datetime(2027, 3, 5, 22, 30, tzinfo=fixed), AMSTERDAM, "starts_at") == "2027-03-05 14:30"


def test_naive_datetimes_are_refused_with_the_fix() -> None:
    with pytest.raises(ValueError, match=r'datetime\(2027, 3, 5, 14, 30, tzinfo=ZoneInfo\("Europe/Amsterdam"\)\)'):
        to_wall_time(datetime(2027, 3, 5, 14, 30), AMSTERDAM, "starts_at")


@pytest.mark.parametrize("parts", [{"second": 1}, {"microsecond": 1}])
def test_parts_of_a_minute_are_refused_not_cut(parts: dict[str, int]) -> None:
    moment = datetime(2027, 3, 5, 14, 30, tzinfo=AMSTERDAM).replace(**parts)
    with pytest.raises(ValueError, match="not on a whole minute"):
        to_wall_time(moment, AMSTERDAM, "starts_at")


@pytest.mark.parametrize("value", ["2027-03-05 14:30", 5, None, datetime(2027, 3, 5).date()])
def test_other_types_are_refused(value: object) -> None:
    with pytest.raises(TypeError, match="starts_at must be an aware datetime"):
        to_wall_time(value, AMSTERDAM, "starts_at")  # type: ignore[arg-type]


def test_the_ends_of_time() -> None:
    with pytest.raises(ValueError, match="outside the years"):
        to_wall_time(datetime.max.replace(second=0, microsecond=0, tzinfo=UTC), AMSTERDAM, "starts_at")


def test_order_is_of_instants_not_of_digits() -> None:
    early = datetime(2027, 10, 31, 2, 45, tzinfo=AMSTERDAM, fold=0)
    late = datetime(2027, 10, 31, 2, 15, tzinfo=AMSTERDAM, fold=1)
    assert early > late, "Python compares the digits"
    assert is_after(late, early)
    assert not is_after(early, early)
    assert not is_same_instant(early, early.replace(fold=1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-03-05T16:00:00+02:00", datetime(2025, 3, 5, 14, tzinfo=UTC)),
        ("2025-04-12T00:00:00.000Z", datetime(2025, 4, 12, tzinfo=UTC)),
        ("2025-04-12T00:00:00Z", datetime(2025, 4, 12, tzinfo=UTC)),
    ],
)
def test_moments_of_answers(text: str, expected: datetime) -> None:
    assert read_moment(text) == expected


@pytest.mark.parametrize("text", ["2024-04-31T00:00:00+02:00", "2025-03-05T16:00:00", "soon", ""])
def test_texts_that_are_no_moments(text: str) -> None:
    with pytest.raises(ValueError):
        read_moment(text)


def test_zones() -> None:
    assert portal_zone(AMSTERDAM) is AMSTERDAM
    assert portal_zone("Europe/Brussels").key == "Europe/Brussels"
    for name in ("", "Mars", "../x", "/etc/passwd"):
        with pytest.raises(ValueError, match="is not a time zone"):
            portal_zone(name)


def test_what_a_person_wrote_for_a_night_without_or_with_two_of_it() -> None:
    with pytest.raises(ValueError, match="starts_at: 2027-03-28 02:30 does not exist"):
        from_wall_time(datetime(2027, 3, 28, 2, 30), AMSTERDAM, "starts_at")
    with pytest.raises(ValueError, match="comes twice in Europe/Amsterdam that night.*02:00.*01:00"):
        from_wall_time(datetime(2027, 10, 31, 2, 30), AMSTERDAM, "starts_at")
    assert from_wall_time(datetime(2027, 3, 28, 3, 0), AMSTERDAM, "x").isoformat() == "2027-03-28T03:00:00+02:00"
