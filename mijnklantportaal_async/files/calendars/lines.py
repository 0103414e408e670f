"""The structure of an iCalendar file: its lines put together again, and which component each belongs to.

Every property keeps the number of its line, so that whatever is wrong can be found.
"""

import re
from collections.abc import Iterator

import attrs

from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.files.records import RowFileError

HOW_TO_EXPORT = "Export it again from the calendar program, as iCalendar (.ics)."

_PROPERTY = re.compile(r"(?P<name>[A-Za-z0-9-]+)(?:[;:]|$)", re.ASCII)
# `Begin: maandag` in a text whose lines were broken is none.
_DELIMITER = re.compile(
    r"(?P<which>BEGIN|END|begin|end)\s*:\s*(?P<name>(?:[Vv]|[Xx]-)[A-Za-z0-9-]+|STANDARD|DAYLIGHT|standard|daylight)\s*",
    re.ASCII,
)
_SOFT_END = "="
_QUOTED_PRINTABLE = "QUOTED-PRINTABLE"


@attrs.frozen
class Line:
    """A line of content, put together of all the lines that it was folded into."""

    number: int
    """Of its first line in the file."""
    text: str

    @property
    def written_name(self) -> str:
        """The name of its property as it is written; empty when it is no property at all."""
        found = _PROPERTY.match(self.text)
        return found["name"] if found else ""

    @property
    def name(self) -> str:
        """Of its property, in capitals; empty when it is no property at all."""
        return self.written_name.upper()


@attrs.frozen(kw_only=True)
class Component:
    """What stands between a BEGIN and its END."""

    name: str
    """In capitals, such as `VEVENT`."""
    line: int
    """Of its BEGIN."""
    lines: tuple[Line, ...]
    """Its own properties, not those of its parts."""
    parts: tuple["Component", ...]


def read_calendars(text: str) -> tuple[Component, ...]:
    """The calendars of a file; as a rule it has one.

    What some programs write after the end of the calendar belongs to it.

    Raises:
        RowFileError: It is no calendar, or one that was cut off.
    """
    done: list[Component] = []
    stack: list[_Open] = []
    for line in _unfolded(text.lstrip()):
        delimiter = _DELIMITER.fullmatch(line.text) if line.text[:1] in "BEbe" else None
        if delimiter is None:
            if stack:
                stack[-1].lines.append(line)
            elif not done:
                raise _no_calendar(line)
        elif delimiter["which"].upper() == "BEGIN":
            if not stack and not done and delimiter["name"].upper() != "VCALENDAR":
                raise _no_calendar(line)
            stack.append(_Open(delimiter["name"].upper(), line.number))
        else:
            component = _closed(stack, delimiter["name"].upper(), line.number)
            if stack:
                stack[-1].parts.append(component)
            elif component.name == "VCALENDAR":
                done.append(component)
            else:
                done[-1] = attrs.evolve(done[-1], parts=(*done[-1].parts, component))
    if stack:
        raise RowFileError(
            f"The file ends inside of the {stack[-1].name} that begins on line {stack[-1].line}: it was cut off. "
            f"{HOW_TO_EXPORT}"
        )
    if not done:
        raise RowFileError(f"The file is empty. {HOW_TO_EXPORT}")
    return tuple(done)


# --- inside ----------------------------------------------------------------------------------------------------


@attrs.define
class _Open:
    """A component whose END has not come yet."""

    name: str
    line: int
    lines: list[Line] = attrs.Factory(list[Line])
    parts: list[Component] = attrs.Factory(list[Component])


def _unfolded(text: str) -> Iterator[Line]:
    # CR CR LF is what a program makes that turns line ends into those of Windows twice.
    plain = text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
    number, pieces = 0, list[str]()
    # Not splitlines(): a text may hold U+2028 as it is.
    for here, piece in enumerate(plain.split("\n"), start=1):
        if pieces and piece[:1] in {" ", "\t"}:
            pieces.append(piece[1:])
            continue
        if pieces:
            if pieces[-1].endswith(_SOFT_END) and _QUOTED_PRINTABLE in pieces[0].upper():
                pieces[-1] = pieces[-1].removesuffix(_SOFT_END)
                pieces.append(piece)
                continue
            yield Line(number, "".join(pieces))
        number, pieces = here, [piece] if piece and not piece.isspace() else []
    if pieces:
        yield Line(number, "".join(pieces))


def _closed(stack: list[_Open], name: str, line: int) -> Component:
    if not stack or stack[-1].name != name:
        expected = f"END:{stack[-1].name} is due, for line {stack[-1].line}" if stack else "nothing has begun"
        raise RowFileError(
            f"Line {line}: END:{shown_value(name)} where {expected}. The file is broken: {HOW_TO_EXPORT}"
        )
    opened = stack.pop()
    return Component(name=opened.name, line=opened.line, lines=tuple(opened.lines), parts=tuple(opened.parts))


def _no_calendar(line: Line) -> RowFileError:
    return RowFileError(
        f"Line {line.number}: {shown_value(line.text)!r} where BEGIN:VCALENDAR is due; this is no iCalendar file, or "
        f"a broken one. {HOW_TO_EXPORT}"
    )
