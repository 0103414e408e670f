"""The pages of all records: what the portal keeps besides appointments, as its API shows it.

A list stands at its path of the API below `/records`, as in `/records/punch-cards/pcd_1/issued`, and so does a record.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, unquote

import orjson
from aiohttp import web

from mijnklantportaal_async.sandbox.contract import load_contract
from mijnklantportaal_async.sandbox.plain_page import plain_page, refusal
from mijnklantportaal_async.sandbox.visitor import Visitor
from mijnklantportaal_async.texts.words import counted, words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from mijnklantportaal_async.sandbox.documents import Document, Documents
    from mijnklantportaal_async.sandbox.tag import Tag

PATH = "/records"
_PATH = re.compile(r"/records(?:/.+)?")
_MOST_SHOWN = 200
_MOST_COLUMNS = 6
_LONGEST_CELL = 60

_NAMES = {
    "agreements": words("Agreements"),
    "appointments": words("Appointments"),
    "customer-groups": words("Customer groups"),
    "customer-invoices": words("Invoices to customers"),
    "customer-offers": words("Offers"),
    "customer-subscription-packages": words("Subscription packages"),
    "customer-subscriptions": words("Subscriptions"),
    "customers": words("Customers"),
    "file-requests": words("File requests"),
    "file-shares": words("File shares"),
    "files": words("Files"),
    "invoices": words("Invoices of the portal"),
    "issued": words("Issued"),
    "payment-links": words("Payment links"),
    "payments": words("Payments"),
    "punch-cards": words("Punch cards"),
    "tickets": words("Tickets"),
    "webhooks": words("Webhooks"),
}
_IDENTIFIER = re.compile(r"[a-z]{3}_\w+", re.ASCII)
_TELLING = re.compile(r"name|title|number|amount|price|status|state|email|city|type|issued|expires|paid|progress", re.I)
"""Fields that a person tells records apart by."""


class RecordsPage:
    """Serves `/records` and everything below it."""

    def __init__(self, documents: Documents, tags: Mapping[str, Tag], host: str) -> None:
        self._documents = documents
        self._tags = tags
        self._host = host

    def handler_of(self, request: web.BaseRequest) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]] | None:
        """Return what answers a request for the pages; None for any other."""
        return self._answer if request.method == "GET" and _PATH.fullmatch(request.rel_url.raw_path) else None

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if (refused := refusal(request, self._host)) is not None:
            return refused
        visitor = Visitor.of(request)
        path = unquote(request.rel_url.raw_path).removeprefix(PATH).rstrip("/")
        lists = self._documents.lists()
        if not path:
            return self._overview(request, lists, visitor)
        if path in lists:
            return self._list(request, path, lists, visitor)
        parent, _, identifier = path.rpartition("/")
        document = self._documents.get(identifier, parent)
        if document is None:
            said = visitor.say(words("There is nothing here."))
            return self._page(request, words("Records"), f"<section><p>{said}</p></section>", status=404)
        return self._record(request, path, document, lists, visitor)

    # --- pages -----------------------------------------------------------------------------------------------------

    def _overview(self, request: web.BaseRequest, lists: Mapping[str, int], visitor: Visitor) -> web.Response:
        kinds = sorted((path for path in lists if path.count("/") == 1), key=lambda path: visitor.say(_name(path)))
        rows = "".join(
            f'<li><a href="{visitor.way(_address(path))}">{visitor.say(_name(path))}</a> '
            f'<span class="soft">{_number(lists[path], visitor)}</span></li>'
            for path in kinds
        )
        nothing = f"<p>{visitor.say(words('There are no records yet.'))}</p>"
        return self._page(request, words("Records"), f"<section>{f'<ul>{rows}</ul>' if rows else nothing}</section>")

    def _list(self, request: web.BaseRequest, path: str, lists: Mapping[str, int], visitor: Visitor) -> web.Response:
        documents = self._documents.some(path, 0, _MOST_SHOWN, newest_first=True)
        shown = [self._shown(path, document) for document in documents]
        columns = _columns(shown)
        head = "".join(f"<th>{escape(_label(name))}</th>" for name in (*columns, "id"))
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(_cell(record.get(name)))}</td>' for name in columns)}"
            f'<td><a class="code" href="{visitor.way(_address(path, document["id"]))}">{escape(document["id"])}</a>'
            "</td></tr>"
            for document, record in zip(documents, shown, strict=True)
        )
        count = counted("{count:,} record, the newest first", "{count:,} records, the newest first", lists[path])
        if lists[path] > _MOST_SHOWN:
            count = words("{count}; {shown:,} of them are shown", count=count, shown=_MOST_SHOWN)
        said = f'<p class="soft">{visitor.say(count)}</p>'
        main = f'<section>{said}<div class="wide"><table><thead><tr>{head}</tr></thead>'
        return self._page(request, _name(path), f"{main}<tbody>{rows}</tbody></table></div></section>")

    def _record(
        self, request: web.BaseRequest, path: str, document: Document, lists: Mapping[str, int], visitor: Visitor
    ) -> web.Response:
        record = self._shown(path.rpartition("/")[0], document)
        fields = "".join(
            f"<dt>{escape(_label(name))}</dt><dd>{self._value(value, visitor)}</dd>" for name, value in record.items()
        )
        below = "".join(
            f'<li><a href="{visitor.way(_address(one))}">{visitor.say(_name(one))}</a> '
            f'<span class="soft">{_number(count, visitor)}</span></li>'
            for one, count in lists.items()
            if one.startswith(f"{path}/")
        )
        main = f"<section><dl>{fields}</dl></section>" + (f"<section><ul>{below}</ul></section>" if below else "")
        return self._page(request, _title(record), main, back=path.rpartition("/")[0])

    def _page(
        self, request: web.BaseRequest, title: str, main: str, *, back: str | None = None, status: int = 200
    ) -> web.Response:
        links = {words("Calendar"): "/", words("Records"): PATH}
        if back is not None:
            links = {_name(back): _address(back), **links}
        return plain_page(request, title, main, links=links, status=status)

    def _value(self, value: Any, visitor: Visitor) -> str:
        """A value as HTML; the id of another record leads to it."""
        if isinstance(value, list | dict) and value:
            return f"<pre>{escape(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())}</pre>"
        if isinstance(value, str) and _IDENTIFIER.fullmatch(value) and (path := self._documents.path_of(value)):
            return f'<a class="code" href="{visitor.way(_address(path))}">{escape(value)}</a>'
        if isinstance(value, bool):
            return "true" if value else "false"
        text = str(cast(object, value))
        return "-" if value is None or text in {"", "[]", "{}"} else escape(text)

    def _shown(self, path: str, document: Document) -> Document:
        """A record as the API shows it."""
        operation = load_contract().records_of(path)
        shown = document if operation is None else self._tags[operation.tag].shown(document, operation)
        return {name: value for name, value in shown.items() if name != "secret"}


# --- text ---------------------------------------------------------------------------------------------------------


def _name(path: str) -> str:
    last = path.rpartition("/")[2]
    return _NAMES.get(last, last)


def _address(*parts: str) -> str:
    return PATH + "/".join(quote(part, safe="/") for part in parts)


def _number(count: int, visitor: Visitor) -> str:
    return visitor.say(words("{count:,}", count=count))


def _label(name: str) -> str:
    """A field's name of the API, with spaces."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _columns(records: list[Document]) -> list[str]:
    """The fields by which a person tells records apart: never a list, and none that is empty everywhere."""
    names = dict.fromkeys(name for record in records for name, value in record.items() if _is_short(value))
    telling = [name for name in names if name != "id" and not name.endswith(("Id", "Url")) and _TELLING.search(name)]
    rest = [name for name in names if name not in telling and name != "id" and not name.endswith("Url")]
    return [*telling, *rest][:_MOST_COLUMNS]


def _is_short(value: Any) -> bool:
    return value is not None and not isinstance(value, list | dict) and len(str(value)) <= _LONGEST_CELL


def _cell(value: Any) -> str:
    if value is None or isinstance(value, list | dict):
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 1]}…"


def _title(record: Document) -> str:
    named = (
        str(record[name]) for name in ("companyName", "name", "title", "invoiceNumber", "number") if record.get(name)
    )
    return next(named, str(record.get("id", "")))
