"""The Agreements API: documents that people sign. The list shows less than the record, but nobody knows how much."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from mijnklantportaal_async.sandbox.answers import Answer, refuse
from mijnklantportaal_async.sandbox.database import new_id
from mijnklantportaal_async.sandbox.field_rules import note
from mijnklantportaal_async.sandbox.form_data import UploadedFile
from mijnklantportaal_async.sandbox.tag import Call, Tag

if TYPE_CHECKING:
    from mijnklantportaal_async.sandbox.contract import ContractOperation
    from mijnklantportaal_async.sandbox.documents import Document
    from mijnklantportaal_async.sandbox.field_rules import FieldErrors

MOST_BYTES = 5 * 1024 * 1024
"""Of all documents of an agreement."""


class Agreements(Tag):
    """The agreements of one portal."""

    name = "Agreements"
    scopes = ("agreements.read", "agreements.write")

    def create_agreement(self, call: Call) -> Document:
        """With its signers and its files."""
        fields = call.fields(_judge_size)
        files: list[UploadedFile] = fields["documents"]
        documents = [_document(file) for file in files]
        for document, file in zip(documents, files, strict=True):
            self.documents.keep_file(document["id"], file.name, file.media_type, file.content)
        return self.create(
            call,
            {name: fields[name] for name in ("name", "signerName")},
            status="sent",
            signerSignature=fields["signerSignatureData"],
            signerSignatureHash=_hash(fields["signerSignatureData"].encode()),
            signers=[{"id": new_id("ags_"), **signer} for signer in fields["signers"]],
            documents=documents,
        )

    def download_agreement_document(self, call: Call) -> Answer:
        """One of its files."""
        agreement = self.existing(call, down_to="agreementId")
        for document in agreement["documents"]:
            if document["id"] == call.parameters["documentId"]:
                return self.link(call, document)
        raise refuse(404, "No document has this ID.")

    def shown(self, document: Document, operation: ContractOperation) -> Document:
        """In the list, where the contract shows no field, with what a list shows as a rule."""
        if operation.answer.properties:
            return super().shown(document, operation)
        return {name: document[name] for name in ("id", "name", "status", "createdAt")}


def _judge_size(fields: Document, errors: FieldErrors) -> None:
    given: Any = fields.get("documents")
    sizes = [len(file.content) for file in given if isinstance(file, UploadedFile)] if isinstance(given, list) else []  # pyright: ignore[reportUnknownVariableType]
    if sum(sizes) > MOST_BYTES:
        note(errors, "documents", "The documents field must not be greater than 5120 kilobytes.")


def _document(file: UploadedFile) -> Document:
    size = len(file.content)
    return {"id": new_id("agd_"), "documentName": file.name, "fileSize": size, "fileHash": _hash(file.content)}


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
