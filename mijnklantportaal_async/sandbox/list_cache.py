"""A cache before the portal, which hands out a list that is some seconds old."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from mijnklantportaal_async.sandbox.manners import CACHE_SECONDS, Manner, Manners

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from mijnklantportaal_async.sandbox.answers import Answer
    from mijnklantportaal_async.sandbox.clock import PortalClock
    from mijnklantportaal_async.sandbox.records import ReceivedRequest

_CACHES = frozenset({Manner.CACHED_LISTS, Manner.STUBBORN_CACHE, Manner.AGELESS_CACHE})


@attrs.frozen
class _Kept:
    answer: Answer
    at: float
    date: str


class ListCache:
    """Keeps the answers to lists, while the portal has the manner of one of the caches."""

    def __init__(self, manners: Manners, clock: PortalClock) -> None:
        self._manners = manners
        self._clock = clock
        self._kept: dict[Hashable, _Kept] = {}

    def answer(self, key: str, request: ReceivedRequest, make: Callable[[], Answer]) -> Answer:
        """Return what is kept of a list, or make the answer and keep it.

        Args:
            key: The API key: nobody sees what another key was shown.
            request: What is asked.
            make: Makes the portal's own answer.
        """
        if request.method != "GET" or self._manners.now.isdisjoint(_CACHES):
            return make()
        place, now = (key, request.path, *sorted(request.query.items())), self._clock.seconds()
        kept = self._kept.get(place)
        if kept is not None and now - kept.at < CACHE_SECONDS and not self._is_asked_afresh(request):
            age = {} if self._manners.have(Manner.AGELESS_CACHE) else {"Age": str(int(now - kept.at))}
            return attrs.evolve(kept.answer, headers={**kept.answer.headers, **age, "Date": kept.date})
        answer = make()
        if answer.status == 200 and "data" in answer.document:
            self._kept[place] = _Kept(answer, now, self._clock.http_date())
        return answer

    def clear(self) -> None:
        """Forget every list."""
        self._kept.clear()

    def _is_asked_afresh(self, request: ReceivedRequest) -> bool:
        asked = request.headers.get("cache-control", "").lower()
        return "no-cache" in asked and self._manners.have(Manner.CACHED_LISTS)
