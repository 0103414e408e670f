"""The option `--language`, which every command has."""

import functools
import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from mijnklantportaal_async.texts.language import CODES, VARIABLE
from mijnklantportaal_async.texts.words import words

_NAME = "--language"


@functools.cache
def language_option() -> Any:
    """The option, for help, completion and a check of its value: who starts the command has read it before."""
    maker = typer.Typer(add_completion=False)
    maker.command()(_nothing)
    return typer.main.get_command(maker).params[0]


@contextmanager
def spoken_in(arguments: Sequence[str]) -> Generator[None, None, None]:
    """Makes this process, and what it starts, speak the language that stands on the command line.

    Args:
        arguments: The command line.
    """
    said = _said_in(arguments)
    if said is None:
        yield
        return
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = said
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


def _said_in(arguments: Sequence[str]) -> str | None:
    found = None
    for word, following in zip(arguments, (*arguments[1:], ""), strict=False):
        if word == "--":
            break
        value = following if word == _NAME else word.removeprefix(f"{_NAME}=") if word.startswith(f"{_NAME}=") else ""
        found = value if value in CODES else found
    return found


def _checked(value: Any) -> Any:
    if value is not None and value not in CODES:
        raise typer.BadParameter(words("it is none of {codes}", codes=", ".join(CODES)))
    return value


def _nothing(
    language: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(CODES),
            help="The language of what is said; otherwise MIJNKLANTPORTAAL_LANGUAGE, or that of the terminal (LANG).",
            callback=_checked,
            expose_value=False,
        ),
    ] = None,
) -> None:
    """Has the option, for which the parser's own class differs from release to release."""
