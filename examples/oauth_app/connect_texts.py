"""What visitors read, in Dutch or English: by the language of their browser."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from babel.dates import format_datetime

Language = Literal["en", "nl"]

_LANGUAGES: Mapping[str, Language] = {"en": "en", "nl": "nl"}

DUTCH = {
    "Connect your portal": "Koppel uw portaal",
    "Connect": "Koppelen",
    "Your appointments": "Uw afspraken",
    "None this week.": "Geen deze week.",
    "Disconnect": "Ontkoppelen",
    "Back": "Terug",
    "Please begin here.": "Begin hier.",
    "The portal does not let us in any more. Please connect it again.": (
        "Het portaal laat ons niet meer toe. Koppel het opnieuw."
    ),
    "Your portal is busy. Please come back in {wait} seconds.": "Uw portaal is druk. Kom over {wait} seconden terug.",
    "Your appointments cannot be shown right now.": "Uw afspraken kunnen nu niet getoond worden.",
    "Your portal was not connected. The portal says: {description}": (
        "Uw portaal is niet gekoppeld. Het portaal zegt: {description}"
    ),
    "That did not work. Please connect your portal again.": "Dat is niet gelukt. Koppel uw portaal opnieuw.",
    "We cannot connect portals right now.": "We kunnen nu geen portalen koppelen.",
    "The portal does not answer. Please connect it again in a minute.": (
        "Het portaal antwoordt niet. Koppel het over een minuut opnieuw."
    ),
}


def language_of(accepted: str) -> Language:
    """The language of a browser, by its `Accept-Language`: the one that it names first."""
    for part in accepted.split(","):
        if (language := _LANGUAGES.get(part.split(";")[0].strip().lower()[:2])) is not None:
            return language
    return "en"


def say(language: Language, text: str, **values: object) -> str:
    """A text in a language."""
    return (DUTCH[text] if language == "nl" else text).format(**values)


def moment_in_words(language: Language, moment: datetime) -> str:
    """Such as `Friday 5 March, 14:30`."""
    return format_datetime(moment.replace(tzinfo=None), "EEEE d MMMM, HH:mm", locale=language)
