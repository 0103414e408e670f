"""From what stands behind an operation on the command line to the arguments of its coroutine.

```
--field value    --field=value     a value as the field's kind reads it; --field= is the empty text
--field:=JSON                      the same value in JSON; --field:=null empties the field
```

Behind the operation every name belongs to the API: options of the program stand before it.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.cli.call.docstrings import option
from mijnklantportaal_async.cli.call.fields import Field
from mijnklantportaal_async.cli.call.nested import Several, load_json
from mijnklantportaal_async.cli.failures import CommandError
from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.texts.words import phrase, told_by, words
from mijnklantportaal_async.values.open_enum import OpenStrEnum

_GIVEN = re.compile(r"--(?P<name>[A-Za-z][\w-]*)(?:(?P<mark>:?=)(?P<value>.*))?", re.DOTALL | re.ASCII)


@attrs.frozen
class _Given:
    """One field as it was written."""

    field: Field
    text: str
    is_json: bool = False


def read_arguments(
    name: str, written: Sequence[str], fields: Mapping[str, Field], zone: ZoneInfo, program_options: Collection[str]
) -> dict[str, Any]:
    """The arguments of a coroutine.

    Args:
        name: The operation.
        written: What stands behind it.
        fields: Its fields.
        zone: The portal's zone.
        program_options: Options that stand before the operation, such as `--yes`.

    Raises:
        CommandError: Something cannot be right; the message says what to write.
    """
    arguments: dict[str, Any] = {}
    for given in _fields_given(name, written, fields, program_options):
        field = given.field
        value = _value(given, zone)
        if isinstance(field.kind, Several) and field.name in arguments and not given.is_json and value is not None:
            arguments[field.name] = [*arguments[field.name], *value]
        elif field.name in arguments:
            raise CommandError(words("{option} is given twice. Nothing was sent.", option=field.option))
        else:
            arguments[field.name] = value
    missing = [field.option for field in fields.values() if field.required and field.name not in arguments]
    if missing:
        raise CommandError(
            words(
                "{name} needs {missing}; mijnklantportaal call {name} --help explains the fields. Nothing was sent.",
                name=name,
                missing=in_words(missing),
            )
        )
    return arguments


def undocumented_choices(arguments: Mapping[str, Any]) -> list[str]:
    """Notes about choices that the documentation does not name: a slip of the hand, or a new one."""
    return [
        words(
            "{name}: {value} is not documented ({near}). It is sent as it stands.",
            name=option(name),
            value=repr(shown_value(str(value))),
            near=_near(value),
        )
        for name, value in arguments.items()
        if isinstance(value, OpenStrEnum) and not value.is_known
    ]


def for_options(message: str, fields: Mapping[str, Field]) -> str:
    """A sentence of the package about its arguments, with the names that they have here."""
    first = re.match(r"\w+", message)
    if first is not None and first.group() in fields:
        message = f"{option(first.group())}{message[first.end() :]}"
    for name in sorted(fields, key=len, reverse=True):
        # Names of one word are words of any sentence, too; in an enumeration they are names.
        around = (r"(?<![\w-])", r"(?!\w)") if "_" in name else (r"(?:(?<=, )|(?<=of )|(?<=and ))", r"(?=,|$| and )")
        message = re.sub(f"{around[0]}{name}{around[1]}", option(name), message)
    return re.sub(r"(, for example with|; give) --[\w-]+\.replace\([^)]*\)", "", message)


# --- inside ----------------------------------------------------------------------------------------------------


def _near(value: OpenStrEnum) -> str:
    known = [str(member) for member in type(value)]
    near = get_close_matches(value, known, n=1)
    return (
        words("did you mean {near}?", near=near[0]) if near else words("documented are {known}", known=in_words(known))
    )


def _fields_given(
    name: str, written: Sequence[str], fields: Mapping[str, Field], program_options: Collection[str]
) -> list[_Given]:
    left = list(written)
    found: list[_Given] = []
    while left:
        word = left.pop(0)
        given = _GIVEN.fullmatch(word)
        if given is None:
            raise CommandError(_not_a_field(name, word, fields, program_options))
        field = fields.get(given["name"].replace("-", "_"))
        if field is None:
            raise CommandError(_not_a_field(name, word, fields, program_options))
        if given["mark"]:
            found.append(_Given(field, given["value"], is_json=given["mark"] == ":="))
            continue
        if not left:
            raise CommandError(
                words(
                    "{option} needs a value: {option} {label}. Nothing was sent.",
                    option=field.option,
                    label=field.kind.label,
                )
            )
        if left[0].startswith("-") and left[0] != "-":
            raise CommandError(
                words(
                    "{option} needs a value. If {left} is meant, write {option}={left}. Nothing was sent.",
                    option=field.option,
                    left=shown_value(left[0]),
                )
            )
        found.append(_Given(field, left.pop(0)))
    return found


def _value(given: _Given, zone: ZoneInfo) -> Any:
    field = given.field
    try:
        if not given.is_json:
            return field.kind.read(given.text, zone)
        data = load_json(given.text)
        if data is not None:
            return field.kind.read_json(data, zone)
        if not field.can_be_null:
            raise ValueError(
                words("cannot be null; {part}", part=words("give a value") if field.required else words("leave it out"))
            )
        return None
    except (ValueError, TypeError) as error:
        raise CommandError(
            words("{option}: {reason}. Nothing was sent.", option=field.option, reason=phrase(told_by(error)))
        ) from error


def _not_a_field(name: str, word: str, fields: Mapping[str, Field], program_options: Collection[str]) -> str:
    spelling = word.partition("=")[0].removesuffix(":")
    if spelling in program_options:
        return words(
            "{spelling} is an option of the program, not a field of {name}. Write it before the operation: "
            "mijnklantportaal call {word} {name} ... Nothing was sent.",
            spelling=spelling,
            name=name,
            word=word,
        )
    if not word.startswith("-"):
        example = next((field.option for field in fields.values()), None)
        hint = (
            words("give each value with its field, as in {example} {word}", example=example, word=shown_value(word))
            if example
            else words("it has no fields")
        )
        return words("{word} stands alone; {hint}. Nothing was sent.", word=repr(shown_value(word)), hint=hint)
    known = [field.option for field in fields.values()]
    near = get_close_matches(spelling, known, n=1)
    hint = (
        words("Did you mean {near}?", near=near[0])
        if near
        else words("It has {known}.", known=in_words(known) if known else "none")
    )
    return words(
        "{name} has no field {spelling}. {hint} Nothing was sent.", name=name, spelling=shown_value(spelling), hint=hint
    )


def in_words(options: Sequence[str]) -> str:
    """`--name, --city and --address`."""
    *most, last = options
    return words("{most} and {last}", most=", ".join(most), last=last) if most else last
