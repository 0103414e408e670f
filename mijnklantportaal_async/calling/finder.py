"""What tells which record is the one that a lost answer would have named, whatever it looks through.

An answer of a look shows the record (found), something that may be it (unsure), or nothing that could be it (absent).
Only absence, once the service had its time to commit, lets a call be sent again.
"""

from typing import Generic, NamedTuple, Protocol, TypeVar
from zoneinfo import ZoneInfo

from mijnklantportaal_async.calling.claims import Place
from mijnklantportaal_async.calling.evidence import Evidence, Horizon
from mijnklantportaal_async.calling.wire import Answer, Request
from mijnklantportaal_async.values.readings import Readings

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Sight(NamedTuple, Generic[T_co]):
    """What one answer of a look shows."""

    found: T_co | None = None
    """The record."""
    doubt: str = ""
    """Why something in it may be the record, though nobody can tell; empty when nothing in it could be."""


class CannotTellError(Exception):
    """A look brought records that may or may not be the one; its text says why."""


class Grounds(NamedTuple):
    """What an answer of a look is judged by."""

    horizon: Horizon
    """Since when the record must have been made."""
    claimed: frozenset[str]
    """Ids of records that belong to other calls."""
    moments: Readings
    """How the service writes moments that were asked for."""


class Finder(Protocol[T]):
    """How to find out what became of a call that must not be made twice."""

    zone: ZoneInfo
    """The portal's."""
    makes_records: bool
    """Whether what is found is a record that the call made, and belongs to it alone."""

    @property
    def places(self) -> tuple[Place, ...]:
        """What calls share that could not be told apart by what they leave behind."""
        ...

    def request(self) -> Request:
        """The reading request that would show it; of a paged list, that of its first page."""
        ...

    def following(self, request: Request, answer: Answer) -> Request | None:
        """The request for the page after this answer; None when there is nothing more to look through.

        Raises:
            PaginationError: The pages lead nowhere.
            UnreadableError: The answer does not say whether there is another.
        """
        ...

    def pick(self, answer: Answer, grounds: Grounds) -> Sight[T]:
        """What an answer shows, of records that are new and nobody else's.

        Raises:
            UnreadableError: The answer could not be understood.
        """
        ...

    def is_plainly_its(self, record: T) -> bool:
        """Whether nothing in a record speaks against its being the answer to the request; a quick look."""
        ...

    def contradiction(self, record: T, grounds: Grounds | None) -> str:
        """Why a record cannot be the answer to the request, if it is the answer to another; empty where it can."""
        ...

    def learn(self, record: T, evidence: Evidence, answer: Answer) -> None:
        """Learns from the answer to the request how the service writes moments."""
        ...

    def identifier(self, record: T) -> str:
        """The id of the record."""
        ...
