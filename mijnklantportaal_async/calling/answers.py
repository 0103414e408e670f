"""Which error an answer outside 2xx is, and what its text says."""

import re
from collections.abc import Mapping
from typing import Any, cast

import orjson

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.headers import retry_after
from mijnklantportaal_async.calling.wire import Answer, Request, python_name
from mijnklantportaal_async.errors import Outcome

LOST_ANSWERS = frozenset({408, 425, 460, 499})
"""4xx by which something on the way says that it waited no longer: the portal may have done it all the same."""

_CERTAIN_SERVER_ERRORS = frozenset({501, 505})
"""5xx that say that nothing was done; all others leave it open."""

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
    return errors.APIStatusError(text, outcome=Outcome.UNKNOWN if status in LOST_ANSWERS else None, **context)


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
