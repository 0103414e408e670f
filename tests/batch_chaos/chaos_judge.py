"""What came of a run: the calendars against what was asked for, and the results against the calendars."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import attrs
from chaos_plan import PORTALS, REFUSED, ChaosPlan, identity, rows_before, wanted_rows

from mijnklantportaal_async.batch import RowOutcome, RowResult


@attrs.frozen(kw_only=True)
class Verdict:
    """Each is 0 where the promise was kept, but for `done`; `rejected` counts only rows that no portal would refuse."""

    done: int
    duplicates: int
    """Appointments in the calendars that nobody asked for."""
    lost: int
    """Appointments that were asked for and are in no calendar."""
    mixed_up: int
    """Titles that are there too often; start, end and person are right."""
    wrong_ids: int
    """Rows that name an appointment which is not theirs, or no one's, or another row's as well."""
    unknown: int
    rejected: int
    unfinished: int
    complaints: tuple[str, ...] = ()
    """What rows that are unknown or wrongly rejected have to say."""

    @property
    def is_exactly_once(self) -> bool:
        """Whether everything that was asked for is there once, and the results tell the truth."""
        return self == attrs.evolve(
            self, duplicates=0, lost=0, mixed_up=0, wrong_ids=0, unknown=0, rejected=0, unfinished=0
        )


def judge(plan: ChaosPlan, results: Sequence[RowResult], portals: Sequence[dict[str, Any]]) -> Verdict:
    """Compares what was asked for, what is in the calendars, and what is said about it."""
    rows = wanted_rows(plan)
    asked = Counter(
        (row.portal, *identity(row.request))
        for row in [*rows, *rows_before(plan)]
        if row.request.customer_id != REFUSED
    )
    calendar = Counter(
        (name, *item[1:]) for name, portal in zip(PORTALS, portals, strict=True) for item in portal["calendar"]
    )
    duplicates = (_untitled(calendar) - _untitled(asked)).total()
    by_number = {result.number: result for result in results}
    told = [by_number.get(number) for number in range(1, len(rows) + 1)]
    final = [result for result in told if result is not None and result.outcome.is_final]
    wrongly_rejected = [
        result
        for result in final
        if result.outcome is RowOutcome.REJECTED and rows[result.number - 1].request.customer_id != REFUSED
    ]
    unknown = [result for result in final if result.outcome is RowOutcome.UNKNOWN]
    return Verdict(
        done=sum(result.outcome is RowOutcome.DONE for result in final),
        duplicates=duplicates,
        lost=(_untitled(asked) - _untitled(calendar)).total(),
        mixed_up=(calendar - asked).total() - duplicates,
        wrong_ids=_wrong_ids(rows, final, portals),
        unknown=len(unknown),
        rejected=len(wrongly_rejected),
        unfinished=len(rows) - len(final),
        complaints=tuple(f"{result.place}: {result.outcome.value}: {result.message}" for result in unknown[:5])
        + tuple(f"{result.place}: {result.outcome.value}: {result.message}" for result in wrongly_rejected[:5]),
    )


def _untitled(appointments: Counter[Any]) -> Counter[Any]:
    counts: Counter[Any] = Counter()
    for (*who_and_when, _), count in appointments.items():
        counts[tuple(who_and_when)] += count
    return counts


def _wrong_ids(rows: Sequence[Any], results: Sequence[RowResult], portals: Sequence[dict[str, Any]]) -> int:
    named: set[str] = set()
    before = {identifier for portal in portals for identifier in portal["before"]}
    held = {
        item[0]: (name, *item[1:-1])
        for name, portal in zip(PORTALS, portals, strict=True)
        for item in portal["calendar"]
    }
    wrong = 0
    for result in results:
        row = rows[result.number - 1]
        if result.outcome is not RowOutcome.DONE:
            continue
        theirs = (row.portal, *identity(row.request)[:-1])
        identifier = str(result.identifier)
        if identifier in named or identifier in before or held.get(identifier) != theirs:
            wrong += 1
        named.add(identifier)
    return wrong
