"""The ways in which the host of files can fail its clients, and the plan of which request is hit by which."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import attrs

from mijnklantportaal_async.sandbox.drawing import Drawing, check_kinds, check_share

if TYPE_CHECKING:
    from collections.abc import Collection


class FileFault(str, Enum):  # noqa: UP042 - StrEnum would change what str() and repr() show in test output
    """One way in which the host of files can fail."""

    DROPPED = "dropped"
    """The connection is cut without an answer."""
    CUT = "cut"
    """The whole file is promised; half of it arrives, then the connection is cut."""
    CUT_WITHOUT_LENGTH = "cut_without_length"
    """Nothing says how long the file is; half of it arrives, then the connection is closed, politely."""
    WITHOUT_LENGTH = "without_length"
    """Nothing says how long the file is: it ends with the connection."""
    RANGE_IGNORED = "range_ignored"
    """200 with the whole file, whatever part was asked for."""
    OTHER_RANGE = "other_range"
    """206 with another part than the one asked for; 206 with a part where none was."""
    NOT_SATISFIABLE = "not_satisfiable"
    """416, whatever was asked for, but for the whole file."""
    OTHER_VERSION = "other_version"
    """The file has another ETag than before, so what was fetched of it before is of no use."""
    PACKED = "packed"
    """With gzip, although nobody asked for it."""
    SLOW = "slow"
    """In ten pieces, one portal second after the other."""
    REDIRECTED = "redirected"
    """302 to another address of the host."""
    PARTICULAR = "particular"
    """403 for an address that was written in another way than the link: whoever signed it signed its bytes."""
    EXPIRED = "expired"
    """403, before its time: the link is not good any more."""
    UNAVAILABLE = "unavailable"
    """503."""
    PAGE = "page"
    """200 with an HTML page in place of the file."""


def _in_order_of_definition(kinds: Collection[FileFault]) -> tuple[FileFault, ...]:
    # A set has no order of its own; the same seed must give the same faults.
    return tuple(fault for fault in FileFault if fault in kinds)


@attrs.frozen
class FileFaults:
    """Random faults of the host of files: `share` of the requests is hit; the same seed hits the same way.

    Args:
        seed: The same one gives the same faults.
        share: Between 0 and 1.
        kinds: All of them when left out.
    """

    seed: int
    share: float = attrs.field(validator=check_share)
    kinds: Collection[FileFault] = attrs.field(
        default=tuple(FileFault), converter=_in_order_of_definition, validator=check_kinds
    )


class FileFaultPlan:
    """Says of each request, in order of arrival, which fault hits it: scripted ones first, then random ones."""

    def __init__(self, faults: FileFaults | None) -> None:
        self._drawing = Drawing(faults.seed, faults.share, faults.kinds) if faults else None
        self._scripted: list[FileFault] = []

    def script(self, fault: FileFault, times: int) -> None:
        """Put `fault` at the end of the queue, for the next `times` requests.

        Raises:
            ValueError: when `times` is below 1.
        """
        if times < 1:
            raise ValueError(f"times must be at least 1, not {times}")
        self._scripted += [FileFault(fault)] * times

    def next(self) -> FileFault | None:
        """Return the fault that hits this request."""
        if self._scripted:
            return self._scripted.pop(0)
        return None if self._drawing is None else self._drawing.draw()

    def forget_script(self) -> None:
        """Empty the queue of scripted faults."""
        self._scripted.clear()
