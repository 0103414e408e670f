"""What a word on the command line is: the name of a file, or an id."""

import re
from pathlib import Path

_IDENTIFIER = re.compile(r"[a-z]{2,4}_[A-Za-z0-9]+")


_RESULTS = {".csv", ".xlsx"}


def looks_like_a_file(text: str) -> bool:
    """Whether a word is meant as a file rather than as an id, there or not."""
    if Path(text).is_file():
        return True
    return _IDENTIFIER.fullmatch(text) is None and Path(text).suffix.lower() in _RESULTS
