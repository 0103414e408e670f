"""A sentence that knows what it is made of, so that it can be said in another language later.

Whoever says something need not know who listens: `words("{count} of {total}", count=1, total=2)` is the English text,
and wherever it is shown a `Language` says it anew.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NoReturn, Self


class Words(str):
    """A text in English, with its parts.

    Attributes:
        template: The text with the names of its values in braces, as the catalog has it.
        plural: The template for several, where there is one.
        values: What goes into the braces.
        number: Which of the two is meant.
    """

    __slots__ = ("number", "plural", "template", "values")

    template: str
    plural: str | None
    values: Mapping[str, object]
    number: int | None

    def __new__(  # noqa: D102 - see the class
        cls, template: str, values: Mapping[str, object], plural: str | None = None, number: int | None = None
    ) -> Self:
        chosen = template if plural is None or number == 1 else plural
        made = super().__new__(cls, filled(chosen, values))
        made.template, made.plural, made.values, made.number = template, plural, values, number
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.template, self.values, self.plural, self.number))


class Sentences(str):
    """Several texts, one after the other.

    Attributes:
        parts: The texts.
        separator: What stands between them.
    """

    __slots__ = ("parts", "separator")

    parts: tuple[str, ...]
    separator: str

    def __new__(cls, parts: Iterable[str], separator: str = " ") -> Self:  # noqa: D102 - see the class
        kept = tuple(parts)
        made = super().__new__(cls, separator.join(kept))
        made.parts, made.separator = kept, separator
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.parts, self.separator))


def words(template: str, /, **values: object) -> Words:
    """A text.

    Args:
        template: In English, with the names of values in braces: `"{count:,} of {total}"`. It must stand there as it
            is: the catalog is made by reading the source.
        values: The values; texts among them are said in the same language.
    """
    return Words(template, values)


def counted(one: str, many: str, count: int, /, **values: object) -> Words:
    """A text that depends on a number, which is its value `count`.

    Args:
        one: For 1, as in `"{count:,} row"`.
        many: For all others.
        count: The number.
        values: Other values.
    """
    return Words(one, {"count": count, **values}, many, count)


def sentences(*parts: str | None, separator: str = " ") -> Sentences:
    """Several texts, one after the other; those that are empty are left out."""
    return Sentences([part for part in parts if part], separator)


def filled(template: str, values: Mapping[str, object], formatter: string.Formatter | None = None) -> str:
    """A template with its values.

    Args:
        template: The template.
        values: The values.
        formatter: How values are written.
    """
    return (formatter or _PLAIN).vformat(template, (), values)


def english_date(day: date, pattern: str) -> str:
    """A date as `strftime` writes it, in English whatever the machine's locale."""
    for directive, name in (
        ("%a", _DAYS[day.weekday()][:3]),
        ("%A", _DAYS[day.weekday()]),
        ("%b", _MONTHS[day.month - 1][:3]),
        ("%B", _MONTHS[day.month - 1]),
    ):
        pattern = pattern.replace(directive, name)
    return day.strftime(pattern)


class PlainFormatter(string.Formatter):
    """As `str.format`, but the values of a text reach no further than its names."""

    def get_field(self, field_name: str, args: Any, kwargs: Mapping[str, object]) -> tuple[object, str]:
        """The value of a name."""
        if not field_name.isidentifier():
            _refuse(field_name)
        return kwargs[field_name], field_name

    def format_field(self, value: Any, format_spec: str) -> Any:
        """A value as it is written."""
        if isinstance(value, date) and "%" in format_spec:
            return english_date(value, format_spec)
        return format(value, format_spec)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{{{name}}}: a template names its values, and nothing of them")


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_PLAIN = PlainFormatter()
