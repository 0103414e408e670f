"""The records of the Customers API.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/customers-api/create-customer
"""

from datetime import datetime

import attrs

from mijnklantportaal_async.models.record import Record
from mijnklantportaal_async.values.checks import check_country_code, check_email, check_text
from mijnklantportaal_async.values.unset import UNSET, UnsetType


@attrs.frozen(kw_only=True)
class Customer(Record):
    """A customer as the portal answers it.

    Source: https://docs.developers.mijnklantportaal.nl/api-reference/customers-api/get-customer
    """

    id: str
    """ID, `cst_...`."""
    company_name: str
    """Company name."""
    address: str
    """Street and house number."""
    zip_code: str
    """Postal code, as it was entered."""
    city: str
    """City."""
    # Shown by one of the pages only, so it may be missing.
    country_code: str | None = None
    """Country, two letters (ISO 3166-1 alpha-2), where the portal tells it."""
    primary_email: str
    """Main e-mail address; notifications go there."""
    phone: str | None = None
    """Phone number with country code, if known."""
    integration: str | None = None
    """The bookkeeping integration it is linked to, such as `acumulus`, if any."""
    integration_id: str | None = None
    """The customer's id over there, if linked."""
    customer_groups: tuple[str, ...]
    """IDs of the groups it is in, `cug_...`."""
    created_at: datetime
    """When it was added, aware, whole seconds."""


@attrs.frozen(kw_only=True)
class NewCustomer:
    """A customer to be added. Checked when it is made.

    Raises:
        TypeError: A field is of another type.
        ValueError: A field cannot be right; the message says what to do.

    Source: https://docs.developers.mijnklantportaal.nl/api-reference/customers-api/create-customer
    """

    company_name: str
    """Company name."""
    address: str
    """Street and house number."""
    zip_code: str
    """Postal code."""
    city: str
    """City."""
    primary_email: str
    """Main e-mail address; notifications go there."""
    country_code: str | UnsetType = UNSET
    """Country, two letters (ISO 3166-1 alpha-2); the portal takes NL when it is left out."""

    def __attrs_post_init__(self) -> None:
        for field in ("company_name", "address", "zip_code", "city"):
            check_text(getattr(self, field), field)
        check_email(self.primary_email, "primary_email")
        if self.country_code is not UNSET:
            check_country_code(self.country_code, "country_code")
