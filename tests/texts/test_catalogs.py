"""Every text has both languages, and says the same in both."""

import re
import string
from collections.abc import Iterator
from io import BytesIO

import pytest
from babel.messages.catalog import Message
from babel.messages.mofile import read_mo
from texts_in_source import CATALOGS, catalog_of, catalog_of_source, compiled

CODES = ["nl"]


def values_in(text: str) -> set[str]:
    """The names and formats of the values in a text."""
    return {f"{name}:{pattern}" for _, name, pattern, _ in string.Formatter().parse(text) if name is not None}


def pairs(message: Message) -> Iterator[tuple[str, str]]:
    """The English and the other forms of a text."""
    if isinstance(message.id, str):
        yield message.id, str(message.string)
        return
    yield from zip(message.id, message.string, strict=True)


@pytest.mark.parametrize("code", CODES)
def test_every_text_of_the_source_is_in_the_catalog_and_nothing_else(code: str) -> None:
    wanted = {message.id for message in catalog_of_source() if message.id}
    there = {message.id for message in catalog_of(code) if message.id}

    # `python tests/texts_in_source.py` brings the catalog up to date.
    assert wanted - there == set()
    assert there - wanted == set()


@pytest.mark.parametrize("code", CODES)
def test_every_text_is_translated_with_the_same_values(code: str) -> None:
    for message in catalog_of(code):
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        for one, other in pairs(message):
            assert other.strip(), one
            assert values_in(one) == values_in(other), one
            # A sentence ends as one, and a part of one does not.
            assert re.search(r"[.:]?$", one.rstrip())[0] == re.search(r"[.:]?$", other.rstrip())[0], one  # type: ignore[index]


@pytest.mark.parametrize("code", CODES)
def test_what_programs_read_is_made_from_what_people_write(code: str) -> None:
    assert _read((CATALOGS / f"{code}.mo").read_bytes()) == _read(compiled(catalog_of(code)))


def _read(content: bytes) -> dict[str, object]:
    """What is in it, but for its head: that names the version of whatever wrote it."""
    texts = {str(message.id): message.string for message in read_mo(BytesIO(content)) if message.id}
    assert texts
    return texts
