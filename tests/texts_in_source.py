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
_COMMAND = PACKAGE / "cli"

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
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        for one, many in _said_by(node):
            yield Found(one, many, _name(path), getattr(node, "lineno", 0))
    if path.is_relative_to(_COMMAND):
        for node in ast.walk(tree):
            for text in _in_help(node):
                yield Found(" ".join(text.split()), None, _name(path), getattr(node, "lineno", 0))


def _said_by(node: ast.AST) -> Iterator[tuple[str, str | None]]:
    match node:
        case ast.Call(func=ast.Name(id="words"), args=[ast.Constant(value=str(text)), *_]):
            yield text, None
        case ast.Call(func=ast.Name(id="counted"), args=[ast.Constant(str(one)), ast.Constant(str(many)), *_]):
            yield one, many
        case ast.ClassDef(bases=[ast.Name(id="Named"), *_], body=body):
            for item in body:
                match item:
                    case ast.Assign(value=ast.Constant(value=str(text))):
                        yield text, None
                    case _:
                        pass
        case _:
            pass


def _in_help(node: ast.AST) -> Iterator[str]:
    """Texts of help pages: paragraphs of commands, explanations of options, headings, and what examples are of."""
    match node:
        case ast.keyword(arg="help" | "rich_help_panel", value=ast.Constant(value=str(text))):
            yield from text.split("\n\n")
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(str(text))) if name in {
            "_HELP",
            "EXIT_CODES_HELP",
        }:
            yield from text.split("\n\n")
        case ast.FunctionDef() | ast.AsyncFunctionDef() if any(map(_makes_a_command, node.decorator_list)):
            yield from (ast.get_docstring(node) or "").split("\n\n")
        case ast.Assign(targets=[ast.Name(id="summaries")], value=ast.Dict(values=values)):
            yield from (one.value for one in values if isinstance(one, ast.Constant) and isinstance(one.value, str))
        case ast.AnnAssign(target=ast.Name(id="EXAMPLES"), value=ast.Dict(values=values)):
            for examples in values:
                for pair in ast.walk(examples):
                    match pair:
                        case ast.Tuple(elts=[ast.Constant(value=str(said)), ast.Constant(value=str())]) if said:
                            yield said
                        case _:
                            pass
        case _:
            pass


def _makes_a_command(decorator: ast.expr) -> bool:
    return (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr == "command"
    )


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE.parent).as_posix()


if __name__ == "__main__":
    bring_up_to_date("nl")
