"""What goes over the wire, without any network in it: operations, requests, answers."""

import enum
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from mijnklantportaal_async import errors
from mijnklantportaal_async.calling.addresses import with_query
from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.texts.words import Sentences, words
from mijnklantportaal_async.values.checks import check_identifier
from mijnklantportaal_async.values.serde import json_name

if TYPE_CHECKING:
    from mijnklantportaal_async.calling.body import Body
    from mijnklantportaal_async.calling.form import Form


class Effect(enum.Enum):
    """What sending an operation twice would do."""

    READ = "read"
    """Nothing."""
    SET = "set"
    """Nothing more: it sets absolute values."""
    ADD = "add"
    """Nothing more: what it adds is there once, however often it is added."""
    REMOVE = "remove"
    """Nothing more; the second time it is refused."""
    CREATE = "create"
    """A second record."""
    ONCE = "once"
    """Harm: a second punch, or a payment that the owner's bookkeeping hears of twice."""

    @property
    def may_repeat(self) -> bool:
        """Whether it can be sent again when nobody knows whether it was done."""
        return self not in {Effect.CREATE, Effect.ONCE}


class Operation(NamedTuple):
    """One operation of the reference."""

    name: str
    """The coroutine's name."""
    method: str
    path: str
    """Below the base URL, with placeholders: `/appointments/{appointment_id}`; empty where none is known."""
    effect: Effect
    scope: str | None = None
    """The scope that it needs, by meaning: the documentation does not say."""
    look: "Look | Reread | None" = None
    """For what must not be done twice: where to see whether it was done."""
    done_statuses: frozenset[int] = frozenset()
    """Statuses that, on a second try after an unknown first one, may mean that the first one did it."""
    check_by_hand: str = ""
    """What a person does to find out whether it happened, where that is not to look in a list."""
    prefixes: Mapping[str, str] | None = None
    """What ids in the path begin with, where their names do not say it."""
    success: frozenset[int] = frozenset({200, 201})
    """For what must not be done twice: the statuses with which the portal says that it is done."""

    @property
    def template(self) -> str | None:
        """The path with its placeholders, as telemetry tells it: without ids."""
        return self.path or None

    @property
    def how_to_check(self) -> str:
        """What to search for in the portal when nobody knows whether it happened."""
        return self.check_by_hand or (words("Look in the portal.") if self.look is None else self.look.advice)

    def request(
        self,
        body: "Body | None" = None,
        query: Mapping[str, str | int | None] | None = None,
        identifiers: Mapping[str, str] | None = None,
    ) -> "Request":
        """One request for it.

        Args:
            body: What to say.
            query: Parameters; those that are None are left out.
            identifiers: The ids that stand in the path.

        Raises:
            TypeError: An id is not a `str`.
            ValueError: An id cannot be right, or the body says nothing.
        """
        path = path_with(self, identifiers) if identifiers else self.path
        if query is not None:
            path = with_query(path, query)
        return Request(self, path) if body is None else Request(self, path, *body.encode())


class Look:
    """In which list the record of a creating call would stand, and how it is known there.

    A record that differs in any field that was sent and that it shows is not the one: `fields` are those that say it
    to a person, and that keep calls apart.

    Args:
        listing: Lists the records, page by page.
        fields: Names of the request, each of them always sent. Where a record shows one of them not, nobody can tell.
        told: What a record calls a field of the request that it has under another name.
        left_out: What a record made without a field shows for it.
        made: The record's field that says when it was made; None where the portal does not tell.
        likeness: What the fields are to a person, where their names do not say it well.
        is_proof: Whether a record alike is the one. False where records do not show enough: then a list can only say
            that it is not there.

    Raises:
        ValueError: There are no fields: every record would be alike.
    """

    __slots__ = ("fields", "is_proof", "left_out", "likeness", "listing", "made", "on_the_wire", "told")

    def __init__(
        self,
        listing: Operation,
        fields: tuple[str, ...],
        *,
        told: Mapping[str, str] | None = None,
        left_out: Mapping[str, Any] | None = None,
        made: str | None = "created_at",
        likeness: str = "",
        is_proof: bool = True,
    ) -> None:
        if not fields:
            raise ValueError(f"a look with {listing.name} needs a field that is always sent: without, all are alike")
        self.listing = listing
        self.fields = fields
        self.on_the_wire = [json_name(field) for field in fields]
        self.told = told or {}
        self.left_out = left_out or {}
        self.made = made
        self.is_proof = is_proof
        *most, last = [field.replace("_", " ") for field in fields]
        self.likeness = likeness or (words("{most} and {last}", most=", ".join(most), last=last) if most else last)

    @property
    def advice(self) -> str:
        """What a person does."""
        return words(
            "Look in the portal, or with {listing}, for the same {likeness}.",
            listing=self.listing.name,
            likeness=self.likeness,
        )


class Reread:
    """For what must happen once to a record that is there: the record itself tells.

    It stands as asked: done. What would say so is still empty: not done. Anything else: nobody knows.

    Args:
        reading: Reads the record.
        fields: Of those that can be sent, the ones that are empty in the record until it is done.

    Raises:
        ValueError: There are no fields: every record would count as done.
    """

    __slots__ = ("fields", "reading")

    def __init__(self, reading: Operation, fields: tuple[str, ...]) -> None:
        if not fields:
            raise ValueError(f"reading again with {reading.name} needs a field that tells")
        self.reading = reading
        self.fields = fields

    @property
    def advice(self) -> str:
        """What a person does."""
        return words(
            "Look at {fields} in the portal, or with {reading}.",
            fields=Sentences(self.fields, words(" and ")),
            reading=self.reading.name,
        )


def reading(name: str, path: str, *, scope: str | None, prefixes: Mapping[str, str] | None = None) -> Operation:
    """An operation that changes nothing."""
    return Operation(name, "GET", path, Effect.READ, scope, prefixes=prefixes)


def creating(
    name: str,
    path: str,
    *,
    scope: str | None,
    look: Look | None = None,
    check_by_hand: str = "",
    success: frozenset[int] = frozenset({200, 201}),
) -> Operation:
    """An operation that makes one more record each time it is sent."""
    return Operation(name, "POST", path, Effect.CREATE, scope, look, check_by_hand=check_by_hand, success=success)


def setting(name: str, path: str, *, scope: str | None, done: frozenset[int] = frozenset()) -> Operation:
    """An operation that says how things shall be."""
    return Operation(name, "PATCH", path, Effect.SET, scope, done_statuses=done)


def adding(name: str, path: str, *, scope: str | None) -> Operation:
    """An operation that adds to a set: what is in it already stays in it, once."""
    return Operation(name, "POST", path, Effect.ADD, scope)


def removing(name: str, path: str, *, scope: str | None, done: frozenset[int]) -> Operation:
    """An operation that ends a record; the second time it is refused."""
    return Operation(name, "DELETE", path, Effect.REMOVE, scope, done_statuses=done)


def once(
    name: str,
    path: str,
    *,
    scope: str | None,
    method: str = "PATCH",
    look: Reread | None = None,
    check_by_hand: str = "",
) -> Operation:
    """An operation that must happen once to a record that is there."""
    return Operation(name, method, path, Effect.ONCE, scope, look, check_by_hand=check_by_hand)


class Request:
    """One request, the same for every attempt. `path` is encoded already; a look asks for an answer from no cache."""

    __slots__ = ("body", "content_type", "is_look", "operation", "path")

    def __init__(
        self,
        operation: Operation,
        path: str,
        body: "bytes | Form | None" = None,
        content_type: str = "application/json",
        *,
        is_look: bool = False,
    ) -> None:
        self.operation = operation
        self.path = path
        self.body = body
        self.content_type = content_type
        self.is_look = is_look

    @property
    def form(self) -> "Form | None":
        """Its body, where it has files in it; most requests have not, and never load what reads them."""
        return None if self.body is None or isinstance(self.body, bytes) else self.body

    @property
    def is_used_up(self) -> bool:
        """Whether it cannot be sent again: something of a file has left that can be read only once."""
        return self.form is not None and self.form.is_used_up

    def context(self) -> dict[str, Any]:
        """What an error says about the call."""
        operation = self.operation
        return {"operation": operation.name, "method": operation.method, "path": self.path.partition("?")[0]}


class Answer:
    """What came back, in full or not.

    Attributes:
        status: The HTTP status code.
        headers: Looked up without regard to case.
        body: As far as it came.
        broken: Why the body did not come whole: the status is known, the rest is not.
        is_from_cache: Whether it is known to come out of a cache of the client's, and not over the network.
        secrets: What was sent for the portal and for nobody else: no error made of this answer shows it.
    """

    __slots__ = ("body", "broken", "headers", "is_from_cache", "secrets", "status")

    def __init__(
        self, status: int, headers: Mapping[str, str], body: bytes, broken: errors.TransportError | None = None
    ) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.broken = broken
        self.is_from_cache = False
        self.secrets: tuple[Token, ...] = ()


def path_with(operation: Operation, identifiers: Mapping[str, str]) -> str:
    """The path of an operation, each id encoded as one segment.

    Raises:
        TypeError: An id is not a `str`.
        ValueError: An id is empty, `.` or `..`, holds white space or control characters, or is one of something else.
    """
    prefixes = operation.prefixes
    segments: dict[str, str] = {}
    for field, value in identifiers.items():
        text = check_identifier(value, field, None if prefixes is None else prefixes.get(field))
        segments[field] = text if text.isascii() and text.isidentifier() else quote(text, safe="")
    return operation.path.format_map(segments)


_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def python_name(json_name: str) -> str:
    """`attendeeEmail` as `attendee_email`."""
    return _HUMP.sub("_", json_name).lower()
