"""Reads customers from files that people make (CSV, JSON Lines).

Nothing here sends anything. A file is checked as a whole before its first row is used.
"""

from mijnklantportaal_async.customer_files.columns import Field
from mijnklantportaal_async.customer_files.read_file import CustomerFile, parse_customers, read_customer_file
from mijnklantportaal_async.customer_files.rows import read_row
from mijnklantportaal_async.tables.records import Problem, Row, RowFileError, TakenColumn

__all__ = [
    "CustomerFile",
    "Field",
    "Problem",
    "Row",
    "RowFileError",
    "TakenColumn",
    "parse_customers",
    "read_customer_file",
    "read_row",
]
