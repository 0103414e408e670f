"""Reads the Markdown of the documentation: its fenced blocks, hidden tests, tables, links and headings."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
SOURCES = [ROOT / "README.md", *PAGES]

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<code>.*?)^(?P=indent)```[ \t]*$", re.M | re.S)
_HIDDEN_TEST = re.compile(r"\s*<!-- test:(?P<code>.*?)-->", re.S)
_FILE_NAME = re.compile(r"# (?P<name>[\w./]+\.py)\n")


@attrs.frozen
class Block:
    """One fenced block, with what stands right after it."""

    page: Path
    line: int
    language: str
    code: str
    output: str | None
    """The `text` block that follows."""
    hidden_test: str
    """The code of the `<!-- test: -->` that follows."""

    @property
    def place(self) -> str:
        """Where it stands, for the name of a test."""
        return f"{self.page.name}:{self.line}"

    @property
    def file_name(self) -> str | None:
        """The file that it shows, if it is one."""
        found = _FILE_NAME.match(self.code)
        return found["name"] if found else None

    @property
    def is_script(self) -> bool:
        """Whether it starts its own event loop."""
        return self.file_name is None and any(
            isinstance(node, ast.Call) and ast.unparse(node.func) == "asyncio.run" for node in ast.walk(self.tree())
        )

    def tree(self) -> ast.Module:
        """Its code; lines are those of the page."""
        tree = compile(
            self.code,
            str(self.page),
            "exec",
            flags=ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
            dont_inherit=True,
        )
        assert isinstance(tree, ast.Module)
        # The first line of the code is the one after the fence.
        ast.increment_lineno(tree, self.line)
        return tree


def blocks(pages: Sequence[Path] = SOURCES) -> list[Block]:
    """Every fenced block of some pages; an output is part of the block before it."""
    return [block for page in pages for block in _blocks_of(page, page.read_text(encoding="utf-8"))]


def _blocks_of(page: Path, text: str) -> Iterator[Block]:
    position = 0
    while found := _FENCE.search(text, position):
        position = found.end()
        output, hidden = None, ""
        follower = _FENCE.match(text, _skip_blank(text, position))
        if found["language"] == "python" and follower and follower["language"] == "text":
            output, position = _dedent(follower), follower.end()
        if test := _HIDDEN_TEST.match(text, position):
            hidden, position = _unindented(test["code"]), test.end()
        line = text.count("\n", 0, found.start()) + 1
        yield Block(page, line, found["language"], _dedent(found), output, hidden)


def _skip_blank(text: str, position: int) -> int:
    return position + len(text[position:]) - len(text[position:].lstrip("\n"))


def _dedent(fence: re.Match[str]) -> str:
    return re.sub(rf"^{fence['indent']}", "", fence["code"], flags=re.M)


def _unindented(code: str) -> str:
    lines = code.strip("\n").splitlines()
    return "\n".join(line.strip() if len(lines) == 1 else line for line in lines) + "\n"


def free_names(tree: ast.AST) -> set[str]:
    """Names that code uses and does not make itself."""
    used: set[str] = set()
    made: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                used.add(name)
            case ast.Name(id=name) | ast.arg(arg=name):
                made.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                made.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                made.update(alias.asname or alias.name for alias in aliases)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                made.add(name)
            case _:
                pass
    return used - made


def prose(page: Path) -> str:
    """A page without its fenced blocks and comments."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return re.sub(r"<!--.*?-->", "", text, flags=re.S)


def links(page: Path) -> list[str]:
    """The targets of a page's links and images."""
    text = prose(page)
    return [*re.findall(r"\]\(([^)\s]+)\)", text), *re.findall(r"""(?:href|src)=["']([^"']+)""", text)]


def anchors(page: Path) -> set[str]:
    """What a link to a page may name after `#`, as MkDocs makes it from the headings."""
    headings = re.findall(r"^#{1,6} (.+)$", prose(page), re.M)
    return {re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip()) for heading in headings}


def table(page: Path, under: str) -> list[list[str]]:
    """The rows of the first table under a heading, header first, cells trimmed."""
    _, _, section = f"\n{page.read_text(encoding='utf-8')}".partition(f"\n{under}\n")
    rows = re.search(r"^\|.*(?:\n\|.*)*", section, re.M)
    assert rows, f"{page.name} has no table under {under!r}"
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows.group().splitlines()]
    return [cells[0], *cells[2:]]
