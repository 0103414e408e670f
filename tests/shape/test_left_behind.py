"""The watch over a run of tests sees what it has to see."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

LITTERING = """
import pathlib, socket, subprocess, sys, tempfile

def test_that_tidies_up(tmp_path):
    (tmp_path / "file").write_text("x")

def test_that_does_not():
    WHAT
"""


@pytest.mark.skipif(sys.platform != "linux", reason="processes and ports are read from /proc")
@pytest.mark.parametrize(
    ("what", "seen"),
    [
        ("pass", ""),
        (
            """pytest.process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)""",
            "LEFT BEHIND process ",
        ),
        ("""pytest.socket = socket.create_server(("127.0.0.1", 0))""", "LEFT BEHIND port "),
        ("""tempfile.mkdtemp()""", "LEFT BEHIND file "),
        ("""(pathlib.Path.home() / "notes").write_text("x")""", "LEFT BEHIND file "),
    ],
)
def test_what_a_test_leaves_fails_the_run(tmp_path: Path, what: str, seen: str) -> None:
    (tmp_path / "conftest.py").write_text(
        "import left_behind, pytest\nleft_behind.PATIENCE = 0.1\n"
        "def pytest_configure(config):\n    left_behind.begin(config)\n"
        "@pytest.hookimpl(trylast=True)\ndef pytest_sessionfinish(session):\n    left_behind.finish(session)\n"
    )
    (tmp_path / "test_littering.py").write_text("import pytest\n" + LITTERING.replace("WHAT", what))
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    # Without the plugins, which a fifth of a second would be for each.
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", tmp_path]
    run = subprocess.run([*command, tmp_path], env=environment, capture_output=True, text=True, timeout=200)
    assert ("LEFT BEHIND" in run.stdout) is bool(seen), run.stdout + run.stderr
    assert seen in run.stdout
    assert run.returncode == (1 if seen else 0), run.stdout + run.stderr
    assert "2 passed" in run.stdout
