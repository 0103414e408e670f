"""A file to be sent: where its bytes come from, and what it is called."""

import mimetypes
import os
import re
from collections.abc import AsyncIterable, Callable
from typing import Any, BinaryIO, TypeAlias

import attrs

from mijnklantportaal_async.values.checks import check_count, check_text

FileSource: TypeAlias = bytes | str | os.PathLike[str] | BinaryIO | AsyncIterable[bytes]
"""Where the bytes of a file come from: themselves, a path, a file that was opened to read bytes, or an iterator.

A path is opened and closed for each request. What the caller opened, only the caller closes.
"""

Progress: TypeAlias = Callable[[int, int | None], object]
"""Called with the bytes of the file that have moved in this attempt, and with how many there are if that is known."""

UNKNOWN_TYPE = "application/octet-stream"

# The table that Python comes with, and no file of the machine: the same everywhere, and nothing to read.
_TYPES = mimetypes.MimeTypes(filenames=())
_MEDIA_TYPE = re.compile(r"[\w.+!#$&^-]+/[\w.+!#$&^-]+( *;[\x20-\x7e]*)?", re.ASCII)


@attrs.frozen
class FileContent:
    """A file to be sent to the portal, with what is to be said of it.

    Operations that need nothing said take the source itself: `upload_file("contract.pdf")`.

    Raises:
        TypeError: An argument is of another type, or a file gives text instead of bytes.
        ValueError: There is no name, or it cannot be right.
    """

    source: FileSource = attrs.field(repr=False)
    """A path (`str` or `pathlib.Path`), bytes, a file opened with `"rb"`, or an async iterator of bytes. A file is sent
    from where it stands. What has no length is kept in a temporary file first, unless `size` says it."""
    filename: str = ""
    """What it is called, as in `contract.pdf`. That of the path when left out; the last segment counts."""
    content_type: str = ""
    """What kind of file it is, as in `application/pdf`; by its name when left out."""
    progress: Progress | None = attrs.field(default=None, kw_only=True, repr=False, eq=False)
    """Called on the event loop with the bytes that have left in this attempt, and all. Each attempt begins with 0."""
    size: int | None = attrs.field(default=None, kw_only=True)
    """Bytes, of a source that has no length. It is then sent while it is read, once: nothing can be sent again. More or
    fewer bytes are an error."""

    def __attrs_post_init__(self) -> None:
        _check_source(self.source, "source")
        name = _last_segment(self.filename) if self.filename else _name_of(self.source)
        object.__setattr__(self, "filename", _check_name(name))
        kind = self.content_type or _TYPES.guess_type(name)[0] or UNKNOWN_TYPE
        if not _MEDIA_TYPE.fullmatch(check_text(kind, "content_type")):
            raise ValueError(f"content_type={kind!r} is no media type; write it as 'application/pdf'")
        object.__setattr__(self, "content_type", kind)
        if self.progress is not None and not callable(self.progress):
            raise TypeError(f"progress must be a function, not {type(self.progress).__name__}")
        if self.size is not None:
            check_count(self.size, "size", least=0)

    @classmethod
    def of(
        cls,
        given: "FileContent | FileSource",
        field: str,
        *,
        filename: str | None = None,
        content_type: str | None = None,
        progress: Progress | None = None,
    ) -> "FileContent":
        """What was given for a field, with what else was said of it; that goes before what it says itself.

        Raises:
            TypeError: It is no file.
            ValueError: There is no name, or it cannot be right.
        """
        if not isinstance(given, FileContent):
            _check_source(given, field)
            return cls(given, filename or "", content_type or "", progress=progress)
        if filename is None and content_type is None and progress is None:
            return given
        return cls(
            given.source,
            filename or given.filename,
            content_type or given.content_type,
            progress=progress or given.progress,
            size=given.size,
        )


def _check_source(source: Any, field: str) -> None:
    if isinstance(source, (bytes, str, os.PathLike)) or hasattr(source, "__aiter__"):
        return
    if not callable(getattr(source, "read", None)):
        raise TypeError(
            f"{field} must be a path, bytes, a file opened with 'rb' or an async iterator of bytes, "
            f"not {type(source).__name__}"
        )
    # Whatever reads text has an encoding, be it None.
    if hasattr(source, "encoding"):
        raise TypeError(f"{field} {_name_of(source)!r} was opened to read text; open it with 'rb'")


def _name_of(source: Any) -> str:
    if isinstance(source, (str, os.PathLike)):
        return _last_segment(os.fspath(source))
    name = getattr(source, "name", None)
    # Of a file without a name it is a number.
    return _last_segment(name) if isinstance(name, str) else ""


def _last_segment(path: Any) -> str:
    if not isinstance(path, str):
        raise TypeError(f"filename must be a str, not {type(path).__name__}")
    return re.split(r"[/\\]", path)[-1]


def _check_name(name: str) -> str:
    if not name or name in {".", ".."}:
        raise ValueError("nothing says what the file is called; give filename='contract.pdf'")
    if re.search("[\ud800-\udfff]", name):
        raise ValueError(f"the file name {name!r} is not UTF-8; give filename= with what it is called")
    return check_text(name, "filename")
