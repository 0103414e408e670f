"""The File Request API: files that customers, or anybody with a link, are asked for.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/file-request-api
"""

from __future__ import annotations

from collections.abc import Sequence

from mijnklantportaal_async import models
from mijnklantportaal_async.calling.body import Body
from mijnklantportaal_async.calling.operations import Operations
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.calling.wire import Look, creating, reading
from mijnklantportaal_async.values.checks import check_kind
from mijnklantportaal_async.values.unset import UNSET, UnsetType

READ, WRITE = "filerequest.read", "filerequest.write"

LIST_FILE_REQUESTS = reading("list_file_requests", "/file-requests", scope=READ)
CREATE_FILE_REQUEST = creating(
    "create_file_request",
    "/file-requests",
    scope=WRITE,
    # Without a customer it is a public link, without a directory its files go to the top.
    look=Look(LIST_FILE_REQUESTS, ("name", "requested_files"), left_out={"customer_id": None, "directory_id": None}),
)
GET_FILE_REQUEST = reading("get_file_request", "/file-requests/{request_id}", scope=READ)


class FileRequests(Operations):
    """The coroutines of the File Request API."""

    def list_file_requests(self, *, page: int = 1) -> Pager[models.FileRequest]:
        """All file requests, page by page.

        Args:
            page: The page to begin with.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/file-request-api/list-file-requests
        """
        return self._list(LIST_FILE_REQUESTS, models.FileRequest, page)

    async def create_file_request(
        self,
        *,
        name: str,
        requested_files: Sequence[models.NewRequestedFile],
        description: str | UnsetType = UNSET,
        customer_id: str | UnsetType = UNSET,
        directory_id: str | UnsetType = UNSET,
    ) -> models.FileRequest:
        """Asks for files, exactly once: after a lost answer it looks in the list.

        Args:
            name: Name shown in the portal.
            requested_files: The files to ask for, 10 at the most.
            description: Why they are asked for, shown to whoever uploads.
            customer_id: Customer to ask, `cst_...`; left out, the link is public.
            directory_id: Directory that receives the files, `fsd_...`; the top when left out.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/file-request-api/create-file-request
        """
        body = Body().text(name=name)
        body.each(check_kind(models.NewRequestedFile), most=10, requested_files=requested_files)
        body.prose(description=description).identifier(customer_id=customer_id, directory_id=directory_id)
        return await self._ask(CREATE_FILE_REQUEST, models.FileRequest, body)

    async def get_file_request(self, request_id: str) -> models.FileRequest:
        """One file request.

        Args:
            request_id: `frq_...`.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/file-request-api/get-file-request
        """
        return await self._ask(GET_FILE_REQUEST, models.FileRequest, request_id=request_id)
