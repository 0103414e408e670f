"""Which language somebody gets, and how a text is said in it."""

import copy
import pickle
from datetime import date, datetime

import pytest
from given import AMSTERDAM

from mijnklantportaal_async.texts.language import ENGLISH, Language, language_accepted, language_wanted
from mijnklantportaal_async.texts.pages import page_in
from mijnklantportaal_async.texts.words import counted, sentences, words

DUTCH = Language("nl")


@pytest.mark.parametrize(
    ("said", "environment", "code"),
    [
        (None, {}, "en"),
        ("nl", {"LANG": "en_US.UTF-8"}, "nl"),
        (None, {"LANG": "nl_NL.UTF-8"}, "nl"),
        (None, {"LANG": "nl_BE@euro"}, "nl"),
        (None, {"LANG": "nl_NL.UTF-8", "LC_ALL": "C"}, "en"),
        (None, {"LANG": "en_US", "LC_MESSAGES": "nl_NL"}, "nl"),
        (None, {"LANG": "en_US", "LANGUAGE": "fr:nl:en"}, "nl"),
        (None, {"LANG": "nl_NL", "MIJNKLANTPORTAAL_LANGUAGE": "en"}, "en"),
        (None, {"LANG": "nlx_XX"}, "en"),
    ],
)
def test_the_language_of_a_terminal(said: str | None, environment: dict[str, str], code: str) -> None:
    assert language_wanted(said, {"LANG": "C", **environment}).code == code


def test_a_language_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="there are en and nl"):
        language_wanted("fr")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "en"),
        ("nl", "nl"),
        ("nl-BE,nl;q=0.9,en;q=0.8", "nl"),
        ("en-US,en;q=0.9,nl;q=0.8", "en"),
        ("fr,nl;q=0.5,en;q=0.4", "nl"),
        ("fr;q=1,*;q=0.5", "en"),
        ("nl;q=0", "en"),
        ("nl;q=rubbish,;;,=", "en"),
    ],
)
def test_the_language_of_a_browser(header: str, code: str) -> None:
    assert language_accepted(header).code == code


def test_a_text_is_english_until_somebody_says_it_in_another_language() -> None:
    text = words(
        "The job counts {rows}; this page was made from {given:,}.",
        rows=counted("{count:,} row", "{count:,} rows", 1200),
        given=1,
    )

    assert text == "The job counts 1,200 rows; this page was made from 1."
    assert ENGLISH.of(text) == text
    assert DUTCH.of(text) == "De opdracht telt 1.200 rijen; deze pagina is gemaakt uit 1."
    for again in (pickle.loads(pickle.dumps(text)), copy.deepcopy(text)):
        assert (again, DUTCH.of(again)) == (text, DUTCH.of(text))


def test_one_and_many() -> None:
    said = [DUTCH.of(counted("{count:,} row", "{count:,} rows", count)) for count in (0, 1, 2)]
    assert said == ["0 rijen", "1 rij", "2 rijen"]


def test_sentences_are_said_one_by_one() -> None:
    text = sentences(words("There are no rows."), "", None, "apt_1", words("No reason was given."))

    assert text == "There are no rows. apt_1 No reason was given."
    assert DUTCH.of(text) == "Er zijn geen rijen. apt_1 Er is geen reden gegeven."
    assert DUTCH.of(pickle.loads(pickle.dumps(text))) == DUTCH.of(text)


def test_days_have_the_names_of_the_language_whatever_the_locale() -> None:
    day, moment = date(2027, 3, 1), datetime(2027, 3, 1, 14, 30, tzinfo=AMSTERDAM)

    assert words("{day:%A %d %B}, {day:%a %b}", day=day) == "Monday 01 March, Mon Mar"
    assert DUTCH.of(words("{day:%A %d %B}, {day:%a %b}", day=day)) == "maandag 01 maart, ma mrt"
    assert DUTCH.of(words("{at:%a %H:%M}", at=moment)) == "ma 14:30"
    assert DUTCH.of(words("{seconds:g} s, {ratio:.1f}", seconds=0.5, ratio=1234.56)) == "0,5 s, 1234,6"


@pytest.mark.parametrize("name", ["{a.b}", "{a[0]}", "{}", "{0}"])
def test_a_template_reaches_nothing_but_its_values(name: str) -> None:
    with pytest.raises(ValueError, match="a template names its values"):
        words(f"x {name}", a="b")


def test_what_anybody_is_called_is_no_template() -> None:
    assert words("Portal {name}", name="{rows}") == "Portal {rows}"
    assert DUTCH.of(words("Portal {name}", name="{rows}")) == "Portaal {rows}"


def test_a_page_is_escaped_where_it_stands() -> None:
    source = '<html lang="en"><title>[[429s]]</title><script>const a = "[[429s]]";</script>'

    assert page_in(ENGLISH, source) == '<html lang="en"><title>429s</title><script>const a = "429s";</script>'
    said = page_in(DUTCH, source)
    assert '<html lang="nl"><title>429&#x27;s</title>' in said
    assert 'const a = "429\\u0027s";' in said
