"""What users of comparable clients reported of lists, amounts and changes: a test for each kind."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from contract_walk import BUILT, SIGNER, answer_of
from given import MakePortal
from scripted_server import Received, ScriptedServer, Step, answer, customer, paged

from mijnklantportaal_async import (
    UNSET,
    Customer,
    DecodeError,
    FileContent,
    OutcomeUnknownError,
    Pager,
    PaginationError,
    PermissionDeniedError,
    ServerError,
    SubscriptionInterval,
)

OPERATIONS = dict(BUILT)


def some(*numbers: int) -> list[dict[str, Any]]:
    return [customer(id=f"cst_{number}") for number in numbers]


def raw_page(next_page: Any, *items: dict[str, Any], **changes: Any) -> Step:
    document = {"current_page": 1, "data": list(items), "per_page": 15, "next_page_url": next_page} | changes
    return answer(200, {name: value for name, value in document.items() if value is not ...})


async def read_into(found: list[str], pager: Pager[Customer]) -> None:
    async for item in pager:
        found.append(item.id)


# --- Lists -------------------------------------------------------------------------------------------------------


async def test_a_next_link_elsewhere_is_never_visited(make_portal: MakePortal) -> None:
    async with ScriptedServer() as elsewhere:
        link = elsewhere.url + "/customers?page=2,"
        async with ScriptedServer(raw_page(link, *some(1)), paged(*some(2), number=2)) as server:
            found = await make_portal(server.url).list_customers().collect()
        assert [item.id for item in found] == ["cst_1", "cst_2"]
        assert [received.path for received in server.received] == ["/v1/customers", "/v1/customers?page=2"]
        assert elsewhere.connections_accepted == 0


async def test_a_record_that_shows_up_twice_is_handed_out_once(make_portal: MakePortal) -> None:
    async with ScriptedServer(paged(*some(1, 2, 2), leads_to=2), paged(*some(2, 3), number=2)) as server:
        found = await make_portal(server.url).list_customers().collect()
    assert [item.id for item in found] == ["cst_1", "cst_2", "cst_3"]


@pytest.mark.parametrize(
    ("pages", "given"),
    [
        # Always the same page, a page back, A-B-A.
        ([paged(*some(1), leads_to=2), paged(*some(1), leads_to=2)], 1),
        ([paged(*some(1), leads_to=1)], 1),
        ([paged(*some(1), leads_to=2), paged(*some(2), number=2, leads_to=1)], 2),
        ([paged(*some(1), leads_to=2), paged(*some(2), number=3)], 1),
    ],
)
async def test_a_walk_in_circles_is_an_error_after_what_was_given(
    make_portal: MakePortal, pages: list[Step], given: int
) -> None:
    async with ScriptedServer(*pages) as server:
        found: list[str] = []
        with pytest.raises(PaginationError):
            await read_into(found, make_portal(server.url).list_customers())
    assert len(found) == given


async def test_only_null_ends_a_list(make_portal: MakePortal) -> None:
    pages = [paged(leads_to=2), paged(number=2, leads_to=3), paged(*some(1), number=3)]
    async with ScriptedServer(*pages) as server:
        assert [item.id for item in await make_portal(server.url).list_customers().collect()] == ["cst_1"]


@pytest.mark.parametrize("end", [..., "", "null", 0, False, "https://x/customers"])
async def test_an_end_that_is_none_is_an_error_and_a_look_there_proves_nothing(
    make_portal: MakePortal, end: Any
) -> None:
    page = raw_page(end, *some(1))
    async with ScriptedServer(page) as server:
        with pytest.raises(DecodeError, match=r"page 1.*\$\.next_page_url"):
            await make_portal(server.url).list_customers().collect()

    async def serve(exchange: Any) -> None:
        await (exchange.answer(503, {}) if exchange.received.method == "POST" else page(exchange))

    async with ScriptedServer(otherwise=serve) as server:
        with pytest.raises(OutcomeUnknownError):
            await make_portal(server.url).create_payment_link(description="x", amount=1)
        assert server.count("POST") == 1


@pytest.mark.parametrize("following", ["2", "?page=2,", "https://x/v1/customers?page=2,&x=1", "/customers?page=2"])
async def test_the_number_of_the_next_page_is_found(make_portal: MakePortal, following: str) -> None:
    async with ScriptedServer(raw_page(following), raw_page(None, *some(1), current_page=2)) as server:
        assert len(await make_portal(server.url).list_customers().collect()) == 1
        assert server.received[1].path == "/v1/customers?page=2"


async def test_a_list_goes_on_from_where_it_began_and_keeps_its_path(make_portal: MakePortal) -> None:
    card = answer_of(OPERATIONS["get_issued_punch_card"])
    pages = [raw_page("?page=4", card, current_page=3), raw_page(None, card | {"id": "pcb_2"}, current_page=4)]
    async with ScriptedServer(*pages) as server:
        assert len(await make_portal(server.url).list_issued_punch_cards("pcd_1", page=3).collect()) == 2
        paths = [received.path for received in server.received]
    assert paths == [f"/v1/punch-cards/pcd_1/issued?page={number}" for number in (3, 4)]


async def test_a_page_that_fails_is_retried_named_and_costs_nothing_before_it(make_portal: MakePortal) -> None:
    busy, no = answer(503, {"message": "busy"}), answer(403, {"message": "no"})
    async with ScriptedServer(paged(*some(1), leads_to=2), busy, paged(*some(2), number=2, leads_to=3), no) as server:
        found: list[str] = []
        pager = make_portal(server.url).list_customers()
        with pytest.raises(PermissionDeniedError, match="page 3"):
            await read_into(found, pager)
        assert found == ["cst_1", "cst_2"]
        paths = [received.path.partition("?")[2] for received in server.received]
        assert paths == ["", "page=2", "page=2", "page=3"]
    # Left early, nothing stays open or is fetched ahead; begun again, it begins anew.
    async with ScriptedServer(otherwise=paged(*some(1), leads_to=2)) as server:
        pager = make_portal(server.url).list_customers()
        for _ in range(2):
            async for _item in pager:
                break
        assert [received.path for received in server.received] == ["/v1/customers"] * 2


# --- Money -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "sent"),
    [
        (Decimal("12.95"), "12.95"),
        (Decimal("12.950"), "12.95"),
        (Decimal("1E+2"), "100.00"),
        ("12.95", "12.95"),
        ("12.5", "12.50"),
        ("0012", "12.00"),
        (12, "12.00"),
        (0, "0.00"),
        (Decimal("-0.00"), "0.00"),
        (Decimal("99999999999999.99"), "99999999999999.99"),
    ],
)
async def test_an_amount_goes_out_to_the_cent(make_portal: MakePortal, amount: Any, sent: str) -> None:
    async with ScriptedServer(answer(201, answer_of(OPERATIONS["create_payment_link"]))) as server:
        await make_portal(server.url).create_payment_link(description="x", amount=amount)
        assert server.received[0].json["amount"] == sent


@pytest.mark.parametrize("amount", ["1.000", "10,00", "1,000", "1.234,56", "1e2", "1_000", " 1", "", "x", "NaN", "1."])
async def test_an_amount_that_could_be_read_in_two_ways_is_refused(make_portal: MakePortal, amount: str) -> None:
    with pytest.raises(ValueError, match=r"amount=.* is not an amount; write it as '12\.95'"):
        await make_portal("http://127.0.0.1:9/v1").create_payment_link(description="x", amount=amount)


@pytest.mark.parametrize("amount", [Decimal("1.005"), Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), 10**30])
async def test_an_amount_that_is_not_in_whole_cents_is_refused(make_portal: MakePortal, amount: Any) -> None:
    with pytest.raises(ValueError, match="amount=.* is not an amount in whole cents"):
        await make_portal("http://127.0.0.1:9/v1").create_payment_link(description="x", amount=amount)


@pytest.mark.parametrize(("amount", "hint"), [(12.95, r'Decimal\("12\.95"\)'), (0.1 + 0.2, r'"0\.30"'), (True, "bool")])
async def test_a_float_is_refused_and_the_fix_is_shown(make_portal: MakePortal, amount: Any, hint: str) -> None:
    with pytest.raises(TypeError, match=f"amount must be a Decimal, not .*{hint}"):
        await make_portal("http://127.0.0.1:9/v1").create_payment_link(description="x", amount=amount)


async def test_an_answer_keeps_its_currency_and_digits(make_portal: MakePortal) -> None:
    shown = answer_of(OPERATIONS["get_payment_link"]) | {"currency": "JPY", "amount": "100"}
    async with ScriptedServer(answer(200, shown)) as server:
        link = await make_portal(server.url).get_payment_link("plk_1")
    assert (link.currency, str(link.amount)) == ("JPY", "100")


@pytest.mark.parametrize("amount", ["12,95", "x", "NaN", True, None, [], {}])
async def test_an_answer_without_an_amount_is_not_guessed_at(make_portal: MakePortal, amount: Any) -> None:
    async with ScriptedServer(answer(200, answer_of(OPERATIONS["get_payment_link"]) | {"amount": amount})) as server:
        with pytest.raises(DecodeError, match=r"\$\.amount: must be an amount"):
            await make_portal(server.url).get_payment_link("plk_1")


async def test_the_invoices_of_the_service_come_as_numbers_and_with_a_moment_for_a_day(make_portal: MakePortal) -> None:
    shown = answer_of(OPERATIONS["get_invoice"]) | {"subtotalAmount": 12.95, "vatAmount": 2.7200000000000002}
    days = ["2025-04-12T00:00:00.000Z", "2025-04-12", "2025-04-11T22:00:00Z", "2025-04-12T00:00:00+02:00"]
    async with ScriptedServer(*(answer(200, shown | {"issuedAt": day, "lines": None}) for day in days)) as server:
        for _ in days:
            invoice = await make_portal(server.url).get_invoice("fac_1")
            assert (invoice.issued_at, invoice.vat_amount) == (date(2025, 4, 12), Decimal("2.72"))
            assert invoice.lines == ()


# --- Changes -----------------------------------------------------------------------------------------------------


async def sent(make_portal: MakePortal, name: str, /, *identifiers: Any, **given: Any) -> Received:
    async with ScriptedServer(answer(200, answer_of(OPERATIONS[name]))) as server:
        await getattr(make_portal(server.url), name)(*identifiers, **given)
        return server.received[0]


async def test_false_nothing_and_zero_are_values(make_portal: MakePortal) -> None:
    name = "change_customer_subscription_package"
    received = await sent(make_portal, name, "spg_1", description="", vat_rate=0, available_for_sale=False, amount=0)
    assert received.json == {"description": "", "vatRate": 0, "availableForSale": False, "amount": "0.00"}
    assert (await sent(make_portal, name, "spg_1", name="x", amount=UNSET)).json == {"name": "x"}
    invoice = {"package_id": "spg_1", "customer_id": "cst_1", "start_date": date(2027, 3, 5)}
    received = await sent(make_portal, "sign_up_customer", invoice_text=None, **invoice)
    assert received.json == {"customerId": "cst_1", "startDate": "2027-03-05", "invoiceText": None}


async def test_an_open_enum_takes_its_own_values_and_new_ones(make_portal: MakePortal) -> None:
    for interval in (SubscriptionInterval.YEAR, "1 year", "3 years"):
        received = await sent(make_portal, "change_customer_subscription", "sub_1", interval=interval)
        assert received.json == {"interval": str(interval)}


async def test_a_status_of_another_type_is_a_type_error(make_portal: MakePortal) -> None:
    with pytest.raises(TypeError, match="status must be a str, not int: 7"):
        await make_portal("http://127.0.0.1:9/v1").change_appointment_status("apt_1", status=7)  # type: ignore[arg-type]


AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.mark.parametrize(
    ("moment", "wall"),
    [
        (datetime(2027, 3, 5, 13, 30, 59, 999999, tzinfo=UTC), "2027-03-05 14:30:59"),
        # The hour that comes twice: the portal reads digits, and it is past anyway.
        (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), "2027-10-31 02:30:00"),
        (datetime(2027, 10, 31, 1, 30, tzinfo=UTC), "2027-10-31 02:30:00"),
        (datetime(2027, 10, 31, 2, 30, fold=1, tzinfo=AMSTERDAM), "2027-10-31 02:30:00"),
    ],
)
async def test_what_has_happened_is_sent_to_the_second(make_portal: MakePortal, moment: datetime, wall: str) -> None:
    received = await sent(make_portal, "mark_customer_invoice_paid", "inv_1", paid_at=moment)
    assert received.json == {"paidAt": wall}
    received = await sent(make_portal, "mark_customer_offer", "off_1", rejected_at=moment)
    assert received.json == {"rejectedAt": wall}
    received = await sent(make_portal, "change_customer_subscription", "sub_1", terminated_at=moment)
    assert received.json == {"terminatedAt": wall}


@pytest.mark.parametrize("moment", [datetime(2027, 3, 5, 12), datetime(2027, 3, 28, 2, 30, tzinfo=AMSTERDAM)])
async def test_what_names_no_moment_is_refused(make_portal: MakePortal, moment: datetime) -> None:
    with pytest.raises(ValueError, match="paid_at"):
        await make_portal("http://127.0.0.1:9/v1").mark_customer_invoice_paid("inv_1", paid_at=moment)
    with pytest.raises(TypeError, match="start_date must be a date, not datetime"):
        await make_portal("http://127.0.0.1:9/v1").sign_up_customer("spg_1", customer_id="cst_1", start_date=moment)


async def test_long_texts_are_the_portals_to_judge(make_portal: MakePortal) -> None:
    long = "x" * 10_000
    received = await sent(make_portal, "create_payment_link", description=long, amount=1)
    assert received.json["description"] == long
    url = "https://example.nl/" + long
    assert (await sent(make_portal, "create_webhook", url=url, type="invoice-paid")).json["url"] == url


# --- Files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["é ü 東 \" % ; ' +.pdf", "e\u0301.pdf"])
async def test_a_files_name_arrives_as_it_is(make_portal: MakePortal, name: str) -> None:
    file = FileContent(b"", name)
    received = await sent(make_portal, "upload_file", file)
    assert f'filename="{name.replace(chr(34), "%22")}"\r\n'.encode() in received.body
    assert "directory" not in received.path
    assert (await sent(make_portal, "upload_file", file, directory_id="fsd_1")).path == "/v1/files?directory=fsd_1"


@pytest.mark.parametrize("name", ["a\r\nb.pdf", "a\x00.pdf", "\udcff.pdf", ""])
def test_a_name_that_could_break_a_form_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        FileContent(b"x", name)
    with pytest.raises(ValueError, match="content_type"):
        FileContent(b"x", "a.pdf", f"text/plain{name}" if name else " ")


async def test_what_an_agreement_holds_at_the_most(make_portal: MakePortal) -> None:
    portal = make_portal("http://127.0.0.1:9/v1")
    half = FileContent(bytes(3 * 1024 * 1024), "a.pdf")
    given: dict[str, Any] = {"name": "A", "signer_name": "B", "signer_signature_data": "data:,", "signers": [SIGNER]}
    with pytest.raises(ValueError, match="documents have 6291456 bytes together; the service takes 5 MB"):
        await portal.create_agreement(**given, documents=[half, half])
    with pytest.raises(ValueError, match="documents has 6 items; the service takes 5"):
        await portal.create_agreement(**given, documents=[FileContent(b"", "a")] * 6)
    with pytest.raises(TypeError, match=r"documents must be a list, not bytes"):
        await portal.create_agreement(**given, documents=b"%PDF")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"signers\[0\] must be a NewAgreementSigner"):
        await portal.create_agreement(**given | {"signers": ["Jan"]}, documents=[half])


# --- Facts that nobody knows of ------------------------------------------------------------------------------------


async def test_a_null_that_nobody_documents_makes_no_list_unreadable(make_portal: MakePortal) -> None:
    shown = answer_of(OPERATIONS["get_customer_invoice"]) | {"links": None, "createdAt": datetime.now(UTC).isoformat()}
    async with ScriptedServer(raw_page(None, shown), answer(201, shown)) as server:
        portal = make_portal(server.url)
        (invoice,) = await portal.list_customer_invoices().collect()
        assert invoice.links.customer is None
        made = await portal.create_customer_invoice(
            customer_id="cst_1",
            invoice_number="1",
            issued_at=date(2027, 3, 5),
            amount=1,
            pdf=FileContent(b"%PDF", "a.pdf"),
        )
        assert made.links.online_payment_link is None


async def test_a_lost_stamp_is_told_and_the_card_is_punched_once(make_portal: MakePortal) -> None:
    async with ScriptedServer(
        answer(502), otherwise=answer(200, answer_of(OPERATIONS["stamp_issued_punch_card"]))
    ) as server:
        with pytest.raises(OutcomeUnknownError, match="punches_left with get_issued_punch_card") as caught:
            await make_portal(server.url).stamp_issued_punch_card("pcd_1", "pcb_1")
        assert isinstance(caught.value.__cause__, ServerError)
        assert len(server.received) == 1
