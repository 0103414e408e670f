"""Columns that change what a row means, whatever else it says: canceled, all day, repeating, in another time zone."""

import enum
import re
from collections.abc import Collection

from mijnklantportaal_async.files.headers import plain, words_of
from mijnklantportaal_async.files.words import listed, says_nothing
from mijnklantportaal_async.files.zones import is_zone


class Meaning(enum.StrEnum):
    """What such a column says."""

    STATUS = "status"
    """How the row stands, in a word."""
    CANCELED = "canceled"
    """Yes, where it is off."""
    ABOUT_CANCELING = "about canceling"
    """When, by whom or why it was called off: empty where it was not."""
    ALL_DAY = "all day"
    """Yes, where its times count for nothing."""
    GOES_ON = "goes on"
    """No, where it is off: whether it takes place, was attended, is active."""
    CONFIRMED = "confirmed"
    """No, where nobody knows yet whether it takes place."""
    MAY_SAY_OFF = "may say that it is off"
    """A column of anything, with a word such as `canceled` in some rows."""
    MOVED = "moved"
    """Yes or where to, where its times may be the old ones."""
    HALF_DAY = "half day"
    """AM or PM, apart from the time that it belongs to."""
    REPEATS = "repeats"
    """Yes or a rule, where it stands for several."""
    TIME_ZONE = "time zone"
    """The zone of its times."""
    INACTIVE = "inactive"
    """Yes, where a customer is one no longer."""
    ACTIVE = "active"
    """No, where a customer is one no longer."""


_OFF = ("cancel", "annul", "afgezegd", "afgemeld", "afgelast", "noshow", "nietverschenen", "nietgekomen", "declined")
_OFF_TOO = ("deleted", "verwijderd", "vervallen", "geweigerd")
_ALL_DAY = (
    *("allday", "heledag", "geheledag", "heeldedag", "wholeday", "fullday", "dagvullend", "ganztagig"),
    *("volledigedag", "completedag", "dagafspraak", "dagevenement", "journeeentiere"),
)
_REPEATS = ("recurr", "herhal", "herhaal", "repeat", "rrule", "terugker", "terugkeer", "aantalkeer")
_REPEATS_TOO = listed("frequentie frequency reeks serie series")
_ZONE = ("timezone", "tijdzone", "zeitzone", "tzid", "utcoffset", "gmtoffset", "fuseauhoraire")
_MOVED = ("rescheduled", "verplaatst", "verzetnaar", "isverzet", "nieuwedatum", "newdate", "nieuwetijd", "movedto")
_GOES_ON = listed(
    "gaatdoor gaathetdoor doorgegaan attended aanwezig verschenen gekomen opgedaagd active actief isactive isactief "
    "enabled rsvp going komt"
)
_CONFIRMED = listed("confirmed bevestigd akkoord geaccepteerd accepted approved goedgekeurd isconfirmed definitief")
_INACTIVE = ("inactief", "inactive", "nonactief", "geblokkeerd", "blocked", "gearchiveerd", "archived", "opgeheven")

_STATUS = listed("state bookingstate eventstate appointmentstate toestand aanwezigheid attendance partstat")

_OF_SOMETHING_ELSE = listed(
    "payment betaal betaling factuur invoice paid sync mail email sms reminder herinnering order"
)
_DETAILS = listed(
    "reason reden by door at on op date datum time tijd note notes opmerking comment toelichting moment wanneer"
)
_DETAIL_ENDINGS = ("reden", "datum", "door", "toelichting", "opmerking", "moment")
_RULES = listed("policy beleid url link fee kosten termijn deadline terms voorwaarden before")


def meaning_for_appointments(header: str) -> Meaning | None:
    """What a column says that an appointment depends on; None for any other."""
    name, words = plain(header), set(words_of(header))
    if _is_of_something_else(header):
        return None
    if any(part in name for part in _ALL_DAY):
        return Meaning.ALL_DAY
    if any(part in name for part in _ZONE) or name in {"tz", "zone", "offset"}:
        # Microsoft tells where an event was made too; its times are meant in the zone that stands beside them.
        return None if name.startswith("original") else Meaning.TIME_ZONE
    if any(part in name for part in _MOVED):
        return Meaning.MOVED
    if any(part in name for part in (*_OFF, *_OFF_TOO)):
        if words & _RULES:
            return None
        is_detail = words & _DETAILS or name.endswith(_DETAIL_ENDINGS)
        return Meaning.ABOUT_CANCELING if is_detail else Meaning.CANCELED
    if name.endswith("status") or name in _STATUS:
        return Meaning.STATUS
    if name in _GOES_ON:
        return Meaning.GOES_ON
    if name in _CONFIRMED:
        return Meaning.CONFIRMED
    if (any(part in name for part in _REPEATS) and "id" not in words) or name in _REPEATS_TOO:
        return Meaning.REPEATS
    return None


def meaning_by_cells(header: str, cells: Collection[str]) -> Meaning | None:
    """What a column says that an appointment depends on, by what stands in it and whatever it is called.

    Args:
        header: Its name.
        cells: What stands in it; none is empty.
    """
    if _is_of_something_else(header) or set(words_of(header)) & _RULES or "beleid" in plain(header):
        return None
    if (
        cells
        and not plain(header).startswith("original")
        and all(_IS_ZONE.fullmatch(cell) and is_zone(cell) for cell in cells)
    ):
        return Meaning.TIME_ZONE
    if cells and all(_IS_HALF_DAY.fullmatch(cell) for cell in cells):
        return Meaning.HALF_DAY
    if any(says_off(cell) or says_repeats(cell) for cell in cells):
        return Meaning.MAY_SAY_OFF
    return None


def _is_of_something_else(header: str) -> bool:
    return bool(set(words_of(header)) & _OF_SOMETHING_ELSE) or plain(header).startswith(("betaal", "factuur"))


def meaning_for_customers(header: str) -> Meaning | None:
    """What a column says that a customer depends on; None for any other."""
    name = plain(header)
    if any(part in name for part in (*_INACTIVE, *_OFF_TOO[:2])):
        return Meaning.INACTIVE
    if name in {"actief", "active", "isactief", "isactive"}:
        return Meaning.ACTIVE
    return Meaning.STATUS if name in {"status", "klantstatus", "relatiestatus", "customerstatus"} else None


# --- what a cell of them says ----------------------------------------------------------------------------------

_STATUS_OFF = listed(
    "cancel annul afgezegd afgemeld afgelast noshow nietverschenen nietgekomen declined geweigerd afgewezen rejected "
    "refused deleted verwijderd vervallen vervalt expired verlopen nietdoorgegaan gaatnietdoor gaatnietmeerdoor "
    "storniert abgesagt withdrawn ingetrokken removed voided uitgevallen missed gemist afwezig absent"
)
_STATUS_ON = listed(
    "confirmed confirm bevestigd akkoord definitief final scheduled gepland ingepland planned booked geboekt "
    "reserved gereserveerd accepted geaccepteerd approved goedgekeurd active actief new nieuw ok oke ja yes open "
    "openstaand busy bezet tentative voorlopig optie option completed complete afgerond voltooid done klaar "
    "attended aanwezig verschenen present gekomen paid betaald unpaid onbetaald nietbetaald gefactureerd invoiced "
    "upcoming aanstaand public private normal normaal created aangemaakt needsaction notresponded "
    "tentativelyaccepted organizer"
)
_INACTIVE_WORDS = ("inactief", "inactive", "nonactief", "niet actief", "geblokkeerd", "blocked", "gearchiveerd")
_OFF_WORD = (
    r"(?:cancell?ed|gecancell?e?d|geannuleerd|afgezegd|afgemeld|afgelast|vervallen|vervalt|declined|geweigerd|"
    r"afgewezen|abgesagt|storniert|annul\u00e9e?|cancelado|annullato|cancellato|no[ -]?show|"
    r"niet (?:verschenen|gekomen)|gaat niet door)"
)
_SAYS_OFF = re.compile(_OFF_WORD + r"(?:\s+(?:by|door|op|on|at|wegens|ivm)\b.*)?[.!]?", re.IGNORECASE)
_SAYS_REPEATS = re.compile(
    r"(?:RRULE:)?FREQ=.*|(?:daily|weekly|monthly|yearly|biweekly|dagelijks|wekelijks|tweewekelijks|maandelijks|jaarlijks)|"
    r"(?:elke|iedere|every) (?:\w+ )?(?:dag|week|maand|jaar|\w*dag|day|month|year|\w*day)",
    re.IGNORECASE,
)
_IS_HALF_DAY = re.compile(r"\s*[apvn]\.?\s?m\.?\s*", re.IGNORECASE)
# A column of letters such as NL or PT is no column of zones.
_IS_ZONE = re.compile(r"\w+/[\w/]+|(?:UTC|GMT)(?:[+-]\d.*)?|\((?:UTC|GMT).*|.* Standard Time", re.IGNORECASE)
_TITLE_OFF = re.compile(
    rf"(?:(?:fw|fwd|re|tr)\s*:\s*)*(?:{_OFF_WORD}(?: (?:event|meeting|afspraak|invitation)(?: with note)?)?\s*"
    rf"(?::|\s-\s|\u2013)|geannuleerde (?:afspraak|vergadering|gebeurtenis)\s*:|[\[(]\s*{_OFF_WORD}\s*[\])])|"
    rf".*\S(?:\s*[\[(]\s*{_OFF_WORD}\s*[!.]?[\])]|\s+[-\u2013]\s+{_OFF_WORD})\s*$",
    re.IGNORECASE | re.DOTALL,
)
_TITLE_MAYBE_OFF = re.compile(rf"{_OFF_WORD}\s+\S|.*\s{_OFF_WORD}\s*[!.]?$", re.IGNORECASE | re.DOTALL)


def is_off_by_status(text: str) -> bool | None:
    """Whether a status says that a row is off; None when nobody knows what it says."""
    word = plain(text)
    if not word or says_nothing(text):
        return False
    if any(part in word for part in _STATUS_OFF):
        # "Not canceled" says the contrary.
        return None if re.search(r"\b(?:not|niet|un)\s*(?:cancel|ge?annul|afge)", text, re.IGNORECASE) else True
    first = plain(re.split(r"[\s(,:-]", text.strip(), maxsplit=1)[0])
    return False if word in _STATUS_ON or first in _STATUS_ON else None


def is_inactive_by_status(text: str) -> bool:
    """Whether a status says that a customer is one no longer."""
    return any(text.casefold().startswith(word) for word in _INACTIVE_WORDS)


def says_off(text: str) -> bool:
    """Whether a cell of any column says, as a whole, that its row is off."""
    return _SAYS_OFF.fullmatch(text.strip()) is not None


def says_repeats(text: str) -> bool:
    """Whether a cell of any column says, as a whole, how its row repeats."""
    return _SAYS_REPEATS.fullmatch(text.strip()) is not None


def is_off_by_title(title: str) -> bool:
    """Whether a program or a person wrote before or behind the title that the event is off."""
    return _TITLE_OFF.match(title.strip()) is not None


def may_be_off_by_title(title: str) -> bool:
    """Whether a title begins or ends with a word such as `canceled`, which may be about something else."""
    return not is_off_by_title(title) and _TITLE_MAYBE_OFF.match(title.strip()) is not None
