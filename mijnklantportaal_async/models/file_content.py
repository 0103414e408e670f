"""A file to be sent: its bytes, and what it is called."""

import mimetypes
import os
from pathlib import Path
from typing import Self

import attrs

from mijnklantportaal_async.values.checks import check_text


@attrs.frozen(kw_only=True)
class FileContent:
    """A file to be sent to the portal. It is held in memory, so that it can be sent again.

    Raises:
        TypeError: A field is of another type.
        ValueError: The name cannot be right.
    """

    name: str
    """What the file is called, such as `contract.pdf`."""
    content: bytes
    """Its bytes."""
    media_type: str = "application/octet-stream"
    """What kind of file it is, such as `application/pdf`."""

    def __attrs_post_init__(self) -> None:
        check_text(self.name, "name")
        check_text(self.media_type, "media_type")
        if not isinstance(self.content, bytes):
            raise TypeError(f"content must be bytes, not {type(self.content).__name__}")

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """A file of this machine. Reads it at once: inside a web app, call it in a thread.

        Raises:
            OSError: It cannot be read.
        """
        media_type = mimetypes.guess_type(os.fspath(path))[0] or "application/octet-stream"
        return cls(name=Path(path).name, content=Path(path).read_bytes(), media_type=media_type)

    def __repr__(self) -> str:
        return f"FileContent({self.name!r}, {len(self.content)} bytes, {self.media_type})"
