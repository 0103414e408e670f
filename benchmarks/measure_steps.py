"""Bytecode instructions of Python per call: a figure that the noise of the machine hardly touches.

It leaves out what C code and the operating system do, so it says less than the CPU time, but says it again within some
3 %: the one to compare two versions by on a busy machine.
"""

import asyncio
import sys
from types import FrameType
from typing import Any

import attrs

from benchmarks.appointment import wanted
from benchmarks.clients import CONTENDERS, HAND_TUNED
from benchmarks.server_process import ServerProcess


@attrs.frozen(kw_only=True)
class StepsResult:
    """What one contender executes for one call, with one caller."""

    key: str
    title: str
    instructions: float
    ratio: float
    """To hand-tuned aiohttp."""


class InstructionCounter:
    """Counts what is executed inside of the block.

    Until Python 3.11 by a trace function that counts instead of looking; later ones leave instructions out of that, and
    have another way.
    """

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> "InstructionCounter":
        if sys.version_info >= (3, 12):
            sys.monitoring.use_tool_id(sys.monitoring.PROFILER_ID, "steps")
            sys.monitoring.register_callback(sys.monitoring.PROFILER_ID, sys.monitoring.events.INSTRUCTION, self._one)
            sys.monitoring.set_events(sys.monitoring.PROFILER_ID, sys.monitoring.events.INSTRUCTION)
        else:
            sys.settrace(self.trace)
        return self

    def __exit__(self, *_: object) -> None:
        if sys.version_info >= (3, 12):
            sys.monitoring.set_events(sys.monitoring.PROFILER_ID, 0)
            sys.monitoring.free_tool_id(sys.monitoring.PROFILER_ID)
        else:
            sys.settrace(None)

    def _one(self, code: object, offset: int) -> None:
        self.count += 1

    def trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        frame.f_trace_lines = False
        frame.f_trace_opcodes = True
        if event == "opcode":
            self.count += 1
        return self.trace


async def measure_steps(server: ServerProcess, *, calls: int) -> list[StepsResult]:
    """Counts over so many calls of each contender."""
    counted: dict[str, float] = {}
    for contender in CONTENDERS:
        async with contender.open(server.base_url) as schedule:

            async def run(first: int, schedule: Any = schedule) -> None:
                for index in range(first, first + calls):
                    await schedule(wanted(index))

            await run(0)
            # A task of its own: a frame is traced from the moment it is entered.
            task = asyncio.ensure_future(run(calls))
            with InstructionCounter() as counter:
                await task
            counted[contender.key] = counter.count / calls
    return [
        StepsResult(
            key=contender.key,
            title=contender.title,
            instructions=counted[contender.key],
            ratio=counted[contender.key] / counted[HAND_TUNED.key],
        )
        for contender in CONTENDERS
    ]
