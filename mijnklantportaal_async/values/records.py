"""Lists, record by record: some at a time, and one that cannot be read hides nothing but itself."""

from typing import Any, Generic, TypeVar

import attrs

from mijnklantportaal_async.values.serde import identifier_of, load_envelope, problems_of, structure_function

T = TypeVar("T")

PORTION = 250
"""Records that are read before others have their turn: some two milliseconds."""


@attrs.frozen(kw_only=True)
class UnreadableRecord:
    """A record of a list that is not what the documentation shows."""

    index: int
    """Its place in the list, from 0."""
    raw: Any
    """As it came."""
    problems: tuple[str, ...]
    """Each with its place, such as `$.data[3].startsAt: missing`."""
    identifier: str | None
    """Its id, where it has one."""

    def field(self, name: str) -> Any:
        """What stands in it under a JSON name; None where nothing does."""
        fields: dict[str, Any] = self.raw if isinstance(self.raw, dict) else {}  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return fields.get(name)

    def __str__(self) -> str:
        name = f"{self.identifier}: " if self.identifier else ""
        return name + "; ".join(self.problems[:3])


class ListReader(Generic[T]):
    """Reads the records of a list that stands under a key of an answer.

    `while reader.read_some(): await asyncio.sleep(0)` keeps a long list from holding up an event loop.

    Args:
        body: The answer.
        kind: The model of the records.
        key: Where the list stands.

    Attributes:
        envelope: The object around the list, as it came.
        records: Those that could be read, in their order.
        unreadable: Those that could not.

    Raises:
        UnreadableError: The answer is not JSON, or holds no list there.
    """

    __slots__ = ("_items", "_key", "_kind", "_next", "envelope", "records", "unreadable")

    def __init__(self, body: bytes, kind: type[T], key: str = "data") -> None:
        self.envelope, self._items = load_envelope(body, key)
        self.records: list[T] = []
        self.unreadable: list[UnreadableRecord] = []
        self._kind = kind
        self._key = key
        self._next = 0

    def read_some(self, most: int = PORTION) -> bool:
        """Reads the next records, so many at the most.

        Returns:
            Whether there are more.
        """
        first, self._next = self._next, min(self._next + most, len(self._items))
        structure, kind, records = structure_function(self._kind), self._kind, self.records
        for index in range(first, self._next):
            try:
                records.append(structure(self._items[index], kind))
            except Exception:  # noqa: BLE001 - whatever it was, the second time tells all that is wrong
                self._note(index)
        return self._next < len(self._items)

    def read_all(self) -> "ListReader[T]":
        """Reads what is left, at once."""
        self.read_some(len(self._items))
        return self

    @property
    def problems(self) -> tuple[str, ...]:
        """All that is wrong, record after record."""
        return tuple(problem for record in self.unreadable for problem in record.problems)

    def _note(self, index: int) -> None:
        raw = self._items[index]
        problems = problems_of(raw, self._kind, f"$.{self._key}[{index}]")
        self.unreadable.append(UnreadableRecord(index=index, raw=raw, problems=problems, identifier=identifier_of(raw)))
