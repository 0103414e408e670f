import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from batch_cli_support import own_folder
from cli_support import KEY, Command, Start

from mijnklantportaal_async import errors
from mijnklantportaal_async.cli.doctor_checks import (
    Check,
    Verdict,
    check_address,
    check_answer,
    check_clock,
    check_rate_limit,
    check_way,
    check_zone,
)
from mijnklantportaal_async.sandbox import Sandbox

NOW = datetime(2027, 3, 5, 12, 0, tzinfo=UTC)


def verdicts(checks: list[Check]) -> dict[str, Verdict]:
    return {check.subject: check.verdict for check in checks}


@pytest.mark.parametrize(
    ("error", "subject", "verdict"),
    [
        (None, "API key", Verdict.OK),
        (errors.ConnectError("refused"), "Connection", Verdict.FAIL),
        (errors.ConnectError("certificate", is_permanent=True), "Connection", Verdict.FAIL),
        (errors.CallTimeoutError("slow"), "Connection", Verdict.FAIL),
        (errors.AuthenticationError("401", status=401), "API key", Verdict.FAIL),
        (errors.PermissionDeniedError("403", status=403), "Scope to read", Verdict.FAIL),
        (errors.RateLimitedError("429", status=429), "Rate limit", Verdict.WARN),
        (errors.ServerError("502", status=502), "Connection", Verdict.FAIL),
        (errors.DecodeError("not JSON"), "Connection", Verdict.FAIL),
    ],
)
def test_what_an_answer_tells(error: errors.MijnKlantportaalError | None, subject: str, verdict: Verdict) -> None:
    checks = check_answer(error, 0.1)

    assert verdicts(checks)[subject] is verdict
    assert all(check.advice for check in checks if check.verdict in {Verdict.WARN, Verdict.FAIL})


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(0, Verdict.OK), (29, Verdict.OK), (-29, Verdict.OK), (90, Verdict.WARN)]
)
def test_the_clock_is_compared_with_the_portals(seconds: int, verdict: Verdict) -> None:
    headers = {"date": format_datetime(NOW - timedelta(seconds=seconds), usegmt=True)}

    assert check_clock(headers, NOW).verdict is verdict


@pytest.mark.parametrize("headers", [{}, {"date": "yesterday"}])
def test_without_a_date_there_is_a_warning(headers: dict[str, str]) -> None:
    assert check_clock(headers, NOW).verdict is Verdict.WARN


def test_the_rate_limit_is_read_from_the_headers() -> None:
    told = check_rate_limit({"x-ratelimit-limit": "60", "x-ratelimit-remaining": "59"})

    assert (told.verdict, told.found) == (Verdict.OK, "60 requests a minute, 59 left now")
    assert check_rate_limit({}).verdict is Verdict.WARN


def test_the_password_of_a_proxy_is_not_shown() -> None:
    found = check_address("https://api.example/v1", "http://user:secret@proxy.example:3128").found

    assert "http://proxy.example:3128" in found
    assert "secret" not in found


def test_which_way_requests_go() -> None:
    assert check_way(None, None).found == "the short way"
    assert check_way(None, "aiohttp 9.9 is not among the tested").found.endswith(
        ": aiohttp 9.9 is not among the tested"
    )
    proxied = check_way("http://user:secret@proxy.example:3128", None).found
    assert "ClientSession" in proxied
    assert "secret" not in proxied


def test_the_zone_says_what_time_it_is_there() -> None:
    assert "Europe/Amsterdam, now 13:00 (+0100)" in check_zone(ZoneInfo("Europe/Amsterdam"), NOW).found


def test_a_healthy_sandbox(command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own_folder(monkeypatch, tmp_path)

    result = command("doctor", "--sandbox", "--sandbox-speed", "1")

    assert result.code == 0
    assert "All is well." in result.messages
    assert "the short way" in result.output
    assert "fail" not in result.output
    assert "no jobs yet; they would be in" in result.output
    assert list(tmp_path.iterdir()) == [], "who only looks leaves nothing behind"


async def test_each_key_gets_its_own_diagnosis_and_nothing_is_changed(started: Start) -> None:
    keys = {KEY: ["appointments.read", "appointments.write"], "no-read": ["appointments.write"]}
    async with Sandbox(keys=keys) as sandbox:
        expected = {KEY: (0, "All is well."), "no-read": (4, "until an answer is lost"), "wrong": (4, "will not work")}
        for key, (code, text) in expected.items():
            result = await (await started("doctor", base_url=sandbox.url, key=key)).end()
            assert (result.code, text in result.messages) == (code, True), result
            assert key not in result.everything
        assert {request.method for request in sandbox.requests} == {"GET"}
        assert len(sandbox.requests) == 3


async def test_a_portal_that_is_not_there(started: Start) -> None:
    async with Sandbox() as sandbox:
        gone = sandbox.url
    result = await (await started("doctor", base_url=gone)).end()

    assert result.code == 4
    assert "No connection to" in result.output
    assert re.search(r"API key +- +not tried", result.output)
