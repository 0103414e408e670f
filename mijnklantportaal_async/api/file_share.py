"""The File Share API: files and directories for one customer, or behind a public link.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/file-share-api
"""

from __future__ import annotations

from collections.abc import Sequence

from mijnklantportaal_async import models
from mijnklantportaal_async.calling.body import Body
from mijnklantportaal_async.calling.operations import Operations
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.calling.wire import Look, creating, reading
from mijnklantportaal_async.values.checks import check_identifier
from mijnklantportaal_async.values.unset import UNSET, UnsetType

READ, WRITE = "fileshare.read", "fileshare.write"

LIST_FILE_SHARES = reading("list_file_shares", "/file-shares", scope=READ)
CREATE_FILE_SHARE = creating(
    "create_file_share",
    "/file-shares",
    scope=WRITE,
    look=Look(
        LIST_FILE_SHARES,
        ("content",),
        told={"content": "shared_content", "customer_id": "shared_with_customer_id"},
        left_out={"customer_id": None},
    ),
)


class FileShares(Operations):
    """The coroutines of the File Share API."""

    def list_file_shares(self, *, page: int = 1) -> Pager[models.FileShare]:
        """All file shares, page by page.

        Args:
            page: The page to begin with.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/file-share-api/list-file-shares
        """
        return self._list(LIST_FILE_SHARES, models.FileShare, page)

    async def create_file_share(
        self, content: Sequence[str], *, customer_id: str | UnsetType = UNSET
    ) -> models.FileShare:
        """Shares files and directories, exactly once: after a lost answer it looks in the list.

        Args:
            content: IDs of what to share, `fsf_...` and `fsd_...`; at least one.
            customer_id: Customer to share with, `cst_...`; left out, the link is public.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/file-share-api/create-file-share
        """
        body = Body().each(check_identifier, content=content).identifier(customer_id=customer_id)
        return await self._ask(CREATE_FILE_SHARE, models.FileShare, body)
