"""Finds every text that is said to people, in the source: for the test of the catalogs, and to bring them up to date.

`python tests/texts_in_source.py` adds new texts to each catalog, without a translation, takes out what is not said any
more, and compiles it.
"""

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path

import attrs
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).parent.parent / "mijnklantportaal_async"
CATALOGS = PACKAGE / "texts"

_VALUE = re.compile(r"\{[^}]*\}")
_LETTER = re.compile(r"[A-Za-z]")
_MARKED = re.compile(r"\[\[(.+?)\]\]")
_IN_TEMPLATE = re.compile(r'\b(words|counted)\("((?:[^"\\]|\\.)*)"(?:, "((?:[^"\\]|\\.)*)")?')


@attrs.frozen
class Found:
    """A text, and where it stands."""

    one: str
    many: str | None
    file: str
    line: int


def texts() -> Iterator[Found]:
    """Every text of the package. What is nothing but values needs no other language."""
    yield from (found for found in _all() if _LETTER.search(_VALUE.sub("", found.one)))


def _all() -> Iterator[Found]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield from _of_python(path)
    for path in sorted(PACKAGE.rglob("*.html")):
        source = path.read_text("utf-8")
        for found in _MARKED.finditer(source):
            yield Found(found[1], None, _name(path), source.count("\n", 0, found.start()) + 1)
        for found in _IN_TEMPLATE.finditer(source):
            many = found[3] if found[1] == "counted" else None
            yield Found(found[2], many, _name(path), source.count("\n", 0, found.start()) + 1)


def catalog_of_source() -> Catalog:
    """Every text once, with all its places."""
    catalog = Catalog(project="mijnklantportaal-async", charset="utf-8")
    for found in texts():
        catalog.add(found.one if found.many is None else (found.one, found.many), locations=[(found.file, found.line)])
    return catalog


def catalog_of(code: str) -> Catalog:
    """A catalog as it is kept."""
    with (CATALOGS / f"{code}.po").open("rb") as file:
        return read_po(file, locale=code)


def compiled(catalog: Catalog) -> bytes:
    """A catalog as programs read it."""
    data = io.BytesIO()
    write_mo(data, catalog)
    return data.getvalue()


def bring_up_to_date(code: str) -> None:
    """Writes a catalog anew, and compiles it."""
    path = CATALOGS / f"{code}.po"
    catalog = catalog_of(code) if path.exists() else Catalog(locale=code, charset="utf-8")
    catalog.update(catalog_of_source(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    with path.open("wb") as file:
        write_po(file, catalog, width=118, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
    (CATALOGS / f"{code}.mo").write_bytes(compiled(catalog))


def _of_python(path: Path) -> Iterator[Found]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        given = [one.value for one in node.args[:2] if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if node.func.id == "words" and given:
            yield Found(given[0], None, _name(path), node.lineno)
        elif node.func.id == "counted" and len(given) == 2:
            yield Found(given[0], given[1], _name(path), node.lineno)


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE.parent).as_posix()


if __name__ == "__main__":
    bring_up_to_date("nl")
