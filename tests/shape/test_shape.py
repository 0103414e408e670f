"""The house keeps its shape: arrows point down, every operation is there, every test can be found."""

import ast
import inspect
import re
from pathlib import Path

import pytest
from contract_walk import BUILT
from hatchling.builders.wheel import WheelBuilder

import mijnklantportaal_async
from mijnklantportaal_async import PortalSession, models
from mijnklantportaal_async.sandbox.tag import Tag
from mijnklantportaal_async.sandbox.tags import TAGS

PACKAGE = Path(mijnklantportaal_async.__file__).parent
ROOT = PACKAGE.parent

FLOORS = [
    {"texts"},
    {"values", "errors", "sql_engine"},
    {"events", "models"},
    {"sandbox"},
    {"calling", "store_database"},
    {"api"},
    {"session", "oauth"},
    {"files", "callbacks", "opentelemetry", "portals", "testing"},
    {"batch"},
    {"__init__"},
    {"cli"},
]
"""From the ground up: a room may import from its own floor only what is its own, and from those below."""


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def floor_of(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def imports_of(path: Path) -> set[str]:
    """Modules of the package that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("mijnklantportaal_async"):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                is_module = (ROOT / (whole.replace(".", "/") + ".py")).exists() or (
                    ROOT / whole.replace(".", "/")
                ).is_dir()
                found.add(whole if is_module else node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names if alias.name.startswith("mijnklantportaal_async"))
    return found


def room_of_module(module: str) -> str:
    parts = module.split(".")
    room = parts[1] if len(parts) > 1 else "__init__"
    # `from mijnklantportaal_async import PortalSession` goes through the front door.
    return room if (PACKAGE / room).is_dir() or (PACKAGE / f"{room}.py").exists() else "__init__"


MODULES = sorted(PACKAGE.rglob("*.py"))
THE_RIM = (
    "aiohttp_inside",
    "client_session",
    "exchange",
    "failures",
    "file_hosts",
    "leaving",
    "streaming",
    "transport",
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    room = room_of(path)
    for module in imports_of(path):
        other = room_of_module(module)
        assert other == room or floor_of(other) < floor_of(room), f"{path.name} imports {module}"


def test_the_sandbox_is_a_judge_not_a_mirror() -> None:
    for path in (PACKAGE / "sandbox").rglob("*.py"):
        assert {room_of_module(module) for module in imports_of(path)} <= {"sandbox", "values", "texts"}


def test_no_circles_between_files() -> None:
    graph = {
        ".".join(("mijnklantportaal_async", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
            ".__init__"
        ): imports_of(path)
        for path in MODULES
    }
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join((*way, module))
        if module not in done:
            for other in graph.get(module, ()):
                if other != module:
                    visit(other, (*way, module))
            done.add(module)

    for module in graph:
        visit(module, ())


def test_only_the_rim_imports_aiohttp() -> None:
    """The session names aiohttp's types in its signature; everything else goes through the transport."""
    importing = {
        str(path.relative_to(PACKAGE))
        for path in MODULES
        if room_of(path) not in {"sandbox", "cli"}
        and re.search(r"^\s*(import|from) aiohttp", path.read_text(), re.MULTILINE)
    }
    callbacks = {"callbacks/endpoint.py", "callbacks/aiohttp_endpoint.py"}
    named = {"session.py", "oauth/token_endpoint.py", "testing/portal_for_test.py"}
    assert importing == {f"calling/{name}.py" for name in THE_RIM} | callbacks | named


BYTES_UP = {"file_threads", "form", "measuring", "sources", "spool", "streaming"}
BYTES_DOWN = {"arrival", "file_hosts", "saving", "transfer"}
TOUCHES_FILES = re.compile(
    r"(?<![\w.])(?<!def )open\(|\bos\.(open|read|write|writev|stat|replace|link|unlink)\(|"
    r"\.(read|write)_bytes\(|tempfile"
)


def test_no_tag_knows_how_bytes_go() -> None:
    """One place carries them up, one down; fetching what links lead to is no operation of the portal."""
    for path in (PACKAGE / "api").glob("*.py"):
        below = {module.rpartition(".")[2] for module in imports_of(path)}
        assert not below & BYTES_UP, f"{path.name} imports {below & BYTES_UP}"
        assert path.stem == "downloads" or not below & BYTES_DOWN, f"{path.name} imports {below & BYTES_DOWN}"
        assert not TOUCHES_FILES.search(path.read_text()), path.name


def test_only_what_carries_bytes_touches_files() -> None:
    code = {path.stem: path.read_text() for path in (PACKAGE / "calling").glob("*.py")}
    assert {name for name, text in code.items() if TOUCHES_FILES.search(text)} == {
        "measuring",
        "saving",
        "sources",
        "spool",
    }
    assert {name for name, text in code.items() if "multipart/" in text} == {"form"}


def test_files_stay_readable() -> None:
    long = {path.name: lines for path in MODULES if (lines := len(path.read_text().splitlines())) > 420}
    assert long == {}


def test_what_a_tag_of_the_sandbox_plays_is_an_operation_of_it() -> None:
    """A slip in a method's name would leave the operation to the contract alone, silently."""
    of_tag = {tag.name: {name for name, item in BUILT if item.tag == tag.name} for tag in TAGS}
    assert all(of_tag.values())
    for tag in TAGS:
        own = {name for name, value in vars(tag).items() if inspect.isfunction(value) and not name.startswith("_")}
        assert own - set(vars(Tag)) <= of_tag[tag.name]


def test_every_model_is_found_where_it_is_said_to_be() -> None:
    aliases = {"FileSource", "Progress"}
    for name, home in models._HOMES.items():
        if name in aliases:
            continue
        assert getattr(models, name).__module__ == f"mijnklantportaal_async.models.{home}"
    written = {
        node.name
        for path in (PACKAGE / "models").glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef)
    }
    assert written == set(models._HOMES) - aliases
    assert written - {"Record"} <= set(mijnklantportaal_async.__all__)


def test_every_public_coroutine_has_a_test() -> None:
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    public = [name for name, _ in inspect.getmembers(PortalSession, callable) if not name.startswith("_")]
    assert len(public) >= 10
    # The walk through the contract tests the coroutines of the API.
    for name in set(public) - {name for name, _ in BUILT}:
        assert re.search(rf"\.{name}\b", tests), f"nothing tests {name}"


def test_every_public_name_has_a_docstring() -> None:
    for name in mijnklantportaal_async.__all__:
        thing = getattr(mijnklantportaal_async, name)
        # A value and a union of types: their docstrings stand below them in the source.
        if name not in {"UNSET", "Result"}:
            assert inspect.getdoc(thing), name


def test_every_field_of_a_model_is_explained() -> None:
    for path in (PACKAGE / "models").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and any("attrs" in ast.unparse(item) for item in node.decorator_list):
                for field, after in zip(node.body, [*node.body[1:], None], strict=True):
                    if isinstance(field, ast.AnnAssign):
                        assert isinstance(after, ast.Expr), ast.unparse(field)
                        assert isinstance(after.value, ast.Constant), ast.unparse(field)


def test_the_public_names_are_sorted_and_exist() -> None:
    assert len(set(mijnklantportaal_async.__all__)) == len(mijnklantportaal_async.__all__)
    for name in mijnklantportaal_async.__all__:
        assert hasattr(mijnklantportaal_async, name)


def test_the_wheel_holds_all_files_of_the_package() -> None:
    """Whatever git is told to ignore, hatchling leaves out as well."""
    built = {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    there = {path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert {str(path.relative_to(ROOT)) for path in there} <= built
    assert "mijnklantportaal_pytest.py" in built
    assert {path.suffix for path in there} >= {".py", ".typed", ".yaml", ".html"}
