"""Reads appointments and customers from files that people have, and writes what became of them.

Tables (CSV, workbooks, JSON) and calendars (iCalendar) go through one reader, with a vocabulary for each kind of
record. Nothing here sends anything: a file is checked as a whole before its first row is used.
"""

from mijnklantportaal_async.files.choices import Choices
from mijnklantportaal_async.files.moments import read_moment
from mijnklantportaal_async.files.preview import Understood, preview
from mijnklantportaal_async.files.questions import About, Answer, Question
from mijnklantportaal_async.files.reading import (
    AppointmentFile,
    CustomerFile,
    RowOperation,
    parse_appointments,
    parse_customers,
    parse_rows,
    read_appointment_file,
    read_customer_file,
    read_rows,
)
from mijnklantportaal_async.files.records import (
    FileQuestionError,
    LeftOut,
    Problem,
    Row,
    RowFile,
    RowFileError,
    TakenColumn,
)
from mijnklantportaal_async.files.results.appointments import result_of
from mijnklantportaal_async.files.results.formats import Manner
from mijnklantportaal_async.files.results.table import ResultRow
from mijnklantportaal_async.files.results.writing import ResultFile

__all__ = [
    "About",
    "Answer",
    "AppointmentFile",
    "Choices",
    "CustomerFile",
    "FileQuestionError",
    "LeftOut",
    "Manner",
    "Problem",
    "Question",
    "ResultFile",
    "ResultRow",
    "Row",
    "RowFile",
    "RowFileError",
    "RowOperation",
    "TakenColumn",
    "Understood",
    "parse_appointments",
    "parse_customers",
    "parse_rows",
    "preview",
    "read_appointment_file",
    "read_customer_file",
    "read_moment",
    "read_rows",
    "result_of",
]
