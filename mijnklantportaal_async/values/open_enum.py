"""Enums that keep a value nobody has documented yet."""

import enum
from typing import Self


class OpenStrEnum(enum.StrEnum):
    """A string enum whose lookup never fails: an unknown value becomes a member that remembers it.

    The service declares no enums, so a new value may appear on any day. `is_known` tells the two apart.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        # Not registered with the class: a service that invents values must not make the enum grow.
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    @property
    def is_known(self) -> bool:
        """Whether this value is one that the documentation names."""
        return self._name_ in type(self).__members__ and type(self).__members__[self._name_] is self

    def __str__(self) -> str:
        return str(self.value)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r})"

    # Two lookups of one unknown value are two objects: they have to compare and hash as their text.
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other) if isinstance(other, str) else NotImplemented
