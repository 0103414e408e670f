"""Rows that are easily taken for each other, a portal with manners, and a judge who knows nothing of the client.

The title of an appointment is kept by the portal and shown by no answer: it tells the judge, and nobody else, which row
a record is of.
"""

import random
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs
from given import moment
from moved_time import LoopClock

from mijnklantportaal_async import NewAppointment, NotStarted, RateLimitError, Rejected, Scheduled, Unknown
from mijnklantportaal_async.sandbox import Fault, Faults, Manner, Sandbox, StoredAppointment

COUNT = 60
SHARE = 0.2
CUSTOMER = {"attendee_name": "Jan Jansen", "attendee_email": "jan@example.nl"}
"""As a customer of the portal is called."""

BEGINS = moment(2027, 1, 4, 9, 0)
"""When a run begins: in winter, two months before most of the appointments."""

ANY_ROW = {
    Manner.WINTER_OFFSET: "when a record was made has two readings",
    Manner.EXAMPLE_OFFSET: "when a record was made has two readings",
    Manner.CREATED_IN_WALL_TIME: "when a record was made has two readings",
    Manner.STUBBORN_CACHE: "many look at the same days, and few of them past the cache",
    Manner.AGELESS_CACHE: "many look at the same days, and few of them past the cache",
    Manner.IMPOSSIBLE_DATES: "a record that cannot be read may be the one",
    Manner.NULL_ENTRIES: "a record that cannot be read may be the one",
    Manner.NUMBERS_AS_IDS: "a record that cannot be read may be the one",
    Manner.NO_DATE: "nobody knows how old a list is",
}
"""Manners under which any row may end unknown, and why."""
ROWS_WITH_A_LIKENESS = {
    Manner.TEXTS_IN_NFC: "the record is not as it was asked for",
    Manner.TEXTS_TRIMMED: "the record is not as it was asked for",
    Manner.APOSTROPHES_STRAIGHTENED: "the record is not as it was asked for",
    Manner.MINUTES_ROUNDED: "the record is not as it was asked for",
    Manner.CUSTOMERS_FILLED_IN: "a customer's record is as that of a visitor of the same name",
}
"""Manners under which only rows that are nearly like others may end unknown, and why. Under all others: none."""


@attrs.frozen
class Row:
    """One appointment to be made; twins on purpose have the same title."""

    wanted: NewAppointment
    has_a_likeness: bool
    """Whether it is nearly like another, or is not kept as it was asked for by some manner."""


@attrs.frozen
class Verdict:
    """What is wrong, by title; empty when nothing is."""

    duplicates: tuple[str, ...]
    untrue: tuple[str, ...]
    unknown: tuple[str, ...]
    """Rows that ended unknown though nothing in the portal's manners makes them so."""
    ends: Counter[str]

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.duplicates or self.untrue or self.unknown)


def rows(customer_id: str) -> list[Row]:
    """60 rows: a crowded week, twins, look-alikes, neighbours, and both days on which the clock changes."""
    made: list[Row] = []

    def add(starts_at: datetime, person: dict[str, str], *, near: bool = False, twin: bool = False) -> None:
        title = made[-1].wanted.name if twin else f"Row {len(made)}"
        wanted: dict[str, Any] = {"starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=30), **person}
        made.append(Row(NewAppointment(name=title, **wanted), near))

    def visitor(name: str) -> dict[str, str]:
        return {"attendee_name": name, "attendee_email": "visitor@example.nl"}

    names = (
        ("Van \u2019t Hof", "Van 't Hof"),
        ("Rene\u0301e", "Ren\u00e9e"),
        ("Jan de Vries\u200b", "Jan de Vries"),
        ("O\u2019Neill", "O\u2032Neill"),
    )
    for day, pair in enumerate(names):
        for name in pair:
            add(moment(2027, 3, 9 + day, 14, 30), visitor(name), near=True)
    # Minutes that are rounded to those of the next one.
    for minute in (2, 0, 58):
        add(moment(2027, 3, 10, 11 - minute // 30, minute), visitor("Bram"), near=True)
    # One person, by customer and by name.
    for person in ({"customer_id": customer_id}, CUSTOMER):
        add(moment(2027, 3, 11, 10, 0), person, near=True)
    # An hour later: the same digits under another offset are the same instant.
    for month in (3, 7):
        for hour in (13, 14, 15):
            add(moment(2027, month, 12, hour, 0), {"customer_id": "cst_9"})
    for day in (moment(2027, 3, 27, 0, 0), moment(2027, 10, 30, 0, 0)):
        for hours in (23, 24, 47, 48):
            wall = day.replace(tzinfo=None) + timedelta(hours=hours, minutes=15)
            add(wall.replace(tzinfo=day.tzinfo), {"customer_id": "cst_10"})
    while len(made) < COUNT:
        index = len(made)
        if index % 8 == 7:
            add(made[-1].wanted.starts_at, person_of(made[-1].wanted), twin=True)
        else:
            starts_at = moment(2027, 3, 8, 8, 0) + timedelta(days=index % 3, minutes=20 * (index // 3))
            add(starts_at, {"customer_id": f"cst_{index}"} if index % 2 else visitor(f"Visitor {index}"))
    return made


def person_of(wanted: NewAppointment) -> dict[str, str]:
    """Who an appointment is with."""
    fields = {name: getattr(wanted, name) for name in ("customer_id", "attendee_name", "attendee_email")}
    return {name: value for name, value in fields.items() if value is not None}


def some_manners(seed: int) -> frozenset[Manner]:
    """A mixture: about a third of all that go together."""
    chance = random.Random(seed)
    rivals = (
        (Manner.WINTER_OFFSET, Manner.EXAMPLE_OFFSET),
        (Manner.CACHED_LISTS, Manner.STUBBORN_CACHE, Manner.AGELESS_CACHE),
    )
    alone = [manner for manner in Manner if not any(manner in group for group in rivals)]
    mixture = {manner for manner in alone if chance.random() < 0.3}
    for group in rivals:
        if chance.random() < 0.5:
            mixture.add(group[int(chance.random() * len(group))])
    return frozenset(mixture)


LINE = (Fault.DEAD_LINE, Fault.RESTART, Fault.UNASKED_ANSWER, Fault.LATE_COMMIT, Fault.DROP_AFTER_COMMIT)
"""What goes wrong on the way, and leaves no answer to think about."""


def portal_with(manners: Collection[Manner], seed: int, kinds: Collection[Fault] = tuple(Fault)) -> Sandbox:
    """A portal that fails every fifth request."""
    faults = Faults(seed=seed, share=SHARE, kinds=kinds, delay=2.0, retry_after=1)
    return Sandbox(
        clock=LoopClock(), begins_at=BEGINS, rate_limit=100_000, rate_window="rolling", faults=faults, manners=manners
    )


def known_customer(sandbox: Sandbox) -> str:
    """Have the portal know the customer whom a row names."""
    return sandbox.add_customer(
        company_name=CUSTOMER["attendee_name"],
        primary_email=CUSTOMER["attendee_email"],
        address="Kerkstraat 1",
        zip_code="1234 AB",
        city="Utrecht",
    ).id


def judge(
    asked: Sequence[Row], results: Iterable[Any], stored: Iterable[StoredAppointment], manners: Collection[Manner]
) -> Verdict:
    """Hold what was said against what the portal has."""
    results = sorted(results, key=lambda result: result.index)
    assert [result.index for result in results] == list(range(len(asked))), "each row is accounted for once"
    records = {record.id: record for record in stored}
    kept = Counter(record.name for record in records.values())
    wanted = Counter(row.wanted.name for row in asked)
    named = Counter(result.appointment.id for result in results if isinstance(result, Scheduled))
    duplicates = [
        f"{title}: {kept[title]} records for {wanted[title]}" for title in kept if kept[title] > wanted[title]
    ]
    untrue: list[str] = []
    open_ended: Counter[str] = Counter()
    for result in results:
        row = asked[result.index]
        if isinstance(result, Scheduled):
            untrue += _false_words(row, records.get(result.appointment.id), named[result.appointment.id], manners)
            open_ended[row.wanted.name] += 1
        elif isinstance(result, Unknown):
            open_ended[row.wanted.name] += 1
        else:
            assert isinstance(result, (Rejected, NotStarted))
    for title in wanted:
        # Twins share a title: any of them may have the record, but a row that is said to have none has none.
        if kept[title] > open_ended[title] and kept[title] <= wanted[title]:
            untrue.append(f"{title}: said to have no record, and has one")
    unknown = [
        f"{asked[result.index].wanted.name}: {result.error}"
        for result in results
        if isinstance(result, Unknown) and not _may_be_unknown(asked[result.index], manners)
    ]
    ends = Counter(type(result).__name__ for result in results)
    return Verdict(tuple(duplicates), tuple(untrue), tuple(unknown), ends)


def without_reason(results: Iterable[Any]) -> list[Any]:
    """Results that say that nothing was made, though it was not the rate limit that stood in the way."""
    ended = [result for result in results if isinstance(result, (Rejected, NotStarted))]
    return [result for result in ended if not isinstance(result.error, RateLimitError)]


def _may_be_unknown(row: Row, manners: Collection[Manner]) -> bool:
    if any(manner in ANY_ROW for manner in manners):
        return True
    return row.has_a_likeness and any(manner in ROWS_WITH_A_LIKENESS for manner in manners)


def _false_words(row: Row, record: StoredAppointment | None, times: int, manners: Collection[Manner]) -> list[str]:
    title = row.wanted.name
    if record is None:
        return [f"{title}: the record that is named does not exist"]
    if record.name != title:
        return [f"{title}: the record that is named is that of {record.name}"]
    said = [f"{title}: {record.id} is named by {times} rows"] if times > 1 else []
    slack = timedelta(seconds=150 if Manner.MINUTES_ROUNDED in manners else 0)
    if abs(record.starts_at - row.wanted.starts_at) > slack:
        said.append(f"{title}: starts at {record.starts_at}")
    if record.customer_id != row.wanted.customer_id:
        said.append(f"{title}: is of {record.customer_id}")
    if row.wanted.attendee_name is not None and _bare(record.attendee_name) != _bare(row.wanted.attendee_name):
        said.append(f"{title}: is of {record.attendee_name}")
    return said


def _bare(name: str | None) -> str:
    """A name without what some manner changes."""
    text = unicodedata.normalize("NFC", name or "")
    return "".join(character for character in text if character.isalnum())
