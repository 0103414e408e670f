"""Brings forth processes of the command, which have everything imported when they are born.

Importing takes half a second to more than one of a core, and many tests look at what such a process does after that.
Takes orders from the socket whose number is its argument, one at a time, and answers each with a line of JSON.
"""

import fcntl
import gc
import json
import os
import pkgutil
import socket
import sys
import termios
import time
from importlib import import_module
from typing import Any

from mijnklantportaal_async import cli
from mijnklantportaal_async.batch import engine_worker  # noqa: F401 - so that nobody has to import it later

STREAMS = 3
"""Input, output and messages of a process."""


def be_born(order: dict[str, Any], streams: list[int]) -> None:
    """Makes this process what it would be if it had been started with these words."""
    if order["at_terminal"]:
        os.setsid()
        fcntl.ioctl(streams[0], termios.TIOCSCTTY, 0)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    # They know of what they were opened on whether it can be sought in.
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as it lives
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    # Others hold on to the environment and the words by what they were.
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    sys.argv[1:] = order["words"]


def main() -> None:
    for module in pkgutil.walk_packages(cli.__path__, f"{cli.__name__}."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    # Memory that nobody goes through is not copied.
    gc.freeze()
    connection = socket.socket(fileno=int(sys.argv[1]))
    lines = connection.makefile("rwb")
    while True:
        # The streams come with the first byte of an order.
        _, streams, *_ = socket.recv_fds(connection, 1, STREAMS)
        if not (line := lines.readline()):
            # Whoever started this is gone.
            return
        order = json.loads(line)
        if "ended" in order:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["ended"], 0)[1])
        elif not (answer := os.fork()):
            break
        for stream in streams:
            os.close(stream)
        lines.write(json.dumps(answer).encode() + b"\n")
        lines.flush()
    lines.close()
    connection.close()
    be_born(order, streams)
    # From here on all is as in any process of the command, to its end.
    cli.main()


if __name__ == "__main__":
    main()
