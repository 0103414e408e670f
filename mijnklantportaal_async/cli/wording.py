"""What the package says to programmers, in the words of the command."""

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

LONGEST_QUOTE = 60
"""Characters of what somebody wrote that a message repeats."""

_WORDS: Sequence[tuple[str, str]] = (
    (r"(, or|\. Or) give Timeouts\([^)]*\) more seconds", ""),
    (r" \(Timeouts\.\w+\)", ""),
    (r"\bTimeouts\.call ended", "the time of the call ended"),
    (r"\bTimeouts\.\w+", "its time limit"),
    (r"\bReconcilePolicy\.settle\b", "the settle time"),
    (r" The raw answer is in `\.body`\.", ""),
    (r"\bIf the arguments look right to you, report it with the body above\b", "If the fields look right, report it"),
    (r"\bCorrect the arguments\b", "Correct the fields"),
    (r"\bCall again\b", "Give the command again"),
    (r"\bcall again\b", "give the command again"),
    (r"\bcalling again\b", "giving the command again"),
    (r"\bbase_url and proxy\b", "--base-url and the proxy"),
    (r"(?<![\w-])base_url=?", "--base-url "),
    (r"\bwith list_appointments\b", "with `mijnklantportaal list`"),
)
_LETTERS = {"t": "a tab", "n": "a line break", "r": "a line break"}


def in_command_words(text: str) -> str:
    """A sentence of the package, for somebody who gives a command."""
    for pattern, words in _WORDS:
        text = re.sub(pattern, words, text)
    # A field that was given several times: people count from one.
    text = re.sub(r"(?<=\w)\[(\d+)\](?==)", lambda found: f" (number {int(found[1]) + 1})", text)
    text = re.sub(r"the control character '\\([tnr])' at position (\d+)", _letter, text)
    return re.sub(rf"='([^']{{{LONGEST_QUOTE}}})[^']+'", r"='\1…'", text)


def with_local_times(text: str, zone: ZoneInfo) -> str:
    """The same with its moments as the portal's clock shows them."""
    return re.sub(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d\b", lambda found: _local(found[0], zone), text)


def _local(text: str, zone: ZoneInfo) -> str:
    moment = datetime.fromisoformat(text).astimezone(zone)
    return f"{moment:%d-%m-%Y %H:%M:%S}" if moment.second else f"{moment:%d-%m-%Y %H:%M}"


def _letter(found: re.Match[str]) -> str:
    return f"{_LETTERS[found[1]]} at position {int(found[2]) + 1}"
