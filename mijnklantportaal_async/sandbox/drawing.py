"""Random faults: which requests are hit, and by what. The same seed, the same hits."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection

K = TypeVar("K")


def check_share(_: object, __: object, share: float) -> None:
    """Of the requests, for attrs."""
    if not 0 <= share <= 1:
        raise ValueError(f"share lies between 0 and 1, not {share}")


def check_kinds(_: object, __: object, kinds: Collection[object]) -> None:
    """At least one, for attrs."""
    if not kinds:
        raise ValueError("kinds is empty: name at least one fault")


class Drawing(Generic[K]):
    """Draws for each request, in order of arrival."""

    def __init__(self, seed: int, share: float, kinds: Collection[K]) -> None:
        self._random = random.Random(seed)
        self._share = share
        self._kinds = tuple(kinds)

    def draw(self) -> K | None:
        """Return what hits this request."""
        # Both draws for every request: which requests are hit does not depend on how many kinds there are.
        hit, kind = self._random.random(), self._random.random()
        return self._kinds[int(kind * len(self._kinds))] if hit < self._share else None
