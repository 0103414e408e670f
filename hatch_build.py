"""Refuses an older Python at pip's first question about the build; the pip of 3.10 would search for many minutes."""

import sys

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

if sys.version_info < (3, 11):  # noqa: UP036 - all else here is for newer ones; this line is for the others
    sys.exit(
        "mijnklantportaal-async needs Python 3.11 or newer, and this is Python {}.{}. Make the environment with a "
        "newer one, as in: python3.11 -m venv --clear .venv".format(*sys.version_info[:2])
    )


class NothingToBuild(BuildHookInterface):
    """hatchling wants a hook in this file."""
