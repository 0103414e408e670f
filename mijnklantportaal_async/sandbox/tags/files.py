"""The Files API, and the File Request API and File Share API that are about files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mijnklantportaal_async.sandbox.answers import refuse_fields
from mijnklantportaal_async.sandbox.database import new_id
from mijnklantportaal_async.sandbox.field_rules import required
from mijnklantportaal_async.sandbox.tag import Call, Tag, random_text

if TYPE_CHECKING:
    from mijnklantportaal_async.sandbox.contract import ContractOperation
    from mijnklantportaal_async.sandbox.documents import Document

FILES = "/files"
_PORTAL = "https://portal.mijnklantportaal.nl"


class Files(Tag):
    """The files and directories of one portal."""

    name = "Files"
    scopes = ("files.read", "files.write")
    hidden = frozenset({"directory"})

    def upload_file(self, call: Call) -> Document:
        """A form stores a file, JSON makes a directory."""
        directory = call.query.get("directory")
        if directory and not self.documents.get(directory, FILES):
            raise refuse_fields({"directory": ["The selected directory is invalid."]})
        fields = call.fields()
        if (file := fields.get("file")) is not None:
            kind: Document = {"name": file.name, "type": "file", "size": len(file.content), "mime": file.media_type}
            return self.create(call, fields, **kind, directory=directory)
        # How a directory's name is sent, nobody could read; `name` it is in the answer.
        name = fields.get("name")
        if not isinstance(name, str):
            raise refuse_fields({"name": [required("name")]})
        return self.create(call, {}, id=new_id("fsd_"), name=name, type="directory", directory=directory)


class FileShares(Tag):
    """Files and directories that are shared."""

    name = "File Share"
    scopes = ("fileshare.read", "fileshare.write")
    hidden = frozenset({"customerId", "content"})

    def create_file_share(self, call: Call) -> Document:
        """Of files that are there."""
        fields = call.fields()
        content = [self.documents.get(identifier, FILES) for identifier in fields["content"]]
        if None in content or not content:
            raise refuse_fields({"content": ["The selected content is invalid."]})
        customer = fields.get("customerId")
        share = self.create(call, {}, sharedWithCustomerId=customer, customerId=customer, content=fields["content"])
        for item in content:
            self.change(item or {}, fileShareId=share["id"])
        return share

    def shown(self, document: Document, operation: ContractOperation) -> Document:
        """With what is shared, as it is now."""
        found = [self.documents.get(identifier, FILES) for identifier in document.get("content", ())]
        content = [_file_shown(item) for item in found if item is not None]
        links = {} if document.get("customerId") else {"publicShare": _page("share", document)}
        return super().shown({**document, "sharedContent": content, "links": links}, operation)


class FileRequests(Tag):
    """Files that customers are asked for."""

    name = "File Request"
    scopes = ("filerequest.read", "filerequest.write")

    def create_file_request(self, call: Call) -> Document:
        """Each requested file gets an id."""
        fields = call.fields()
        wanted = [{"id": new_id("fqf_"), **file, "uploadedFileId": None} for file in fields["requestedFiles"]]
        if len(wanted) > 10:
            raise refuse_fields({"requestedFiles": ["The requested files field must not have more than 10 items."]})
        return self.create(call, {**fields, "requestedFiles": wanted})

    def shown(self, document: Document, operation: ContractOperation) -> Document:
        """With the page where anyone can deliver the files, when no customer was asked."""
        links = {} if document.get("customerId") else {"publicRequest": _page("request", document)}
        return super().shown({**document, "links": links}, operation)


def _page(kind: str, document: Document) -> Document:
    return {"href": f"{_PORTAL}/{kind}/{document['id']}/{random_text(8)}", "type": "text/html"}


def _file_shown(document: Document) -> Document:
    names = ("id", "type", "name", "size", "mime", "fileShareId", "createdAt")
    return {name: document.get(name) for name in names}
