"""What reading a file of appointments gives."""

from typing import TypeAlias

from mijnklantportaal_async.models.appointments import NewAppointment
from mijnklantportaal_async.tables.records import RowFile

AppointmentFile: TypeAlias = RowFile[NewAppointment]
"""A file of appointments that was read and checked as a whole."""
