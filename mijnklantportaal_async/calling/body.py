"""The body of a request: fields that are checked as they are added, written as JSON, or as a form with files."""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async import models
from mijnklantportaal_async.values import checks
from mijnklantportaal_async.values.local_time import to_wall_time
from mijnklantportaal_async.values.serde import given_fields, json_name, write
from mijnklantportaal_async.values.unset import UNSET, UnsetType

JSON = "application/json"


class Body:
    """What a request says. Fields are given by their Python names, each kind with a method of its own.

    ```python
    Body().text(name=name).whole(punches=punches).money(price=price)
    ```

    A field that is `UNSET` is left out; None is a `TypeError`, as the check of its kind says.

    Attributes:
        fields: What goes out, under the names on the wire.
    """

    __slots__ = ("_is_form", "fields")

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        self._is_form = False

    @classmethod
    def of(cls, model: attrs.AttrsInstance) -> Self:
        """The fields of a model that was checked when it was made."""
        body = cls()
        body.fields = given_fields(model)
        return body

    def text(self, **given: str | UnsetType | None) -> Self:
        """One line, at most 255 characters."""
        return self._add(checks.check_text, given)

    def prose(self, **given: str | UnsetType | None) -> Self:
        """Any number of lines."""
        return self._add(checks.check_prose, given)

    def email(self, **given: str | UnsetType | None) -> Self:
        """An e-mail address."""
        return self._add(checks.check_email, given)

    def url(self, **given: str | UnsetType | None) -> Self:
        """An address on the web."""
        return self._add(checks.check_url, given)

    def identifier(self, **given: str | UnsetType | None) -> Self:
        """The id of a record."""
        return self._add(checks.check_identifier, given)

    def whole(self, *, as_text: bool = False, **given: int | UnsetType | None) -> Self:
        """A whole number; some fields want it as a text."""
        return self._add(_whole_as_text if as_text else checks.check_whole, given)

    def truth(self, **given: bool | UnsetType | None) -> Self:
        """True or false."""
        return self._add(checks.check_truth, given)

    def money(self, **given: Decimal | int | str | UnsetType | None) -> Self:
        """An amount in euro."""
        return self._add(checks.check_money, given)

    def day(self, **given: date | UnsetType | None) -> Self:
        """A day of the calendar."""
        return self._add(checks.check_day, given)

    def moment(self, zone: ZoneInfo, **given: datetime | UnsetType | None) -> Self:
        """A moment, as wall time of the portal with seconds."""
        return self._add(lambda value, field: to_wall_time(value, zone, field, seconds=True), given)

    def each(self, check: Callable[[Any, str], Any], **given: Sequence[Any] | UnsetType | None) -> Self:
        """A list, each item checked."""

        def check_all(value: Any, field: str) -> list[Any]:
            if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
                raise TypeError(f"{field} must be a list, not {type(value).__name__}: {value!r}")
            if not value:
                raise ValueError(f"{field} is empty; give at least one")
            return [check(item, f"{field}[{index}]") for index, item in enumerate(value)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]

        return self._add(check_all, given)

    def file(self, **given: "models.FileContent | UnsetType") -> Self:
        """A file; the body is sent as a form then."""
        self._is_form = True
        return self._add(checks.check_kind(models.FileContent), given)

    def encode(self) -> tuple[bytes, str]:
        """The bytes, and what they are."""
        return _form(self.fields) if self._is_form else (write(self.fields), JSON)

    def _add(self, check: Callable[[Any, str], Any], given: Mapping[str, Any]) -> Self:
        for name, value in given.items():
            if value is not UNSET:
                self.fields[json_name(name)] = check(value, name)
        return self


class Changes(Body):
    """What a request changes: at least one field. None clears one; which can be cleared, the portal knows."""

    __slots__ = ("_names",)

    def __init__(self) -> None:
        super().__init__()
        self._names: list[str] = []

    def encode(self) -> tuple[bytes, str]:
        """The bytes, and what they are.

        Raises:
            ValueError: Nothing would change.
        """
        if not self.fields:
            raise ValueError(f"nothing to change; give at least one of {', '.join(self._names)}")
        return super().encode()

    def _add(self, check: Callable[[Any, str], Any], given: Mapping[str, Any]) -> Self:
        self._names.extend(given)
        return super()._add(lambda value, name: None if value is None else check(value, name), given)


def _whole_as_text(value: object, field: str) -> str:
    return str(checks.check_whole(value, field))


def _form(fields: Mapping[str, Any]) -> tuple[bytes, str]:
    """`multipart/form-data` (RFC 7578): files as they are, a list as several parts, everything else as text."""
    boundary = os.urandom(16).hex()
    parts: list[bytes] = []
    for name, value in fields.items():
        for item in value if isinstance(value, list) else [value]:  # pyright: ignore[reportUnknownVariableType]
            head, content = _part(name, item)
            parts += [f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode(), content, b"\r\n"]
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"


def _part(name: str, value: Any) -> tuple[str, bytes]:
    if isinstance(value, models.FileContent):
        # As browsers do: RFC 7578 asks for UTF-8, with only these three characters escaped.
        shown = value.name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
        return f'name="{name}"; filename="{shown}"\r\nContent-Type: {value.media_type}', value.content
    # A text is itself; what is no text reads as in JSON: true, 21, {"firstName": ...}.
    text = value if isinstance(value, str) else write(value).decode().strip('"')
    return f'name="{name}"', text.encode()
