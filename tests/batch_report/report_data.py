"""Jobs to make pages of, and a reader that takes a page apart again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

from mijnklantportaal_async.batch.results import JobSummary, Progress, RowOutcome, RowResult
from mijnklantportaal_async.batch.rows import Portal

NASTY = "<script>document.title='taken over'</script> & <b onclick=\"x\">'bold'</b>"
MADE_AT = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
ENDED_AT = datetime(2027, 2, 26, 8, 30, tzinfo=UTC)
NORTH = Portal(name="north", address="https://north.example.nl/api/v1")

VOID = {"meta", "link", "input", "wbr", "br", "hr", "img"}


def appointment(number: int = 1, outcome: RowOutcome = RowOutcome.DONE, **changes: Any) -> RowResult:
    """A row that schedules an appointment; `starts_at` and the like go into its request."""
    request = {
        "name": "Intake",
        "starts_at": "2027-03-08T14:30:00+01:00",
        "ends_at": "2027-03-08T15:30:00+01:00",
        "customer_id": None,
        "attendee_name": "Anna de Vries",
        "attendee_email": "anna@example.nl",
    }
    request |= {key: changes.pop(key) for key in request if key in changes}
    return row(number, outcome, operation="schedule_appointment", request=request, **changes)


def customer(number: int = 1, outcome: RowOutcome = RowOutcome.DONE, **changes: Any) -> RowResult:
    request = {
        "company_name": "Bakkerij Bos B.V.",
        "address": "Dorpsstraat 12",
        "zip_code": "1234 AB",
        "city": "Utrecht",
        "primary_email": "info@bos.example.nl",
        "country_code": "NL",
    }
    request |= {key: changes.pop(key) for key in request if key in changes}
    return row(number, outcome, operation="create_customer", request=request, **changes)


def row(number: int, outcome: RowOutcome, **changes: Any) -> RowResult:
    values: dict[str, Any] = {
        "job": "spring",
        "portal": "north",
        "number": number,
        "place": f"line {number + 1}",
        "timezone": "Europe/Amsterdam",
        "outcome": outcome,
    }
    if outcome.is_final:
        values["ended_at"] = ENDED_AT
    return RowResult(**values | changes)


def job_of(rows: Sequence[RowResult], **changes: Any) -> JobSummary:
    counts = Counter(each.outcome for each in rows)
    progress = Progress(
        job="spring",
        total=len(rows),
        done=counts[RowOutcome.DONE],
        rejected=counts[RowOutcome.REJECTED],
        unknown=counts[RowOutcome.UNKNOWN],
        not_started=counts[RowOutcome.NOT_STARTED],
        under_way=counts[RowOutcome.UNDER_WAY],
        at=MADE_AT,
    )
    values: dict[str, Any] = {
        "name": "spring",
        "portals": (NORTH,),
        "operations": tuple({each.operation for each in rows}),
        "source": "spring.csv",
        "submitted_at": ENDED_AT,
        "progress": progress,
    }
    return JobSummary(**values | changes)


class PageReader(HTMLParser):
    """Takes a page apart, and complains about tags that are not closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags = Counter[str]()
        self.attributes = set[str]()
        self.identifiers: list[str] = []
        self.links: list[str] = []
        self.rows: list[tuple[str, int]] = []
        """Each row that the page shows, with the part of the page in which it does."""
        self.texts = Counter[str]()
        self.figures: dict[str, str] = {}
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()
        assert self._open == [], "these tags were never closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, attrs)
        if tag not in VOID:
            self._open.append((tag, dict(attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        opened, _ = self._open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>, at {self.getpos()}"

    def handle_data(self, data: str) -> None:
        inside = [tag for tag, _ in self._open]
        if "script" in inside or "style" in inside:
            return
        if text := " ".join(data.split()):
            self.texts[text] += 1
            if inside[-1] == "dd" and inside[-2:-1] == ["div"]:
                kind = (self._open[-2][1].get("class") or "").split()
                self.figures |= {kind[0]: text} if kind else {}

    def _note(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        given = dict(attrs)
        assert len(given) == len(attrs), f"an attribute is given twice, at {self.getpos()}"
        self.attributes |= set(given)
        if identifier := given.get("id"):
            self.identifiers.append(identifier)
        if link := given.get("href"):
            self.links.append(link)
        if number := given.get("data-row"):
            part = next((values["id"] for opened, values in self._open if opened == "section" and "id" in values), None)
            assert part is not None, f"row {number} is in no part of the page"
            self.rows.append((part, int(number)))
