import subprocess
import sys
from pathlib import Path

import orjson

ROOT = Path(__file__).parents[2]


def test_a_quick_run_prints_every_contender_and_writes_its_numbers(tmp_path: Path) -> None:
    file = tmp_path / "numbers.json"
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--json", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=250,
    )

    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    titles = (
        "raw aiohttp, hand-tuned",
        "mijnklantportaal_async",
        "mijnklantportaal_async, http=",
        "mijnklantportaal_async, rate_limit=None",
        "raw aiohttp, as everybody writes it",
        "aiohttp + cattrs + tenacity, naively",
        "raw aiohttp, hand-tuned (again)",
        "raw asyncio protocol (the floor)",
    )
    for part in ("1 in flight", "32 in flight", "200 in flight"):
        table = run.stdout.partition(f"\n{part}")[2].partition("\n\n")[0]
        for title in titles:
            assert f"\n{title}  " in table, f"{title} is not in the table of {part}:\n{run.stdout}"
    assert "memory: " in run.stdout
    numbers = orjson.loads(file.read_bytes())
    assert {result["key"] for result in numbers["calls"]} == {
        "hand_tuned",
        "package",
        "package_long",
        "package_without_limit",
        "everyday",
        "naive_stack",
        "hand_tuned_again",
        "floor",
    }
    assert len(numbers["steps"]) == len(titles)
    assert all(result["instructions"] > 100 for result in numbers["steps"])
    assert [result["statement"] for result in numbers["imports"]] == [
        "import aiohttp",
        "import mijnklantportaal_async",
        "import mijnklantportaal_async.session",
    ]
    assert [len(result["kilobytes"]) for result in numbers["memory"]] == [4, 4]
    for part in ("2 MB down", "2 MB up", "20 files of 10 kB down", "20 files of 10 kB up"):
        table = run.stdout.partition(f"\n{part}")[2].partition("\n\n")[0]
        assert "\nmijnklantportaal_async  " in table, run.stdout
        assert "CPU ratio" in table.partition("goal ")[2]
    assert len(numbers["transfers"]) == 4 * 4
    assert all(result["cpu"]["median"] > 0 for result in numbers["transfers"])
