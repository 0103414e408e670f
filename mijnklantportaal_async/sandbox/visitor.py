"""Who looks at a page, and how things are said to them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import attrs

from mijnklantportaal_async.texts.language import CODES, Language, language_accepted

if TYPE_CHECKING:
    from typing import Self

    from aiohttp import web


@attrs.frozen
class Visitor:
    """A person at a browser."""

    language: Language
    has_chosen: bool
    """Whether the switch of a page said so; otherwise the browser did."""

    @classmethod
    def of(cls, request: web.BaseRequest) -> Self:
        """Whoever sends a request."""
        said = request.query.get("language", "")
        if said in CODES:
            return cls(Language(said), has_chosen=True)
        return cls(language_accepted(request.headers.get("Accept-Language", "")), has_chosen=False)

    def say(self, text: str) -> str:
        """A text in their language, as HTML. Texts of others stay as they are, and are escaped too."""
        return escape(self.language.of(text))

    def way(self, path: str) -> str:
        """The address of another page, in the language that they have chosen."""
        return f"{path}?language={self.language.code}" if self.has_chosen else path
