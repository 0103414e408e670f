"""Which events of a file count: the newest version of each, and none that was called off or is only an answer."""

from collections.abc import Sequence

import attrs

from mijnklantportaal_async.files.calendars.event import Event
from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.files.records import LeftOut

_ANSWERS = {
    "REPLY": "the answer to an invitation, not an appointment",
    "COUNTER": "a proposal, not an appointment",
    "DECLINECOUNTER": "the answer to a proposal, not an appointment",
    "REFRESH": "a request, not an appointment",
}


@attrs.frozen(kw_only=True)
class Sorted:
    """The events of a file, sorted out."""

    events: tuple[Event, ...]
    """Those that count."""
    called_off: tuple[Event, ...]
    """Those that count and were called off: an occurrence of a series among them falls out of it."""
    left_out: tuple[LeftOut, ...]
    unclear: tuple[tuple[Event, int], ...]
    """Events of which another version stands there, and nothing says which is newer; with the line of the other."""


def sort_out(events: Sequence[tuple[Event, str]]) -> Sorted:
    """Finds out which events count.

    Args:
        events: Each with the METHOD of its calendar, in capitals.
    """
    left_out: list[LeftOut] = []
    unclear: list[tuple[Event, int]] = []
    versions: dict[tuple[str, str], list[tuple[Event, bool]]] = {}
    for event, method in events:
        if method in _ANSWERS:
            left_out.append(left_out_for(event, _ANSWERS[method]))
            continue
        # An event without a UID is nobody's version.
        key = (event.uid or f"line {event.line}", event.value("RECURRENCE-ID"))
        versions.setdefault(key, []).append((event, event.is_off or method == "CANCEL"))
    newest: list[tuple[Event, bool]] = []
    for same in versions.values():
        same.sort(key=lambda one: one[0].version)
        last, is_off = same[-1]
        newest.append(same[-1])
        for event, _ in same[:-1]:
            if _says_the_same(event, last):
                left_out.append(left_out_for(event, f"the same event once more, as on line {last.line}"))
            elif event.version < last.version:
                left_out.append(left_out_for(event, f"an older version; line {last.line} is newer"))
            elif not is_off:
                unclear.append((event, last.line))
    gone = {event.uid: event.version for event, is_off in newest if is_off and not event.value("RECURRENCE-ID")}
    counting: list[Event] = []
    called_off: list[Event] = []
    for event, is_off in sorted(newest, key=lambda one: one[0].line):
        if is_off or (event.uid in gone and event.uid and event.version[0] <= gone[event.uid][0]):
            called_off.append(event)
            left_out.append(left_out_for(event, "canceled"))
        elif not any(one is event or other == event.line for one, other in unclear):
            counting.append(event)
        else:
            unclear.append((event, event.line))
    return Sorted(
        events=tuple(counting), called_off=tuple(called_off), left_out=tuple(left_out), unclear=tuple(unclear)
    )


def left_out_for(event: Event, reason: str) -> LeftOut:
    """An event that is no row."""
    return LeftOut(line=event.line, title=shown_value(event.title), reason=reason, event=event.in_words)


def _says_the_same(one: Event, other: Event) -> bool:
    names = ("SUMMARY", "DTSTART", "DTEND", "DURATION")
    return [one.properties.get(name) for name in names] == [other.properties.get(name) for name in names] and (
        [person.key for person in one.attendees] == [person.key for person in other.attendees]
    )
