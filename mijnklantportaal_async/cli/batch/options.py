"""Options that several commands about durable batches have."""

import functools
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mijnklantportaal_async.cli.exit_codes import ExitCode
from mijnklantportaal_async.cli.options import Command, finished

_OF_EXTRA = {"dbos", "sqlalchemy", "psycopg", "filelock", "jinja2", "icalendar"}


class Operation(StrEnum):
    """What the rows of a file are."""

    SCHEDULE_APPOINTMENT = "schedule_appointment"
    CREATE_CUSTOMER = "create_customer"


DatabaseOption = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Where the jobs are: sqlite:///FILE or postgresql://USER@HOST/NAME; otherwise "
        "MIJNKLANTPORTAAL_BATCH_DATABASE, or a file in your data folder.",
    ),
]
FileArgument = Annotated[
    Path, typer.Argument(help="CSV, a workbook (.xlsx, .ods), JSON or a calendar (.ics).", dir_okay=False)
]
JobArgument = Annotated[str, typer.Argument(help="Name of the job.", metavar="JOB")]
OperationOption = Annotated[
    Operation, typer.Option(metavar="schedule_appointment|create_customer", help="What to do with each row.")
]
ConcurrencyOption = Annotated[
    int, typer.Option(metavar="NUMBER", min=1, max=100, help="Rows of one portal under way at once, at the most.")
]
GraceOption = Annotated[
    float,
    typer.Option(
        metavar="SECONDS", min=0, max=600, help="How long rows under way may learn their outcome after Ctrl-C."
    ),
]
RestoredOption = Annotated[
    bool,
    typer.Option(
        "--restored",
        help="The database was put back from a backup, or a failover may have lost something: rows that are not done "
        "are looked for before they are sent. Start no other worker before this one.",
    ),
]
AgainOption = Annotated[
    bool, typer.Option("--again", help="Rows that another job of the portal has already are to be made once more.")
]


def about_batches(command: Command) -> Callable[..., ExitCode]:
    """Says what to do where the extra is missing, the database is away, or there is no such job."""

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> ExitCode:
        from mijnklantportaal_async.cli.failures import CommandError, in_words

        try:
            return finished(command(*arguments, **options))
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            if missing not in _OF_EXTRA:
                raise
            raise CommandError(
                f"Batches need the package {missing}, which is not installed. Install the extra: "
                'pip install "mijnklantportaal-async[batch]"'
            ) from error
        except CommandError:
            raise
        except Exception as error:
            from mijnklantportaal_async.cli.batch.failures import translated

            if (translation := translated(error)) is None:
                raise
            raise CommandError(in_words(translation), translation.exit_code) from error

    return run
