"""What is wrong with a command line, in words."""

import re
from typing import Any

from mijnklantportaal_async.texts.words import Sentences, Text, sentence, sentences, told_by, words

_NO_COMMAND = re.compile(r"No such command '(?P<name>.*?)'\.?\s*(?:Did you mean (?P<near>.*)\?)?", re.DOTALL)
_SURPLUS = re.compile(r"Got unexpected extra arguments? ?(?:\(s\) )?\((?P<rest>.*)\)", re.DOTALL)
_NUMBERS = {"NUMBER", "SECONDS", "TIMES", "SHARE"}
"""What stands for numbers in the help."""


def usage_in_words(error: Any) -> str:
    """Says it, and where to read more.

    Args:
        error: What the parser of command lines has raised.
    """
    context = getattr(error, "ctx", None)
    more = None if context is None else words("`{command} --help` tells more.", command=context.command_path)
    return sentences(sentence(_reason(error)), words("Nothing was sent."), more)


def _reason(error: Any) -> str:
    match type(error).__name__:
        case "NoSuchOption":
            hint = None
            if near := sorted(error.possibilities or ()):
                hint = words("Did you mean {near}?", near=Sentences(near, words(" or ")))
            return sentences(words("There is no option {option}.", option=error.option_name), hint)
        case "MissingParameter":
            return words("{option} is missing.", option=_name_of(error))
        case "BadOptionUsage":
            return words("{option} needs a value.", option=error.option_name)
        case "BadParameter":
            return words("{option}: {reason}.", option=_name_of(error), reason=_expected(error))
        case _:
            return _of_command(told_by(error))


def _of_command(text: str) -> str:
    if (found := _NO_COMMAND.fullmatch(text)) is not None:
        hint = words("Did you mean {near}?", near=found["near"].replace("'", "")) if found["near"] else None
        return sentences(words("There is no command {name}.", name=repr(found["name"])), hint)
    if (found := _SURPLUS.fullmatch(text)) is not None:
        return words("Nobody knows what {rest} is meant to be here.", rest=repr(found["rest"]))
    return text


def _name_of(error: Any) -> str:
    """As it is written on the command line."""
    if error.param_hint is not None:
        return str(error.param_hint if isinstance(error.param_hint, str) else " / ".join(error.param_hint))
    if error.param is None:
        return ""
    if error.param.param_type_name == "argument":
        return str(error.param.metavar or error.param.name.upper())
    return str(max(error.param.opts, key=len))


def _expected(error: Any) -> str:
    """Why a value cannot be right: by our own words, or by what the option takes."""
    said = told_by(error)
    if isinstance(said, Text) or error.param is None:
        return said
    metavar = error.param.metavar or ""
    if "|" in metavar:
        return words("it is none of {choices}", choices=metavar.replace("|", ", "))
    if metavar not in _NUMBERS:
        return said
    least, most = (_bound(error.param, name) for name in ("min", "max"))
    if least is not None and most is not None:
        return words("it must be a number from {least:g} to {most:g}", least=least, most=most)
    if least is not None:
        return words("it must be a number of at least {least:g}", least=least)
    return words("it must be a number")


def _bound(parameter: Any, name: str) -> float | None:
    """Where a release of the parser has it."""
    return next(
        (
            found
            for one in (parameter, getattr(parameter, "type", None))
            if (found := getattr(one, name, None)) is not None
        ),
        None,
    )
