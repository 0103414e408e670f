"""The records of the Agreements API.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/agreements-api/get-agreement
"""

from datetime import datetime

import attrs

from mijnklantportaal_async.models.record import PERHAPS_NULL, Record
from mijnklantportaal_async.values.checks import check_email, check_line, check_truth
from mijnklantportaal_async.values.open_enum import OpenStrEnum


class AgreementStatus(OpenStrEnum):
    """Where an agreement stands."""

    SENT = "sent"
    SIGNED = "signed"


@attrs.frozen(kw_only=True)
class Agreement(Record):
    """An agreement in the list. What the list shows could not be read, so nothing but the id is certain."""

    id: str
    """ID, `agr_...`."""
    name: str | None = None
    """What it is called."""
    status: AgreementStatus | None = None
    """Where it stands."""
    signer_name: str | None = None
    """Who signed for the company of the portal's owner."""
    created_at: datetime | None = None
    """When it was made, aware."""


@attrs.frozen(kw_only=True)
class AgreementSigner(Record):
    """Somebody who has to sign. Only an example of it could be read, so nothing but the id is certain."""

    id: str
    """ID, `ags_...`."""
    first_name: str | None = None
    """First name."""
    last_name: str | None = None
    """Last name."""
    email: str | None = None
    """E-mail address."""
    should_identify: bool | None = None
    """Whether they have to identify themselves."""
    signature: str | None = attrs.field(default=None, repr=False)
    """Image of the signature, a data URI; empty until they have signed."""
    signature_hash: str | None = None
    """Hash of the signature."""
    signed_at: datetime | None = None
    """When they signed, aware."""


@attrs.frozen(kw_only=True)
class AgreementDocument(Record):
    """A file of an agreement. Only an example of it could be read, so nothing but the id is certain."""

    id: str
    """ID, `agd_...`."""
    document_name: str | None = None
    """File name."""
    file_size: int | None = None
    """Its size; in what unit, is not documented."""
    file_hash: str | None = None
    """Hash of the file; by which algorithm, is not documented."""


@attrs.frozen(kw_only=True)
class AgreementWithDetails(Record):
    """An agreement with its signers and documents."""

    id: str
    """ID, `agr_...`."""
    name: str
    """What it is called."""
    status: AgreementStatus
    """Where it stands."""
    signer_name: str
    """Who signed for the company of the portal's owner."""
    signer_signature: str | None = attrs.field(default=None, repr=False)
    """Image of that signature, a data URI."""
    signer_signature_hash: str | None = None
    """Hash over that signature and the moment of signing."""
    signers: tuple[AgreementSigner, ...] = attrs.field(default=(), metadata=PERHAPS_NULL)
    """Who has to sign."""
    documents: tuple[AgreementDocument, ...] = attrs.field(default=(), metadata=PERHAPS_NULL)
    """The files."""
    created_at: datetime | None = None
    """When it was made, aware."""


@attrs.frozen(kw_only=True)
class NewAgreementSigner:
    """Somebody who shall sign an agreement. Checked when it is made.

    Raises:
        TypeError: A field is of another type.
        ValueError: A field cannot be right; the message says what to do.
    """

    first_name: str
    """First name."""
    last_name: str
    """Last name."""
    email: str
    """E-mail address."""
    should_identify: bool = False
    """Whether they have to identify themselves."""

    def __attrs_post_init__(self) -> None:
        check_line(self.first_name, "first_name")
        check_line(self.last_name, "last_name")
        check_email(self.email, "email")
        check_truth(self.should_identify, "should_identify")
