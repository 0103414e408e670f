from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mijnklantportaal_async.callbacks import Html
from mijnklantportaal_async.callbacks.html import element, join, json_script, literal, text, url

NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "x onmouseover=alert(1)",
    "</title><script>",
    "&lt;b&gt;",
    "\ud800<b>",
    "\0<i>",
    "é 🎈 \u2028",
]


class Reader(HTMLParser):
    """What a browser finds."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text() | st.sampled_from(NASTY))
def test_text_is_text_wherever_it_stands(said: str) -> None:
    shown = Reader(element("p", said, title=said, data_note=said).markup)
    assert [tag for tag, _ in shown.tags] == ["p"]
    assert set(shown.tags[0][1]) == {"title", "data-note"}
    plain = said.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")
    if "\r" not in plain and all(sign.isprintable() or sign == "\n" for sign in plain):
        assert shown.text == plain
        assert shown.tags[0][1]["title"] == plain
    assert element("p", said).markup.isascii()


def test_a_plain_str_is_text_and_html_stays() -> None:
    assert text("<b>").markup == "&lt;b&gt;"
    assert text(element("b", "x")).markup == "<b>x</b>"
    rows = [element("li", name) for name in ("a", "<b>")]
    assert element("ul", rows, None, 7, Decimal("1.50"), date(2027, 3, 5)).markup == (
        "<ul><li>a</li><li>&lt;b&gt;</li>71.502027-03-05</ul>"
    )
    assert join("a", literal("<hr>"), "<").markup == "a<hr>&lt;"
    assert element("br").markup == "<br>"
    assert element("input", disabled=True, hidden=False, class_="x", value=None).markup == '<input disabled class="x">'


def test_html_loses_itself_in_no_string() -> None:
    """In an f-string it would become text that claims to be HTML."""
    made = element("b", "x")
    for attempt in (lambda: f"{made}", lambda: str(made), lambda: "%s" % made, lambda: "{}".format(made)):  # noqa: UP031, UP032
        with pytest.raises(TypeError):
            attempt()
    with pytest.raises(TypeError):
        Html("<script>")
    assert made == element("b", "x")
    assert len({made, element("b", "x")}) == 1


@pytest.mark.parametrize("child", [b"x", {"a": 1}, True, object(), 1.5, [b"x"]])
def test_what_is_neither(child: Any) -> None:
    with pytest.raises(TypeError):
        text(child)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\tscript:alert(1)",
        " javascript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        "//evil.example/",
        "/relative",
        "https:",
        "https:\\\\evil",
        "http://[::1",
        "https://x.nl/a b",
        "",
    ],
)
def test_addresses_that_lead_elsewhere_are_refused(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        url(address)
    for attribute in ("href", "src", "action", "formaction"):
        with pytest.raises(ValueError, match="address"):
            element("a", "x", **{attribute: address})


@pytest.mark.parametrize("address", ["https://x.nl/?a=1&b=2", "http://x.nl", "mailto:a@b.nl", "tel:+31101234567"])
def test_addresses_that_are_taken(address: str) -> None:
    markup = element("a", "x", href=url(address)).markup
    assert Reader(markup).tags == [("a", {"href": address})]


@pytest.mark.parametrize("attribute", ["onclick", "onload", "srcdoc", "style", "srcset", "on_click", "x y", "", "1"])
def test_attributes_that_do_something_are_refused(attribute: str) -> None:
    with pytest.raises(ValueError, match="refused"):
        element("p", **{attribute: "x"})


@pytest.mark.parametrize("name", ["script", "iframe", "style", "base", "meta", "svg", "object", "P", "p onclick", ""])
def test_elements_that_do_something_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="refused"):
        element(name)  # type: ignore[arg-type, unused-ignore]


@given(st.dictionaries(st.text(), st.text() | st.sampled_from(["</script><script>", "<!--", "]]>", "\u2028"])))
def test_data_for_a_script_cannot_end_it(data: dict[str, str]) -> None:
    markup = json_script(data, "orders").markup
    (inside,) = re.fullmatch(r'<script type="application/json" id="orders">([^<>&]*)</script>', markup).groups()  # type: ignore[union-attr]
    assert json.loads(inside) == data
    assert unescape(inside) == inside


def test_data_that_json_cannot_say() -> None:
    for data in (float("nan"), {1: object()}):
        with pytest.raises((ValueError, TypeError)):
            json_script(data, "x")
    with pytest.raises(ValueError, match="id"):
        json_script({}, '"><script>')
