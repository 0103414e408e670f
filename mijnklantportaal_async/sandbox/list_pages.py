"""Lists in pages of 15, in the shape that the documentation shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mijnklantportaal_async.sandbox.answers import JsonObject

PER_PAGE = 15
_WHOLE_NUMBER = re.compile(r"\+?[0-9]{1,15}")


def page_of(
    url: str, query: Mapping[str, str], part: Callable[[int, int], list[Any]], *, stray_comma: bool
) -> JsonObject:
    """Build the page of a list that a query asks for.

    Args:
        url: The address of the list, without a query.
        query: The request's query.
        part: Gives so many records after skipping so many.
        stray_comma: Whether `next_page_url` ends in a comma, as in the documentation's examples.
    """
    number = asked_page(query.get("page", ""))
    skipped = (number - 1) * PER_PAGE
    # One more than is shown tells whether there is another page: nothing is counted, and no total is told.
    found = part(skipped, PER_PAGE + 1)
    shown = found[:PER_PAGE]
    comma = "," if stray_comma else ""
    return {
        "current_page": number,
        "data": shown,
        "first_page_url": f"{url}?page=1",
        # Laravel says null on an empty page; the contract has whole numbers only.
        "from": skipped + 1 if shown else 0,
        "next_page_url": f"{url}?page={number + 1}{comma}" if len(found) > PER_PAGE else None,
        "path": url,
        "per_page": PER_PAGE,
        "prev_page_url": f"{url}?page={number - 1}" if number > 1 else None,
        "to": skipped + len(shown) if shown else 0,
    }


def asked_page(text: str) -> int:
    """Return the page that a query asks for; as in Laravel, what is no page number means the first page."""
    return max(1, int(text)) if _WHOLE_NUMBER.fullmatch(text) else 1
