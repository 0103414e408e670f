"""`create_customer` in a batch."""

from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from mijnklantportaal_async.api.customers import CREATE_CUSTOMER, customer_finder
from mijnklantportaal_async.models.customers import Customer, NewCustomer
from mijnklantportaal_async.session import PortalSession
from mijnklantportaal_async.values.unset import UNSET


class CreateCustomer:
    """Rows of `NewCustomer`."""

    name = CREATE_CUSTOMER.name
    request_class: type[Any] = NewCustomer
    how_to_check = CREATE_CUSTOMER.how_to_check

    def to_json(self, request: NewCustomer, zone: ZoneInfo) -> dict[str, Any]:
        """The fields that were given."""
        return {name: value for name, value in attrs.asdict(request).items() if value is not UNSET}

    def from_json(self, data: dict[str, Any]) -> NewCustomer:
        """Checked once more by the class itself."""
        return NewCustomer(**data)

    def title(self, data: dict[str, Any]) -> str:
        """Such as `Bakkerij Jansen, Utrecht`."""
        return f"{data['company_name']}, {data['city']}"

    def key(self, request: NewCustomer, zone: ZoneInfo) -> Hashable:
        """Name, address and e-mail."""
        return customer_finder(request).key

    def listing(self, requests: Sequence[NewCustomer], zone: ZoneInfo) -> list[Any]:
        """Nothing to choose: there is one list, in an order that is not documented."""
        return []

    async def note(self, portal: PortalSession, listing: list[Any]) -> list[str]:
        """One call for each page of customers."""
        return [customer.id async for customer in portal.list_customers()]

    async def send(self, portal: PortalSession, request: NewCustomer) -> Customer:
        """One POST."""
        return await portal.create_customer(
            company_name=request.company_name,
            address=request.address,
            zip_code=request.zip_code,
            city=request.city,
            primary_email=request.primary_email,
            country_code=request.country_code,
        )

    def look_key(self, request: NewCustomer, zone: ZoneInfo) -> Hashable:
        """Always the same list."""
        return "customers"

    async def look(self, portal: PortalSession, request: NewCustomer, zone: ZoneInfo) -> list[Any]:
        """One call for each page of customers."""
        return await portal.list_customers().collect()

    def pick(
        self, records: Iterable[Customer], request: NewCustomer, zone: ZoneInfo, taken: Collection[str]
    ) -> Customer | None:
        """The same name, address and e-mail."""
        return customer_finder(request).pick_of(records, taken)

    def describe(self, record: Customer, request: NewCustomer) -> tuple[str, dict[str, Any], str | None]:
        """What a table of customers shows."""
        kept = {
            "id": record.id,
            "company_name": record.company_name,
            "city": record.city,
            "primary_email": record.primary_email,
            "created_at": record.created_at.isoformat(),
        }
        return record.id, kept, None
