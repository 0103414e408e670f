"""The sandbox against the contract: schemathesis sends what the contract allows, and what it does not.

`test_sandbox_contract.py` runs this file. With `CONTRACT_SEED` in the environment it makes up more, and other things.
"""

# schemathesis is typed, but with unknown type arguments.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownParameterType=false
# pyright: reportUntypedFunctionDecorator=false

from __future__ import annotations

import asyncio
import copy
import os
import threading
from typing import TYPE_CHECKING, Any

import pytest
import requests
import schemathesis
from contract_walk import OPERATIONS, fill
from hypothesis import settings
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi import checks

from mijnklantportaal_async.sandbox import ALL_SCOPES, Sandbox
from mijnklantportaal_async.sandbox.contract import load_contract_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mijnklantportaal_async.sandbox.contract import ContractOperation

SEED = os.environ.get("CONTRACT_SEED")
THE_SAME_EVERY_TIME = settings(max_examples=1, deadline=None, derandomize=True, database=None)
OTHER_ONES = settings(max_examples=100, deadline=None, database=None)

# What every service of this kind answers, though the documentation has no such answer at the operation.
SILENT = {
    "400": "the body is cut off: no JSON, or no form",
    "401": "no key, or an unknown one",
    "403": "the key has not the scope",
    "404": "the id in the path is unknown",
    "405": "no such method",
    "413": "the body is too large",
    "415": "the body is of another kind",
    "422": "a field, or a parameter of the query, cannot be right",
    "426": "the licence does not have it",
}

# Every other check of schemathesis applies.
EXCLUDED = [
    # The formats of dates and e-mail addresses stand in the prose, not in the schemas: most strings are refused.
    checks.positive_data_acceptance,
]


def applies(status: str, operation: ContractOperation) -> bool:
    """Whether an answer can come about at an operation at all."""
    if status in ("400", "413", "415"):
        return bool(operation.bodies)
    if status == "404":
        return bool(operation.parameters)
    if status == "422":
        return bool(operation.bodies) or operation.id == "list-appointments" or operation.method == "DELETE"
    return True


def allow_null(schema: dict[str, Any]) -> None:
    """In what is made, a null counts as left out, as in Laravel."""
    for name, inner in schema.get("properties", {}).items():
        allow_null(inner)
        if name not in schema.get("required", ()) and isinstance(inner["type"], str):
            inner["type"] = [inner["type"], "null"]
            inner |= {"enum": [*inner["enum"], None]} if "enum" in inner else {}
    if "items" in schema:
        allow_null(schema["items"])


def as_the_sandbox_reads_it(document: dict[str, Any]) -> dict[str, Any]:
    """The contract with those answers, and with how the sandbox is stricter and milder than its schemas."""
    document = copy.deepcopy(document)
    components = document["components"]
    error = {"schema": {"$ref": "#/components/schemas/Error_ApiError"}}
    components["schemas"]["Error_ApiError"]["required"] = ["message"]
    # What is no number means the first page, as in Laravel.
    components["parameters"]["Page"]["schema"] = {}
    allow_null(components["schemas"]["ManualLine"])
    for operation in OPERATIONS:
        answers = document["paths"][operation.path][operation.method.lower()]
        for status, why in SILENT.items():
            if applies(status, operation):
                answers["responses"].setdefault(status, {"description": why, "content": {"application/json": error}})
        for parameter in answers.get("parameters", ()):
            if parameter.get("name") == "page":
                parameter["schema"] = {}
            elif parameter.get("name") == "days":
                # Empty, it counts as left out.
                parameter["schema"] = {"anyOf": [parameter["schema"], {"const": ""}]}
        for content in answers.get("requestBody", {}).get("content", {}).values():
            if content["schema"].get("properties"):
                content["schema"]["additionalProperties"] = False
            if operation.method == "POST":
                allow_null(content["schema"])
    return document


# Unknown parameters of the query are overlooked, as everywhere.
config = SchemathesisConfig.from_dict({"seed": int(SEED or 1), "generation": {"allow-extra-parameters": False}})
schema = schemathesis.openapi.from_dict(as_the_sandbox_reads_it(load_contract_document()), config=config)
by_id = {operation.id: operation for operation in OPERATIONS}


@pytest.fixture(scope="module")
def portal() -> Iterator[Sandbox]:
    sandbox = Sandbox(rate_limit=None, keys={"contract-key": ALL_SCOPES})
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(sandbox.start(), loop).result(20)
        yield sandbox
        asyncio.run_coroutine_threadsafe(sandbox.stop(), loop).result(20)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


@pytest.fixture(scope="module")
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        # Nobody need ask for every request which proxies this machine has.
        session.trust_env = False
        yield session


@schema.parametrize()
@(OTHER_ONES if SEED else THE_SAME_EVERY_TIME)
def test_contract(case: schemathesis.Case[Any], portal: Sandbox, http: requests.Session) -> None:
    operation = by_id[case.operation.definition.raw["operationId"]]
    if operation.bodies and operation.parameters:
        # A record that is there: an unknown id would be all that is ever said about.
        path = fill(portal, operation).split("/")
        places = operation.path.split("/")
        case.path_parameters = {place[1:-1]: path[at] for at, place in enumerate(places) if place.startswith("{")}
    headers = {"Authorization": f"Bearer {portal.api_key}"}
    case.call_and_validate(base_url=portal.url, headers=headers, excluded_checks=EXCLUDED, session=http)


def test_nothing_was_too_much_for_the_portal(portal: Sandbox) -> None:
    assert portal.requests
    assert all(request.status is not None and request.status < 500 for request in portal.requests)
    assert all(delivery.state == "not called" for delivery in portal.deliveries)
