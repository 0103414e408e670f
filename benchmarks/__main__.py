"""`python -m benchmarks`: measures, prints tables, and writes JSON where wanted."""

import argparse
import asyncio
import sys
from pathlib import Path

import attrs
import orjson

from benchmarks.measure_calls import measure_calls
from benchmarks.measure_imports import measure_imports
from benchmarks.measure_memory import measure_memory
from benchmarks.measure_portals import measure_portals
from benchmarks.measure_steps import measure_steps
from benchmarks.measure_transfers import jobs_of, measure_transfers
from benchmarks.processors import describe, pin
from benchmarks.report import Report, setting
from benchmarks.server_process import server_process


@attrs.frozen(kw_only=True)
class Effort:
    """How much is measured."""

    levels: tuple[int, ...]
    rounds: int
    calls: int
    steps_calls: int
    import_rounds: int
    memory_requests: int
    memory_every: int
    transfer_rounds: int
    transfer_looks: int
    large_file: int
    """Bytes."""
    small_files: int
    portals: int

    def __str__(self) -> str:
        return (
            f"{self.rounds} rounds of {self.calls} calls, {self.import_rounds} rounds of imports, "
            f"{self.transfer_rounds} of files"
        )


FULL = Effort(
    levels=(1, 32, 200),
    rounds=11,
    calls=2000,
    steps_calls=500,
    import_rounds=21,
    memory_requests=10_000,
    memory_every=1000,
    transfer_rounds=11,
    transfer_looks=3,
    large_file=200_000_000,
    small_files=1000,
    portals=1000,
)
QUICK = Effort(
    levels=(1, 32, 200),
    rounds=1,
    calls=20,
    steps_calls=20,
    import_rounds=1,
    memory_requests=60,
    memory_every=20,
    transfer_rounds=1,
    transfer_looks=1,
    large_file=2_000_000,
    small_files=20,
    portals=10,
)


def main() -> int:
    options = _parser().parse_args()
    effort = QUICK if options.quick else FULL
    changes = {"rounds": options.rounds, "calls": options.calls, "levels": tuple(options.in_flight or ()) or None}
    effort = attrs.evolve(effort, **{name: value for name, value in changes.items() if value is not None})
    placing = describe()
    with server_process() as server:
        pin("client")
        calls = asyncio.run(measure_calls(server, levels=effort.levels, rounds=effort.rounds, calls=effort.calls))
        steps = asyncio.run(measure_steps(server, calls=effort.steps_calls))
        memory = asyncio.run(measure_memory(server, requests=effort.memory_requests, every=effort.memory_every))
        portals = asyncio.run(measure_portals(server, portals=effort.portals))
    jobs = jobs_of(effort.large_file, effort.small_files)
    with server_process("benchmarks.file_server") as server:
        transfers = asyncio.run(
            measure_transfers(server, jobs=jobs, rounds=effort.transfer_rounds, looks=effort.transfer_looks)
        )
    imports = measure_imports(effort.import_rounds)
    report = Report(
        setting=setting(placing, str(effort)),
        calls=calls,
        steps=steps,
        imports=imports,
        memory=memory,
        portals=portals,
        transfers=transfers,
    )
    print("\n".join(report.lines()))
    if options.json is not None:
        options.json.write_bytes(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few seconds, to see that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured to a file")
    parser.add_argument("--rounds", type=_positive, help=f"rounds of calls ({FULL.rounds})")
    parser.add_argument("--calls", type=_positive, help=f"calls of a contender in a round ({FULL.calls})")
    parser.add_argument(
        "--in-flight", type=_positive, nargs="+", metavar="N", help=f"callers at once {FULL.levels}, several runs"
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("give 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
