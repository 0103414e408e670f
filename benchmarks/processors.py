"""Keeps the client and the server out of each other's way, on machines that allow it."""

import os
import sys
from typing import Literal


def pin(role: Literal["client", "server"]) -> None:
    """Moves this process to a processor of its own: the client to the first, the server to the last."""
    if sys.platform == "linux":
        processors = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {processors[0 if role == "client" else -1]})


def describe() -> str:
    """How the two are placed, for the report."""
    if sys.platform != "linux":
        return "not pinned (this system has no sched_setaffinity)"
    processors = sorted(os.sched_getaffinity(0))
    if len(processors) == 1:
        return f"client and server share processor {processors[0]}: calls/s mean little"
    return f"client on processor {processors[0]}, server on processor {processors[-1]}"
