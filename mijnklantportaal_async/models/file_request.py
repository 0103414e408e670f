"""The records of the File Request API.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/file-request-api/get-file-request
"""

from datetime import datetime

import attrs

from mijnklantportaal_async.models.record import PERHAPS_NULL, Link, Record
from mijnklantportaal_async.values.checks import check_line, check_prose, check_truth, check_whole
from mijnklantportaal_async.values.unset import UNSET, UnsetType


@attrs.frozen(kw_only=True)
class RequestedFile(Record):
    """One of the files that are asked for. Only an example of it could be read, so nothing but the id is certain."""

    id: str
    """ID, `fqf_...`."""
    name: str | None = None
    """What it is called."""
    description: str | None = None
    """What is wanted, for whoever uploads."""
    required: bool | None = None
    """Whether it has to be delivered."""
    max_file_size: int | None = None
    """Its size at the most; kilobytes, by the looks of it."""
    uploaded_file_id: str | None = None
    """The delivered file, `fsf_...`; None until then."""


@attrs.frozen(kw_only=True)
class FileRequestLinks(Record):
    """Addresses that belong to a file request."""

    customer: Link | None = None
    """The customer, in the API."""
    public_request: Link | None = None
    """The public page, by its name."""


@attrs.frozen(kw_only=True)
class FileRequest(Record):
    """A request for files."""

    id: str
    """ID, `frq_...`."""
    name: str
    """Name shown in the portal."""
    description: str | None = None
    """Why they are asked for, shown to whoever uploads."""
    directory_id: str | None = None
    """Directory that receives the files, `fsd_...`, if set."""
    customer_id: str | None = None
    """Customer who is asked, `cst_...`; None for a public link."""
    requested_files: tuple[RequestedFile, ...]
    """The files that are asked for."""
    completed_at: datetime | None = None
    """When they were delivered, aware; None until then."""
    created_at: datetime
    """When it was made, aware."""
    links: FileRequestLinks = attrs.field(factory=FileRequestLinks, metadata=PERHAPS_NULL)
    """Addresses that belong to it."""


@attrs.frozen(kw_only=True)
class NewRequestedFile:
    """A file to ask for. Checked when it is made.

    Raises:
        TypeError: A field is of another type.
        ValueError: A field cannot be right; the message says what to do.
    """

    name: str
    """What it is called."""
    description: str | UnsetType = UNSET
    """What is wanted, for whoever uploads."""
    required: bool | UnsetType = UNSET
    """Whether it has to be delivered."""
    max_file_size: int | UnsetType = UNSET
    """Its size at the most; kilobytes, by the looks of it."""

    def __attrs_post_init__(self) -> None:
        check_line(self.name, "name")
        for field, check in (("description", check_prose), ("required", check_truth), ("max_file_size", check_whole)):
            if (value := getattr(self, field)) is not UNSET:
                check(value, field)
