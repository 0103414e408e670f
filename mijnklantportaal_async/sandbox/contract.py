"""The contract of the service (`openapi.yaml`): its paths, and the JSON Schemas of its request bodies."""

from __future__ import annotations

import functools
from importlib import resources
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

import attrs
import yaml
from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from collections.abc import Mapping

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@attrs.frozen
class ContractOperation:
    """One operation of the contract."""

    id: str
    summary: str
    body_validator: Draft202012Validator | None


@attrs.frozen
class ContractPath:
    """One path of the contract with its operations by method."""

    segments: tuple[str, ...]
    operations: Mapping[str, ContractOperation]

    def parameters_of(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """Return the path parameters when `segments` are a case of this path, `None` when they are not."""
        if len(segments) != len(self.segments):
            return None
        parameters: dict[str, str] = {}
        for mine, theirs in zip(self.segments, segments, strict=True):
            if mine.startswith("{") and theirs:
                parameters[mine[1:-1]] = unquote(theirs)
            elif mine != unquote(theirs):
                return None
        return parameters


@attrs.frozen
class Contract:
    """All paths of the contract, those with the most literal segments first."""

    paths: tuple[ContractPath, ...]

    def find(self, path: str) -> tuple[ContractPath, dict[str, str]] | None:
        """Return the path of the contract, and its parameters, that a request path (without `/v1`) is a case of."""
        segments = tuple(path.split("/"))
        for candidate in self.paths:
            parameters = candidate.parameters_of(segments)
            if parameters is not None:
                return candidate, parameters
        return None


@functools.cache
def load_contract_document() -> dict[str, Any]:
    """Read `openapi.yaml`; slow, so it happens once in a process."""
    text = resources.files(__name__.rpartition(".")[0]).joinpath("openapi.yaml").read_text("utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return cast("dict[str, Any]", yaml.load(text, Loader=loader))  # noqa: S506 - both loaders are safe ones


@functools.cache
def load_contract() -> Contract:
    """Read and compile the contract; slow, so it happens once in a process."""
    document = load_contract_document()
    paths = [
        ContractPath(
            tuple(path.split("/")),
            {
                method.upper(): _operation(operation, document["components"])
                for method, operation in item.items()
                if method in _METHODS
            },
        )
        for path, item in cast("dict[str, dict[str, Any]]", document["paths"]).items()
    ]
    paths.sort(key=lambda path: sum(segment.startswith("{") for segment in path.segments))
    return Contract(tuple(paths))


def _operation(operation: Mapping[str, Any], components: Mapping[str, Any]) -> ContractOperation:
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    # The components go along, so that `#/components/schemas/...` resolves inside the schema itself.
    validator = None if schema is None else Draft202012Validator({**schema, "components": components})
    return ContractOperation(operation["operationId"], operation.get("summary", ""), validator)
