"""The option `--column`, which says which column of a file is which."""

import typer

from mijnklantportaal_async.texts.words import words


def column_mapping(pairs: list[str]) -> dict[str, str]:
    """From `name=Omschrijving` to field and header.

    Args:
        pairs: As they were given.

    Raises:
        typer.BadParameter: One of them is no pair, or a field is given twice.
    """
    mapping: dict[str, str] = {}
    for pair in pairs:
        field, equals, header = pair.partition("=")
        if not (field.strip() and equals and header.strip()):
            raise typer.BadParameter(
                words("{pair} must be FIELD=HEADER, as in name=Omschrijving", pair=repr(pair)), param_hint="--column"
            )
        if field.strip() in mapping:
            raise typer.BadParameter(words("{field} is given twice", field=repr(field.strip())), param_hint="--column")
        mapping[field.strip()] = header.strip()
    return mapping
