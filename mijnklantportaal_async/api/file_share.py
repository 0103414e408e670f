"""The File Share API: files and directories for one customer, or behind a public link.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/file-share-api
"""

from __future__ import annotations

from collections.abc import Sequence

from mijnklantportaal_async import models
from mijnklantportaal_async.calling.body import Body
from mijnklantportaal_async.calling.operations import Operations
from mijnklantportaal_async.calling.pages import page_request
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.calling.reconcile import ListFinder
from mijnklantportaal_async.calling.wire import creating, reading
from mijnklantportaal_async.values.checks import check_identifier
from mijnklantportaal_async.values.unset import UNSET, UnsetType

READ, WRITE = "fileshare.read", "fileshare.write"

LIST_FILE_SHARES = reading("list_file_shares", "/file-shares", scope=READ)
CREATE_FILE_SHARE = creating(
    "create_file_share", "/file-shares", scope=WRITE, check_by_hand="Look with list_file_shares for the same content."
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
        wanted = (customer_id or None, frozenset(content))
        finder = ListFinder(
            lambda: page_request(LIST_FILE_SHARES, 1),
            models.FileShare,
            key=wanted,
            is_alike=lambda share: wanted == _what(share),
            shown="the portal shares the same content as {ids}",
        )
        return await self._ask(CREATE_FILE_SHARE, models.FileShare, body, finder=finder)


def _what(share: models.FileShare) -> tuple[str | None, frozenset[str]]:
    return share.shared_with_customer_id, frozenset(item.id for item in share.shared_content)
