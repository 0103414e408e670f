"""The properties of a component, taken apart, and which lines are none: text that was broken without a fold."""

import quopri
import re
from collections.abc import Callable, Iterable, Mapping

import attrs

from mijnklantportaal_async.files.calendars.lines import Line
from mijnklantportaal_async.files.printable import shown_value

_PARAMETER = re.compile(r';\s*(?P<name>[A-Za-z0-9-]+)\s*=\s*(?P<value>(?:"[^"]*"|[^";:]*)(?:,(?:"[^"]*"|[^";:]*))*)')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_CARET = re.compile(r"\^([n^'])")


@attrs.frozen
class Property:
    """A line of a component, taken apart."""

    name: str
    parameters: Mapping[str, str]
    value: str
    """As it is written, with its backslashes."""

    @property
    def text(self) -> str:
        """The value as a text, without backslashes."""
        return unescaped(self.value) if "\\" in self.value else self.value


def property_of(line: Line) -> Property:
    """Takes a line apart.

    Raises:
        ValueError: It is no property.
    """
    text = line.text
    name = line.written_name
    at = len(name)
    parameters: dict[str, str] = {}
    while text[at : at + 1] == ";":
        found = _PARAMETER.match(text, at)
        if found is None:
            break
        value = found["value"].strip()
        if value[:1] == value[-1:] == '"' and value.count('"') == 2:
            value = value[1:-1]
        parameters[found["name"].upper()] = _parameter_text(value)
        at = found.end()
    if not name or text[at : at + 1] != ":":
        raise ValueError(f"line {line.number}, {shown_value(text)!r}, is no iCalendar")
    value = text[at + 1 :]
    if parameters.get("ENCODING", "").upper() == "QUOTED-PRINTABLE":
        charset = parameters.get("CHARSET", "utf-8")
        try:
            value = quopri.decodestring(value.encode("utf-8", "surrogatepass")).decode(charset)
        except (UnicodeError, LookupError) as error:
            raise ValueError(f"line {line.number} is not in the encoding {shown_value(charset)!r}") from error
    return Property(name.upper(), parameters, value)


def unescaped(text: str) -> str:
    r"""A text of iCalendar: `\,` is a comma, `\n` a line break."""
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], text)


def one_line(text: str) -> str:
    """A text whose line breaks are spaces: the portal's titles and names have one line."""
    return " ".join(text.split("\n")).strip() if "\n" in text else text.strip()


def needed_properties(lines: Iterable[Line], is_needed: Callable[[str], bool]) -> tuple[list[Property], list[str]]:
    """The properties of a component that are needed, and complaints about them.

    A line that is no property goes on with the text before it, which some programs break without a fold. Where that
    text is not needed it does no harm, and what looks like a property in it (`Status: cancelled`) is none.

    Args:
        lines: Those of the component.
        is_needed: Whether a property is needed, by its name in capitals.
    """
    found: list[Property] = []
    complaints: list[str] = []
    was_needed, in_broken_text = True, False
    lines = tuple(lines)
    small = bool(lines) and lines[0].written_name.islower()
    for line in lines:
        written = line.written_name
        name = written.upper()
        # No program writes names like This, and none changes to small letters in the middle.
        is_text = not (
            written.isupper()
            or name.startswith("X-")
            or (written.islower() and (small or (was_needed and not in_broken_text)))
        )
        if is_text:
            in_broken_text = True
            if was_needed:
                complaints.append(f"line {line.number}, {shown_value(line.text)!r}, is no iCalendar")
            continue
        if not is_needed(name):
            was_needed = in_broken_text = False
            continue
        if in_broken_text and not was_needed and line.text[len(written) : len(written) + 2] == ": ":
            complaints.append(
                f"line {line.number}, {shown_value(line.text)!r}, may be a part of the text before it, whose lines are "
                "broken; export the event again"
            )
            continue
        was_needed, in_broken_text = True, False
        try:
            found.append(property_of(line))
        except ValueError as error:
            complaints.append(str(error))
    return found, complaints


def _parameter_text(value: str) -> str:
    if "\\" in value:
        value = unescaped(value)
    if "^" in value:
        value = _CARET.sub(lambda found: {"n": " ", "^": "^", "'": '"'}[found[1]], value)
    return value
