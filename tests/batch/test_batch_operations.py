"""Any operation that makes something can be a row, by its name; how it is looked for, the session knows."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from batch_given import PORTAL, SPEED, bring_in
from one_row import OneRow

from mijnklantportaal_async import PortalSession
from mijnklantportaal_async.batch import JobRow, Jobs, RowOutcome
from mijnklantportaal_async.batch.rows import State
from mijnklantportaal_async.models import FileContent, NewAgreementSigner
from mijnklantportaal_async.sandbox import Fault, Sandbox

CUSTOMER: dict[str, Any] = {
    "company_name": "Bakkerij Jansen",
    "address": "Dorpsstraat 1",
    "zip_code": "1234 AB",
    "city": "Utrecht",
    "primary_email": "jansen@example.nl",
}
INVOICE: dict[str, Any] = {
    "invoice_number": "2027-001",
    "issued_at": date(2027, 3, 1),
    "amount": Decimal("121.00"),
    "pdf": FileContent(b"%PDF-1.4", "invoice.pdf"),
}


async def a_customer_and_a_group(sandbox: Sandbox) -> tuple[str, str]:
    async with PortalSession(api_key=sandbox.api_key, base_url=sandbox.url) as portal:
        customer = await portal.create_customer(**CUSTOMER)
        group = await portal.create_customer_group(name="Bakers")
    return customer.id, group.id


async def test_each_by_its_name(database: str) -> None:
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox, Jobs(database) as jobs:
        customer, group = await a_customer_and_a_group(sandbox)
        rows = [
            JobRow(operation="create_customer", request=CUSTOMER | {"company_name": "Slagerij Pieters"}),
            JobRow(operation="create_customer_invoice", request=INVOICE | {"customer_id": customer}),
            JobRow(
                operation="add_customers_to_customer_group",
                request={"customer_group_id": group, "customers": [customer]},
            ),
            JobRow(operation="create_payment_link", request={"description": "Deposit", "amount": Decimal("12.50")}),
        ]
        await jobs.submit(rows, job="many kinds", portal=PORTAL)
        await bring_in(database, sandbox, jobs, "many kinds")
        results = await jobs.results("many kinds")
        assert [(result.outcome, result.message) for result in results] == [(RowOutcome.DONE, None)] * 4
        async with PortalSession(api_key=sandbox.api_key, base_url=sandbox.url) as portal:
            link = await portal.get_payment_link(str(results[3].identifier))
            assert (link.description, link.amount) == ("Deposit", Decimal("12.50"))


@pytest.mark.parametrize("fault", [Fault.DROP_BEFORE_COMMIT, Fault.DROP_AFTER_COMMIT])
async def test_what_may_be_repeated_is_sent_again_and_not_looked_for(database: str, fault: Fault) -> None:
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox:
        customer, group = await a_customer_and_a_group(sandbox)
        one = await OneRow(database, sandbox).submit(
            {"customer_group_id": group, "customers": [customer]}, operation="add_customers_to_customer_group"
        )
        sandbox.fail_next(fault, method="POST")
        before = len(sandbox.requests)
        assert (await one.live()).state is State.DONE
        assert [request.method for request in sandbox.requests[before:]] == ["POST", "POST"]
        one.close()


async def test_what_has_no_honest_look_is_unknown_after_a_lost_answer(database: str) -> None:
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox:
        one = await OneRow(database, sandbox).submit({"name": "Contracts"}, operation="create_directory")
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT, method="POST")
        verdict = await one.live()
        assert verdict.state is State.UNKNOWN
        assert "nothing in the portal tells whether create_directory was done" in (verdict.message or "")
        assert [request.method for request in sandbox.requests] == ["POST"]
        async with Jobs(database) as jobs:
            [result] = await jobs.results("job")
            assert result.how_to_check
        one.close()


@pytest.mark.parametrize("operation", ["create_customer_invoice", "create_payment_link"])
@pytest.mark.parametrize(
    ("fault", "methods"),
    [(Fault.DROP_BEFORE_COMMIT, ["POST", "GET", "POST"]), (Fault.DROP_AFTER_COMMIT, ["POST", "GET"])],
)
async def test_the_session_knows_how_to_look(database: str, operation: str, fault: Fault, methods: list[str]) -> None:
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox:
        customer, _ = await a_customer_and_a_group(sandbox)
        link = {"description": "Deposit", "amount": Decimal("12.50")}
        request = link if operation == "create_payment_link" else INVOICE | {"customer_id": customer}
        one = await OneRow(database, sandbox).submit(request, operation=operation)
        sandbox.fail_next(fault, method="POST")
        before = len(sandbox.requests)
        assert (await one.live()).state is State.DONE
        assert [asked.method for asked in sandbox.requests[before:]] == methods
        one.close()


@pytest.mark.parametrize("operation", ["list_customers", "get_appointment", "request", "aclose", "no_such_thing"])
async def test_what_makes_nothing_is_no_row(database: str, operation: str) -> None:
    async with Jobs(database) as jobs:
        with pytest.raises(ValueError, match="give the name of a coroutine of PortalSession that makes something"):
            await jobs.submit([JobRow(operation=operation, request={})], job="season", portal=PORTAL)


async def test_a_file_is_kept_with_its_row_and_a_path_is_refused(database: str, tmp_path: Path) -> None:
    """Who sends it may be on another machine, where the path is nothing, or another file."""
    (path := tmp_path / "invoice.pdf").write_bytes(b"%PDF-1.4")
    async with Sandbox(speed=SPEED, rate_limit=None) as sandbox, Jobs(database) as jobs:
        for file in (str(path), path, FileContent(path)):
            with pytest.raises(ValueError, match="row 1: 'invoice.pdf' has to be given as bytes, as in FileContent"):
                await jobs.submit([JobRow(operation="upload_file", request={"file": file})], job="a", portal=PORTAL)
        rows = [
            JobRow(operation="upload_file", request={"file": b"aGFsbG8=", "filename": "a.txt"}),
            JobRow(operation="upload_file", request={"file": FileContent(b"two", "b.txt", "text/x-two")}),
        ]
        await jobs.submit(rows, job="files", portal=PORTAL)
        await bring_in(database, sandbox, jobs, "files")
        sent = sorted(request.body for request in sandbox.requests if request.path.endswith("/files"))
        assert len(sent) == 2
        for body in sent:
            assert (b'filename="a.txt"' in body) is (b"\r\naGFsbG8=\r\n" in body)
            assert (b'filename="b.txt"' in body) is (b"\r\ntwo\r\n" in body) is (b"text/x-two" in body)
        assert sum(b'filename="a.txt"' in body for body in sent) == 1


async def test_files_that_the_service_does_not_take_are_refused_at_submission(database: str) -> None:
    large = {
        "name": "A",
        "signer_name": "J. Jansen",
        "signer_signature_data": "data:image/png;base64,AAAA",
        "signers": [NewAgreementSigner(first_name="P.", last_name="Pieters", email="p@example.nl")],
        "documents": [FileContent(bytes((5 << 20) + 1), "a.pdf")],
    }
    async with Jobs(database) as jobs:
        with pytest.raises(ValueError, match="the service takes 5 MB"):
            await jobs.submit([JobRow(operation="create_agreement", request=large)], job="a", portal=PORTAL)
