"""The contract of the service: its operations, what they take, and what they answer.

People read `openapi.yaml`; the sandbox reads `openapi.json`, the same in a form that takes a millisecond instead of
fifty. `nox -s contract` writes it, and a test holds the two equal.
"""

from __future__ import annotations

import functools
import re
from importlib import resources
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

import attrs
import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_ID = re.compile(r"([a-z]{3})_")


@attrs.frozen
class Schema:
    """A JSON Schema of the contract, of an object, with every `$ref` followed."""

    whole: Mapping[str, Any]

    @property
    def properties(self) -> Mapping[str, Mapping[str, Any]]:
        """The schemas of the fields."""
        return cast("Mapping[str, Mapping[str, Any]]", self.whole["properties"])

    @property
    def required(self) -> tuple[str, ...]:
        """The fields that have to be there."""
        return tuple(self.whole.get("required", ()))

    @property
    def needs_any(self) -> bool:
        """Whether at least one field has to be there."""
        return "minProperties" in self.whole

    @property
    def in_order(self) -> tuple[str, ...]:
        """The names of the properties, those that are required first: as a form checks them."""
        return tuple(dict.fromkeys([*self.required, *self.properties]))


@attrs.frozen(kw_only=True)
class ContractOperation:
    """One operation of the contract."""

    id: str
    names: tuple[str, ...]
    """What the documentation's operation is called in Python; two for one that does two things."""
    tag: str
    summary: str
    method: str
    path: str
    """Such as `/customers/{customerId}`."""
    bodies: Mapping[str, Schema]
    """By media type."""
    answer: Schema
    """Of the record that is answered, or of those in the list that is."""
    is_paged: bool
    is_list: bool
    """Whether a list is answered, paged or not."""
    status: int
    """Of a success. Where the documentation does not tell: 201 for a POST."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The ids in the path, from left to right."""
        return tuple(re.findall(r"{(\w+)}", self.path))

    @property
    def answers_link(self) -> bool:
        """Whether the answer is a link to a file."""
        return set(self.answer.properties) == {"link", "expiresAt"}

    @property
    def prefix(self) -> str:
        """What the id of the answered record begins with, such as `cst_`."""
        found = _ID.match(str(self.answer.properties.get("id", {}).get("example", "")))
        return found[0] if found else ""


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

    def operations(self) -> Iterator[ContractOperation]:
        """Every operation."""
        for path in self.paths:
            yield from path.operations.values()

    def operation(self, identifier: str) -> ContractOperation:
        """The operation with an id."""
        return next(operation for operation in self.operations() if operation.id == identifier)

    def records_of(self, path: str) -> ContractOperation | None:
        """Return an operation that answers the records of a list, or the one record, at a path; `None` for no such.

        Of a list, it is the one that answers a single record, if there is one: that tells more than a line of a list.
        """
        if (found := self.find(path)) is None:
            return None
        operations = list(found[0].operations.values())
        if found[0].segments[-1].endswith("}"):
            return operations[0]
        below = (found[0].segments, len(found[0].segments) + 1)
        for other in self.paths:
            if (other.segments[:-1], len(other.segments)) == below and other.segments[-1].endswith("}"):
                return next(iter(other.operations.values()))
        return next((operation for operation in operations if operation.is_paged), None)


@functools.cache
def load_contract_document() -> dict[str, Any]:
    """Read the contract, once in a process."""
    return cast(
        "dict[str, Any]",
        orjson.loads(resources.files("mijnklantportaal_async.sandbox").joinpath("openapi.json").read_bytes()),
    )


@functools.cache
def load_contract() -> Contract:
    """Read and compile the contract, once in a process."""
    document = load_contract_document()
    paths = [
        ContractPath(
            tuple(path.split("/")),
            {
                method.upper(): _operation(method.upper(), path, operation, document["components"])
                for method, operation in item.items()
                if method in _METHODS
            },
        )
        for path, item in cast("dict[str, dict[str, Any]]", document["paths"]).items()
    ]
    paths.sort(key=lambda path: sum(segment.startswith("{") for segment in path.segments))
    return Contract(tuple(paths))


def _operation(
    method: str, path: str, operation: Mapping[str, Any], components: Mapping[str, Any]
) -> ContractOperation:
    code, response = next((code, response) for code, response in operation["responses"].items() if code[0] == "2")
    answer = _resolved(response["content"]["application/json"]["schema"], components)
    items = answer["properties"]["data"]["items"] if "data" in answer["properties"] else None
    return ContractOperation(
        id=operation["operationId"],
        names=tuple(operation["x-python-names"]),
        tag=operation["tags"][0].removesuffix(" API"),
        summary=operation.get("summary", ""),
        method=method,
        path=path,
        bodies={
            media_type: _schema(content["schema"], components)
            for media_type, content in operation.get("requestBody", {}).get("content", {}).items()
        },
        answer=_schema(answer if items is None else items, components),
        is_paged="per_page" in answer["properties"],
        is_list=items is not None,
        status=int(code) if code.isdigit() else 201 if method == "POST" else 200,
    )


def _schema(schema: Mapping[str, Any], components: Mapping[str, Any]) -> Schema:
    return Schema(_resolved(schema, components))


def _resolved(schema: Mapping[str, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    """Follow every `$ref`, and put the parts of an `allOf` together."""
    if "$ref" in schema:
        schema = components["schemas"][schema["$ref"].rpartition("/")[2]]
    whole = {name: value for name, value in schema.items() if name != "allOf"}
    properties: dict[str, Any] = {}
    for part in schema.get("allOf", ()):
        inner = _resolved(part, components)
        properties |= inner["properties"]
        whole = inner | whole
    for name, field in schema.get("properties", {}).items():
        properties[name] = _resolved(field, components)
    whole["properties"] = properties
    if "items" in schema:
        whole["items"] = _resolved(schema["items"], components)
    return whole
