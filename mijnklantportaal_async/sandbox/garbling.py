"""Answers that a client did not expect."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from mijnklantportaal_async.sandbox.answers import JsonObject

_WARNING = b"<br />\n<b>Warning</b>:  Undefined array key &quot;locale&quot; in <b>AppointmentResource.php</b>\n"
UNKNOWN_STATUS = "rescheduled"
_ANOTHER = {
    "customerId": "cst_another0000",
    "attendeeName": "Somebody Else",
    "attendeeEmail": "somebody.else@example.nl",
    "companyName": "Another Company BV",
    "primaryEmail": "another.company@example.nl",
}


def malformed(body: bytes) -> bytes:
    """Put in front of a JSON body what PHP puts there when it is told to show its warnings."""
    return _WARNING + body


def with_unknown_fields(document: JsonObject) -> JsonObject:
    """Add keys that nobody documented to every object of a document."""
    extended = {key: _extend(value) for key, value in document.items()}
    return {"apiRevision": 7, **extended, "extra": {"labels": ["new", None], "deep": {"level": 2}}}


def with_unknown_status(document: JsonObject) -> JsonObject:
    """Give every record in a document that has a status one that nobody documented."""
    changed: JsonObject = {}
    for key, value in document.items():
        if isinstance(value, list):
            items = cast("list[object]", value)
            changed[key] = [
                with_unknown_status(cast("JsonObject", item)) if isinstance(item, dict) else item for item in items
            ]
        else:
            changed[key] = UNKNOWN_STATUS if key == "status" else value
    return changed


def _extend(value: object) -> object:
    if isinstance(value, list):
        return [_extend(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return with_unknown_fields(cast("JsonObject", value))
    return value


def of_another(document: JsonObject) -> JsonObject:
    """Turn the answer about a record into one about another record, of another person; a list stays as it is."""
    if "id" not in document:
        return document
    changed = {name: _ANOTHER.get(name, value) if value is not None else None for name, value in document.items()}
    return {**changed, "id": f"{str(document['id'])[:4]}another0000"}
