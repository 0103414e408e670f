"""Files that did not come down."""

from typing import Any

from mijnklantportaal_async.errors.base import EXCERPT_LENGTH, MijnKlantportaalError
from mijnklantportaal_async.texts.words import words


class DownloadError(MijnKlantportaalError):
    """A file could not be fetched whole, and nothing of it was kept.

    `status` and `body` are what its host answered in place of the file, if it did; they say nothing about the portal.

    Attributes:
        is_permanent: Trying again does not help: the file is too large, its host refuses it or sends something else.
    """

    advice = words("Nothing was changed, here or in the portal. Call again.")

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        host: str = "",
        body: str = "",
        is_permanent: bool = False,
        **context: Any,
    ) -> None:
        super().__init__(message, **context)
        self.status, self.host, self.body = status, host, body[:EXCERPT_LENGTH]
        self.is_permanent = is_permanent

    def _advice(self) -> str:
        if self.is_permanent:
            return words("Nothing was changed, here or in the portal. Trying again without a change will not help.")
        return self.advice


class LinkExpiredError(DownloadError):
    """The link is not good any more: those of the portal are for 5 minutes."""

    advice = words(
        "Make a new link, with download_file for one; given the file's id, save_file makes its links itself."
    )
