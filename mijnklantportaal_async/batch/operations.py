"""What can be done in a batch: every coroutine of a session that makes or changes something, by its name.

How a request is put together, how its record is looked for and what it could be mistaken for, `api/` says; here is only
what a row has to know of it besides.
"""

import inspect
from collections.abc import Coroutine, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.api.appointments import SCHEDULE_APPOINTMENT, put_into_calendar
from mijnklantportaal_async.api.customers import CREATE_CUSTOMER
from mijnklantportaal_async.batch.arguments import from_json, kind_of, to_json
from mijnklantportaal_async.calling.attempt import CallOptions
from mijnklantportaal_async.calling.lookup import Drawer, Drawn
from mijnklantportaal_async.calling.operations import Operations
from mijnklantportaal_async.calling.rate_limit import Priority
from mijnklantportaal_async.calling.retry import RetryPolicy, Timeouts
from mijnklantportaal_async.models import FileContent, NewAppointment, NewCustomer
from mijnklantportaal_async.session import PortalSession
from mijnklantportaal_async.values.local_time import is_same_instant

_OF_CLASS: dict[type[Any], str] = {NewAppointment: SCHEDULE_APPOINTMENT.name, NewCustomer: CREATE_CUSTOMER.name}

_LONGEST_TITLE = 80


class Sketch(PortalSession):
    """A session that sends nothing: its coroutines raise `Drawn`.

    Args:
        zone: The portal's.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        options = CallOptions(Timeouts(), RetryPolicy(), None, Priority.BACKGROUND)
        Operations.__init__(self, caller=Drawer(), options=options, zone=zone)
        self._is_view = True

    def draw(self, operation: str, arguments: Mapping[str, Any]) -> Drawn:
        """What an operation would send.

        Raises:
            TypeError, ValueError: The arguments cannot be right; the message says what to do.
        """
        coroutine = make(self, operation, arguments)
        try:
            # Nothing is awaited on the way.
            coroutine.send(None)
        except Drawn as drawn:
            if drawn.request.form is not None:
                drawn.request.form.check_size(sum(_bytes_of(file) for file in drawn.request.form.contents))
            return drawn
        finally:
            coroutine.close()
        raise AssertionError(f"{operation} makes no call")  # pragma: no cover


def check_operation(name: object) -> str:
    """The name of an operation that can be done in a batch.

    Raises:
        TypeError: It is not a `str`.
        ValueError: There is no such coroutine.
    """
    if not isinstance(name, str):
        raise TypeError(f"operation must be a str, not {type(name).__name__}: {name!r}")
    if not _is_operation(name):
        raise ValueError(f"operation={name!r}: give the name of a coroutine of PortalSession that makes something")
    return name


def asked_for(request: object, operation: str | None) -> tuple[str, dict[str, Any]]:
    """The operation that a request is for, and its arguments.

    Args:
        request: A `NewAppointment`, a `NewCustomer`, or the arguments of the operation by their names.
        operation: Its name; may be left out where the class tells.

    Raises:
        TypeError: No operation takes such a request.
        ValueError: There is no such operation.
    """
    kind: type[Any] = type(request)
    name = _OF_CLASS.get(kind)
    if name is not None and operation in {None, name}:
        fields = {field.name: getattr(request, field.name) for field in attrs.fields(kind)}
        return name, {field: value for field, value in fields.items() if value is not None}
    if operation is not None and isinstance(request, Mapping):
        return check_operation(operation), dict(request)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    classes = ", ".join(kind.__name__ for kind in _OF_CLASS)
    raise TypeError(
        f"a batch takes {classes} objects, not {type(request).__name__}; or JobRow(operation=..., request={{...}}), "
        "with the arguments of any coroutine that makes something"
    )


def make(portal: PortalSession, operation: str, arguments: Mapping[str, Any]) -> Coroutine[Any, Any, Any]:
    """The coroutine that does it, once it is awaited."""
    if operation == SCHEDULE_APPOINTMENT.name:
        # A portal that answers another moment is told of in the row's result, not by a warning.
        return put_into_calendar(portal, NewAppointment(**arguments))
    coroutine: Coroutine[Any, Any, Any] = getattr(portal, operation)(**arguments)
    return coroutine


def as_given(operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as the coroutine takes them.

    Raises:
        TypeError, ValueError: Another version of this package has written them.
    """
    return from_json(check_operation(operation), request)


def title(operation: str, request: Mapping[str, Any]) -> str:
    """A row in a few words, for people, such as `2027-03-05 14:30 Intake (J. de Vries)`."""
    if operation == SCHEDULE_APPOINTMENT.name:
        who = request.get("customer_id") or request.get("attendee_name")
        return f"{request['starts_at'][:16].replace('T', ' ')} {request['name']} ({who})"
    if operation == CREATE_CUSTOMER.name:
        return f"{request['company_name']}, {request['city']}"
    said = ", ".join(f"{name}={value}" for name, value in request.items() if isinstance(value, str | int))
    text = f"{operation.replace('_', ' ')}: {said}"
    return text if len(text) <= _LONGEST_TITLE else f"{text[: _LONGEST_TITLE - 1]}…"


def describe(
    record: Any, arguments: Mapping[str, Any], zone: ZoneInfo
) -> tuple[str | None, dict[str, Any], str | None]:
    """Of an answer: its id, what is kept of it as JSON, and what is odd about it."""
    identifier, kind = getattr(record, "id", None), kind_of(record)
    if not attrs.has(kind):
        return None, {}, None
    shown = {field.name: getattr(record, field.name) for field in attrs.fields(kind) if field.name != "raw"}
    kept = to_json({name: value for name, value in shown.items() if not attrs.has(kind_of(value))}, zone)
    odd = [
        f"{name} is {shown[name].isoformat()} in the portal, not {asked.isoformat()}"
        for name, asked in arguments.items()
        if isinstance(asked, datetime) and isinstance(shown.get(name), datetime)
        if not is_same_instant(asked, shown[name])
    ]
    return identifier, kept, "; ".join(odd) or None


def _bytes_of(file: FileContent) -> int:
    if isinstance(file.source, bytes):
        return len(file.source)
    name = file.filename
    raise TypeError(
        f"{name!r} has to be given as bytes, as in FileContent(Path({name!r}).read_bytes(), {name!r}): a batch keeps "
        "what it sends"
    )


@cache
def _is_operation(name: str) -> bool:
    is_ours = any(name in vars(kind) for kind in PortalSession.__mro__ if ".api." in kind.__module__)
    if name.startswith("_") or not is_ours or not inspect.iscoroutinefunction(getattr(PortalSession, name)):
        return False
    return not name.startswith(("get_", "list_"))
