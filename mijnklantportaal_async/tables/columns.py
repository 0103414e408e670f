"""Which column of a file is which field, by its header: English or Dutch, however it is spelled."""

import difflib
import enum
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import Generic, TypeVar

import attrs

from mijnklantportaal_async.tables.printable import shown_value
from mijnklantportaal_async.tables.records import TakenColumn

MOST_COLUMNS = 200
"""More are no list of anything that we read."""

_NEAR = 0.8
"""How alike two names are, from 0 to 1, for one to be taken for a slip of the other."""

FieldT = TypeVar("FieldT", bound=enum.StrEnum)


def plain(header: str) -> str:
    """A header without case, accents, spaces, underscores and other marks."""
    decomposed = unicodedata.normalize("NFKD", header).casefold()
    return "".join(character for character in decomposed if character.isalnum())


def _by_name(headers: Mapping[FieldT, str]) -> dict[str, FieldT]:
    return {plain(name): field for field, names in headers.items() for name in names.split()}


@attrs.frozen(kw_only=True)
class Vocabulary(Generic[FieldT]):
    """The fields that a kind of file can have, and the words that people have for them."""

    fields: type[FieldT]
    headers: Mapping[FieldT, str]
    """The headers of each field, separated by spaces."""
    either: tuple[str, ...] = ()
    """Headers that the other columns give a meaning to."""
    numbers: frozenset[FieldT] = frozenset()
    """Fields that JSON may hold as a number."""
    things: str
    """What the rows are, as in `appointments`."""
    header_example: str
    """A first row, for messages."""
    json_example: str
    """The beginning of a line of JSON, for messages."""
    known: Mapping[str, FieldT] = attrs.field(
        init=False, repr=False, default=attrs.Factory(lambda self: _by_name(self.headers), takes_self=True)
    )
    """Plain header -> field."""

    def named(self, name: str) -> FieldT | None:
        """The field of a name, spelled as any header can be."""
        own = {plain(field): field for field in self.fields}
        return own.get(plain(name)) or self.known.get(plain(name))

    def recognises(self, header: str, wanted: Mapping[str, str]) -> bool:
        """Whether a cell looks like a header of ours, or one that the caller named."""
        name = plain(header)
        return name in self.known or name in self.either or any(name == plain(other) for other in wanted.values())


@attrs.frozen(kw_only=True)
class Columns(Generic[FieldT]):
    """The columns of a file, understood as far as they can be."""

    headers: Mapping[FieldT, str]
    errors: tuple[str, ...]
    """Why no row can be read, and what to do."""
    notes: tuple[str, ...]

    @property
    def taken(self) -> tuple[TakenColumn, ...]:
        """Which column was taken for what."""
        return tuple(TakenColumn(header=header, field=field) for field, header in self.headers.items())


class ColumnMatcher(Generic[FieldT]):
    """Takes the columns one by one, and keeps account of what it did.

    Args:
        headers: As the file has them.
        vocabulary: What they may be called.

    Attributes:
        taken: Which column is which field.
        left: Headers that nothing has been decided on yet.
        errors: Why no row can be read, and what to do.
        notes: What a careful person would want to know.
    """

    def __init__(self, headers: Sequence[str], vocabulary: Vocabulary[FieldT]) -> None:
        self.taken: dict[FieldT, str] = {}
        self.left = [header for header in headers if plain(header)]
        self.errors: list[str] = []
        self.notes: list[str] = []
        self._all = headers
        self._vocabulary = vocabulary
        self._chosen: set[FieldT] = set()

    def refuse_too_many(self) -> None:
        """Refuses what is no such list at all."""
        if len(self._all) > MOST_COLUMNS:
            self.errors.append(
                f"There are {len(self._all)} columns; {MOST_COLUMNS} is the most. "
                f"Is this a list of {self._vocabulary.things}?"
            )
            self.left = []

    def leave_out(self, ignored: Collection[str]) -> None:
        """Leaves headers alone that a person named."""
        for name in ignored:
            if (header := self._find(name)) is None:
                self.errors.append(f"There is no column {shown_value(name)!r} to ignore.{self._near_header(name)}")
            else:
                self.left = [other for other in self.left if plain(other) != plain(header)]

    def refuse_doubles(self) -> None:
        """Refuses headers that stand there twice."""
        seen: dict[str, str] = {}
        for header in self.left:
            if (first := seen.get(plain(header))) is not None:
                self.errors.append(
                    f"Two columns have the name {shown_value(header)!r}"
                    + (f" (the other is written {shown_value(first)!r})" if first != header else "")
                    + ". Rename one of them."
                )
            seen[plain(header)] = header
        self.left = list(seen.values())

    def take_wanted(self, wanted: Mapping[str, str]) -> None:
        """Takes what a person said: field -> header."""
        for name, header_name in wanted.items():
            field, header = self._vocabulary.named(name), self._find(header_name)
            if field is None:
                fields = ", ".join(self._vocabulary.fields)
                self.errors.append(
                    f"{shown_value(name)!r} is no field.{self._near_field(name)} The fields are {fields}."
                )
            elif header is None:
                self.errors.append(
                    f"There is no column {shown_value(header_name)!r} to take for {field}."
                    f"{self._near_header(header_name)}"
                )
            else:
                self.take(field, header)
                self._chosen.add(field)

    def take_known(self) -> None:
        """Takes the headers that say themselves what they are."""
        for header in list(self.left):
            field = self._vocabulary.known.get(plain(header))
            if field is not None:
                self.take(field, header, by_name=True)

    def name_unknown(self) -> None:
        """Says of the rest that it is not used; what looks like a slip is refused."""
        for header in list(self.left):
            near = difflib.get_close_matches(plain(header), self._vocabulary.known, n=1, cutoff=_NEAR)
            field = self._vocabulary.known[near[0]] if near else None
            if field is None or field in self.taken:
                self.unused(header)
                continue
            self.left.remove(header)
            self.errors.append(
                f"The column {shown_value(header)!r} is not known. Did you mean {field}? Rename it, or say "
                f"--column {field}={shown_value(header)!r} or --ignore-column {shown_value(header)!r}."
            )

    def refuse_missing(self, missing: Sequence[str]) -> None:
        """Refuses the file for lack of columns, named in words."""
        if not missing or self.errors:
            return
        columns = ", ".join(repr(shown_value(header)) for header in self._all if header.strip())
        taken = ", ".join(f"{shown_value(header)!r} as {field}" for field, header in self.taken.items())
        self.errors.append(
            f"A column is missing for {'; and for '.join(missing)}. The columns are {columns or 'none'}"
            + (f"; taken: {taken}. " if taken else "; none of them is known. ")
            + "Name the column in the first row, or say which it is with --column FIELD=HEADER."
        )

    def columns(self) -> Columns[FieldT]:
        """What has been found out; the columns in order of the fields."""
        headers = {field: self.taken[field] for field in self._vocabulary.fields if field in self.taken}
        return Columns(headers=headers, errors=tuple(self.errors), notes=tuple(self.notes))

    def take(self, field: FieldT, header: str, *, by_name: bool = False) -> None:
        """Takes a column for a field; of two that name the same field by themselves neither is believed."""
        other = self.taken.get(field)
        if other is None:
            self.taken[field] = header
        elif field in self._chosen:
            self.unused(header)
        elif by_name:
            self.errors.append(
                f"{shown_value(other)!r} and {shown_value(header)!r} could both be {field}. "
                f"Say which: --column {field}={shown_value(other)!r}, and --ignore-column for the other."
            )
        self.left = [left for left in self.left if left != header]

    def unused(self, header: str) -> None:
        """Notes that a column is not used."""
        self.left = [left for left in self.left if left != header]
        self.notes.append(f"The column {shown_value(header)!r} is not used.")

    # --- inside ------------------------------------------------------------------------------------------------

    def _find(self, name: str) -> str | None:
        exact = [header for header in self._all if header.strip() == name.strip()]
        alike = [header for header in self._all if plain(header) and plain(header) == plain(name)]
        return next(iter(exact or alike), None)

    def _near_header(self, name: str) -> str:
        return _suggestion(name, {plain(header): header for header in self._all if plain(header)})

    def _near_field(self, name: str) -> str:
        return _suggestion(name, {plain(field): field.value for field in self._vocabulary.fields})


def _suggestion(name: str, names: Mapping[str, str]) -> str:
    near = difflib.get_close_matches(plain(name), names, n=1, cutoff=0.6)
    return f" Did you mean {shown_value(names[near[0]])!r}?" if near else ""
