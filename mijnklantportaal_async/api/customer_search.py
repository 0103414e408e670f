"""Which customer of the list is the one that a lost answer would have named.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/customers-api/list-customers
"""

from datetime import datetime

from mijnklantportaal_async.api.customer_models import Customer, NewCustomer
from mijnklantportaal_async.calling.pages import page_request, request_after
from mijnklantportaal_async.calling.reconcile import made_since, plain
from mijnklantportaal_async.calling.wire import Answer, Operation, Request
from mijnklantportaal_async.values.serde import read_list


class CustomerFinder:
    """Finds the customer that a request made: the same name, address and e-mail, new, and nobody else's.

    It looks through the whole list: in which order that comes is not documented, so no page is the last that matters.

    Args:
        new: What was asked for.
        listing: The operation that lists customers.
    """

    __slots__ = ("_listing", "key")

    def __init__(self, new: NewCustomer, listing: Operation) -> None:
        self._listing = listing
        self.key = _likeness(new)

    def request(self) -> Request:
        """The first page of the list."""
        return page_request(self._listing, 1)

    def following(self, request: Request, answer: Answer) -> Request | None:
        """The page after this one.

        Raises:
            PaginationError: The pages lead nowhere.
            UnreadableError: The answer does not say whether there is another.
        """
        return request_after(request, answer.body, Customer)

    def pick(self, answer: Answer, *, since: datetime | None, claimed: frozenset[str]) -> Customer | None:
        """The customer, if the page shows one that was made since then and belongs to no other call.

        Raises:
            CannotTellError: There is one that may be it, and no clock to judge its age by.
            UnreadableError: The page could not be understood.
        """
        shown = read_list(answer.body, Customer)
        alike = [item for item in shown if item.id not in claimed and self.is_alike(item)]
        new = made_since(alike, since, "the portal has {ids} with the same name, address and e-mail")
        return min(new, key=lambda item: item.created_at, default=None)

    def identifier(self, record: Customer) -> str:
        """Its id."""
        return record.id

    def is_alike(self, item: Customer) -> bool:
        """Whether a customer has the name, address and e-mail that were asked for, whoever made it and when."""
        return _likeness(item) == self.key


def _likeness(customer: Customer | NewCustomer) -> tuple[str, ...]:
    # Not the country: answers do not always have it, and one that the portal changed must still be found.
    return (
        plain(customer.company_name),
        plain(customer.address),
        plain(customer.zip_code).replace(" ", ""),
        plain(customer.city),
        plain(customer.primary_email),
    )
