"""The Files API: the portal's file storage.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/files-api
"""

from __future__ import annotations

from mijnklantportaal_async import models
from mijnklantportaal_async.calling.body import Body
from mijnklantportaal_async.calling.operations import Operations
from mijnklantportaal_async.calling.wire import creating, reading
from mijnklantportaal_async.texts.words import words
from mijnklantportaal_async.values.checks import check_identifier

READ, WRITE = "files.read", "files.write"

# Files cannot be listed, so nothing can be looked for.
BY_HAND = words("Look in the portal's files; the API cannot list them.")
UPLOAD_FILE = creating("upload_file", "/files", scope=WRITE, check_by_hand=BY_HAND)
CREATE_DIRECTORY = creating("create_directory", "/files", scope=WRITE, check_by_hand=BY_HAND)
GET_FILE = reading("get_file", "/files/{file_id}", scope=READ)
DOWNLOAD_FILE = reading("download_file", "/files/{file_id}/download", scope=READ)


class Files(Operations):
    """The coroutines of the Files API."""

    async def upload_file(
        self,
        file: models.FileContent | models.FileSource,
        *,
        directory_id: str | None = None,
        filename: str | None = None,
        content_type: str | None = None,
        progress: models.Progress | None = None,
    ) -> models.FileOrDirectory:
        """Stores one file. A lost answer is an `OutcomeUnknownError`: the API cannot list files.

        Args:
            file: What to store: a path such as `contract.pdf`, bytes, a file opened with `"rb"`, or an async iterator
                of bytes.
            directory_id: Where to put it, `fsd_...`; at the top when left out, by the looks of it.
            filename: What the file is called; the name of the path when left out.
            content_type: What kind of file it is, such as `application/pdf`; by its name when left out.
            progress: Called with the bytes that have left in this attempt, and how many there are.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/files-api/uploading-a-file-or-creating-a-directory
        """
        query = {"directory": None if directory_id is None else check_identifier(directory_id, "directory_id")}
        body = Body().file(file=file, filename=filename, content_type=content_type, progress=progress)
        return await self._ask(UPLOAD_FILE, models.FileOrDirectory, body, query=query)

    async def create_directory(self, name: str, *, directory_id: str | None = None) -> models.FileOrDirectory:
        """Makes one directory. A lost answer is an `OutcomeUnknownError`: the API cannot list files.

        Args:
            name: What it is called. The documentation could not be read here: that the field is `name` is a guess.
            directory_id: Where to put it, `fsd_...`; at the top when left out, by the looks of it.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/files-api/uploading-a-file-or-creating-a-directory
        """
        query = {"directory": None if directory_id is None else check_identifier(directory_id, "directory_id")}
        return await self._ask(CREATE_DIRECTORY, models.FileOrDirectory, Body().text(name=name), query=query)

    async def get_file(self, file_id: str) -> models.FileOrDirectory:
        """One file, or one directory.

        Args:
            file_id: `fsf_...` or `fsd_...`.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/files-api/get-file-or-directory
        """
        return await self._ask(GET_FILE, models.FileOrDirectory, file_id=file_id)

    async def download_file(self, file_id: str) -> models.CloudFile:
        """A link to a file, good for 5 minutes; on another host, which must not get the API key.

        Args:
            file_id: `fsf_...`; what the answer for a directory is, is not documented.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/files-api/download-file
        """
        return await self._ask(DOWNLOAD_FILE, models.CloudFile, file_id=file_id)
