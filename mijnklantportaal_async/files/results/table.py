"""The one table of results, whichever command writes it: its columns, and how a cell is written."""

from datetime import date, datetime

import attrs

HEADINGS = ("row", "outcome", "day", "time", "title", "person", "id", "what to do")
"""The columns; where rows go to several portals, one for the portal stands after the first."""

PORTAL = "portal"

# A spreadsheet would run a cell that begins like this as a formula.
_FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r")


@attrs.frozen(kw_only=True)
class ResultRow:
    """What became of one row."""

    line: int
    """Where it stands in the file, or its number in the job."""
    outcome: str
    """Such as `scheduled`, `there already`, `rejected`, `unknown`, `not sent`, `bad row` or `left out`."""
    day: date | None = None
    """On which it starts."""
    time: str = ""
    """From when to when, as `time_span` says it."""
    title: str = ""
    person: str = ""
    """With whom: a name and an e-mail address, or the id of a customer."""
    identifier: str = ""
    """Id of the record in the portal."""
    what_to_do: str = ""
    """Why it is not there, and what to do."""
    portal: str = ""

    def cells(self, *, with_portal: bool = False) -> tuple[int | str | date | None, ...]:
        """As the columns have them."""
        return (
            self.line,
            *((self.portal,) if with_portal else ()),
            self.outcome,
            self.day,
            self.time,
            self.title,
            self.person,
            self.identifier,
            self.what_to_do,
        )


def headings(*, with_portal: bool = False) -> tuple[str, ...]:
    """The first row of the table."""
    return (HEADINGS[0], PORTAL, *HEADINGS[1:]) if with_portal else HEADINGS


def safe_cell(text: str) -> str:
    """A cell of a text file that no spreadsheet takes for a formula, and that every encoding can hold."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_BEGINNINGS) else text


def told_cell(text: str) -> str:
    """What a cell said before `safe_cell`."""
    return text[1:] if text.startswith("'") and text[1:].lstrip(" ").startswith(_FORMULA_BEGINNINGS) else text


def time_span(starts_at: datetime, ends_at: datetime) -> str:
    """From when to when; with the offset where a clock shows the same hour twice.

    Args:
        starts_at: In the zone in which people read it.
        ends_at: In the same.
    """
    until = f"{ends_at:%d-%m} " if ends_at.date() != starts_at.date() else ""
    return f"{_clock_time(starts_at)}-{until}{_clock_time(ends_at)}"


def _clock_time(moment: datetime) -> str:
    other = moment.replace(fold=1 - moment.fold)
    is_clear = other.utcoffset() == moment.utcoffset()
    return f"{moment:%H:%M}" if is_clear else f"{moment:%H:%M} ({str(moment)[-6:]})"
