"""Who an event is with: not who owns the calendar, not who declined, and no room."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from urllib.parse import unquote

import attrs

from mijnklantportaal_async.files.calendars.properties import Property, one_line
from mijnklantportaal_async.texts.words import words

# A room that was booked is listed as an attendee, too.
_THINGS = {"ROOM", "RESOURCE"}
_THING_HOSTS = ("@resource.calendar.google.com",)
_NOT_COMING = {"DECLINED", "DELEGATED"}
_NO_PERSON = re.compile(
    r"(?:no-?reply|do-?not-?reply|notifications?|calendar|agenda-noreply|mailer-daemon)\b.*@", re.IGNORECASE
)


@attrs.frozen(kw_only=True)
class Person:
    """An attendee or organizer."""

    name: str
    """The address where there is no name."""
    address: str
    """Empty when there is none."""
    is_thing: bool
    """Whether it is a room."""
    is_group: bool
    """Whether it stands for several people."""
    is_coming: bool
    """Whether it has not declined, and is not told for information only."""
    declined: bool

    @property
    def key(self) -> str:
        """Its address, to compare with others."""
        return self.address.casefold()

    @property
    def in_words(self) -> str:
        """Name and address."""
        return self.address if self.name == self.address else f"{self.name} <{self.address}>"


def person_of(one: Property) -> Person:
    """A person of an ATTENDEE or ORGANIZER."""
    scheme, colon, address = one.value.partition(":")
    if colon and scheme.strip().lower() == "mailto":
        address = unquote(address).strip()
    else:
        address = one.parameters.get("EMAIL", "").strip() or (
            one.value.strip() if "@" in one.value and not colon else ""
        )
    answer, kind = (one.parameters.get(name, "").strip().upper() for name in ("PARTSTAT", "CUTYPE"))
    return Person(
        name=one_line(_unquoted(one.parameters.get("CN", "").strip())) or address,
        address=address,
        is_thing=kind in _THINGS or address.casefold().endswith(_THING_HOSTS),
        is_group=kind == "GROUP",
        is_coming=answer not in _NOT_COMING and one.parameters.get("ROLE", "").upper() != "NON-PARTICIPANT",
        declined=answer == "DECLINED",
    )


@attrs.frozen(kw_only=True)
class Guests:
    """The people of an event, sorted out."""

    possible: tuple[Person, ...]
    """Those whom the appointment can be with."""
    knows_owner: bool
    """Whether the owner of the calendar is certainly not among them."""
    why_nobody: str = ""
    """Why there is nobody, where that is no fault of the event."""


def guests_of(attendees: Collection[Person], organizer: Person | None, owners: Collection[str]) -> Guests:
    """Who an event is with.

    Args:
        attendees: As the event lists them.
        organizer: Who made it.
        owners: Addresses of the owner of the calendar, in small letters.
    """
    people = [one for one in attendees if not one.is_thing]
    if any(one.declined and one.key in owners for one in people):
        return Guests(possible=(), knows_owner=True, why_nobody=words("declined by the owner of the calendar"))
    host = organizer if organizer is not None and not _NO_PERSON.match(organizer.address) else None
    aside = {*owners, host.key if host is not None else ""} - {""}
    others = [one for one in people if one.key not in aside]
    coming = [one for one in others if one.is_coming]
    # A room may be listed as a person without an address.
    reachable = [one for one in coming if one.address] or coming
    if not reachable and host is not None and owners and host.key not in owners and host.address:
        # The owner was invited: the appointment is with whoever asked.
        reachable = [host]
    if not reachable and any(one.declined for one in others):
        return Guests(possible=(), knows_owner=True, why_nobody=words("declined by everybody who was invited"))
    if not people:
        return Guests(possible=(), knows_owner=True, why_nobody=words("nobody to meet: it has no attendee"))
    unique = {one.key or one.name: one for one in reachable}
    return Guests(possible=tuple(unique.values()), knows_owner=bool(owners) or host is not None)


def likely_owners(events: Iterable[Collection[Person]]) -> list[tuple[Person, int]]:
    """Who may own a calendar: the attendees of its events, those of most events first.

    Args:
        events: The people of each event of which the owner is not known.
    """
    counts: Counter[str] = Counter()
    people: dict[str, Person] = {}
    for one in (one for event in events for one in event if one.address):
        people.setdefault(one.key, one)
        counts[one.key] += 1
    return [(people[key], count) for key, count in counts.most_common()]


def invited_by_others(events: Iterable[tuple[Collection[Person], Person | None]]) -> set[str]:
    """Attendees who are organizers elsewhere, or whom different organizers invited: perhaps the calendar's owner."""
    organizers: dict[str, set[str]] = {}
    hosts: set[str] = set()
    for attendees, organizer in events:
        if organizer is None or not organizer.address or _NO_PERSON.match(organizer.address):
            continue
        hosts.add(organizer.key)
        people = [one for one in attendees if not one.is_thing and one.key != organizer.key]
        if len(people) == 1:
            organizers.setdefault(people[0].key, set()).add(organizer.key)
    return {key for key, by in organizers.items() if key in hosts or len(by) > 1}


def _unquoted(name: str) -> str:
    """A name without the quotes that Outlook puts around it; `'t Hooft` begins with none."""
    inside = name.strip("'")
    return inside if not inside or name[0] == name[-1] == "'" else name
