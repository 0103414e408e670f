"""What an operation must be able to do, to be done in a batch: exactly once, whatever happens to the worker."""

from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from mijnklantportaal_async.session import PortalSession


class BatchOperation(Protocol):
    """One creating operation. The flow in `batch/flow.py` knows nothing else of it.

    To add one, write such a class beside `schedule_appointment.py`, and put it into `OPERATIONS`.
    """

    @property
    def name(self) -> str:
        """The coroutine's name."""
        ...

    @property
    def request_class(self) -> type[Any]:
        """The attrs class of its requests."""
        ...

    @property
    def how_to_check(self) -> str:
        """What a person does to find out whether it happened."""
        ...

    def to_json(self, request: Any, zone: ZoneInfo) -> dict[str, Any]:
        """A request as it is kept in the database: equal requests give equal JSON.

        Raises:
            ValueError: The portal could not take it, such as a wall time that does not exist in its zone.
        """
        ...

    def from_json(self, data: dict[str, Any]) -> Any:
        """The request again.

        Raises:
            ValueError, TypeError, KeyError: It was not written by `to_json`.
        """
        ...

    def title(self, data: dict[str, Any]) -> str:
        """A row in a few words, for people."""
        ...

    def key(self, request: Any, zone: ZoneInfo) -> Hashable:
        """Equal for requests whose records could not be told apart in the portal."""
        ...

    def listing(self, requests: Sequence[Any], zone: ZoneInfo) -> list[Any]:
        """What `note` has to list to see every record that looks like one of these; as JSON."""
        ...

    async def note(self, portal: PortalSession, listing: list[Any]) -> list[str]:
        """The ids of the records that are there already. Changes nothing."""
        ...

    async def send(self, portal: PortalSession, request: Any) -> Any:
        """Sends it once, and returns the record."""
        ...

    def look_key(self, request: Any, zone: ZoneInfo) -> Hashable:
        """Equal for requests that `look` would list the same records for."""
        ...

    async def look(self, portal: PortalSession, request: Any, zone: ZoneInfo) -> list[Any]:
        """The records among which the request's would be. Changes nothing."""
        ...

    def pick(self, records: Iterable[Any], request: Any, zone: ZoneInfo, taken: Collection[str]) -> Any | None:
        """The record that looks like the request's and is nobody else's; None when there is none.

        Raises:
            CannotTellError: There is one that may be it.
        """
        ...

    def describe(self, record: Any, request: Any) -> tuple[str, dict[str, Any], str | None]:
        """Of a record: its id, what is kept of it as JSON, and what is odd about it."""
        ...
