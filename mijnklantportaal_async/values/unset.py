"""`UNSET`: an argument that was not given, which is not the same as `None`."""

import enum
from typing import Final, Literal


class UnsetType(enum.Enum):
    """The type of `UNSET`, for annotations: `str | None | UnsetType`."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> Literal[False]:
        return False


UNSET: Final = UnsetType.UNSET
"""Leave the field out of the request. `None` would clear it."""
