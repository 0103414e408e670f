"""The records of the Files API."""

from datetime import datetime
from pathlib import Path

import attrs

from mijnklantportaal_async.models.record import Record
from mijnklantportaal_async.values.open_enum import OpenStrEnum


class FileType(OpenStrEnum):
    """What lies in the file storage."""

    FILE = "file"
    DIRECTORY = "directory"


@attrs.frozen(kw_only=True)
class FileOrDirectory(Record):
    """One stored file, or one directory."""

    id: str
    """ID, `fsf_...` of a file, `fsd_...` of a directory."""
    type: FileType
    """Which of the two."""
    name: str
    """What it is called."""
    size: int | None = None
    """Bytes; None for a directory."""
    mime: str | None = None
    """Media type; None for a directory."""
    file_share_id: str | None = None
    """File share it is part of, `fss_...`, if any."""
    created_at: datetime
    """When it was made, aware."""


@attrs.frozen(kw_only=True)
class SavedFile:
    """A file that was fetched from the portal and is on this machine now."""

    path: Path
    """Where it is."""
    size: int
    """Bytes."""
    content_type: str
    """Media type by its host; empty where that says none."""
    is_verified: bool
    """Whether anything told how long it is. False: it ended when the connection did, and may not be whole."""


@attrs.frozen(kw_only=True)
class CloudFile(Record):
    """A temporary link to a stored file, on another host. Never send the API key there."""

    link: str = attrs.field(repr=False)
    """URL of the file. Whoever has it can read the file, so it shows in no `repr`."""
    expires_at: datetime
    """When the URL stops working, aware: 5 minutes after it was made."""
