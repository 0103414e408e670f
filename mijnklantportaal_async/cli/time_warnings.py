"""Says it when the portal answers with another time than the one that was asked for."""

import warnings
from collections.abc import Generator
from contextlib import contextmanager
from typing import cast

from mijnklantportaal_async.cli.terminal import Terminal
from mijnklantportaal_async.errors import PortalTimeWarning
from mijnklantportaal_async.texts.words import told_by, words

_MOST_WARNINGS = 5


@contextmanager
def said_afterwards(terminal: Terminal) -> Generator[None, None, None]:
    """Collects the warnings as long as this lasts, and says them when it is over."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", PortalTimeWarning)
        yield
    texts = [
        told_by(cast("Warning", warning.message))
        for warning in caught
        if issubclass(warning.category, PortalTimeWarning)
    ]
    for text in texts[:_MOST_WARNINGS]:
        terminal.say(words("Warning: {text}.", text=text), "yellow")
    if len(texts) > _MOST_WARNINGS:
        terminal.say(
            words("Warning: {more} more appointments like these.", more=len(texts) - _MOST_WARNINGS),
            "yellow",
        )
