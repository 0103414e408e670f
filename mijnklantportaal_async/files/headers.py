"""Headers of columns and keys of JSON: compared as words, with what stands behind them in parentheses."""

import re
import unicodedata
from functools import lru_cache

import attrs

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_APPENDIX = re.compile(r"^(?P<base>.*?\S)\s*[(\[](?P<appendix>[^()\[\]]+)[)\]]\s*$", re.DOTALL)

# start_utc, startUtc, UTC start, Start time in UTC
_ZONES = {"utc", "gmt", "cet", "cest"}


@attrs.frozen(kw_only=True)
class Header:
    """A header, taken apart."""

    plain: str
    """Without case, accents, spaces and other marks."""
    base: str
    """As `plain`, without what stands in parentheses at the end, or a zone anywhere."""
    appendix: str
    """What stands there; empty when nothing does."""


@lru_cache(maxsize=4096)
def plain(header: str) -> str:
    """A header without case, accents, spaces, underscores and other marks."""
    decomposed = unicodedata.normalize("NFKD", header).casefold()
    return "".join(character for character in decomposed if character.isalnum())


@lru_cache(maxsize=1024)
def taken_apart(header: str) -> Header:
    """The words of a header, and what it says in parentheses."""
    found = _APPENDIX.match(header)
    words = words_of(header)
    zones = [word for word in words if word in _ZONES]
    if zones and not found and len(words) > 1:
        base = "".join(word for word in words if word not in _ZONES and word != "in")
        return Header(plain=plain(header), base=base, appendix=zones[0])
    return Header(
        plain=plain(header),
        base=plain(found["base"]) if found else plain(header),
        appendix=found["appendix"].strip() if found else "",
    )


def words_of(text: str) -> tuple[str, ...]:
    """The words of a header, however they are joined: `allDay`, `all_day`, `All day`."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return tuple(word.lower() for word in _WORDS.findall(ascii_only))
