"""The contract as a list of cases: for each operation, what to send and what comes back, made from its examples."""

import pkgutil
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any, get_type_hints

import attrs

from mijnklantportaal_async import FileContent, InvoiceLine, PortalSession, api
from mijnklantportaal_async.calling.wire import Operation
from mijnklantportaal_async.sandbox import Sandbox
from mijnklantportaal_async.sandbox.contract import ContractOperation, load_contract
from mijnklantportaal_async.values.serde import json_name

OPERATIONS = sorted(load_contract().operations(), key=lambda operation: (operation.path, operation.method))
NAMES = [(name, operation) for operation in OPERATIONS for name in operation.names]
BUILT = [(name, operation) for name, operation in NAMES if hasattr(PortalSession, name)]
IDS = [name for name, _ in BUILT]
CONSTANTS = {
    value.name: value
    for module in pkgutil.iter_modules(api.__path__, "mijnklantportaal_async.api.")
    for value in vars(import_module(module.name)).values()
    if isinstance(value, Operation)
}
"""What the client knows of its operations."""

PDF = FileContent(name="invoice.pdf", content=b"%PDF-1.4 \r\n\x00\xff", media_type="application/pdf")
LINE = InvoiceLine(description="Website template", amount_excl_vat="12.95", vat_rate=21)
MOMENT = datetime(2027, 3, 5, 13, 30, tzinfo=UTC)
DAY = date(2024, 4, 29)


def example_of(schema: dict[str, Any]) -> Any:
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
    """The record of the documentation's example."""
    return {name: example_of(schema) for name, schema in operation.answer.properties.items()}


def identifiers_of(operation: ContractOperation) -> list[str]:
    """An id for each place in the path."""
    return [f"{parameter.lower()[:3]}_{number}" for number, parameter in enumerate(operation.parameters)]


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
        if "FileContent" in text:
            yield Argument(argument, PDF, PDF)
        elif "InvoiceLine" in text:
            line = {"description": "Website template", "amountExclVat": "12.95", "vatRate": 21}
            yield Argument(argument, [LINE], [line])
        elif "datetime.datetime" in text:
            yield Argument(
                argument, MOMENT, "2027-03-05 14:30" if name.startswith("schedule") else "2027-03-05 14:30:00"
            )
        elif "datetime.date" in text:
            yield Argument(argument, DAY, "2024-04-29")
        elif "Decimal" in text:
            yield Argument(argument, Decimal(example), example)
        elif "int" in text.split(" | ") or hint is int:
            yield Argument(argument, int(example), example if isinstance(example, int) else str(example))
        else:
            yield Argument(argument, example, example)


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
    "stamp-issued-punch-card": {"expiresAt": None, "punchesLeft": 3},
    "upload-ticket-attachment": {"messages": [MESSAGE]},
    "change-appointment-status": {"status": "pending"},
}
