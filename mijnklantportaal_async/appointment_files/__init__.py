"""Reads appointments from files that people make (CSV, JSON Lines, iCalendar), and writes what became of them.

Nothing here sends anything. A file is checked as a whole before its first row is used.
"""

from mijnklantportaal_async.appointment_files.columns import Field
from mijnklantportaal_async.appointment_files.moments import read_moment
from mijnklantportaal_async.appointment_files.read_file import parse_appointments, read_appointment_file
from mijnklantportaal_async.appointment_files.records import AppointmentFile
from mijnklantportaal_async.appointment_files.results import ResultFile, ResultRow
from mijnklantportaal_async.appointment_files.rows import read_row
from mijnklantportaal_async.tables.records import Problem, Row, RowFileError, TakenColumn

__all__ = [
    "AppointmentFile",
    "Field",
    "Problem",
    "ResultFile",
    "ResultRow",
    "Row",
    "RowFileError",
    "TakenColumn",
    "parse_appointments",
    "read_appointment_file",
    "read_moment",
    "read_row",
]
