"""Runs `contract_checks.py` on its own: schemathesis leaves operations out where tests are spread over processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKS = Path(__file__).with_name("contract_checks.py")
SEEDS = 3


def run_checks(seed: int | None, timeout: float) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "0",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "schemathesis.pytest.plugin",
        str(CHECKS),
    ]
    environment = dict(os.environ)
    if seed is not None:
        environment["CONTRACT_SEED"] = str(seed)
        command += [f"--hypothesis-seed={seed}", f"--timeout={timeout}"]
    run = subprocess.run(
        command, cwd=CHECKS.parents[2], env=environment, capture_output=True, text=True, timeout=timeout, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    passed = re.search(r"(\d+) passed", run.stdout)
    assert passed
    assert int(passed[1]) == 71, "each operation, and what they did to the portal"


def test_the_sandbox_keeps_the_contract() -> None:
    run_checks(None, 200)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_the_sandbox_keeps_the_contract_whatever_is_made_up(soak_seed: int) -> None:
    run_checks(soak_seed, 3000)
