"""Which column of a file is which field: by its header, English or Dutch, and by what stands in it."""

import difflib
import enum
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Generic, TypeVar

import attrs

from mijnklantportaal_async.files.headers import plain, taken_apart
from mijnklantportaal_async.files.meaning import Meaning
from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.files.records import Table, TakenColumn

MOST_COLUMNS = 200
"""More are no list of anything that we read."""

_NEAR = 0.8
"""How alike two names are, from 0 to 1, for one to be taken for a slip of the other."""

FieldT = TypeVar("FieldT", bound=enum.StrEnum)


def _by_name(*languages: Mapping[FieldT, str]) -> dict[str, FieldT]:
    return {plain(name): field for headers in languages for field, names in headers.items() for name in names.split()}


@attrs.frozen(kw_only=True)
class Vocabulary(Generic[FieldT]):
    """The fields that a kind of file can have, and the words that people have for them."""

    fields: type[FieldT]
    english: Mapping[FieldT, str]
    """The headers of each field, separated by spaces."""
    dutch: Mapping[FieldT, str]
    either: tuple[str, ...] = ()
    """Headers that the other columns give a meaning to."""
    second_best: Mapping[FieldT, str] = attrs.field(factory=dict[FieldT, str])
    """Headers that are taken where no other column is the field."""
    meaning: Callable[[str], Meaning | None]
    """What a header says that the whole row depends on."""
    meaning_by_cells: Callable[[str, Collection[str]], Meaning | None] = lambda header, cells: None
    """What a column that nothing is taken from says all the same, by what stands in it."""
    fits: Mapping[FieldT, Callable[[str], bool]]
    """Whether a cell can be the field at all: a suggestion that the cells contradict is not made."""
    numbers: frozenset[FieldT] = frozenset()
    """Fields that JSON may hold as a number."""
    things: str
    """What the rows are, as in `appointments`."""
    header_example: str
    """A first row, for messages."""
    json_example: str
    """The beginning of a line of JSON, for messages."""
    known: Mapping[str, FieldT] = attrs.field(
        init=False, repr=False, default=attrs.Factory(lambda self: _by_name(self.english, self.dutch), takes_self=True)
    )
    """Plain header -> field."""
    known_dutch: frozenset[str] = attrs.field(
        init=False, repr=False, default=attrs.Factory(lambda self: frozenset(_by_name(self.dutch)), takes_self=True)
    )
    known_second_best: Mapping[str, FieldT] = attrs.field(
        init=False, repr=False, default=attrs.Factory(lambda self: _by_name(self.second_best), takes_self=True)
    )

    def named(self, name: str) -> FieldT | None:
        """The field of a name, spelled as any header can be."""
        own = {plain(field): field for field in self.fields}
        return own.get(plain(name)) or self.field_of(name)

    def field_of(self, header: str) -> FieldT | None:
        """The field that a header names by itself, whatever it adds in parentheses."""
        found = taken_apart(header)
        return self.known.get(found.plain) or self.known.get(found.base)

    def recognises(self, header: str, wanted: Mapping[str, str]) -> bool:
        """Whether a cell looks like a header of ours, or one that the caller named."""
        name = plain(header)
        if not name or len(header) > 60:
            return False
        return (
            self.field_of(header) is not None
            or name in self.either
            or name in self.known_second_best
            or self.meaning(header) is not None
            or any(name == plain(other) for other in wanted.values())
        )

    def can_hold(self, field: FieldT, cells: Sequence[str]) -> bool:
        """Whether cells can be those of a field; where there are none, they can."""
        check = self.fits.get(field)
        return check is None or all(check(cell) for cell in cells[:20])


@attrs.frozen(kw_only=True)
class Columns(Generic[FieldT]):
    """The columns of a file, understood as far as they can be."""

    headers: Mapping[FieldT, str]
    meanings: Mapping[str, Meaning]
    """Header -> what it says that the row depends on."""
    unused: tuple[str, ...]
    errors: tuple[str, ...]
    """Why no row can be read, and what to do."""
    notes: tuple[str, ...]
    is_dutch: bool = False
    """Whether a header is Dutch."""

    @property
    def taken(self) -> tuple[TakenColumn, ...]:
        """Which column was taken for what."""
        return tuple(TakenColumn(header=header, field=field) for field, header in self.headers.items())

    def meaning(self, *kinds: Meaning) -> tuple[str, ...]:
        """The headers of columns that say such a thing."""
        return tuple(header for header, kind in self.meanings.items() if kind in kinds)


class ColumnMatcher(Generic[FieldT]):
    """Takes the columns one by one, and keeps account of what it did.

    Args:
        table: The headers as the file has them, and what stands under them.
        vocabulary: What they may be called.

    Attributes:
        taken: Which column is which field.
        left: Headers that nothing has been decided on yet.
        errors: Why no row can be read, and what to do.
        notes: What a careful person would want to know.
    """

    def __init__(self, table: Table, vocabulary: Vocabulary[FieldT]) -> None:
        self.taken: dict[FieldT, str] = {}
        self.left = [header for header in table.headers if plain(header)]
        self.errors: list[str] = []
        self.notes: list[str] = []
        self.table = table
        self._unused: list[str] = []
        self._meanings: dict[str, Meaning] = {}
        self._all = table.headers
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

    def take_meanings(self) -> None:
        """Takes the columns that the whole row depends on: they are never left alone unasked."""
        for header in list(self.left):
            if self._vocabulary.field_of(header) is None and (kind := self._vocabulary.meaning(header)) is not None:
                self._meanings[header] = kind
                self.left.remove(header)

    def take_known(self, apart: Callable[[FieldT, list[str]], dict[FieldT, str] | None]) -> None:
        """Takes the headers that say themselves what they are.

        Args:
            apart: Tells several columns for one field apart by what stands in them; None when it cannot.
        """
        candidates: dict[FieldT, list[str]] = {}
        for header in self.left:
            if (field := self._vocabulary.field_of(header)) is not None:
                candidates.setdefault(field, []).append(header)
        for field, headers in candidates.items():
            if field in self._chosen:
                self._leave(headers)
                continue
            rest = self._without_copies(headers)
            if len(rest) == 1 and self._is_empty(rest[0]) and self._has_second_best(field):
                self.unused(rest[0])
            elif len(rest) == 1:
                self.take(field, rest[0])
            elif (parts := apart(field, rest)) is not None and not set(parts) & (
                set(self.taken) | set(candidates) - {field}
            ):
                for part, header in parts.items():
                    self.take(part, header)
            else:
                self._refuse_several(field, rest)

    def take_second_best(self) -> None:
        """Takes headers that are good enough where there is nothing better."""
        for header in list(self.left):
            field = self._vocabulary.known_second_best.get(plain(header))
            if field is not None and field not in self.taken and self._vocabulary.can_hold(field, self.cells(header)):
                self.take(field, header)
                self.notes.append(f"{shown_value(header)!r} was taken for {field}, because no other column is that.")

    def name_unknown(self) -> None:
        """Says of the rest that it is not used; what looks like a slip is refused."""
        for header in list(self.left):
            # A slip of the first letter is rare, and surname is no slip of user name.
            names = [name for name in self._vocabulary.known if name[0] == plain(header)[0]]
            near = difflib.get_close_matches(plain(header), names, n=1, cutoff=_NEAR)
            field = self._vocabulary.known[near[0]] if near else None
            if field is None or field in self.taken or not self._vocabulary.can_hold(field, self.cells(header)):
                self.unused(header)
                continue
            self.left.remove(header)
            self.errors.append(
                f"The column {shown_value(header)!r} is not known. Did you mean {field}? Rename it, or say "
                f"--column {field}={shown_value(header)!r} or --ignore-column {shown_value(header)!r}."
            )

    def look_into_unused(self) -> None:
        """Takes what changes the meaning of rows out of columns that nobody would have thought it of."""
        for header in list(self._unused):
            cells = set(self.table.cells_of(header, most=len(self.table.records)))
            if (kind := self._vocabulary.meaning_by_cells(header, cells)) is not None:
                self._meanings[header] = kind
                self._unused.remove(header)

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
        return Columns(
            headers={field: self.taken[field] for field in self._vocabulary.fields if field in self.taken},
            meanings=dict(self._meanings),
            unused=tuple(self._unused),
            errors=tuple(self.errors),
            notes=tuple(self.notes),
            is_dutch=any(
                {taken_apart(header).plain, taken_apart(header).base} & self._vocabulary.known_dutch
                for header in self._all
            ),
        )

    def take(self, field: FieldT, header: str) -> None:
        """Takes a column for a field that has none yet."""
        if field in self.taken:
            self.unused(header)
        else:
            self.taken[field] = header
        self.left = [left for left in self.left if left != header]

    def unused(self, header: str) -> None:
        """Notes that a column is not used."""
        self.left = [left for left in self.left if left != header]
        self._unused.append(header)

    def cells(self, header: str) -> list[str]:
        """What stands in a column."""
        return self.table.cells_of(header)

    # --- inside ------------------------------------------------------------------------------------------------

    def _leave(self, headers: Collection[str]) -> None:
        for header in headers:
            self.unused(header)

    def _is_empty(self, header: str) -> bool:
        return bool(self.table.records) and not self.table.cells_of(header, most=len(self.table.records))

    def _has_second_best(self, field: FieldT) -> bool:
        second = [header for header in self.left if self._vocabulary.known_second_best.get(plain(header)) is field]
        return any(not self._is_empty(header) for header in second)

    def _without_copies(self, headers: list[str]) -> list[str]:
        """Without columns that are empty, or say the same as another."""
        filled = [header for header in headers if self.table.records and not self._is_empty(header)]
        if not filled:
            return headers if len(headers) == 1 or not self.table.records else headers[:1]
        rest: list[str] = []
        for header in filled:
            if not any(self._same_cells(header, other) for other in rest):
                rest.append(header)
        self._leave([header for header in headers if header not in rest])
        return rest

    def _same_cells(self, one: str, other: str) -> bool:
        return all(
            record.cells.get(one, "").strip() == record.cells.get(other, "").strip() for record in self.table.records
        )

    def _refuse_several(self, field: FieldT, headers: Sequence[str]) -> None:
        self.left = [header for header in self.left if header not in headers]
        names = " and ".join(repr(shown_value(header)) for header in headers)
        others = " ".join(f"--ignore-column {shown_value(header)!r}" for header in headers[1:])
        self.errors.append(
            f"{names} could both be {field}. Say which: --column {field}={shown_value(headers[0])!r} {others}, or the "
            "other way round."
        )

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
