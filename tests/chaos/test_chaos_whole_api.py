"""Invoices, payment links and files through a portal that fails every fifth request: nothing twice, nothing lost."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest
from test_chaos import SETTLE, chaos, faults_met

from mijnklantportaal_async import (
    DecodeError,
    FileContent,
    MijnKlantportaalError,
    Outcome,
    PortalSession,
    ReconcilePolicy,
)

COUNT = 60
CONCURRENCY = 12

Create = Callable[[PortalSession, int], Awaitable[Any]]


def invoice(portal: PortalSession, number: int) -> Awaitable[Any]:
    pdf = FileContent(b"%PDF" + bytes([number]) * 500, f"{number}.pdf")
    return portal.create_customer_invoice(
        customer_id="cst_1", invoice_number=f"2027-{number}", issued_at=date(2027, 3, 5), amount=number + 1, pdf=pdf
    )


def payment_link(portal: PortalSession, number: int) -> Awaitable[Any]:
    return portal.create_payment_link(description=f"Fee {number}", amount=10 + number, expires_at=date(2027, 3, 5))


def upload(portal: PortalSession, number: int) -> Awaitable[Any]:
    return portal.upload_file(b"x" * number, filename=f"{number}.txt")


CASES: dict[str, tuple[Create, str, str, bool]] = {
    "invoices": (invoice, "/customer-invoices", "invoiceNumber", True),
    "payment links": (payment_link, "/payment-links", "description", True),
    "files": (upload, "/files", "name", False),
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("case", CASES)
async def test_nothing_twice_and_nothing_lost(case: str) -> None:
    create, place, named, can_look = CASES[case]
    # Every tenth is an exact twin of the one before, on purpose.
    numbers = [index - 1 if index % 10 == 9 else index for index in range(COUNT)]
    places = asyncio.Semaphore(CONCURRENCY)

    async def one(portal: PortalSession, number: int) -> Any:
        async with places:
            try:
                return await create(portal, number)
            except MijnKlantportaalError as error:
                return error

    async with chaos(7, ReconcilePolicy(settle=SETTLE)) as (sandbox, portal):
        results = await asyncio.gather(*(one(portal, number) for number in numbers))
        kept = sandbox.records(place)
        by_id = {record["id"]: record for record in kept}
        made = [(number, result) for number, result in zip(numbers, results, strict=True) if hasattr(result, "id")]
        failed = [result for result in results if not hasattr(result, "id")]
        # Each its own record, and the right one.
        assert len({result.id for _, result in made}) == len(made)
        for number, result in made:
            assert str(number) in by_id[result.id][named].replace(".", "-").replace(" ", "-").split("-")
        unknown = [error for error in failed if error.outcome is Outcome.UNKNOWN]
        applied = [error for error in failed if isinstance(error, DecodeError)]
        assert len(unknown) + len(applied) == len(failed), "everything is known, or said to be unknown"
        # The portal has what was made, what was said to be made, and of what is unknown each once at the most.
        assert len(made) + len(applied) <= len(kept) <= COUNT
        wanted = Counter(numbers)
        for number, count in Counter(record[named] for record in kept).items():
            assert count <= max(wanted.values())
            assert number
        if can_look:
            assert not failed
            assert len(kept) == COUNT
        else:
            assert unknown, "the run has to meet what cannot be settled"
        assert len(faults_met(sandbox)) > 8
        assert portal.rate_limit.in_flight == 0
