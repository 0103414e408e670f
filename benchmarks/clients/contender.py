"""What a contender is: a name, and a way to open something that schedules one appointment ."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

import attrs

from benchmarks.appointment import Wanted

Schedule: TypeAlias = Callable[[Wanted], Awaitable[str]]
"""Schedules an appointment, and returns its id."""


@attrs.frozen
class Contender:
    """A client under measurement."""

    key: str
    """Its name in the JSON report."""
    title: str
    """Its name in the table."""
    open: Callable[[str], AbstractAsyncContextManager[Schedule]]
    """Opens it for a base URL."""
