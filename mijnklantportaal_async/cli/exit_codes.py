"""How the command ends. These numbers do not change: scripts rely on them."""

import enum


class ExitCode(enum.IntEnum):
    """What the exit code of the process says."""

    DONE = 0
    SOME_FAILED = 1
    WRONG_INPUT = 2
    UNKNOWN = 3
    NO_PORTAL = 4
    CUT_SHORT = 5
    INTERRUPTED = 130
    TERMINATED = 143


EXIT_CODES_HELP = """\
Exit codes: 0 all done · 1 something was refused, failed or skipped · 2 wrong usage or input, nothing was sent · \
3 of something nobody knows whether it happened · 4 the portal could not be reached or refused the key · \
5 a list was cut short · 130 stopped by Ctrl-C · 143 stopped by SIGTERM."""
