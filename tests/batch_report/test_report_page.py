from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_data import ENDED_AT, MADE_AT, NASTY, PageReader, appointment, customer, job_of, row

from mijnklantportaal_async.batch.report import report_page
from mijnklantportaal_async.batch.results import RowOutcome, RowResult
from mijnklantportaal_async.batch.rows import Portal

PARTS = {
    RowOutcome.UNKNOWN: {"looks"},
    RowOutcome.REJECTED: {"rejected"},
    RowOutcome.UNDER_WAY: {"open"},
    RowOutcome.WAITING: {"open"},
    RowOutcome.NOT_STARTED: {"open"},
    RowOutcome.DONE: {"calendar", "records"},
}
"""In which part of the page a row is shown."""


def page_of(*rows: RowResult, **changes: Any) -> str:
    return report_page(job_of(rows, **changes), rows, made_at=MADE_AT)


texts = st.text(max_size=40) | st.sampled_from(
    [NASTY, "", "{{ view }}", "]]>", "\x00\x0b\udc80", "</style></script>", "é"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
times = st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat) | texts | st.none()
requests = st.one_of(
    st.dictionaries(texts, values, max_size=5),
    st.fixed_dictionaries(
        {"name": values, "starts_at": times, "ends_at": times},
        optional={"attendee_name": values, "attendee_email": values, "customer_id": values},
    ),
    st.fixed_dictionaries({"company_name": values, "city": values}),
)
names = st.from_regex(r"[a-z][a-z0-9._-]{0,8}", fullmatch=True)
rows_drawn = st.builds(
    RowResult,
    job=texts,
    portal=names | texts,
    number=st.integers(1, 10_000),
    place=texts,
    operation=st.sampled_from(["schedule_appointment", "create_customer"]) | texts,
    request=requests,
    timezone=st.sampled_from(["Europe/Amsterdam", "UTC", "America/New_York", "Australia/Lord_Howe"]),
    outcome=st.sampled_from(RowOutcome),
    identifier=st.none() | texts,
    record=st.none() | requests | st.fixed_dictionaries({"id": values, "status": values}),
    message=st.none() | texts,
    how_to_check=st.none() | texts,
    ended_at=st.none() | st.datetimes(datetime(1980, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),
)


@given(st.lists(rows_drawn, max_size=8), texts, texts, st.lists(names, max_size=2))
def test_any_rows_make_a_whole_page_that_accounts_for_every_row(
    rows: list[RowResult], name: str, source: str, portals: list[str]
) -> None:
    known = tuple(Portal(name=portal, address="https://<b>/api") for portal in portals)
    page = page_of(*rows, name=name, source=source, portals=known)
    page.encode("utf-8")
    read = PageReader(page)
    for outcome in RowOutcome:
        expected = Counter(each.number for each in rows if each.outcome is outcome)
        parts = PARTS[outcome]
        alike = [each.number for each in rows if PARTS[each.outcome] == parts]
        assert Counter(number for part, number in read.rows if part in parts) == Counter(alike)
        assert int(read.figures.get(outcome.value.replace(" ", "-"), "0")) == expected.total()
    assert len(read.rows) == len(rows)
    assert (read.tags["script"], read.tags["style"], read.tags["title"] - 2 * ("pace" in read.identifiers)) == (1, 1, 1)
    assert read.tags["b"] == page.count("<b>")
    assert not {each for each in read.attributes if each.startswith("on")}
    assert len(set(read.identifiers)) == len(read.identifiers)


def test_a_hostile_text_is_a_text_wherever_it_stands() -> None:
    hostile = dict.fromkeys(("name", "attendee_name", "attendee_email", "customer_id"), NASTY)
    common = {"message": NASTY, "how_to_check": NASTY, "place": NASTY, "portal": NASTY, "identifier": NASTY}
    rows = [appointment(number, outcome, **hostile, **common) for number, outcome in enumerate(RowOutcome, 1)]
    rows += [customer(each.number + 10, each.outcome, company_name=NASTY, city=NASTY, **common) for each in rows]
    rows.append(row(99, RowOutcome.DONE, operation=NASTY, request={NASTY: NASTY}, record={"id": NASTY}))
    rows.append(appointment(100, record={"status": NASTY}, **hostile))
    harmless = page_of(*(appointment(number, outcome) for number, outcome in enumerate(RowOutcome)), customer(9))
    job = job_of(rows, name=NASTY, source=NASTY, portals=(Portal(name="north", address=NASTY),))
    progress = attrs.evolve(job.progress, troubles=(NASTY,))
    page = report_page(attrs.evolve(job, progress=progress), rows, made_at=MADE_AT)
    read = PageReader(page)
    assert read.tags["script"] == 1
    assert read.attributes == PageReader(harmless).attributes
    # Once more as a word of a command, in which quotation marks are written in another way.
    assert page.count("taken over") - 1 == page.count("document.title=&#39;taken over&#39;") > 60
    assert read.texts[NASTY] > 40, "it can be read as what it is"


def test_the_page_is_one_file_that_runs_only_its_own_script() -> None:
    page = page_of(appointment(1), customer(2), appointment(3, RowOutcome.UNKNOWN))
    assert page.startswith("<!doctype html>")
    assert 'Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;sha256-' in page
    assert "unsafe" not in page
    read = PageReader(page)
    assert all(link.startswith(("#", "data:")) for link in read.links)
    assert "src" not in read.attributes
    assert "style" not in read.attributes, "the policy forbids it"
    assert {link[1:] for link in read.links if link.startswith("#")} <= set(read.identifiers)
    script = (resources.files("mijnklantportaal_async.batch.report") / "assets" / "script.js").read_text("utf-8")
    for dangerous in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", "</"):
        assert dangerous not in script


def test_what_needs_a_look_comes_first_with_the_fields_to_search_for() -> None:
    how = "Look in the portal's calendar for the same start, end and person."
    look = appointment(7, RowOutcome.UNKNOWN, message="The connection was lost.", how_to_check=how)
    rejected = appointment(8, RowOutcome.REJECTED, message="422: too short")
    page = page_of(appointment(1), rejected, look)
    assert (
        page.index('id="looks"') < page.index('id="rejected"') < page.index('id="calendar"') < page.index('id="pace"')
    )
    read = PageReader(page)
    for text in ("Monday 8 March 2027", "14:30\N{EN DASH}15:30", "line 8", "The connection was lost.", how):
        assert read.texts[text] >= 1, text
    assert "anna<wbr>@example.nl" in page, "a long address breaks there"
    assert page.count('type="radio" name="row-7"') == 3


def test_parts_with_nothing_in_them_are_left_out() -> None:
    parts = ("looks", "rejected", "open", "remarks", "calendar", "records", "pace")
    assert not set(parts) & set(PageReader(page_of()).identifiers)
    waiting = PageReader(page_of(appointment(outcome=RowOutcome.WAITING)))
    assert set(parts) & set(waiting.identifiers) == {"open"}
    assert "There are no rows." in page_of()


def test_a_remark_on_what_is_done_can_be_read() -> None:
    read = PageReader(page_of(appointment(message="The portal answers another time.")))
    assert read.texts["The portal answers another time."] == 1
    assert read.texts["see remarks"] == 1
    assert read.rows == [("calendar", 1)]


def test_what_holds_up_a_job_is_told_until_it_is_over() -> None:
    rows = [appointment(1), appointment(2, RowOutcome.WAITING)]
    job = job_of(rows)
    progress = attrs.evolve(job.progress, troubles=("north: no worker",), ends_at=ENDED_AT + timedelta(days=1))
    page = report_page(attrs.evolve(job, progress=progress), rows, made_at=MADE_AT)
    assert "north: no worker" in page
    assert "Sat 27 February 2027, 09:30" in page


def test_ten_thousand_rows_stay_a_small_page() -> None:
    start = datetime(2027, 1, 4, 8, 0, tzinfo=UTC)
    rows = [
        appointment(
            number,
            starts_at=(start + timedelta(hours=number % 8640)).isoformat(),
            ends_at=(start + timedelta(hours=number % 8640, minutes=45)).isoformat(),
            attendee_name=f"Attendee number {number}",
        )
        for number in range(1, 10_001)
    ]
    page = page_of(*rows)
    assert len(page.encode()) < 2_500_000
    assert Counter(PageReader(page).rows) == Counter(("calendar", number) for number in range(1, 10_001))
    assert page.count('<details class="month" open') == 1, "one month is unfolded, to show what is in the others"


def colours() -> list[dict[str, str]]:
    """The colours on a light screen, on a dark one and on paper."""
    style = (resources.files("mijnklantportaal_async.batch.report") / "assets" / "style.css").read_text("utf-8")
    blocks = [
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", block))
        for block in re.findall(r":root {(.*?)}", style, re.DOTALL)
    ]
    light, dark, paper = blocks
    return [light, light | dark, light | paper]


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("palette", colours(), ids=["light", "dark", "paper"])
def test_texts_stand_out_from_what_is_behind_them(palette: dict[str, str]) -> None:
    texts = ("ink", "soft", "accent", "done", "unknown", "rejected", "under-way", "waiting", "not-started")
    grounds = ("surface", "sunken", "accent-ground", "unknown-ground")
    for text in texts:
        for ground in grounds:
            light, dark = sorted((luminance(palette[text]), luminance(palette[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, f"{text} on {ground}"
