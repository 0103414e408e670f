"""What importing the package costs beside `import aiohttp`, each in a fresh process, one after the other."""

import os
import subprocess
import sys
from tempfile import TemporaryDirectory

import attrs

from benchmarks.spread import Spread

# The start of the interpreter is left out; it is the same for both.
_PROGRAM = """\
import time
wall, cpu = time.perf_counter(), time.process_time()
{statement}
print(time.process_time() - cpu, time.perf_counter() - wall)
"""

YARDSTICK = "import aiohttp"
STATEMENTS = (YARDSTICK, "import mijnklantportaal_async", "import mijnklantportaal_async.session")
"""The package imports what is asked for: only the last one brings aiohttp and all that a session needs."""


@attrs.frozen(kw_only=True)
class ImportResult:
    """Seconds that a statement takes, and the ratio to aiohttp's in the same round."""

    statement: str
    cpu: Spread
    cpu_ratio: Spread
    wall: Spread
    wall_ratio: Spread


def measure_imports(rounds: int) -> list[ImportResult]:
    """Imports each in so many fresh processes, in turns."""
    taken: dict[str, list[tuple[float, float]]] = {statement: [] for statement in STATEMENTS}
    with TemporaryDirectory() as bytecode:
        for statement in STATEMENTS:
            _import(statement, bytecode)  # writes the bytecode of all of it, and warms the disk's cache
        for number in range(rounds):
            for statement in STATEMENTS if number % 2 else reversed(STATEMENTS):
                taken[statement].append(_import(statement, bytecode))
    return [_summarize(statement, taken) for statement in STATEMENTS]


def _import(statement: str, bytecode: str) -> tuple[float, float]:
    program = _PROGRAM.format(statement=statement)
    # Bytecode for both, also where the environment forbids to write it: otherwise one of them is compiled every time.
    environment = os.environ | {"PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
    output = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environment
    ).stdout
    cpu, wall = output.split()
    return float(cpu), float(wall)


def _summarize(statement: str, taken: dict[str, list[tuple[float, float]]]) -> ImportResult:
    own, yardstick = taken[statement], taken[YARDSTICK]
    pairs = list(zip(own, yardstick, strict=True))
    return ImportResult(
        statement=statement,
        cpu=Spread.of(cpu for cpu, _ in own),
        cpu_ratio=Spread.of(one[0] / other[0] for one, other in pairs),
        wall=Spread.of(wall for _, wall in own),
        wall_ratio=Spread.of(one[1] / other[1] for one, other in pairs),
    )
