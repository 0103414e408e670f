"""The commands about durable batches, as one."""

import typer

from mijnklantportaal_async.cli.batch.commands import submitting
from mijnklantportaal_async.cli.batch.job_commands import managing
from mijnklantportaal_async.cli.exit_codes import EXIT_CODES_HELP
from mijnklantportaal_async.cli.help_page import HelpfulGroup

_HELP = """\
Durable batches: thousands of rows, each exactly once, whatever happens to this machine.

The rows of a file are kept in a database until they are in the portal. Killed half way, the same command goes on \
where it stopped. `run` does everything in one; `submit` and `work` do it on as many machines as reach the database."""

batch = typer.Typer(
    cls=HelpfulGroup,
    help=_HELP,
    epilog=EXIT_CODES_HELP,
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"]},
)
batch.add_typer(submitting)
batch.add_typer(managing)
