"""What a body tells. None of it is documented, so several shapes are read, and nothing is asked for.

Read are `{"event": "invoice-paid", "data": {...}}`, the same with `type`, the record itself, a record under its own
name, and an id instead of a record.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import attrs

from mijnklantportaal_async.callbacks.events import KINDS, Event, UnknownEvent
from mijnklantportaal_async.models.webhooks import WebhookEvent
from mijnklantportaal_async.values.checks import PREFIXES, check_identifier
from mijnklantportaal_async.values.serde import json_name, problems_of, structure_function

_TYPE_KEYS = ("event", "type", "eventType", "event_type")
_RECORD_KEYS = ("data", "payload", "record", "object", "resource")
_LONGEST_TYPE = 100


@attrs.frozen(kw_only=True)
class Told:
    """What could be read in a body."""

    kind: type[Event[Any]]
    type: WebhookEvent | None
    record: Any
    record_id: str | None
    problems: tuple[str, ...]


def read_payload(document: Mapping[str, Any], webhook_type: WebhookEvent | None) -> Told:
    """What a body tells of an event. Fails on nothing.

    Args:
        document: The body.
        webhook_type: The type that the webhook listens to, where it is known: it goes before what the body says.
    """
    event_type = webhook_type or _type_in(document)
    kind = KINDS.get(event_type or "", UnknownEvent)
    record, problems = _record_in(document, kind)
    record_id = _id_in(document, kind)
    return Told(kind=kind, type=event_type, record=record, record_id=record_id, problems=problems)


def _type_in(document: Mapping[str, Any]) -> WebhookEvent | None:
    texts = [value for key in _TYPE_KEYS if isinstance(value := document.get(key), str)]
    # A record may have a field called type as well: a documented type goes before any other text.
    texts.sort(key=lambda text: text not in KINDS)
    return next((WebhookEvent(text) for text in texts if 0 < len(text) <= _LONGEST_TYPE), None)


def _record_in(document: Mapping[str, Any], kind: type[Event[Any]]) -> tuple[Any, tuple[str, ...]]:
    """The record, or all that is wrong with what looks most like one."""
    if kind.kind is None:
        return None, ()
    problems: tuple[str, ...] = ()
    for place, candidate in _candidates(document, kind):
        identifier = candidate.get("id")
        if isinstance(identifier, str) and not _may_be_id(identifier, kind):
            # Such as the message that a ticket was answered with: it is about the record, and not the record.
            problems = problems or (f"{place}.id: is not the id of such a record",)
            continue
        try:
            return structure_function(kind.kind)(candidate, kind.kind), ()
        except Exception:  # noqa: BLE001 - whatever it was, problems_of tells what is wrong, and where
            problems = problems or problems_of(candidate, kind.kind, place)
    return None, problems or ("$: there is no record",)


def _candidates(document: Mapping[str, Any], kind: type[Event[Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where a record of a kind may lie: the likely places first."""
    for key in (*_RECORD_KEYS, *_own_keys(kind)):
        value = document.get(key)
        if isinstance(value, dict):
            yield f"$.{key}", cast("dict[str, Any]", value)
            for inner in _own_keys(kind):
                if isinstance(nested := value.get(inner), dict):  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
                    yield f"$.{key}.{inner}", nested
    if "id" in document:
        yield "$", cast("dict[str, Any]", document)


def _own_keys(kind: type[Event[Any]]) -> tuple[str, ...]:
    """What a record of a kind may be called: `payment_link`, `paymentLink`, `link`."""
    if kind.kind is None:
        return ()
    name = kind.kind.__name__.removesuffix("WithMessages")
    names = [name, name.removeprefix("Customer")] if name != "Customer" else [name]
    camels = [text[0].lower() + text[1:] for text in names if text]
    snakes = ["".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in text) for text in camels]
    return tuple(dict.fromkeys([*camels, *snakes]))


def _id_in(document: Mapping[str, Any], kind: type[Event[Any]]) -> str | None:
    """The id of the record: one that begins as those of its kind before any other."""
    found = [text for text in _possible_ids(document, kind) if _may_be_id(text, kind)]
    documented = PREFIXES.get(kind.id_field, ())
    return next((text for text in found if text.startswith(documented)), found[0] if found else None)


def _possible_ids(document: Mapping[str, Any], kind: type[Event[Any]]) -> Iterator[str]:
    names = ("id", *(part for name in (*_own_keys(kind), kind.id_field.removesuffix("_id")) for part in _id_keys(name)))
    keys = (*_RECORD_KEYS, *_own_keys(kind))
    inner = [cast("dict[str, Any]", value) for key in keys if isinstance(value := document.get(key), dict)]
    for place in (*inner, document):
        yield from (value for name in names if isinstance(value := place.get(name), str))
    yield from (value for key in _RECORD_KEYS if isinstance(value := document.get(key), str))


def _id_keys(name: str) -> tuple[str, str]:
    return f"{json_name(name)}Id", f"{name}_id"


def _may_be_id(text: str, kind: type[Event[Any]]) -> bool:
    try:
        check_identifier(text, kind.id_field or "id")
    except ValueError:
        return False
    return True
