"""How a service says moments: what its answers have shown so far about the digits and the offsets it writes.

The portal is told wall times without an offset, and answers moments with one. The documentation's own examples carry an
offset that the Netherlands do not have on that day, so either may be what counts: the digits, or the instant.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from mijnklantportaal_async.values.likeness import Match
from mijnklantportaal_async.values.local_time import is_same_instant

_GRIDS = (5, 10, 15, 30)
"""Minutes to which a calendar may round."""


class Readings:
    """Which readings of a moment the answers have left standing; at first both.

    Attributes:
        digits: What counts may be the digits, as wall time of the portal, whatever offset stands behind them.
        instant: What counts may be the instant that digits and offset name.
    """

    __slots__ = ("digits", "instant")

    def __init__(self) -> None:
        self.digits = self.instant = True

    def learn(self, *, digits: bool, instant: bool) -> None:
        """Takes over what an answer shows whose moment is known: which of the two readings gives that moment."""
        if digits == instant:
            return
        if (digits and not self.digits) or (instant and not self.instant):
            # It says this now and that then: nothing is certain any more.
            self.digits = self.instant = True
        else:
            self.digits, self.instant = digits, instant

    def learn_of(self, asked: datetime, wall: str, shown: datetime) -> None:
        """Learns from the answer to a request.

        Args:
            asked: The moment that was asked for.
            wall: The same as wall time of the portal, as it was sent.
            shown: What the answer to that very request says.
        """
        self.learn(digits=_has_digits(shown, wall), instant=is_same_instant(shown, asked))

    def compare(self, asked: datetime, wall: str, shown: datetime, zone: ZoneInfo) -> Match:
        """How like a moment of a record is to the one that was asked for.

        Args:
            asked: The moment that was asked for.
            wall: The same as wall time of the portal, as it was sent.
            shown: What the record says.
            zone: The portal's.
        """
        digits, instant = _has_digits(shown, wall), is_same_instant(shown, asked)
        if (digits and instant) or (digits and not self.instant) or (instant and not self.digits):
            return Match.ALIKE
        if digits or instant:
            # By the reading that the service has shown it is another moment, if it keeps to it.
            return Match.NEARLY if digits or self.instant else Match.OTHER
        told = datetime.fromisoformat(wall)
        readings = (shown.replace(tzinfo=None), shown.astimezone(zone).replace(tzinfo=None))
        return Match.NEARLY if any(_may_be_rounded(told, reading) for reading in readings) else Match.OTHER


def _has_digits(shown: datetime, wall: str) -> bool:
    return shown.isoformat(" ", "minutes")[:16] == wall and not shown.second


def _may_be_rounded(told: datetime, shown: datetime) -> bool:
    """Whether a calendar that rounds could have made the second of the first."""
    apart = abs(shown - told)
    if apart <= timedelta(minutes=1):
        return True
    if apart >= timedelta(minutes=max(_GRIDS)) or shown.second or shown.microsecond:
        return False
    return any(told.minute % grid and not shown.minute % grid and apart < timedelta(minutes=grid) for grid in _GRIDS)
