import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.oauth import PortalTokens
from mijnklantportaal_async.oauth.tokens import LONGEST_LIFE, UnreadableTokensError, life_in, margin_of, tokens_in

ACCESS, REFRESH = "access-of-tests", "refresh-of-tests"


def before() -> PortalTokens:
    return tokens_in(b'{"access_token": "a1-old", "refresh_token": "r1-old", "expires_in": 60}', 1000.0)


@pytest.mark.parametrize(
    ("said", "life"),
    [
        (3600, 3600.0),
        ("3600", 3600.0),
        (59.5, 59.5),
        ("59.5", 59.5),
        (0, 0.0),
        (-5, 0.0),
        (10**30, LONGEST_LIFE),
        (None, None),
        ("soon", None),
        ("", None),
        (True, None),
        ([], None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_a_life_is_read_however_it_is_written(said: object, life: float | None) -> None:
    assert life_in(said) == life


@given(st.booleans() | st.floats() | st.integers() | st.text() | st.lists(st.integers(), max_size=1))
def test_no_life_raises(said: object) -> None:
    life = life_in(said)
    assert life is None or 0 <= life <= LONGEST_LIFE


@pytest.mark.parametrize("part", ["", ', "refresh_token": null', ', "refresh_token": ""', ', "refresh_token": 7'])
def test_without_a_new_refresh_token_the_old_one_goes_on(part: str) -> None:
    renewed = tokens_in(f'{{"access_token": "a2-new", "expires_in": 60{part}}}'.encode(), 2000.0, before())
    assert renewed.refresh_token == Token("r1-old")
    assert renewed.access_token == Token("a2-new")
    assert renewed.expires_at == 2060.0
    assert renewed.generation != before().generation


def test_a_new_refresh_token_takes_its_place() -> None:
    renewed = tokens_in(b'{"access_token": "a2", "refresh_token": "r2-new"}', 2000.0, before())
    assert renewed.refresh_token == Token("r2-new")
    assert (renewed.expires_at, renewed.life) == (None, None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b"{}",
        b'{"access_token": ""}',
        b'{"access_token": "a b"}',
        b'{"access_token": 7}',
    ],
)
def test_what_are_no_tokens_is_said_without_repeating_it(body: bytes) -> None:
    with pytest.raises(UnreadableTokensError) as caught:
        tokens_in(body, 0.0)
    assert "a b" not in str(caught.value)


@given(st.binary())
def test_any_body_gives_tokens_or_that_error(body: bytes) -> None:
    with pytest.raises(UnreadableTokensError):
        tokens_in(body, 0.0)
    with pytest.raises(UnreadableTokensError):
        PortalTokens.from_bytes(body)


def test_granted_scopes_are_kept_and_another_set_is_no_error() -> None:
    granted = tokens_in(b'{"access_token": "a", "scope": "customers.read  tickets.read"}', 0.0)
    assert granted.scopes == ("customers.read", "tickets.read")
    assert tokens_in(b'{"access_token": "a", "scope": 7}', 0.0, granted).scopes == granted.scopes


def test_what_a_store_keeps_comes_back() -> None:
    tokens = tokens_in(b'{"access_token": "a1", "refresh_token": "r1", "expires_in": 60, "scope": "x.read"}', 5.0)
    assert PortalTokens.from_bytes(tokens.to_bytes()) == tokens


def test_tokens_show_nowhere() -> None:
    tokens = tokens_in(f'{{"access_token": "{ACCESS}", "refresh_token": "{REFRESH}"}}'.encode(), 0.0)
    for text in (repr(tokens), str(tokens), f"{tokens}", repr(copy.copy(tokens)), repr(vars(type(tokens)))):
        assert ACCESS not in text
        assert REFRESH not in text
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(tokens)


@pytest.mark.parametrize(("life", "margin"), [(3600, 60.0), (600, 60.0), (100, 10.0), (2, 0.2), (0, 0.0)])
def test_the_margin_is_never_longer_than_the_token_lives(life: float, margin: float) -> None:
    assert margin_of(life, 0.0) == pytest.approx(margin)
    assert margin <= margin_of(life, 1.0) <= max(life * 0.2, 0.0)
