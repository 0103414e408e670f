"""A file of rows, read with the questions that only a person can answer, and shown as it was understood."""

import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table

from mijnklantportaal_async.cli import prompts
from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.file_options import FileReading
from mijnklantportaal_async.cli.run_report import MOST_ROWS, in_number, problem_table
from mijnklantportaal_async.cli.terminal import Terminal, plain_text, quiet_table
from mijnklantportaal_async.files.choices import Choices
from mijnklantportaal_async.files.notes import lines_in_words
from mijnklantportaal_async.files.preview import Understood, preview
from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.files.questions import About, Question
from mijnklantportaal_async.files.reading import RowOperation, read_rows
from mijnklantportaal_async.files.records import FileQuestionError, LeftOut, RowFile, RowFileError
from mijnklantportaal_async.models.appointments import NewAppointment

_THINGS: Mapping[RowOperation, str] = {"schedule_appointment": "appointment", "create_customer": "customer"}
_MOST_LEFT_OUT = 20


def read_file(
    path: Path,
    operation: RowOperation,
    reading: FileReading,
    zone: ZoneInfo,
    terminal: Terminal,
    *,
    asks: bool,
    nothing_done: str,
) -> RowFile[Any]:
    """Reads a file and shows what it was understood as, and what is wrong with it.

    Args:
        path: Which file.
        operation: What its rows are for.
        reading: What a person said about it.
        zone: The portal's zone.
        terminal: Where to show it.
        asks: Whether to ask what the file leaves open.
        nothing_done: A sentence for messages, such as `Nothing was sent.`

    Raises:
        CommandError: No row of it can be trusted.
    """
    choices = reading.choices(datetime.now(zone).date())
    asks = asks and prompts.somebody_is_there()
    left_open: set[About] = set()
    while True:
        file, question = _read(path, operation, zone, choices, left_open, nothing_done)
        if question is None or not asks:
            break
        answer = _asked(question, terminal)
        if answer is None and file is None:
            raise CommandError(nothing_done, ExitCode.SOME_FAILED)
        if answer is None:
            left_open.add(question.about)
        else:
            _answer(choices, question.about, answer)
    if file is None:
        assert question is not None  # noqa: S101 - a file that is not read leaves a question
        raise CommandError(f"{path.name}: {question.in_words}\n{nothing_done}")
    _show(file, _THINGS[operation], terminal)
    return file


def refuse_bad_rows(
    file: RowFile[Any],
    reading: FileReading,
    terminal: Terminal,
    *,
    what: str,
    thing: str,
    asks: bool,
    nothing_done: str,
) -> None:
    """Goes on without bad rows where a person wants that.

    Args:
        file: The file.
        reading: What a person said about it.
        terminal: Where to say what is left out.
        what: What would be done with the good ones, as in `schedule`.
        thing: What the rows are, as in `appointment`.
        asks: Whether to ask.
        nothing_done: A sentence for messages.

    Raises:
        CommandError: There is a bad row and nobody wants to go on without it, or no good one.
    """
    bad, good = in_number(len(file.bad_lines), "bad row"), in_number(len(file.rows), "good row")
    if not file.problems:
        if not file.rows:
            raise CommandError(f"{file.path.name} has no {thing}s to {what}. {nothing_done}")
        return
    if not file.may_skip_bad_rows:
        raise CommandError(
            f"{bad}, and one of them has its date written month first, so that all dates may be meant so. "
            f"{nothing_done} Write the dates day first, or as 2027-03-25; or say --dates month-first if all are."
        )
    if not file.rows:
        raise CommandError(f"{bad} and no good one. {nothing_done}")
    if not reading.skip_bad_rows:
        if not (asks and prompts.somebody_is_there()):
            raise CommandError(
                f"{bad}. {nothing_done} Correct the file, or say --skip-bad-rows to {what} the {good} without them."
            )
        if not prompts.agrees(f"{bad}. Leave them out and go on with the {good}?"):
            raise CommandError(nothing_done, ExitCode.SOME_FAILED)
    terminal.say(f"{bad} left out{' (--skip-bad-rows)' if reading.skip_bad_rows else ''}.", "yellow")


# --- reading and asking ------------------------------------------------------------------------------------------


def _read(
    path: Path, operation: RowOperation, zone: ZoneInfo, choices: Choices, left_open: set[About], nothing_done: str
) -> tuple[RowFile[Any] | None, Question | None]:
    try:
        file: RowFile[Any] = read_rows(path, operation=operation, timezone=zone, **choices)
    except FileQuestionError as error:
        return None, error.question
    except RowFileError as error:
        raise CommandError(f"{path.name}: {error}\n{nothing_done}") from error
    return file, next((one for one in file.questions if one.about not in left_open), None)


def _asked(question: Question, terminal: Terminal) -> str | None:
    """The answer of a person; None when they leave it open."""
    terminal.say(question.text, "bold")
    for number, answer in enumerate(question.answers, start=1):
        terminal.say(f"  {number}  {answer.value}: {answer.meaning}")
    ways = "A number" + (", or write another" if question.open else "")
    ways = ways if question.answers else "A day, as in 31-12-2027"
    leave = "leave those rows out" if question.lines else "stop"
    while True:
        text = prompts.line(f"Which? {ways}; nothing to {leave}")
        if not text:
            return None
        if text.isdecimal() and 1 <= int(text) <= len(question.answers):
            return question.answers[int(text) - 1].value
        if text in {answer.value for answer in question.answers} or (question.open and _fits(question.about, text)):
            return text
        terminal.say(f"{shown_value(text)!r} is none of them.")


def _fits(about: About, text: str) -> bool:
    match about:
        case About.ME:
            return "@" in text
        case About.UNTIL:
            return _day(text) is not None
        case _:
            return True


def _answer(choices: Choices, about: About, answer: str) -> None:
    match about:
        case About.ME:
            choices["me"] = (*choices.get("me", ()), answer)
        case About.UNTIL:
            choices["until"] = day.date() if (day := _day(answer)) is not None else None
        case About.ENCODING | About.SHEET | About.DATES | About.GROUP:
            choices[about.value] = answer  # type: ignore[literal-required]


def _day(text: str) -> datetime | None:
    for form in ("%Y-%m-%d", "%d-%m-%Y"):
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - a day of the calendar
        except ValueError:
            continue
    return None


# --- showing -----------------------------------------------------------------------------------------------------


def _show(file: RowFile[Any], thing: str, terminal: Terminal) -> None:
    terminal.say(check_in_words(file, thing), "bold")
    if file.rows:
        terminal.say_table(preview_table(preview(file)))
        if (more := len(file.rows) - len(preview(file))) > 0:
            terminal.say(f"… and {more:,} more.", "dim")
    if file.left_out:
        terminal.say(f"Left out, because the file says that they are none: {in_number(len(file.left_out), 'row')}.")
        for one in file.left_out[:_MOST_LEFT_OUT]:
            terminal.say(f"  {left_out_in_words(one)}")
        if (more := len(file.left_out) - _MOST_LEFT_OUT) > 0:
            terminal.say(f"  … and {more:,} more.", "dim")
    if file.unused:
        terminal.say(f"Not used: {', '.join(shown_value(header) for header in file.unused)}.", "dim")
    for note in (*file.notes, *_in_the_past(file)):
        terminal.say(f"Note: {note}")
    # Rows that wait for an answer are told once, by its question.
    waiting = {line for question in file.questions for line in question.lines}
    problems = tuple(problem for problem in file.problems if problem.line not in waiting)
    if problems:
        terminal.show(problem_table(problems))
        if (more := len(problems) - MOST_ROWS) > 0:
            terminal.show(f"… and {more:,} more problems.")
    for question in file.questions:
        terminal.say(question.in_words, "yellow")


def check_in_words(file: RowFile[Any], thing: str) -> str:
    """What checking a file found, in one sentence."""
    bad = len(file.bad_lines)
    found = f"{file.path.name}: {in_number(len(file.rows), thing)}"
    days = sorted(row.new.starts_at.date() for row in file.rows if isinstance(row.new, NewAppointment))
    if days:
        found += f" from {days[0]:%a %d-%m-%Y} to {days[-1]:%a %d-%m-%Y}"
    return f"{found}, {in_number(bad, 'bad row') if bad else 'no bad row'}."


def left_out_in_words(one: LeftOut) -> str:
    """A row that was left out, with its name and the reason."""
    name = f" {one.title!r}" if one.title else ""
    return f"line {one.line}{name}: {one.reason}"


def preview_table(rows: tuple[Understood, ...]) -> Table:
    """Rows as they were understood: weekday, date, time, zone, title, person."""
    is_timed = any(row.starts_at is not None for row in rows)
    has_zone = any(row.zone for row in rows)
    table = quiet_table(
        "Line",
        *(["Day", "Time"] if is_timed else []),
        *(["Written in"] if has_zone else []),
        "Title" if is_timed else "Company",
        "With" if is_timed else "Where",
    )
    table.columns[0].justify = "right"
    for column in table.columns[: 3 if is_timed else 1]:
        column.no_wrap = True
    for row in rows:
        times: list[str] = []
        if row.starts_at is not None and row.ends_at is not None:
            end = f"{row.ends_at:%H:%M}"
            if row.ends_at.date() != row.starts_at.date():
                end = f"{row.ends_at:%d-%m %H:%M}"
            times = [f"{row.starts_at:%a %d-%m-%Y}", f"{row.starts_at:%H:%M}-{end}"]
        cells = [*times, *([row.zone or "the portal's"] if has_zone else []), row.title, row.person]
        table.add_row(str(row.line), *(plain_text(cell) for cell in cells))
    return table


def _in_the_past(file: RowFile[Any]) -> list[str]:
    now = time.time()
    past = [
        row.line for row in file.rows if isinstance(row.new, NewAppointment) and row.new.starts_at.timestamp() < now
    ]
    return [f"Lines {lines_in_words(past)} lie in the past; is the year right?"] if past else []
