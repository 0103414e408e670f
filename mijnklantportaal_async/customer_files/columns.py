"""The columns of a file of customers, and the words that people have for them."""

import enum
from collections.abc import Collection, Mapping, Sequence

from mijnklantportaal_async.tables.columns import ColumnMatcher, Columns, Vocabulary, plain
from mijnklantportaal_async.tables.printable import shown_value


class Field(enum.StrEnum):
    """What a column can hold."""

    COMPANY_NAME = "company_name"
    ADDRESS = "address"
    HOUSE_NUMBER = "house_number"
    HOUSE_NUMBER_ADDITION = "house_number_addition"
    ZIP_CODE = "zip_code"
    CITY = "city"
    PRIMARY_EMAIL = "primary_email"
    COUNTRY_CODE = "country_code"
    PORTAL = "portal"


REQUIRED = (Field.COMPANY_NAME, Field.ADDRESS, Field.ZIP_CODE, Field.CITY, Field.PRIMARY_EMAIL)
"""What the portal wants of every customer."""

_HEADERS: Mapping[Field, str] = {
    Field.COMPANY_NAME: (
        "company_name company organisation organization customer customer_name client client_name bedrijfsnaam bedrijf "
        "firma firmanaam handelsnaam organisatie klant klantnaam"
    ),
    Field.ADDRESS: (
        "address street street_address adres straat straatnaam straat_en_huisnummer adresregel bezoekadres "
        "vestigingsadres"
    ),
    Field.HOUSE_NUMBER: "house_number street_number huisnummer huisnr",
    Field.HOUSE_NUMBER_ADDITION: (
        "house_number_addition addition toevoeging huisnummertoevoeging huisnummer_toevoeging huisnr_toevoeging"
    ),
    Field.ZIP_CODE: "zip_code zip postal_code post_code postcode",
    Field.CITY: "city town place plaats plaatsnaam woonplaats vestigingsplaats stad",
    Field.PRIMARY_EMAIL: (
        "primary_email email e_mail mail email_address primary_email_address e_mailadres mailadres primair_e_mailadres"
    ),
    Field.COUNTRY_CODE: "country_code country land landcode",
    Field.PORTAL: "portal portal_name portaal portaalnaam naam_portaal klantportaal",
}

# Of the company, unless another column is that.
_EITHER_NAME = (plain("name"), plain("naam"))

VOCABULARY = Vocabulary(
    fields=Field,
    headers=_HEADERS,
    either=_EITHER_NAME,
    numbers=frozenset({Field.HOUSE_NUMBER}),
    things="customers",
    header_example=(
        "company_name, address, zip_code, city, primary_email (or bedrijfsnaam, adres, postcode, plaats, e-mail)"
    ),
    json_example='{"company_name": "Bakkerij Brood", "address": "Kerkstraat 12", ...}',
)
"""What the columns may be called."""


def match_columns(headers: Sequence[str], wanted: Mapping[str, str], ignored: Collection[str] = ()) -> Columns[Field]:
    """Finds out which column is which field.

    Args:
        headers: As the file has them.
        wanted: Field -> header, as a person said it; goes before everything else.
        ignored: Headers that a person said to leave alone.
    """
    matcher = ColumnMatcher(headers, VOCABULARY)
    matcher.refuse_too_many()
    if matcher.errors:
        return matcher.columns()
    matcher.leave_out(ignored)
    matcher.refuse_doubles()
    matcher.take_wanted(wanted)
    matcher.take_known()
    _take_names(matcher)
    matcher.name_unknown()
    matcher.refuse_missing([field.value for field in REQUIRED if field not in matcher.taken])
    return matcher.columns()


def _take_names(matcher: ColumnMatcher[Field]) -> None:
    for header in [header for header in matcher.left if plain(header) in _EITHER_NAME]:
        if Field.COMPANY_NAME in matcher.taken:
            matcher.unused(header)
        else:
            matcher.notes.append(f"{shown_value(header)!r} was taken for the company's name.")
            matcher.take(Field.COMPANY_NAME, header)
