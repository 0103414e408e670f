"""The records of the Customer Groups API."""

from datetime import datetime

import attrs

from mijnklantportaal_async.models.record import Record


@attrs.frozen(kw_only=True)
class CustomerGroup(Record):
    """A group of customers, without its members: those say in `customer_groups` that they are in it."""

    id: str
    """ID, `cug_...`."""
    name: str
    """What it is called."""
    created_at: datetime
    """When it was made, aware."""
