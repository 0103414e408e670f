"""What the docstring of a coroutine says, in words for a terminal."""

import inspect
import re
from collections.abc import Collection, Mapping

import attrs

_SECTION = re.compile(r"^(Args|Returns|Raises|Warns|Source): ?(.*)$")
_ENTRY = re.compile(r"^(\w+): (.*)$")


@attrs.frozen(kw_only=True)
class Docstring:
    """A docstring in its parts; each paragraph is one line."""

    summary: str
    paragraphs: tuple[str, ...] = ()
    """What follows the summary."""
    arguments: Mapping[str, str] = attrs.field(factory=dict[str, str])
    refusals: tuple[str, ...] = ()
    """What is said of errors that are special to the coroutine."""
    source: str = ""
    """The page of the service's documentation."""


def read_docstring(text: str | None) -> Docstring:
    """Takes a Google-style docstring apart."""
    prose: list[str] = [""]
    sections: dict[str, list[str]] = {}
    section = ""
    for line in inspect.cleandoc(text or "").splitlines():
        if found := _SECTION.match(line):
            section = found[1]
            sections[section] = [found[2]] if found[2] else []
        elif section and line.startswith("    "):
            _add_line(sections[section], line.removeprefix("    "))
        elif line.strip():
            prose[-1] = f"{prose[-1]} {line.strip()}".strip()
        elif prose[-1]:
            prose.append("")
    summary, *paragraphs = [paragraph for paragraph in prose if paragraph] or [""]
    return Docstring(
        summary=summary,
        paragraphs=tuple(paragraphs),
        arguments=_entries(sections.get("Args", [])),
        refusals=tuple(_entries(sections.get("Raises", [])).values()),
        source=" ".join(sections.get("Source", ())),
    )


def _entries(lines: list[str]) -> dict[str, str]:
    return {found[1]: found[2] for line in lines if (found := _ENTRY.match(line))}


def _add_line(lines: list[str], line: str) -> None:
    # What is indented further goes on with the entry above it.
    if line.startswith(" ") and lines:
        lines[-1] += " " + line.strip()
    else:
        lines.append(line.strip())


_FOR_A_TERMINAL = (
    (re.compile(r', bytes, a file opened with `"rb"`, or an async iterator of bytes'), ""),
    (re.compile(r"; each as `FileContent`, or what it is made of"), ""),
    (re.compile(r"\bAware datetime in any zone, on a\b"), "On a"),
    (re.compile(r", aware(?=[,.;:]|$)"), ""),
    (re.compile(r"\bAware, "), ""),
    (re.compile(r"\ban `OutcomeUnknownError`"), "an unknown outcome, exit code 3"),
    (re.compile(r"\bNone clears one\b"), "--FIELD:=null clears one"),
    (re.compile(r"\bor None\b"), "or null, which is written :=null"),
)


def for_a_terminal(text: str, fields: Collection[str] = ()) -> str:
    """A sentence about Python as somebody at a terminal reads it.

    Args:
        text: Of a docstring.
        fields: Names that are options here.
    """
    for pattern, words in _FOR_A_TERMINAL:
        text = pattern.sub(words, text)
    text = re.sub(r"`([^`]+)`", lambda found: option(found[1]) if found[1] in fields else found[1], text)
    return text.replace("....", "...")


def option(field: str) -> str:
    """The option of a field: `--zip-code` of `zip_code`."""
    return f"--{field.replace('_', '-')}"
