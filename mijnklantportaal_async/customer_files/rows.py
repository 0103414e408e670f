"""From the cells of one line to a customer, or to what is wrong with each cell."""

from collections.abc import Mapping

from mijnklantportaal_async.customer_files.columns import REQUIRED, Field
from mijnklantportaal_async.models.customers import NewCustomer
from mijnklantportaal_async.tables.cells import Cells, check_portal_name
from mijnklantportaal_async.tables.records import Problem, Record, Row
from mijnklantportaal_async.values.checks import check_country_code, check_email, check_text
from mijnklantportaal_async.values.unset import UNSET

_CHECKS = {
    Field.COMPANY_NAME: check_text,
    Field.ADDRESS: check_text,
    Field.HOUSE_NUMBER: check_text,
    Field.HOUSE_NUMBER_ADDITION: check_text,
    Field.ZIP_CODE: check_text,
    Field.CITY: check_text,
    Field.PRIMARY_EMAIL: check_email,
    Field.COUNTRY_CODE: check_country_code,
    Field.PORTAL: check_portal_name,
}


def read_row(record: Record, headers: Mapping[Field, str]) -> Row[NewCustomer] | tuple[Problem, ...]:
    """A customer from one line.

    Args:
        record: The line's cells.
        headers: Which column holds which field.

    Returns:
        The row, or every problem that it has.
    """
    cells = Cells(record, headers)
    texts = {field: text for field, check in _CHECKS.items() if (text := cells.checked(field, check)) is not None}
    for field in REQUIRED:
        if field not in cells:
            cells.refuse(field, "is empty; the portal wants it of every customer")
    if Field.HOUSE_NUMBER_ADDITION in cells and Field.HOUSE_NUMBER not in cells:
        cells.refuse(Field.HOUSE_NUMBER_ADDITION, f"adds to no number; fill in {cells.header(Field.HOUSE_NUMBER)}")
    if cells.problems:
        return tuple(cells.problems)
    country = texts.get(Field.COUNTRY_CODE)
    try:
        new = NewCustomer(
            company_name=texts[Field.COMPANY_NAME],
            address=_address(texts),
            zip_code=texts[Field.ZIP_CODE],
            city=texts[Field.CITY],
            primary_email=texts[Field.PRIMARY_EMAIL],
            country_code=UNSET if country is None else country.upper(),
        )
    except (TypeError, ValueError) as error:
        cells.refuse(None, str(error))
        return tuple(cells.problems)
    return Row(line=record.line, new=new, portal=texts.get(Field.PORTAL))


def _address(texts: Mapping[Field, str]) -> str:
    """Street and number, which Dutch files like to keep apart."""
    street, number = texts[Field.ADDRESS], texts.get(Field.HOUSE_NUMBER)
    # Some files have the number in both places.
    if number is None or street.split()[-1] == number:
        number = ""
    return " ".join(part for part in (street, number, texts.get(Field.HOUSE_NUMBER_ADDITION, "")) if part)
