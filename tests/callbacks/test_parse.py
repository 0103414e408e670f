from __future__ import annotations

import pickle
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mijnklantportaal_async import Webhook, WebhookEvent
from mijnklantportaal_async.callbacks import (
    AppointmentEvent,
    CustomerEvent,
    Event,
    InvoiceEvent,
    TicketEvent,
    UnknownEvent,
    parse,
    sign,
)
from mijnklantportaal_async.callbacks.errors import PayloadError, SignatureError, WebhookError
from mijnklantportaal_async.callbacks.events import KINDS
from mijnklantportaal_async.sandbox.contents import _example
from mijnklantportaal_async.sandbox.contract import load_contract

SECRET = "Hs6dK2mQ9wXz4TbV1nRc"
PLACES = {
    "AppointmentEvent": "/appointments",
    "CustomerEvent": "/customers",
    "OfferEvent": "/customer-offers",
    "InvoiceEvent": "/customer-invoices",
    "PaymentLinkEvent": "/payment-links",
    "TicketEvent": "/tickets",
    "SubscriptionEvent": "/customer-subscriptions",
    "SubscriptionPaymentEvent": "/customer-subscriptions",
}


def example(place: str) -> dict[str, Any]:
    """What the documentation shows for a record."""
    operation = load_contract().records_of(place)
    assert operation is not None
    record = {name: _example(schema) for name, schema in operation.answer.properties.items()}
    # Some examples are days that do not exist, and addresses have none.
    for name, value in record.items():
        if name.endswith("At") and value:
            record[name] = "2027-03-05T12:00:00+01:00"
    return record | ({"links": {}} if "links" in record else {})


def read(document: Any, **settings: Any) -> Event[Any]:
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    return parse(body, sign(body, SECRET), [SECRET], **settings)


def hook(event_type: str, secret: str = SECRET) -> Webhook:
    return Webhook(
        id="wbh_1", type=WebhookEvent(event_type), url="https://x.nl/", secret=secret, created_at=datetime.now(UTC)
    )


# --- What is told ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event_type", KINDS)
@pytest.mark.parametrize("shape", ["data", "type", "bare", "named", "id"])
def test_every_documented_type_in_every_shape_that_is_read(event_type: str, shape: str) -> None:
    kind = KINDS[event_type]
    record = example(PLACES[kind.__name__])
    name = kind.kind.__name__.removesuffix("WithMessages").removeprefix("Customer") if kind.kind else ""
    document = {
        "data": {"event": event_type, "data": record},
        "type": {"type": event_type, "payload": record},
        "bare": {"event": event_type, **record},
        "named": {"event": event_type, (name or "Customer")[0].lower() + (name or "Customer")[1:]: record},
        "id": {"event": event_type, "data": {"id": record["id"]}, "unknown": [1]},
    }[shape]
    event = read(document)
    assert type(event) is kind
    assert event.type == event_type
    assert event.type is not None
    assert event.type.is_known
    assert event.record_id == record["id"]
    if shape != "id":
        assert type(event.record) is kind.kind
        assert event.record.id == record["id"]
        assert event.record.raw["id"] == record["id"]
        assert event.problems == ()
    assert event.raw == document


def test_all_23_are_typed() -> None:
    assert set(KINDS) == {member.value for member in WebhookEvent}
    assert len(KINDS) == 23


def test_the_webhook_says_its_type_whatever_the_body_does() -> None:
    record = example("/customer-invoices")
    body = orjson.dumps(record)
    event = parse(body, sign(body, SECRET), [hook("invoice-paid")])
    assert isinstance(event, InvoiceEvent)
    assert (event.type, event.webhook_id, event.record_id) == ("invoice-paid", "wbh_1", record["id"])
    assert isinstance(read(record, type="invoice-paid"), InvoiceEvent)


@pytest.mark.parametrize("document", [{}, {"event": "pigeon-landed", "data": {"id": "x"}}, {"event": 7}, {"type": ""}])
def test_what_nobody_has_documented_is_kept(document: dict[str, Any]) -> None:
    event = read(document)
    assert isinstance(event, UnknownEvent)
    assert event.raw == document
    assert event.body == orjson.dumps(document)
    assert event.type == (document.get("event") if document.get("event") == "pigeon-landed" else None)


def test_a_record_that_cannot_be_read_is_said_to_be_so() -> None:
    event = read({"event": "appointment-created", "data": {"id": "apt_1", "startsAt": 7}})
    assert isinstance(event, AppointmentEvent)
    assert event.record is None
    assert event.record_id == "apt_1"
    assert any("$.data.startsAt" in problem for problem in event.problems)


def test_what_is_about_a_record_is_not_the_record() -> None:
    """A reply may come as the message alone: its id is not that of the ticket."""
    message = {"id": "tim_1", "message": "Hello", "ticketId": "tic_7"}
    event = read({"event": "ticket-reply-customer", "data": message})
    assert isinstance(event, TicketEvent)
    assert event.record is None
    assert event.record_id == "tic_7"


def test_an_event_keeps_no_header_and_shows_no_secret() -> None:
    body = orjson.dumps({"event": "customer-created", "data": {"id": "cst_1", "note": "private"}})
    event = parse(body, sign(body, SECRET, proof="secret"), [hook("customer-created")], owner="o")
    assert event.proof == "secret"
    assert SECRET not in repr(event)
    assert "private" not in repr(event)
    assert SECRET.encode() not in pickle.dumps(event)


def test_a_fingerprint_is_of_owner_type_and_body() -> None:
    one = {"event": "customer-created", "data": {"id": "cst_1"}}
    assert read(one).fingerprint == read(one).fingerprint
    assert len({read(one).fingerprint, read(one, owner="a").fingerprint, read({**one, "x": 1}).fingerprint}) == 3


# --- Who called --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("proof", ["hmac", "secret"])
def test_both_readings_are_taken_and_named(proof: Any) -> None:
    body = b'{"event": "customer-created"}'
    assert parse(body, sign(body, SECRET, proof=proof), ["another", SECRET]).proof == proof
    assert parse(body, sign(body, SECRET, proof=proof), [SECRET], require=proof).proof == proof
    other = "secret" if proof == "hmac" else "hmac"
    with pytest.raises(SignatureError, match=f"as {other}"):
        parse(body, sign(body, SECRET, proof=proof), [SECRET], require=other)


def test_a_changed_body_is_seen_with_hmac_only() -> None:
    body, changed = b'{"event":"customer-created"}', b'{"event":"customer-deleted"}'
    with pytest.raises(SignatureError):
        parse(changed, sign(body, SECRET), [SECRET])
    event = parse(changed, sign(body, SECRET, proof="secret"), [SECRET])
    assert isinstance(event, CustomerEvent)
    assert event.proof == "secret", "which is what the word is for"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Webhook-Signature": ""},
        {"X-Webhook-Signature": SECRET[:-1]},
        {"X-Webhook-Signature": SECRET.lower()},
        {"X-Webhook-Signature": "sha256=" + sign(b"{}", SECRET)["X-Webhook-Signature"]},
        {"X-Webhook-Signature": SECRET, "x-webhook-signature": SECRET},
        [("X-Webhook-Signature", SECRET), ("X-Webhook-Signature", SECRET)],
        [(b"x-webhook-signature", b"\xff\xfe")],
        {"X-Webhook-Signature": "\ud800"},
        {"X-Webhook-Signature": f"{SECRET}, {SECRET}"},
        {"Signature": SECRET},
    ],
)
def test_everything_else_is_refused(headers: Any) -> None:
    with pytest.raises(SignatureError) as caught:
        parse(b"{}", headers, [SECRET])
    assert SECRET not in str(caught.value)
    assert caught.value.status == 401
    assert "Effect" not in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_names_of_headers_are_read_in_any_case() -> None:
    body = b"{}"
    value = sign(body, SECRET)["X-Webhook-Signature"]
    for headers in ({"x-webhook-signature": value}, [(b"X-WEBHOOK-SIGNATURE", value.encode())]):
        assert parse(body, headers, [SECRET]).proof == "hmac"


@pytest.mark.parametrize("secrets", [[], [""], [None], [" x"], "text", None, ["ok", ""], [7]])
def test_a_secret_that_anybody_has_is_refused(secrets: Any) -> None:
    """Under the literal reading an empty header would equal an empty secret."""
    with pytest.raises((ValueError, TypeError)):
        parse(b"{}", {"X-Webhook-Signature": ""}, secrets)


@pytest.mark.parametrize("body", ["{}", {}, None, 7])
def test_a_body_that_is_no_bytes_is_told_how(body: Any) -> None:
    with pytest.raises(TypeError, match=r"await request\.body\(\)"):
        parse(body, {}, [SECRET])


@pytest.mark.parametrize("headers", ["text", b"text", [1], [("a",)], None, [("a", 1)]])
def test_headers_that_are_none(headers: Any) -> None:
    with pytest.raises(TypeError):
        parse(b"{}", headers, [SECRET])


# --- JSON at its edges -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'"x"',
        b"{",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": 123456789012345678901234567890}',
        b'{"a": [[-1e19]]}',
        b'{"a": "\\ud800"}',
        b'{"a": ' * 2000 + b"1" + b"}" * 2000,
        '{"a": 1}'.encode("utf-16"),
        b"\xef\xbb\xbf{}",
        b'{"a": "\xff"}',
        b"a=1&b=2",
    ],
)
def test_a_proven_body_that_is_no_object(body: bytes) -> None:
    with pytest.raises(PayloadError) as caught:
        read(body)
    assert caught.value.status == 400
    assert caught.value.body == body


def test_what_is_nested_deeply_can_be_handled() -> None:
    body = b'{"event": "customer-created", "data": ' + b"[" * 1000 + b"]" * 1000 + b"}"
    event = read(body)
    assert event.record is None
    assert len(repr(event)) < 1000


def test_bytes_are_checked_before_anything_decodes_them() -> None:
    body = '{"event": "customer-created", "name": "Zoë 🎈", "x":  1.10}'.encode()
    assert read(body).body == body


# --- Whatever comes ----------------------------------------------------------------------------------------------

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
TOLD = st.fixed_dictionaries(
    {},
    optional={
        "event": st.sampled_from(list(KINDS)) | JSON,
        "type": st.sampled_from(list(KINDS)) | JSON,
        "data": JSON | st.fixed_dictionaries({"id": st.sampled_from(["apt_1", "inv_1", ".."]) | JSON}),
        "id": JSON,
        "customer": JSON,
    },
)
BODIES = st.binary(max_size=40) | TOLD.map(
    lambda value: orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS) if _sayable(value) else b""
)
NAMES = st.sampled_from(["X-Webhook-Signature", "x-webhook-signature", "Accept"]) | st.text(max_size=5)
HEADERS = st.lists(st.tuples(NAMES | st.binary(max_size=5), st.text(max_size=30) | st.binary(max_size=30)), max_size=4)


def _sayable(value: Any) -> bool:
    try:
        orjson.dumps(value)
    except (TypeError, ValueError):
        return False
    return True


@given(BODIES, HEADERS, st.sampled_from(["none", "hmac", "secret"]))
def test_any_body_and_any_headers_give_an_event_or_a_webhook_error(body: bytes, headers: Any, signed: Any) -> None:
    signature = [] if signed == "none" else list(sign(body, SECRET, proof=signed).items())
    try:
        event = parse(body, [*headers, *signature], [SECRET])
    except WebhookError as error:
        assert SECRET not in str(error)
    else:
        assert isinstance(event, Event)
        assert event.proof == signed
        assert event.body == body
        assert SECRET not in repr(event)
