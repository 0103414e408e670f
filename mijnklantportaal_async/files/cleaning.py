"""What spreadsheets, web pages and word processors leave in a cell: taken off where that is certain, else named."""

import html
import re

# Marks that nobody sees: zero-width spaces, direction marks, soft hyphens, byte order marks.
_INVISIBLE = re.compile("[\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
# Joiners are letters in some scripts, and hold an emoji together; beside ASCII and at the rim they are neither.
_JOINER = re.compile("(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])")
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_AS_TEXT = re.compile(r'="(?P<text>(?:[^"]|"")*)"')
_ERROR = re.compile(
    r"#(?:N/B|N/A|NAAM\?|NAME\?|VERW!|REF!|WAARDE!|VALUE!|DEEL/0!|DIV/0!|GETAL!|NUM!|LEEG!|NULL!|OVERLOOP!|SPILL!)",
    re.IGNORECASE,
)
_CODES = re.compile(r"&(?:#\d{2,5}|amp|quot|apos|lt|gt|nbsp|[a-z](?:acute|grave|circ|uml|cedil|tilde));", re.IGNORECASE)
_TOO_NARROW = re.compile(r"#{2,}")
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
_FORMULA = re.compile(r"=\s*[A-Z][A-Z0-9.]*\(|=\s*\$?[A-Z]{1,3}\$?\d+\b", re.IGNORECASE)


def cleaned(text: str) -> str:
    """A cell without invisible characters, odd spaces, the spaces around it, and the `="..."` of a spreadsheet."""
    if not text.isascii():
        text = _SPACES.sub(" ", _JOINER.sub("", _INVISIBLE.sub("", text)))
    if "&" in text and _CODES.search(text):
        text = html.unescape(text)
    text = text.strip()
    if text.startswith('="') and (wrapped := _AS_TEXT.fullmatch(text)):
        return wrapped["text"].replace('""', '"').strip()
    return text


def damage_in(text: str) -> str | None:
    """What a spreadsheet or a torn file did to a cell, and what to do; None when nothing shows."""
    if text.isascii():
        first = text[:1]
        if first == "#":
            if _ERROR.fullmatch(text):
                return "is the error of a formula, not a text; correct it in the spreadsheet, or clear the cell"
            if _TOO_NARROW.fullmatch(text):
                return "is a column that was too narrow to show its value; widen it in the spreadsheet and save again"
        elif first == "=" and _FORMULA.match(text):
            return "is a formula, not what it gives; copy the cells and paste them as values"
        elif first.isdigit() and _ROUNDED.fullmatch(text):
            return (
                "is a long number that the spreadsheet rounded, so that its digits are lost; give the column the "
                "format text, and fill it in again"
            )
        elif "\x00" in text:
            return "holds a NUL byte, as a file does that was damaged on its way; export it again"
        return None
    if "\ufffd" in text:
        return (
            "has letters that were lost (\ufffd) when the file was saved in an encoding that has none for them; export "
            "it again from the program it comes from, as UTF-8"
        )
    return None
