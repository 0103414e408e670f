"""`call` in this process: what it shows, what it asks, what it refuses, how it ends."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from cli_support import KEY, Command

from mijnklantportaal_async import PortalSession
from mijnklantportaal_async.cli.application import application
from mijnklantportaal_async.sandbox import Sandbox

CUSTOMER = (
    "--company-name=Bakkerij Café",
    "--address=Dorpsstraat 1",
    "--zip-code=1234 AB",
    "--city=Breda",
    "--primary-email=info@example.nl",
)
LINK = ("--description=Aanbetaling", "--amount=1.234,50")


@pytest.fixture
def kept(tmp_path: Path) -> tuple[str, ...]:
    return ("call", "--sandbox", "--sandbox-database", str(tmp_path / "portal.sqlite3"))


@pytest.fixture
def many(tmp_path: Path, kept: tuple[str, ...]) -> tuple[str, ...]:
    """A portal with eighteen customers: two pages."""

    async def fill() -> None:
        async with (
            Sandbox(database=tmp_path / "portal.sqlite3", rate_limit=None) as sandbox,
            PortalSession(api_key=sandbox.api_key, base_url=sandbox.url, rate_limit=None) as portal,
        ):
            for number in range(18):
                await portal.create_customer(
                    company_name=f"Customer {number}",
                    address="Dorpsstraat 1",
                    zip_code="1234AB",
                    city="Breda",
                    primary_email="info@example.nl",
                )

    asyncio.run(fill())
    return kept


def test_a_record_is_one_json_document_with_amounts_as_texts(command: Command, kept: tuple[str, ...]) -> None:
    made = command(*kept, "create_payment_link", *LINK)
    link = json.loads(made.output)

    assert made.code == 0
    assert made.messages == ""
    assert link["amount"] == "1234.50"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0[12]:00", link["created_at"])
    assert json.loads(command(*kept, "get_payment_link", "--link-id", link["id"]).output) == link
    assert json.loads(command(*kept, "close-payment-link", f"--link_id={link['id']}").output)["status"] == "closed"


def test_a_sandbox_that_begins_with_something(command: Command) -> None:
    listed = command("call", "--sandbox", "--sandbox-seeded", "--all", "list_customer_invoices")
    assert listed.code == 0
    assert len(json.loads(listed.output)) > 15


def test_a_table_on_request(command: Command, kept: tuple[str, ...]) -> None:
    made = command(*kept, "--table", "create_customer", *CUSTOMER)
    assert re.search(r"^company_name +Bakkerij Café *$", made.output, re.MULTILINE)
    assert not re.search(r"^phone ", made.output, re.MULTILINE)

    listed = command(*kept, "--table", "list_customers")
    assert re.match(r"id +company name +address", listed.output)
    assert "1 record." in listed.messages


def test_a_narrow_table_says_what_it_leaves_out(
    command: Command, many: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    result = command(*many, "--table", "list_customers")

    assert max(map(len, result.output.splitlines())) <= 60
    assert "Left out, for want of room; --json has all: " in result.messages


def test_what_is_secret_stands_in_no_table_of_many(command: Command, kept: tuple[str, ...]) -> None:
    made = json.loads(command(*kept, "create_webhook", "--url=https://example.nl", "--type=ticket-created").output)

    assert made["secret"] not in command(*kept, "--table", "list_webhooks").output
    shown = command(*kept, "--table", "get_webhook", "--webhook-id", made["id"])
    assert made["secret"] in shown.output


def test_one_page_says_that_there_are_more(command: Command, many: tuple[str, ...]) -> None:
    first = command(*many, "list_customers")
    assert first.code == 0
    assert len(json.loads(first.output)) == 15
    assert "This was page 1, and there are more. The next: list_customers --page 2." in first.messages

    second = command(*many, "list_customers", "--page", "2")
    assert [item["company_name"] for item in json.loads(second.output)] == [f"Customer {n}" for n in (15, 16, 17)]
    assert second.messages == ""


def test_all_pages_are_one_document(command: Command, many: tuple[str, ...]) -> None:
    result = command(*many, "--all", "list_customers")

    assert [item["company_name"] for item in json.loads(result.output)] == [f"Customer {n}" for n in range(18)]
    assert result.messages == ""
    assert len(json.loads(command(*many, "--all", "list_customers", "--page=2").output)) == 3


@pytest.mark.parametrize("name", ["get_customer", "list_appointments", "create_customer"])
def test_all_pages_of_something_that_has_none(command: Command, kept: tuple[str, ...], name: str) -> None:
    result = command(*kept, "--all", name, "--customer-id=cst_1")

    assert result.code == 2
    assert f"--all is for lists that come in pages, and {name} is none. Nothing was sent." in result.messages


def test_nobody_is_there_to_ask(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIJNKLANTPORTAAL_API_KEY", KEY)
    monkeypatch.setenv("MIJNKLANTPORTAAL_BASE_URL", "http://127.0.0.1:9")
    result = command("call", "create_payment_link", *LINK)

    assert result.code == 2
    assert "mijnklantportaal call --yes create_payment_link ... Nothing was sent." in result.messages


def test_a_dry_run_needs_no_key_and_shows_none(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    without = command("call", "--dry-run", "create_payment_link", *LINK)
    monkeypatch.setenv("MIJNKLANTPORTAAL_API_KEY", KEY)
    monkeypatch.setenv("MIJNKLANTPORTAAL_BASE_URL", "http://127.0.0.1:9/v1")
    result = command("call", "--dry-run", "create_payment_link", *LINK)

    assert without.code == result.code == 0
    assert json.loads(result.output) == {
        "operation": "create_payment_link",
        "method": "POST",
        "url": "http://127.0.0.1:9/v1/payment-links",
        "content_type": "application/json",
        "body": {"description": "Aanbetaling", "amount": "1234.50"},
    }
    assert "Nothing was sent (--dry-run)." in result.messages
    assert KEY not in result.everything


def test_a_dry_run_of_a_list_and_one_to_read(command: Command) -> None:
    shown = command("call", "--dry-run", "--table", "list_customers", "--page", "3")
    assert shown.output == "GET https://api.mijnklantportaal.nl/v1/customers?page=3\n"
    shown = command("call", "--dry-run", "--table", "create_directory", "--name", "é\x1b[2J")
    assert shown.code == 2
    assert "\x1b" not in shown.everything


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("create_customer", *CUSTOMER[:4], "--primary-email=x"), "--primary-email='x' is not an e-mail address"),
        (("create_customer", *CUSTOMER, "--country-code="), "--country-code is empty"),
        (("edit_customer", "--customer-id=cst_1"), "nothing to change; give at least one of --company-name, --address"),
        (("get_customer", "--customer-id=a b"), "--customer-id='a b' cannot be an id"),
        (("list_customers", "--page=0"), "--page=0 must be 1 or more"),
        (("schedule_appointment", "--name=x", "--starts-at=5-3-2027 14:30:15", "--ends-at=5-3-2027 15:00",
          "--customer-id=x"), "none are cut off here: round it. Nothing was sent."),
        (("create_payment_link", *LINK, "--yes"), "mijnklantportaal call --yes create_payment_link ..."),
        (("list_customers", "--all"), "mijnklantportaal call --all list_customers ..."),
        (("list_customers", "--timezone=UTC"), "mijnklantportaal call --timezone=UTC list_customers ..."),
        (("create_file_share",), "create_file_share needs --content; mijnklantportaal call create_file_share --help"),
        (("get_custmer",), "There is no operation 'get_custmer'. Did you mean get_customer"),
        (("nonsense",), "There is no operation 'nonsense'. `mijnklantportaal operations` lists them."),
        (("schedule_appointments",), "There is no operation 'schedule_appointments'. Did you mean"),
        ((), "OPERATION [--field value ...]"),
    ],
)  # fmt: skip
def test_what_is_refused_before_anything_is_sent(command: Command, words: tuple[str, ...], hint: str) -> None:
    result = command("call", *words)

    assert result.code == 2
    assert hint in " ".join(result.everything.replace("│", " ").split())


def test_the_key_has_no_option_and_is_not_repeated(command: Command) -> None:
    for words in (("--api-key", KEY, "list_customers"), ("list_customers", "--api-key", KEY)):
        result = command("call", *words)
        assert result.code == 2
        assert KEY not in result.everything
    assert "There is no API key for the portal 'default'" in command("call", "list_customers").messages


def test_what_the_portal_refuses(command: Command, kept: tuple[str, ...]) -> None:
    result = command(*kept, "get_customer", "--customer-id=cst_1")

    assert result.code == 1
    assert result.output == ""
    assert "404 No customer has this ID" in result.messages


def test_the_help_on_eighty_columns(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    group = command("call", "--help").output
    assert "--dry-run" in group
    assert "create_customer" not in group

    for words in (("create_payment_link", "--help"), ("create_payment_link", "--amount", "-h")):
        shown = command("call", *words).output
        assert re.search(r"  --amount AMOUNT +Euro\. \[required\]", shown)
        assert re.search(r"  --reusable yes\|no ", shown)
        assert "1.000 is" in shown
    assert "One of days" in command("call", "create_punch_card", "--help").output


# --- completion, as a shell asks for it --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("mijnklantportaal call create_customer_g", ["create_customer_group"]),
        ("mijnklantportaal call --dry", ["--dry-run"]),
        ("mijnklantportaal call --yes create_payment_link --re", ["--reusable"]),
        ("mijnklantportaal call create_payment_link --amount 5 --", ["--description", "--expires-at", "--reusable"]),
        ("mijnklantportaal call create_file_share --content x --con", ["--content"]),
        ("mijnklantportaal call create_punch_card --for-sale ", ["yes", "no"]),
        ("mijnklantportaal call create_punch_card --expire-period m", ["months"]),
        ("mijnklantportaal call upload_file --file ", []),
        ("mijnklantportaal op", ["operations"]),
    ],
)
def test_completion_knows_operations_fields_and_choices(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str, offered: list[str]
) -> None:
    monkeypatch.setenv("_MIJNKLANTPORTAAL_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
    with pytest.raises(SystemExit):
        application(prog_name="mijnklantportaal")

    assert [item for item in capsys.readouterr().out.splitlines() if item] == offered
