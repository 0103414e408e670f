"""What the portal accepts for a customer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from mijnklantportaal_async.sandbox.answers import refuse
from mijnklantportaal_async.sandbox.field_rules import (
    check,
    check_email,
    check_lengths,
    errors_by_contract,
    read_json_object,
    tidy,
    trim,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema import Draft202012Validator

# By the names on the wire, in the order of the documentation.
_COLUMNS = {
    "companyName": "company_name",
    "address": "address",
    "zipCode": "zip_code",
    "city": "city",
    "primaryEmail": "primary_email",
}
_COUNTRY = re.compile(r"[A-Za-z]{2}")


@attrs.frozen(kw_only=True)
class NewCustomer:
    """A request to create a customer, found to be in order."""

    company_name: str
    address: str
    zip_code: str
    city: str
    primary_email: str
    country_code: str = "NL"


def read_new_customer(body: bytes, content_type: str, validator: Draft202012Validator) -> NewCustomer:
    """Judge the body of Create Customer.

    Raises:
        Refusal: when it is not acceptable.
    """
    document = tidy(read_json_object(body, content_type))
    return NewCustomer(**_judged(document, validator, {**_COLUMNS, "countryCode": "country_code"}))


def read_changes(body: bytes, content_type: str, validator: Draft202012Validator) -> Mapping[str, str]:
    """Judge the body of Edit Customer, and return the columns to change.

    Raises:
        Refusal: when it is not acceptable, or changes nothing.
    """
    # A null stays: it is no text, so it is refused by the contract. Dropping it would change nothing and say nothing.
    document = trim(read_json_object(body, content_type))
    columns = _judged(document, validator, _COLUMNS)
    if not columns:
        raise refuse(422, f"At least one of these fields is required: {', '.join(_COLUMNS)}.")
    return columns


def _judged(
    document: Mapping[str, object], validator: Draft202012Validator, columns: Mapping[str, str]
) -> dict[str, str]:
    errors = errors_by_contract(dict(document), validator)
    texts = {field: value for field, value in document.items() if isinstance(value, str)}
    check_lengths(texts, columns, errors)
    check_email("primaryEmail", texts, errors)
    if "countryCode" in texts and not _COUNTRY.fullmatch(texts["countryCode"]):
        errors.setdefault("countryCode", []).append("The country code field must be 2 letters.")
    check(errors, tuple(columns))
    return {column: texts[field] for field, column in columns.items() if field in texts}
