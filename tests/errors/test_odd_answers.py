"""Whatever a service writes into an answer: an error prints it, in UTF-8, on one line, and without the key."""

import base64
import json
import pickle
from typing import Any

import pytest
from given import SECRET
from hypothesis import given
from hypothesis import strategies as st

from mijnklantportaal_async import APIStatusError, DecodeError, MijnKlantportaalError, Outcome, ValidationError
from mijnklantportaal_async.calling.answers import decode_error_from, error_from
from mijnklantportaal_async.calling.auth import Token, proxy_secrets
from mijnklantportaal_async.calling.wire import Answer, Effect, Operation, Request
from mijnklantportaal_async.errors import one_line
from mijnklantportaal_async.values.serde import UnreadableError

REQUEST = Request(Operation(name="get_appointment", method="GET", path="/x", effect=Effect.READ), "/x")
STATUSES = (302, 400, 403, 408, 418, 422, 429, 500)


def error_of(
    status: int, body: bytes | dict[str, Any] = b"", headers: dict[str, str] | None = None, *secrets: Token
) -> APIStatusError:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = Answer(status, headers or {}, content)
    answer.secrets = secrets
    return error_from(REQUEST, answer, 1)


def check_printable(error: MijnKlantportaalError) -> str:
    text = str(error)
    assert text.replace("\u200d", "").isprintable()
    assert len(text) < 2500
    repr(error).encode()
    repr(vars(error)).encode()
    assert len(pickle.dumps(error)) < 60_000
    return text


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
)
bodies = st.one_of(
    st.binary(),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(st.sampled_from(["message", "errors", "error", "detail", "title", "code"]), json_values).map(
        lambda value: json.dumps(value).encode()
    ),
)
header_texts = st.binary(max_size=50).map(lambda raw: raw.decode("utf-8", "surrogateescape"))


@given(
    status=st.sampled_from(STATUSES),
    body=bodies,
    headers=st.dictionaries(st.sampled_from(["location", "content-type", "x-request-id"]), header_texts),
)
def test_any_answer_prints(status: int, body: bytes, headers: dict[str, str]) -> None:
    check_printable(error_of(status, body, headers))


@pytest.mark.parametrize(
    ("status", "body", "shown"),
    [
        (422, {"message": "no\n2026-11-25 ERROR root: forged line"}, "422 no 2026-11-25 ERROR root: forged line."),
        (422, {"message": "\x1b[2J\x1b]0;pwned\x07gone"}, "422 [2J ]0;pwned gone."),
        (422, {"message": "\u202egnp.exe"}, "422 gnp.exe."),
        (422, b'{"message": "\\ud83d"}', r"""422, answered with no content type: '{"message": "\\ud83d"}'."""),
        (422, {"message": "caf\u00e9 \U0001f468\u200d\U0001f469"}, "422 caf\u00e9 \U0001f468\u200d\U0001f469."),
        (400, {"error": {"code": "E1", "detail": "Start lies in the past"}}, "400 Start lies in the past."),
        (400, {"error": "invalid_grant", "error_description": "The token is gone"}, "400 The token is gone."),
        (400, {"error": "invalid_grant"}, "400 invalid_grant."),
        (400, {"type": "about:blank", "title": "Bad Request", "detail": "In the past"}, "400 In the past."),
        (400, {"title": "Bad Request"}, "400 Bad Request."),
        (400, {"message": "  ", "detail": "In the past"}, "400 In the past."),
    ],
)
def test_messages_in_many_shapes(status: int, body: bytes | dict[str, Any], shown: str) -> None:
    error = error_of(status, body)
    assert shown in check_printable(error)


def test_what_is_long_or_deep_is_cut() -> None:
    assert "xxx\u2026" in check_printable(error_of(422, {"message": "x" * 1_000_000}))
    deep = b'{"message":"m","errors":' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}"
    assert "(too deep to show)" in check_printable(error_of(422, deep))
    many = error_of(422, {"message": "m", "errors": {f"f{number}": ["x"] for number in range(10_000)}})
    check_printable(many)
    assert isinstance(many, ValidationError)
    assert len(many.errors) == 50
    long = error_of(422, {"message": "m", "errors": {f"f{number}": ["x" * 999] * 99 for number in range(60)}})
    check_printable(long)
    assert isinstance(long, ValidationError)
    assert {len(text) for texts in long.errors.values() for text in texts} == {200}
    check_printable(error_of(502, b"<html>" + b"<p>x</p>" * 100_000, {"Content-Type": "text/html"}))
    check_printable(error_of(302, b"", {"Location": "https://x/" + "y" * 8000}))


def test_headers_in_another_encoding() -> None:
    latin, utf = b"r\xe9".decode("utf-8", "surrogateescape"), "r\u00e9"
    for raw in (latin, utf):
        error = error_of(500, b"", {"X-Request-Id": raw, "Content-Type": raw})
        assert error.request_id == "r\u00e9"
        assert error.headers["x-request-id"] == "r\u00e9"
        assert "answered with" not in check_printable(error)
        assert "redirect to r\u00e9 that" in check_printable(error_of(302, b"", {"Location": raw}))
        assert "answered with r\u00e9" in check_printable(error_of(502, b"x", {"Content-Type": raw}))


def test_problems_of_an_answer_that_cannot_be_read_are_cut_as_well() -> None:
    problems = tuple(f"$.data[{number}].startsAt: missing" for number in range(5000))
    answer = Answer(200, {}, b"{}")
    error = decode_error_from(REQUEST, answer, UnreadableError(problems, "apt_\x1b[2J" + "1" * 999), attempts=2)
    assert "200, but the answer could not be understood ($.data[0].startsAt: missing; $.data[1]" in str(error)
    assert str(error).isprintable()
    assert len(str(error)) < 2500
    assert (error.outcome, error.attempts, error.status) == (Outcome.APPLIED, 2, 200)
    assert error.problems == problems


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\u00a0b\tc\r\nd", "a b c d"), ("\ud800x", "x"), ("", ""), ("x" * 12, "x" * 9 + "\u2026"), ("\n" * 99, "")],
)
def test_one_line(text: str, shown: str) -> None:
    assert one_line(text, 10) == shown


# --- The key -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [SECRET, "sk/with+odd=signs/42", "k" * 400])
@pytest.mark.parametrize("status", STATUSES)
def test_a_key_that_the_service_repeats_is_shown_by_no_error(status: int, secret: str) -> None:
    token = Token(secret)
    echo = f"Bad header: Authorization: Bearer {secret}"
    in_json = json.dumps({"message": echo, "errors": {echo: [echo, {"a": echo}]}}).replace("/", "\\/").encode()
    page = f"<html>{'x' * 1990}{echo}".encode()
    for body in (in_json, page, f"<html>{echo}".encode()):
        headers = {"X-Echo": echo, "X-Request-Id": secret, "Location": f"https://x/{secret}", "Content-Type": echo}
        error = error_of(status, body, headers, token)
        for shown in (str(error), repr(error), repr(vars(error)), repr(pickle.dumps(error))):
            assert secret not in shown
            assert secret[:12] not in shown
            assert secret.replace("/", "\\/") not in shown
        assert error.headers["x-request-id"] == "***"


def test_a_key_in_an_answer_that_cannot_be_read_is_hidden_as_well() -> None:
    answer = Answer(201, {}, f'{{"echo": "{SECRET}"}}'.encode())
    answer.secrets = (Token(SECRET),)
    error = decode_error_from(REQUEST, answer, UnreadableError((f"$: not JSON: {SECRET}",)))
    assert isinstance(error, DecodeError)
    assert SECRET not in str(error) + repr(vars(error))
    assert error.body == b'{"echo": "***"}'


def test_the_password_of_a_proxy_is_hidden_in_all_its_forms() -> None:
    secrets = proxy_secrets("http://user:passw0rd%2F1@proxy.example:3128")
    header = base64.b64encode(b"user:passw0rd/1").decode()
    error = error_of(502, f"<html>passw0rd%2F1 passw0rd/1 Basic {header}".encode(), {}, *secrets)
    assert "answered with no content type: '*** *** Basic ***'" in str(error)
    assert "passw0rd" not in repr(vars(error))
    assert proxy_secrets("http://proxy.example:3128") == ()


def test_a_very_short_key_spoils_no_text() -> None:
    assert "no such appointment" in str(error_of(404, {"message": "no such appointment"}, {}, Token("a")))
