"""How the portal plays the operations of one tag: as the contract says, but for what a tag does in a way of its own."""

from __future__ import annotations

import functools
import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, cast

import attrs

from mijnklantportaal_async.sandbox.answers import Answer, refuse
from mijnklantportaal_async.sandbox.database import new_id
from mijnklantportaal_async.sandbox.field_rules import (
    FieldErrors,
    check,
    display_name,
    errors_by_contract,
    note,
    required,
)
from mijnklantportaal_async.sandbox.form_data import UploadedFile
from mijnklantportaal_async.sandbox.list_pages import page_of
from mijnklantportaal_async.sandbox.manners import Manner
from mijnklantportaal_async.sandbox.request_body import read_body, tidied
from mijnklantportaal_async.sandbox.wall_time import atom, moment, read_wall_time, timestamp_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from mijnklantportaal_async.sandbox.contract import Contract, ContractOperation
    from mijnklantportaal_async.sandbox.documents import Document, Documents
    from mijnklantportaal_async.sandbox.manners import Manners

LINK_LIFE = timedelta(minutes=5)


@attrs.frozen(kw_only=True)
class Call:
    """One call of one operation."""

    operation: ContractOperation
    parameters: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    content_type: str
    now: datetime
    """The portal's time, aware, whole seconds."""

    def fields(
        self, judge: Callable[[Document, FieldErrors], None] | None = None, *, needed: tuple[str, ...] = ()
    ) -> Document:
        """Return the body's fields, found to be in order.

        Args:
            judge: Notes what else is wrong with them.
            needed: Fields without which there is nothing to do, though the contract does not say so.

        Raises:
            Refusal: 422 and the like.
        """
        if not self.operation.bodies:
            return {}
        schema, document = read_body(self.body, self.content_type, self.operation.bodies)
        document = tidied(document, keep_null=self.operation.method == "PATCH")
        errors = errors_by_contract(document, schema)
        for name in needed:
            if document.get(name) is None:
                note(errors, name, required(name))
        if judge is not None:
            judge(document, errors)
        check(errors, schema)
        if schema.needs_any and not document:
            raise refuse(422, f"At least one of these fields is required: {', '.join(schema.properties)}.")
        return document


@attrs.frozen(kw_only=True)
class Premises:
    """What all tags of a portal share."""

    contract: Contract
    documents: Documents
    zone: ZoneInfo
    now: Callable[[], datetime]
    """The portal's time, aware, whole seconds."""
    manners: Manners
    base_url: Callable[[], str]
    """The URL of the API, without a slash at its end."""
    emit: Callable[[str, Document], None]
    """Tells the webhooks that something happened, with the record as the API shows it."""
    file_url: Callable[[str, str, datetime], str]
    """Makes a temporary address for the file of a record."""


class Tag:
    """One tag of the contract, played as the contract says.

    A subclass holds what is special: its method named like a coroutine plays that operation instead.
    """

    name: ClassVar[str] = ""
    """As in the contract, without `API`."""
    scopes: ClassVar[tuple[str | None, str | None]] = (None, None)
    """Needed to read, and to write; by meaning, because the documentation does not say."""
    created: ClassVar[str | None] = None
    """The event of a new record."""
    hidden: ClassVar[frozenset[str]] = frozenset()
    """What is kept of a record and never shown; every other field is one of the contract."""

    def __init__(self, premises: Premises) -> None:
        self.premises = premises
        self.documents = premises.documents

    @functools.cached_property
    def record(self) -> ContractOperation:
        """The operation that answers one record of this tag."""
        mine = (item for item in self.premises.contract.operations() if item.tag == self.name)
        return next(item for item in mine if item.method == "GET" and item.path.endswith("}"))

    def scope_of(self, operation: ContractOperation) -> str | None:
        """Return the scope that an operation needs."""
        return self.scopes[operation.method != "GET"]

    def play(self, call: Call) -> Answer:
        """Answer a call.

        Raises:
            Refusal: The portal says no.
        """
        own = next((getattr(self, name) for name in call.operation.names if hasattr(self, name)), self.by_contract)
        answered = own(call)
        if isinstance(answered, Answer):
            return answered
        return Answer(call.operation.status, self.shown(cast("Document", answered), call.operation))

    def by_contract(self, call: Call) -> Document | Answer:
        """Play an operation that is as its kind."""
        operation = call.operation
        if operation.is_paged:
            return self.page(call)
        if operation.answers_link:
            return self.link(call, self.existing(call))
        if operation.path.endswith("}"):
            if operation.method == "GET":
                return self.existing(call)
            if operation.method == "PATCH" and operation.bodies:
                return self.change(self.existing(call), **call.fields())
        elif operation.method == "POST" and not operation.is_list:
            return self.create(call)
        raise refuse(501, f"The sandbox does not play this operation yet: {operation.summary} ({operation.id}).")

    # --- What operations are made of ---------------------------------------------------------------------------

    def existing(self, call: Call, down_to: str | None = None) -> Document:
        """Return the record that the path names, or an earlier one of its path.

        Raises:
            Refusal: 404 when it is not there, or one of those that it belongs to.
        """
        place, found = "", {}
        for part in call.operation.path.split("/")[1:]:
            if not part.startswith("{"):
                place += "/" + part
                continue
            parameter = part[1:-1]
            document = self.documents.get(call.parameters[parameter], place)
            if document is None:
                raise refuse(404, f"No {display_name(parameter).removesuffix(' id')} has this ID.")
            found, place = document, f"{place}/{document['id']}"
            if parameter == down_to:
                break
        return found

    def page(self, call: Call) -> Answer:
        """Answer one page of the list at the path."""
        self.existing(call)
        path, newest_first = _filled(call), self.premises.manners.have(Manner.NEWEST_FIRST)

        def part(skip: int, most: int) -> list[Document]:
            found = self.documents.some(path, skip, most, newest_first=newest_first)
            return [self.shown(document, call.operation) for document in found]

        return self.page_with(call, part)

    def page_with(self, call: Call, part: Callable[[int, int], list[Any]]) -> Answer:
        """Answer one page of a list that `part` gives so many records of, after skipping so many."""
        url = self.premises.base_url() + _filled(call)
        stray_comma = self.premises.manners.have(Manner.STRAY_COMMA)
        return Answer(200, page_of(url, call.query, part, stray_comma=stray_comma))

    def create(self, call: Call, fields: Document | None = None, *, path: str | None = None, **more: Any) -> Document:
        """Make a record of the body's fields and keep it.

        Args:
            call: The call.
            fields: Instead of those of the body.
            path: The list that it goes to, where that is not the path of the call.
            more: What the portal adds.
        """
        self.existing(call)
        given = self.premises.manners.kept(call.fields() if fields is None else fields)
        files = {name: value for name, value in given.items() if isinstance(value, UploadedFile)}
        properties = call.operation.answer.properties
        document: Document = {name: _first_value(name, schema, call.now) for name, schema in properties.items()}
        document |= {"id": new_id(call.operation.prefix)}
        document |= {name: value for name, value in given.items() if name in properties and name not in files}
        if slips := more.keys() - properties.keys() - self.hidden:
            raise LookupError(f"the contract of {call.operation.id} has no {slips}")
        document |= more
        self.documents.add(path or _filled(call), document)
        for file in files.values():
            self.documents.keep_file(document["id"], file.name, file.media_type, file.content)
        if self.created is not None:
            self.premises.emit(self.created, self.shown(document, call.operation))
        return document

    def change(self, document: Document, **values: Any) -> Document:
        """Set fields of a record, and tell the webhooks."""
        if slips := values.keys() - document.keys() - self.hidden:
            raise LookupError(f"{document['id']} has no {slips}")
        changed = self.documents.put({**document, **values})
        for event in self.events(document, changed):
            self.premises.emit(event, self.shown(changed, self.record))
        return changed

    def events(self, before: Document, after: Document) -> Iterator[str]:
        """Return what happened when a record changed. A tag whose changes have events says which."""
        return iter(())

    # --- What comes past the API (`Sandbox.put`) ---------------------------------------------------------------

    def completed(self, document: Document) -> Document:
        """Return a record from outside with what else is kept of it."""
        return document

    def arrived(self, path: str, document: Document) -> None:
        """Do what follows from a record that came from outside, and tell the webhooks."""
        if self.created is not None:
            self.premises.emit(self.created, self.shown(document, self.record))

    # --- What is answered ---------------------------------------------------------------------------------------

    def link(self, call: Call, document: Document) -> Answer:
        """Answer a link to the file of a record.

        Raises:
            Refusal: 404 when it has none.
        """
        found = self.documents.file(document["id"])
        if found is None:
            raise refuse(404, "There is no such file.")
        expires = call.now + LINK_LIFE
        url = self.premises.file_url(document["id"], found[0], expires)
        return Answer(200, {"link": url, "expiresAt": atom(expires)})

    def shown(self, document: Document, operation: ContractOperation) -> Document:
        """Return a record with exactly the fields of the contract."""
        properties = operation.answer.properties
        shown = {
            name: document.get(name)
            for name, schema in properties.items()
            # What is not there and cannot be null is left out: the contract declares nothing to be required.
            if document.get(name) is not None or "null" in schema.get("type", ())
        }
        if "customer" in properties.get("links", {}).get("properties", {}) and document.get("customerId"):
            href = f"{self.premises.base_url()}/customers/{document['customerId']}"
            links: Document = shown.get("links") or {}
            shown["links"] = {**links, "customer": {"href": href, "type": "application/json"}}
        return self.premises.manners.shown(shown, self.premises.now)

    def moment(self, wall: str) -> str:
        """Return a wall time of a request, or the beginning of a day, as answers write it."""
        read = read_wall_time(wall if " " in wall else f"{wall} 00:00", seconds_allowed=True)
        assert read is not None, "judged by its format before"  # noqa: S101
        return atom(moment(timestamp_of(read, self.premises.zone), self.premises.zone))


def code_of(identifier: str, length: int = 8) -> str:
    """Return so many letters and digits that stand in the address of a record's page: always the same ones."""
    return hashlib.sha256(identifier.encode()).hexdigest()[:length]


def _filled(call: Call) -> str:
    """The path of a call with its ids in it."""
    return call.operation.path.format_map(dict(call.parameters))


def _first_value(name: str, schema: Mapping[str, Any], now: datetime) -> Any:
    """What a field of a new record says when nobody gave it."""
    kind = schema.get("type")
    if name in ("createdAt", "issuedAt") and "T" in str(schema.get("example")):
        return atom(now)
    if name == "currency":
        return "EUR"
    if kind == "array":
        return []
    return {} if kind == "object" else False if kind == "boolean" else None
