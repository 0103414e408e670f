"""Columns that change what a row means, whatever else it says: canceled, all day, repeating, in another time zone."""

import enum
import re

from mijnklantportaal_async.files.headers import plain, words_of
from mijnklantportaal_async.files.words import listed, says_nothing


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
_ALL_DAY = ("allday", "heledag", "geheledag", "heeldedag", "wholeday", "fullday", "dagvullend", "ganztagig")
_REPEATS = ("recurr", "herhal", "herhaal", "repeat", "rrule", "terugker")
_ZONE = ("timezone", "tijdzone", "zeitzone", "tzid", "utcoffset", "gmtoffset")
_INACTIVE = ("inactief", "inactive", "nonactief", "geblokkeerd", "blocked", "gearchiveerd", "archived", "opgeheven")

_OF_SOMETHING_ELSE = listed(
    "payment betaal betaling factuur invoice paid sync mail email sms reminder herinnering order"
)
_DETAILS = listed(
    "reason reden by door at on op date datum time tijd note notes opmerking comment toelichting moment wanneer"
)
_RULES = listed("policy beleid url link fee kosten termijn deadline terms voorwaarden before")


def meaning_for_appointments(header: str) -> Meaning | None:
    """What a column says that an appointment depends on; None for any other."""
    name, words = plain(header), set(words_of(header))
    if words & _OF_SOMETHING_ELSE or name.startswith(("betaal", "factuur")):
        return None
    if any(part in name for part in _ALL_DAY):
        return Meaning.ALL_DAY
    if any(part in name for part in _ZONE) or name in {"tz", "zone", "offset"}:
        return Meaning.TIME_ZONE
    if any(part in name for part in (*_OFF, *_OFF_TOO)):
        if words & _RULES:
            return None
        return Meaning.ABOUT_CANCELING if words & _DETAILS else Meaning.CANCELED
    if name.endswith("status") or name in {"state", "toestand", "aanwezigheid", "attendance"}:
        return Meaning.STATUS
    if (any(part in name for part in _REPEATS) and "id" not in words) or name in {"frequentie", "frequency", "reeks"}:
        return Meaning.REPEATS
    return None


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
    "refused deleted verwijderd vervallen expired verlopen rescheduled verzet verplaatst nietdoorgegaan gaatnietdoor "
    "storniert abgesagt"
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
_TITLE_OFF = re.compile(
    r"(?:canceled|cancelled|geannuleerd|afgezegd|afgelast|vervallen|declined|geweigerd|afgewezen|abgesagt|annul\u00e9e?|"
    r"cancelado|annullato)\s*(?::|\s-\s|\u2013)",
    re.IGNORECASE,
)


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


def is_off_by_title(title: str) -> bool:
    """Whether a calendar program wrote before the title that the event is off."""
    return _TITLE_OFF.match(title.lstrip(" [(")) is not None
