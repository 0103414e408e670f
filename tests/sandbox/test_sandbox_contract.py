"""Runs `contract_checks.py` on its own: schemathesis leaves operations out where tests are spread over processes."""

import re
import subprocess
import sys
from pathlib import Path

CHECKS = Path(__file__).with_name("contract_checks.py")


def test_the_sandbox_keeps_the_contract() -> None:
    command = [sys.executable, "-m", "pytest", "-n", "0", "-q", "-p", "no:cacheprovider", str(CHECKS)]
    run = subprocess.run(command, cwd=CHECKS.parents[2], capture_output=True, text=True, timeout=200, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    passed = re.search(r"(\d+) passed", run.stdout)
    assert passed
    assert int(passed[1]) == 25, run.stdout
