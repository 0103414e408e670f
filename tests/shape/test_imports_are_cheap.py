"""What importing the package loads, beyond aiohttp: a count, not a time (times are in benchmarks/)."""

import json
import subprocess
import sys

import pytest


def loaded_by(statement: str) -> set[str]:
    code = f"import sys, json\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=200
    ).stdout
    return set(json.loads(output))


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    extra = loaded_by("from mijnklantportaal_async import PortalSession, with_response") - loaded_by("import aiohttp")
    for heavy in (
        "tenacity",
        "cattrs",
        "yaml",
        "jsonschema",
        "rich",
        "typer",
        "sqlite3",
        "dbos",
        "sqlalchemy",
        "icalendar",
        "mijnklantportaal_async.sandbox",
        "mijnklantportaal_async.batch",
        "mijnklantportaal_async.calling.file_hosts",
        "mijnklantportaal_async.calling.file_threads",
        "mijnklantportaal_async.calling.form",
        "mijnklantportaal_async.calling.many",
        "mijnklantportaal_async.calling.streaming",
        "mijnklantportaal_async.calling.transfer",
        "mijnklantportaal_async.models.appointments",
        "mijnklantportaal_async.models.record",
    ):
        assert heavy not in extra
    foreign = {name.partition(".")[0] for name in extra} - {"mijnklantportaal_async"} - set(sys.stdlib_module_names)
    # zoneinfo reads how Python was built.
    assert {name for name in foreign if not name.startswith("_sysconfigdata")} <= {"attrs", "orjson"}


def test_a_name_costs_only_what_it_needs() -> None:
    assert "aiohttp" not in loaded_by("import mijnklantportaal_async")
    assert "aiohttp" not in loaded_by("from mijnklantportaal_async import ConnectError, Outcome")
    # Rooms were always found by way of the package.
    rooms = loaded_by("import mijnklantportaal_async as package; package.errors; package.calling; package.session")
    assert "aiohttp" in rooms


def test_a_call_costs_only_its_own_tag() -> None:
    """Its models are made, and with them what reads them; those of no other tag."""
    call = "from mijnklantportaal_async.values.serde import read; from mijnklantportaal_async import models; "
    read = 'read(b\'{"id": "cug_1", "name": "x", "createdAt": "2027-03-05T12:00:00Z"}\', models.CustomerGroup)'
    loaded = loaded_by("import mijnklantportaal_async; " + call + read)
    home = "mijnklantportaal_async.models."
    assert {name for name in loaded if name.startswith(home)} == {home + "customer_groups", home + "record"}
    assert "cattrs" in loaded


@pytest.mark.parametrize("module", ["mijnklantportaal_async.errors", "mijnklantportaal_async.sandbox"])
def test_parts_can_be_imported_first(module: str) -> None:
    assert module in loaded_by(f"import {module}")


def test_a_batch_costs_only_whoever_uses_it() -> None:
    assert not {"dbos", "sqlalchemy", "psycopg", "filelock"} & loaded_by("import mijnklantportaal_async.batch")
    # A session that shares its limit with batches needs no engine.
    limiter = loaded_by("from mijnklantportaal_async.batch import SharedRateLimiter")
    assert "sqlalchemy" in limiter
    assert "dbos" not in limiter
    assert "dbos" in loaded_by("from mijnklantportaal_async.batch import Worker")


def test_what_comes_in_and_oauth_cost_only_whoever_uses_them() -> None:
    both = "from mijnklantportaal_async import callbacks, oauth"
    heavy = {"aiohttp", "sqlalchemy", "psycopg", "filelock", "cattrs"}
    assert not heavy & loaded_by(f"{both}; oauth.MemoryTokenStore, oauth.PortalTokens, callbacks.MemorySeen")
    assert "sqlalchemy" not in loaded_by(f"{both}; callbacks.webhooks.parse, callbacks.html.element, oauth.OAuthApp")
    needs = f"""
sys.modules["sqlalchemy"] = None
{both}
for package, name in ((callbacks, "SqlSeen"), (oauth, "SqlTokenStore")):
    try:
        getattr(package, name)
    except ModuleNotFoundError as error:
        extra = package.__name__.rpartition(".")[2]
        assert str(error) == f"{{name}} needs sqlalchemy: pip install 'mijnklantportaal-async[{{extra}}]'", error
    else:
        raise AssertionError(name)
"""
    assert "mijnklantportaal_async.oauth" in loaded_by(needs)
