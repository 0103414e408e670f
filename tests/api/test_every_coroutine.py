"""Every coroutine against the contract: what goes out and comes back, field by field, and what is refused."""

import inspect
import json
import re
from decimal import Decimal
from email.parser import BytesParser
from typing import Any, get_args, get_type_hints

import attrs
import pytest
from contract_walk import BUILT, CONSTANTS, IDS, PDF, answer_of, arguments_of, fill, filled, identifiers_of
from given import MakePortal, moment
from scripted_server import Received, ScriptedServer, Step, answer, drop

from mijnklantportaal_async import (
    AuthenticationError,
    DecodeError,
    LicenceError,
    NotFoundError,
    OutcomeUnknownError,
    Pager,
    PortalSession,
    ValidationError,
)
from mijnklantportaal_async.calling.wire import Effect
from mijnklantportaal_async.sandbox import Fault
from mijnklantportaal_async.sandbox.contract import ContractOperation
from mijnklantportaal_async.testing import portal_in_sandbox
from mijnklantportaal_async.values.serde import json_name

every = pytest.mark.parametrize(("name", "operation"), BUILT, ids=IDS)
# Appointments have tests of their own: what goes out depends on the portal's zone, and one argument on another.
SPECIAL = {
    "schedule_appointment": {"attendee_name": None, "attendee_email": None, "ends_at": moment(2027, 3, 5, 15, 30)}
}


def page_of(*records: dict[str, Any]) -> dict[str, Any]:
    return {"current_page": 1, "data": list(records), "per_page": 15, "next_page_url": None}


def success(operation: ContractOperation) -> Step:
    record = answer_of(operation)
    if "startsAt" in record:
        record |= {"startsAt": "2027-03-05T14:30:00+01:00", "endsAt": "2027-03-05T15:30:00+01:00"}
    if operation.is_list:
        return answer(200, page_of(record))
    return answer(operation.status, record)


def keywords(name: str, operation: ContractOperation, *, required_only: bool = False) -> dict[str, Any]:
    parameters = inspect.signature(getattr(PortalSession, name)).parameters
    given = {
        argument.name: argument.given
        for argument in arguments_of(name, operation)
        if not required_only or parameters[argument.name].default is inspect.Parameter.empty
    }
    if name == "create_directory":
        given["name"] = "Contracts"
    return given | SPECIAL.get(name, {})


async def made(
    portal: PortalSession, name: str, operation: ContractOperation, identifiers: list[Any] | None = None, **changes: Any
) -> Any:
    given = keywords(name, operation) | changes
    result = getattr(portal, name)(*(identifiers or identifiers_of(operation)), **given)
    return await (result.collect() if isinstance(result, Pager) else result)


def sent_fields(received: Received) -> dict[str, Any]:
    """The fields of a body, JSON or form; of a form's texts what they would be in JSON."""
    kind = received.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        return json.loads(received.body) if received.body else {}
    message = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + received.body)
    parts: dict[str, Any] = {}
    for part in message.get_payload():
        assert not isinstance(part, str)
        name = part.get_param("name", header="content-disposition")
        text = part.get_payload(decode=True)
        if part.get_filename():
            assert (part.get_filename(), part.get_content_type()) == (PDF.name, PDF.media_type)
            assert PDF.content in received.body
            parts[str(name)] = PDF
        else:
            parts[str(name)] = {"true": True, "false": False}.get(text.decode(), text.decode())
    return parts


@every
async def test_what_goes_out(make_portal: MakePortal, name: str, operation: ContractOperation) -> None:
    async with ScriptedServer(otherwise=success(operation)) as server:
        await made(make_portal(server.url), name, operation)
    (received,) = server.received
    identifiers = identifiers_of(operation)
    assert (received.method, received.path) == (operation.method, "/v1" + filled(operation.path, identifiers))
    if name not in SPECIAL and name != "create_directory":
        assert sent_fields(received) == {json_name(item.name): item.sent for item in arguments_of(name, operation)}


@every
def test_the_arguments_are_those_of_the_contract(name: str, operation: ContractOperation) -> None:
    coroutine = getattr(PortalSession, name)
    parameters = dict(inspect.signature(coroutine).parameters)
    assert inspect.iscoroutinefunction(coroutine) is not operation.is_paged
    assert "https://docs.developers.mijnklantportaal.nl/api-reference/" in (coroutine.__doc__ or "")
    assert all(f"{argument}:" in coroutine.__doc__ for argument in parameters if argument != "self")
    in_body = {item.name for item in arguments_of(name, operation)}
    if name not in {"upload_file", "create_directory"}:
        bodies = list(operation.bodies.values())
        assert {json_name(argument) for argument in in_body} == {field for body in bodies for field in body.properties}
        required = {field for body in bodies for field in body.required}
        mandatory = {item for item in in_body if parameters[item].default is inspect.Parameter.empty}
        assert {json_name(argument) for argument in mandatory} >= required


@every
async def test_what_was_not_given_is_not_sent(make_portal: MakePortal, name: str, operation: ContractOperation) -> None:
    optional = set(keywords(name, operation)) - set(keywords(name, operation, required_only=True))
    if not optional or name in SPECIAL:
        pytest.skip("nothing is optional")
    given = keywords(name, operation, required_only=True)
    if name.startswith("edit_") and not given:
        given = {min(optional): keywords(name, operation)[min(optional)]}
    async with ScriptedServer(otherwise=success(operation)) as server:
        result = getattr(make_portal(server.url), name)(*identifiers_of(operation), **given)
        await result
    assert set(sent_fields(server.received[0])) == {json_name(argument) for argument in given} or name.startswith(
        "stamp"
    )


@every
async def test_what_comes_back(make_portal: MakePortal, name: str, operation: ContractOperation) -> None:
    """Every field of the documentation's example, in the model."""
    async with ScriptedServer(otherwise=success(operation)) as server:
        found = await made(make_portal(server.url), name, operation)
    record = found[0] if isinstance(found, list) else found
    assert_same(record, record.raw, operation.answer.properties)


def assert_same(record: Any, example: dict[str, Any], properties: Any) -> None:
    fields = {json_name(field.name): field.name for field in attrs.fields(type(record)) if field.init}
    assert set(fields) == set(properties), "the model has the fields of the contract, no more and no less"
    for wire, field in fields.items():
        value, shown = getattr(record, field), example[wire]
        if attrs.has(type(value)):
            assert_same(value, shown, properties[wire].get("properties") or {"href": {}, "type": {}})
        elif isinstance(value, tuple) and value and attrs.has(type(value[0])):
            assert [item.raw for item in value] == shown
        elif isinstance(value, Decimal):
            assert value == Decimal(str(shown))
        elif hasattr(value, "isoformat"):
            assert value.isoformat() == shown
        else:
            assert value == (tuple(shown) if isinstance(value, tuple) else shown)


@every
async def test_every_argument_of_another_type_is_refused(
    make_portal: MakePortal, name: str, operation: ContractOperation
) -> None:
    async with ScriptedServer(otherwise=success(operation)) as server:
        portal = make_portal(server.url)
        for item in arguments_of(name, operation):
            if name in SPECIAL:
                continue
            with pytest.raises(TypeError, match=re.escape(item.name)):
                await made(portal, name, operation, **{item.name: object()})
        for place in range(len(operation.parameters)):
            for wrong in ("", ".", "a b", 7):
                identifiers: list[Any] = identifiers_of(operation)
                identifiers[place] = wrong
                with pytest.raises((TypeError, ValueError), match="_id"):
                    await made(portal, name, operation, identifiers)
        assert server.connections_accepted == 0


REFUSALS = {401: AuthenticationError, 404: NotFoundError, 422: ValidationError, 426: LicenceError}


@every
async def test_every_refusal(make_portal: MakePortal, name: str, operation: ContractOperation) -> None:
    for status, error in REFUSALS.items():
        async with ScriptedServer(answer(status, {"message": "No."})) as server:
            with pytest.raises(error, match=f"{name}: {status} No"):
                await made(make_portal(server.url), name, operation)


CREATING = [case for case in BUILT if CONSTANTS[case[0]].effect is Effect.CREATE]
REPEATABLE = [case for case in BUILT if CONSTANTS[case[0]].effect in {Effect.SET, Effect.REMOVE}]


@pytest.mark.parametrize(("name", "operation"), CREATING, ids=[name for name, _ in CREATING])
async def test_a_lost_answer_is_looked_for_or_told(
    make_portal: MakePortal, name: str, operation: ContractOperation
) -> None:
    """Never sent again blindly: found in the list, or `OutcomeUnknownError` that says how to check."""
    async with ScriptedServer(drop, otherwise=answer(404, {"message": "No."})) as server:
        with pytest.raises(OutcomeUnknownError) as caught:
            await made(make_portal(server.url), name, operation)
        assert server.count("POST") == 1
    assert "Look" in caught.value.how_to_check


NOTHING_TO_LOOK_IN = {
    "add_ticket_message",
    "create_directory",
    "stamp_issued_punch_card",
    "upload_file",
    "upload_ticket_attachment",
}


@pytest.mark.parametrize(("name", "operation"), CREATING, ids=[name for name, _ in CREATING])
@pytest.mark.parametrize("fault", [Fault.DROP_AFTER_COMMIT, Fault.DROP_BEFORE_COMMIT, Fault.HALF_BODY])
async def test_exactly_once_in_the_sandbox(fault: Fault, name: str, operation: ContractOperation) -> None:
    async with portal_in_sandbox(rate_limit=None) as (portal, sandbox):
        path = fill(sandbox, operation)
        identifiers = [part for part in path.split("/") if re.match(r"[a-z]{3}_", part)]
        given = keywords(name, operation)
        if name == "create_file_share":
            given["content"] = [sandbox.put("/files")["id"]]
        sandbox.fail_next(fault, method="POST")
        coroutine = getattr(portal, name)(*identifiers, **given)
        if name in NOTHING_TO_LOOK_IN:
            with pytest.raises(DecodeError if fault is Fault.HALF_BODY else OutcomeUnknownError, match="Do not"):
                await coroutine
        else:
            made = await coroutine
            (kept,) = sandbox.records(path.removesuffix("/manual"))
            assert made.id == kept["id"]
        posts = [request for request in sandbox.requests if request.method == "POST"]
        assert len(posts) == 1 + (fault is Fault.DROP_BEFORE_COMMIT and name not in NOTHING_TO_LOOK_IN)


@pytest.mark.parametrize(("name", "operation"), REPEATABLE, ids=[name for name, _ in REPEATABLE])
@pytest.mark.parametrize("fault", [Fault.DROP_AFTER_COMMIT, Fault.UNAVAILABLE_BEFORE_COMMIT])
async def test_what_sets_or_removes_is_repeated(fault: Fault, name: str, operation: ContractOperation) -> None:
    """Told the second time that it was done before, that is a success."""
    async with portal_in_sandbox(rate_limit=None) as (portal, sandbox):
        path = fill(sandbox, operation)
        identifiers = [part for part in path.split("/") if re.match(r"[a-z]{3}_", part)]
        sandbox.fail_next(fault, method=operation.method)
        await getattr(portal, name)(*identifiers, **keywords(name, operation))
        assert [request.method for request in sandbox.requests].count(operation.method) == 2


def test_what_returns_is_a_model() -> None:
    for name, _ in BUILT:
        returned = get_type_hints(getattr(PortalSession, name))["return"]
        (model,) = get_args(returned) or (returned,)  # a list or a Pager of it
        assert attrs.has(model), name
