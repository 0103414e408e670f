"""What visitors read, in Dutch or English: by the language of their browser. Part of `fastapi_booking.py`.

The code says everything in English. What each of it is in Dutch stands in `fastapi_booking_dutch.json`.
"""

import html
import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

Language = Literal["en", "nl"]

_LANGUAGES: Mapping[str, Language] = {"en": "en", "nl": "nl"}

DUTCH: Mapping[str, str] = json.loads(Path(__file__).with_name("fastapi_booking_dutch.json").read_text("utf-8"))

_DAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
_MONTHS = (
    *("januari", "februari", "maart", "april", "mei", "juni"),
    *("juli", "augustus", "september", "oktober", "november", "december"),
)
_MARK = re.compile(r"\[\[(.+?)\]\]")
_SCRIPT = re.compile(r"(?<=<script>).*?(?=</script>)", re.DOTALL)


def language_of(accepted: str) -> Language:
    """The language of a browser, by its `Accept-Language`: the one that it names first."""
    named = [part.split(";")[0].strip().lower()[:2] for part in accepted.split(",")]
    for name in named:
        if name in _LANGUAGES:
            return _LANGUAGES[name]
    return "en"


def say(language: Language, text: str, **values: object) -> str:
    """A text in a language."""
    return (DUTCH.get(text, text) if language == "nl" else text).format(**values)


def page_in(language: Language, source: str, **values: str) -> str:
    """The page: each text stands in it as `[[text]]`, also in its script."""
    said = _SCRIPT.sub(lambda found: _marked(language, found[0], values, lambda text: json.dumps(text)[1:-1]), source)
    return _marked(language, said, values, html.escape).replace('<html lang="en">', f'<html lang="{language}">')


def wait_in_words(language: Language, seconds: int) -> str:
    """Such as `42 seconds`, `3 minutes`."""
    if seconds >= 120:
        return say(language, "{minutes} minutes", minutes=math.ceil(seconds / 60))
    return say(language, "a second") if seconds == 1 else say(language, "{seconds} seconds", seconds=seconds)


def span_in_words(language: Language, starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> str:
    """Such as `Friday 5 March 2027, 14:30 to 15:30`."""
    starts, ends = starts_at.astimezone(zone), ends_at.astimezone(zone)
    if language == "nl":
        day = f"{_DAYS[starts.weekday()]} {starts.day} {_MONTHS[starts.month - 1]} {starts.year}"
        return f"{day}, {starts:%H:%M} tot {ends:%H:%M}"
    return f"{starts:%A} {starts.day} {starts:%B %Y}, {starts:%H:%M} to {ends:%H:%M}"


def _marked(language: Language, source: str, values: Mapping[str, str], escaped: Callable[[str], str]) -> str:
    return _MARK.sub(lambda found: escaped(say(language, found[1], **values)), source)
