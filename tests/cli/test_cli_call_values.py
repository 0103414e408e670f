"""How the fields of `call` read what a person wrote: typed by the signature, never by the look of a value."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mijnklantportaal_async import FileContent, InvoiceLine, WebhookEvent
from mijnklantportaal_async.cli.call.amounts import read_amount
from mijnklantportaal_async.cli.call.arguments import for_options, read_arguments, undocumented_choices
from mijnklantportaal_async.cli.call.catalog import find_coroutine
from mijnklantportaal_async.cli.call.fields import fields_of
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.cli.json_output import as_json_text

ZONE = ZoneInfo("Europe/Amsterdam")
INVOICE = ("--customer-id", "cst_1", "--invoice-number", "1", "--issued-at", "2027-02-01")


def read(name: str, *words: str) -> dict[str, Any]:
    coroutine = find_coroutine(name)
    assert coroutine is not None
    return read_arguments(name, words, fields_of(coroutine), ZONE, {"--yes", "--all"})


def refused(name: str, *words: str) -> str:
    with pytest.raises(CommandError) as caught:
        read(name, *words)
    assert str(caught.value).endswith("Nothing was sent.")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12,95", "12.95"),
        ("12.95", "12.95"),
        ("12,5", "12.5"),
        ("1000", "1000"),
        ("0012", "12"),
        ("-5,00", "-5.00"),
        (" 7 ", "7"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("12.345.678,90", "12345678.90"),
    ],
)
def test_amounts_as_people_write_them(text: str, amount: str) -> None:
    assert read_amount(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["1.000", "1,000", "12.345", "1.000.000", "-1.000", "0,005"])
def test_ambiguous_amounts_are_refused_with_both_ways_out(text: str) -> None:
    with pytest.raises(ValueError, match=r"could be -?\d+ or an amount with three decimals; write"):
        read_amount(text)


@pytest.mark.parametrize(
    "text",
    ["", "x", "1e5", "inf", "NaN", "1.234,5", "1.23,45", "1,2,3", "+5", "5,-", ",50", "€ 5", "١٢", "1_000", "--5"],
)
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="is not an amount; write it as 12,95"):
        read_amount(text)


@given(st.integers(-(10**12), 10**12), st.booleans(), st.booleans())
def test_every_amount_in_cents_can_be_written(cents: int, comma: bool, grouped: bool) -> None:
    euros, rest = divmod(abs(cents), 100)
    thousands, decimal = (".", ",") if comma else (",", ".")
    text = f"{'-' if cents < 0 else ''}{euros:,}".replace(",", thousands if grouped else "") + f"{decimal}{rest:02}"
    assert read_amount(text) == Decimal(cents) / 100


@pytest.mark.parametrize(
    "text", ["0012", "1e5", "2017-10-10", "null", "true", "inf", "[1]", "{}", "1.000", "", " x ", "é"]
)
def test_a_text_stays_the_text_that_was_written(text: str) -> None:
    assert read("create_directory", "--name", text) == {"name": text}
    assert read("create_directory", f"--name={text}") == {"name": text}


def test_each_field_is_read_by_its_kind(tmp_path: Path) -> None:
    pdf = tmp_path / "factuur é.pdf"
    pdf.write_bytes(b"%PDF")
    read_now = read(
        "create_customer_invoice",
        *INVOICE[:2],
        "--invoice-number=0012",
        "--issued-at=5-3-2027",
        "--amount=1.234,56",
        f"--pdf={pdf}",
        "--paid-at=5-3-2027 14:30:15",
        "--send-notification=no",
    )

    assert read_now == {
        "customer_id": "cst_1",
        "invoice_number": "0012",
        "issued_at": date(2027, 3, 5),
        "amount": Decimal("1234.56"),
        "pdf": FileContent(pdf),
        "paid_at": datetime(2027, 3, 5, 13, 30, 15, tzinfo=UTC),
        "send_notification": False,
    }


def test_names_may_be_written_with_underscores_as_in_python() -> None:
    assert read("get_customer", "--customer_id", "cst_1") == {"customer_id": "cst_1"}


def test_a_time_without_an_offset_is_the_portals_own() -> None:
    summer = read("list_appointments", "--start-at", "25-07-2027 14:30")["start_at"]
    assert summer == datetime(2027, 7, 25, 12, 30, tzinfo=UTC)
    assert read("list_appointments", "--start-at", "2027-07-25T14:30+00:00")["start_at"] == datetime(
        2027, 7, 25, 14, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--start-at", "soon"), "--start-at: 'soon' is no date or time"),
        (("--start-at", "28-3-2027 2:30"), "--start-at: 2027-03-28 02:30 does not exist in Europe/Amsterdam"),
        (("--start-at", "31-10-2027 2:30"), "comes twice in Europe/Amsterdam that night"),
        (("--start-at", "5-3-2027"), "--start-at: '5-3-2027' is no day with a time"),
        (("--start-at", "5-3-2027 14:30:75"), "is no time of the day"),
        (("--days", "1e5"), "--days: '1e5' is not a whole number"),
        (("--days", "1.000"), "--days: '1.000' is not a whole number"),
        (("--days:=7.0",), "--days: must be a whole number in JSON, not the number 7.0"),
        (("--days:=null",), "--days: cannot be null; leave it out"),
        (("--days:=NaN",), "--days: NaN is no number of JSON"),
        (("--days:=seven",), "--days: 'seven' is not JSON"),
        (("--days",), "--days needs a value: --days NUMBER"),
        (("--days", "--start-at"), "If --start-at is meant, write --days=--start-at"),
        (("--days", "1", "--days", "2"), "--days is given twice"),
        (("--day", "1"), "list_appointments has no field --day. Did you mean --days?"),
        (("--nonsense",), "It has --start-at and --days."),
        (("7",), "'7' stands alone; give each value with its field, as in --start-at 7"),
        (("-d", "7"), "list_appointments has no field -d."),
    ],
)
def test_what_cannot_be_right_is_refused_with_the_way_out(words: Sequence[str], hint: str) -> None:
    assert hint in refused("list_appointments", *words)


def test_everything_that_is_missing_is_named_at_once() -> None:
    message = refused("create_customer", "--city", "Breda")
    assert message.startswith("create_customer needs --company-name, --address, --zip-code and --primary-email;")


def test_a_value_with_a_dash_needs_an_equals_sign_and_is_told_so() -> None:
    link = ("--description", "x")
    assert read("create_payment_link", *link, "--amount=-5,00")["amount"] == Decimal("-5.00")
    assert read("create_directory", "--name=-Jan")["name"] == "-Jan"
    assert "write --amount=-5,00." in refused("create_payment_link", *link, "--amount", "-5,00")
    assert "write --name=-Jan." in refused("create_directory", "--name", "-Jan")


def test_null_cannot_be_confused_with_a_text() -> None:
    customer = ("edit_customer", "--customer-id", "cst_1")
    assert read(*customer, "--address:=null")["address"] is None
    assert read(*customer, "--address=null")["address"] == "null"
    assert read(*customer, "--address=")["address"] == ""
    assert "address" not in read(*customer, "--city=x")
    assert "is given twice" in refused(*customer, "--address:=null", "--address=x")
    assert "cannot be null; give a value" in refused("get_customer", "--customer-id:=null")


def test_yes_and_no() -> None:
    card = ("edit_punch_card", "--punch-card-id", "pcd_1")
    for word in ("yes", "Ja", "true"):
        assert read(*card, "--for-sale", word)["for_sale"] is True
    assert read(*card, "--for-sale=no")["for_sale"] is False
    assert read(*card, "--for-sale:=true")["for_sale"] is True
    for word in ("1", "y", "", "maybe"):
        assert "is neither yes nor no" in refused(*card, f"--for-sale={word}")


def test_a_choice_that_is_not_documented_is_sent_and_said() -> None:
    known = read("create_webhook", "--url=x", "--type=ticket-created")
    assert known["type"] is WebhookEvent.TICKET_CREATED
    assert undocumented_choices(known) == []
    (note,) = undocumented_choices(read("create_webhook", "--url=x", "--type=tickets-created"))
    assert note.startswith("--type: 'tickets-created' is not documented (did you mean ticket-created?).")


def test_lists_by_repeating_the_field_or_as_json() -> None:
    share = "create_file_share"
    assert read(share, "--content", "fsf_1", "--content=fsd_2")["content"] == ["fsf_1", "fsd_2"]
    assert read(share, '--content:=["fsf_1", "fsd_2"]')["content"] == ["fsf_1", "fsd_2"]
    assert "--content: [1]: must be a text in JSON, not the number 2" in refused(share, '--content:=["x", 2]')
    assert "must be a list in JSON" in refused(share, '--content:="x"')
    # The portal would skip it without a word.
    assert "for JSON write := instead of =" in refused(share, '--content=["fsf_1"]')


LINE = InvoiceLine(description="Site", amount_excl_vat=Decimal("12.95"), vat_rate=21)


@pytest.mark.parametrize(
    "words",
    [
        ('--lines={"description": "Site", "amount_excl_vat": "12,95", "vat_rate": 21}',),
        ('--lines={"description": "Site", "amountExclVat": 12.95, "vatRate": 21}',),
        ('--lines=[{"description": "Site", "amountExclVat": "12.95", "vatRate": 21}]',),
        ('--lines:=[{"description": "Site", "amountExclVat": "12.95", "vatRate": 21}]',),
    ],
)
def test_records_inside_are_json_with_the_names_of_the_package_or_of_the_service(words: Sequence[str]) -> None:
    assert read("create_manual_customer_invoice", *INVOICE, *words)["lines"] == [LINE]
    assert (
        read("create_manual_customer_invoice", *INVOICE, words[0], words[0].replace(":=", "="))["lines"] == [LINE] * 2
    )


@pytest.mark.parametrize(
    ("record", "hint"),
    [
        (
            '{"description": "x", "amountExclVat": "1.000", "vatRate": 21}',
            "[0]: amount_excl_vat: '1.000' could be 1000",
        ),
        ('{"description": "x", "amountExclVat": 1.000, "vatRate": 21}', "[0]: amount_excl_vat: '1.000' could be 1000"),
        ('{"description": "x", "amountExclVat": 1e5, "vatRate": 21}', "is not an amount"),
        ('{"description": "x", "amountExclVat": true, "vatRate": 21}', "must be an amount in JSON, not true or false"),
        ('{"description": "x", "amountExclVat": "1", "vatRate": "21"}', "vat_rate: must be a whole number in JSON"),
        ('{"description": "x", "vatRate": 21}', "amount_excl_vat missing; write {"),
        ('{"description": "x", "amount": 1}', "'amount' is not known here"),
        ('{"vatRate": 21, "vat_rate": 9}', "vat_rate is given twice"),
        ('{"vatRate": 21, "vatRate": 9}', "'vatRate' is given twice"),
        ("[1]", "[0]: must be an object such as {"),
        ("x", "'x' is not JSON"),
    ],
)
def test_records_inside_that_cannot_be_right(record: str, hint: str) -> None:
    assert hint in refused("create_manual_customer_invoice", *INVOICE, f"--lines={record}")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert "cannot be read: No such file or directory" in refused("upload_file", f"--file={tmp_path / 'none.pdf'}")
    assert "cannot be read: Is a directory" in refused("upload_file", f"--file={tmp_path}")


def test_messages_of_the_package_speak_of_options_here() -> None:
    coroutine = find_coroutine("edit_customer")
    assert coroutine is not None
    fields = fields_of(coroutine)
    assert for_options("address is empty", fields) == "--address is empty"
    assert for_options("give at least one of company_name, address, city", fields) == (
        "give at least one of --company-name, --address, --city"
    )
    assert for_options("primary_email='x' is not an e-mail address", fields).startswith("--primary-email='x' is not an")


@given(st.text())
def test_json_has_nothing_that_a_terminal_obeys_in_letters_that_a_stream_can_carry(text: str) -> None:
    for ascii_only in (True, False):
        written = as_json_text({"x": text}, ascii_only=ascii_only)
        assert json.loads(written) == {"x": text}
        assert written.replace("\n", "").isprintable()
        assert written.isascii() or not ascii_only
