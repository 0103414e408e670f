"""A worker as a process of its own, for programs that use DBOS themselves or want their event loop for themselves."""

import asyncio
import os
import sys
from collections.abc import Mapping

from mijnklantportaal_async.batch.database import Database

DATABASE_VARIABLE = "MIJNKLANTPORTAAL_BATCH_DATABASE"
"""Carries the URL to the process: it may hold a password, and everybody on a machine can read command lines."""


async def start_worker_process(
    database: str, *, environment: Mapping[str, str] | None = None
) -> asyncio.subprocess.Process:
    """Starts `mijnklantportaal batch work` as a child process.

    It works until you end it: `process.terminate()` lets it finish what it has under way. Its keys it takes from the
    environment, as every worker of the command does.

    Args:
        database: Where the jobs are, as a URL.
        environment: The child's environment variables; your own when left out.

    Returns:
        The process. Await `process.wait()` after ending it.

    Raises:
        ValueError: The URL cannot be right.
        OSError: The process could not be started.
    """
    Database(database)
    variables = {**(os.environ if environment is None else environment), DATABASE_VARIABLE: database}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mijnklantportaal_async.cli", "batch", "work", env=variables
    )
