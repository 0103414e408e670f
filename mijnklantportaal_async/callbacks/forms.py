"""Forms: what a customer filled in is sent to your server; before, it may be asked what to fill in.

Any answer outside 2xx counts as failed, and the customer sees an error: save first, answer, and do what is slow after.
"""

import asyncio
import hashlib
import math
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar, Literal, TypeAlias, cast

import attrs
import orjson

from mijnklantportaal_async.callbacks.endpoint import LOGGER, StatusRow, outcome_of
from mijnklantportaal_async.callbacks.form_values import FormValues, values_of_body, values_of_query
from mijnklantportaal_async.callbacks.guards import Guard
from mijnklantportaal_async.callbacks.incoming import Answer, BodyLimits, IncomingRequest, read_body
from mijnklantportaal_async.callbacks.page_endpoint import PageEndpoint, one_header
from mijnklantportaal_async.values.checks import check_seconds


@attrs.frozen(kw_only=True)
class PrefillRequest:
    """A customer opens a form: what should stand in it?"""

    customer_id: str
    """Customer who opens it, `cst_...`: whoever is let in by the guard can name any."""
    form_id: str
    """The form, `frm_...`."""
    parameters: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)
    """Of the path of your route."""


@attrs.frozen(kw_only=True)
class FormSubmission(PrefillRequest):
    """A customer sent a form."""

    values: FormValues
    """What was filled in."""
    key: str = attrs.field(repr=False)
    """The same for the same answers of the same customer: a hash. Who saw an error sends again; keep it in a column
    that is UNIQUE where sending twice should be one."""


SubmissionHandler: TypeAlias = Callable[[FormSubmission], Awaitable[object]]
PrefillHandler: TypeAlias = Callable[[PrefillRequest], Awaitable[Mapping[str, Any]]]


class FormEndpoint(PageEndpoint):
    """Takes submissions.

    Args:
        handler: Gets what was filled in; what it returns is not looked at.
        guard: Who may send: the portal signs nothing. None, by name, lets everybody in.
        limits: How long and how large a body may be.
    """

    methods = ("GET", "POST", "PUT", "PATCH")
    statuses: ClassVar = (
        StatusRow(204, "the handler has it"),
        StatusRow(400, "X-Customer-Id or X-Form-Id is missing, empty or there twice; or the body is no JSON object"),
        StatusRow(401, "the guard does not let it in"),
        StatusRow(405, "the method is not GET, POST, PUT or PATCH"),
        StatusRow(408, "the body did not arrive in time"),
        StatusRow(413, "the body is too large"),
        StatusRow(415, "the body is compressed"),
        StatusRow(500, "the handler failed: the customer sees an error, and may send again"),
    )

    def __init__(self, handler: SubmissionHandler, *, guard: Guard | None, limits: BodyLimits | None = None) -> None:
        super().__init__(guard=guard, limits=limits)
        self._handler = handler

    async def _answer(self, request: IncomingRequest) -> Answer:
        customer_id, form_id = one_header(request, "X-Customer-Id"), one_header(request, "X-Form-Id")
        if request.method == "GET":
            content, values = request.query, values_of_query(request.query)
        else:
            content = await read_body(request, self._limits)
            values = values_of_body(content)
        told = f"{form_id}\0{customer_id}\0".encode() + content
        submission = FormSubmission(
            customer_id=customer_id,
            form_id=form_id,
            parameters=dict(request.parameters),
            values=values,
            key=hashlib.sha256(told).hexdigest(),
        )
        await outcome_of(self._handler(submission))
        return Answer(status=204)


class PrefillEndpoint(PageEndpoint):
    """Says what should stand in a form when it is opened.

    Args:
        handler: Returns fields and values. `Decimal`, dates and enums are written as text; None and what JSON cannot
            say is left out, and logged. A field that the form does not have is dropped by the portal.
        guard: Who may ask: the portal signs nothing. None, by name, lets everybody in.
        within: Seconds for the handler.
        failure: What a handler that fails or is too slow comes to: `"empty"`, a form without anything filled in; or
            `"error"`, which the customer sees.
    """

    statuses: ClassVar = (
        StatusRow(200, "the fields; with failure='empty' also {} when the handler failed or was too slow"),
        StatusRow(400, "X-Customer-Id or X-Form-Id is missing, empty or there twice"),
        StatusRow(401, "the guard does not let it in"),
        StatusRow(405, "the method is not GET, HEAD or POST"),
        StatusRow(500, "with failure='error': the handler failed or was too slow"),
    )

    def __init__(
        self,
        handler: PrefillHandler,
        *,
        guard: Guard | None,
        within: float = 3.0,
        failure: Literal["empty", "error"] = "empty",
    ) -> None:
        super().__init__(guard=guard)
        self._handler = handler
        self._within = check_seconds(within, "within")
        if failure not in ("empty", "error"):
            raise ValueError(f'failure is "empty" or "error", not {failure!r}')
        self._failure = failure

    async def _answer(self, request: IncomingRequest) -> Answer:
        asked = PrefillRequest(
            customer_id=one_header(request, "X-Customer-Id"),
            form_id=one_header(request, "X-Form-Id"),
            parameters=dict(request.parameters),
        )
        try:
            async with asyncio.timeout(self._within):
                body = orjson.dumps(_filled_in(await outcome_of(self._handler(asked))))
        except Exception:
            if self._failure == "error":
                raise
            LOGGER.exception("nothing is filled into the form %s", asked.form_id)
            body = b"{}"
        return Answer(status=200, body=body, content_type="application/json", headers=(("Cache-Control", "no-store"),))


def form_submission(
    *, guard: Guard | None, limits: BodyLimits | None = None
) -> Callable[[SubmissionHandler], FormEndpoint]:
    """Makes a coroutine the endpoint that a form is sent to; see `FormEndpoint`."""
    return lambda handler: FormEndpoint(handler, guard=guard, limits=limits)


def form_prefill(
    *, guard: Guard | None, within: float = 3.0, failure: Literal["empty", "error"] = "empty"
) -> Callable[[PrefillHandler], PrefillEndpoint]:
    """Makes a coroutine the endpoint that says what to fill in; see `PrefillEndpoint`."""
    return lambda handler: PrefillEndpoint(handler, guard=guard, within=within, failure=failure)


def _filled_in(fields: object) -> dict[str, Any]:
    if not isinstance(fields, Mapping):
        raise TypeError(f"a handler of pre-fill returns a dict of fields, not {type(fields).__name__}")
    said: dict[str, Any] = {}
    for name, value in fields.items():  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        try:
            written = _written(value)
            orjson.dumps({name: written})
        except (TypeError, ValueError) as error:
            LOGGER.warning("the field %r is left out: %s", str(name), error)  # pyright: ignore[reportUnknownArgumentType]
        else:
            if written is not None:
                said[name] = written
    return said


def _written(value: Any) -> Any:
    match value:
        case Enum():
            return _written(value.value)
        case Decimal() if not value.is_finite():
            raise ValueError("it is no finite number")
        case float() if not math.isfinite(value):
            raise ValueError("it is no finite number")
        case Decimal():
            return format(value, "f")
        case datetime() | date():
            return value.isoformat()
        case list() | tuple():
            return [_written(item) for item in cast("list[Any]", value)]
        case dict():
            return {name: _written(item) for name, item in cast("dict[str, Any]", value).items()}
        case _:
            return value
