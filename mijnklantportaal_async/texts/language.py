"""Languages: which one somebody wants, and how a text is said in it."""

from __future__ import annotations

import functools
import gettext
import locale
import os
from collections.abc import Mapping
from datetime import date
from importlib import resources
from typing import Any

from mijnklantportaal_async.texts.words import PlainFormatter, Sentences, Words, english_date, filled

CODES = ("en", "nl")
"""Languages that there are; the first is that of the source."""

VARIABLE = "MIJNKLANTPORTAAL_LANGUAGE"

_VARIABLES = (VARIABLE, "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")

_DIRECTIVES = {"%a": "EEE", "%A": "EEEE", "%b": "MMM", "%B": "MMMM"}
"""What of a date depends on the language: as `strftime` has it, and as CLDR does."""


class Language:
    """Says texts.

    Args:
        code: `en` or `nl`.

    Raises:
        ValueError: There is no such language.
    """

    def __init__(self, code: str) -> None:
        if code not in CODES:
            raise ValueError(f"language {code!r}: there are {' and '.join(CODES)}")
        self.code = code
        self._catalog = _catalog(code)
        self._formatter = _Formatter(self)

    def of(self, text: str) -> str:
        """A text in this language. What is no `Words`, or not in the catalog, stays as it is."""
        match text:
            case Words():
                if text.plural is None:
                    template = self._catalog.gettext(text.template)
                else:
                    template = self._catalog.ngettext(text.template, text.plural, text.number or 0)
                return filled(template, text.values, self._formatter)
            case Sentences():
                return text.separator.join(self.of(part) for part in text.parts)
            case _:
                return text

    def template(self, text: str) -> str:
        """A template of the catalog in this language, with its braces."""
        return self._catalog.gettext(text) if text else text

    def date(self, day: date, pattern: str) -> str:
        """A date as `strftime` writes it, with the names of days and months of this language.

        Args:
            day: The day, or the moment.
            pattern: Such as `%A %d %B %Y`.
        """
        if self.code == CODES[0]:
            return english_date(day, pattern)
        # Only here: English needs no library for it.
        from babel.dates import format_date

        for directive, name in _DIRECTIVES.items():
            if directive in pattern:
                pattern = pattern.replace(directive, format_date(day, name, locale=self.code))
        return day.strftime(pattern)

    def number(self, value: object, pattern: str) -> str:
        """A number as `format` writes it, with the marks of this language."""
        said = format(value, pattern)
        return said if self.code == CODES[0] else said.translate(_MARKS)

    def __repr__(self) -> str:
        return f"Language({self.code!r})"


def language_wanted(said: str | None = None, environment: Mapping[str, str] = os.environ) -> Language:
    """The language of a person at a terminal.

    Args:
        said: What they said, before all else.
        environment: Where it may stand: `MIJNKLANTPORTAAL_LANGUAGE`, or what other programs obey.

    Raises:
        ValueError: They said one that there is not.
    """
    if said:
        return Language(said)
    for name in _VARIABLES:
        if value := environment.get(name):
            # LANGUAGE may name several, the best first.
            return Language(next((code for one in value.split(":") if (code := _code_in(one)) is not None), CODES[0]))
    # Windows says it with no variable, but Python has asked it at its start.
    return Language(_code_in(locale.getlocale()[0] or "") or CODES[0])


def language_accepted(header: str) -> Language:
    """The language of a browser.

    Args:
        header: Its `Accept-Language`, as in `nl,en-US;q=0.7`.
    """
    best, weight = CODES[0], 0.0
    for part in header.split(","):
        name, _, parameter = part.partition(";")
        code, share = _code_in(name.strip()), _weight_in(parameter)
        if code is not None and share > weight:
            best, weight = code, share
    return Language(best)


class _Formatter(PlainFormatter):
    """Writes the values of a text in a language."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def format_field(self, value: Any, format_spec: str) -> Any:
        if isinstance(value, str):
            value = self._language.of(value)
        if isinstance(value, date) and "%" in format_spec:
            return self._language.date(value, format_spec)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self._language.number(value, format_spec)
        return format(value, format_spec)


_MARKS = str.maketrans(",.", ".,")


def _code_in(name: str) -> str | None:
    """The language of a name such as `nl_NL.UTF-8`, `nl-BE` or `Dutch_Netherlands`."""
    lowered = name.lower()
    if lowered.startswith("dutch"):
        return "nl"
    code = lowered.replace("-", "_").partition("_")[0].partition(".")[0]
    return code if code in CODES else None


def _weight_in(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


@functools.cache
def _catalog(code: str) -> gettext.NullTranslations:
    if code == CODES[0]:
        return gettext.NullTranslations()
    with (resources.files(__name__.rpartition(".")[0]) / f"{code}.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


ENGLISH = Language(CODES[0])
