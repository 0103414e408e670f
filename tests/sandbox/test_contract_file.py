"""The contract as the sandbox reads it, and its own judge of requests against a well-known one."""

from __future__ import annotations

import subprocess
import sys
from importlib import resources
from typing import TYPE_CHECKING, Any

import orjson
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mijnklantportaal_async.sandbox.contract import Schema, load_contract
from mijnklantportaal_async.sandbox.field_rules import errors_by_contract

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOM = resources.files("mijnklantportaal_async.sandbox")
BODIES = {
    f"{operation.id} {media_type}": schema
    for operation in load_contract().operations()
    for media_type, schema in operation.bodies.items()
    if media_type == "application/json"
}
ANNOTATIONS = {"description", "example", "default"}
JUDGED = {"type", "enum", "required", "properties", "items", "maxItems", "minProperties", "format", "contentMediaType"}


def test_what_the_sandbox_reads_is_what_people_read() -> None:
    read = orjson.loads(ROOM.joinpath("openapi.json").read_bytes())
    assert read == yaml.safe_load(ROOM.joinpath("openapi.yaml").read_bytes()), "run `nox -s contract`"


def test_a_sandbox_starts_without_the_slow_ones() -> None:
    code = (
        "import asyncio, sys; from mijnklantportaal_async.sandbox import Sandbox; sandbox = Sandbox();"
        "asyncio.run(sandbox.start()); print(sorted({'yaml', 'jsonschema'} & sys.modules.keys()))"
    )
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def schemas_in(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for inner in [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else ())]:
        yield from schemas_in(inner)


def test_the_judge_knows_every_keyword_of_a_request() -> None:
    bodies = [body for operation in load_contract().operations() for body in operation.bodies.values()]
    for schema in (schema for body in bodies for schema in schemas_in(body.whole)):
        assert {name for name in schema if not name.startswith("x-")} <= JUDGED | ANNOTATIONS
        assert "type" in schema


def anything_like(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema may mean, and some that it does not."""
    wrong = st.sampled_from([None, True, 0, 7, -1.5, 1.0, 2**70, "", "text", [], [None], {}, {"id": 1}])
    right: st.SearchStrategy[Any] = wrong
    if "enum" in schema:
        right = st.sampled_from(schema["enum"])
    elif schema["type"] == "object":
        fields = {name: anything_like(inner) for name, inner in schema["properties"].items()}
        right = st.fixed_dictionaries({}, optional=fields)
    elif schema["type"] == "array":
        right = st.lists(anything_like(schema["items"]), max_size=6)
    elif "example" in schema:
        right = st.just(schema["example"])
    return st.one_of(right, right, right, wrong)


@pytest.mark.parametrize("name", BODIES)
def test_the_judge_refuses_what_a_json_schema_validator_refuses(name: str) -> None:
    schema: Schema = BODIES[name]
    validator = Draft202012Validator(schema.whole)

    @settings(max_examples=25, derandomize=True, database=None)
    @given(anything_like({**schema.whole, "type": "object"}).filter(lambda value: isinstance(value, dict)))
    def compare(document: Any) -> None:
        # An empty object has an answer of its own, before any field is judged.
        breaches = [error for error in validator.iter_errors(document) if error.validator != "minProperties"]
        if breaches:
            assert errors_by_contract(document, schema), breaches[0].message

    compare()
