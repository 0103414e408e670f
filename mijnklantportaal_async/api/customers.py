"""The Customers API.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/customers-api
"""

from __future__ import annotations

from typing import cast

from mijnklantportaal_async import models
from mijnklantportaal_async.calling.body import Body, Changes
from mijnklantportaal_async.calling.list_finder import ListFinder
from mijnklantportaal_async.calling.operation_finder import finder_for
from mijnklantportaal_async.calling.operations import Operations
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.calling.wire import Look, creating, reading, setting
from mijnklantportaal_async.texts.words import words
from mijnklantportaal_async.values.checks import MAXIMUM_LENGTH
from mijnklantportaal_async.values.local_time import DEFAULT_TIMEZONE, portal_zone
from mijnklantportaal_async.values.unset import UNSET, UnsetType

READ, WRITE = "customers.read", "customers.write"

LIST_CUSTOMERS = reading("list_customers", "/customers", scope=READ)
LIKE_CUSTOMER = Look(
    LIST_CUSTOMERS,
    ("company_name", "address", "zip_code", "city", "primary_email"),
    likeness=words("name, address and e-mail"),
)
CREATE_CUSTOMER = creating("create_customer", "/customers", scope=WRITE, look=LIKE_CUSTOMER)
GET_CUSTOMER = reading("get_customer", "/customers/{customer_id}", scope=READ)
EDIT_CUSTOMER = setting("edit_customer", "/customers/{customer_id}", scope=WRITE)


class Customers(Operations):
    """The coroutines of the Customers API."""

    def list_customers(self, *, page: int = 1) -> Pager[models.Customer]:
        """All customers of the portal, page by page; in which order is not documented.

        Args:
            page: The page to begin with.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customers-api/list-customers
        """
        return self._list(LIST_CUSTOMERS, models.Customer, page)

    async def create_customer(
        self,
        *,
        company_name: str,
        address: str,
        zip_code: str,
        city: str,
        primary_email: str,
        country_code: str | UnsetType = UNSET,
    ) -> models.Customer:
        """Adds one customer to the portal, exactly once.

        After a lost answer it looks through the list of customers, one call for each page, before it sends again. That
        holds as long as the service commits within `ReconcilePolicy.settle`.

        Args:
            company_name: Company name.
            address: Street and house number.
            zip_code: Postal code.
            city: City.
            primary_email: Main e-mail address; notifications go there.
            country_code: Two letters (ISO 3166-1 alpha-2); the portal takes NL when it is left out.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customers-api/create-customer
        """
        new = models.NewCustomer(
            company_name=company_name,
            address=address,
            zip_code=zip_code,
            city=city,
            primary_email=primary_email,
            country_code=country_code,
        )
        return await self._ask(CREATE_CUSTOMER, models.Customer, Body.of(new))

    async def get_customer(self, customer_id: str) -> models.Customer:
        """One customer.

        Args:
            customer_id: `cst_...`.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customers-api/get-customer
        """
        return await self._ask(GET_CUSTOMER, models.Customer, customer_id=customer_id)

    async def edit_customer(
        self,
        customer_id: str,
        *,
        company_name: str | UnsetType | None = UNSET,
        address: str | UnsetType | None = UNSET,
        zip_code: str | UnsetType | None = UNSET,
        city: str | UnsetType | None = UNSET,
        primary_email: str | UnsetType | None = UNSET,
    ) -> models.Customer:
        """Changes a customer: only the fields that are given. None clears one, if the portal lets it.

        The country is not among them: the page on editing was read in a copy older than that field.

        Args:
            customer_id: `cst_...`.
            company_name: Company name.
            address: Street and house number.
            zip_code: Postal code.
            city: City.
            primary_email: Main e-mail address.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customers-api/edit-customer
        """
        # Whether the service takes null here is not documented either way: it is the portal's to judge.
        changes = Changes(nullable=("company_name", "address", "zip_code", "city", "primary_email"))
        changes.text(most=MAXIMUM_LENGTH, company_name=company_name, address=address, zip_code=zip_code, city=city)
        changes.email(primary_email=primary_email)
        return await self._ask(EDIT_CUSTOMER, models.Customer, changes, customer_id=customer_id)


def customer_finder(new: models.NewCustomer) -> ListFinder[models.Customer]:
    """Finds the customer that a request made, in the list of all. No field of theirs depends on a zone."""
    finder = finder_for(CREATE_CUSTOMER, models.Customer, Body.of(new), {}, portal_zone(DEFAULT_TIMEZONE))
    return cast("ListFinder[models.Customer]", finder)
