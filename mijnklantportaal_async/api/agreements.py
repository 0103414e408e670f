"""The Agreements API: documents that people sign.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/agreements-api
"""

from __future__ import annotations

from collections.abc import Sequence

from mijnklantportaal_async import models
from mijnklantportaal_async.calling.body import Body
from mijnklantportaal_async.calling.operations import Operations
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.calling.wire import Look, creating, reading
from mijnklantportaal_async.values.checks import check_kind

READ, WRITE = "agreements.read", "agreements.write"

MOST, MOST_BYTES = 5, 5 * 1024 * 1024
"""Signers of an agreement, and documents; and the size of these together, documented as 5 MB."""

LIST_AGREEMENTS = reading("list_agreements", "/agreements", scope=READ)
CREATE_AGREEMENT = creating(
    "create_agreement",
    "/agreements",
    scope=WRITE,
    # The list shows neither signers nor documents, as far as anybody knows.
    look=Look(LIST_AGREEMENTS, ("name",), told={"signer_signature_data": "signer_signature"}, is_proof=False),
)
GET_AGREEMENT = reading("get_agreement", "/agreements/{agreement_id}", scope=READ)
DOWNLOAD_AGREEMENT_DOCUMENT = reading(
    "download_agreement_document", "/agreements/{agreement_id}/documents/{document_id}/download", scope=READ
)


class Agreements(Operations):
    """The coroutines of the Agreements API."""

    def list_agreements(self, *, page: int = 1) -> Pager[models.Agreement]:
        """All agreements, page by page, without their signers and documents.

        Args:
            page: The page to begin with.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/agreements-api/list-agreements
        """
        return self._list(LIST_AGREEMENTS, models.Agreement, page)

    async def create_agreement(
        self,
        *,
        name: str,
        signer_name: str,
        signer_signature_data: str,
        signers: Sequence[models.NewAgreementSigner],
        documents: Sequence[models.FileContent | models.FileSource],
    ) -> models.AgreementWithDetails:
        """Makes an agreement and sends it to those who have to sign, never twice.

        After a lost answer it looks in the list. It is sent again when no new agreement there could be it; one of the
        same name is an `OutcomeUnknownError`, because the list does not tell what is in it.

        Args:
            name: What it is called.
            signer_name: Who signs for the company of the portal's owner.
            signer_signature_data: Image of that person's signature, a data URI such as `data:image/png;base64,...`.
            signers: Who has to sign, 5 at the most. How several are sent, is not documented.
            documents: The files, 5 at the most, 5 MB together; each as `FileContent`, or what it is made of.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/agreements-api/create-agreement
        """
        body = Body().text(name=name, signer_name=signer_name, signer_signature_data=signer_signature_data)
        body.each(check_kind(models.NewAgreementSigner), most=MOST, signers=signers).files(
            most=MOST, most_bytes=MOST_BYTES, documents=documents
        )
        return await self._ask(CREATE_AGREEMENT, models.AgreementWithDetails, body, listed=models.Agreement)

    async def get_agreement(self, agreement_id: str) -> models.AgreementWithDetails:
        """One agreement with its signers and documents.

        Args:
            agreement_id: `agr_...`.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/agreements-api/get-agreement
        """
        return await self._ask(GET_AGREEMENT, models.AgreementWithDetails, agreement_id=agreement_id)

    async def download_agreement_document(self, agreement_id: str, document_id: str) -> models.CloudFile:
        """A link to a file of an agreement, good for 5 minutes; on another host, which must not get the API key.

        Args:
            agreement_id: `agr_...`.
            document_id: `agd_...`.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/agreements-api/download-agreement-document
        """
        return await self._ask(
            DOWNLOAD_AGREEMENT_DOCUMENT, models.CloudFile, agreement_id=agreement_id, document_id=document_id
        )
