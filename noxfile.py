"""Everything that is checked, each by one command: `nox -l` lists it, `nox -s NAME` runs it."""

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.reuse_existing_virtualenvs = True

PYTHONS = ["3.11", "3.12", "3.13"]
AIOHTTP = {
    "3.12-first": "==3.12.0",
    "3.12-last": "~=3.12.0",
    "3.13-first": "==3.13.0",
    "3.13-last": "~=3.13.0",
    "3.14-first": "==3.14.0",
    "3.14-last": "~=3.14.0",
    "newest": ">=3.14.0.dev0",  # naming a pre-release admits them; a newer release goes before
}
CORE = ["calling", "session", "api", "values", "errors", "shape", "chaos", "sandbox"]


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The main tests, as the README runs them."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Branch coverage of the core; the exceptions are explained in docs/architecture.md."""
    session.install("-e", ".[test]")
    session.run("coverage", "erase")
    rooms = ("calling", "session", "values", "api", "errors", "shape", "chaos", "rate", "oauth", "transfers", "batch")
    session.run("coverage", "run", "-m", "pytest", "-n", "0", *(f"tests/{room}" for room in rooms), *session.posargs)
    session.run("coverage", "combine")
    session.run("coverage", "report", "--include", _core(), "--fail-under", "100")


def _core() -> str:
    rooms = ("api", "calling", "values")
    files = ("errors", "events", "session", "__init__")
    package = "mijnklantportaal_async"
    return ",".join([*(f"{package}/{room}/*" for room in rooms), *(f"{package}/{name}.py" for name in files)])


@nox.session(python=PYTHONS[0], reuse_venv=False)  # whatever lies in an old environment would be kept
def lowest(session: nox.Session) -> None:
    """The main tests with the lowest versions that pyproject.toml admits."""
    session.install("uv")
    wanted = ("--resolution", "lowest-direct", "-e", ".[test]")
    session.run_install("uv", "pip", "install", "--python", session.virtualenv.location, *wanted)
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session(python=PYTHONS[0], reuse_venv=False)
@nox.parametrize("wanted", list(AIOHTTP.values()), ids=list(AIOHTTP))
def aiohttp(session: nox.Session, wanted: str) -> None:
    """The core on the first and last aiohttp of each minor, and on the newest, pre-releases included; both ways.

    Says so where a minor is newer than those that the short way was tested with.
    """
    session.install("-e", ".[test]", f"aiohttp{wanted}")
    session.run("python", "-c", "import aiohttp; print('aiohttp', aiohttp.__version__)")
    slow = "tests/sandbox/test_sandbox_contract.py"
    session.run("python", "-m", "pytest", "--ignore", slow, *(f"tests/{room}" for room in CORE), *session.posargs)
    session.run("python", "-c", _TESTED)


# What goes the long way by itself is as right, so it is told, and fails nothing.
_TESTED = """
import aiohttp
from mijnklantportaal_async.calling.aiohttp_inside import TESTED, why_not
reason = why_not()
print("Both ways were gone." if reason is None else f"Only the long way was gone, by itself: {reason}.")
if ".".join(aiohttp.__version__.split(".")[:2]) not in TESTED:
    print("A newer minor than those in TESTED (calling/aiohttp_inside.py): read what has changed, test it, add it.")
"""


@nox.session
def types(session: nox.Session) -> None:
    """Mypy --strict and pyright, on the package and on what users copy from."""
    session.install("-e", ".[test,lint]", "nox")
    checked = ("mijnklantportaal_async", "mijnklantportaal_pytest.py", "examples")
    session.run("mypy", *checked, "noxfile.py")
    session.run("pyright", "--pythonpath", f"{session.bin}/python", *checked)


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff: mistakes and format."""
    session.install("ruff>=0.8")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def docs(session: nox.Session) -> None:
    """Builds the documentation into site/."""
    session.install("-e", ".[docs]")
    session.run("mkdocs", "build", "--strict", "--site-dir", "site")


@nox.session
def examples(session: nox.Session) -> None:
    """Runs every example against the sandbox."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", "tests/examples", *session.posargs)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Side by side with raw aiohttp; takes some minutes and wants a quiet machine."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Chaos for minutes, with many seeds: `nox -s soak -- --seeds 50`. And new seeds for what the main tests try."""
    session.install("-e", ".[test]")
    if not session.posargs:
        session.run("python", "-m", "pytest", "tests", "-m", "hypothesis", "--hypothesis-profile", "new seeds")
    session.run("python", "-m", "pytest", "tests", "-n", "0", "-m", "soak", "--timeout", "3600", *session.posargs)


@nox.session
def contract(session: nox.Session) -> None:
    """Writes the contract that the sandbox reads from the one that people read, after that was changed."""
    session.install("pyyaml>=6.0.1", "orjson>=3.10")
    session.run("python", "-c", _CONTRACT)


_CONTRACT = """
import pathlib, orjson, yaml
source = pathlib.Path("mijnklantportaal_async/sandbox/openapi.yaml")
source.with_suffix(".json").write_bytes(orjson.dumps(yaml.safe_load(source.read_bytes())))
"""


@nox.session
def build(session: nox.Session) -> None:
    """Builds sdist and wheel, and imports the wheel in an environment of its own."""
    session.install("build")
    session.run("python", "-m", "build", "--outdir", "dist")
