"""Spans and metrics of what a session does, for OpenTelemetry: `PortalSession(..., hooks=[OpenTelemetry()])`.

Needs the extra `otel`, which brings the API of OpenTelemetry and nothing else: what becomes of spans and metrics is for
the program to say. A call is one span, after the semantic conventions for HTTP clients.
"""

from collections.abc import Collection
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from opentelemetry import context as contexts
from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from mijnklantportaal_async.errors import APIStatusError, MijnKlantportaalError
from mijnklantportaal_async.events import (
    AttemptFinished,
    AttemptStarted,
    CallFinished,
    CallStarted,
    Event,
    OutcomeReconciled,
    PermitWaited,
    RenewalAwaited,
    RetryPlanned,
)

_NAME = "mijnklantportaal_async"
_SCHEMA = "https://opentelemetry.io/schemas/1.23.0"
"""The first version of the conventions in which those for HTTP are stable; they have not changed since."""

_METHOD = "http.request.method"
_STATUS = "http.response.status_code"
_RESENDS = "http.request.resend_count"
_ADDRESS = "server.address"
_PORT = "server.port"
_TEMPLATE = "url.template"
_URL = "url.full"
_ERROR = "error.type"
_OPERATION = "mijnklantportaal.operation"
_OUTCOME = "mijnklantportaal.outcome"

ATTRIBUTES: Final = frozenset({_METHOD, _STATUS, _RESENDS, _ADDRESS, _PORT, _TEMPLATE, _ERROR, _OPERATION, _OUTCOME})
"""What spans tell when nothing else is said. `url.full` can be added: it holds ids, so it is left out."""

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""The buckets that the conventions give for durations."""
_LONG_SECONDS = (0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 90, 120, 300)
"""Of what may wait for a minute's limit."""

# Tells instrumentations of HTTP clients that somebody else has made the span. It has no public name yet.
_SUPPRESSED: str = getattr(contexts, "_SUPPRESS_HTTP_INSTRUMENTATION_KEY", "suppress_http_instrumentation")

_Attributes: TypeAlias = dict[str, str | int | float | bool]


class _Call:
    """A call under way."""

    __slots__ = ("in_attempt", "in_call", "last_status", "metric", "operation", "span")

    def __init__(self, operation: str, span: Span, in_call: Any, metric: _Attributes) -> None:
        self.operation = operation
        self.span = span
        self.in_call = in_call
        self.in_attempt: Any = None
        self.last_status: int | None = None
        self.metric = metric


class OpenTelemetry:
    """A hook that makes a span of each call, and counts. One may serve any number of sessions.

    Nothing is added to requests. Spans have the attributes that `attributes` names, their events figures beside these:
    no key, no body, no query, no message of the portal's. Metrics hold no ids.

    Args:
        tracer_provider: Where spans go; the program's own when left out.
        meter_provider: Where metrics go; the program's own when left out.
        attributes: The attributes that spans may have.
        http_spans: Whether instrumentation of aiohttp, where the program has switched it on, makes spans of its own
            beneath these: one for each request, which then carries the trace to the portal. Otherwise it is told to
            leave these requests alone.

    Raises:
        TypeError: A provider is a class, where an object is wanted.
        ValueError: `attributes` has one that there is not.
    """

    __slots__ = (
        "_attributes",
        "_calls",
        "_durations",
        "_http_spans",
        "_looks",
        "_providers",
        "_requests",
        "_tracer",
        "_waits",
    )

    def __init__(
        self,
        *,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
        attributes: Collection[str] = ATTRIBUTES,
        http_spans: bool = False,
    ) -> None:
        if isinstance(tracer_provider, type) or isinstance(meter_provider, type):
            raise TypeError("give a provider, not its class: TracerProvider()")
        known = ATTRIBUTES | {_URL}
        if unknown := set(attributes) - known:
            raise ValueError(f"attributes has {sorted(unknown)}: there are {', '.join(sorted(known))}")
        self._attributes = frozenset(attributes)
        self._http_spans = http_spans
        self._providers = (tracer_provider, meter_provider)
        self._calls: dict[int, _Call] = {}
        self._tracer = trace.get_tracer(_NAME, tracer_provider=tracer_provider, schema_url=_SCHEMA)
        meter = metrics.get_meter(_NAME, meter_provider=meter_provider, schema_url=_SCHEMA)
        self._requests = meter.create_histogram(
            "http.client.request.duration",
            unit="s",
            description="Duration of HTTP client requests.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._durations = meter.create_histogram(
            "mijnklantportaal.client.call.duration",
            unit="s",
            description="Duration of calls, with all attempts, waits and looks.",
            explicit_bucket_boundaries_advisory=_LONG_SECONDS,
        )
        self._waits = meter.create_histogram(
            "mijnklantportaal.client.rate_limit.wait",
            unit="s",
            description="How long calls waited for the rate limit, those that had to.",
            explicit_bucket_boundaries_advisory=_LONG_SECONDS,
        )
        self._looks = meter.create_counter(
            "mijnklantportaal.client.reconciliations",
            unit="{reconciliation}",
            description="How often looking settled what became of a call whose answer was lost.",
        )

    def __eq__(self, other: object) -> bool:
        """Whether they do the same: then one of them is enough for a session."""
        if not isinstance(other, OpenTelemetry):
            return NotImplemented
        return self._providers == other._providers

    def __hash__(self) -> int:
        return hash(self._providers)

    def __repr__(self) -> str:
        return f"OpenTelemetry(http_spans={self._http_spans})"

    def __call__(self, event: Event) -> None:
        """Takes an event of a call."""
        if isinstance(event, CallStarted):
            self._begin(event)
        elif (call := self._calls.get(event.call)) is None:
            return
        elif isinstance(event, CallFinished):
            self._end(call, event)
        elif isinstance(event, AttemptStarted):
            self._enter_attempt(call)
        elif isinstance(event, AttemptFinished):
            self._finish_attempt(call, event)
        else:
            self._tell(call, event)

    # --- a call --------------------------------------------------------------------------------------------------

    def _begin(self, event: CallStarted) -> None:
        where = urlsplit(event.base_url)
        port = where.port or (443 if where.scheme == "https" else 80)
        metric: _Attributes = {_METHOD: event.method, _ADDRESS: where.hostname or "", _PORT: port}
        if event.template is not None:
            metric[_TEMPLATE] = event.template
        span = self._tracer.start_span(
            event.method if event.template is None else f"{event.method} {event.template}",
            # Beneath this one there are those of the requests themselves, where they are wanted.
            kind=SpanKind.INTERNAL if self._http_spans else SpanKind.CLIENT,
            attributes=self._allowed(
                {**metric, _OPERATION: event.operation, _URL: event.base_url.rstrip("/") + event.path}
            ),
        )
        self._calls[event.call] = _Call(event.operation, span, contexts.attach(trace.set_span_in_context(span)), metric)

    def _end(self, call: _Call, event: CallFinished) -> None:
        del self._calls[event.call]
        self._leave_attempt(call)
        contexts.detach(call.in_call)
        told: _Attributes = {}
        if call.last_status is not None:
            told[_STATUS] = call.last_status
        if event.attempts > 1:
            told[_RESENDS] = event.attempts - 1
        measured: _Attributes = {_OPERATION: event.operation}
        if event.error is not None:
            told[_ERROR] = measured[_ERROR] = _type_of(event.error)
            if isinstance(event.error, MijnKlantportaalError):
                told[_OUTCOME] = event.error.outcome.value
            call.span.set_status(Status(StatusCode.ERROR))
        call.span.set_attributes(self._allowed(told))
        self._durations.record(event.elapsed, measured, trace.set_span_in_context(call.span))
        call.span.end()

    # --- what happens in it --------------------------------------------------------------------------------------

    def _enter_attempt(self, call: _Call) -> None:
        self._leave_attempt(call)
        if not self._http_spans:
            call.in_attempt = contexts.attach(contexts.set_value(_SUPPRESSED, True))

    def _leave_attempt(self, call: _Call) -> None:
        if call.in_attempt is not None:
            contexts.detach(call.in_attempt)
            call.in_attempt = None

    def _finish_attempt(self, call: _Call, event: AttemptFinished) -> None:
        self._leave_attempt(call)
        error = _type_of(event.error) if event.error else _type_of_status(event.status)
        told: _Attributes = {"attempt": event.attempt, _OPERATION: event.operation, "elapsed": event.elapsed}
        result: _Attributes = {}
        is_look = event.operation != call.operation
        if not is_look:
            call.last_status = event.status
        if event.status is not None:
            result[_STATUS] = event.status
        if error is not None:
            result[_ERROR] = error
        self._add_event(call, "attempt", told | result)
        if not self._http_spans:
            metric = call.metric
            if is_look:
                metric = {name: value for name, value in metric.items() if name != _TEMPLATE} | {_METHOD: event.method}
            self._requests.record(event.elapsed, metric | result, _within(call))

    def _tell(self, call: _Call, event: RetryPlanned | PermitWaited | OutcomeReconciled | RenewalAwaited) -> None:
        match event:
            case RenewalAwaited():
                # It is nobody's child: each of those that wait would be as good a parent.
                if (waiting := trace.get_current_span().get_span_context()).is_valid:
                    call.span.add_link(waiting)
            case PermitWaited(operation=operation, waited=waited):
                self._add_event(call, "rate_limit.wait", {"waited": waited, _OPERATION: operation})
                self._waits.record(waited, {_OPERATION: operation}, _within(call))
            case RetryPlanned(attempt=attempt, wait=wait, error=error):
                planned: _Attributes = {"attempt": attempt, "wait": wait, _ERROR: _type_of(error)}
                self._add_event(call, "retry", planned)
            case OutcomeReconciled(operation=operation, found=found, looks=looks, elapsed=elapsed):
                self._add_event(call, "look", {"found": found, "looks": looks, "elapsed": elapsed})
                self._looks.add(1, {_OPERATION: operation, "found": found}, _within(call))

    def _add_event(self, call: _Call, name: str, told: _Attributes) -> None:
        figures = {name: value for name, value in told.items() if name not in ATTRIBUTES}
        call.span.add_event(f"mijnklantportaal.{name}", figures | self._allowed(told))

    def _allowed(self, told: _Attributes) -> _Attributes:
        return {name: value for name, value in told.items() if name in self._attributes}


def _within(call: _Call) -> Context:
    return trace.set_span_in_context(call.span)


def _type_of(error: BaseException) -> str:
    """What kind of error: of an answer its status, as the conventions say."""
    return str(error.status) if isinstance(error, APIStatusError) else type(error).__name__


def _type_of_status(status: int | None) -> str | None:
    return str(status) if status is not None and status >= 400 else None
