"""What was filled into a form: one type, whether it came as JSON or in the query."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from mijnklantportaal_async.callbacks.errors import PageRequestError
from mijnklantportaal_async.callbacks.json_body import NotAnObjectError, read_object
from mijnklantportaal_async.texts.words import told_by

MOST_FIELDS = 1_000


class FormValues(Mapping[str, Any]):
    """Fields and their values, as they came: `values["email"]`.

    A field that came several times is a list, as a list of JSON is. `all` is a list in any case.
    """

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = dict(fields)

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        # What people filled in has no place in a log.
        return f"<FormValues {', '.join(self._fields) or 'empty'}>"

    def all(self, name: str) -> list[Any]:
        """Every value of a field; none for one that did not come, or is null."""
        value = self._fields.get(name)
        if value is None:
            return []
        return list(value) if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def values_of_query(query: bytes) -> FormValues:
    """The fields of a query: empty ones too, `+` as a space, repeated ones as a list.

    Raises:
        PageRequestError: It is not UTF-8, or has more than 1,000 fields.
    """
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise PageRequestError("the query cannot be read") from None
    fields: dict[str, Any] = {}
    repeated: dict[str, list[str]] = {}
    for name, value in pairs:
        if name in fields:
            repeated.setdefault(name, [fields[name]]).append(value)
        else:
            fields[name] = value
    return FormValues(fields | repeated)


def values_of_body(body: bytes) -> FormValues:
    """The fields of a body.

    Raises:
        PageRequestError: It is no JSON object.
    """
    try:
        return FormValues(read_object(body))
    except NotAnObjectError as error:
        raise PageRequestError(told_by(error)) from None
