"""Which record is taken for ours after a lost answer, which is not, and which leaves it unknown."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from contract_walk import BUILT, LINE, PDF, SIGNER, WANTED_FILE, answer_of
from given import MakePortal
from scripted_server import ScriptedServer, answer, drop

from mijnklantportaal_async import UNSET, OutcomeUnknownError, PortalSession

OPERATIONS = dict(BUILT)
PAID = datetime(2027, 3, 5, 12, 0, 30, 999999, tzinfo=UTC)


def new(hours: float = 0) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).replace(microsecond=0).isoformat()


CARD: dict[str, Any] = {"name": "Lessons", "punches": 20, "punch_label": "lesson", "for_sale": True}
CARD |= {"price": "99.00", "vat_rate": 21, "expiry_value": 3, "expire_period": "years", "description": "In a BMW"}
CARD_SHOWN = {"name": "Lessons", "punches": 20, "punchLabel": "lesson", "forSale": True, "price": "99.00"}
CARD_SHOWN |= {"vatRate": 21, "expiryValue": 3, "expiryPeriode": "years", "description": "In a BMW"}
LINK = {"description": "Contribution costs of the year", "amount": "12.95"}
LINK_SHOWN = LINK | {"reusable": False, "expiresAt": None}
INVOICE: dict[str, Any] = {"customer_id": "cst_1", "invoice_number": "2027-1", "issued_at": date(2027, 3, 5)}
INVOICE_SHOWN = {"customerId": "cst_1", "invoiceNumber": "2027-1", "issuedAt": "2027-03-05", "paidAt": None}
REQUEST: dict[str, Any] = {"name": "Renewal", "requested_files": [WANTED_FILE]}
FILE_SHOWN = {"id": "fqf_1", "name": "Logo", "description": "The logo", "required": True, "maxFileSize": 10240}
REQUEST_SHOWN = {"name": "Renewal", "requestedFiles": [FILE_SHOWN], "customerId": None, "directoryId": None}
REQUEST_SHOWN |= {"description": None}
SHARE = {"content": ["fsf_1", "fsd_2"]}
ITEMS = [{"id": name, "type": "file", "name": "a", "createdAt": new()} for name in ("fsd_2", "fsf_1")]
SHARE_SHOWN = {"sharedContent": ITEMS, "sharedWithCustomerId": None}
TERM: dict[str, Any] = {"customer_id": "cst_1", "description": "Website", "start_date": date(2027, 3, 5)}
TERM |= {"interval": "1 year", "amount": 10, "vat_rate": 21}
TERM_SHOWN = {"customerId": "cst_1", "description": "Website", "startsAt": "2027-03-05", "interval": "1 year"}
TERM_SHOWN |= {"amount": 10, "vatRate": 21, "options": {"createInvoice": False}}
HOOK = {"url": "https://example.nl/hook", "type": "invoice-paid"}

ALIKE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "create_punch_card": (CARD, CARD_SHOWN),
    "create_payment_link": (LINK, LINK_SHOWN),
    "create_customer_invoice": (INVOICE | {"amount": "12.95", "pdf": PDF}, INVOICE_SHOWN | {"amount": "12.95"}),
    "create_manual_customer_invoice": (INVOICE | {"lines": [LINE]}, INVOICE_SHOWN | {"amount": "15.67"}),
    "create_file_request": (REQUEST, REQUEST_SHOWN),
    "create_file_share": (SHARE, SHARE_SHOWN),
    "create_customer_subscription": (TERM, TERM_SHOWN),
    "create_webhook": (HOOK, HOOK),
}


async def looked(make_portal: MakePortal, name: str, given: dict[str, Any], *shown: dict[str, Any]) -> str:
    """The id of what a call whose answer was lost takes for its own; `new` when sent again, `unsure` when unknown."""
    page = answer(200, {"current_page": 1, "data": list(shown), "per_page": 15, "next_page_url": None})
    record = answer_of(OPERATIONS[name])
    async with ScriptedServer(drop, page, page, page, answer(201, record | {"id": "new"})) as server:
        portal = make_portal(server.url)
        try:
            found = (await getattr(portal, name)(**given)).id
        except OutcomeUnknownError:
            found = "unsure"
        assert server.count("POST") == 1 + (found == "new")
    return str(found)


def record(name: str, /, **changes: Any) -> dict[str, Any]:
    return answer_of(OPERATIONS[name]) | ALIKE[name][1] | {"id": "ours", "createdAt": new()} | changes


@pytest.mark.parametrize("name", ALIKE)
async def test_ours_is_found_and_an_older_one_is_not_ours(make_portal: MakePortal, name: str) -> None:
    given = ALIKE[name][0]
    assert await looked(make_portal, name, given, record(name)) == "ours"
    assert await looked(make_portal, name, given, record(name, createdAt=new(1))) == "new"
    assert await looked(make_portal, name, given) == "new"


@pytest.mark.parametrize(
    ("name", "given", "shown", "verdict"),
    [
        # Every field that was sent counts, also those that no person would name.
        ("create_punch_card", {}, {"price": "229.95"}, "new"),
        ("create_punch_card", {}, {"price": 99}, "ours"),
        ("create_punch_card", {}, {"price": 99.00000000001}, "ours"),
        ("create_punch_card", {}, {"price": None}, "new"),
        ("create_punch_card", {}, {"vatRate": 9}, "new"),
        ("create_punch_card", {}, {"expiryPeriode": "months"}, "new"),
        ("create_punch_card", {}, {"expiryValue": 2}, "new"),
        ("create_punch_card", {}, {"forSale": False}, "new"),
        ("create_punch_card", {}, {"description": "in a  BMW"}, "unsure"),
        ("create_punch_card", {}, {"description": None}, "unsure"),
        ("create_punch_card", {}, {"name": "lessons"}, "unsure"),
        ("create_punch_card", {}, {"name": "Lesson"}, "new"),
        ("create_customer_invoice", {}, {"amount": "12.96"}, "new"),
        ("create_customer_invoice", {}, {"issuedAt": "2027-03-06"}, "new"),
        ("create_customer_invoice", {}, {"customerId": "cst_2"}, "new"),
        ("create_customer_invoice", {"paid_at": PAID}, {"paidAt": "2027-03-05T13:00:30+01:00"}, "ours"),
        ("create_customer_invoice", {"paid_at": PAID}, {"paidAt": "2027-03-05T12:00:30Z"}, "ours"),
        ("create_customer_invoice", {"paid_at": PAID}, {"paidAt": "2027-03-05T13:00:30+02:00"}, "unsure"),
        ("create_customer_invoice", {"paid_at": PAID}, {"paidAt": "2027-03-05T13:00:00+01:00"}, "unsure"),
        ("create_customer_invoice", {"paid_at": PAID}, {"paidAt": "2027-03-04T13:00:30+01:00"}, "new"),
        ("create_customer_invoice", {"paid_at": PAID}, {"paidAt": None}, "unsure"),
        ("create_manual_customer_invoice", {}, {"amount": "99.00"}, "ours"),
        ("create_customer_subscription", {}, {"amount": "11.00"}, "new"),
        ("create_customer_subscription", {}, {"interval": "1 month"}, "new"),
        ("create_customer_subscription", {"create_invoice": True}, {}, "new"),
        ("create_customer_subscription", {"create_invoice": True}, {"options": {"createInvoice": True}}, "ours"),
        ("create_customer_subscription", {"create_invoice": True}, {"options": None}, "ours"),
        # What was left out counts where leaving it out means something.
        ("create_payment_link", {}, {"reusable": True}, "new"),
        ("create_payment_link", {"reusable": True}, {"reusable": True}, "ours"),
        ("create_payment_link", {"reusable": True}, {}, "new"),
        ("create_punch_card", {"for_sale": UNSET, "price": UNSET, "vat_rate": UNSET}, {}, "new"),
        ("create_payment_link", {}, {"expiresAt": "2027-03-06T00:00:00+01:00"}, "unsure"),
        ("create_payment_link", {"expires_at": date(2027, 3, 5)}, {"expiresAt": "2027-03-06T00:00:00+01:00"}, "ours"),
        ("create_payment_link", {"expires_at": date(2027, 3, 5)}, {"expiresAt": "2027-03-05T23:59:59+01:00"}, "ours"),
        ("create_payment_link", {"expires_at": date(2027, 3, 5)}, {"expiresAt": "2027-03-04T12:00:00+01:00"}, "unsure"),
        ("create_payment_link", {"expires_at": date(2027, 3, 5)}, {"expiresAt": "2027-03-09T00:00:00+01:00"}, "new"),
        ("create_payment_link", {"expires_at": date(2027, 3, 5)}, {"expiresAt": None}, "new"),
        # A service that cuts a text, or writes it for a browser, has not made another record.
        ("create_payment_link", {}, {"description": "Contribution costs of"}, "unsure"),
        ("create_payment_link", {}, {"description": "Contribution"}, "new"),
        ("create_payment_link", {"description": "Jansen & Zn"}, {"description": "Jansen &amp; Zn"}, "unsure"),
        ("create_payment_link", {"description": "Jan\u2019s"}, {"description": "Jan's"}, "unsure"),
        ("create_payment_link", {"description": "Zo\u00eb"}, {"description": "Zoe\u0308"}, "unsure"),
        ("create_file_request", {}, {"customerId": "cst_1"}, "new"),
        ("create_file_request", {"customer_id": "cst_1"}, {"customerId": "cst_1"}, "ours"),
        ("create_file_request", {"customer_id": "cst_1"}, {}, "new"),
        ("create_file_request", {}, {"directoryId": "fsd_1"}, "new"),
        ("create_file_request", {}, {"description": "Why"}, "unsure"),
        # Lists: whatever the order, and every item in it.
        ("create_file_request", {}, {"requestedFiles": [FILE_SHOWN | {"required": False}]}, "new"),
        ("create_file_request", {}, {"requestedFiles": [FILE_SHOWN | {"name": "logo"}]}, "unsure"),
        ("create_file_request", {}, {"requestedFiles": []}, "new"),
        ("create_file_share", {"content": ["fsf_1", "fsd_2", "fsf_1"]}, {}, "ours"),
        ("create_file_share", {}, {"sharedContent": ITEMS[:1]}, "new"),
        ("create_file_share", {"content": ["fsf_1", "fsd_3"]}, {}, "new"),
        ("create_file_share", {}, {"sharedWithCustomerId": "cst_1"}, "new"),
        ("create_webhook", {}, {"type": "invoice-created"}, "new"),
        ("create_webhook", {}, {"url": "https://example.nl/hook/"}, "new"),
    ],
)
async def test_what_differs_is_not_ours(
    make_portal: MakePortal, name: str, given: dict[str, Any], shown: dict[str, Any], verdict: str
) -> None:
    seen = record(name, **shown)
    if "description" in given and "description" not in shown:
        seen["description"] = given["description"]
    assert await looked(make_portal, name, ALIKE[name][0] | given, seen) == verdict


async def test_ours_is_taken_though_another_is_nearly_alike(make_portal: MakePortal) -> None:
    near = record("create_payment_link", id="near", description="contribution costs of the year")
    assert await looked(make_portal, "create_payment_link", LINK, near, record("create_payment_link")) == "ours"


async def test_a_list_that_does_not_show_enough_can_only_say_no(make_portal: MakePortal) -> None:
    async def signed_up(shown: dict[str, Any]) -> str:
        given = {"package_id": "spg_1", "customer_id": "cst_1", "start_date": date(2027, 3, 5)}
        whole = answer_of(OPERATIONS["sign_up_customer"]) | {"createdAt": new(), "id": "whose"} | shown
        return await looked(make_portal, "sign_up_customer", given, whole)

    assert await signed_up({"customerId": "cst_1", "startsAt": "2027-03-05"}) == "unsure"
    assert await signed_up({"customerId": "cst_1", "startsAt": "2027-03-05", "createdAt": new(1)}) == "new"
    assert await signed_up({"customerId": "cst_2", "startsAt": "2027-03-05"}) == "new"
    package = {"name": "Phone", "interval": "1 month", "amount": "5", "vat_rate": 21}
    shown = {"name": "Phone", "interval": "1 month", "amount": "5.00", "vatRate": 21, "id": "spg_1"}
    whole = answer_of(OPERATIONS["create_customer_subscription_package"]) | shown
    name = "create_customer_subscription_package"
    assert await looked(make_portal, name, package, whole) == "unsure"
    assert await looked(make_portal, name, package, whole | {"amount": "6.00"}) == "new"


@pytest.mark.parametrize("shown", [("name", "createdAt"), ("createdAt",), ("name",)])
async def test_what_a_list_does_not_show_is_no_proof(make_portal: MakePortal, shown: tuple[str, ...]) -> None:
    given = {"name": "Contract", "signer_name": "J", "signer_signature_data": "data:image/png;base64," + "A" * 9000}
    given |= {"signers": [SIGNER], "documents": [PDF]}
    listed = {"id": "agr_1"} | {name: {"name": "Contract", "createdAt": new()}[name] for name in shown}
    assert await looked(make_portal, "create_agreement", given, listed) == "unsure"
    assert await looked(make_portal, "create_agreement", given, listed | {"name": "Other"}) == "new"


async def test_equal_requests_with_lists_take_turns_and_have_a_record_each(make_portal: MakePortal) -> None:
    first = record("create_file_share", id="first")
    page = answer(200, {"current_page": 1, "data": [first], "per_page": 15, "next_page_url": None})
    second = answer(201, record("create_file_share", id="second"))
    async with ScriptedServer(answer(201, first), drop, page, page, page, second) as server:
        portal = make_portal(server.url)
        assert (await portal.create_file_share(**SHARE)).id == "first"
        assert (await portal.create_file_share(content=["fsd_2", "fsf_1"])).id == "second"


# --- What must happen once to a record that is there ---------------------------------------------------------------


def invoice(paid_at: str | None) -> Any:
    return answer(200, answer_of(OPERATIONS["get_customer_invoice"]) | {"id": "inv_1", "paidAt": paid_at})


async def pay(portal: PortalSession) -> str:
    try:
        paid = await portal.mark_customer_invoice_paid("inv_1", paid_at=PAID)
    except OutcomeUnknownError as error:
        assert "paid_at" in str(error)
        return "unsure"
    return str(paid.paid_at)


AS_ASKED = "2027-03-05T13:00:30+01:00"


@pytest.mark.parametrize(
    ("seen", "verdict", "sent"),
    [
        (AS_ASKED, "2027-03-05 13:00:30+01:00", 1),
        ("2027-03-05T12:00:30+00:00", "2027-03-05 12:00:30+00:00", 1),
        (None, "2027-03-05 13:00:30+01:00", 2),
        ("2027-03-04T13:00:30+01:00", "unsure", 1),
        ("2027-03-05T13:00:00+01:00", "unsure", 1),
    ],
)
async def test_a_payment_is_marked_once(make_portal: MakePortal, seen: str | None, verdict: str, sent: int) -> None:
    look = invoice(seen)
    script = [drop, look, *([look, look, invoice(AS_ASKED)] if seen is None else [])]
    async with ScriptedServer(*script) as server:
        assert await pay(make_portal(server.url)) == verdict
        assert server.count("PATCH") == sent
        assert {received.path for received in server.received} == {"/v1/customer-invoices/inv_1"}


async def test_told_the_second_time_that_it_was_done_is_a_success(make_portal: MakePortal) -> None:
    nothing, refused = invoice(None), answer(422, {"message": "It is paid."})
    async with ScriptedServer(drop, nothing, nothing, nothing, refused, invoice(AS_ASKED)) as server:
        assert await pay(make_portal(server.url)) == "2027-03-05 13:00:30+01:00"


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        ({"acceptedAt": AS_ASKED, "acceptedViaIp": "10.0.0.1"}, "off_1"),
        ({"acceptedAt": AS_ASKED, "acceptedViaIp": "10.0.0.2"}, "unsure"),
        ({"acceptedAt": AS_ASKED, "acceptedViaIp": None}, "unsure"),
        # Rejected by somebody else meanwhile, or before: that is not untouched.
        ({"acceptedAt": None, "rejectedAt": AS_ASKED}, "unsure"),
        ({"acceptedAt": "2027-03-01T12:00:00+01:00"}, "unsure"),
        ({"acceptedAt": None, "rejectedAt": None}, "new"),
    ],
)
async def test_an_offer_is_decided_once(make_portal: MakePortal, shown: dict[str, Any], verdict: str) -> None:
    look = answer(200, answer_of(OPERATIONS["get_customer_offer"]) | {"id": "off_1", "rejectedAt": None} | shown)
    done = answer(200, answer_of(OPERATIONS["get_customer_offer"]) | {"id": "new"})
    async with ScriptedServer(drop, look, *([look, look, done] if verdict == "new" else [])) as server:
        try:
            found = (
                await make_portal(server.url).mark_customer_offer("off_1", accepted_at=PAID, accepted_via_ip="10.0.0.1")
            ).id
        except OutcomeUnknownError:
            found = "unsure"
        assert found == verdict
        assert server.count("PATCH") == 1 + (verdict == "new")


async def test_nobody_decides_nothing(make_portal: MakePortal) -> None:
    async with ScriptedServer() as server:
        with pytest.raises(ValueError, match="give accepted_at or rejected_at"):
            await make_portal(server.url).mark_customer_offer("off_1", accepted_via_ip="10.0.0.1")
        assert server.connections_accepted == 0


async def test_amounts_are_exact_whatever_they_come_as(make_portal: MakePortal) -> None:
    shown = answer_of(OPERATIONS["get_payment_link"])
    amounts: dict[Any, str] = {"12.95": "12.95", 12.95: "12.95", 15.670000000000002: "15.67", 100: "100"}
    amounts |= {"100": "100", "15.6699999999999999": "15.67", 0.005: "0.005", "0.005": "0.005", "1.2e3": "1200"}
    async with ScriptedServer(*(answer(200, shown | {"amount": amount}) for amount in amounts)) as server:
        portal = make_portal(server.url)
        for amount in amounts.values():
            assert (await portal.get_payment_link("plk_1")).amount == Decimal(amount)
