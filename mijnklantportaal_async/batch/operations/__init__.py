"""What can be done in a batch: each operation on one page, all of them behind one small protocol."""

from mijnklantportaal_async.batch.operations.create_customer import CreateCustomer
from mijnklantportaal_async.batch.operations.operation import BatchOperation
from mijnklantportaal_async.batch.operations.schedule_appointment import ScheduleAppointment

OPERATIONS: dict[str, BatchOperation] = {
    operation.name: operation for operation in (ScheduleAppointment(), CreateCustomer())
}
"""By the name of the coroutine."""


def operation_of(request: object) -> BatchOperation:
    """The operation that a request is for, by its class.

    Raises:
        TypeError: No operation takes such a request.
    """
    for operation in OPERATIONS.values():
        if isinstance(request, operation.request_class):
            return operation
    classes = ", ".join(operation.request_class.__name__ for operation in OPERATIONS.values())
    raise TypeError(f"a batch takes {classes} objects, not {type(request).__name__}")
