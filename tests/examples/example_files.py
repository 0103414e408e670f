"""The examples as modules, and as the commands that their README names."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
EXAMPLES = PROJECT / "examples"
SETTINGS = ("MIJNKLANTPORTAAL_", "TELEGRAM_")


class Example:
    """An example, with its folder on the path as when it runs as a script; imported at the first look into it.

    Some bring libraries that take seconds to import, which most processes of the tests have no use for. (pytest looks
    into whatever a test module has by name, and hypothesis into all that is in `sys.modules`.)
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name
        if str(EXAMPLES) not in sys.path:
            sys.path.insert(0, str(EXAMPLES))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(import_module(self._name), name)


@asynccontextmanager
async def started(script: str, *arguments: str, **environment: str) -> AsyncGenerator[Process]:
    """An example as its own process, without the settings of whoever runs the tests; it never outlives the test."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        f"examples/{script}",
        *arguments,
        cwd=PROJECT,
        env=clean | environment,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def ended(script: str, *arguments: str, **environment: str) -> tuple[int | None, str, str]:
    """The exit code, output and errors of an example that ends by itself."""
    async with started(script, *arguments, **environment) as process, asyncio.timeout(90):
        output, errors = await process.communicate()
        return process.returncode, output.decode(), errors.decode()
