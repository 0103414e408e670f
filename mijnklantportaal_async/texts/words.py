"""A sentence that knows what it is made of, so that it can be said in another language later.

Whoever says something need not know who listens: `words("{count} of {total}", count=1, total=2)` is the English text,
and wherever it is shown a `Language` says it anew.
"""

from __future__ import annotations

import enum
import functools
import string
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, NoReturn, Self


class Text(str):
    """A text in English that can be said in another language: of this, or of what others derive from it."""

    __slots__ = ()

    def said(self, of: Callable[[str], str]) -> str:
        """The text in another language.

        Args:
            of: Says a part of it.
        """
        raise NotImplementedError


class Words(Text):
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
        # What an error holds on to must not live as long as what is said of it.
        kept = {name: told_by(value) if isinstance(value, BaseException) else value for name, value in values.items()}
        made.template, made.plural, made.values, made.number = template, plural, kept, number
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.template, self.values, self.plural, self.number))


class Sentences(Text):
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

    def said(self, of: Callable[[str], str]) -> str:
        """Each of them in another language."""
        return of(self.separator).join(of(part) for part in self.parts)

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.parts, self.separator))


class Changed(Text):
    """A text that is changed after it was said, in whatever language.

    Attributes:
        text: The text.
        change: Makes another one of it.
    """

    __slots__ = ("change", "text")

    text: str
    change: Callable[[str], str]

    def __new__(cls, text: str, change: Callable[[str], str]) -> Self:  # noqa: D102 - see the class
        made = super().__new__(cls, change(text))
        made.text, made.change = text, change
        return made

    def said(self, of: Callable[[str], str]) -> str:
        """The same in another language."""
        return self.change(of(self.text))

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.text, self.change))


class Named(enum.Enum):
    """Members of an enumeration that are shown: each value is a text, for programs as it is."""

    @property
    def words(self) -> str:
        """The value, to be said in a language."""
        return Words(str(self.value), {})


def words(template: str, /, **values: object) -> str:
    """A text.

    Args:
        template: In English, with the names of values in braces: `"{count:,} of {total}"`. It must stand there as it
            is: the catalog is made by reading the source.
        values: The values; texts among them are said in the same language.
    """
    return Words(template, values)


def counted(one: str, many: str, count: int, /, **values: object) -> str:
    """A text that depends on a number, which is its value `count`.

    Args:
        one: For 1, as in `"{count:,} row"`.
        many: For all others.
        count: The number.
        values: Other values.
    """
    return Words(one, {"count": count, **values}, many, count)


def sentences(*parts: str | None, separator: str = " ") -> str:
    """Several texts, one after the other; those that are empty are left out."""
    return Sentences([part for part in parts if part], separator)


def sentence(text: str) -> str:
    """A text with a full stop at its end, whether it had one or not."""
    return Changed(text, _ended)


def phrase(text: str) -> str:
    """A text without a full stop at its end."""
    return Changed(text, _unended)


def capital(text: str) -> str:
    """A text that begins with a capital letter."""
    return Changed(text, _begun)


def without(prefix: str, text: str) -> str:
    """A text without what it begins with."""
    return Changed(text, functools.partial(_without, prefix))


def before(mark: str, text: str) -> str:
    """A text up to the first of a mark."""
    return Changed(text, functools.partial(_before, mark))


def told_by(error: BaseException) -> str:
    """What an error says, as it was said: `str` would forget the parts of it."""
    match error.args:
        case (str(text),) if type(error).__str__ is Exception.__str__:
            return text
        case _:
            said: Callable[[], str] = getattr(error, "in_words", error.__str__)
            return said()


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


def _ended(text: str) -> str:
    return text if text.endswith(("?", "!")) else f"{text.rstrip('.')}."


def _unended(text: str) -> str:
    return text.rstrip(".")


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]


def _without(prefix: str, text: str) -> str:
    return text.removeprefix(prefix)


def _before(mark: str, text: str) -> str:
    return text.partition(mark)[0]


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{{{name}}}: a template names its values, and nothing of them")


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_PLAIN = PlainFormatter()
