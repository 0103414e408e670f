"""Text of strangers made fit to be shown: in a terminal, in a message, in a file."""

LONGEST_VALUE = 60
"""Characters of a cell that a message repeats."""


def printable(text: str, longest: int | None = None) -> str:
    """A text without anything that a terminal would obey: control characters are spelled out.

    Args:
        text: Any text, lone surrogates and escape sequences too.
        longest: Cut after so many characters; None for no cut.
    """
    if longest is not None and len(text) > longest:
        text = text[: longest - 1] + "…"
    if text.isprintable():
        return text
    return "".join(_spelled(character) for character in text)


def shown_value(text: str) -> str:
    """A cell as messages repeat it."""
    return printable(text, LONGEST_VALUE)


def _spelled(character: str) -> str:
    if character.isprintable():
        return character
    if character == "\xa0":
        return " "
    return character.encode("unicode_escape").decode("ascii")
