"""Bytecode instructions of Python per call: a figure that the noise of the machine hardly touches.

It leaves out what C code and the operating system do, so it says less than the CPU time, but says it again within some
3 %: the one to compare two versions by on a busy machine.
"""

import asyncio
import sys
from types import FrameType
from typing import Any

import attrs

from benchmarks.appointment import customer
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
    """A trace function that counts instead of looking."""

    def __init__(self) -> None:
        self.count = 0

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
                    await schedule(customer(index))

            await run(0)
            counter = InstructionCounter()
            # A task of its own: a frame is traced from the moment it is entered.
            task = asyncio.ensure_future(run(calls))
            sys.settrace(counter.trace)
            try:
                await task
            finally:
                sys.settrace(None)
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
