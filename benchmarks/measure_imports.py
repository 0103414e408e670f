"""What `import mijnklantportaal_async` costs beside `import aiohttp`, each in a fresh process, one after the other."""

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
import {module}
print(time.process_time() - cpu, time.perf_counter() - wall)
"""

YARDSTICK = "aiohttp"
MODULES = (YARDSTICK, "mijnklantportaal_async")


@attrs.frozen(kw_only=True)
class ImportResult:
    """Seconds to import a module, and the ratio to aiohttp's in the same round."""

    module: str
    cpu: Spread
    cpu_ratio: Spread
    wall: Spread
    wall_ratio: Spread


def measure_imports(rounds: int) -> list[ImportResult]:
    """Imports each module in so many fresh processes, in turns."""
    taken: dict[str, list[tuple[float, float]]] = {module: [] for module in MODULES}
    with TemporaryDirectory() as bytecode:
        for module in MODULES:
            _import(module, bytecode)  # writes the bytecode of all of it, and warms the disk's cache
        for number in range(rounds):
            for module in MODULES if number % 2 else reversed(MODULES):
                taken[module].append(_import(module, bytecode))
    return [_summarize(module, taken) for module in MODULES]


def _import(module: str, bytecode: str) -> tuple[float, float]:
    program = _PROGRAM.format(module=module)
    # Bytecode for both, also where the environment forbids to write it: otherwise one of them is compiled every time.
    environment = os.environ | {"PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
    output = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environment
    ).stdout
    cpu, wall = output.split()
    return float(cpu), float(wall)


def _summarize(module: str, taken: dict[str, list[tuple[float, float]]]) -> ImportResult:
    own, yardstick = taken[module], taken[YARDSTICK]
    pairs = list(zip(own, yardstick, strict=True))
    return ImportResult(
        module=module,
        cpu=Spread.of(cpu for cpu, _ in own),
        cpu_ratio=Spread.of(one[0] / other[0] for one, other in pairs),
        wall=Spread.of(wall for _, wall in own),
        wall_ratio=Spread.of(one[1] / other[1] for one, other in pairs),
    )
