"""The cells of one record by field, and every problem that was found in them."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Generic

from mijnklantportaal_async.files.cleaning import cleaned, damage_in
from mijnklantportaal_async.files.printable import printable, shown_value
from mijnklantportaal_async.files.records import Problem, Record
from mijnklantportaal_async.files.tables.columns import FieldT
from mijnklantportaal_async.files.words import says_nothing

LONGEST_PORTAL_NAME = 64
_PORTAL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Cells(Generic[FieldT]):
    """The cells of one record that are not empty.

    Args:
        record: The record.
        headers: Which column holds which field.
        literal: Fields in which a dash is a dash; elsewhere it is what people write for nothing.

    Attributes:
        problems: What was found wrong so far.
    """

    def __init__(self, record: Record, headers: Mapping[FieldT, str], literal: Collection[FieldT] = ()) -> None:
        self.problems: list[Problem] = []
        self._record = record
        self._headers = headers
        self._raw: dict[FieldT, str] = {}
        self._texts: dict[FieldT, str] = {}
        self._damaged: set[FieldT] = set()
        for field, header in headers.items():
            if not (text := cleaned(record.cells.get(header, ""))):
                continue
            self._raw[field] = text
            if (damage := damage_in(text)) is not None:
                self.refuse(field, damage)
                self._damaged.add(field)
            elif field in literal or not says_nothing(text):
                self._texts[field] = text

    def __contains__(self, field: FieldT) -> bool:
        return field in self._texts or field in self._damaged

    def get(self, field: FieldT) -> str | None:
        """The text of a cell; None when it is empty, damaged, or holds what people write for nothing."""
        return self._texts.get(field)

    def header(self, field: FieldT) -> str:
        """What the file calls a field, fit to be shown; our own name when it does not have it."""
        return shown_value(self._headers.get(field, field))

    def has_column(self, field: FieldT) -> bool:
        """Whether the file has the column, be its cell empty or not."""
        return field in self._headers

    def checked(self, field: FieldT, check: Callable[[str, str], str]) -> str | None:
        """The text of a cell that a check lets pass; otherwise None, and the problem is kept."""
        text = self._texts.get(field)
        if text is None:
            return None
        header = self._headers[field]
        try:
            return check(text, header)
        except ValueError as error:
            # The cell stands in a column of its own: the message need not repeat it.
            message = str(error).removeprefix(f"{header}={text!r} ").removeprefix(f"{header} ")
            self.refuse(field, message)
            return None

    def refuse(self, field: FieldT | None, message: str, *, spoils_file: bool = False) -> None:
        """Keeps a problem of a cell, or with None of the whole record."""
        self.problems.append(
            Problem(
                line=self._record.line,
                column=shown_value(self._headers.get(field, "")) if field else "",
                value=shown_value(self._raw.get(field, "")) if field else "",
                message=printable(message),
                spoils_file=spoils_file,
                event=self._record.event,
            )
        )

    def refuse_column(self, header: str, message: str) -> None:
        """Keeps a problem of a column that is no field, or with an empty name of the whole record."""
        self.problems.append(
            Problem(
                line=self._record.line,
                column=shown_value(header),
                value=shown_value(cleaned(self._record.cells.get(header, ""))),
                message=printable(message),
                event=self._record.event,
            )
        )


def check_portal_name(value: str, field: str) -> str:
    """The name of a portal: at most 64 letters, digits, `-`, `_` and `.`, the first a letter or digit.

    Raises:
        ValueError: It is another text.
    """
    if len(value) > LONGEST_PORTAL_NAME or not _PORTAL_NAME.fullmatch(value):
        raise ValueError(
            f"{field}={value!r} is no name of a portal; it begins with a letter or digit, holds letters, digits, '-', "
            f"'_' and '.', and has at most {LONGEST_PORTAL_NAME} characters"
        )
    return value
