"""The booking page in the language of the visitor's browser."""

import ast
import re
from collections.abc import Iterator

import pytest
from booking_page import booking_page, fastapi_booking, form
from example_files import EXAMPLES, Example

from mijnklantportaal_async.sandbox import Sandbox

texts = Example("fastapi_booking_texts")

DUTCH = {"Accept-Language": "nl-NL,nl;q=0.9,en;q=0.8"}


def said_by_the_example() -> Iterator[str]:
    """Every text that a visitor may read: marked in the page, and as sentences in what answers."""
    yield from re.findall(r"\[\[(.+?)\]\]", fastapi_booking.PAGE.read_text("utf-8"))
    for name in ("fastapi_booking_answers", "fastapi_booking_form"):
        tree = ast.parse((EXAMPLES / f"{name}.py").read_text("utf-8"))
        documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            is_said = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation
            if is_said and re.match(r"[A-Z].* .*[.]$", node.value):
                yield node.value
    yield from ("a second", "{seconds} seconds", "{minutes} minutes")


def test_every_text_is_there_in_dutch_and_nothing_else() -> None:
    said = set(said_by_the_example())

    assert said - texts.DUTCH.keys() == set()
    assert texts.DUTCH.keys() - said == set()
    for english, dutch in texts.DUTCH.items():
        assert re.findall(r"\{\w+\}", english) == re.findall(r"\{\w+\}", dutch)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("", "en"), ("nl", "nl"), ("nl-BE,nl;q=0.9,en;q=0.8", "nl"), ("en-US,en;q=0.9,nl;q=0.8", "en"), ("fr,nl", "nl")],
)
def test_the_language_of_a_browser(accepted: str, language: str) -> None:
    assert texts.language_of(accepted) == language


async def test_the_page_and_its_answers_are_dutch() -> None:
    async with Sandbox() as sandbox, booking_page(sandbox) as visitor:
        page = await visitor.get("/", headers=DUTCH)
        booked = await visitor.post("/appointments", json=form(), headers=DUTCH)
        again = await visitor.post("/appointments", json=form())
        refused = await visitor.post(
            "/appointments", json=form(day="", form_token="another-token-of-it"), headers=DUTCH
        )

    assert '<html lang="nl">' in page.text
    assert "<h1>Maak een afspraak</h1>" in page.text
    assert "Tijden zijn die van Amsterdam." in page.text
    assert "dit formulier wordt niet twee keer geboekt" in page.text
    assert "[[" not in page.text
    assert page.headers["vary"] == "Accept-Language"
    assert booked.json()["message"] == "Uw afspraak staat in onze agenda."
    assert booked.json()["when"] == "vrijdag 5 maart 2027, 14:30 tot 15:30"
    # The same booking, told to somebody else.
    assert again.json()["when"] == "Friday 5 March 2027, 14:30 to 15:30"
    assert refused.json()["errors"] == {"day": ["Vul dit in."]}
    assert len(sandbox.appointments) == 1
