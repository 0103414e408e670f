"""How a call ends that did not go well, and who hears of it. Part of `fastapi_booking.py` and `telegram_bot.py`.

The person who books can mend what they typed, or wait. Everything else is for the owner's log: keys, scopes, licences,
and what nobody knows. Texts of errors and of the portal are written for programmers; no visitor and no chat gets them.
"""

import enum
import json
import logging
import math
import re
import secrets
from collections.abc import Collection, Mapping
from pathlib import Path

from mijnklantportaal_async import (
    AuthenticationError,
    BadRequestError,
    CallTimeoutError,
    ConflictError,
    ConnectError,
    ConnectionLostError,
    DownloadError,
    LicenceError,
    LinkExpiredError,
    MijnKlantportaalError,
    NotFoundError,
    Outcome,
    PermissionDeniedError,
    RateLimitedError,
    RateLimitError,
    RateLimitWaitError,
    ServerError,
    TokenRefreshError,
    ValidationError,
)

_logger = logging.getLogger("owner")


class Ending(enum.Enum):
    """What became of a call, as far as the person who asked for it is concerned."""

    WRONG_INPUT = enum.auto()
    """Something that they typed is not accepted; they can correct it."""
    NOT_THEN = enum.auto()
    """The calendar forbids it; another time may do."""
    BUSY = enum.auto()
    """The calls of the key are used up; they can wait."""
    OUT_OF_REACH = enum.auto()
    """The portal cannot be reached, and nothing was done; they can try again."""
    FOR_THE_OWNER = enum.auto()
    """Nothing was done, and trying again does not help until the owner has mended it."""
    DONE = enum.auto()
    """It was done; only the answer could not be read."""
    IN_DOUBT = enum.auto()
    """It may have been done. The owner looks, and tells them."""


# Where nothing was done. A kind that is not here is for the owner.
ENDINGS: Mapping[type[MijnKlantportaalError], Ending] = {
    AuthenticationError: Ending.FOR_THE_OWNER,
    PermissionDeniedError: Ending.FOR_THE_OWNER,
    LicenceError: Ending.FOR_THE_OWNER,
    TokenRefreshError: Ending.FOR_THE_OWNER,
    BadRequestError: Ending.FOR_THE_OWNER,
    NotFoundError: Ending.FOR_THE_OWNER,
    ValidationError: Ending.FOR_THE_OWNER,  # unless it is about something that they typed
    ConflictError: Ending.NOT_THEN,
    RateLimitedError: Ending.BUSY,
    RateLimitWaitError: Ending.BUSY,
    ConnectError: Ending.OUT_OF_REACH,  # unless it is permanent
    ConnectionLostError: Ending.OUT_OF_REACH,
    CallTimeoutError: Ending.OUT_OF_REACH,
    ServerError: Ending.OUT_OF_REACH,
    DownloadError: Ending.OUT_OF_REACH,
    LinkExpiredError: Ending.OUT_OF_REACH,
}


def ending_of(error: BaseException, *, typed: Collection[str] = (), reads: bool = False) -> Ending:
    """Sorts what a call has raised.

    Args:
        error: Anything.
        typed: What the package calls the fields that the person filled in.
        reads: Whether the call only reads, so that its outcome does not matter.
    """
    if any(field in typed for field in fields_at_fault(error)):
        return Ending.WRONG_INPUT
    if isinstance(error, ValueError):
        return Ending.FOR_THE_OWNER  # refused before it was sent, and nothing that they typed
    if not isinstance(error, MijnKlantportaalError):
        return Ending.FOR_THE_OWNER if reads else Ending.IN_DOUBT
    match error.outcome:
        case Outcome.UNKNOWN:
            return Ending.OUT_OF_REACH if reads else Ending.IN_DOUBT
        case Outcome.APPLIED:
            return Ending.FOR_THE_OWNER if reads else Ending.DONE
        case _ if isinstance(error, ConnectError) and error.is_permanent:
            return Ending.FOR_THE_OWNER
        case _:
            return ENDINGS.get(type(error), Ending.FOR_THE_OWNER)


def fields_at_fault(error: BaseException) -> list[str]:
    """What the package calls the arguments that were refused, by itself or by the portal."""
    match error:
        case ValidationError():
            return list(error.errors)
        case ValueError():
            return re.findall(r"\A\w+", str(error))  # its messages begin with the name
        case _:
            return []


def seconds_to_wait(error: BaseException) -> int:
    """When it makes sense to try again."""
    known = error.retry_after if isinstance(error, RateLimitError) else None
    return max(1, math.ceil(60 if known is None else known))


def in_words(seconds: int) -> str:
    """A time to wait: `42 seconds`, `3 minutes`."""
    if seconds >= 120:
        return f"{math.ceil(seconds / 60)} minutes"
    return "a second" if seconds == 1 else f"{seconds} seconds"


class Owner:
    """Whoever runs the page or the bot. Hears, in the log, of what went wrong and what to do about it.

    Args:
        in_doubt: Where those are noted who wait for word about what nobody knows: the log has no names.
    """

    def __init__(self, in_doubt: Path = Path("bookings-in-doubt.jsonl")) -> None:
        self._in_doubt = in_doubt

    def hears_of(
        self,
        error: BaseException,
        deed: str,
        whom: Mapping[str, object],
        *,
        typed: Collection[str] = (),
        reads: bool = False,
    ) -> Ending:
        """Sorts what a call has raised, and writes down what is for the owner: once for each call.

        Args:
            error: What was raised.
            deed: What was asked for, with day and time, and without names.
            whom: Who asked for it; only noted where they have to be told more.
            typed: What the package calls the fields that they filled in.
            reads: Whether the call only reads.
        """
        ending = ending_of(error, typed=typed, reads=reads)
        match ending:
            case Ending.IN_DOUBT:
                self._has_to_look(error, deed, whom)
            case Ending.FOR_THE_OWNER:
                _logger.error("%s failed, and will fail until it is mended: %s", deed, error or type(error).__name__)
            case Ending.DONE:
                _logger.error("%s was done, and the answer could not be read: %s", deed, error)
            case Ending.WRONG_INPUT:
                # Not the text: it repeats what they typed.
                _logger.info("%s was not done: %s refused", deed, ", ".join(fields_at_fault(error)))
            case _:
                _logger.warning("%s was not done: %s", deed, error)
        return ending

    def _has_to_look(self, error: BaseException, deed: str, whom: Mapping[str, object]) -> None:
        number = secrets.token_hex(4)
        how = getattr(error, "how_to_check", "") or "Look in the portal."
        _logger.error(
            "NOBODY KNOWS whether this was done: %s, request %s (%s). %s Then tell whoever %s names under that number.",
            *(deed, number, type(error.__cause__ or error).__name__, how, self._in_doubt),
            # Anything but the package's own is a fault in a program.
            exc_info=error if isinstance(error, Exception) and not isinstance(error, MijnKlantportaalError) else None,
        )
        look_error = getattr(error, "look_error", None)
        if look_error is not None and ending_of(look_error) is Ending.FOR_THE_OWNER:
            _logger.error("the package could not look by itself, and cannot until it is mended: %s", look_error)
        try:
            self._in_doubt.touch(mode=0o600)
            with self._in_doubt.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps({"request": number, "asked_for": deed, **whom}) + "\n")
        except OSError as problem:
            # Names in the log are bad; somebody who waits for word that never comes is worse.
            _logger.error("%s, request %s, cannot be noted: %s. Tell %s", deed, number, problem, dict(whom))
