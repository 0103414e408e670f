"""What became of rows and jobs: plain data, for tables, pages and programs."""

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from mijnklantportaal_async.batch.rows import Portal


class RowOutcome(enum.Enum):
    """Where a row stands."""

    WAITING = "waiting"
    """Nothing was sent yet."""
    UNDER_WAY = "under way"
    """A worker has it."""
    DONE = "done"
    """It is in the portal, once."""
    REJECTED = "rejected"
    """The portal refused it, or it could not be right; nothing was made."""
    UNKNOWN = "unknown"
    """Something was sent, and looking did not settle what became of it. A person has to look."""
    NOT_STARTED = "not started"
    """The job was canceled before anything was made for it."""

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to the row by itself."""
        return self not in {RowOutcome.WAITING, RowOutcome.UNDER_WAY}


@attrs.frozen(kw_only=True)
class RowResult:
    """What became of one row."""

    job: str
    portal: str
    number: int
    """Place in the job, from 1."""
    place: str
    """Where a person finds it in the source, such as `line 14`."""
    operation: str
    request: Mapping[str, Any]
    """What was asked for; moments as ISO 8601 with their offset."""
    timezone: str
    """The portal's zone."""
    outcome: RowOutcome
    identifier: str | None = None
    """Id of the record in the portal, when it is done."""
    record: Mapping[str, Any] | None = None
    """What the portal answered, as far as it is worth keeping."""
    message: str | None = None
    """Why it was rejected, what is unknown, what it waits for, or what is odd about it."""
    how_to_check: str | None = None
    """What to search for in the portal, when it needs a look."""
    ended_at: datetime | None = None
    """When, aware, in UTC."""

    @property
    def needs_a_look(self) -> bool:
        """Whether a person has to look in the portal."""
        return self.outcome is RowOutcome.UNKNOWN


@attrs.frozen(kw_only=True)
class Progress:
    """How a job stands at one moment."""

    job: str
    total: int
    done: int = 0
    rejected: int = 0
    unknown: int = 0
    not_started: int = 0
    under_way: int = 0
    at: datetime
    """Which moment, aware, in UTC."""
    per_minute: float = 0.0
    """Rows that ended in the last minute, as far as it was watched."""
    ends_at: datetime | None = None
    """When it will be over at that pace, aware, in UTC; None when nothing moves."""
    troubles: tuple[str, ...] = ()
    """What holds rows up just now, and until when. Whenever no row moves, there is one."""
    ended: tuple[RowResult, ...] = ()
    """What ended since the progress before this one."""

    @property
    def over(self) -> int:
        """Rows to which nothing more happens by itself."""
        return self.done + self.rejected + self.unknown + self.not_started

    @property
    def waiting(self) -> int:
        """Rows that nobody has begun."""
        return max(0, self.total - self.over - self.under_way)

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.over >= self.total


@attrs.frozen(kw_only=True)
class JobSummary:
    """A job in a list."""

    name: str
    portals: tuple[Portal, ...]
    operations: tuple[str, ...]
    source: str
    """Where the rows came from."""
    submitted_at: datetime
    """First submission, aware, in UTC."""
    progress: Progress


@attrs.frozen(kw_only=True)
class Submission:
    """What submitting did, or would do."""

    job: str
    added: int
    """Rows that are new to the job."""
    known: int
    """Rows that it has already; nothing happens to them."""
    missing: int
    """Rows that it has and that were not among these: changed or removed in the source. They stay in the job."""
    is_new_job: bool
    new_rows: tuple[str, ...] = ()
    """The first of the new rows, for people: `line 14: Intake mevrouw De Vries`."""
    elsewhere: tuple[tuple[str, int], ...] = ()
    """Other jobs of the same portals in which new rows stand already, and how many of them."""

    @property
    def changes_the_job(self) -> bool:
        """Whether it adds rows to a job that was submitted before."""
        return not self.is_new_job and self.added > 0
