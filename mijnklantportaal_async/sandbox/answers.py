"""What the portal answers: a status, a JSON document and headers, before any of it touches a socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import attrs
import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

JsonObject: TypeAlias = dict[str, object]


@attrs.frozen
class Answer:
    """One answer of the API."""

    status: int
    document: JsonObject
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    raw: bytes | None = None
    """The body, where it is not the document."""
    media_type: str = "application/json"

    def body(self) -> bytes:
        """Return the body: the document as JSON bytes, where nothing else is said."""
        return orjson.dumps(self.document) if self.raw is None else self.raw


class Refusal(Exception):  # noqa: N818 - not an error of ours: the portal says no
    """Raised by an operation that answers something else than success."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


def refuse(status: int, message: str, headers: Mapping[str, str] | None = None) -> Refusal:
    """Build the refusal with `message` in the service's error body."""
    return Refusal(Answer(status, {"message": message}, headers or {}))


def refuse_fields(errors: Mapping[str, Sequence[str]]) -> Refusal:
    """Build the 422 for fields that are not acceptable, worded as Laravel words it."""
    messages = [message for field_messages in errors.values() for message in field_messages]
    summary = messages[0]
    others = len(messages) - 1
    if others:
        summary += f" (and {others} more error{'s' if others > 1 else ''})"
    return Refusal(Answer(422, {"message": summary, "errors": {field: list(said) for field, said in errors.items()}}))
