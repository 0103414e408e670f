"""The contract as a list of cases: for each operation, what to send and what comes back, made from its examples."""

import inspect
import pkgutil
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any, get_type_hints

import attrs

from mijnklantportaal_async import FileContent, InvoiceLine, NewAgreementSigner, NewRequestedFile, PortalSession, api
from mijnklantportaal_async.calling.wire import Operation
from mijnklantportaal_async.sandbox import Sandbox
from mijnklantportaal_async.sandbox.contract import ContractOperation, load_contract
from mijnklantportaal_async.values.serde import json_name

OPERATIONS = sorted(load_contract().operations(), key=lambda operation: (operation.path, operation.method))
BUILT = [(name, operation) for operation in OPERATIONS for name in operation.names]
IDS = [name for name, _ in BUILT]
CONSTANTS = {
    value.name: value
    for module in pkgutil.iter_modules(api.__path__, "mijnklantportaal_async.api.")
    for value in vars(import_module(module.name)).values()
    if isinstance(value, Operation)
}
"""What the client knows of its operations."""

PDF = FileContent(b"%PDF-1.4 \r\n\x00\xff", 'facture "été"; 50%.pdf', "application/pdf")
LINE = InvoiceLine(description="Website template", amount_excl_vat="12.95", vat_rate=21)
SIGNER = NewAgreementSigner(first_name="Dirk", last_name="Bakker", email="dj.bakker@domain.com", should_identify=True)
WANTED_FILE = NewRequestedFile(name="Logo", description="The logo", required=True, max_file_size=10240)
MOMENT = datetime(2027, 3, 5, 13, 30, 7, 999, tzinfo=UTC)
DAY = date(2024, 4, 29)
MINUTE = datetime(2027, 3, 5, 13, 30, tzinfo=UTC)


def example_of(schema: Mapping[str, Any]) -> Any:
    """What the contract shows for a value; its impossible dates (31 April) corrected."""
    if schema.get("type") == "object" or schema.get("properties"):
        return {name: example_of(inner) for name, inner in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return schema.get("example") or [example_of(schema["items"])]
    example = schema.get("example", "text" if schema.get("type") == "string" else None)
    if isinstance(example, str):
        example = example.replace("04-31", "04-29")
    return str(example) if schema.get("type") == "string" and example is not None else example


def answer_of(operation: ContractOperation) -> dict[str, Any]:
    """The record of the documentation's example; an id where it shows nothing at all."""
    return {name: example_of(schema) for name, schema in operation.answer.properties.items()} or {"id": "agr_1"}


def identifiers_of(name: str) -> list[str]:
    """An id for each place in the path, as the documentation says that they begin."""
    constant = CONSTANTS[name]
    return [f"{prefixes_of(constant, place)[0]}{number}" for number, place in enumerate(places_of(constant))]


def places_of(constant: Operation) -> list[str]:
    """The names of the ids in the path."""
    return re.findall(r"{(\w+)}", constant.path)


PREFIX = re.compile(r"[a-z]{3}_")
PARAMETERS = {"file_id": ("fsf_", "fsd_"), "document_id": ("agd_",), "message_id": ("tim_",)}
"""Of ids in paths that are not the id of what comes back, or of which there are two kinds."""


def prefixes_of(constant: Operation, place: str) -> tuple[str, ...]:
    """What an id begins with: as that of the record that is read at the path which ends with it."""
    if place in PARAMETERS:
        return PARAMETERS[place]
    above = re.sub(r"{\w+}", "{}", constant.path[: constant.path.index("{" + place)] + "{}")
    return next(
        (item.prefix,) for item in OPERATIONS if item.method == "GET" and re.sub(r"{\w+}", "{}", item.path) == above
    )


def filled(path: str, identifiers: list[str]) -> str:
    """The path with ids in it."""
    values = iter(identifiers)
    return re.sub(r"{\w+}", lambda _: next(values), path)


@attrs.frozen
class Argument:
    """One argument of a coroutine: what to give, and what goes over the wire for it."""

    name: str
    given: Any
    sent: Any


MODELS: dict[str, tuple[Any, Any]] = {
    "FileContent": (PDF, PDF),
    "InvoiceLine": (LINE, {"description": "Website template", "amountExclVat": "12.95", "vatRate": 21}),
    "NewAgreementSigner": (
        SIGNER,
        {"firstName": "Dirk", "lastName": "Bakker", "email": "dj.bakker@domain.com", "shouldIdentify": True},
    ),
    "NewRequestedFile": (
        WANTED_FILE,
        {"name": "Logo", "description": "The logo", "required": True, "maxFileSize": 10240},
    ),
}


def arguments_of(name: str, operation: ContractOperation) -> Iterator[Argument]:
    """Every argument that becomes a field of the body, in kind as its annotation says."""
    hints = get_type_hints(getattr(PortalSession, name))
    properties = {field: schema for body in operation.bodies.values() for field, schema in body.properties.items()}
    for argument, hint in hints.items():
        field = json_name(argument)
        if argument == "return" or field not in properties:
            continue
        example = example_of(properties[field])
        text = str(hint)
        model = next((kind for kind in MODELS if f".{kind}" in text), None)
        if model is not None:
            given, sent = MODELS[model]
            yield Argument(argument, *([given], [sent]) if "Sequence" in text else (given, sent))
        elif "datetime.datetime" in text:
            scheduled = name == "schedule_appointment"
            yield Argument(argument, *(MINUTE, "2027-03-05 14:30") if scheduled else (MOMENT, "2027-03-05 14:30:07"))
        elif "datetime.date" in text:
            yield Argument(argument, DAY, "2024-04-29")
        elif "Decimal" in text:
            yield Argument(argument, Decimal(example), example)
        elif "int" in text.split(" | ") or hint is int:
            yield Argument(argument, int(example), example if isinstance(example, int) else str(example))
        else:
            given = "Text" if example is None else example
            yield Argument(argument, given, given)


def keywords(name: str, operation: ContractOperation, *, required_only: bool = False) -> dict[str, Any]:
    """What to call a coroutine with, but for the ids in its path."""
    parameters = inspect.signature(getattr(PortalSession, name)).parameters
    given = {
        argument.name: argument.given
        for argument in arguments_of(name, operation)
        if not required_only or parameters[argument.name].default is inspect.Parameter.empty
    }
    return given | SPECIAL.get(name, {})


# An appointment is with a customer or somebody else, and ends after it starts. A directory's body could not be read.
SPECIAL: dict[str, dict[str, Any]] = {
    "schedule_appointment": {"attendee_name": None, "attendee_email": None, "ends_at": MINUTE.replace(hour=14)},
    "create_directory": {"name": "Contracts"},
}


# --- Records that are there before a call ---------------------------------------------------------------------------


def fill(sandbox: Sandbox, operation: ContractOperation) -> str:
    """Put what the path names into the portal, and return the path with its ids."""
    place = ""
    for part in operation.path.split("/")[1:]:
        if not part.startswith("{"):
            place += "/" + part
        elif part == "{messageId}":
            place += "/" + sandbox.records("/tickets")[0]["messages"][0]["id"]
        elif part == "{documentId}":
            place += "/" + sandbox.records("/agreements")[0]["documents"][0]["id"]
        else:
            start = START.get(operation.id, {})
            there = load_contract().records_of(place)
            assert there is not None
            record = sandbox.put(place, **{name: start[name] for name in start if name in there.answer.properties})
            for owner in (record, *record.get("documents", ())):
                sandbox._documents().keep_file(owner["id"], "a.pdf", "application/pdf", b"%PDF")
            place += "/" + record["id"]
    return place


NOW = "2099-01-01T00:00:00+01:00"
MESSAGE = {
    "id": "tim_1",
    "message": "x",
    "postedAt": NOW,
    "postedBy": "J",
    "isPostedByCustomer": True,
    "attachments": [],
}
START: dict[str, dict[str, Any]] = {
    "mark-customer-invoice-paid": {"paidAt": None},
    "mark-customer-offer": {
        "acceptedAt": None,
        "acceptedViaIp": None,
        "acceptedViaUserAgent": None,
        "rejectedAt": None,
    },
    "stamp-issued-punch-card": {"expiresAt": None, "punchesLeft": 3},
    "upload-ticket-attachment": {"messages": [MESSAGE]},
    "change-appointment-status": {"status": "pending"},
}
