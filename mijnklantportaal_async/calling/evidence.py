"""What the sessions of a process know of one portal: whose records are whose, how it says moments, and its clock.

A look is judged by it (see `calling/list_finder.py`).
"""

import enum
import hashlib
import secrets
import threading
from collections.abc import Hashable, Mapping
from datetime import datetime, timedelta
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.calling.claims import Claims
from mijnklantportaal_async.calling.headers import http_date
from mijnklantportaal_async.calling.wire import Answer
from mijnklantportaal_async.texts.words import words
from mijnklantportaal_async.values.clock import Clock
from mijnklantportaal_async.values.readings import Readings

WHOLE_SECONDS = 1.0
"""A `Date` header tells whole seconds, cut off."""

CLOCKS_DIFFER = 0.5
"""Seconds in which two machines of one service may disagree, and clocks drift while a call lasts."""

LONGEST_ACCOUNT = 1e9
"""Seconds; for ever, as far as a call is concerned."""

FUTURE = timedelta(minutes=10)
"""No record is made later than the answer that shows it; clocks of one service differ by less than this, and offsets by
more."""


class Age(enum.Enum):
    """When a record was made, seen from a call."""

    OLD = "before the call"
    NEW = "since the call began"
    UNCLEAR = "nobody can tell"


class Horizon:
    """The moment since which the record of a call must have been made.

    Args:
        now: The service's clock when the answer was written; None where the answer does not tell.
        elapsed: Seconds since the call sent first.
        sent_at: When that was, by our own clock: it goes wrong, but not so easily at the same time.
        tolerance: Seconds by which a record's time and a clock may disagree.
        readings: How the service writes when records were made.
        zone: The portal's.
        accounted: For how many seconds it is known which records belong to calls of this process.
    """

    __slots__ = ("_accounted", "_elapsed", "_now", "_readings", "_sent_at", "_zone")

    def __init__(
        self,
        now: datetime | None,
        *,
        elapsed: float,
        sent_at: datetime,
        tolerance: float,
        readings: Readings,
        zone: ZoneInfo,
        accounted: float,
    ) -> None:
        self._now = now
        self._elapsed = timedelta(seconds=elapsed + tolerance)
        self._sent_at = sent_at - timedelta(seconds=tolerance)
        self._readings = readings
        self._zone = zone
        self._accounted = timedelta(seconds=min(accounted, LONGEST_ACCOUNT))

    @property
    def is_known(self) -> bool:
        """Whether the answer told its time."""
        return self._now is not None

    def age(self, made: datetime | None) -> Age:
        """Whether a record was made since the call began."""
        if made is None or self._now is None:
            return Age.UNCLEAR
        read = self._readings
        by_instant = self._age_of([made], self._now) if read.instant else None
        if by_instant is Age.NEW or not read.digits:
            # What it says is what it means, as long as nothing has shown the contrary.
            return by_instant or Age.UNCLEAR
        wall = made.replace(tzinfo=self._zone)
        by_digits = self._age_of([wall.replace(fold=0), wall.replace(fold=1)], self._now)
        if by_digits is None or by_instant is None:
            return by_instant or by_digits or Age.UNCLEAR
        return by_digits if by_digits is by_instant else Age.UNCLEAR

    def _age_of(self, made: list[datetime], now: datetime) -> Age | None:
        """By the moments that a text may mean; None where all of them lie in the future, and so are none."""
        ages = {self._age_at(moment, now) for moment in made if moment - now <= FUTURE}
        return ages.pop() if len(ages) == 1 else Age.UNCLEAR if ages else None

    def _age_at(self, made: datetime, now: datetime) -> Age:
        ago = now - made
        if ago > self._elapsed:
            # Old by the service's clock and new by ours: this machine may have slept, or a clock was set.
            return Age.OLD if made < self._sent_at else Age.UNCLEAR
        # What was made before anybody kept account may be another call's.
        return Age.NEW if ago <= self._accounted else Age.UNCLEAR


class ServiceClock:
    """The service's own clock, by the `Date` headers of its answers."""

    __slots__ = ("_ahead",)

    def __init__(self) -> None:
        self._ahead: tuple[datetime, float] | None = None

    def hear(self, text: str, now: float) -> None:
        """Notes what an answer says that came just now."""
        date = http_date(text)
        # The answer that is furthest ahead tells most: what comes out of a cache says less than its time.
        if date is not None and (self._ahead is None or date > self._since(self._ahead, now)):
            self._ahead = (date, now)

    def at_least(self, moment: float) -> datetime | None:
        """What this clock showed at a moment of ours, at the least; None while nobody knows."""
        return None if self._ahead is None else self._since(self._ahead, moment)

    def _since(self, heard: tuple[datetime, float], moment: float) -> datetime:
        date, then = heard
        return date + timedelta(seconds=moment - then)


class Evidence:
    """Of one portal and key.

    Attributes:
        claims: Which records belong to which call.
        clock: The service's.
        moments: How it writes moments that were asked for.
        entered: How it writes when records were made.
    """

    __slots__ = ("__weakref__", "_heard", "_is_new", "claims", "clock", "entered", "moments")

    def __init__(self) -> None:
        self.claims = Claims()
        self.clock = ServiceClock()
        self.moments = Readings()
        self.entered = Readings()
        self._heard: str | None = None
        self._is_new = False

    def hear(self, text: str | None, clock: Clock) -> None:
        """Notes the `Date` of an answer that came just now."""
        if text is not None and text != self._heard:
            self._heard = text
            self._is_new = True
            self.clock.hear(text, clock.monotonic())

    def is_curious(self, identifier: str) -> bool:
        """Whether an answer is worth a closer look: once a second, and where another call had its record before."""
        is_new, self._is_new = self._is_new, False
        return is_new or self.claims.is_claimed(identifier)

    def learn_age(self, made: datetime | None, headers: Mapping[str, str], zone: ZoneInfo) -> None:
        """Learns how moments of creation are written from an answer that shows a record made just now."""
        now = http_date(headers.get("date"))
        if made is None or now is None:
            return
        wall = made.replace(tzinfo=zone)
        self.entered.learn(
            digits=any(abs(wall.replace(fold=fold) - now) <= FUTURE for fold in (0, 1)),
            instant=abs(made - now) <= FUTURE,
        )


def staleness(answer: Answer, asked_at: float, clock: ServiceClock) -> str:
    """Why an answer may be older than its request; empty where nothing says so.

    Args:
        answer: The answer of a look.
        asked_at: When the look was sent, in seconds of our clock.
        clock: The service's.
    """
    if answer.is_from_cache:
        return words("the list comes out of a cache of the ClientSession")
    age = answer.headers.get("age")
    if age is not None and age.strip() not in {"", "0"}:
        return words("the list comes out of a cache that is {age} s old by its Age header", age=age[:20])
    at_least, date = clock.at_least(asked_at), http_date(answer.headers.get("date"))
    if at_least is None or date is None:
        return ""
    behind = (at_least - date).total_seconds()
    if behind > WHOLE_SECONDS + CLOCKS_DIFFER:
        return words(
            "the list is older than the look for it: its Date header is {seconds:.0f} s behind", seconds=behind
        )
    return ""


# One for each portal and key that a session of this process uses: nobody may hand out an id that another session has.
_KNOWN: "WeakValueDictionary[Hashable, Evidence]" = WeakValueDictionary()
_LOCK = threading.Lock()
_SALT = secrets.token_bytes(16)


def evidence_of(address: str, token: Token) -> Evidence:
    """What is known of a portal, shared by all sessions of this process that use this address and token."""
    # The token itself is not kept.
    name = (address, hashlib.blake2b(token.reveal().encode(), key=_SALT).digest())
    with _LOCK:
        known = _KNOWN.get(name)
        if known is None:
            known = _KNOWN[name] = Evidence()
        return known
