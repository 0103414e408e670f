"""The columns of a file of customers, and the words that people have for them."""

import enum
import re
from collections.abc import Mapping

from mijnklantportaal_async.files.choices import Choices
from mijnklantportaal_async.files.customers.countries import is_country
from mijnklantportaal_async.files.headers import plain
from mijnklantportaal_async.files.meaning import meaning_for_customers
from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.files.records import Table
from mijnklantportaal_async.files.tables.columns import ColumnMatcher, Columns, Vocabulary


class Field(enum.StrEnum):
    """What a column can hold."""

    COMPANY_NAME = "company_name"
    ADDRESS = "address"
    HOUSE_NUMBER = "house_number"
    HOUSE_LETTER = "house_letter"
    HOUSE_NUMBER_ADDITION = "house_number_addition"
    ZIP_CODE = "zip_code"
    CITY = "city"
    PRIMARY_EMAIL = "primary_email"
    COUNTRY_CODE = "country_code"
    PERSON = "person"
    FIRST_NAME = "first_name"
    NAME_PREFIX = "name_prefix"
    LAST_NAME = "last_name"
    PORTAL = "portal"


REQUIRED = (Field.COMPANY_NAME, Field.ADDRESS, Field.ZIP_CODE, Field.CITY, Field.PRIMARY_EMAIL)
"""What the portal wants of every customer."""

PERSONS = (Field.PERSON, Field.FIRST_NAME, Field.NAME_PREFIX, Field.LAST_NAME)
"""Who stands for a customer that is no company."""

_ENGLISH: Mapping[Field, str] = {
    Field.COMPANY_NAME: "company_name company organisation organization customer customer_name client client_name",
    Field.ADDRESS: "address street street_address address_1 address_line_1 street_name",
    Field.HOUSE_NUMBER: "house_number street_number",
    Field.HOUSE_LETTER: "house_letter",
    Field.HOUSE_NUMBER_ADDITION: "house_number_addition addition house_number_suffix",
    Field.ZIP_CODE: "zip_code zip postal_code post_code",
    Field.CITY: "city town place",
    Field.PRIMARY_EMAIL: "primary_email email e_mail mail email_address primary_email_address",
    Field.COUNTRY_CODE: "country_code country country_name",
    Field.PERSON: "contact contact_name contact_person full_name",
    Field.FIRST_NAME: "first_name given_name",
    Field.LAST_NAME: "last_name surname family_name",
    Field.PORTAL: "portal portal_name",
}
_DUTCH: Mapping[Field, str] = {
    Field.COMPANY_NAME: (
        "bedrijfsnaam naam_bedrijf bedrijf firma firmanaam handelsnaam organisatie klant klantnaam relatienaam"
    ),
    Field.ADDRESS: (
        "adres straat straatnaam straat_en_huisnummer straat_huisnummer adresregel adresregel_1 adres_1 bezoekadres "
        "vestigingsadres"
    ),
    Field.HOUSE_NUMBER: "huisnummer huisnr nr hnr",
    Field.HOUSE_LETTER: "huisletter",
    Field.HOUSE_NUMBER_ADDITION: "toevoeging toev huisnummertoevoeging huisnummer_toevoeging huisnr_toevoeging",
    Field.ZIP_CODE: "postcode pc",
    Field.CITY: "plaats plaatsnaam woonplaats vestigingsplaats stad",
    Field.PRIMARY_EMAIL: "e_mailadres mailadres primair_e_mailadres e_mail_algemeen",
    Field.COUNTRY_CODE: "land landcode landnaam",
    Field.PERSON: "contactpersoon contactnaam volledige_naam",
    Field.FIRST_NAME: "voornaam roepnaam",
    Field.NAME_PREFIX: "tussenvoegsel tussenvoegsels voorvoegsel voorvoegsels",
    Field.LAST_NAME: "achternaam",
    Field.PORTAL: "portaal portaalnaam naam_portaal klantportaal",
}
_PARTS: Mapping[Field, str] = {
    Field.ADDRESS: "straat street adresregel1 straatnaam",
    Field.HOUSE_NUMBER: "huisnummer housenumber",
    Field.HOUSE_NUMBER_ADDITION: "toevoeging toev huisnummertoevoeging",
    Field.ZIP_CODE: "postcode zip zipcode postalcode",
    Field.CITY: "plaats city woonplaats",
    Field.COUNTRY_CODE: "land country landcode",
}
"""What programs write behind the kind of an address: `Vestigingsadres straat`."""


def _of_kind(*kinds: str) -> Mapping[Field, str]:
    return {field: " ".join(kind + part for kind in kinds for part in parts.split()) for field, parts in _PARTS.items()}


def _joined(*tables: Mapping[Field, str]) -> Mapping[Field, str]:
    return {
        field: " ".join(filter(None, (table.get(field) for table in tables)))
        for field in Field
        if any(field in table for table in tables)
    }


# An invoice goes somewhere, too: good enough where nothing says where the customer is.
_OTHER_KINDS = (
    "factuuradres",
    "postadres",
    "correspondentieadres",
    "invoiceaddress",
    "billingaddress",
    "mailingaddress",
)
_SECOND_BEST = _joined(
    {
        Field.ADDRESS: " ".join(_OTHER_KINDS) + " invoice_street billing_street billing_address_1",
        Field.PRIMARY_EMAIL: (
            "e_mailadres_facturen email_facturen factuur_email e_mailadres_factuur email_factuur invoice_email "
            "billing_email e_mail_facturatie e_mailadres_offertes e_mail_voor_facturen "
            "e_mail_voor_offertes email_1 email_2"
        ),
        Field.ZIP_CODE: "billing_zip billing_postal_code",
        Field.CITY: "billing_city",
    },
    _of_kind(*_OTHER_KINDS),
)

# Of the company, unless another column is that.
_EITHER_NAME = (plain("name"), plain("naam"))

VOCABULARY = Vocabulary(
    fields=Field,
    english=_joined(_ENGLISH, _of_kind("address", "visitingaddress")),
    dutch=_joined(_DUTCH, _of_kind("vestigingsadres", "bezoekadres", "adres")),
    either=_EITHER_NAME,
    second_best=_SECOND_BEST,
    meaning=meaning_for_customers,
    fits={
        Field.PRIMARY_EMAIL: lambda text: "@" in text,
        Field.COUNTRY_CODE: is_country,
        Field.ZIP_CODE: lambda text: any(character.isdigit() for character in text) and "@" not in text,
        Field.HOUSE_NUMBER: lambda text: text.strip()[:1].isdigit(),
        **dict.fromkeys(
            (Field.COMPANY_NAME, Field.ADDRESS, Field.CITY, *PERSONS),
            lambda text: re.search(r"[^\W\d]", text) is not None and "@" not in text,
        ),
    },
    numbers=frozenset({Field.HOUSE_NUMBER}),
    things="customers",
    header_example=(
        "company_name, address, zip_code, city, primary_email (or bedrijfsnaam, adres, postcode, plaats, e-mail)"
    ),
    json_example='{"company_name": "Bakkerij Brood", "address": "Kerkstraat 12", ...}',
)
"""What the columns may be called."""


def match_columns(table: Table, choices: Choices) -> Columns[Field]:
    """Finds out which column is which field.

    Args:
        table: The file.
        choices: What a person said of columns; goes before everything else.
    """
    matcher = ColumnMatcher(table, VOCABULARY)
    matcher.refuse_too_many()
    if matcher.errors:
        return matcher.columns()
    matcher.leave_out(choices.get("ignored", ()))
    matcher.refuse_doubles()
    matcher.take_wanted(choices.get("columns", {}))
    matcher.take_meanings()
    matcher.take_known(lambda field, headers: _apart(field, headers))
    _take_names(matcher)
    matcher.take_second_best()
    matcher.name_unknown()
    has_person = not set(PERSONS).isdisjoint(matcher.taken)
    matcher.refuse_missing(
        [
            field.value
            for field in REQUIRED
            if field not in matcher.taken and not (field is Field.COMPANY_NAME and has_person)
        ]
    )
    return matcher.columns()


def _apart(field: Field, headers: list[str]) -> dict[Field, str] | None:
    """Of several addresses the one where the customer is: `Bezoekadres` before `Adres`."""
    if field is not Field.ADDRESS:
        return None
    visited = [header for header in headers if plain(header).startswith(("bezoek", "vestiging", "visit"))]
    return {field: visited[0]} if len(visited) == 1 else None


def _take_names(matcher: ColumnMatcher[Field]) -> None:
    for header in [header for header in matcher.left if plain(header) in _EITHER_NAME]:
        if Field.COMPANY_NAME in matcher.taken:
            matcher.unused(header)
        else:
            matcher.notes.append(f"{shown_value(header)!r} was taken for the company's name.")
            matcher.take(Field.COMPANY_NAME, header)
