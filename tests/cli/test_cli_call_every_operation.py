"""`call` knows every coroutine: a walk through the contract, with no list of its own."""

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from cli_support import Command
from contract_walk import BUILT, IDS, Argument, arguments_of, filled

from mijnklantportaal_async import FileContent
from mijnklantportaal_async.cli.call.arguments import read_arguments
from mijnklantportaal_async.cli.call.catalog import all_coroutines
from mijnklantportaal_async.cli.call.fields import Field, comes_in_pages, fields_of
from mijnklantportaal_async.cli.call.operation_help import command_of
from mijnklantportaal_async.cli.call.request_view import as_data, request_of
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.sandbox.contract import ContractOperation
from mijnklantportaal_async.values.serde import json_name

ZONE = ZoneInfo("Europe/Amsterdam")
EACH = pytest.mark.parametrize(("name", "operation"), BUILT, ids=IDS)


def written(argument: Argument, folder: Path) -> list[str]:
    """A value as a Dutch person writes it at a terminal."""
    values = argument.given if isinstance(argument.given, list) else [argument.given]
    return [f"--{argument.name.replace('_', '-')}={_text(value, folder)}" for value in values]


def _text(value: Any, folder: Path) -> str:
    match value:
        case FileContent():
            path = folder / value.filename
            path.write_bytes(value.source)
            return str(path)
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return f"{value:.2f}".replace(".", ",")
        case datetime():
            return value.isoformat()
        case date():
            return f"{value:%d-%m-%Y}"
        case str() | int():
            return str(value)
        case dict():
            return json.dumps(value)
        case _:
            fields = attrs.asdict(value)
            return json.dumps({name: str(item) if isinstance(item, Decimal) else item for name, item in fields.items()})


def shown(sent: Any) -> Any:
    """What the view of a request shows for it."""
    match sent:
        case FileContent():
            return {"file": sent.filename, "bytes": len(sent.source), "content_type": sent.content_type}
        case list():
            return [shown(item) for item in sent]
        case _:
            return sent


def in_a_form(value: Any) -> Any:
    """Each item of a list is a part of its own."""
    if isinstance(value, list):
        return in_a_form(value[0]) if len(value) == 1 else [in_a_form(item) for item in value]
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, str) or (isinstance(value, dict) and "file" in value):
        return value
    return json.dumps(value, separators=(",", ":"))


def arguments_for(name: str, operation: ContractOperation) -> list[Argument]:
    found = {argument.name: argument for argument in arguments_of(name, operation)}
    if "ends_at" in found:
        found["ends_at"] = Argument("ends_at", datetime(2027, 3, 5, 15, 30, tzinfo=UTC), "2027-03-05 16:30")
    if name == "create_directory":
        found["name"] = Argument("name", "Photos", "Photos")  # The contract does not say its fields.
    return list(found.values())


def identifier_for(field: Field) -> str:
    """With the prefix that the help names."""
    found = re.search(r"\b([a-z]{3})_\.\.\.", field.help)
    assert found is not None, f"what ids of {field.name} look like is not said"
    return f"{found[1]}_1"


@EACH
async def test_what_is_written_at_a_terminal_is_the_request(
    tmp_path: Path, name: str, operation: ContractOperation
) -> None:
    coroutine = all_coroutines()[name]
    fields = fields_of(coroutine)
    arguments = arguments_for(name, operation)
    in_path = [field for field in fields.values() if field.name not in {argument.name for argument in arguments}]
    identifiers = [identifier_for(field) for field in in_path[: operation.path.count("{")]]
    words = [f"{field.option}={value}" for field, value in zip(in_path, identifiers, strict=False)]
    words += [word for argument in arguments for word in written(argument, tmp_path)]

    given = read_arguments(name, words, fields, ZONE, ())
    request = as_data(await request_of(coroutine, given, ZONE), "")

    assert request["operation"] == name
    assert request["method"] == operation.method
    assert request["url"] == filled(operation.path, identifiers)
    sent = {json_name(argument.name): shown(argument.sent) for argument in arguments}
    if request.get("content_type") == "multipart/form-data":
        sent = {key: in_a_form(value) for key, value in sent.items()}
    assert request.get("body", {}) == sent


@EACH
def test_the_help_explains_every_field(name: str, operation: ContractOperation) -> None:
    made: Any = command_of(name)
    coroutine = all_coroutines()[name]
    fields = fields_of(coroutine)
    text = "\n".join([made.help, *(parameter.help for parameter in made.params), made.epilog])

    assert f"{operation.method} {coroutine.operation.path}. " in made.help
    assert ("Changes the portal" in made.help) is (operation.method != "GET")
    assert coroutine.docstring.source in made.epilog
    assert [parameter.opts for parameter in made.params] == [[field.option] for field in fields.values()]
    assert [parameter.required for parameter in made.params] == [field.required for field in fields.values()]
    assert all(field.help for field in fields.values())
    # Words that mean something in Python only.
    assert not re.search(r"`|\b[Aa]ware\b|FileContent|OutcomeUnknownError|\bNone\b(?! can)", text), text


USUAL = ("name", "page", "version", "output", "help", "profile", "timeout", "yes", "all", "json", "sandbox", "timezone")


@EACH
def test_after_the_operation_every_name_is_a_field_of_it(name: str, operation: ContractOperation) -> None:
    """No option of the program takes a field's place, and no field takes that of --help."""
    fields = fields_of(all_coroutines()[name])
    assert not {"help", "h"} & set(fields)
    needed = {field.name for field in fields.values() if field.required}
    for usual in USUAL:
        try:
            given = read_arguments(name, [f"--{usual}:=null"], fields, ZONE, {"--yes", "--all", "--json", "--sandbox"})
        except CommandError as error:
            is_field = "cannot be null" in str(error) or str(error).startswith(f"{name} needs")
            assert is_field is (usual in fields), str(error)
        else:
            assert usual in given
            assert not needed


def test_every_operation_that_is_built_can_be_called_and_nothing_else() -> None:
    assert set(all_coroutines()) == set(IDS)
    paged = {name for name, item in all_coroutines().items() if comes_in_pages(item)}
    assert paged == {name for name, operation in BUILT if operation.is_paged}


def test_the_tags_are_those_of_the_reference(command: Command) -> None:
    listed = json.loads(command("operations", "--json").output)
    tags = {name: operation.tag.removesuffix(" API") for name, operation in BUILT}
    assert {item["name"]: item["tag"] for item in listed} == tags
    assert all(item["changes_the_portal"] is (item["method"] != "GET") for item in listed)


@pytest.mark.parametrize("tag", ["Payment Links", "payment-links", "payment_links", "Payment links API"])
def test_the_operations_of_one_tag(command: Command, tag: str) -> None:
    result = command("operations", tag)

    assert result.code == 0
    assert result.output.splitlines()[:3] == [
        "Payment Links",
        "  list_payment_links           All payment links, page by page",
        "  create_payment_link        * Makes a payment link, exactly once",
    ]
    assert "5 operations; * changes the portal." in result.messages


def test_a_tag_that_is_none(command: Command) -> None:
    result = command("operations", "payments")

    assert result.code == 2
    assert "There is no tag 'payments'. The tags are: " in result.messages
    assert ", Customers, " in result.messages
