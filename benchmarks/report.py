"""The results as tables for a terminal, and as JSON."""

import platform
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import attrs

from benchmarks.clients import CONTENDERS, EVERYDAY, PACKAGE, PACKAGE_LONG
from benchmarks.measure_calls import ContenderResult
from benchmarks.measure_imports import YARDSTICK, ImportResult
from benchmarks.measure_memory import MemoryResult
from benchmarks.measure_portals import GOAL as PORTAL_GOAL
from benchmarks.measure_portals import PortalsResult
from benchmarks.measure_steps import StepsResult
from benchmarks.measure_transfers import TransferResult
from benchmarks.spread import Spread
from benchmarks.transfer_clients import PACKAGE as TRANSFERRING

CPU_GOALS = {1: 1.10, 32: 1.00}
"""By calls in flight."""
LONG_CPU_GOAL = 1.40
IMPORT_GOAL = 1.10
TRANSFER_GOALS = {"large_down": 1.15, "large_up": 1.15, "small_down": 1.30, "small_up": 1.30}
"""Of CPU, by what is carried."""
STALL_GOAL = 10.0
"""Milliseconds, of a large upload."""
MEMORY_GOAL = 16.0
"""MiB, of a large upload."""
MANY = 200
"""Calls in flight at which the slowest are looked at."""

_VERSIONS_OF = ("aiohttp", "attrs", "cattrs", "orjson", "tenacity")


@attrs.frozen(kw_only=True)
class Report:
    """Everything that one run measured."""

    setting: dict[str, str]
    calls: list[ContenderResult]
    steps: list[StepsResult]
    imports: list[ImportResult]
    memory: list[MemoryResult]
    portals: PortalsResult
    transfers: list[TransferResult]

    def as_json(self) -> dict[str, Any]:
        return attrs.asdict(self)

    def lines(self) -> Iterator[str]:
        """The report as text."""
        for name, value in self.setting.items():
            yield f"{name:>12}  {value}"
        yield ""
        yield "Median of all rounds (lowest-highest). Ratios are to hand-tuned aiohttp in the same round."
        yield from self._call_lines()
        yield ""
        yield from self._steps_lines()
        yield ""
        yield from self._import_lines()
        yield ""
        yield from self._memory_lines()
        yield from self._portal_lines()
        yield from self._transfer_lines()

    def _call_lines(self) -> Iterator[str]:
        header = ("CPU us/call", "CPU ratio", "calls/s", "calls/s ratio", "99 % within ms", "server busy")
        for in_flight in dict.fromkeys(result.in_flight for result in self.calls):
            results = {result.key: result for result in self.calls if result.in_flight == in_flight}
            yield ""
            yield _row(f"{in_flight} in flight", *header)
            yield _row("-" * 38, *("-" * len(name) for name in header))
            for contender in CONTENDERS:
                result = results[contender.key]
                yield _row(
                    result.title,
                    f"{result.cpu_per_call.median:.0f}",
                    str(result.cpu_ratio),
                    f"{result.calls_per_second.median:.0f}",
                    str(result.calls_ratio),
                    f"{result.slowest.median:.1f}",
                    f"{result.server_share.median:.0%}",
                )
            yield from _goals(in_flight, results)

    def _steps_lines(self) -> Iterator[str]:
        header = ("instructions", "ratio")
        yield _row("bytecode of Python for one call", *header)
        yield _row("-" * 38, *("-" * len(name) for name in header))
        for result in self.steps:
            yield _row(result.title, f"{result.instructions:.0f}", f"{result.ratio:.2f}")

    def _import_lines(self) -> Iterator[str]:
        header = ("CPU ms", "CPU ratio", "wall ms", "wall ratio")
        yield _row("import", *header)
        yield _row("-" * 38, *("-" * len(name) for name in header))
        for result in self.imports:
            yield _row(
                result.statement,
                f"{result.cpu.median * 1000:.0f}",
                str(result.cpu_ratio),
                f"{result.wall.median * 1000:.0f}",
                str(result.wall_ratio),
            )
        for result in self.imports:
            if result.statement != YARDSTICK:
                ratio = result.cpu_ratio.median
                said = f"CPU ratio of `{result.statement}` {ratio:.2f}, at most {IMPORT_GOAL:.2f}"
                yield _goal(said, ratio <= IMPORT_GOAL)

    def _portal_lines(self) -> Iterator[str]:
        each = self.portals.bytes_each
        yield ""
        yield f"portals: {self.portals.portals} open at once on one pool, each after a call"
        yield f"{each / 1000:>8.1f} kB and {self.portals.tasks_each:.2f} tasks each"
        met = "met" if each <= PORTAL_GOAL else "missed"
        yield f"  goal {met:<7} {each / 1000:.1f} kB, at most {PORTAL_GOAL / 1000:.0f} kB"

    def _memory_lines(self) -> Iterator[str]:
        yield f"memory: {self.memory[0].requests} requests of schedule_appointments, results not kept"
        for result in self.memory:
            spread = Spread.of(result.kilobytes)
            yield _row(
                result.title, f"{result.slope:+.1f} B/request", f"{spread.lowest:.0f} to {spread.highest:.0f} KiB"
            )

    def _transfer_lines(self) -> Iterator[str]:
        header = ("CPU ms", "CPU ratio", "MB/s", "loop stood ms", "memory MiB")
        for job in dict.fromkeys(result.job for result in self.transfers):
            yield ""
            yield _row(job.title, *header)
            yield _row("-" * 38, *("-" * len(name) for name in header))
            results = {result.key: result for result in self.transfers if result.job == job}
            for result in results.values():
                yield _row(
                    result.title,
                    f"{result.cpu.median:.0f}",
                    str(result.cpu_ratio),
                    f"{result.megabytes_per_second.median:.0f}",
                    f"{result.stall.median:.1f}",
                    "not told" if result.memory is None else f"{result.memory.highest:+.1f}",
                )
            yield from _transfer_goals(results[TRANSFERRING.key])


def setting(placing: str, effort: str) -> dict[str, str]:
    """What the numbers depend on."""
    return {
        "Python": f"{platform.python_implementation()} {platform.python_version()} on {platform.system()}",
        "packages": ", ".join(f"{name} {version(name)}" for name in _VERSIONS_OF),
        "processors": placing,
        "effort": effort,
    }


def _goals(in_flight: int, results: dict[str, ContenderResult]) -> Iterator[str]:
    own, long, everyday = (results[contender.key] for contender in (PACKAGE, PACKAGE_LONG, EVERYDAY))
    if in_flight in CPU_GOALS:
        ratio, goal = own.cpu_ratio.median, CPU_GOALS[in_flight]
        yield _goal(f"CPU ratio {ratio:.2f}, at most {goal:.2f}", ratio <= goal)
        ratio = long.cpu_ratio.median
        yield _goal(f"CPU ratio with http= {ratio:.2f}, at most {LONG_CPU_GOAL:.2f}", ratio <= LONG_CPU_GOAL)
    if in_flight == MANY:
        slowest, theirs = own.slowest.median, everyday.slowest.median
        text = f"99 % within {slowest:.1f} ms, below the everyday client's {theirs:.1f} ms"
        yield _goal(text, slowest < theirs)


def _transfer_goals(own: TransferResult) -> Iterator[str]:
    ratio, goal = own.cpu_ratio.median, TRANSFER_GOALS[own.job.key]
    yield _goal(f"CPU ratio {ratio:.2f}, at most {goal:.2f}", ratio <= goal)
    if own.job.is_upload and own.job.count == 1:
        stall = own.stall.median
        yield _goal(f"the loop stood still for {stall:.1f} ms, at most {STALL_GOAL:.0f}", stall <= STALL_GOAL)
        if own.memory is not None:
            grown = own.memory.highest
            yield _goal(f"memory {grown:+.1f} MiB, at most {MEMORY_GOAL:.0f}", grown <= MEMORY_GOAL)


def _row(first: str, *others: str) -> str:
    return f"{first:<38}" + "".join(f"{cell:>19}" for cell in others)


def _goal(text: str, is_met: bool) -> str:
    return f"  goal {'met   ' if is_met else 'missed'}  {text}"
