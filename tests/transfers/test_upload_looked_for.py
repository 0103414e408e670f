"""Files on their way up, to where a list shows what became of them: the three verdicts, over a sandbox."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from file_sources import REPEATABLE, Sources, given
from moved_time import LoopClock

from mijnklantportaal_async import FileContent, OutcomeUnknownError
from mijnklantportaal_async.sandbox import Fault
from mijnklantportaal_async.testing import portal_in_sandbox

INVOICE: dict[str, Any] = {"invoice_number": "2027-1", "issued_at": date(2027, 3, 5), "amount": "12.95"}
CONTENT = b"%PDF" + bytes(range(250)) * 1200
BEFORE, AFTER = Fault.DROP_BEFORE_COMMIT, Fault.DROP_AFTER_COMMIT


def posts(sandbox: Any) -> list[bytes]:
    return [request.body for request in sandbox.requests if request.method == "POST"]


@pytest.mark.parametrize("kind", REPEATABLE)
@pytest.mark.parametrize("fault", [BEFORE, AFTER])
async def test_a_lost_invoice_is_looked_for(tmp_path: Path, kind: str, fault: Fault) -> None:
    """Found: nothing is sent again. Absent: all of it is, from its start."""
    sources = Sources(tmp_path, CONTENT)
    async with portal_in_sandbox(clock=LoopClock(), rate_limit=None) as (portal, sandbox):
        customer = sandbox.put("/customers")["id"]
        sandbox.fail_next(fault, method="POST")
        made = await portal.create_customer_invoice(
            customer_id=customer, **INVOICE, pdf=sources.make(kind), filename="a.pdf"
        )
        (stored,) = sandbox.records("/customer-invoices")
        assert made.id == stored["id"]
        sent = posts(sandbox)
        assert len(sent) == (2 if fault is BEFORE else 1)
        assert all(body.count(CONTENT) == 1 for body in sent)
        assert len(set(sent)) == 1
    for file in sources.opened:
        assert not file.closed
        file.close()


async def test_what_can_be_read_once_is_looked_for_and_not_sent_again() -> None:
    """The answer of the look is told: it was not there."""
    async with portal_in_sandbox(clock=LoopClock(), rate_limit=None) as (portal, sandbox):
        customer = sandbox.put("/customers")["id"]

        def pdf() -> FileContent:
            return FileContent(given(CONTENT), "a.pdf", size=len(CONTENT))

        sandbox.fail_next(AFTER, method="POST")
        made = await portal.create_customer_invoice(customer_id=customer, **INVOICE, pdf=pdf())
        assert [record["id"] for record in sandbox.records("/customer-invoices")] == [made.id]
        sandbox.fail_next(BEFORE, method="POST")
        with pytest.raises(
            OutcomeUnknownError, match="was not there when the settle time was over; it is not sent again"
        ):
            await portal.create_customer_invoice(customer_id=customer, **INVOICE | {"invoice_number": "2"}, pdf=pdf())
        assert len(posts(sandbox)) == 2
        assert len(sandbox.records("/customer-invoices")) == 1


async def test_a_file_that_changed_until_it_could_be_sent_again_is_not(tmp_path: Path) -> None:
    """It was not stored the first time, and what would be sent now is another."""
    path = tmp_path / "a.pdf"
    path.write_bytes(CONTENT)
    async with portal_in_sandbox(clock=LoopClock(), rate_limit=None) as (portal, sandbox):
        customer = sandbox.put("/customers")["id"]
        sandbox.fail_next(BEFORE, method="POST")

        def change(sent: int, total: int | None) -> None:
            if sent == total:
                path.write_bytes(b"of somebody else")

        with pytest.raises((ValueError, OutcomeUnknownError), match="had 300004 bytes when the call began"):
            await portal.create_customer_invoice(customer_id=customer, **INVOICE, pdf=path, progress=change)
        assert len(posts(sandbox)) == 1
        assert sandbox.records("/customer-invoices") == ()
