"""Brings forth workers and submitters, which have everything imported when they are born.

Importing takes a process more than a second of one core; where one dies every two seconds, a run would do little else.
Takes orders as lines of JSON on stdin. Says on stdout, in lines of JSON, who was born, what they say, and who died.
"""

import asyncio
import json
import logging
import os
import select
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import batch_submitter
import batch_worker

from mijnklantportaal_async.batch import engine, engine_worker  # noqa: F401 - so that nobody has to import them later

LISTEN = 0.02
"""Seconds between two looks for those that died."""

Main = Callable[[dict[str, Any], Callable[[dict[str, Any]], None]], Coroutine[Any, Any, int]]

ROLES: dict[str, Main] = {"worker": batch_worker.main, "submitter": batch_submitter.main}


def say(message: dict[str, Any]) -> None:
    """One write: the lines of many processes do not mix."""
    os.write(1, json.dumps(message).encode() + b"\n")


def live(order: dict[str, Any]) -> int:
    """The whole life of a child; its exit code."""
    number = order["number"]
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    return asyncio.run(ROLES[order["role"]](order, lambda words: say({"number": number, **words})))


def main() -> None:
    children: dict[int, int] = {}
    while True:
        while children and (ended := os.waitpid(-1, os.WNOHANG))[0]:
            number = children.pop(ended[0])
            say({"number": number, "exit": os.waitstatus_to_exitcode(ended[1])})
        if not select.select([sys.stdin], [], [], LISTEN)[0]:
            continue
        # Unbuffered: select knows nothing of lines that were read already.
        line = sys.stdin.buffer.raw.readline()  # type: ignore[attr-defined]
        if not line:
            # Whoever started this is gone: nobody would end them.
            for child in children:
                os.kill(child, signal.SIGKILL)
            return
        order = json.loads(line)
        child = os.fork()
        if not child:
            code = 1
            try:
                code = live(order)
            finally:
                # Not the way out of the parent, which has its own things to end.
                sys.stderr.flush()
                os._exit(code)
        children[child] = order["number"]
        say({"number": order["number"], "pid": child})


if __name__ == "__main__":
    main()
