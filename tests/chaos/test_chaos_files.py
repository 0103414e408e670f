"""200 files up and down, through a portal and a host of files that fail every fifth request in every way they can."""

import asyncio
import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from moved_time import LoopClock
from test_chaos import DELAY, SHARE, TIMEOUTS, faults_met

from mijnklantportaal_async import (
    DecodeError,
    DownloadError,
    MijnKlantportaalError,
    Outcome,
    PortalSession,
    RateLimit,
    ReconcilePolicy,
    RetryPolicy,
    SavedFile,
)
from mijnklantportaal_async.sandbox import Faults, FileFault, FileFaults, Sandbox

COUNT = 200
CONCURRENCY = 16


def content(number: int) -> bytes:
    """Some are empty, most are small, a few take many pieces."""
    size = (number * 7919) % (600_000 if number % 10 == 0 else 40_000) if number % 25 else 0
    return hashlib.sha256(str(number).encode()).digest() * (size // 32 + 1) if size else b""


def source(number: int, folder: Path) -> Any:
    """In every way in which a file can be given."""
    whole = content(number)
    path = folder / f"up-{number}.bin"
    path.write_bytes(whole)

    async def pieces() -> Any:
        for start in range(0, len(whole), 10_000):
            yield whole[start : start + 10_000]

    return [lambda: path, lambda: whole, lambda: path.open("rb"), pieces][number % 4]()


async def up_and_down(seed: int, folder: Path) -> None:
    places = asyncio.Semaphore(CONCURRENCY)
    async with (
        Sandbox(
            clock=LoopClock(),
            rate_limit=None,
            faults=Faults(seed=seed, share=SHARE, delay=DELAY),
            file_faults=FileFaults(seed=seed, share=SHARE),
        ) as sandbox,
        PortalSession(
            api_key=sandbox.api_key,
            base_url=sandbox.url,
            rate_limit=RateLimit(requests=None),
            timeouts=TIMEOUTS,
            retry=RetryPolicy(attempts=6, quota=None),
            reconcile=ReconcilePolicy(),
            clock=LoopClock(),
        ) as portal,
    ):

        async def send(number: int) -> Any:
            given = source(number, folder)
            async with places:
                try:
                    return await portal.upload_file(given, filename=f"{number}.bin")
                except MijnKlantportaalError as error:
                    return error
                finally:
                    if hasattr(given, "close"):
                        assert not given.closed
                        given.close()

        async def fetch(record: Any) -> Any:
            async with places:
                try:
                    return await portal.save_file(record, folder / "down" / record.name)
                except MijnKlantportaalError as error:
                    return error

        sent = await asyncio.gather(*(send(number) for number in range(COUNT)))
        await asyncio.sleep(60)  # what commits late has done so by now
        kept = Counter(record["name"] for record in sandbox.records("/files"))
        stored = {record["id"]: record["name"] for record in sandbox.records("/files")}
        unknown = 0
        for number, result in enumerate(sent):
            name = f"{number}.bin"
            if isinstance(result, MijnKlantportaalError):
                is_told = result.outcome is Outcome.UNKNOWN or isinstance(result, DecodeError)
                assert is_told, result
                assert kept[name] <= 1, "nothing twice"
                unknown += 1
            else:
                assert (stored[result.id], kept[name]) == (name, 1)
                assert sandbox.file(result.id) == content(number)
        # Whole, also where nobody was told of it.
        for identifier, name in stored.items():
            assert sandbox.file(identifier) == content(int(name.partition(".")[0]))
        assert 0 < unknown < COUNT // 3

        (folder / "down").mkdir()
        records = [record for record in sent if hasattr(record, "id")]
        fetched = await asyncio.gather(*(fetch(record) for record in records))
        there = {entry.name: entry.read_bytes() for entry in (folder / "down").iterdir()}
        for record, result in zip(records, fetched, strict=True):
            if isinstance(result, SavedFile):
                assert there.pop(record.name) == content(int(record.name.partition(".")[0]))
            else:
                assert isinstance(result, DownloadError) or result.operation == "download_file", result
        assert there == {}, "whole, or absent"
        assert sum(isinstance(result, SavedFile) for result in fetched) > len(records) * 0.8
        met = Counter(download.fault for download in sandbox.downloads if download.fault is not None)
        assert len(met) > 6
        # Nobody meets it who leaves links as they are.
        assert FileFault.PARTICULAR not in met
        assert len(faults_met(sandbox)) > 5
        assert not any(download.had_key for download in sandbox.downloads)
        assert portal.rate_limit.in_flight == 0


@pytest.mark.timeout(120)
async def test_every_file_is_there_once_and_whole_or_said_to_be_unknown(tmp_path: Path) -> None:
    await up_and_down(3, tmp_path)


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(100, 120))
async def test_every_file_whatever_the_seed(seed: int, tmp_path: Path) -> None:
    await up_and_down(seed, tmp_path)
