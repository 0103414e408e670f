"""The records of the Customers API.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/customers-api/create-customer
"""

from datetime import datetime
from typing import Any

import attrs

from mijnklantportaal_async.values.checks import check_country_code, check_email, check_text
from mijnklantportaal_async.values.unset import UNSET, UnsetType


def _nothing() -> dict[str, Any]:
    return {}


@attrs.frozen(kw_only=True)
class Customer:
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
    raw: dict[str, Any] = attrs.field(factory=_nothing, init=False, repr=False, eq=False)
    """The whole object as it came, with keys that this class does not know."""


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


@attrs.frozen(kw_only=True)
class CustomerChanges:
    """What to change of a customer: `UNSET` leaves a field as it is, None clears it.

    Raises:
        TypeError: A field is of another type.
        ValueError: A field cannot be right, or nothing would change.

    Source: https://docs.developers.mijnklantportaal.nl/api-reference/customers-api/edit-customer
    """

    # No country_code: the page on editing was read in a copy older than that field, so nobody knows whether it can be.
    company_name: str | UnsetType | None = UNSET
    """Company name."""
    address: str | UnsetType | None = UNSET
    """Street and house number."""
    zip_code: str | UnsetType | None = UNSET
    """Postal code."""
    city: str | UnsetType | None = UNSET
    """City."""
    primary_email: str | UnsetType | None = UNSET
    """Main e-mail address."""

    def __attrs_post_init__(self) -> None:
        names = [field.name for field in attrs.fields(CustomerChanges)]
        given = {name: value for name in names if (value := getattr(self, name)) is not UNSET}
        if not given:
            raise ValueError(f"nothing to change; give at least one of {', '.join(names)}")
        for field, value in given.items():
            # Which fields may be cleared is not documented: that is the portal's to judge.
            if value is not None:
                check = check_email if field == "primary_email" else check_text
                check(value, field)
