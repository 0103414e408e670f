"""How like what a record shows is to what was asked for: alike, nearly, or other. Knows nothing of HTTP.

Other is said only of what no service makes of the value that was sent: whatever is other may be sent again.
"""

import enum
import re
from collections.abc import Hashable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.values.open_enum import OpenStrEnum
from mijnklantportaal_async.values.serde import json_name
from mijnklantportaal_async.values.unset import UNSET

T = TypeVar("T")


class Match(enum.IntEnum):
    """What a comparison comes to; of several, the smallest."""

    OTHER = 0
    NEARLY = 1
    """A service that tidies up could have made this of it. Nobody can say whether it did."""
    ALIKE = 2


_IDENTIFIER = re.compile(r"[a-z]{3}_\S+")
_POSTAL_LENGTH = 7
_QUOTES = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u00b4": "'", "`": "'", "\u201c": '"', "\u201d": '"'}
)
_SHORTEST_CUT = 20
"""A text this long or longer, with which a longer one begins, may be what was left of that."""

_NOT_SHOWN = object()


def fold(text: str) -> str:
    """A text without what services change: case, white space, Unicode forms, quotes, escapes of HTML."""
    if text.isascii() and "&" not in text and "`" not in text:
        folded = " ".join(text.split()).casefold()
        return folded if len(folded) != _POSTAL_LENGTH else _joined(folded)
    if not text.isascii():
        import unicodedata

        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    if "&" in text:
        import html

        text = html.unescape(text)
    seen = re.sub(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe0f\ufeff]+", "", text.translate(_QUOTES))
    return _joined(" ".join(seen.split()).casefold())


def _joined(text: str) -> str:
    """A postal code without the space in it."""
    return text.replace(" ", "") if re.fullmatch(r"[0-9]{4} [a-z]{2}", text) else text


def key_of(value: Any) -> Hashable:
    """Equal for values that `compare` could take for each other."""
    if isinstance(value, str):
        return fold(value)
    if isinstance(value, (list, tuple)):
        return frozenset(map(key_of, cast("Iterable[Any]", value)))
    if isinstance(value, dict):
        return frozenset((name, key_of(inner)) for name, inner in cast("dict[str, Any]", value).items())
    return cast("Hashable", value)


def compare(asked: Any, shown: Any, zone: ZoneInfo) -> Match:
    """One value that was sent, and what a record shows for it.

    Args:
        asked: As it stands in the body of a request.
        shown: As it stands in a model.
        zone: The portal's: moments are sent as its wall time.
    """
    if isinstance(asked, list):
        return _compare_lists(asked, shown, zone)  # pyright: ignore[reportUnknownArgumentType]
    kind: type[Any] = type(asked)  # pyright: ignore[reportUnknownVariableType]
    if attrs.has(kind):
        named = ((field.name, getattr(asked, field.name)) for field in attrs.fields(kind))
        return compare_fields({name: value for name, value in named if value is not UNSET}, shown, zone)
    if isinstance(shown, datetime):
        return _compare_day(asked, shown, zone) if isinstance(asked, date) else _compare_moment(asked, shown, zone)
    if isinstance(asked, str):
        return _compare_text(asked, getattr(shown, "id", shown))
    return Match.ALIKE if asked == shown else Match.OTHER


def compare_fields(
    asked: Mapping[str, Any], record: Any, zone: ZoneInfo, told: Mapping[str, str] | None = None
) -> Match:
    """Every value that was sent and that the record shows, by its Python name.

    Args:
        asked: What was sent.
        record: The record.
        zone: The portal's.
        told: What the record calls a field that it has under another name; `options.create_invoice` for one inside.
    """
    names = told or {}
    found = ((value, shown_by(record, names.get(name, name))) for name, value in asked.items())
    return min((compare(value, shown, zone) for value, shown in found if is_shown(shown)), default=Match.ALIKE)


def shown_by(record: Any, path: str) -> Any:
    """What a record shows under a name; `is_shown` tells whether it does."""
    value = record
    for name in path.split("."):
        owner, value = value, getattr(value, name, _NOT_SHOWN)
        # A null that was sent is shown; what is None because it was left out is not.
        if value is None and json_name(name) not in getattr(owner, "raw", ()):
            return _NOT_SHOWN
    return value


def is_shown(value: Any) -> bool:
    """Whether `shown_by` found anything, be it null."""
    return value is not _NOT_SHOWN


def _compare_text(asked: str, shown: Any) -> Match:
    if asked == shown:
        return Match.ALIKE
    if shown is None:
        return Match.OTHER if _IDENTIFIER.fullmatch(asked) else Match.NEARLY
    if not isinstance(shown, str):
        # A number that is sent as a text.
        return Match.ALIKE if asked == str(shown) else Match.OTHER
    if _IDENTIFIER.fullmatch(asked) and _IDENTIFIER.fullmatch(shown):
        return Match.OTHER
    one, other = fold(asked), fold(shown)
    is_cut = not isinstance(shown, OpenStrEnum) and len(other) >= _SHORTEST_CUT and one.startswith(other)
    return Match.NEARLY if one == other or is_cut else Match.OTHER


def _compare_lists(asked: list[Any], shown: Any, zone: ZoneInfo) -> Match:
    """In whatever order, and ids however often: the portal keeps those as a set."""
    if not isinstance(shown, tuple):
        return Match.OTHER
    left: list[Any] = list(shown)  # pyright: ignore[reportUnknownArgumentType]
    if all(isinstance(item, str) for item in asked):
        asked = list(dict.fromkeys(asked))
    if len(asked) != len(left):
        return Match.OTHER
    match = Match.ALIKE
    for item in asked:
        found = [compare(item, other, zone) for other in left]
        best = max(found)
        del left[found.index(best)]
        match = min(match, best)
    return match


def _compare_moment(asked: Any, shown: datetime, zone: ZoneInfo) -> Match:
    """Wall time of the portal, to the second, against a moment."""
    wall = datetime.fromisoformat(asked) if isinstance(asked, str) else None
    if wall is None:
        return Match.OTHER
    readings = (shown.astimezone(zone).replace(tzinfo=None), shown.replace(tzinfo=None))
    if readings[0].replace(microsecond=0) == wall:
        return Match.ALIKE
    # Rounded to the minute, or with an offset that is not the portal's.
    near = any(abs(reading - wall) <= timedelta(minutes=1) for reading in readings)
    return Match.NEARLY if near else Match.OTHER


def _compare_day(asked: date, shown: datetime, zone: ZoneInfo) -> Match:
    """A last day against the moment that it ends, or any within it."""
    local = shown.astimezone(zone)
    ends = local.date() - timedelta(days=1) if local.time() == time() else local.date()
    if asked in {local.date(), ends}:
        return Match.ALIKE
    return Match.NEARLY if abs(local.date() - asked) <= timedelta(days=1) else Match.OTHER
