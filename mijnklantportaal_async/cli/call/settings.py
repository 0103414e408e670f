"""How a call is made: the options of the program, which stand before the operation."""

import attrs

from mijnklantportaal_async.cli.options import Connection


@attrs.frozen(kw_only=True)
class CallSettings:
    """What was said before the operation."""

    connection: Connection
    as_json: bool | None
    """None for a table on a terminal and JSON elsewhere."""
    all_pages: bool
    dry_run: bool
    yes: bool
    options: frozenset[str]
    """Every option that can stand there."""
