"""From the cells of one line to a customer, to why it is none, or to what is wrong with each cell."""

from collections.abc import Callable, Mapping

from mijnklantportaal_async.files.addresses import check_address
from mijnklantportaal_async.files.cells import Cells, check_portal_name
from mijnklantportaal_async.files.cleaning import cleaned
from mijnklantportaal_async.files.customers.address import address_of, is_a_date
from mijnklantportaal_async.files.customers.countries import country_code
from mijnklantportaal_async.files.customers.vocabulary import PERSONS, REQUIRED, Field
from mijnklantportaal_async.files.meaning import Meaning, is_inactive_by_status
from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.files.records import LeftOut, Problem, Record, Row
from mijnklantportaal_async.files.tables.columns import Columns
from mijnklantportaal_async.files.words import truth_of
from mijnklantportaal_async.models.customers import NewCustomer
from mijnklantportaal_async.values.checks import check_country_code, check_text
from mijnklantportaal_async.values.unset import UNSET


def _check_no_date(value: str, field: str) -> str:
    if is_a_date(value):
        raise ValueError(
            f"{field}={value!r} is a date, which a spreadsheet makes of a number such as 12-3; give the column the "
            "format text, and write the number again"
        )
    return check_text(value, field)


_CHECKS: Mapping[Field, Callable[[str, str], str]] = {
    Field.COMPANY_NAME: check_text,
    Field.PERSON: check_text,
    Field.FIRST_NAME: check_text,
    Field.NAME_PREFIX: check_text,
    Field.LAST_NAME: check_text,
    Field.ADDRESS: _check_no_date,
    Field.HOUSE_NUMBER: _check_no_date,
    Field.HOUSE_LETTER: check_text,
    Field.HOUSE_NUMBER_ADDITION: check_text,
    Field.ZIP_CODE: check_text,
    Field.CITY: check_text,
    Field.PRIMARY_EMAIL: check_address,
    Field.COUNTRY_CODE: lambda value, field: check_country_code(country_code(value), field),
    Field.PORTAL: check_portal_name,
}


def read_row(record: Record, columns: Columns[Field]) -> Row[NewCustomer] | LeftOut | tuple[Problem, ...]:
    """A customer from one line.

    Args:
        record: The line's cells.
        columns: Which column holds what.

    Returns:
        The row, why it is none, or every problem that it has.
    """
    cells = Cells(record, columns.headers)
    if (reason := _gone(record, columns, cells)) is not None:
        return LeftOut(line=record.line, title=shown_value(cells.get(Field.COMPANY_NAME) or ""), reason=reason)
    texts = {field: text for field, check in _CHECKS.items() if (text := cells.checked(field, check)) is not None}
    person = texts.get(Field.PERSON) or " ".join(texts[field] for field in PERSONS[1:] if field in texts)
    if Field.COMPANY_NAME not in cells and person:
        texts[Field.COMPANY_NAME] = person
    for field in REQUIRED:
        if field not in cells and field not in texts:
            cells.refuse(field, "is empty; the portal wants it of every customer")
    if Field.HOUSE_NUMBER_ADDITION in cells and Field.HOUSE_NUMBER not in cells:
        cells.refuse(Field.HOUSE_NUMBER_ADDITION, f"adds to no number; fill in {cells.header(Field.HOUSE_NUMBER)}")
    if cells.problems:
        return tuple(cells.problems)
    parts = (Field.HOUSE_NUMBER, Field.HOUSE_LETTER, Field.HOUSE_NUMBER_ADDITION)
    try:
        new = NewCustomer(
            company_name=texts[Field.COMPANY_NAME],
            address=address_of(texts[Field.ADDRESS], *(texts.get(field, "") for field in parts)),
            zip_code=texts[Field.ZIP_CODE],
            city=texts[Field.CITY],
            primary_email=texts[Field.PRIMARY_EMAIL],
            country_code=texts.get(Field.COUNTRY_CODE, UNSET),
        )
    except (TypeError, ValueError) as error:
        cells.refuse(None, str(error))
        return tuple(cells.problems)
    return Row(line=record.line, new=new, portal=texts.get(Field.PORTAL))


def _gone(record: Record, columns: Columns[Field], cells: Cells[Field]) -> str | None:
    """Why a customer is one no longer; None when nothing says so. What cannot be understood is kept in the cells."""
    for header, kind in columns.meanings.items():
        text = cleaned(record.cells.get(header, ""))
        shown = f"{shown_value(header)}: {shown_value(text)}"
        if kind is Meaning.STATUS:
            if is_inactive_by_status(text):
                return f"not active ({shown})"
            continue
        if not text:
            continue
        if (said := truth_of(text)) is None:
            cells.refuse_column(
                header,
                f"is neither yes nor no; write one of them, or say --ignore-column {shown_value(header)!r} if it does "
                "not matter",
            )
        elif said is (kind is Meaning.INACTIVE):
            return f"not active ({shown})"
    return None
