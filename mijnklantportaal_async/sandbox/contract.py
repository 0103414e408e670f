"""The contract of the service (`openapi.yaml`): its operations, what they take, and what they answer."""

from __future__ import annotations

import functools
import re
from importlib import resources
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

import attrs
import yaml
from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_ID = re.compile(r"([a-z]{3})_")


@attrs.frozen
class Schema:
    """A JSON Schema of the contract, with its properties resolved."""

    properties: Mapping[str, Mapping[str, Any]]
    required: tuple[str, ...]
    needs_any: bool
    """Whether at least one property has to be there."""
    validator: Draft202012Validator

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
    whole = _resolved(schema, components)
    # The components go along, so that `#/components/schemas/...` resolves inside the schema itself.
    validator = Draft202012Validator({**schema, "components": components})
    return Schema(whole["properties"], tuple(whole.get("required", ())), whole.get("minProperties", 0) > 0, validator)


def _resolved(schema: Mapping[str, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    """Follow every `$ref`, and put the parts of an `allOf` together."""
    if "$ref" in schema:
        schema = components["schemas"][schema["$ref"].rpartition("/")[2]]
    properties: dict[str, Any] = {}
    for part in schema.get("allOf", ()):
        properties |= _resolved(part, components)["properties"]
    for name, inner in schema.get("properties", {}).items():
        properties[name] = _resolved(inner, components)
    whole = {**schema, "properties": properties}
    return {**whole, "items": _resolved(schema["items"], components)} if "items" in schema else whole
