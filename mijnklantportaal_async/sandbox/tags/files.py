"""The Files API, and the File Request API and File Share API that are about files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mijnklantportaal_async.sandbox.answers import refuse_fields
from mijnklantportaal_async.sandbox.database import new_id
from mijnklantportaal_async.sandbox.request_body import FORM, media_type_of
from mijnklantportaal_async.sandbox.tag import Call, Tag, code_of
from mijnklantportaal_async.sandbox.wall_time import atom

if TYPE_CHECKING:
    from mijnklantportaal_async.sandbox.contract import ContractOperation
    from mijnklantportaal_async.sandbox.documents import Document

FILES, REQUESTS = "/files", "/file-requests"
MOST_REQUESTED = 10
_PORTAL = "https://portal.mijnklantportaal.nl"


class Files(Tag):
    """The files and directories of one portal."""

    name = "Files"
    scopes = ("files.read", "files.write")
    hidden = frozenset({"directory", "requestedFileId"})

    def upload_file(self, call: Call) -> Document:
        """A form stores a file, JSON makes a directory."""
        directory = call.query.get("directory") or None
        place = self.documents.get(directory, FILES) if directory else None
        if directory and (place is None or place["type"] != "directory"):
            raise refuse_fields({"directory": ["The selected directory is invalid."]})
        if media_type_of(call.content_type) == FORM:
            fields = call.fields(needed=("file",))
            file = fields["file"]
            kind: Document = {"name": file.name, "type": "file", "size": len(file.content), "mime": file.media_type}
            return self.create(call, fields, **kind, directory=directory)
        # How a directory's name is sent, nobody could read; `name` it is in the answer.
        name = call.fields(needed=("name",))["name"]
        if not isinstance(name, str):
            raise refuse_fields({"name": ["The name field must be a string."]})
        return self.create(call, {}, id=new_id("fsd_"), name=name, type="directory", directory=directory)

    def completed(self, document: Document) -> Document:
        """A directory has no size."""
        if document["type"] != "directory":
            return document
        identifier = document["id"].replace("fsf_", "fsd_")
        return {**document, "id": identifier, "size": None, "mime": None}

    def arrived(self, path: str, document: Document) -> None:
        """A file may be what somebody was asked for: then it stands in the request."""
        wanted = document.get("requestedFileId")
        for request in self.documents.all(REQUESTS) if wanted else ():
            files = [
                {**file, "uploadedFileId": document["id"]} if file["id"] == wanted else file
                for file in request["requestedFiles"]
            ]
            if files != request["requestedFiles"]:
                open_ones = [file for file in files if file.get("required", True) and not file["uploadedFileId"]]
                done = request["completedAt"] or (None if open_ones else atom(self.premises.now()))
                self.change(document, directory=request["directoryId"])
                self.documents.put({**request, "requestedFiles": files, "completedAt": done})


class FileShares(Tag):
    """Files and directories that are shared."""

    name = "File Share"
    scopes = ("fileshare.read", "fileshare.write")
    hidden = frozenset({"customerId", "content"})

    def create_file_share(self, call: Call) -> Document:
        """Of files that are there."""
        fields = call.fields()
        content = [self.documents.get(identifier, FILES) for identifier in fields["content"]]
        if None in content:
            raise refuse_fields({"content": ["The selected content is invalid."]})
        customer = fields.get("customerId")
        share = self.create(call, {}, sharedWithCustomerId=customer, customerId=customer, content=fields["content"])
        for item in content:
            self.documents.put({**(item or {}), "fileShareId": share["id"]})
        return share

    def completed(self, document: Document) -> Document:
        """With whom it is shared, as links are made from it."""
        return {**document, "customerId": document["sharedWithCustomerId"]}

    def shown(self, document: Document, operation: ContractOperation) -> Document:
        """With what is shared, as it is now."""
        content = document.get("sharedContent", [])
        if "content" in document:
            found = [self.documents.get(identifier, FILES) for identifier in document["content"]]
            content = [_file_shown(item) for item in found if item is not None]
        links = {} if document.get("customerId") else {"publicShare": _page("share", document)}
        return super().shown({**document, "sharedContent": content, "links": links}, operation)


class FileRequests(Tag):
    """Files that customers are asked for. They come from outside: `Sandbox.put("/files", requestedFileId=...)`."""

    name = "File Request"
    scopes = ("filerequest.read", "filerequest.write")

    def create_file_request(self, call: Call) -> Document:
        """Each requested file gets an id."""
        fields = call.fields()
        wanted = [{"id": new_id("fqf_"), **file, "uploadedFileId": None} for file in fields["requestedFiles"]]
        if len(wanted) > MOST_REQUESTED:
            many = f"The requested files field must not have more than {MOST_REQUESTED} items."
            raise refuse_fields({"requestedFiles": [many]})
        return self.create(call, {**fields, "requestedFiles": wanted})

    def shown(self, document: Document, operation: ContractOperation) -> Document:
        """With the page where anyone can deliver the files, when no customer was asked."""
        links = {} if document.get("customerId") else {"publicRequest": _page("request", document)}
        return super().shown({**document, "links": links}, operation)


def _page(kind: str, document: Document) -> Document:
    return {"href": f"{_PORTAL}/{kind}/{document['id']}/{code_of(document['id'])}", "type": "text/html"}


def _file_shown(document: Document) -> Document:
    names = ("id", "type", "name", "size", "mime", "fileShareId", "createdAt")
    return {name: document.get(name) for name in names}
