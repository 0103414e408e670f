"""A figure with its spread: one number of a noisy machine says nothing."""

import statistics
from collections.abc import Iterable

import attrs


@attrs.frozen
class Spread:
    """The middle of many rounds, and how far they lie apart."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        ordered = sorted(values)
        return cls(statistics.median(ordered), ordered[0], ordered[-1])

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.lowest:.2f}-{self.highest:.2f})"
