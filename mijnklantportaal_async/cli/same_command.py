"""The command that somebody gave, to be given once more."""

import shlex
import sys
from collections.abc import Collection, Sequence


def same_command(*, without: Collection[str] = (), words: Sequence[str] = sys.argv) -> str:
    """The command as it can be copied.

    Args:
        without: Options that must not be given a second time.
        words: What the process was started with.
    """
    return shlex.join(["mijnklantportaal", *(word for word in words[1:] if word not in without)])
