"""What a chaos run is made of: which rows, how hard the portals fail, how often somebody dies. Travels as JSON."""

import json
import random
from datetime import timedelta
from typing import Any, Self

import attrs
from given import moment

from mijnklantportaal_async import NewAppointment, Timeouts
from mijnklantportaal_async.batch import FlowSettings, JobRow, Portal, WorkerSettings

PORTALS = ("noord", "oost", "zuid")

JOB = "chaos"

REFUSED = "nobody"
"""A customer that no portal accepts."""

TIMEZONE = "Europe/Amsterdam"


@attrs.frozen(kw_only=True)
class ChaosPlan:
    """One run. Seconds of the machine, unless something else is said.

    Args:
        seed: Of everything that is random: rows, faults, who dies and when.
        rows: How many are asked for.
        portals: How many portals they are for.
        workers: How many are at work at once.
        speed: Portal seconds in a second of the machine.
        share: Part of all requests that a portal fails.
        slow_posts: Every POST takes so many seconds, and comes to its end whoever has died; no other faults then.
        delay: How late a late commit is.
        settle: How long a row waits before it looks. Longer than `delay` and `fence` together, or the promise is off.
        fence: How old the proof may be with which a worker sends.
        silent: After how long without a sign of life a worker is dead. Shorter than the freezes: rows of workers that
            still stand are taken over, and come back to life with their old owner.
        ways: What is done to workers: "kill", "freeze", or "kill all" of them while a request is under way.
        harms: How often, in turn, each time to a worker that has rows under way; the frozen one goes on when others
            have taken them. None for as long as there are rows: at random, and frozen for 3 to 4 s.
        pause: Between two of those at random, from and to.
        chunk: Rows that are submitted in one transaction.
        flow: Which flow the workers run, by its name in `chaos_flows.py`.
    """

    seed: int = 1
    rows: int = 240
    portals: int = 3
    workers: int = 3
    speed: float = 20.0
    share: float = 0.2
    slow_posts: float | None = None
    delay: float = 0.25
    settle: float = 2.0
    fence: float = 1.0
    silent: float = 2.0
    ways: tuple[str, ...] = ("kill", "kill", "kill", "freeze", "freeze")
    harms: int | None = None
    pause: tuple[float, float] = (1.0, 3.0)
    chunk: int = 40
    flow: str = "real"

    def to_json(self) -> str:
        """For another process."""
        return json.dumps(attrs.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Back from it."""
        values = json.loads(text)
        return cls(**{**values, "ways": tuple(values["ways"]), "pause": tuple(values["pause"])})

    @property
    def worker_settings(self) -> WorkerSettings:
        """As on real machines, scaled; but for `check` and `silent`, which are quicker than anybody would want."""
        return WorkerSettings(
            poll=0.2,
            check=0.5,
            silent=self.silent,
            grace=1.0,
            timeouts=Timeouts(queue=None, attempt=self.speed, call=None),
            flow=FlowSettings(settle=self.settle * self.speed, fence=self.fence, sibling_wait=0.25 * self.speed),
        )


def portal_named(name: str) -> Portal:
    """A portal as rows name it: its address changes with every run."""
    return Portal(name=name, address=f"sandbox-{name}", timezone=TIMEZONE)


def wanted_rows(plan: ChaosPlan) -> list[JobRow]:
    """The same rows for the same plan, in every process.

    Every tenth is an exact twin of an earlier one, on purpose: both have to be in the calendar. Every tenth looks like
    an earlier one and has another title, which the portal never tells. A few are for a customer that nobody knows.
    """
    source = random.Random(f"rows {plan.seed}")
    rows: list[JobRow] = []
    for number in range(plan.rows):
        portal = PORTALS[number % plan.portals]
        earlier = rows[-(plan.portals * source.randint(1, 8)) :]
        request = next((row.request for row in earlier if row.portal == portal), None)
        if request is None or number % 10 not in (3, 8):
            request = _request(number)
        elif number % 10 == 8:
            request = attrs.evolve(request, name=f"{request.name} again")
        if number % 97 == 50:
            request = attrs.evolve(request, customer_id=REFUSED, attendee_name=None, attendee_email=None)
        rows.append(JobRow(request=request, place=f"line {number + 2}", portal=portal))
    return rows


def rows_before(plan: ChaosPlan) -> list[JobRow]:
    """Appointments that the portals hold before the job: they look like rows of it, and are nobody's."""
    rows = [row for row in wanted_rows(plan) if row.request.customer_id != REFUSED]
    return random.Random(f"before {plan.seed}").sample(rows, max(1, plan.rows // 40))


def identity(item: Any) -> tuple[str, str, str, str]:
    """What makes an appointment this appointment, of a request and of a record alike. The title comes last."""
    person = item.customer_id or f"{item.attendee_name} <{item.attendee_email}>"
    return f"{item.starts_at.timestamp():.0f}", f"{item.ends_at.timestamp():.0f}", person, item.name


def _request(number: int) -> NewAppointment:
    starts = moment(2027, 3, 8, 8, 0) + timedelta(days=number % 60, minutes=15 * (number // 60 % 40))
    person: dict[str, Any] = (
        {"customer_id": f"cst_{number}"}
        if number % 2
        else {"attendee_name": f"Jan de Vries {number}", "attendee_email": f"jan.{number}@example.nl"}
    )
    return NewAppointment(name=f"Row {number}", starts_at=starts, ends_at=starts + timedelta(minutes=30), **person)
