"""What all records that the portal answers have in common."""

from typing import Any

import attrs

from mijnklantportaal_async.values.serde import NULL_IS_EMPTY

PERHAPS_NULL = {NULL_IS_EMPTY: True}
"""For objects and lists of which nobody knows whether they may be null: then they are empty."""


@attrs.frozen(kw_only=True)
class Record:
    """A record as the portal answers it."""

    raw: dict[str, Any] = attrs.field(factory=dict[str, Any], init=False, repr=False, eq=False)
    """The whole object as it came, with keys that the class does not know."""


@attrs.frozen(kw_only=True)
class Link(Record):
    """An address that belongs to a record."""

    href: str
    """The URL."""
    type: str | None = None
    """Media type of what it returns: `application/json` of the API, `text/html` for people."""
