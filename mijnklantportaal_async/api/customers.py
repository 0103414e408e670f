"""The Customers API.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/customers-api
"""

from functools import partial

from mijnklantportaal_async.api.customer_models import Customer, CustomerChanges, NewCustomer
from mijnklantportaal_async.api.customer_search import CustomerFinder
from mijnklantportaal_async.calling.operations import Operations
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.calling.wire import Effect, Operation, Request, path_with
from mijnklantportaal_async.values.serde import given_fields, read, write
from mijnklantportaal_async.values.unset import UNSET, UnsetType

LIST_CUSTOMERS = Operation(
    name="list_customers",
    method="GET",
    path="/customers",
    effect=Effect.READ,
    scope="customers.read",
    source="api-reference/customers-api/list-customers",
)
CREATE_CUSTOMER = Operation(
    name="create_customer",
    method="POST",
    path="/customers",
    effect=Effect.CREATE,
    scope="customers.write",
    source="api-reference/customers-api/create-customer",
    how_to_check="Look among the portal's customers, or with list_customers, for the same name, address and e-mail.",
)
GET_CUSTOMER = Operation(
    name="get_customer",
    method="GET",
    path="/customers/{customer_id}",
    effect=Effect.READ,
    scope="customers.read",
    source="api-reference/customers-api/get-customer",
)
EDIT_CUSTOMER = Operation(
    name="edit_customer",
    method="PATCH",
    path="/customers/{customer_id}",
    effect=Effect.SET,
    scope="customers.write",
    source="api-reference/customers-api/edit-customer",
)

_read_customer = partial(read, kind=Customer)


class Customers(Operations):
    """The coroutines of the Customers API."""

    def list_customers(self, *, page: int = 1) -> Pager[Customer]:
        """All customers of the portal, page by page. Changes nothing, and sends nothing before it is read.

        Args:
            page: The page to begin with.

        Returns:
            A `Pager`: `async for customer in portal.list_customers()`. In which order they come is not documented.

        Raises:
            TypeError: `page` is not an `int`.
            ValueError: `page` is below 1.
            PaginationError: While reading, as all below: the pages lead nowhere.
            DecodeError: The answer could not be understood.
            AuthenticationError: 401; the key is wrong.
            PermissionDeniedError: 403; the key lacks `customers.read`, probably.
            RateLimitError: No call was free within `Timeouts.queue`.
            TransportError: No answer came.
            APIStatusError: Any other refusal.
            RuntimeError: The session is closed, or belongs to another event loop.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customers-api/list-customers
        """
        return self._pages(LIST_CUSTOMERS, Customer, first=page)

    async def create_customer(
        self,
        *,
        company_name: str,
        address: str,
        zip_code: str,
        city: str,
        primary_email: str,
        country_code: str | UnsetType = UNSET,
    ) -> Customer:
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

        Returns:
            The customer as the portal has it.

        Raises:
            TypeError: An argument is of another type. Nothing was sent, as with every ValueError.
            ValueError: An argument cannot be right: an empty text, control characters, an e-mail address without `@`.
            ValidationError: 422; the portal does not accept it.
            OutcomeUnknownError: It may have been added or not, and looking did not settle it.
            DecodeError: It was added; the answer could not be understood.
            AuthenticationError: 401; the key is wrong.
            PermissionDeniedError: 403; the key lacks `customers.write`, probably.
            RateLimitError: No call was free within `Timeouts.queue`. Nothing was added.
            ConnectError: No connection. Nothing was added.
            CallTimeoutError: Too slow to be sent. Nothing was added.
            APIStatusError: Any other refusal.
            RuntimeError: The session is closed, or belongs to another event loop.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customers-api/create-customer
        """
        new = NewCustomer(
            company_name=company_name,
            address=address,
            zip_code=zip_code,
            city=city,
            primary_email=primary_email,
            country_code=country_code,
        )
        request = Request(CREATE_CUSTOMER, CREATE_CUSTOMER.path, write(given_fields(new)))
        return await self._call(request, _read_customer, finder=CustomerFinder(new, LIST_CUSTOMERS))

    async def get_customer(self, customer_id: str) -> Customer:
        """One customer. Changes nothing.

        Args:
            customer_id: `cst_...`.

        Returns:
            The customer.

        Raises:
            TypeError: The id is not a `str`.
            ValueError: The id is empty, or holds white space or control characters.
            NotFoundError: 404; no customer has that id.
            DecodeError: The answer could not be understood.
            AuthenticationError: 401; the key is wrong.
            PermissionDeniedError: 403; the key lacks `customers.read`, probably.
            RateLimitError: No call was free within `Timeouts.queue`.
            TransportError: No answer came.
            APIStatusError: Any other refusal.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customers-api/get-customer
        """
        path = path_with(GET_CUSTOMER, customer_id=customer_id)
        return await self._call(Request(GET_CUSTOMER, path), _read_customer)

    async def edit_customer(
        self,
        customer_id: str,
        *,
        company_name: str | UnsetType | None = UNSET,
        address: str | UnsetType | None = UNSET,
        zip_code: str | UnsetType | None = UNSET,
        city: str | UnsetType | None = UNSET,
        primary_email: str | UnsetType | None = UNSET,
    ) -> Customer:
        """Changes a customer: only the fields that are given. None clears one, if the portal lets it.

        It sets values, so doing it twice changes nothing more: it is repeated after any passing failure.

        Args:
            customer_id: `cst_...`.
            company_name: Company name.
            address: Street and house number.
            zip_code: Postal code.
            city: City.
            primary_email: Main e-mail address.

        Returns:
            The customer after the change.

        Raises:
            TypeError: An argument is of another type.
            ValueError: Nothing to change is given, or the id or a field cannot be right.
            NotFoundError: 404; no customer has that id.
            ValidationError: 422; the portal does not accept it: a field that cannot be cleared, for one.
            DecodeError: It was changed; the answer could not be understood.
            AuthenticationError: 401; the key is wrong.
            PermissionDeniedError: 403; the key lacks `customers.write`, probably.
            RateLimitError: No call was free within `Timeouts.queue`. Nothing was changed.
            TransportError: No answer came; `outcome` says whether it may have been changed. Calling again is safe.
            APIStatusError: Any other refusal.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customers-api/edit-customer
        """
        changes = CustomerChanges(
            company_name=company_name, address=address, zip_code=zip_code, city=city, primary_email=primary_email
        )
        path = path_with(EDIT_CUSTOMER, customer_id=customer_id)
        return await self._call(Request(EDIT_CUSTOMER, path, write(given_fields(changes))), _read_customer)
