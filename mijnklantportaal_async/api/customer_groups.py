"""The Customer Groups API.

Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-groups-api
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from mijnklantportaal_async import models
from mijnklantportaal_async.calling.body import Body
from mijnklantportaal_async.calling.operations import Operations
from mijnklantportaal_async.calling.pagination import Pager
from mijnklantportaal_async.calling.wire import Look, adding, creating, reading, setting
from mijnklantportaal_async.values.checks import check_identifier
from mijnklantportaal_async.values.serde import read_list
from mijnklantportaal_async.values.unset import UNSET, UnsetType

READ, WRITE = "customers.read", "customers.write"
_GROUP = "/customer-groups/{customer_group_id}"

LIST_CUSTOMER_GROUPS = reading("list_customer_groups", "/customer-groups", scope=READ)
CREATE_CUSTOMER_GROUP = creating(
    "create_customer_group", "/customer-groups", scope=WRITE, look=Look(LIST_CUSTOMER_GROUPS, ("name",))
)
GET_CUSTOMER_GROUP = reading("get_customer_group", _GROUP, scope=READ)
EDIT_CUSTOMER_GROUP = setting("edit_customer_group", _GROUP, scope=WRITE)
ADD_CUSTOMERS = adding("add_customers_to_customer_group", _GROUP + "/customers", scope=WRITE)


class CustomerGroups(Operations):
    """The coroutines of the Customer Groups API."""

    def list_customer_groups(self, *, page: int = 1) -> Pager[models.CustomerGroup]:
        """All customer groups, page by page.

        Args:
            page: The page to begin with.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-groups-api/list-customer-groups
        """
        return self._list(LIST_CUSTOMER_GROUPS, models.CustomerGroup, page)

    async def create_customer_group(
        self, *, name: str, customers: Sequence[str] | UnsetType = UNSET
    ) -> models.CustomerGroup:
        """Makes a customer group, exactly once: after a lost answer it looks in the list.

        Args:
            name: What it is called.
            customers: IDs of its first members, `cst_...`; unknown ones are skipped silently.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-groups-api/create-customer-group
        """
        body = Body().text(name=name).each(check_identifier, customers=customers)
        return await self._ask(CREATE_CUSTOMER_GROUP, models.CustomerGroup, body)

    async def get_customer_group(self, customer_group_id: str) -> models.CustomerGroup:
        """One customer group, without its members.

        Args:
            customer_group_id: `cug_...`.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-groups-api/get-customer-group
        """
        return await self._ask(GET_CUSTOMER_GROUP, models.CustomerGroup, customer_group_id=customer_group_id)

    async def edit_customer_group(self, customer_group_id: str, *, name: str) -> models.CustomerGroup:
        """Renames a customer group.

        Args:
            customer_group_id: `cug_...`.
            name: New name.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-groups-api/edit-customer-group
        """
        body = Body().text(name=name)
        return await self._ask(EDIT_CUSTOMER_GROUP, models.CustomerGroup, body, customer_group_id=customer_group_id)

    async def add_customers_to_customer_group(
        self, customer_group_id: str, customers: Sequence[str]
    ) -> list[models.Customer]:
        """Puts customers into a group; who is in it already, stays in it.

        Args:
            customer_group_id: `cug_...`.
            customers: Their IDs, `cst_...`; unknown ones are skipped silently.

        Returns:
            Customers of the group; whether all or just those that were added, is not documented.

        Source: https://docs.developers.mijnklantportaal.nl/api-reference/customer-groups-api/add-customers-to-customer-group
        """
        body = Body().each(check_identifier, customers=customers)
        request = ADD_CUSTOMERS.request(body, identifiers={"customer_group_id": customer_group_id})
        return await self._call(request, partial(read_list, kind=models.Customer))
