"""The options of every command that reads a file of rows, written down once."""

import functools
import inspect
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import attrs
import typer

from mijnklantportaal_async.cli.column_mapping import column_mapping
from mijnklantportaal_async.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from mijnklantportaal_async.files.choices import Choices

_FILE = "Reading the file"
_DAYS = ["%Y-%m-%d", "%d-%m-%Y"]


class DateOrder(StrEnum):
    """How dates such as 03/04/2027 begin."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


class Group(StrEnum):
    """What an event with several people becomes."""

    FIRST = "first"
    EACH = "each"
    LEAVE_OUT = "leave-out"


@attrs.frozen(kw_only=True)
class FileReading:
    """What a person says about a file. Each field is an option of every command that reads one."""

    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=HEADER",
            help="Which column is which, as in name=Omschrijving. Repeatable.",
            rich_help_panel=_FILE,
        ),
    ] = None
    ignore_column: Annotated[
        list[str] | None,
        typer.Option(metavar="HEADER", help="A column to leave alone. Repeatable.", rich_help_panel=_FILE),
    ] = None
    encoding: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Of the file, such as cp1252; UTF-8 when left out.", rich_help_panel=_FILE),
    ] = None
    sheet: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which sheet of a workbook.", rich_help_panel=_FILE)
    ] = None
    dates: Annotated[
        DateOrder | None,
        typer.Option(
            metavar="day-first|month-first",
            help="How dates such as 03/04/2027 are meant, where the file leaves it open.",
            rich_help_panel=_FILE,
        ),
    ] = None
    me: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ADDRESS",
            help="E-mail address of the calendar's owner: appointments are with the others. Repeatable.",
            rich_help_panel=_FILE,
        ),
    ] = None
    group: Annotated[
        Group | None,
        typer.Option(
            metavar="first|each|leave-out",
            help="An event with several people: with the first, with each, or none.",
            rich_help_panel=_FILE,
        ),
    ] = None
    since: Annotated[
        datetime | None,
        typer.Option(
            metavar="DAY",
            formats=_DAYS,
            show_default=False,
            help="First day of events that repeat; today when left out.",
            rich_help_panel=_FILE,
        ),
    ] = None
    until: Annotated[
        datetime | None,
        typer.Option(
            metavar="DAY", formats=_DAYS, help="Last day of events that repeat without an end.", rich_help_panel=_FILE
        ),
    ] = None
    skip_bad_rows: Annotated[
        bool,
        typer.Option("--skip-bad-rows", help="Take the good rows although there are bad ones.", rich_help_panel=_FILE),
    ] = False

    def choices(self, today: date) -> "Choices":
        """What was said, as the reader takes it.

        Args:
            today: The day from which events that repeat are taken.
        """
        return {
            "columns": column_mapping(self.column or []),
            "ignored": tuple(self.ignore_column or ()),
            "encoding": self.encoding,
            "sheet": self.sheet,
            "dates": None if self.dates is None else self.dates.value,
            "me": tuple(self.me or ()),
            "group": None if self.group is None else self.group.value,
            "since": self.since.date() if self.since is not None else today,
            "until": None if self.until is None else self.until.date(),
        }


def reads_file(command: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
    """Gives a command the options of `FileReading`; it takes them as `reading`."""
    own = [one for one in inspect.signature(command).parameters.values() if one.name != "reading"]
    hints = get_type_hints(FileReading, include_extras=True)
    shared = [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name]
        )
        for field in attrs.fields(FileReading)
    ]

    @functools.wraps(command)
    def take_in(*arguments: Any, **options: Any) -> ExitCode:
        reading = FileReading(**{parameter.name: options.pop(parameter.name) for parameter in shared})
        return command(*arguments, reading=reading, **options)

    parameters = [*(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own[2:]), *shared]
    take_in.__signature__ = inspect.Signature([*own[:2], *parameters])  # type: ignore[attr-defined]
    return take_in
