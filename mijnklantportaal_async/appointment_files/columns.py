"""Which column of a file is which field, by its header: English or Dutch, however it is spelled."""

import difflib
import enum
import unicodedata
from collections.abc import Collection, Mapping, Sequence

import attrs

from mijnklantportaal_async.appointment_files.printable import shown_value

MOST_COLUMNS = 200
"""More are no list of appointments."""

_NEAR = 0.8
"""How alike two names are, from 0 to 1, for one to be taken for a slip of the other."""


class Field(enum.StrEnum):
    """What a column can hold."""

    NAME = "name"
    STARTS_AT = "starts_at"
    ENDS_AT = "ends_at"
    DATE = "date"
    END_DATE = "end_date"
    DURATION = "duration"
    CUSTOMER_ID = "customer_id"
    ATTENDEE_NAME = "attendee_name"
    ATTENDEE_EMAIL = "attendee_email"


_HEADERS: Mapping[Field, str] = {
    Field.NAME: "title subject appointment onderwerp titel afspraak",
    Field.STARTS_AT: (
        "starts_at start_at starts start start_time from time begins begin begint begint_om begin_tijd start_tijd "
        "aanvang aanvangstijd van tijd"
    ),
    Field.ENDS_AT: "ends_at end_at ends end end_time until to eindigt eindigt_om eind einde eindtijd tot",
    Field.DATE: "date day start_date datum dag begindatum startdatum",
    Field.END_DATE: "end_date einddatum",
    Field.DURATION: (
        "duration duration_minutes duration_min minutes length duur duur_minuten duur_min duur_in_minuten "
        "minuten tijdsduur"
    ),
    Field.CUSTOMER_ID: "customer_id customer_number klant_id klantnummer klantnr",
    Field.ATTENDEE_NAME: (
        "attendee_name attendee contact contact_name customer_name client_name patient patient_name guest deelnemer "
        "contactpersoon klantnaam clientnaam patientnaam naam_klant naam_client naam_patient naam_deelnemer genodigde"
    ),
    Field.ATTENDEE_EMAIL: (
        "attendee_email email mail email_address attendee_email_address customer_email e_mailadres mailadres "
        "email_klant email_deelnemer klant_email"
    ),
}


def plain(header: str) -> str:
    """A header without case, accents, spaces, underscores and other marks."""
    decomposed = unicodedata.normalize("NFKD", header).casefold()
    return "".join(character for character in decomposed if character.isalnum())


_FIELDS: Mapping[str, Field] = {plain(name): field for field, names in _HEADERS.items() for name in names.split()}

# Title of the appointment or name of the person: the other columns decide.
_EITHER_NAME = (plain("name"), plain("naam"))


@attrs.frozen(kw_only=True)
class TakenColumn:
    """A column and what it was taken for."""

    header: str
    field: Field


@attrs.frozen(kw_only=True)
class Columns:
    """The columns of a file, understood as far as they can be."""

    headers: Mapping[Field, str]
    errors: tuple[str, ...]
    """Why no row can be read, and what to do."""
    notes: tuple[str, ...]

    @property
    def taken(self) -> tuple[TakenColumn, ...]:
        """Which column was taken for what, in order of the fields."""
        return tuple(TakenColumn(header=self.headers[field], field=field) for field in Field if field in self.headers)


def recognised(header: str, wanted: Mapping[str, str]) -> bool:
    """Whether a cell looks like a header of ours, or one that the caller named."""
    name = plain(header)
    return name in _FIELDS or name in _EITHER_NAME or any(name == plain(other) for other in wanted.values())


def match_columns(headers: Sequence[str], wanted: Mapping[str, str], ignored: Collection[str] = ()) -> Columns:
    """Finds out which column is which field.

    Args:
        headers: As the file has them.
        wanted: Field -> header, as a person said it; goes before everything else.
        ignored: Headers that a person said to leave alone.
    """
    if len(headers) > MOST_COLUMNS:
        message = f"There are {len(headers)} columns; {MOST_COLUMNS} is the most. Is this a list of appointments?"
        return Columns(headers={}, errors=(message,), notes=())
    matcher = _Matcher(headers)
    matcher.leave_out(ignored)
    matcher.refuse_doubles()
    matcher.take_wanted(wanted)
    matcher.take_known()
    matcher.name_unknown()
    if not matcher.errors:
        matcher.require()
    return Columns(headers=matcher.taken, errors=tuple(matcher.errors), notes=tuple(matcher.notes))


class _Matcher:
    """Takes the columns one by one, and keeps account of what it did."""

    def __init__(self, headers: Sequence[str]) -> None:
        self.taken: dict[Field, str] = {}
        self.errors: list[str] = []
        self.notes: list[str] = []
        self._chosen: set[Field] = set()
        self._all = headers
        self._left = [header for header in headers if plain(header)]

    def leave_out(self, ignored: Collection[str]) -> None:
        for name in ignored:
            if (header := self._find(name)) is None:
                self.errors.append(f"There is no column {shown_value(name)!r} to ignore.{self._near_header(name)}")
            else:
                self._left = [other for other in self._left if plain(other) != plain(header)]

    def refuse_doubles(self) -> None:
        seen: dict[str, str] = {}
        for header in self._left:
            if (first := seen.get(plain(header))) is not None:
                self.errors.append(
                    f"Two columns have the name {shown_value(header)!r}"
                    + (f" (the other is written {shown_value(first)!r})" if first != header else "")
                    + ". Rename one of them."
                )
            seen[plain(header)] = header
        self._left = list(seen.values())

    def take_wanted(self, wanted: Mapping[str, str]) -> None:
        for name, header_name in wanted.items():
            field, header = field_named(name), self._find(header_name)
            if field is None:
                self.errors.append(f"{shown_value(name)!r} is no field.{_near_field(name)} {_FIELDS_SENTENCE}")
            elif header is None:
                self.errors.append(
                    f"There is no column {shown_value(header_name)!r} to take for {field}."
                    f"{self._near_header(header_name)}"
                )
            else:
                self._take(field, header)
                self._chosen.add(field)

    def take_known(self) -> None:
        for header in list(self._left):
            field = _FIELDS.get(plain(header))
            if field is not None:
                self._take(field, header, by_name=True)
        # `name` before `naam`: the first is what the service itself calls the title.
        either = sorted(
            (header for header in self._left if plain(header) in _EITHER_NAME),
            key=lambda h: _EITHER_NAME.index(plain(h)),
        )
        for header in either:
            title = self.taken.get(Field.NAME)
            field = Field.NAME if title is None else Field.ATTENDEE_NAME
            if field is Field.ATTENDEE_NAME and field in self.taken:
                self._unused(header)
                continue
            if field is Field.ATTENDEE_NAME:
                self.notes.append(
                    f"{shown_value(header)!r} was taken for the attendee's name, because there is "
                    f"{shown_value(title or '')!r} for the title."
                )
            elif plain(header) != "name" or (
                Field.ATTENDEE_EMAIL in self.taken and Field.ATTENDEE_NAME not in self.taken
            ):
                self.notes.append(
                    f"{shown_value(header)!r} was taken for the appointment's title; if it is the "
                    f"attendee's, say --column attendee_name={shown_value(header)!r}."
                )
            self._take(field, header)

    def name_unknown(self) -> None:
        for header in list(self._left):
            near = difflib.get_close_matches(plain(header), _FIELDS, n=1, cutoff=_NEAR)
            field = _FIELDS[near[0]] if near else None
            if field is None or field in self.taken:
                self._unused(header)
                continue
            self._left.remove(header)
            self.errors.append(
                f"The column {shown_value(header)!r} is not known. Did you mean {field}? Rename it, or say "
                f"--column {field}={shown_value(header)!r} or --ignore-column {shown_value(header)!r}."
            )

    def require(self) -> None:
        missing: list[str] = []
        if Field.NAME not in self.taken:
            missing.append("name (the title)")
        if Field.STARTS_AT not in self.taken:
            missing.append("starts_at (or date and start)")
        if Field.ENDS_AT not in self.taken and Field.DURATION not in self.taken:
            missing.append("ends_at, or duration in minutes")
        if Field.CUSTOMER_ID not in self.taken:
            lacking = [field for field in (Field.ATTENDEE_NAME, Field.ATTENDEE_EMAIL) if field not in self.taken]
            if lacking:
                missing.append(f"customer_id, or {' and '.join(lacking)}")
        if missing:
            columns = ", ".join(repr(shown_value(header)) for header in self._all if header.strip())
            taken = ", ".join(f"{shown_value(header)!r} as {field}" for field, header in self.taken.items())
            self.errors.append(
                f"A column is missing for {'; and for '.join(missing)}. The columns are {columns or 'none'}"
                + (f"; taken: {taken}. " if taken else "; none of them is known. ")
                + "Name the column in the first row, or say which it is with --column FIELD=HEADER."
            )

    # --- inside ------------------------------------------------------------------------------------------------

    def _take(self, field: Field, header: str, *, by_name: bool = False) -> None:
        other = self.taken.get(field)
        if other is None:
            self.taken[field] = header
        elif field in self._chosen:
            self._unused(header)
        elif by_name:
            self.errors.append(
                f"{shown_value(other)!r} and {shown_value(header)!r} could both be {field}. "
                f"Say which: --column {field}={shown_value(other)!r}, and --ignore-column for the other."
            )
        self._left = [left for left in self._left if left != header]

    def _unused(self, header: str) -> None:
        self._left = [left for left in self._left if left != header]
        self.notes.append(f"The column {shown_value(header)!r} is not used.")

    def _find(self, name: str) -> str | None:
        exact = [header for header in self._all if header.strip() == name.strip()]
        alike = [header for header in self._all if plain(header) and plain(header) == plain(name)]
        return next(iter(exact or alike), None)

    def _near_header(self, name: str) -> str:
        names = {plain(header): header for header in self._all if plain(header)}
        return _suggestion(difflib.get_close_matches(plain(name), names, n=1, cutoff=0.6), names)


_FIELDS_SENTENCE = f"The fields are {', '.join(Field)}."


def field_named(name: str) -> Field | None:
    """The field of a name, spelled as any header can be."""
    return Field.NAME if plain(name) == "name" else _FIELDS.get(plain(name))


def _near_field(name: str) -> str:
    names = {plain(field): field.value for field in Field}
    return _suggestion(difflib.get_close_matches(plain(name), names, n=1, cutoff=0.6), names)


def _suggestion(near: Sequence[str], names: Mapping[str, str]) -> str:
    return f" Did you mean {shown_value(names[near[0]])!r}?" if near else ""
