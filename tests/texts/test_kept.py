"""Texts that a database keeps: in English for whoever looks into it, and whole for another language."""

from datetime import UTC, datetime

import pytest

from mijnklantportaal_async.texts.kept import as_kept, told
from mijnklantportaal_async.texts.language import Language
from mijnklantportaal_async.texts.words import capital, counted, phrase, sentence, sentences, words

DUTCH = Language("nl")

TEXTS = {
    "plain": "Any text",
    "empty": "",
    "words": words("Row {number} stays as it is: {reason}.", number=3, reason=words("the job has no such row")),
    "many": counted("{count:,} row", "{count:,} rows", 1200),
    "several": sentences(words("Nothing was sent."), "apt_1", words("Wait a minute."), separator="\n"),
    "ended": sentence(words("No connection to {where}: {reason}", where="there", reason="{odd} \x7f \ud800 é")),
    "unended": phrase(words("Nothing was sent.")),
    "moment": words("over about {ends_at:%a %H:%M}", ends_at=datetime(2027, 3, 1, 14, 30, tzinfo=UTC)),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_it_is_told_as_it_was_said(text: str) -> None:
    kept = as_kept(text)

    assert kept.startswith(text)
    assert told(kept) == text
    assert DUTCH.of(told(kept)) == DUTCH.of(text)


def test_a_change_that_nobody_else_knows_stays_english() -> None:
    assert DUTCH.of(told(as_kept(capital(words("nothing to do"))))) == "Nothing to do"


@pytest.mark.parametrize(
    "parts", ["", "{", "[]", '{"said": 1}', '{"said": "{a.b}", "several": null, "count": null}', "3"]
)
def test_parts_that_another_version_has_written_are_left_alone(parts: str) -> None:
    assert told(f"Nothing was sent.\x1e{parts}") == "Nothing was sent."


def test_no_index_is_given_more_than_it_takes() -> None:
    assert (
        as_kept(words("no way to {base_url}: {error}", base_url="x", error="e" * 1500)) == f"no way to x: {'e' * 1500}"
    )
