"""What only a person can say about a file, asked as data: a program shows it in its own way."""

import enum

import attrs


class About(enum.StrEnum):
    """What a question is about, by the name of the choice that answers it."""

    ENCODING = "encoding"
    """Which letters the bytes of a text are."""
    SHEET = "sheet"
    """Which sheet of a workbook."""
    DATES = "dates"
    """Whether dates such as 03/04/2027 begin with the day or the month."""
    ME = "me"
    """Which of the attendees owns the calendar: appointments are with the others."""
    GROUP = "group"
    """What an event with several people becomes."""
    UNTIL = "until"
    """Up to which day events that repeat without an end are taken."""


@attrs.frozen(kw_only=True)
class Answer:
    """One way to answer."""

    value: str
    """The choice."""
    meaning: str
    """What it would mean for this file, fit to be shown."""


@attrs.frozen(kw_only=True)
class Question:
    """A question about a file."""

    about: About
    text: str
    """The question and why it is asked, fit to be shown."""
    answers: tuple[Answer, ...]
    """Those that come to mind, the likeliest first; none where it is about a day."""
    open: bool = False
    """Whether there are others, such as any address or any day."""
    lines: tuple[int, ...] = ()
    """The rows that wait for it; none when all of them do."""

    @property
    def option(self) -> str:
        """The option of the command line that answers it."""
        return f"--{self.about.value}"

    @property
    def in_words(self) -> str:
        """The question with its answers, for where nobody can be asked."""
        ways = [f"{self.option} {_quoted(answer.value)} ({answer.meaning})" for answer in self.answers]
        return f"{self.text} Say {' or '.join(ways) or f'{self.option} DAY, as in {self.option} 2027-12-31'}."


def _quoted(value: str) -> str:
    return repr(value) if " " in value else value
