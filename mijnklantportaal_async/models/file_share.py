"""The records of the File Share API."""

from datetime import datetime

import attrs

from mijnklantportaal_async.models.files import FileOrDirectory
from mijnklantportaal_async.models.record import PERHAPS_NULL, Link, Record


@attrs.frozen(kw_only=True)
class FileShareLinks(Record):
    """Addresses that belong to a file share."""

    customer: Link | None = None
    """The customer, in the API."""
    public_share: Link | None = None
    """The public page."""


@attrs.frozen(kw_only=True)
class FileShare(Record):
    """Files and directories that are shared."""

    id: str
    """ID, `fss_...`."""
    shared_with_customer_id: str | None = None
    """Customer they are shared with, `cst_...`; None for a public link."""
    shared_content: tuple[FileOrDirectory, ...] = attrs.field(default=(), metadata=PERHAPS_NULL)
    """What is shared."""
    created_at: datetime
    """When it was made, aware."""
    links: FileShareLinks = attrs.field(factory=FileShareLinks, metadata=PERHAPS_NULL)
    """Addresses that belong to it."""
