"""Every coroutine against the contract: what goes out and comes back, field by field, and what is refused."""

import inspect
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, get_args, get_type_hints

import attrs
import pytest
from contract_walk import (
    BUILT,
    CONSTANTS,
    IDS,
    OPERATIONS,
    PDF,
    SPECIAL,
    answer_of,
    arguments_of,
    example_of,
    fill,
    filled,
    identifiers_of,
    keywords,
    places_of,
    prefixes_of,
)
from given import MakePortal
from moved_time import LoopClock
from scripted_server import Received, ScriptedServer, Step, answer, drop

from mijnklantportaal_async import (
    UNSET,
    AuthenticationError,
    ConflictError,
    DecodeError,
    LicenceError,
    NotFoundError,
    OutcomeUnknownError,
    Pager,
    PermissionDeniedError,
    PortalSession,
    RateLimitedError,
    RetryPolicy,
    ServerError,
    ValidationError,
)
from mijnklantportaal_async.calling.wire import Effect, Look, Reread
from mijnklantportaal_async.sandbox import Fault
from mijnklantportaal_async.sandbox.contract import ContractOperation
from mijnklantportaal_async.testing import portal_in_sandbox
from mijnklantportaal_async.values.checks import EXAMPLES, PREFIXES
from mijnklantportaal_async.values.open_enum import OpenStrEnum
from mijnklantportaal_async.values.serde import UnreadableError, json_name, read, write

Case = tuple[str, ContractOperation]


def each(cases: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("name", "operation"), cases, ids=[name for name, _ in cases])


every = each(BUILT)
COMPARED = [case for case in BUILT if case[0] not in SPECIAL]
"""Whose body is the examples of the contract."""


def page_of(*records: dict[str, Any]) -> dict[str, Any]:
    return {"current_page": 1, "data": list(records), "per_page": 15, "next_page_url": None}


def answered(operation: ContractOperation, record: dict[str, Any]) -> Step:
    return answer(200, page_of(record)) if operation.is_list else answer(operation.status, record)


def success(name: str, operation: ContractOperation) -> Step:
    record = answer_of(operation)
    if name == "schedule_appointment":
        record |= {"startsAt": "2027-03-05T14:30:00+01:00", "endsAt": "2027-03-05T15:30:00+01:00"}
        # The examples of the contract are of two customers.
        record["customerId"] = keywords(name, operation)["customer_id"]
    return answered(operation, record)


async def made(
    portal: PortalSession,
    name: str,
    operation: ContractOperation,
    identifiers: list[Any] | None = None,
    /,
    **changes: Any,
) -> Any:
    given = keywords(name, operation) | changes
    result = getattr(portal, name)(*(identifiers or identifiers_of(name)), **given)
    return await (result.collect() if isinstance(result, Pager) else result)


def model_of(name: str) -> Any:
    returned = get_type_hints(getattr(PortalSession, name))["return"]
    (model,) = get_args(returned) or (returned,)  # a list or a Pager of it
    return model


# --- The contract and the code -----------------------------------------------------------------------------------


def test_the_whole_api_is_there_and_nothing_else() -> None:
    assert (len(OPERATIONS), len(BUILT), len({operation.tag for operation in OPERATIONS})) == (70, 71, 16)
    assert set(CONSTANTS) == set(IDS)
    own = {
        "aclose",
        "for_portal",
        "from_env",
        "rate_limit",
        "request",
        "schedule_appointments",
        "timezone",
        "unsettled",
        "with_options",
    }
    files = {"open_file", "save_file"}
    assert {name for name in dir(PortalSession) if not name.startswith("_")} == {*IDS, *own, *files}


@every
def test_the_arguments_are_those_of_the_contract(name: str, operation: ContractOperation) -> None:
    coroutine, constant = getattr(PortalSession, name), CONSTANTS[name]
    parameters = dict(inspect.signature(coroutine).parameters)
    assert inspect.iscoroutinefunction(coroutine) is not operation.is_paged
    assert "https://docs.developers.mijnklantportaal.nl/api-reference/" in (coroutine.__doc__ or "")
    assert all(f"{argument}:" in coroutine.__doc__ for argument in parameters if argument != "self")
    assert (constant.method, filled(constant.path, ["{}"] * 9)) == (
        operation.method,
        filled(operation.path, ["{}"] * 9),
    )
    if name in {"upload_file", "create_directory"}:
        return
    in_body = {item.name for item in arguments_of(name, operation)}
    query = {"start_at", "days"} if name == "list_appointments" else {"page"} if operation.is_paged else set()
    of_a_file = {"filename", "content_type", "progress"} if {"pdf", "attachment"} & in_body else set()
    assert set(parameters) == {"self", *places_of(constant), *query, *in_body, *of_a_file}
    bodies = list(operation.bodies.values())
    assert {json_name(argument) for argument in in_body} == {field for body in bodies for field in body.properties}
    required = {field for body in bodies for field in body.required}
    mandatory = {item for item in in_body if parameters[item].default is inspect.Parameter.empty}
    assert {json_name(argument) for argument in mandatory} >= required
    assert mandatory.isdisjoint({argument for argument in in_body if parameters[argument].default is UNSET})


def test_every_model_says_what_it_is() -> None:
    for name in IDS:
        assert attrs.has(model_of(name)), name


def test_what_is_compared_in_a_look_is_in_the_request_and_in_the_record() -> None:
    """A slip would compare less than is meant, and take somebody else's record for ours."""
    for name, operation in BUILT:
        constant = CONSTANTS[name]
        look, parameters = constant.look, inspect.signature(getattr(PortalSession, name)).parameters
        if look is None:
            assert constant.effect.may_repeat or constant.check_by_hand, name
            continue
        assert not constant.effect.may_repeat
        where = look.reading if isinstance(look, Reread) else look.listing
        shown = {field.name: field for field in attrs.fields(model_of(where.name))}
        if isinstance(look, Reread):
            assert set(look.fields) <= set(parameters) & set(shown), name
            continue
        assert all(parameters[field].default is inspect.Parameter.empty for field in look.fields), name
        assert {look.made or "id", *(look.told.get(field, field) for field in look.fields)} <= set(shown), name
        assert {*look.told, *look.left_out} <= set(parameters), name
        for told in look.told.values():
            kind = model_of(where.name)
            for part in told.split("."):
                assert part in {field.name for field in attrs.fields(kind)} or not look.is_proof, (name, told)
                kind = get_type_hints(kind).get(part)
        # What the contract says of a field that is left out, counts.
        defaults = {
            field: schema["default"]
            for body in operation.bodies.values()
            for field, schema in body.properties.items()
            if "default" in schema
        }
        assert defaults.items() <= {json_name(field): value for field, value in look.left_out.items()}.items(), name


def test_a_look_needs_something_to_compare() -> None:
    listing = CONSTANTS["list_customers"]
    with pytest.raises(ValueError, match="a field that is always sent"):
        Look(listing, ())
    with pytest.raises(ValueError, match="a field that tells"):
        Reread(listing, ())


def test_every_prefix_of_the_contract_is_known() -> None:
    for name, constant in CONSTANTS.items():
        for place in places_of(constant):
            own = (constant.prefixes or {}).get(place)
            known = (own,) if own else (PREFIXES | EXAMPLES)[place]
            assert known == prefixes_of(constant, place), (name, place)


# --- Out ---------------------------------------------------------------------------------------------------------


def sent_fields(received: Received) -> dict[str, Any]:
    """The fields of a body, JSON or form; of a form's texts what they would be in JSON."""
    kind = received.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        return received.json if received.body else {}
    boundary = b"--" + kind.partition("boundary=")[2].encode()
    first, *parts, last = received.body.split(boundary)
    assert (first, last) == (b"", b"--\r\n")
    fields: dict[str, Any] = {}
    for part in parts:
        head, _, content = part.removesuffix(b"\r\n").partition(b"\r\n\r\n")
        found = re.match(r'\r\nContent-Disposition: form-data; name="(\w+)"(?:; filename="(.*)")?', head.decode())
        assert found is not None, head
        if found[2] is None:
            fields[found[1]] = content.decode()
        else:
            # As browsers write it: nothing is escaped but the quote.
            assert (found[2], content) == (PDF.filename.replace('"', "%22"), PDF.source)
            assert head.endswith(f"\r\nContent-Type: {PDF.content_type}".encode())
            fields[found[1]] = PDF
    return fields


def as_in_a_form(value: Any) -> Any:
    if isinstance(value, list):
        return as_in_a_form(value[0])
    if isinstance(value, bool):
        return "1" if value else "0"
    return write(value).decode() if isinstance(value, dict) else value


@each(COMPARED)
async def test_what_goes_out(make_portal: MakePortal, name: str, operation: ContractOperation) -> None:
    async with ScriptedServer(otherwise=success(name, operation)) as server:
        await made(make_portal(server.url), name, operation)
    (received,) = server.received
    assert (received.method, received.path) == (operation.method, "/v1" + filled(operation.path, identifiers_of(name)))
    wanted = {json_name(item.name): item.sent for item in arguments_of(name, operation)}
    is_form = received.headers.get("content-type", "").startswith("multipart")
    assert is_form is (list(operation.bodies) == ["multipart/form-data"] or name == "upload_file")
    assert sent_fields(received) == (
        {name: as_in_a_form(value) for name, value in wanted.items()} if is_form else wanted
    )


OPTIONAL = [
    (name, operation)
    for name, operation in COMPARED
    if set(keywords(name, operation)) != set(keywords(name, operation, required_only=True))
]


@each(OPTIONAL)
async def test_what_was_not_given_is_not_sent(make_portal: MakePortal, name: str, operation: ContractOperation) -> None:
    everything, given = keywords(name, operation), keywords(name, operation, required_only=True)
    defaults = {"stamps"} if name == "stamp_issued_punch_card" else set()
    async with ScriptedServer(otherwise=success(name, operation)) as server:
        portal = make_portal(server.url)
        if not given and operation.method == "PATCH":
            with pytest.raises(ValueError, match="give"):
                await getattr(portal, name)(*identifiers_of(name))
            assert server.connections_accepted == 0
            given = {min(everything): everything[min(everything)]}
        await getattr(portal, name)(*identifiers_of(name), **given)
    assert set(sent_fields(server.received[0])) == {json_name(argument) for argument in {*given, *defaults}}


@each(OPTIONAL)
async def test_none_is_sent_where_the_contract_has_null(
    make_portal: MakePortal, name: str, operation: ContractOperation
) -> None:
    """And refused elsewhere, with that reason. Of `edit_customer` nobody knows: there it is the portal's to judge."""
    nullable = {
        argument
        for body in operation.bodies.values()
        for argument in keywords(name, operation)
        if "null" in body.properties.get(json_name(argument), {}).get("type", ()) or name == "edit_customer"
    }
    optional = set(keywords(name, operation)) - set(keywords(name, operation, required_only=True)) - {"stamps"}
    async with ScriptedServer(otherwise=success(name, operation)) as server:
        portal = make_portal(server.url)
        for argument in optional - nullable - {"country_code", "directory_id"}:
            with pytest.raises(TypeError, match=f"{argument}=None cannot be sent.*documents no null.*leave it out"):
                await made(portal, name, operation, **{argument: None})
        assert server.connections_accepted == 0
        for argument in nullable:
            await made(portal, name, operation, **{argument: None})
            assert server.received[-1].json[json_name(argument)] is None


@every
async def test_every_argument_of_another_type_is_refused(
    make_portal: MakePortal, name: str, operation: ContractOperation
) -> None:
    foreign = {"cst_1", "plk_1", "inv_1", "xyz_1"}
    async with ScriptedServer(otherwise=success(name, operation)) as server:
        portal = make_portal(server.url)
        for argument, given in keywords(name, operation).items():
            if given is None:
                continue
            with pytest.raises(TypeError, match=re.escape(argument)):
                await made(portal, name, operation, **{argument: object()})
            for wrong in foreign if argument.endswith("_id") and argument in PREFIXES else ():
                if not wrong.startswith(PREFIXES[argument]):
                    with pytest.raises(ValueError, match=f"{argument}='{wrong}' is the id of something else; .*'[a-z]"):
                        await made(portal, name, operation, **{argument: wrong})
        for number, place in enumerate(places_of(CONSTANTS[name])):
            allowed = prefixes_of(CONSTANTS[name], place)
            is_certain = place not in EXAMPLES
            for wrong in ("", ".", "a b", 7, *(foreign if is_certain else foreign - {"xyz_1"})):
                if isinstance(wrong, str) and wrong.startswith(allowed):
                    continue
                identifiers: list[Any] = identifiers_of(name)
                identifiers[number] = wrong
                with pytest.raises((TypeError, ValueError), match=place):
                    await made(portal, name, operation, identifiers)
        assert server.connections_accepted == 0


# --- In ----------------------------------------------------------------------------------------------------------


@every
async def test_what_comes_back(make_portal: MakePortal, name: str, operation: ContractOperation) -> None:
    """Every field of the documentation's example, in the model."""
    async with ScriptedServer(otherwise=success(name, operation)) as server:
        found = await made(make_portal(server.url), name, operation)
    record = found[0] if isinstance(found, list) else found
    assert type(record) is model_of(name)
    if operation.answer.properties:
        assert_same(record, record.raw, operation.answer.properties)


def assert_same(record: Any, example: dict[str, Any], properties: Any) -> None:
    fields = {json_name(field.name): field.name for field in attrs.fields(type(record)) if field.init}
    assert set(fields) == set(properties), "the model has the fields of the contract, no more and no less"
    for wire, field in fields.items():
        value, shown = getattr(record, field), example[wire]
        if attrs.has(type(value)):
            assert_same(value, shown, properties[wire].get("properties") or {"href": {}, "type": {}})
        elif isinstance(value, tuple) and value and attrs.has(type(value[0])):
            for item, inner in zip(value, shown, strict=True):
                assert_same(item, inner, properties[wire]["items"]["properties"])
        elif isinstance(value, Decimal):
            assert value == Decimal(str(shown))
        elif hasattr(value, "isoformat"):
            # A day may come as the moment at which it begins.
            assert shown.startswith(value.isoformat())
        else:
            assert value == (tuple(shown) if isinstance(value, tuple) else shown)


RECORDS: dict[Any, ContractOperation] = {model_of(name): operation for name, operation in BUILT}
kinds = pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)


def places(schema: Mapping[str, Any], way: tuple[Any, ...] = (), doubt: bool = False) -> Iterator[tuple[Any, ...]]:
    """Every place in a record, with its schema and whether anything there is uncertain."""
    for name, inner in schema.get("properties", {}).items():
        here = doubt or "x-uncertain" in inner
        yield (*way, name), inner, here
        yield from places(inner, (*way, name), here or "x-uncertain" in inner.get("items", {}))
        if "items" in inner and inner["items"].get("properties"):
            unsure = here or "x-uncertain" in inner["items"]
            yield from places(inner["items"], (*way, name, 0), unsure)


def changed(record: Any, way: tuple[Any, ...], value: Any) -> Any:
    """The record with something else in one place; nothing when the value is `...`."""
    first, *rest = way
    if isinstance(record, list):
        return [changed(item, tuple(rest), value) if index == first else item for index, item in enumerate(record)]
    inner = changed(record[first], tuple(rest), value) if rest else value
    return {name: inner if name == first else item for name, item in record.items() if (name, inner) != (first, ...)}


@kinds
def test_what_may_be_null_or_missing(kind: Any) -> None:
    operation = RECORDS[kind]
    example = answer_of(operation)
    # Of the whole list nothing but the ids is certain.
    whole = kind.__name__ in {"Agreement", "Ticket", "PaymentLinkPayment"}
    for way, schema, doubt in places({"properties": operation.answer.properties}, (), whole):
        # What is shared are records of their own, which another page documents.
        if "null" in schema.get("type", ()) or (
            doubt and way[-1] not in {"id", "href"} and "sharedContent" not in way[:-1]
        ):
            for value in (None, ...):
                read(write(changed(example, way, value)), kind)


@kinds
def test_amounts_days_moments_and_choices_have_types_of_their_own(kind: Any) -> None:
    """Reading alone would not tell: a text is a text."""
    hints = get_type_hints(kind)
    for wire, schema in RECORDS[kind].answer.properties.items():
        (field,) = (field.name for field in attrs.fields(kind) if json_name(field.name) == wire)
        told, example = str(hints[field]), str(schema.get("example"))
        if re.search("amount|price", wire.lower()):
            assert "decimal.Decimal" in told, field
        elif re.match(r"\d{4}-\d\d-\d\d", example):
            # An invoice of the service shows the moment at which its day begins.
            is_day = len(example) == 10 or example.endswith("T00:00:00.000Z")
            assert ("datetime.date" if is_day else "datetime.datetime") in told, field
            assert ("datetime.datetime" not in told) or not is_day, field
        elif "enum" in schema and schema["type"] == "string":
            assert any(issubclass(one, OpenStrEnum) for one in get_args(hints[field]) or (hints[field],)), field


WRONG: dict[Any, tuple[Any, ...]] = {
    "string": (7, True, [], {}),
    "integer": ("7", 2.5, True, [], {}),
    "number": ("seven", True, [], {}),
    "boolean": ("true", 1, [], {}),
    "array": ("text", 7, {}),
    "object": ("text", 7, []),
}


@kinds
def test_every_field_of_another_type_is_refused(kind: Any) -> None:
    operation = RECORDS[kind]
    example, count = answer_of(operation), 0
    for way, schema, _ in places({"properties": operation.answer.properties}):
        kinds_of = schema.get("type", "object")
        (told,) = [item for item in ([kinds_of] if isinstance(kinds_of, str) else kinds_of) if item != "null"]
        amount = any(
            isinstance(example_of(schema), str) and word in str(way[-1]).lower() for word in ("amount", "price")
        )
        for value in WRONG[told]:
            if (amount and value == 7) or (told == "integer" and way[-1] == "quantity"):
                continue  # amounts come as numbers, too
            with pytest.raises(UnreadableError) as caught:
                read(write(changed(example, way, value)), kind)
            where = "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in way)
            assert caught.value.problems[0].startswith(f"{where}: must be"), (way, value)
            count += 1
    assert count or not operation.answer.properties


# --- What is refused, and what is lost ---------------------------------------------------------------------------

REFUSALS: dict[int, type[Exception]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: ValidationError,
    426: LicenceError,
    429: RateLimitedError,
    500: ServerError,
}


@every
async def test_every_refusal(make_portal: MakePortal, name: str, operation: ContractOperation) -> None:
    constant = CONSTANTS[name]
    script = [answer(status, {"message": "No."}, {"Retry-After": "0"}) for status in REFUSALS]
    async with ScriptedServer(*script) as server:
        portal = make_portal(server.url, retry=RetryPolicy(attempts=1), reconcile=None)
        for status, error in REFUSALS.items():
            is_unknown = status == 500 and not constant.effect.may_repeat
            with pytest.raises(OutcomeUnknownError if is_unknown else error, match=f"{name}: {status} No") as caught:
                await made(portal, name, operation)
            if status == 403:
                assert (constant.scope or "403") in str(caught.value)
        assert len(server.received) == len(REFUSALS)


ONCE = [case for case in BUILT if not CONSTANTS[case[0]].effect.may_repeat]
REPEATABLE = [case for case in BUILT if CONSTANTS[case[0]].effect in {Effect.SET, Effect.ADD, Effect.REMOVE}]


def test_everything_stands_where_its_effect_puts_it() -> None:
    by_effect = {effect: {name for name in IDS if CONSTANTS[name].effect is effect} for effect in Effect}
    assert by_effect[Effect.READ] == {name for name, operation in BUILT if operation.method == "GET"}
    assert by_effect[Effect.ONCE] == {"mark_customer_invoice_paid", "mark_customer_offer", "stamp_issued_punch_card"}
    assert by_effect[Effect.ADD] == {"add_customers_to_customer_group"}
    assert by_effect[Effect.REMOVE] == {"cancel_appointment", "close_payment_link"}
    assert {"sign_up_customer", "sign_up_non_customer", "add_ticket_message"} <= by_effect[Effect.CREATE]
    assert by_effect[Effect.SET] == {name for name, item in BUILT if item.method == "PATCH"} - by_effect[Effect.ONCE]


@each(ONCE)
async def test_a_lost_answer_is_looked_for_or_told(
    make_portal: MakePortal, name: str, operation: ContractOperation
) -> None:
    """Never sent again blindly: found, or `OutcomeUnknownError` that says how to check."""
    async with ScriptedServer(drop, otherwise=answer(404, {"message": "No."})) as server:
        with pytest.raises(OutcomeUnknownError) as caught:
            await made(make_portal(server.url), name, operation)
        assert server.count(operation.method) == 1
        look = CONSTANTS[name].look
        assert server.count("GET") == (look is not None or name == "schedule_appointment")
        if look is not None:
            where = look.reading if isinstance(look, Reread) else look.listing
            assert where.name in caught.value.how_to_check
    assert "Look" in caught.value.how_to_check


TOLD = {
    "add_ticket_message",
    "create_directory",
    "sign_up_non_customer",
    "stamp_issued_punch_card",
    "upload_file",
    "upload_ticket_attachment",
}
"""Nothing to look in."""

ABSENT_ONLY = {"create_agreement", "create_customer_subscription_package", "sign_up_customer"}
"""A look can say that it is not there, and never that it is."""


@each(ONCE)
@pytest.mark.parametrize("fault", [Fault.DROP_AFTER_COMMIT, Fault.DROP_BEFORE_COMMIT, Fault.HALF_BODY])
async def test_exactly_once_in_the_sandbox(fault: Fault, name: str, operation: ContractOperation) -> None:
    """Done and found, not done and sent again, or told to be unknown; counted in the portal itself."""
    async with portal_in_sandbox(clock=LoopClock(), rate_limit=None) as (portal, sandbox):
        path = fill(sandbox, operation)
        identifiers = [part for part in path.split("/") if re.match(r"[a-z]{3}_", part)]
        given = keywords(name, operation)
        if name == "create_file_share":
            given["content"] = [sandbox.put("/files")["id"]]
        look = CONSTANTS[name].look
        kept = filled(look.listing.path, identifiers) if isinstance(look, Look) else path
        before = len(sandbox.records(kept))
        sandbox.fail_next(fault, method=operation.method)
        coroutine = getattr(portal, name)(*identifiers, **given)
        was_done = fault is not Fault.DROP_BEFORE_COMMIT
        if name in TOLD or (name in ABSENT_ONLY and was_done):
            with pytest.raises(DecodeError if fault is Fault.HALF_BODY else OutcomeUnknownError, match="Do not"):
                await coroutine
        else:
            result = await coroutine
            records = sandbox.records(kept) if not isinstance(look, Reread) else [{"id": identifiers[0]}]
            assert result.id in {record["id"] for record in records}
            assert isinstance(look, Reread) or len(records) == before + 1
        sent = [request for request in sandbox.requests if request.method == operation.method]
        assert len(sent) == 1 + (not was_done and name not in TOLD)


@each(REPEATABLE)
@pytest.mark.parametrize("fault", [Fault.DROP_AFTER_COMMIT, Fault.UNAVAILABLE_BEFORE_COMMIT])
async def test_what_sets_adds_or_removes_is_repeated(fault: Fault, name: str, operation: ContractOperation) -> None:
    """Told the second time that it was done before, that is a success."""
    async with portal_in_sandbox(clock=LoopClock(), rate_limit=None) as (portal, sandbox):
        path = fill(sandbox, operation)
        identifiers = [part for part in path.split("/") if re.match(r"[a-z]{3}_", part)]
        sandbox.fail_next(fault, method=operation.method)
        await getattr(portal, name)(*identifiers, **keywords(name, operation))
        assert [request.method for request in sandbox.requests].count(operation.method) == 2
