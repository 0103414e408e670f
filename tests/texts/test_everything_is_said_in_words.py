"""Whoever speaks to people speaks in texts of the catalog: a bare text would be English for everybody."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from texts_in_source import PACKAGE

SPEAKERS = {
    *("say", "fail", "show", "plain_text", "add_row", "quiet_table", "LiveLines", "agrees", "line", "secret", "status"),
    *("CommandError", "RowFileError", "MomentError", "MonthFirstError", "ZoneError", "BadParameter", "NoResultsError"),
    *("Problem", "LeftOut", "Question", "Answer", "Check", "refuse", "refuse_column", "left_out_for", "Verdict"),
}
"""Functions and classes whose texts are shown."""

SILENT = {"line", "value", "about", "style", "event", "title", "column", "verdict", "state", "record"}
"""Of these arguments nothing is said: names, states, what somebody else wrote."""

STYLES = {f"bold {color}" for color in ("red", "green", "yellow")}

ROOMS = ("cli", "files", "batch")


def bare_texts(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or _name(node.func) not in SPEAKERS:
            continue
        given = [*node.args, *(word.value for word in node.keywords if word.arg not in SILENT)]
        for text in (text for argument in given for text in _texts(argument)):
            if _speaks(text):
                yield f"line {node.lineno}: {ast.unparse(text)}"


def _name(called: ast.expr) -> str:
    return called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""


def _texts(argument: ast.expr) -> Iterator[ast.expr]:
    """What an argument may come to, where it stands there as it is."""
    match argument:
        case ast.IfExp():
            yield from (*_texts(argument.body), *_texts(argument.orelse))
        case ast.BoolOp():
            yield from (text for value in argument.values for text in _texts(value))
        case ast.BinOp():
            yield from (*_texts(argument.left), *_texts(argument.right))
        case ast.Constant() | ast.JoinedStr():
            yield argument
        case _:
            pass


def _speaks(text: ast.expr) -> bool:
    """Whether it has a word of ours: two words, or one that begins as a heading does."""
    parts = [text] if isinstance(text, ast.Constant) else list(getattr(text, "values", []))
    said = " ".join(part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))
    if said in STYLES:
        return False
    words = [word for word in said.split() if word.strip(".,:;()").isalpha() and len(word) > 1]
    return len(words) > 1 or (len(words) == 1 and words[0][0].isupper() and not words[0].isupper())


FILES = sorted(path for room in ROOMS for path in (PACKAGE / room).rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nobody_speaks_past_the_catalogs(path: Path) -> None:
    assert list(bare_texts(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ('terminal.say("Nothing was sent.")', 1),
        ('terminal.say(f"{rows} are there")', 1),
        ('terminal.say(words("Nothing was sent."))', 0),
        ('terminal.say(text, "bold")', 0),
        ('raise CommandError("No." if a else f"Not {b} now")', 2),
        ('table.add_row("Calendar", address)', 1),
        ('table.add_row("API", f"{a}/{b}")', 0),
    ],
)
def test_a_bare_text_is_found(source: str, count: int) -> None:
    assert len(list(bare_texts(source))) == count
