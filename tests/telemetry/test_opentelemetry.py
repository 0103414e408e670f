"""Spans and metrics of what went over the wire."""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest
from given import SECRET, WANTED, MakePortal
from moved_time import LoopClock
from oauth_given import connected
from opentelemetry import trace
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.instrumentation.utils import is_http_instrumentation_enabled
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from scripted_server import ScriptedServer, answer, appointment, drop

from mijnklantportaal_async import NotFoundError, OutcomeUnknownError, RateLimit
from mijnklantportaal_async.events import AttemptStarted, Event
from mijnklantportaal_async.oauth import ReconnectError
from mijnklantportaal_async.opentelemetry import ATTRIBUTES, OpenTelemetry
from mijnklantportaal_async.portals import Portals
from mijnklantportaal_async.sandbox import Fault
from mijnklantportaal_async.testing import portal_in_sandbox

FOUND = answer(200, appointment())


class Telemetry:
    """A program's own SDK, which keeps everything in memory."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self.tracers = TracerProvider(shutdown_on_exit=False)
        self.tracers.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.meters = MeterProvider([self._reader], shutdown_on_exit=False)

    def hook(self, **settings: Any) -> OpenTelemetry:
        return OpenTelemetry(tracer_provider=self.tracers, meter_provider=self.meters, **settings)

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self._exporter.get_finished_spans())

    @property
    def metrics(self) -> dict[str, list[Any]]:
        data = self._reader.get_metrics_data()
        scopes = [scope for resource in data.resource_metrics for scope in resource.scope_metrics] if data else []
        return {metric.name: list(metric.data.data_points) for scope in scopes for metric in scope.metrics}

    @property
    def everything(self) -> str:
        spans = "".join(span.to_json() for span in self.spans)
        return spans + str(self.metrics)

    def close(self) -> None:
        self.tracers.shutdown()
        self.meters.shutdown()


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    kept = Telemetry()
    yield kept
    kept.close()


@pytest.fixture
def instrumented(telemetry: Telemetry) -> Iterator[None]:
    """Aiohttp's own instrumentation, as programs switch it on."""
    instrumentor = AioHttpClientInstrumentor()
    instrumentor.instrument(tracer_provider=telemetry.tracers, meter_provider=telemetry.meters)
    yield
    instrumentor.uninstrument()


@pytest.fixture
async def traced_session(instrumented: None) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as http:
        yield http


def told(span: ReadableSpan) -> list[tuple[str, dict[str, Any]]]:
    return [(event.name.removeprefix("mijnklantportaal."), dict(event.attributes or {})) for event in span.events]


async def test_a_call_is_a_span_by_the_conventions(make_portal: MakePortal, telemetry: Telemetry) -> None:
    async with ScriptedServer(FOUND) as server:
        await make_portal(server.url, hooks=[telemetry.hook()]).get_appointment("apt_1")
        (span,) = telemetry.spans
        port = int(re.findall(r":(\d+)", server.url)[0])
    assert (span.name, span.kind) == ("GET /appointments/{appointment_id}", SpanKind.CLIENT)
    assert span.status.status_code is StatusCode.UNSET
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "url.template": "/appointments/{appointment_id}",
        "server.address": "127.0.0.1",
        "server.port": port,
        "mijnklantportaal.operation": "get_appointment",
    }


async def test_names_hold_no_ids(make_portal: MakePortal, telemetry: Telemetry) -> None:
    async with ScriptedServer(otherwise=FOUND) as server:
        portal = make_portal(server.url, hooks=[telemetry.hook()])
        await portal.get_appointment("apt_secret")
        await portal.request("GET", "/new-thing/thg_secret", query={"email": "secret@example.nl"})
    assert [span.name for span in telemetry.spans] == ["GET /appointments/{appointment_id}", "GET"]
    assert "secret" not in telemetry.everything
    assert SECRET not in telemetry.everything


async def test_attempts_retries_and_errors_are_events(make_portal: MakePortal, telemetry: Telemetry) -> None:
    async with ScriptedServer(answer(503), drop, FOUND) as server:
        await make_portal(server.url, hooks=[telemetry.hook()]).get_appointment("apt_1")
    (span,) = telemetry.spans
    assert [(name, event.get("attempt"), event.get("error.type")) for name, event in told(span)] == [
        ("attempt", 1, "503"),
        ("retry", 1, "503"),
        ("attempt", 2, "ConnectionLostError"),
        ("retry", 2, "ConnectionLostError"),
        ("attempt", 3, None),
    ]
    assert span.attributes is not None
    assert span.attributes["http.request.resend_count"] == 2
    assert span.attributes["http.response.status_code"] == 200
    assert span.status.status_code is StatusCode.UNSET


async def test_an_error_says_its_kind_and_outcome_and_not_its_words(
    make_portal: MakePortal, telemetry: Telemetry
) -> None:
    async with ScriptedServer(answer(404, {"message": "No Jan de Vries here."})) as server:
        with pytest.raises(NotFoundError):
            await make_portal(server.url, hooks=[telemetry.hook()]).get_appointment("apt_1")
    (span,) = telemetry.spans
    assert span.attributes is not None
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes["error.type"], span.attributes["mijnklantportaal.outcome"]) == ("404", "rejected")
    assert "Vries" not in telemetry.everything


async def test_looks_are_seen_and_belong_to_the_call(make_portal: MakePortal, telemetry: Telemetry) -> None:
    async with portal_in_sandbox(session={"hooks": [telemetry.hook()]}) as (portal, sandbox):
        sandbox.fail_next(Fault.DROP_AFTER_COMMIT, method="POST")
        await portal.schedule_appointment(**WANTED)
    (span,) = telemetry.spans
    events = told(span)
    assert [(name, event.get("mijnklantportaal.operation")) for name, event in events] == [
        ("attempt", "schedule_appointment"),
        ("attempt", "list_appointments"),
        ("look", None),
    ]
    assert events[-1][1]["found"] is True
    assert span.name == "POST /appointments"
    # The status of the look is not that of the call, which had none.
    assert "http.response.status_code" not in (span.attributes or {})
    (looked,) = telemetry.metrics["mijnklantportaal.client.reconciliations"]
    assert (looked.value, dict(looked.attributes)["found"]) == (1, True)


async def test_waiting_for_the_limit_is_seen(make_portal: MakePortal, telemetry: Telemetry) -> None:
    async with ScriptedServer(otherwise=FOUND) as server:
        limit = RateLimit(requests=1, per=30)
        portal = make_portal(server.url, hooks=[telemetry.hook()], rate_limit=limit)
        await portal.get_appointment("apt_1")
        await portal.get_appointment("apt_1")
    first, second = telemetry.spans
    assert "rate_limit.wait" not in [name for name, _ in told(first)]
    (waited,) = [event["waited"] for name, event in told(second) if name == "rate_limit.wait"]
    assert waited > 29
    (point,) = telemetry.metrics["mijnklantportaal.client.rate_limit.wait"]
    assert point.count == 1


async def test_metrics_by_the_conventions_without_ids(make_portal: MakePortal, telemetry: Telemetry) -> None:
    async with ScriptedServer(answer(503), FOUND, FOUND, otherwise=answer(404)) as server:
        portal = make_portal(server.url, hooks=[telemetry.hook()])
        await portal.get_appointment("apt_1")
        await portal.get_appointment("apt_2")
        with pytest.raises(NotFoundError):
            await portal.get_appointment("apt_3")
    points = telemetry.metrics["http.client.request.duration"]
    statuses = {point.attributes["http.response.status_code"]: point.count for point in points}
    assert statuses == {503: 1, 200: 2, 404: 1}
    assert {name for point in points for name in point.attributes} == {
        "http.request.method",
        "http.response.status_code",
        "server.address",
        "server.port",
        "url.template",
        "error.type",
    }
    calls = telemetry.metrics["mijnklantportaal.client.call.duration"]
    assert sum(point.count for point in calls) == 3
    assert "apt_" not in str(telemetry.metrics)


# --- Beside others ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("instrumented")
async def test_no_second_span_beside_the_instrumentation_of_aiohttp(
    make_portal: MakePortal, telemetry: Telemetry
) -> None:
    async with ScriptedServer(answer(503), FOUND, FOUND) as server:
        portal = make_portal(server.url, hooks=[telemetry.hook()])
        await portal.get_appointment("apt_1")
        assert [span.kind for span in telemetry.spans] == [SpanKind.CLIENT]
        assert sum(point.count for point in telemetry.metrics["http.client.request.duration"]) == 2
        # Nothing is added to requests.
        assert all("traceparent" not in received.headers for received in server.received)
        # What else the program asks for is seen as before.
        async with aiohttp.ClientSession() as http, http.get(server.url):
            pass
    assert [span.kind for span in telemetry.spans] == [SpanKind.CLIENT] * 2


@pytest.mark.usefixtures("instrumented")
async def test_the_renewal_that_several_calls_wait_for_is_in_the_trace_of_none(telemetry: Telemetry) -> None:
    tracer = telemetry.tracers.get_tracer("the program")
    async with connected("owner") as (sandbox, app), Portals(app, base_url=sandbox.url, clock=LoopClock()) as portals:
        token = await portals.auth_of("owner").token()
        refresh_token = sandbox.oauth.grants[0].refresh_token
        sandbox.oauth.end_access_tokens()

        async def call(name: str) -> None:
            with tracer.start_as_current_span(name):
                await portals["owner"].list_appointments()

        await asyncio.gather(call("one"), call("other"))
    asked = [span for span in telemetry.spans if "/oauth/tokens" in span.to_json()]
    assert asked
    assert [span.parent for span in asked] == [None] * len(asked)
    assert {token, refresh_token, "sandbox-secret"} & set(re.findall(r"[\w-]{8,}", telemetry.everything)) == set()


@pytest.mark.usefixtures("instrumented")
async def test_a_renewal_is_a_span_of_its_own_with_links_to_those_that_wait(telemetry: Telemetry) -> None:
    hook = telemetry.hook()
    async with (
        connected("owner", "other", app={"hooks": [hook]}) as (sandbox, app),
        Portals(app, base_url=sandbox.url, clock=LoopClock(), hooks=[hook]) as portals,
    ):
        token, refresh_token = await portals.auth_of("owner").token(), sandbox.oauth.grants[0].refresh_token
        # Read from the store: the portal was not asked.
        assert "POST /oauth/tokens" not in [span.name for span in telemetry.spans]
        before = len(telemetry.spans)
        sandbox.oauth.end_access_tokens()
        sandbox.fail_next(Fault.BAD_GATEWAY, path="/oauth/tokens")
        await asyncio.gather(*(portals["owner"].list_appointments() for _ in range(3)))
    (renewal,) = [span for span in telemetry.spans if span.name == "POST /oauth/tokens"]
    calls = [span for span in telemetry.spans if span.name == "GET /appointments"]
    assert renewal.parent is None
    assert {link.context.span_id for link in renewal.links} == {span.context.span_id for span in calls}
    assert len(renewal.links) == 3
    assert renewal.kind is SpanKind.CLIENT
    assert [(name, each.get("http.response.status_code")) for name, each in told(renewal)] == [
        ("attempt", 502),
        ("attempt", 200),
    ]
    assert renewal.attributes is not None
    assert renewal.attributes["mijnklantportaal.operation"] == "renew_tokens"
    assert renewal.attributes["http.request.resend_count"] == 1
    # None of aiohttp's own beside it.
    assert len(telemetry.spans) == before + 4
    assert {token, refresh_token, "sandbox-secret"} & set(re.findall(r"[\w-]{8,}", telemetry.everything)) == set()
    assert "owner" not in telemetry.everything


async def test_whoever_comes_while_the_portal_is_asked_is_linked_too(telemetry: Telemetry) -> None:
    tracer, hook = telemetry.tracers.get_tracer("the program"), telemetry.hook()
    async with connected("owner", app={"hooks": [hook]}) as (sandbox, app):
        auth = app.auth("owner")
        token = await auth.token()
        sandbox.fail_next(Fault.SLOW_COMMIT, path="/oauth/tokens")
        first = asyncio.create_task(auth.refresh(token))
        while not sandbox.token_requests[1:]:
            await asyncio.sleep(0.01)
        with tracer.start_as_current_span("late"):
            await auth.refresh(token)
        await first
    (late,) = [span for span in telemetry.spans if span.name == "late"]
    (renewal,) = [span for span in telemetry.spans if span.name == "POST /oauth/tokens"]
    # The first was in no span, and is no link.
    assert [link.context.span_id for link in renewal.links] == [late.context.span_id]


async def test_a_renewal_that_is_refused_says_so(telemetry: Telemetry) -> None:
    async with connected("owner", app={"hooks": [telemetry.hook()]}) as (sandbox, app):
        token = await app.auth("owner").token()
        sandbox.oauth.revoke_all()
        with pytest.raises(ReconnectError):
            await app.auth("owner").refresh(token)
    (renewal,) = telemetry.spans
    assert renewal.status.status_code is StatusCode.ERROR
    assert renewal.attributes is not None
    assert renewal.attributes["error.type"] == "ReconnectError"
    assert telemetry.metrics["mijnklantportaal.client.call.duration"][0].attributes == {
        "mijnklantportaal.operation": "renew_tokens",
        "error.type": "ReconnectError",
    }


async def test_nor_over_a_session_of_the_users(
    make_portal: MakePortal, telemetry: Telemetry, traced_session: aiohttp.ClientSession
) -> None:
    async with ScriptedServer(drop, FOUND) as server:
        portal = make_portal(server.url, hooks=[telemetry.hook()], http=traced_session)
        await portal.get_appointment("apt_1")
        assert len(telemetry.spans) == 1
        assert all("traceparent" not in received.headers for received in server.received)


@pytest.mark.usefixtures("instrumented")
async def test_the_control_without_this_hook_has_a_span_for_each_request(
    make_portal: MakePortal, telemetry: Telemetry
) -> None:
    async with ScriptedServer(answer(503), FOUND) as server:
        await make_portal(server.url).get_appointment("apt_1")
        assert all("traceparent" in received.headers for received in server.received)
    assert len(telemetry.spans) == 2


@pytest.mark.usefixtures("instrumented")
async def test_spans_of_requests_beneath_where_they_are_asked_for(
    make_portal: MakePortal, telemetry: Telemetry
) -> None:
    async with ScriptedServer(answer(503), FOUND) as server:
        await make_portal(server.url, hooks=[telemetry.hook(http_spans=True)]).get_appointment("apt_1")
        assert all("traceparent" in received.headers for received in server.received)
    first, second, call = telemetry.spans
    assert [span.kind for span in telemetry.spans] == [SpanKind.CLIENT, SpanKind.CLIENT, SpanKind.INTERNAL]
    assert call.context is not None
    assert {span.parent.span_id for span in (first, second) if span.parent} == {call.context.span_id}
    # Each request is counted once, by the one that makes its span; here under the name of older conventions.
    assert sum(point.count for point in telemetry.metrics["http.client.duration"]) == 2
    assert "http.client.request.duration" not in telemetry.metrics


async def test_twice_on_is_once(make_portal: MakePortal, telemetry: Telemetry) -> None:
    one = telemetry.hook()
    async with ScriptedServer(FOUND) as server:
        await make_portal(server.url, hooks=[one, one, telemetry.hook()]).get_appointment("apt_1")
    (span,) = telemetry.spans
    assert len(span.events) == 1


# --- Where spans belong ------------------------------------------------------------------------------------------


async def test_calls_side_by_side_keep_to_their_own_spans(make_portal: MakePortal, telemetry: Telemetry) -> None:
    async with ScriptedServer(otherwise=FOUND) as server:
        hook = telemetry.hook()
        portals = [make_portal(server.url, hooks=[hook]) for _ in range(2)]
        with telemetry.tracers.get_tracer("program").start_as_current_span("job") as job:
            await asyncio.gather(*(portal.get_appointment("apt_1") for portal in portals for _ in range(10)))
            assert trace.get_current_span() is job
    calls = telemetry.spans[:-1]
    assert [len(span.events) for span in calls] == [1] * 20
    assert {span.parent.span_id for span in calls if span.parent} == {job.get_span_context().span_id}
    assert hook._calls == {}


async def test_a_call_that_is_cancelled_ends_its_span(make_portal: MakePortal, telemetry: Telemetry) -> None:
    sent = asyncio.Event()

    def watch(event: Event) -> None:
        if isinstance(event, AttemptStarted):
            sent.set()

    async with portal_in_sandbox(session={"hooks": [telemetry.hook(), watch]}) as (portal, sandbox):
        sandbox.fail_next(Fault.STALL)
        task = asyncio.create_task(portal.get_appointment("apt_1"))
        await sent.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    (span,) = telemetry.spans
    assert (span.attributes or {})["error.type"] == "CancelledError"
    assert span.status.status_code is StatusCode.ERROR


async def test_an_unknown_outcome_is_told(make_portal: MakePortal, telemetry: Telemetry) -> None:
    async with ScriptedServer(drop) as server:
        portal = make_portal(server.url, hooks=[telemetry.hook()], reconcile=None)
        with pytest.raises(OutcomeUnknownError):
            await portal.schedule_appointment(**WANTED)
    (span,) = telemetry.spans
    assert (span.attributes or {})["mijnklantportaal.outcome"] == "unknown"


async def test_a_hook_that_runs_beside_the_call_is_not_within_its_span(
    make_portal: MakePortal, telemetry: Telemetry
) -> None:
    """Its span would begin after that of the call has ended; and its own requests would not be seen."""
    seen: list[tuple[trace.Span, bool]] = []

    async def beside(event: Event) -> None:
        await asyncio.sleep(1)
        seen.append((trace.get_current_span(), is_http_instrumentation_enabled()))

    async with (
        ScriptedServer(answer(503), FOUND) as server,
        make_portal(server.url, hooks=[telemetry.hook(), beside]) as portal,
    ):
        with telemetry.tracers.get_tracer("program").start_as_current_span("job") as job:
            await portal.get_appointment("apt_1")
    assert portal._caller.sender.observer._contexts == {}
    # Two events of the call, two of each attempt, one between them.
    assert seen == [(job, True)] * 7


# --- Settings ------------------------------------------------------------------------------------------------------


async def test_attributes_by_an_allow_list(make_portal: MakePortal, telemetry: Telemetry) -> None:
    async with ScriptedServer(otherwise=FOUND) as server:
        hook = telemetry.hook(attributes={"url.full", "http.response.status_code"})
        await make_portal(server.url, hooks=[hook]).get_appointment("apt_1")
        url = f"{server.url}/appointments/apt_1"
    (span,) = telemetry.spans
    assert dict(span.attributes or {}) == {"url.full": url, "http.response.status_code": 200}
    ((_, event),) = told(span)
    assert set(event) == {"attempt", "elapsed", "http.response.status_code"}


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="http.request.body"):
        OpenTelemetry(attributes=ATTRIBUTES | {"http.request.body"})
    with pytest.raises(TypeError, match="not its class"):
        OpenTelemetry(tracer_provider=TracerProvider)  # type: ignore[arg-type]


async def test_without_an_sdk_nothing_happens(make_portal: MakePortal) -> None:
    async with ScriptedServer(FOUND) as server:
        found = await make_portal(server.url, hooks=[OpenTelemetry()]).get_appointment("apt_1")
    assert found.id == "apt_1"


def test_the_api_is_all_that_it_needs() -> None:
    code = "import sys, mijnklantportaal_async.opentelemetry\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=200)
    loaded = set(run.stdout.split())
    assert "opentelemetry.trace" in loaded
    assert not {name for name in loaded if name.startswith(("opentelemetry.sdk", "opentelemetry.instrumentation"))}
    assert "aiohttp" not in loaded
