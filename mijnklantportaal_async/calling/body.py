"""The body of a request: fields that are checked as they are added, written as JSON, or as a form with files.

How the bytes of files leave, `form.py` and `sources.py` know: no tag does.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async import models
from mijnklantportaal_async.texts.words import words
from mijnklantportaal_async.values import checks
from mijnklantportaal_async.values.local_time import to_wall_seconds
from mijnklantportaal_async.values.serde import given_fields, json_name, write
from mijnklantportaal_async.values.unset import UNSET, UnsetType

if TYPE_CHECKING:
    from mijnklantportaal_async.calling.form import Form

JSON = "application/json"


class Body:
    """What a request says. Fields are given by their Python names, each kind with a method of its own.

    ```python
    Body().text(name=name).whole(punches=punches).money(price=price)
    ```

    A field that is `UNSET` is left out. None is sent where the service documents null, and refused elsewhere.

    Args:
        nullable: The fields for which the service takes null.

    Attributes:
        fields: What goes out, under the names on the wire.
        left_out: The names of what could have been said, and was not.
    """

    __slots__ = ("_is_form", "_most_bytes", "_nullable", "fields", "left_out")

    what_unset_does = words("leave it out")

    def __init__(self, nullable: Collection[str] = ()) -> None:
        self.fields: dict[str, Any] = {}
        self.left_out: list[str] = []
        self._nullable = nullable
        self._is_form = False
        self._most_bytes: int | None = None

    @classmethod
    def of(cls, model: attrs.AttrsInstance) -> Self:
        """The fields of a model that was checked when it was made."""
        body = cls()
        body.fields = given_fields(model)
        return body

    def text(self, *, most: int | None = None, **given: str | UnsetType | None) -> Self:
        """One line; `most` characters where a length is known."""
        if most is not None:
            return self._add(lambda value, name: checks.check_text(value, name, most), given)
        return self._add(checks.check_line, given)

    def prose(self, *, may_be_empty: bool = True, **given: str | UnsetType | None) -> Self:
        """Any number of lines, none perhaps; a portal may read an empty text as null."""
        return self._add(checks.check_prose if may_be_empty else checks.check_message, given)

    def email(self, **given: str | UnsetType | None) -> Self:
        """An e-mail address."""
        return self._add(checks.check_email, given)

    def url(self, **given: str | UnsetType | None) -> Self:
        """An address on the web."""
        return self._add(checks.check_url, given)

    def identifier(self, **given: str | UnsetType | None) -> Self:
        """The id of a record; what kind of record, its name says."""
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
        """When something happened or ends: wall time of the portal, to the second; what is finer is cut."""
        return self._add(lambda value, name: to_wall_seconds(value, zone, name), given)

    def each(
        self, check: Callable[[Any, str], Any], *, most: int | None = None, **given: Sequence[Any] | UnsetType | None
    ) -> Self:
        """A list, each item checked; `most` items where a number is documented."""
        return self._add(lambda value, name: checks.check_each(value, name, check, most), given)

    def file(
        self,
        *,
        filename: str | None = None,
        content_type: str | None = None,
        progress: "models.Progress | None" = None,
        **given: "models.FileContent | models.FileSource | UnsetType | None",
    ) -> Self:
        """A file, with what else is said of it; the body is sent as a form then."""
        self._is_form = True

        def check(value: Any, field: str) -> models.FileContent:
            return models.FileContent.of(value, field, filename=filename, content_type=content_type, progress=progress)

        return self._add(check, given)

    def files(self, *, most: int, most_bytes: int, **given: "Sequence[models.FileContent | models.FileSource]") -> Self:
        """Several, with so many bytes together; the body is sent as a form then."""
        self._is_form = True
        self._most_bytes = most_bytes
        return self.each(_a_file, most=most, **given)

    def encode(self) -> "tuple[bytes | Form, str]":
        """The bytes, and what they are. Those of a form are read while it leaves."""
        if not self._is_form:
            return write(self.fields), JSON
        # Most sessions never send a file.
        from mijnklantportaal_async.calling.form import Form

        form = Form(self.fields, self._most_bytes)
        return form, form.content_type

    def _add(self, check: Callable[[Any, str], Any], given: Mapping[str, Any]) -> Self:
        for name, value in given.items():
            if value is UNSET:
                self.left_out.append(name)
            elif value is not None:
                self.fields[json_name(name)] = check(value, name)
            elif name in self._nullable:
                self.fields[json_name(name)] = None
            else:
                raise TypeError(
                    words(
                        "{name}=None cannot be sent: the service documents no null for {name}; {what_unset_does}",
                        name=name,
                        what_unset_does=self.what_unset_does,
                    )
                )
        return self


class Changes(Body):
    """What a request changes: at least one field."""

    __slots__ = ()

    what_unset_does = words("leave it out to leave it as it is")

    def encode(self) -> "tuple[bytes | Form, str]":
        """The bytes, and what they are.

        Raises:
            ValueError: Nothing would change.
        """
        if not self.fields:
            raise ValueError(
                words("nothing to change; give at least one of {left_out}", left_out=", ".join(self.left_out))
            )
        return super().encode()


def _a_file(value: Any, field: str) -> "models.FileContent":
    return models.FileContent.of(value, field)


def _whole_as_text(value: object, field: str) -> str:
    return str(checks.check_whole(value, field))
