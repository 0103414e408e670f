"""An older Python is refused at pip's first question about the build, not after many minutes of searching."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

ASK = """
import sys
import hatchling.builders.wheel, hatchling.metadata.core
from hatchling.build import get_requires_for_build_editable, get_requires_for_build_sdist, get_requires_for_build_wheel
if len(sys.argv) > 1:
    sys.version_info = (3, 10, 13, "final", 0)
for ask in (get_requires_for_build_wheel, get_requires_for_build_editable, get_requires_for_build_sdist):
    try:
        print(ask())
    except SystemExit as refusal:
        print(refusal)
"""


def ask(*arguments: str) -> list[str]:
    """What hatchling answers, which reads `hatch_build.py` as it does for pip."""
    run = subprocess.run(
        [sys.executable, "-c", ASK, *arguments], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return run.stdout.splitlines()


def test_an_older_python_is_told_in_a_sentence() -> None:
    sentence = (
        "mijnklantportaal-async needs Python 3.11 or newer, and this is Python 3.10. Make the environment with a newer "
        "one, as in: python3.11 -m venv --clear .venv"
    )
    assert ask("as 3.10") == [sentence] * 3


def test_a_new_enough_python_needs_nothing_more() -> None:
    wheel, _, sdist = ask()
    assert (wheel, sdist) == ("[]", "[]")
