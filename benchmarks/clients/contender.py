"""What a contender is: a name, and a way to open something that schedules one appointment for a customer."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

import attrs

Schedule: TypeAlias = Callable[[str], Awaitable[str]]
"""Schedules an appointment with the customer of that id, and returns the appointment's id."""


@attrs.frozen
class Contender:
    """A client under measurement."""

    key: str
    """Its name in the JSON report."""
    title: str
    """Its name in the table."""
    open: Callable[[str], AbstractAsyncContextManager[Schedule]]
    """Opens it for a base URL."""
