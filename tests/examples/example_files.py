"""The examples as modules, and as the commands that their README names."""

import asyncio
import importlib.util
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType

PROJECT = Path(__file__).parents[2]
EXAMPLES = PROJECT / "examples"
SETTINGS = ("MIJNKLANTPORTAAL_", "TELEGRAM_")


def load_example(name: str) -> ModuleType:
    """An example, with its folder on the path as when it runs as a script.

    It is run at the first look into it: some bring libraries that take seconds to import, which not every process of
    the tests has a use for. (pytest looks into whatever a test module has by name.)
    """
    if str(EXAMPLES) not in sys.path:
        sys.path.insert(0, str(EXAMPLES))
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        spec.loader = importlib.util.LazyLoader(spec.loader)
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


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
