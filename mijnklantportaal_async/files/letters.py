"""Letters that were read in the wrong encoding: found, and the encoding named in which they are right."""

import re
from collections.abc import Sequence

TWICE = "utf-8-twice"
"""Our name for a text in UTF-8 that a program took for cp1252 and turned into UTF-8 once more."""

_CANDIDATES = ("cp1252", "mac_roman", "cp850", "cp1250", "cp1254", "iso8859_15")
# An accented letter of two or three bytes, each of which became a letter of its own.
_TWICE = re.compile(
    "[\u00c2\u00c3\u00c4\u00c5][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
    "|\u00e2[\u0080-\u00bf\u20ac\u201a\u201e\u2020\u2026][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc"
    "\u2013-\u203a\u20ac\u2122]"
)
_USUAL = frozenset(
    "\u00e9\u00e8\u00ea\u00eb\u00ef\u00ee\u00ed\u00ec\u00f6\u00f4\u00f3\u00f2\u00fc\u00fb\u00fa\u00f9\u00e4\u00e2\u00e1\u00e0\u00e7\u00f1\u00df\u00f8\u00e5\u00e6\u0153"
)
_MARKS = frozenset("\u20ac\u2019\u2018\u201c\u201d\u2013\u2014\u2026\u00b0\u00b7\u00b2\u00bd\u00ab\u00bb\u2022\u00a0")
_AROUND = re.compile("[^\x00-\x7f]")


def likely_encodings(data: bytes) -> Sequence[str]:
    """Encodings in which bytes that are not UTF-8 make words, the likeliest first."""
    scored: list[tuple[int, str]] = []
    for name in _CANDIDATES:
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        scored.append((_score(text), name))
    scored.sort(key=lambda one: -one[0])
    return [name for score, name in scored if score > 0 and score * 2 > scored[0][0]] or ["cp1252"]


def looks_better(text: str, data: bytes, used: str) -> tuple[str, str] | None:
    """An encoding that makes words of what another does not, and such a word; None when the one used is good."""
    if text.isascii() or (score := _score(text)) > 0:
        return None
    for name in likely_encodings(data)[:1]:
        other = data.decode(name, "replace")
        if name != used and _score(other) > score:
            return name, first_odd_word(other)
    return None


def first_odd_word(text: str) -> str:
    """The first words of a text with a letter that is not ASCII."""
    found = _AROUND.search(text)
    if found is None:
        return ""
    start = max((text.rfind(mark, 0, found.start()) for mark in ';,\t|\n\r":'), default=-1) + 1
    ends = [end for mark in ';,\t|\n\r"' if (end := text.find(mark, found.end())) >= 0]
    return text[start : min(ends, default=len(text))].strip()


def was_encoded_twice(text: str) -> str | None:
    """The first words of a text whose letters became two or three each; None when there are none."""
    if text.isascii():
        return None
    for found in _TWICE.finditer(text):
        if _once(found[0]) != found[0]:
            return first_odd_word(text[max(0, found.start() - 20) :])
    return None


def encoded_once(text: str) -> str:
    """A text with the letters that it had before it was turned into UTF-8 a second time."""
    return _TWICE.sub(lambda found: _once(found[0]), text)


def _once(letters: str) -> str:
    try:
        # cp1252 has no letter for five bytes, which programs keep as they are.
        data = b"".join(
            letter.encode("cp1252")
            if ord(letter) > 0xFF or letter.encode("cp1252", "ignore")
            else letter.encode("latin-1")
            for letter in letters
        )
        return data.decode("utf-8")
    except UnicodeError:
        return letters


def _score(text: str) -> int:
    """How much its letters beyond ASCII look like words of Western Europe."""
    score = 0
    for found in _AROUND.finditer(text):
        letter, before = found[0], text[found.start() - 1 : found.start()]
        after = text[found.end() : found.end() + 1]
        if letter.lower() in _USUAL:
            in_the_middle = before.isalpha() and before.islower()
            score += -2 if letter.isupper() and in_the_middle else 2 if before.isalpha() or after.isalpha() else 0
        elif letter in _MARKS:
            score += (
                -1
                if before.isalpha() and letter in "\u2018\u201c\u201d\u2026\u00b0\u00b7\u00b2\u00bd"
                else 1
                if letter in "\u20ac\u2019"
                else 0
            )
        elif letter.isalpha():
            score += 1 if letter.islower() and before.isalpha() and after.isalpha() else -1
        else:
            score -= 3
    return score
