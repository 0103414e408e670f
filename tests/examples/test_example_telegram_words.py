from datetime import date, datetime

import pytest
from bot_chat import AMSTERDAM, NOW
from example_files import Example

words = Example("telegram_bot_words")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", date(2027, 3, 1)),
        (" Tomorrow ", date(2027, 3, 2)),
        ("5-3", date(2027, 3, 5)),
        ("05/03/2027", date(2027, 3, 5)),
        ("2027-03-05", date(2027, 3, 5)),
        ("28.2", date(2028, 2, 28)),
        ("1-3", date(2027, 3, 1)),
    ],
)
def test_understands_a_day(text: str, day: date) -> None:
    assert words.read_day(text, NOW.date()) == day


@pytest.mark.parametrize("text", ["", "31-2", "29-2", "2027-13-01", "28-2-2027", "1-1-2030", "\u0665-\u0663", "5-3-27"])
def test_does_not_guess_a_day(text: str) -> None:
    with pytest.raises(words.NotUnderstoodError):
        words.read_day(text, NOW.date())


@pytest.mark.parametrize(("text", "shown"), [("14:30", "14:30"), ("9", "09:00"), ("9.05", "09:05"), ("23:59", "23:59")])
def test_understands_a_time(text: str, shown: str) -> None:
    assert f"{words.read_start(text, date(2027, 3, 5), NOW, AMSTERDAM):%H:%M}" == shown


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("24:00", date(2027, 3, 5)),
        ("9:60", date(2027, 3, 5)),
        ("2pm", date(2027, 3, 5)),
        ("9:00", date(2027, 3, 1)),
        ("2:30", date(2027, 3, 28)),
        ("2:30", date(2027, 10, 31)),
    ],
)
def test_does_not_guess_a_time(text: str, day: date) -> None:
    with pytest.raises(words.NotUnderstoodError):
        words.read_start(text, day, NOW, AMSTERDAM)


def test_an_end_is_so_many_minutes_later_in_any_night() -> None:
    starts_at = datetime(2027, 3, 28, 1, 30, tzinfo=AMSTERDAM)
    assert words.read_end("60 min", starts_at) == datetime(2027, 3, 28, 3, 30, tzinfo=AMSTERDAM)
    with pytest.raises(words.NotUnderstoodError):
        words.read_end("60", datetime(2027, 10, 31, 1, 30, tzinfo=AMSTERDAM))
