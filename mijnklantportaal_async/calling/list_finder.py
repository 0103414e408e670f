"""Finds in a list the record that a request made: the only place that says which one it is."""

from collections.abc import Collection, Hashable, Iterable
from datetime import datetime
from typing import Generic
from zoneinfo import ZoneInfo

from mijnklantportaal_async.calling.claims import Place
from mijnklantportaal_async.calling.evidence import Age, Evidence
from mijnklantportaal_async.calling.finder import CannotTellError, Grounds, Sight
from mijnklantportaal_async.calling.pages import R, request_after
from mijnklantportaal_async.calling.wire import Answer, Request
from mijnklantportaal_async.texts.words import words
from mijnklantportaal_async.values.likeness import Match
from mijnklantportaal_async.values.local_time import read_moment
from mijnklantportaal_async.values.readings import Readings
from mijnklantportaal_async.values.records import ListReader, UnreadableRecord
from mijnklantportaal_async.values.serde import json_name


class ListFinder(Generic[R]):
    """Finds in a list the record that a request made: it is as it was asked for, is new, and is nobody else's.

    It reads the whole list: in which order lists come is not documented, so no page is the last that matters.

    Attributes:
        places: What calls share whose records could not be told apart.
        zone: The portal's.
        kind: The model of the records.
        made: The field that says when a record was made; None where the portal does not tell.
        likeness: What a look-alike has in common with the wanted one, for the error.
        is_paged: Whether the list is documented to come in pages.
        shows_what_was_sent: Whether a record shows so much of it that another's answer can be told from ours.
    """

    __slots__ = ("places", "zone")

    kind: type[R]
    made: str | None
    likeness: str
    is_paged: bool
    makes_records = True
    shows_what_was_sent = False

    def __init__(self, places: tuple[Place, ...], zone: ZoneInfo) -> None:
        self.places = places
        self.zone = zone

    # --- what those that know the record say ---------------------------------------------------------------------

    def first_page(self) -> Request:
        """The reading request that would show the record; of a paged list, that of its first page."""
        raise NotImplementedError

    def compare(self, record: R, readings: Readings) -> Match:
        """How like the wanted record another is, whoever made it and when, by how the service writes moments."""
        raise NotImplementedError

    def comes_last(self, record: R) -> bool:
        """Whether another is to be taken before it, of several that are alike."""
        return False

    def is_plainly_its(self, record: R) -> bool:
        """Whether nothing in a record speaks against its being the answer to the request; a quick look.

        What a portal shows in another way than it was sent is no contradiction.
        """
        return True

    def says_otherwise(self, record: R) -> str:
        """Why a record cannot be the answer to the request; empty where it can."""
        return ""

    def learn_moments(self, record: R, readings: Readings) -> None:
        """Learns from the answer to the request how the service writes moments that it was told."""

    # --- what follows from it ------------------------------------------------------------------------------------

    @property
    def key(self) -> Hashable:
        """Equal for requests whose records could not be told apart."""
        return self.places[0].key

    def request(self) -> Request:
        """The first page, as it is now."""
        first = self.first_page()
        return Request(first.operation, first.path, is_look=True)

    def following(self, request: Request, answer: Answer) -> Request | None:
        """The page after this one.

        Raises:
            PaginationError: The pages lead nowhere.
            UnreadableError: The answer does not say whether there is another.
        """
        return request_after(request, answer.body, is_paged=self.is_paged)

    def pick(self, answer: Answer, grounds: Grounds) -> Sight[R]:
        """What an answer shows, of records that were made since the call began and belong to no other.

        Raises:
            UnreadableError: The answer could not be understood.
        """
        alike: list[R] = []
        nearly: list[R] = []
        ageless: list[R] = []
        reader = ListReader(answer.body, self.kind).read_all()
        for record in reader.records:
            if record.id in grounds.claimed:
                continue
            match = self.compare(record, grounds.moments)
            if match is Match.OTHER:
                continue
            age = grounds.horizon.age(self._made_at(record))
            if age is Age.UNCLEAR:
                ageless.append(record)
            elif age is Age.NEW:
                (alike if match is Match.ALIKE else nearly).append(record)
        if alike:
            return Sight(self._first_made(alike))
        if ageless:
            return Sight(
                doubt=words(
                    "{ageless}, but {grounds}, to tell whether it is new",
                    ageless=self._seen(ageless),
                    grounds=self._why_ageless(grounds),
                )
            )
        if nearly:
            return Sight(
                doubt=words(
                    "{nearly}, or nearly so; nobody can tell whether it is the one asked for", nearly=self._seen(nearly)
                )
            )
        for bad in reader.unreadable:
            if self._may_be(bad, grounds):
                return Sight(doubt=words("a record of the list cannot be read, and may be the one ({bad})", bad=bad))
        return Sight()

    def pick_of(self, records: Iterable[R], taken: Collection[str]) -> R | None:
        """The record among those of a whole list, whose age is known by what is `taken`.

        Raises:
            CannotTellError: Something among them may be it.
        """
        readings = Readings()
        matches = [(self.compare(record, readings), record) for record in records if record.id not in taken]
        if alike := [record for match, record in matches if match is Match.ALIKE]:
            return self._first_made(alike)
        if nearly := [record for match, record in matches if match is Match.NEARLY]:
            raise CannotTellError(words("{nearly}, or nearly so", nearly=self._seen(nearly)))
        return None

    def is_alike(self, record: R) -> bool:
        """Whether a record is as the wanted one would be, whoever made it and when."""
        return self.compare(record, Readings()) is Match.ALIKE

    def contradiction(self, record: R, grounds: Grounds | None) -> str:
        """Why a record cannot be the answer to the request; empty where it can.

        Args:
            record: What was answered.
            grounds: What it is judged by, where another call was answered with it before.
        """
        if grounds is not None and self.shows_what_was_sent:
            is_other = self.compare(record, grounds.moments) is Match.OTHER
            if is_other or grounds.horizon.age(self._made_at(record)) is Age.OLD:
                return words("it names {id}, which was the answer to another", id=record.id)
        return self.says_otherwise(record)

    def learn(self, record: R, evidence: Evidence, answer: Answer) -> None:
        """Learns how the service writes moments that it was told, and when a record was made."""
        self.learn_moments(record, evidence.moments)
        evidence.learn_age(self._made_at(record), answer.headers, self.zone)

    def identifier(self, record: R) -> str:
        """Its id."""
        return record.id

    def _may_be(self, bad: UnreadableRecord, grounds: Grounds) -> bool:
        """Whether a record that cannot be read may be the one: not if it is another call's, or older than this."""
        if bad.identifier in grounds.claimed:
            return False
        made = bad.field(json_name(self.made)) if self.made is not None else None
        try:
            return not isinstance(made, str) or grounds.horizon.age(read_moment(made)) is not Age.OLD
        except ValueError:
            return True

    def _seen(self, records: Iterable[R]) -> str:
        return words(
            "the portal has {records} with the same {likeness}",
            records=", ".join(record.id for record in records),
            likeness=self.likeness,
        )

    def _why_ageless(self, grounds: Grounds) -> str:
        if not grounds.horizon.is_known:
            return words("the answer carries no Date header")
        if self.made is None:
            return words("the portal does not say when it was made")
        return words("it can be read as made before and since")

    def _made_at(self, record: R) -> datetime | None:
        return None if self.made is None else getattr(record, self.made)

    def _first_made(self, records: Iterable[R]) -> R:
        return min(records, key=lambda record: (self.comes_last(record), self._made_at(record)))
