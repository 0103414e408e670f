"""What can be learned about a connection from one answer, its headers and the machine. Pure functions."""

import enum
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from zoneinfo import TZPATH, ZoneInfo

import attrs

from mijnklantportaal_async import errors
from mijnklantportaal_async.cli.failures import in_words
from mijnklantportaal_async.cli.figures import in_time

CLOCK_TOLERANCE = 30.0
"""Seconds by which this machine's clock and the portal's may differ."""

_USUAL_LIMIT = 60


class Verdict(enum.StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "-"


@attrs.frozen(kw_only=True)
class Check:
    """One line of the table."""

    subject: str
    verdict: Verdict
    found: str
    advice: str = ""


def check_address(base_url: str, proxy: str | None) -> Check:
    """Where the calls go."""
    way = f", through the proxy {_without_password(proxy)}" if proxy else ""
    return Check(subject="Address", verdict=Verdict.OK, found=f"{base_url}{way}")


def check_way(proxy: str | None, why_not: str | None) -> Check:
    """How requests go over the network: by themselves, or through aiohttp's ClientSession, and then why."""
    reason = "a proxy is used" if proxy else why_not
    found = "the short way" if reason is None else f"through aiohttp's ClientSession, as right and slower: {reason}"
    return Check(subject="Requests go", verdict=Verdict.OK, found=found)


def check_zone(zone: ZoneInfo, now: datetime) -> Check:
    """Whether the portal's zone is known, and how it relates to this machine's."""
    portal, machine = now.astimezone(zone), now.astimezone()
    found = f"{zone.key}, now {portal:%H:%M} ({portal:%z}); rules from {_source_of_rules()}"
    if portal.utcoffset() != machine.utcoffset():
        return Check(
            subject="Time zone",
            verdict=Verdict.OK,
            found=f"{found}. This machine is at {machine:%H:%M} ({machine:%z}); times you give are the portal's",
        )
    return Check(subject="Time zone", verdict=Verdict.OK, found=found)


def check_answer(error: errors.MijnKlantportaalError | None, elapsed: float) -> list[Check]:
    """Whether the portal was reached, and what it says of the key."""
    reached, key, scope = "Connection", "API key", "Scope to read"
    match error:
        case None:
            return [
                Check(subject=reached, verdict=Verdict.OK, found=f"answered in {in_time(elapsed)}"),
                Check(subject=key, verdict=Verdict.OK, found="accepted"),
                Check(subject=scope, verdict=Verdict.OK, found="appointments.read is there"),
                Check(
                    subject="Scope to write",
                    verdict=Verdict.SKIPPED,
                    found="not tried: nothing is changed here",
                    advice="Scheduling needs appointments.write; after a lost answer also appointments.read.",
                ),
            ]
        case errors.TransportError():
            return [
                Check(subject=reached, verdict=Verdict.FAIL, found=error.message, advice=_connection_advice(error)),
                Check(subject=key, verdict=Verdict.SKIPPED, found="not tried"),
            ]
        case errors.AuthenticationError():
            return [
                Check(subject=reached, verdict=Verdict.OK, found=f"answered in {in_time(elapsed)}"),
                Check(subject=key, verdict=Verdict.FAIL, found=_said(error), advice=error.advice),
            ]
        case errors.PermissionDeniedError():
            advice = (
                "Without it a lost answer cannot be looked up: scheduling then ends as unknown. "
                "Give the key the scope under Settings > API Keys in the portal."
            )
            return [
                Check(subject=reached, verdict=Verdict.OK, found=f"answered in {in_time(elapsed)}"),
                Check(subject=key, verdict=Verdict.OK, found="accepted"),
                Check(subject=scope, verdict=Verdict.FAIL, found=_said(error), advice=advice),
            ]
        case errors.RateLimitedError():
            return [
                Check(subject=reached, verdict=Verdict.OK, found=f"answered in {in_time(elapsed)}"),
                Check(subject="Rate limit", verdict=Verdict.WARN, found=_said(error), advice="Wait a minute."),
            ]
        case _:
            advice = in_words(error)
            return [Check(subject=reached, verdict=Verdict.FAIL, found=error.message, advice=advice)]


def check_answer_without_key(error: errors.TransportError | None, elapsed: float, trouble: str) -> list[Check]:
    """Whether the portal was reached by somebody who has no key to show.

    Args:
        error: Why it was not.
        elapsed: Seconds that the answer took.
        trouble: Why there is no key.
    """
    if error is not None:
        first = Check(subject="Connection", verdict=Verdict.FAIL, found=error.message, advice=_connection_advice(error))
    else:
        first = Check(subject="Connection", verdict=Verdict.OK, found=f"answered in {in_time(elapsed)}")
    advice = (
        "With a key it is also checked whether the portal takes it, whether it may read appointments, and how many "
        "requests a minute it may make."
    )
    return [first, Check(subject="API key", verdict=Verdict.SKIPPED, found=trouble, advice=advice)]


def check_clock(headers: Mapping[str, str], now: datetime) -> Check:
    """Whether this machine's clock agrees with the portal's."""
    subject = "Clock"
    try:
        theirs = parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError):
        return Check(
            subject=subject,
            verdict=Verdict.WARN,
            found="the answer has no Date header",
            advice="After a lost answer it cannot be told which appointment is new.",
        )
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=UTC)
    difference = (now - theirs).total_seconds()
    if abs(difference) <= CLOCK_TOLERANCE:
        return Check(subject=subject, verdict=Verdict.OK, found=f"{abs(difference):.0f} s from the portal's")
    direction = "ahead of" if difference > 0 else "behind"
    return Check(
        subject=subject,
        verdict=Verdict.WARN,
        found=f"this machine is {in_time(abs(difference))} {direction} the portal",
        advice="Set this machine's clock, for example with NTP; scheduling itself goes by the portal's clock.",
    )


def check_rate_limit(headers: Mapping[str, str]) -> Check:
    """Whether the portal tells its rate limit, and how much is left."""
    limit, left = headers.get("x-ratelimit-limit"), headers.get("x-ratelimit-remaining")
    if limit is None or left is None:
        return Check(
            subject="Rate limit",
            verdict=Verdict.WARN,
            found="the answer does not tell it",
            advice=f"{_USUAL_LIMIT} requests a minute are assumed.",
        )
    return Check(subject="Rate limit", verdict=Verdict.OK, found=f"{limit} requests a minute, {left} left now")


# --- inside ----------------------------------------------------------------------------------------------------


def _said(error: errors.APIStatusError) -> str:
    return f"{error.status} {error.service_message}" if error.service_message else error.message


def _connection_advice(error: errors.TransportError) -> str:
    if isinstance(error, errors.ConnectError) and error.is_permanent:
        return "Give the right certificate authority (SSL_CERT_FILE), or find out who answers in the portal's place."
    if isinstance(error, errors.CallTimeoutError):
        return "Is a firewall in the way? Name a proxy with HTTPS_PROXY if the network needs one."
    return "Check the network and --base-url. Name a proxy with HTTPS_PROXY if the network needs one."


def _source_of_rules() -> str:
    return "this machine" if any(_has_zones(path) for path in TZPATH) else "the package tzdata"


def _has_zones(path: str) -> bool:
    import os

    return os.path.isfile(os.path.join(path, "Europe", "Amsterdam"))


def _without_password(proxy: str) -> str:
    scheme, mark, rest = proxy.rpartition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"
