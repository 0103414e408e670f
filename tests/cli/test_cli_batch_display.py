"""What the live display of batches shows, at any width, and what it makes of a database that is away."""

import io
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from batch_cli_support import AMSTERDAM, NOON, progress, row, summary
from rich.console import Console

from mijnklantportaal_async.batch import DatabaseTroubleError, Jobs, Progress, RowOutcome
from mijnklantportaal_async.cli.batch.display import JobsDisplay
from mijnklantportaal_async.cli.batch.pace import Pace, end_in_words
from mijnklantportaal_async.cli.batch.watching import JobWatch, TroubleLog, watch


def paced(pace: Pace, *looks: tuple[float, int]) -> Pace:
    for seconds, done in looks:
        pace.note(progress(NOON + timedelta(seconds=seconds), done=done))
    return pace


@pytest.mark.parametrize(
    ("looks", "per_minute"),
    [
        ([(0, 0)], 0),
        ([(0, 40), (1, 40)], 0),
        # A minute's calls that go at once promise nothing for the minutes after.
        ([(0, 0), (1, 60)], 60),
        ([(0, 0), (30, 10)], 20),
        # What was over before the watch began is not its pace.
        ([(0, 50), (60, 80)], 30),
        # Only the last five minutes count.
        ([(0, 0), (100, 90), (400, 95)], 1),
    ],
)
def test_the_pace(looks: list[tuple[float, int]], per_minute: float) -> None:
    assert paced(Pace(), *looks).per_minute == per_minute


def test_the_pace_of_two_portals_and_of_a_sandbox() -> None:
    assert paced(Pace(portals=2), (0, 0), (1, 100)).per_minute == 120
    fast = paced(Pace(speed=20), (0, 0), (3, 60))
    assert fast.per_minute == 60
    state = progress(NOON, done=60)
    assert fast.ends_at(state) == NOON + timedelta(minutes=40 / 60 / 20)
    assert fast.ends_at(progress(NOON, done=100)) is None


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2027, 3, 5, 13, 32, tzinfo=UTC), "14:32"),
        (datetime(2027, 3, 6, 13, 32, tzinfo=UTC), "Sat 14:32"),
        (datetime(2027, 3, 15, 13, 32, tzinfo=UTC), "Mon 15-03 14:32"),
    ],
)
def test_the_end_in_words(moment: datetime, words: str) -> None:
    assert end_in_words(moment, AMSTERDAM, NOON.astimezone(AMSTERDAM)) == words
    # Whose machine has another zone is told which one is meant.
    assert end_in_words(moment, AMSTERDAM, NOON) == f"{words} CET"


class Scripted:
    """Jobs whose looks were written down before."""

    def __init__(self, *looks: Progress | Exception) -> None:
        self.looks = list(looks)

    async def progress(self, job: str, *, every: float) -> AsyncIterator[Progress]:
        while self.looks:
            look = self.looks.pop(0)
            if isinstance(look, Exception):
                raise look
            yield look
            if look.is_over:
                return


def watched(*looks: Progress | Exception, name: str = "spring", portals: tuple[str, ...] = ()) -> JobWatch:
    first = progress(done=0, job=name)
    return JobWatch(cast(Jobs, Scripted(*looks)), summary(first, *portals))


async def test_a_watch_outlives_a_database_that_is_away() -> None:
    job = watched(progress(done=10), DatabaseTroubleError("the disk is full"), progress(done=100))
    await job.look()
    await job.look()
    assert (job.trouble, job.progress.done, job.is_over) == ("the disk is full", 10, False)
    await job.look()
    assert (job.trouble, job.progress.done, job.is_over) == ("", 100, True)


async def test_a_watch_ends_when_all_jobs_are_over() -> None:
    jobs = [watched(progress(done=100)), watched(progress(done=50), progress(done=90, rejected=10))]
    await watch(jobs, every=0.001)
    assert [job.progress.over for job in jobs] == [100, 100]


async def test_a_watch_goes_on_when_rows_are_added_to_a_job_that_was_over() -> None:
    job = watched(progress(done=100), progress(done=100, total=200))
    await job.look()
    await job.look()
    assert job.progress.total == 200


async def test_the_last_row_that_went_wrong_is_kept() -> None:
    ended = (row(1, RowOutcome.REJECTED, message="no such customer"), row(2, RowOutcome.DONE))
    job = watched(progress(done=1, rejected=1, ended=ended))
    await job.look()
    assert job.last_bad is ended[0]


# --- the log -----------------------------------------------------------------------------------------------------


def record(text: str, name: str = "mijnklantportaal_async.batch") -> logging.LogRecord:
    return logging.LogRecord(name, logging.WARNING, "", 0, text, None, None)


def test_a_warning_of_the_log_is_shown_for_a_minute() -> None:
    now = [0.0]
    log = TroubleLog(lambda: now[0])
    log.emit(record("the lease could not be kept"))
    log.emit(record("RetryPlanned(...)", "mijnklantportaal_async"))
    assert log.last == "the lease could not be kept"
    now[0] = 61.0
    assert log.last == ""


def test_while_it_stops_the_log_is_no_trouble() -> None:
    log = TroubleLog()
    log.emit(record("before"))
    log.is_closed = True
    log.emit(record("engine: let go"))
    assert log.last == ""


# --- what is shown -----------------------------------------------------------------------------------------------


async def display_of(*looks: Progress, name: str = "spring", log: TroubleLog | None = None) -> JobsDisplay:
    job = watched(*looks, name=name)
    for _ in looks:
        await job.look()
    return JobsDisplay(lambda: [job], log or TroubleLog(), idle="nothing to do")


def rendered(display: JobsDisplay, width: int) -> list[str]:
    stream = io.StringIO()
    Console(file=stream, width=width, force_terminal=False, legacy_windows=False).print(display)
    return stream.getvalue().rstrip("\n").split("\n")


LOOKS = (
    progress(NOON, done=20),
    progress(
        NOON + timedelta(minutes=5),
        done=50,
        rejected=2,
        unknown=1,
        under_way=8,
        troubles=("503 from the portal\nand a second line",),
        ended=(row(7, RowOutcome.UNKNOWN, message="the answer was lost"),),
    ),
)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
async def test_no_line_is_broken_at_any_width(width: int) -> None:
    log = TroubleLog()
    log.emit(record("The lease could not be kept: " + "x" * 200))
    lines = rendered(await display_of(*LOOKS, name="a job with a very long name " * 4, log=log), width)

    assert len(lines) <= 11
    assert all(len(line) <= width - 4 for line in lines[1:])
    assert "53/100" in lines[0]
    said = " ".join(line.strip() for line in lines[1:])
    # Whole, where it is not longer than anybody would read.
    assert "last unknown: line 8, the answer was lost" in said
    assert "! 503 from the portal and a second line" in said
    assert "! The lease could not be kept: x" in said


async def test_the_figures_and_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = rendered(await display_of(*LOOKS), 100)
    narrow = rendered(await display_of(*LOOKS), 60)

    assert wide[1] == "  50 done · 39 waiting · 8 under way · 2 rejected · 1 unknown"
    # 33 rows in 5 minutes; 47 are left. On another day than today, so the day is named.
    assert "7/min" in wide[0]
    assert "over about" in wide[0]
    assert "over about" not in narrow[0]
    assert "over about" in narrow[1]


async def test_the_lines_without_a_terminal() -> None:
    (line,) = (await display_of(*LOOKS)).lines()

    assert line.startswith("spring: 53 of 100 rows over (50 done, 39 waiting, 8 under way, 2 rejected, 1 unknown); 7 a")
    assert "last unknown: line 8, the answer was lost; trouble: 503 from the portal" in line
    assert JobsDisplay(lambda: [], TroubleLog(), idle="nothing to do").lines() == ["nothing to do"]


def test_many_jobs_are_cut() -> None:
    jobs = [watched(name=f"job {number}") for number in range(11)]
    lines = rendered(JobsDisplay(lambda: jobs, TroubleLog()), 80)

    assert lines[-1] == "  … and 3 more jobs"
    assert not any("job 9" in line for line in lines)


def test_what_others_wrote_is_not_obeyed() -> None:
    values: dict[str, Any] = {"name": "evil \x1b[2J job"}
    text = "\n".join(rendered(JobsDisplay(lambda: [watched(**values)], TroubleLog()), 80))

    assert "\x1b" not in text
    assert r"\x1b[2J" in text
