"""Every kind of error has somebody who hears of it."""

import inspect

import pytest
from example_files import Example

from mijnklantportaal_async import (
    ConnectError,
    ConnectionLostError,
    DecodeError,
    MijnKlantportaalError,
    Outcome,
    OutcomeUnknownError,
    PaginationError,
    RateLimitedError,
    ServerError,
    ValidationError,
    errors,
)

endings = Example("endings")

PARENTS = {"MijnKlantportaalError", "TransportError", "APIStatusError", "RateLimitError"}
KNOWN_OUTCOME = {"OutcomeUnknownError", "DecodeError", "PaginationError"}
"""Sorted by their outcome alone."""


def test_no_kind_of_error_is_left_out() -> None:
    kinds = {
        name for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, MijnKlantportaalError)
    }
    assert {kind.__name__ for kind in endings.ENDINGS} == kinds - PARENTS - KNOWN_OUTCOME


def test_an_unknown_outcome_is_in_doubt_whatever_the_kind() -> None:
    for kind in [*endings.ENDINGS, OutcomeUnknownError, MijnKlantportaalError]:
        error = kind("x", outcome=Outcome.UNKNOWN)
        assert endings.ending_of(error) is endings.Ending.IN_DOUBT, kind
        # To read changes nothing, so there nothing is in doubt.
        assert endings.ending_of(error, reads=True) is endings.Ending.OUT_OF_REACH, kind


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (DecodeError("x"), "DONE"),
        (DecodeError("x", outcome=Outcome.UNKNOWN), "IN_DOUBT"),
        (PaginationError("x"), "DONE"),
        (ConnectionLostError("x"), "IN_DOUBT"),
        (ServerError("x", outcome=Outcome.REJECTED), "OUT_OF_REACH"),
        (ConnectError("x"), "OUT_OF_REACH"),
        (ConnectError("x", is_permanent=True), "FOR_THE_OWNER"),
        (RateLimitedError("x"), "BUSY"),
        (ValidationError("x", errors={"name": ["no"]}), "WRONG_INPUT"),
        (ValidationError("x", errors={"customer_id": ["no"]}), "FOR_THE_OWNER"),
        (ValidationError("x"), "FOR_THE_OWNER"),
        (ValueError("name is empty"), "WRONG_INPUT"),
        (ValueError("base_url is empty"), "FOR_THE_OWNER"),
        (ValueError(), "FOR_THE_OWNER"),
        # Of what nobody thought of, nobody knows what it left behind.
        (RuntimeError("x"), "IN_DOUBT"),
        (KeyError("name"), "IN_DOUBT"),
        (MijnKlantportaalError("a new kind"), "FOR_THE_OWNER"),
    ],
)
def test_sorts_what_a_booking_raises(error: Exception, ending: str) -> None:
    assert endings.ending_of(error, typed={"name"}).name == ending


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "a second"), (2, "2 seconds"), (119, "119 seconds"), (120, "2 minutes"), (121, "3 minutes")],
)
def test_a_time_to_wait_is_said_as_people_say_it(seconds: int, words: str) -> None:
    assert endings.in_words(seconds) == words
