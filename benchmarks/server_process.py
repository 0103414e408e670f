"""A server as a child process, and what it has to say about itself."""

import subprocess
import sys
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager

import attrs
import orjson

from benchmarks.server import METER_PATH


@attrs.frozen
class MeterReading:
    """What the server has done since it started."""

    requests: int
    bytes: int
    """Of files, both ways."""
    cpu_seconds: float


@attrs.frozen
class ServerProcess:
    """A running server."""

    origin: str

    @property
    def base_url(self) -> str:
        return f"{self.origin}/v1"

    def meter(self) -> MeterReading:
        """Asks over HTTP, so that it works on every system."""
        with urllib.request.urlopen(self.origin + METER_PATH, timeout=10) as response:
            return MeterReading(**orjson.loads(response.read()))


@contextmanager
def server_process(module: str = "benchmarks.server") -> Generator[ServerProcess]:
    """Runs a module that prints its port, until the end of the block."""
    process = subprocess.Popen([sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        try:
            yield ServerProcess(origin=f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.stdin.close()
            process.wait(timeout=10)
