"""The results of an earlier run of the same file: which of its rows that run has made."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.row_results import RowOutcome
from mijnklantportaal_async.files.records import Row
from mijnklantportaal_async.files.results.appointments import result_of
from mijnklantportaal_async.files.results.formats import Manner, is_workbook_name
from mijnklantportaal_async.files.results.reading import NoResultsError, read_results
from mijnklantportaal_async.files.results.table import ResultRow
from mijnklantportaal_async.files.results.writing import unfinished
from mijnklantportaal_async.models.appointments import NewAppointment

LATE = 40.0
"""Seconds after which nothing of a run that ended can come to the portal any more: a call, and what is on its way."""

MADE = frozenset({RowOutcome.SCHEDULED.value, RowOutcome.EARLIER.value})

_Content = tuple[date | None, str, str, str]


@attrs.frozen(kw_only=True)
class EarlierRun:
    """What an earlier run says of the rows of a file.

    Attributes:
        made: By the place of a row, what was made of it. A line may stand for several rows.
        gone: What was made of rows that are not in the file any more.
        manner: How its results are written.
        wait: Seconds until everything that it sent has come to its end.
    """

    made: Mapping[int, ResultRow]
    gone: tuple[ResultRow, ...]
    manner: Manner
    wait: float


def read_earlier_run(path: Path, rows: Sequence[Row[NewAppointment]], zone: ZoneInfo) -> EarlierRun | None:
    """What the results of an earlier run say; None where there are none.

    Args:
        path: Where they would be.
        rows: The rows of the file now. They are known by what they say, not by where they stand.
        zone: In which results are written.

    Raises:
        CommandError: There is a file, and it is something else.
    """
    try:
        names = (path, unfinished(path)) if is_workbook_name(path) else (path,)
        accounts = [one for one in names if one.is_file()]
        if not accounts:
            return None
        earlier = read_results(path)
    except NoResultsError as error:
        raise CommandError(
            f"{path} exists already and is no table of results ({error}). Move it away, name another file, or say "
            "--overwrite. Nothing was sent."
        ) from error
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror or error}. Nothing was sent.") from error
    left: dict[_Content, list[ResultRow]] = defaultdict(list)
    # A run that was killed while it went on has written some rows twice.
    by_id = {row.identifier: row for row in earlier.rows if row.outcome in MADE and row.identifier}
    for row in by_id.values():
        left[_content_of(row)].append(row)
    made: dict[int, ResultRow] = {}
    for index, one in enumerate(rows):
        if kept := left[_content_of(_row(one, zone))]:
            made[index] = kept.pop(0)
    told = {_content_of(row) for row in earlier.rows if row.outcome != RowOutcome.UNKNOWN.value}
    is_whole = all(_content_of(_row(one, zone)) in told for one in rows)
    age = time.time() - max(one.stat().st_mtime for one in accounts)
    return EarlierRun(
        made=made,
        gone=tuple(row for rest in left.values() for row in rest),
        manner=earlier.manner,
        wait=0.0 if is_whole else min(LATE, max(0.0, LATE - age)),
    )


def _row(row: Row[NewAppointment], zone: ZoneInfo) -> ResultRow:
    return result_of(row.new, line=row.line, outcome="", zone=zone)


def _content_of(row: ResultRow) -> _Content:
    return (row.day, row.time, _plain(row.title), _plain(row.person))


def _plain(text: str) -> str:
    return " ".join(text.split())
