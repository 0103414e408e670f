import attrs
import pytest

from mijnklantportaal_async import Clock, RateLimitSnapshot
from mijnklantportaal_async.calling.many import Unsettled
from mijnklantportaal_async.cli.figures import Figures, Waiting, in_time, seconds_left
from mijnklantportaal_async.cli.interruption import stopping_in_words
from mijnklantportaal_async.errors import (
    CallTimeoutError,
    ConnectError,
    ConnectionLostError,
    MijnKlantportaalError,
    ServerError,
)
from mijnklantportaal_async.events import AttemptFinished, AttemptStarted, OutcomeReconciled, PermitWaited, RetryPlanned


def finished(status: int | None, error: MijnKlantportaalError | None = None) -> AttemptFinished:
    return AttemptFinished(
        call=1,
        operation="schedule_appointment",
        method="POST",
        path="/appointments",
        attempt=1,
        elapsed=0.1,
        status=status,
        error=error,
    )


def test_events_are_counted_by_what_they_mean() -> None:
    figures = Figures(clock=Clock())
    for event in (
        AttemptStarted(call=1, operation="schedule_appointment", method="POST", path="/appointments", attempt=1),
        finished(201),
        finished(503),
        finished(429),
        finished(422),
        finished(None, ConnectionLostError("lost")),
        finished(201, ConnectionLostError("half a body")),
        finished(None, ConnectError("refused")),
        finished(None, CallTimeoutError("slow")),
        RetryPlanned(call=1, operation="schedule_appointment", attempt=1, wait=1.0, error=ServerError("503 down")),
        OutcomeReconciled(
            call=1, operation="schedule_appointment", found=True, identifier="apt_1", looks=1, elapsed=0.1
        ),
        OutcomeReconciled(
            call=1, operation="schedule_appointment", found=False, identifier=None, looks=3, elapsed=10.0
        ),
        PermitWaited(call=1, operation="schedule_appointment", waited=3.0),
    ):
        figures.note(event)

    assert figures.requests == figures.requests_a_minute() == 1
    assert figures.mishaps == {"server": 1, "limited": 1, "lost": 2, "unreachable": 1, "timeout": 1}
    assert "2 connections lost" in figures.mishaps_in_words()
    assert "1 refusal by the rate limit (429)" in figures.mishaps_in_words()
    assert (figures.retries, figures.found, figures.not_found) == (1, 1, 1)
    assert figures.last_trouble == "503 down"


def snapshot(remaining: int | None, resets_in: float, limit: int | None = 60) -> RateLimitSnapshot:
    return RateLimitSnapshot(limit=limit, remaining=remaining, resets_in=resets_in, waiting=0, in_flight=0)


@pytest.mark.parametrize(
    ("rows_left", "rows_done", "requests", "remaining", "resets_in", "seconds"),
    [
        (10, 0, 0, 60, 0.0, None),
        (10, 10, 10, 50, 0.0, 1.0),
        (10, 50, 50, 0, 20.0, 21.0),
        (120, 60, 60, 0, 20.0, 81.0),
        (60, 60, 120, 0, 20.0, 81.0),
    ],
)
def test_the_time_left_is_what_the_rate_limit_leaves(
    rows_left: int, rows_done: int, requests: int, remaining: int, resets_in: float, seconds: float | None
) -> None:
    assert seconds_left(rows_left, rows_done, requests, snapshot(remaining, resets_in)) == seconds


def test_without_a_limit_nothing_is_said_of_the_time_left() -> None:
    assert seconds_left(10, 10, 10, snapshot(None, 0.0, limit=None)) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.004, "4 ms"),
        (0.5, "0.5 s"),
        (9.97, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (754, "12 min"),
        (3700, "1 h 01 min"),
    ],
)
def test_spans_of_time_in_words(seconds: float, words: str) -> None:
    assert in_time(seconds) == words


# --- why nothing moves -----------------------------------------------------------------------------------------------


class ClockOfTheTest(Clock):
    """Goes on when it is told to."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


def started() -> AttemptStarted:
    return AttemptStarted(call=1, operation="schedule_appointment", method="POST", path="/appointments", attempt=1)


def test_a_display_that_stands_still_says_why_and_until_when() -> None:
    clock = ClockOfTheTest()
    figures = Figures(clock=clock)
    free = snapshot(60, 0.0)
    held_up = RateLimitSnapshot(limit=60, remaining=0, resets_in=20.0, waiting=5, in_flight=0)

    assert figures.why_it_waits(free) == ""
    assert figures.why_it_waits(held_up) == "rate limit, next in 20 s"

    figures.note(started())
    clock.now += 1
    figures.note(started())
    assert figures.why_it_waits(free) == ""
    clock.now += 11
    assert figures.why_it_waits(free) == "no answer for 12 s"
    figures.note(attrs.evolve(finished(201), elapsed=12.0))
    assert figures.why_it_waits(free) == "no answer for 11 s"

    figures.note(attrs.evolve(finished(None, ConnectError("No connection")), elapsed=11.0))
    figures.note(RetryPlanned(call=1, operation="x", attempt=1, wait=8.0, error=ConnectError("No connection")))
    clock.now += 3
    assert figures.why_it_waits(free) == "No connection; next try in 5.0 s"
    figures.note(started())
    figures.note(finished(201))
    assert figures.why_it_waits(free) == ""


@pytest.mark.parametrize(
    ("calls", "seconds", "said"),
    [
        (0, 0.0, "Nothing is under way."),
        (1, 0.2, "Up to 2 s more settle 1 row. Press Ctrl-C again to end at once."),
        (8, 42.0, "Up to 42 s more settle 8 rows; they get 15 s (--grace). Press Ctrl-C again to end at once."),
        (8, 9.5, "Up to 10 s more settle 8 rows. Press Ctrl-C again to end at once."),
    ],
)
def test_who_stops_a_run_hears_how_long_and_how_many(calls: int, seconds: float, said: str) -> None:
    assert stopping_in_words(Unsettled(calls=calls, seconds=seconds), 15.0) == said


def test_a_single_call_that_waits_says_so_and_otherwise_nothing() -> None:
    clock = ClockOfTheTest()
    figures = Figures(clock=clock)

    class Portal:
        rate_limit = snapshot(60, 0.0)

    waiting = Waiting(Portal(), figures)
    assert waiting.lines() == []
    figures.note(started())
    clock.now += 5
    assert waiting.lines() == ["Waiting: no answer for 5.0 s."]
    figures.note(attrs.evolve(finished(200), elapsed=5.0))
    assert waiting.lines() == []
