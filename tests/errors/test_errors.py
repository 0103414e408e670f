"""Every error: it pickles, says what to do, and never shows the key."""

import copy
import inspect
import pickle
from typing import Any

import pytest
from given import SECRET, WANTED, MakePortal
from scripted_server import ScriptedServer, answer

from mijnklantportaal_async import (
    APIStatusError,
    ConnectError,
    LicenceError,
    MijnKlantportaalError,
    Outcome,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitedError,
    RateLimitError,
    RateLimitWaitError,
    RetryPolicy,
    ServerError,
    TransportError,
    errors,
)
from mijnklantportaal_async.calling.answers import error_from
from mijnklantportaal_async.calling.headers import retry_after
from mijnklantportaal_async.calling.wire import Answer as WireAnswer
from mijnklantportaal_async.calling.wire import Effect, Operation, Request

EVERY_ERROR = sorted(
    (kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, MijnKlantportaalError)),
    key=lambda kind: kind.__name__,
)

OPERATION = Operation(
    name="get_appointment",
    method="GET",
    path="/appointments/x",
    effect=Effect.READ,
    scope="appointments.read",
)
REQUEST = Request(OPERATION, "/appointments/x?y=1")


def error_of(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> APIStatusError:
    return error_from(REQUEST, WireAnswer(status, headers or {}, body), 1)


def test_there_are_errors_to_test() -> None:
    assert len(EVERY_ERROR) > 15


@pytest.mark.parametrize("kind", EVERY_ERROR)
def test_every_error_pickles_and_copies(kind: type[MijnKlantportaalError]) -> None:
    accepted = set(inspect.signature(kind).parameters)
    values: dict[str, Any] = {
        "status": 418,
        "problems": ("$: x",),
        "retry_after": 3.0,
        "clock": "call",
        "errors": {"a": ["b"]},
    }
    given = {name: value for name, value in values.items() if name in accepted}
    error = kind("it failed", operation="schedule_appointment", attempts=2, outcome=Outcome.UNKNOWN, **given)
    error.add_note("a note")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is kind
        assert str(again) == str(error)
        assert again.__dict__ == error.__dict__
        assert again.args == error.args
    assert "schedule_appointment: it failed" in str(error)
    assert "after 2 attempts" in str(error)
    assert "Effect: unknown" in str(error)


@pytest.mark.parametrize("kind", EVERY_ERROR)
def test_every_error_says_what_to_do(kind: type[MijnKlantportaalError]) -> None:
    abstract = {"MijnKlantportaalError", "APIStatusError", "TransportError", "RateLimitError"}
    if kind.__name__ not in abstract:
        assert str(kind("it failed")).count(". ") >= 2, str(kind("it failed"))


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (403, "PermissionDeniedError"),
        (404, "NotFoundError"),
        (409, "ConflictError"),
        (422, "ValidationError"),
        (426, "LicenceError"),
        (429, "RateLimitedError"),
        (500, "ServerError"),
        (502, "ServerError"),
        (520, "ServerError"),
        (599, "ServerError"),
        (418, "APIStatusError"),
        (302, "APIStatusError"),
    ],
)
def test_each_status_has_its_error(status: int, name: str) -> None:
    error = error_of(status, b'{"message": "The text."}', {"X-Request-Id": "r-1"})
    assert type(error).__name__ == name
    assert error.status == status
    assert error.service_message == "The text."
    assert error.request_id == "r-1"
    assert error.headers == {"x-request-id": "r-1"}
    assert (error.operation, error.method, error.path) == ("get_appointment", "GET", "/appointments/x")


def test_an_html_page_is_a_server_error_with_an_excerpt() -> None:
    error = error_of(
        502, b"<html><h1>Bad   Gateway</h1></html>" + b"x" * 9999, {"Content-Type": "text/html; charset=x"}
    )
    assert isinstance(error, ServerError)
    assert "502, answered with text/html: 'Bad Gateway xxx" in str(error)
    assert len(error.body) == errors.EXCERPT_LENGTH
    assert error.service_message is None
    assert "with an empty body" in str(error_of(503))


@pytest.mark.parametrize("body", [b"[]", b'{"message": 7}', b'{"message": ""}', b"null", b"\xff\xfe"])
def test_bodies_of_another_shape(body: bytes) -> None:
    assert error_of(404, body).service_message is None


def test_a_refused_scope_is_named() -> None:
    error = error_of(403, b'{"message": "no"}')
    assert isinstance(error, PermissionDeniedError)
    assert error.scope == "appointments.read"
    assert "probably needs the scope appointments.read" in str(error)
    assert "needs the scope" not in str(PermissionDeniedError("x"))


def test_the_parents() -> None:
    assert issubclass(RateLimitedError, RateLimitError)
    assert issubclass(RateLimitedError, APIStatusError)
    assert issubclass(RateLimitWaitError, RateLimitError)
    assert issubclass(errors.CallTimeoutError, TimeoutError)
    assert issubclass(ConnectError, TransportError)
    assert issubclass(LicenceError, MijnKlantportaalError)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Sun, 06 Nov 2050 08:49:37 GMT", "date": "Sun, 06 Nov 2050 08:49:30 GMT"}, 7.0),
        # Without the service's clock by our own; what is absurd is cut to an hour.
        ({"retry-after": "Sun, 06 Nov 2950 08:49:37 GMT"}, 300.0),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}, 0.0),
        ({"retry-after": "Mon, 01 Jan 99999999999 00:00:00 GMT"}, None),
        ({"retry-after": "Mon, 01 Jan 12000 00:00:00 GMT"}, None),
        ({"retry-after": "Mon, 01 Jan 2035 00:00:00 +99999999999999999"}, None),
        ({"retry-after": "20.5"}, 20.5),
        ({"retry-after": "1, 3"}, 3.0),
        ({"retry-after": "9999999999"}, 300.0),
        ({"retry-after": "9" * 400}, 300.0),
        ({"retry-after": "9" * 5000}, 300.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "NaN"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e3"}, None),
        ({"retry-after": "\u0661\u0662"}, None),
        ({"retry-after": "rand(30),add(30)", "x-ratelimit-reset": "30"}, 30.0),
        ({"x-ratelimit-reset": "30"}, 30.0),
        ({"x-ratelimit-reset": "1000000060000", "date": "Sun, 09 Sep 2001 01:46:40 GMT"}, 60.0),
        ({"x-ratelimit-reset": "1000000060.5", "date": "Sun, 09 Sep 2001 01:46:40 GMT"}, 60.5),
        ({"x-ratelimit-reset": "1000000000", "date": "Sun, 09 Sep 2001 01:46:45 GMT"}, None),
        ({"x-ratelimit-reset": "9" * 5000}, 300.0),
        ({"x-ratelimit-reset": "1000000060", "date": "Sun, 09 Sep 2001 01:46:40 GMT"}, 60.0),
        ({"x-ratelimit-reset": "0", "date": "Sun, 09 Sep 2001 01:46:40 GMT"}, None),
        ({"x-ratelimit-reset": "1000000060"}, None),
        ({"x-ratelimit-reset": "1000000060", "date": "yesterday"}, None),
        ({"x-ratelimit-reset": "1000000060", "date": "Sun, 09 Sep 2001 01:46:40"}, 60.0),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after(headers) == expected


@pytest.mark.parametrize("status", [200, 401, 403, 422, 429, 500, 502])
async def test_the_key_never_shows(make_portal: MakePortal, status: int) -> None:
    async with ScriptedServer(otherwise=answer(status, b"<html>")) as server:
        portal = make_portal(server.url, retry=RetryPolicy(attempts=1), reconcile=None)
        with pytest.raises(MijnKlantportaalError) as caught:
            await portal.schedule_appointment(**WANTED)
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET not in repr(error) + str(error) + repr(vars(error))
        assert SECRET.encode() not in pickle.dumps(error) if isinstance(error, MijnKlantportaalError) else True
        error = error.__cause__ or error.__context__
    assert SECRET not in repr(portal) + repr(portal._caller.sender.auth) + repr(portal._caller)


def test_advice_depends_on_what_is_known() -> None:
    assert "Look whether it happened" in str(ServerError("x", outcome=Outcome.UNKNOWN))
    assert "Wait a moment" in str(ServerError("x", outcome=Outcome.REJECTED))
    assert "Look whether" in str(errors.CallTimeoutError("x", outcome=Outcome.UNKNOWN))
    assert "Call again, or give Timeouts(queue=...)" in str(errors.CallTimeoutError("x", clock="queue"))
    assert "without a change will not help" in str(ConnectError("x", is_permanent=True))
    assert "Call again in a minute" in str(RateLimitedError("x"))
    assert "Call again in a minute" in str(RateLimitedError("x", retry_after=0.5))
    assert "Call again in 21 s" in str(RateLimitedError("x", retry_after=20.5))
    assert "Call again in 9 s" in str(ServerError("x", retry_after=9, outcome=Outcome.REJECTED))
    assert "Do not simply call again: it could happen twice." in str(OutcomeUnknownError("x"))
