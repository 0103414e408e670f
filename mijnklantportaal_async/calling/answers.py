"""Which error an answer is that is no readable success, and what its text says.

What a service writes comes from outside: it is cut to a length, printable, on one line where it is part of a message,
and never shows a key that was sent to it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import orjson

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.auth import Token, conceal, conceal_bytes
from mijnklantportaal_async.calling.headers import LONGEST_WAIT, asked_wait, retry_after
from mijnklantportaal_async.calling.wire import Answer, Request, python_name
from mijnklantportaal_async.errors import Outcome, one_line
from mijnklantportaal_async.texts.words import phrase, words
from mijnklantportaal_async.values.serde import UnreadableError, without_byte_order_mark

if TYPE_CHECKING:
    from mijnklantportaal_async.calling.form import Form

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

_MESSAGE_NAMES = ("message", "detail", "error_description", "title", "error")
"""Where services say in words what is wrong: ours, RFC 9457, OAuth, and others."""

_MOST_FIELDS = 50
_MOST_MESSAGES = 5
"""Of one field."""
_LONGEST_NAME = 100
_LONGEST_MESSAGE = 200
"""Of one field."""
_LONGEST_BODY = 4 * errors.EXCERPT_LENGTH
"""Bytes of a body that is no JSON which are looked at."""


def error_from(request: Request, answer: Answer, attempts: int) -> errors.APIStatusError:
    """The error that an answer outside 2xx is."""
    status = answer.status
    body = conceal_bytes(answer.body, answer.secrets)
    headers = _readable(answer.headers, answer.secrets)
    message, fields = read_error_body(body)
    excerpt = body[:_LONGEST_BODY].decode("utf-8", "replace")
    text = f"{status} {message}"
    if not message:
        text = words("{status}, {what}", status=status, what=_describe(headers, excerpt))
    asked, wait = asked_wait(answer.headers), retry_after(answer.headers)
    if asked is not None and asked > LONGEST_WAIT:
        text = words(
            "{answer}; it asks for an absurdly long wait, which is taken as {wait:g} s",
            answer=phrase(text),
            wait=LONGEST_WAIT,
        )
    context: dict[str, Any] = request.context() | {
        "attempts": attempts,
        "request_id": next((one_line(headers[name], 200) for name in _REQUEST_ID_HEADERS if name in headers), None),
        "status": status,
        "service_message": message,
        "headers": headers,
        "body": _without_control(excerpt),
        "retry_after": wait,
    }
    kind = _STATUS_ERRORS.get(status)
    if request.form is not None:
        text = _about_files(text, status, fields, request.form)
    if kind is errors.ValidationError:
        return errors.ValidationError(text, errors=fields, **context)
    if kind is errors.PermissionDeniedError:
        return errors.PermissionDeniedError(text, scope=request.operation.scope, **context)
    if kind is not None:
        return kind(text, **context)
    if status >= 500:
        outcome = Outcome.REJECTED if status in _CERTAIN_SERVER_ERRORS else Outcome.UNKNOWN
        return errors.ServerError(text, outcome=outcome, **context)
    if status < 400:
        # Not followed: a POST would turn into a GET, and the key could be carried to another host.
        place = one_line(headers.get("location", "nowhere").partition("?")[0], _LONGEST_MESSAGE)
        text = words(
            "{status}, a redirect to {place} that is not followed; is base_url right?", status=status, place=place
        )
        return errors.APIStatusError(text, outcome=Outcome.UNKNOWN, **context)
    return errors.APIStatusError(text, outcome=Outcome.UNKNOWN if status in LOST_ANSWERS else None, **context)


def _about_files(text: str, status: int, fields: Mapping[str, list[str]], form: "Form") -> str:
    """What a refusal of files probably means. Services made with PHP forget a whole form that is too large for them."""
    sizes = {python_name(name): size for name, size in form.files.items()}
    if status == 413:
        return words(
            "{answer}; the portal takes no file of {size} bytes", answer=phrase(text), size=sum(sizes.values())
        )
    for field, messages in fields.items():
        if field in sizes and any("required" in message for message in messages):
            return words(
                "{answer}; it was sent, with {size} bytes: perhaps it is too large for the portal",
                answer=phrase(text),
                size=sizes[field],
            )
    return text


def decode_error_from(
    request: Request, answer: Answer, unreadable: UnreadableError, attempts: int = 0, message: str = ""
) -> errors.DecodeError:
    """The error that a success is whose body could not be understood."""
    return errors.DecodeError(
        message or words("{status}, but the answer could not be understood", status=answer.status),
        problems=tuple(conceal(problem, answer.secrets) for problem in unreadable.problems),
        identifier=unreadable.identifier,
        body=conceal_bytes(answer.body, answer.secrets),
        status=answer.status,
        attempts=attempts,
        **request.context(),
    )


def read_error_body(body: bytes) -> tuple[str | None, dict[str, list[str]]]:
    """The service's message, and its messages by argument where it sends them.

    Source: https://docs.developers.mijnklantportaal.nl/api-reference/appointments-api/schedule-appointment
    """
    try:
        data = orjson.loads(without_byte_order_mark(body))
    except orjson.JSONDecodeError:
        return None, {}
    if not isinstance(data, dict):
        return None, {}
    content = cast("dict[str, Any]", data)
    fields = content.get("errors")
    named: dict[str, list[str]] = {}
    # Nobody documents `errors`; it is what such services often add. Anything else in its place is ignored.
    if isinstance(fields, dict):
        for field, messages in list(cast("dict[str, Any]", fields).items())[:_MOST_FIELDS]:
            texts: list[Any] = messages if isinstance(messages, list) else [messages]  # pyright: ignore[reportUnknownVariableType]
            name = python_name(one_line(field, _LONGEST_NAME))
            named[name] = [one_line(_as_text(text), _LONGEST_MESSAGE) for text in texts[:_MOST_MESSAGES]]
    return _message_in(content), named


def _message_in(content: Mapping[str, Any]) -> str | None:
    """In words what is wrong, at the top or one level below."""
    inner = content.get("error")
    places = [content, cast("dict[str, Any]", inner)] if isinstance(inner, dict) else [content]
    texts = (one_line(value) for place in places for value in _texts_in(place))
    return next(filter(None, texts), None)


def _texts_in(place: Mapping[str, Any]) -> Iterator[str]:
    return (value for name in _MESSAGE_NAMES if isinstance(value := place.get(name), str))


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        # It can be read deeper than it can be written.
        return words("(too deep to show)")


def _readable(headers: Mapping[str, str], secrets: Iterable[Token]) -> dict[str, str]:
    """With names in lower case, and nothing that could not be written in UTF-8. Of a header sent twice the first."""
    readable: dict[str, str] = {}
    for name, value in headers.items():
        readable.setdefault(name.lower(), conceal(value if value.isascii() else _decoded(value), secrets))
    return readable


def _decoded(value: str) -> str:
    """A header that is not ASCII: in UTF-8, or byte by byte as it was before."""
    try:
        raw = value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace").decode()
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _describe(headers: Mapping[str, str], excerpt: str) -> str:
    """For an answer without a message: what came instead, such as the HTML page of a proxy."""
    kind = one_line(headers.get("content-type", "").partition(";")[0], _LONGEST_NAME) or words("no content type")
    text = one_line(re.sub(r"<[^>]*>", " ", excerpt), 120)
    return words("answered with {kind}: {text}", kind=kind, text=repr(text)) if text else words("with an empty body")


def _without_control(text: str) -> str:
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "\ufffd", text)
