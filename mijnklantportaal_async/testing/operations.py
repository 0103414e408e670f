"""Which coroutine of a session a request is of."""

import difflib
from collections.abc import Mapping
from functools import cache

from mijnklantportaal_async.sandbox.contract import ContractOperation, load_contract

API_PREFIX = "/v1"


@cache
def _by_name() -> Mapping[str, ContractOperation]:
    return {name: operation for operation in load_contract().operations() for name in operation.names}


def operation_named(name: str) -> ContractOperation:
    """The operation of a coroutine.

    Raises:
        ValueError: There is none of that name; the message names those that are nearly so.
    """
    if (operation := _by_name().get(name)) is None:
        near = difflib.get_close_matches(name, _by_name(), 3) or ["schedule_appointment"]
        raise ValueError(f"{name!r} is no coroutine of PortalSession; give one such as {', '.join(near)}")
    return operation


def names_of(method: str, path: str) -> tuple[str, ...]:
    """The coroutines that send such a request; none where the service does not document it."""
    found = load_contract().find(path.removeprefix(API_PREFIX))
    operation = found[0].operations.get(method) if found else None
    return operation.names if operation else ()
