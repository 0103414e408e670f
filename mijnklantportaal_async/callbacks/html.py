"""HTML that cannot say more than was meant: whatever is text stays text.

A page of the portal shows what a handler returns, in the browser of a customer. Names, subjects and messages were typed
by somebody else, so they are escaped by the type: a `str` is text, and only what was built here is HTML.
"""

import html
import json
import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, LiteralString, NoReturn, TypeAlias, cast
from urllib.parse import urlsplit

Child: TypeAlias = "Html | str | int | Decimal | date | Iterable[Child] | None"
"""What may stand in an element: other HTML, or text; several of them; None for nothing."""

_SCHEMES = ("https", "http", "mailto", "tel")
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_ADDRESSES = frozenset(["href", "src", "action", "formaction", "poster", "cite", "data", "background", "longdesc"])
# Each would run, load or move something, or holds text that is read by rules of its own.
_REFUSED_ATTRIBUTES = frozenset(["srcdoc", "srcset", "ping", "style", "manifest"])
_REFUSED_ELEMENTS = frozenset(
    (
        *("script", "style", "iframe", "object", "embed", "base", "meta", "link", "template", "svg", "math"),
        *("xmp", "noembed", "noframes", "noscript", "plaintext"),
    )
)
_VOID = frozenset(["area", "br", "col", "hr", "img", "input", "source", "track", "wbr"])


class Html:
    """A piece of HTML. Made by `element`, `text`, `join`, `json_script` and `literal`; never from a text that came.

    It cannot be put into an f-string: the result would be a plain `str`, of which nobody knows any more what is text.
    """

    __slots__ = ("_markup",)

    def __init__(self, markup: str, *, _made_here: object = None) -> None:
        if _made_here is not _HERE:
            raise TypeError("Html is made by element(), text(), join(), json_script() and literal()")
        self._markup = markup

    @property
    def markup(self) -> str:
        """The HTML itself, ASCII only: right whatever character set the other side assumes."""
        return self._markup

    def __repr__(self) -> str:
        return f"Html({self._markup!r})"

    def __eq__(self, other: object) -> bool:
        return self._markup == other._markup if isinstance(other, Html) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._markup)

    def __str__(self) -> NoReturn:
        raise TypeError("Html is no text; give it to element() or join() as it is, or take its .markup")

    def __format__(self, specification: str) -> NoReturn:
        raise TypeError("Html in an f-string would become text; put it into element() or join() instead")


_HERE = object()


def text(value: Child) -> Html:
    """Text as HTML, with everything escaped that HTML would read; what is HTML already stays as it is.

    Raises:
        TypeError: It is neither.
    """
    return join(value)


def join(*children: Child) -> Html:
    """Several pieces, one after the other.

    Raises:
        TypeError: One of them is neither HTML nor text.
    """
    return Html("".join(map(_child, children)), _made_here=_HERE)


def literal(markup: LiteralString) -> Html:
    """HTML that stands in your own code, word for word.

    Type checkers refuse anything that is not written there: an f-string, or a text that came from elsewhere.
    """
    return Html(_ascii(markup), _made_here=_HERE)


def element(name: LiteralString, *children: Child, **attributes: object) -> Html:
    """One element: `element("a", "Pay", href=invoice_url)`.

    Args:
        name: Its name. Those that run or load something (`script`, `iframe`, `style`, ...) are refused.
        children: What stands in it.
        attributes: Its attributes, always quoted: `class_="x"` is `class`, `data_id` is `data-id`; True is an
            attribute without a value, False and None none. Addresses (`href`, `src`, ...) go through `url`.

    Raises:
        TypeError: A child or a value is neither HTML nor text.
        ValueError: The element or an attribute could do more than show something.
    """
    if not _NAME.fullmatch(name) or name in _REFUSED_ELEMENTS:
        raise ValueError(f"element({name!r}) is refused: it could do more than show something; see literal()")
    opening = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    if name in _VOID:
        if children:
            raise ValueError(f"<{name}> can hold nothing")
        return Html(opening, _made_here=_HERE)
    return Html(f"{opening}{''.join(map(_child, children))}</{name}>", _made_here=_HERE)


def url(address: str) -> str:
    """An address that leads somewhere, and runs nothing: https, http, mailto or tel.

    Raises:
        TypeError: It is not a `str`.
        ValueError: It begins otherwise, as `javascript:` does; or holds white space or control characters.
    """
    if not isinstance(address, str):
        raise TypeError(f"an address must be a str, not {type(address).__name__}")
    # Browsers drop tabs and line breaks inside an address, and white space before it, before they look at its scheme.
    if not address.isprintable() or " " in address or "\\" in address:
        raise ValueError("the address holds white space, a backslash or a control character; percent-encode it")
    try:
        parts = urlsplit(address)
    except ValueError:
        raise ValueError("the address cannot be read") from None
    scheme = parts.scheme.lower()
    if scheme not in _SCHEMES or (scheme in ("https", "http") and not parts.netloc):
        raise ValueError(f"the address must begin with https://, http://, mailto: or tel:, not {address[:20]!r}")
    return address


def json_script(data: object, identifier: LiteralString) -> Html:
    """Data for a script of yours: `<script type="application/json" id="...">`, which no text in it can end.

    Raises:
        TypeError: JSON cannot say it.
        ValueError: It holds NaN or an infinity.
    """
    if not _NAME.fullmatch(identifier):
        raise ValueError(f"the id {identifier!r} must be of small letters, digits and hyphens")
    said = json.dumps(data, ensure_ascii=True, allow_nan=False)
    for sign in "<>&":
        said = said.replace(sign, f"\\u{ord(sign):04x}")
    return Html(f'<script type="application/json" id="{identifier}">{said}</script>', _made_here=_HERE)


def _child(value: Child) -> str:
    if value is None:
        return ""
    if isinstance(value, Html):
        return value.markup
    if isinstance(value, str):
        return _escaped(value)
    refused: object = value
    if not isinstance(refused, (bool, bytes, bytearray, dict)):
        if isinstance(value, (int, Decimal, date)):
            return _escaped(str(value))
        if isinstance(value, Iterable):
            return "".join(map(_child, value))
    raise TypeError(f"{type(refused).__name__} is neither HTML nor text; write it as you want it to be read")  # pyright: ignore[reportUnknownArgumentType]


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-")
    if not _NAME.fullmatch(name) or name.startswith("on") or name in _REFUSED_ATTRIBUTES:
        raise ValueError(f"the attribute {name!r} is refused: it could do more than show something; see literal()")
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    if isinstance(value, Html) or not isinstance(value, (str, int, Decimal, date)):
        raise TypeError(f"the attribute {name!r} must be a text, not {type(value).__name__}")
    said = url(cast("Any", value)) if name in _ADDRESSES else str(value)
    return f' {name}="{_escaped(said)}"'


def _escaped(said: str) -> str:
    return _ascii(html.escape(said.replace("\0", "\ufffd"), quote=True))


def _ascii(markup: str) -> str:
    # Characters as numbers: the documentation says nothing of a character set.
    whole = markup.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.encode("ascii", "xmlcharrefreplace").decode()
