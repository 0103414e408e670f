"""Small files as an office has them, and what is read from them."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from mijnklantportaal_async.files import (
    AppointmentFile,
    CustomerFile,
    FileQuestionError,
    Question,
    parse_appointments,
    parse_customers,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def appointments(text: str | bytes, name: str = "rows.csv", **choices: object) -> AppointmentFile:
    data = text.encode() if isinstance(text, str) else text
    return parse_appointments(data, path=Path(name), zone=AMSTERDAM, **choices)  # type: ignore[arg-type]


def customers(text: str | bytes, name: str = "rows.csv", **choices: object) -> CustomerFile:
    data = text.encode() if isinstance(text, str) else text
    return parse_customers(data, path=Path(name), **choices)  # type: ignore[arg-type]


def starts(file: AppointmentFile) -> list[str]:
    """When the rows begin by the portal's clock; the file has no problem."""
    assert not file.problems, file.problems
    return [f"{row.new.starts_at:%d-%m %H:%M}" for row in file.rows]


def titles(file: AppointmentFile) -> list[str]:
    assert not file.problems, file.problems
    return [row.new.name for row in file.rows]


def left_out(file: AppointmentFile | CustomerFile) -> dict[str, str]:
    return {one.title: one.reason for one in file.left_out}


def problem(file: AppointmentFile | CustomerFile) -> str:
    """The only problem of a file: its column and what is wrong."""
    (found,) = file.problems
    return f"{found.column}: {found.message}"


def question_of(error: FileQuestionError) -> tuple[str, list[str]]:
    return _asked(error.question)


def questions(file: AppointmentFile) -> dict[str, list[str]]:
    return dict(_asked(question) for question in file.questions)


def _asked(question: Question) -> tuple[str, list[str]]:
    return question.about.value, [answer.value for answer in question.answers]


def at(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=AMSTERDAM)
