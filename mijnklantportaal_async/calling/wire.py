"""What goes over the wire, without any network in it: operations, requests, answers, and which error an answer is."""

import enum
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import quote

import orjson

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.addresses import with_query
from mijnklantportaal_async.errors import Outcome
from mijnklantportaal_async.values.checks import check_identifier
from mijnklantportaal_async.values.serde import json_name

if TYPE_CHECKING:
    from mijnklantportaal_async.calling.body import Body


class Effect(enum.Enum):
    """What sending an operation twice would do."""

    READ = "read"
    """Nothing."""
    SET = "set"
    """Nothing more: it sets absolute values."""
    ADD = "add"
    """Nothing more: what it adds is there once, however often it is added."""
    REMOVE = "remove"
    """Nothing more; the second time it is refused."""
    CREATE = "create"
    """A second record."""
    ONCE = "once"
    """Harm: a second punch, or a payment that the owner's bookkeeping hears of twice."""

    @property
    def may_repeat(self) -> bool:
        """Whether it can be sent again when nobody knows whether it was done."""
        return self not in {Effect.CREATE, Effect.ONCE}


class Operation(NamedTuple):
    """One operation of the reference."""

    name: str
    """The coroutine's name."""
    method: str
    path: str
    """Below the base URL, with placeholders: `/appointments/{appointment_id}`."""
    effect: Effect
    scope: str | None = None
    """The scope that it needs, by meaning: the documentation does not say."""
    look: "Look | Reread | None" = None
    """For what must not be done twice: where to see whether it was done."""
    done_statuses: frozenset[int] = frozenset()
    """Statuses that, on a second try after an unknown first one, may mean that the first one did it."""
    check_by_hand: str = ""
    """What a person does to find out whether it happened, where that is not to look in a list."""
    prefixes: Mapping[str, str] | None = None
    """What ids in the path begin with, where their names do not say it."""
    success: frozenset[int] = frozenset({200, 201})
    """For what must not be done twice: the statuses with which the portal says that it is done."""

    @property
    def how_to_check(self) -> str:
        """What to search for in the portal when nobody knows whether it happened."""
        return self.check_by_hand or ("Look in the portal." if self.look is None else self.look.advice)

    def request(
        self,
        body: "Body | None" = None,
        query: Mapping[str, str | int | None] | None = None,
        identifiers: Mapping[str, str] | None = None,
    ) -> "Request":
        """One request for it.

        Args:
            body: What to say.
            query: Parameters; those that are None are left out.
            identifiers: The ids that stand in the path.

        Raises:
            TypeError: An id is not a `str`.
            ValueError: An id cannot be right, or the body says nothing.
        """
        path = path_with(self, identifiers) if identifiers else self.path
        if query is not None:
            path = with_query(path, query)
        return Request(self, path) if body is None else Request(self, path, *body.encode())


class Look:
    """In which list the record of a creating call would stand, and how it is known there.

    A record that differs in any field that was sent and that it shows is not the one: `fields` are those that say it
    to a person, and that keep calls apart.

    Args:
        listing: Lists the records, page by page.
        fields: Names of the request, each of them always sent. Where a record shows one of them not, nobody can tell.
        told: What a record calls a field of the request that it has under another name.
        left_out: What a record made without a field shows for it.
        made: The record's field that says when it was made; None where the portal does not tell.
        words: What the fields are to a person, where their names do not say it well.
        is_proof: Whether a record alike is the one. False where records do not show enough: then a list can only say
            that it is not there.

    Raises:
        ValueError: There are no fields: every record would be alike.
    """

    __slots__ = ("fields", "is_proof", "left_out", "likeness", "listing", "made", "on_the_wire", "told")

    def __init__(
        self,
        listing: Operation,
        fields: tuple[str, ...],
        *,
        told: Mapping[str, str] | None = None,
        left_out: Mapping[str, Any] | None = None,
        made: str | None = "created_at",
        words: str = "",
        is_proof: bool = True,
    ) -> None:
        if not fields:
            raise ValueError(f"a look with {listing.name} needs a field that is always sent: without, all are alike")
        self.listing = listing
        self.fields = fields
        self.on_the_wire = [json_name(field) for field in fields]
        self.told = told or {}
        self.left_out = left_out or {}
        self.made = made
        self.is_proof = is_proof
        *most, last = [field.replace("_", " ") for field in fields]
        self.likeness = words or (f"{', '.join(most)} and {last}" if most else last)

    @property
    def advice(self) -> str:
        """What a person does."""
        return f"Look in the portal, or with {self.listing.name}, for the same {self.likeness}."


class Reread:
    """For what must happen once to a record that is there: the record itself tells.

    It stands as asked: done. What would say so is still empty: not done. Anything else: nobody knows.

    Args:
        reading: Reads the record.
        fields: Of those that can be sent, the ones that are empty in the record until it is done.

    Raises:
        ValueError: There are no fields: every record would count as done.
    """

    __slots__ = ("fields", "reading")

    def __init__(self, reading: Operation, fields: tuple[str, ...]) -> None:
        if not fields:
            raise ValueError(f"reading again with {reading.name} needs a field that tells")
        self.reading = reading
        self.fields = fields

    @property
    def advice(self) -> str:
        """What a person does."""
        return f"Look at {' and '.join(self.fields)} in the portal, or with {self.reading.name}."


def reading(name: str, path: str, *, scope: str | None, prefixes: Mapping[str, str] | None = None) -> Operation:
    """An operation that changes nothing."""
    return Operation(name, "GET", path, Effect.READ, scope, prefixes=prefixes)


def creating(
    name: str,
    path: str,
    *,
    scope: str | None,
    look: Look | None = None,
    check_by_hand: str = "",
    success: frozenset[int] = frozenset({200, 201}),
) -> Operation:
    """An operation that makes one more record each time it is sent."""
    return Operation(name, "POST", path, Effect.CREATE, scope, look, check_by_hand=check_by_hand, success=success)


def setting(name: str, path: str, *, scope: str | None, done: frozenset[int] = frozenset()) -> Operation:
    """An operation that says how things shall be."""
    return Operation(name, "PATCH", path, Effect.SET, scope, done_statuses=done)


def adding(name: str, path: str, *, scope: str | None) -> Operation:
    """An operation that adds to a set: what is in it already stays in it, once."""
    return Operation(name, "POST", path, Effect.ADD, scope)


def removing(name: str, path: str, *, scope: str | None, done: frozenset[int]) -> Operation:
    """An operation that ends a record; the second time it is refused."""
    return Operation(name, "DELETE", path, Effect.REMOVE, scope, done_statuses=done)


def once(
    name: str,
    path: str,
    *,
    scope: str | None,
    method: str = "PATCH",
    look: Reread | None = None,
    check_by_hand: str = "",
) -> Operation:
    """An operation that must happen once to a record that is there."""
    return Operation(name, method, path, Effect.ONCE, scope, look, check_by_hand=check_by_hand)


class Request:
    """One request, the same for every attempt. `path` is encoded already; a look asks for an answer from no cache."""

    __slots__ = ("body", "content_type", "is_look", "operation", "path")

    def __init__(
        self,
        operation: Operation,
        path: str,
        body: bytes | None = None,
        content_type: str = "application/json",
        *,
        is_look: bool = False,
    ) -> None:
        self.operation = operation
        self.path = path
        self.body = body
        self.content_type = content_type
        self.is_look = is_look

    def context(self) -> dict[str, Any]:
        """What an error says about the call."""
        operation = self.operation
        return {"operation": operation.name, "method": operation.method, "path": self.path.partition("?")[0]}


class Answer:
    """What came back, in full or not.

    Attributes:
        status: The HTTP status code.
        headers: Looked up without regard to case.
        body: As far as it came.
        broken: Why the body did not come whole: the status is known, the rest is not.
        is_from_cache: Whether it is known to come out of a cache of the client's, and not over the network.
    """

    __slots__ = ("body", "broken", "headers", "is_from_cache", "status")

    def __init__(
        self, status: int, headers: Mapping[str, str], body: bytes, broken: errors.TransportError | None = None
    ) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.broken = broken
        self.is_from_cache = False


# --- Out -----------------------------------------------------------------------------------------------------------


def path_with(operation: Operation, identifiers: Mapping[str, str]) -> str:
    """The path of an operation, each id encoded as one segment.

    Raises:
        TypeError: An id is not a `str`.
        ValueError: An id is empty, `.` or `..`, holds white space or control characters, or is one of something else.
    """
    prefixes = operation.prefixes
    segments: dict[str, str] = {}
    for field, value in identifiers.items():
        text = check_identifier(value, field, None if prefixes is None else prefixes.get(field))
        segments[field] = text if text.isascii() and text.isidentifier() else quote(text, safe="")
    return operation.path.format_map(segments)


# --- In ------------------------------------------------------------------------------------------------------------

_CERTAIN_SERVER_ERRORS = frozenset({501, 505})
"""5xx that say that nothing was done; all others leave it open."""

_GIVEN_UP = frozenset({408, 425, 460, 499})
"""4xx with which somebody on the way gives up waiting: what the portal does meanwhile, they do not say."""

_STATUS_ERRORS: Mapping[int, type[errors.APIStatusError]] = {
    400: errors.BadRequestError,
    401: errors.AuthenticationError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    422: errors.ValidationError,
    426: errors.LicenceError,
    429: errors.RateLimitedError,
}

_REQUEST_ID_HEADERS = ("x-request-id", "x-amzn-requestid", "cf-ray")


def error_from(request: Request, answer: Answer, attempts: int) -> errors.APIStatusError:
    """The error that an answer outside 2xx is."""
    status = answer.status
    headers = {name.lower(): value for name, value in answer.headers.items()}
    message, fields = read_error_body(answer.body)
    text = f"{status} {message}" if message else f"{status}, {_describe(headers, answer.body)}"
    context: dict[str, Any] = request.context() | {
        "attempts": attempts,
        "request_id": next((headers[name] for name in _REQUEST_ID_HEADERS if name in headers), None),
        "status": status,
        "service_message": message,
        "headers": headers,
        "body": answer.body[: 4 * errors.EXCERPT_LENGTH].decode("utf-8", "replace"),
    }
    kind = _STATUS_ERRORS.get(status)
    if kind is errors.ValidationError:
        return errors.ValidationError(text, errors=fields, **context)
    if kind is errors.PermissionDeniedError:
        return errors.PermissionDeniedError(text, scope=request.operation.scope, **context)
    if kind is errors.RateLimitedError:
        return errors.RateLimitedError(text, retry_after=retry_after(answer.headers), **context)
    if kind is not None:
        return kind(text, **context)
    if status >= 500:
        outcome = Outcome.REJECTED if status in _CERTAIN_SERVER_ERRORS else Outcome.UNKNOWN
        return errors.ServerError(text, outcome=outcome, **context)
    if status < 400:
        # Not followed: a POST would turn into a GET, and the key could be carried to another host.
        place = headers.get("location", "nowhere").partition("?")[0]
        text = f"{status}, a redirect to {place} that is not followed; is base_url right?"
        return errors.APIStatusError(text, outcome=Outcome.UNKNOWN, **context)
    outcome = Outcome.UNKNOWN if status in _GIVEN_UP else Outcome.REJECTED
    return errors.APIStatusError(text, outcome=outcome, **context)


def _describe(headers: Mapping[str, str], body: bytes) -> str:
    """For an answer without a message: what came instead, such as the HTML page of a proxy."""
    kind = headers.get("content-type", "").partition(";")[0] or "no content type"
    text = re.sub(r"<[^>]*>", " ", body[: 4 * errors.EXCERPT_LENGTH].decode("utf-8", "replace"))
    text = " ".join(text.split())
    return f"answered with {kind}: {text[:120]!r}" if text else "with an empty body"


def read_error_body(body: bytes) -> tuple[str | None, dict[str, list[str]]]:
    """The service's message, and its messages by argument where it sends them.

    Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/schedule-appointment
    """
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None, {}
    if not isinstance(data, dict):
        return None, {}
    content = cast("dict[str, Any]", data)
    message, fields = content.get("message"), content.get("errors")
    named: dict[str, list[str]] = {}
    # Nobody documents `errors`; it is what such services often add. Anything else in its place is ignored.
    if isinstance(fields, dict):
        for field, messages in cast("dict[str, Any]", fields).items():
            texts: list[Any] = messages if isinstance(messages, list) else [messages]  # pyright: ignore[reportUnknownVariableType]
            named[python_name(field)] = [
                text if isinstance(text, str) else orjson.dumps(text).decode() for text in texts
            ]
    return (message if isinstance(message, str) and message else None), named


_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def python_name(json_name: str) -> str:
    """`attendeeEmail` as `attendee_email`."""
    return _HUMP.sub("_", json_name).lower()


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait after a 429, from `retry-after` or `x-ratelimit-reset`.

    Source: https://docs.developers.mijnklantportaal.nl/getting-started/rate-limiting
    """
    text = headers.get("retry-after")
    if text is not None:
        if text.strip().isdecimal():
            return float(text)
        moment, now = http_date(text), server_time(headers)
        if moment and now:
            return max(0.0, (moment - now).total_seconds())
    reset, now = whole_number(headers.get("x-ratelimit-reset")), server_time(headers)
    if reset is not None and now:
        return max(0.0, reset - now.timestamp())
    return None


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """The service's own clock, by the `Date` header."""
    return http_date(headers.get("date"))


def http_date(text: str | None) -> datetime | None:
    """The moment of a header such as `Date`; None where it names none."""
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def whole_number(text: str | None) -> int | None:
    """A header's whole number, or None for anything else."""
    return int(text) if text is not None and text.isascii() and text.strip().isdecimal() else None
