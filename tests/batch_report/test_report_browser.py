from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from browser import Browser
from report_data import MADE_AT, NASTY, NORTH, appointment, customer, job_of, row

from mijnklantportaal_async.batch.decisions import Decision, Found, read_decisions
from mijnklantportaal_async.batch.report import report_page
from mijnklantportaal_async.batch.results import RowOutcome
from mijnklantportaal_async.batch.rows import Portal
from mijnklantportaal_async.texts.language import Language

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
MEASURE = """<script>
for (const details of document.querySelectorAll("details")) details.open = true;
for (const more of document.querySelectorAll(".more input")) more.checked = true;
const nodes = [...document.querySelectorAll("body *")];
const wide = nodes.filter((node) => node.getBoundingClientRect().right > innerWidth + 1);
parent.postMessage(`${innerWidth} ${document.documentElement.scrollWidth} ${wide.length}`, "*");
</script>"""
FIND = """<script>
const box = document.getElementById("words");
box.value = "9 MARCH bram";
box.dispatchEvent(new Event("input"));
const left = [...document.querySelectorAll("[data-row]")].filter((row) => row.checkVisibility());
parent.postMessage(`${document.getElementById("found").textContent}: ${left.map((row) => row.dataset.row)}`, "*");
</script>"""
# A window of a browser has a smallest width that is more than that of a phone; a frame has none.
FRAMES = """<!doctype html><body data-measured="">
<script>addEventListener("message", (event) => { document.body.dataset.measured += event.data + "|"; });</script>
"""
FRAME = """<iframe src="report.html" width="WIDTH" height="900" style="border: 0"></iframe>"""


def full_page() -> str:
    """A page with everything that a page can have."""
    south = Portal(name="south." + "s" * 50, address="https://south.example.nl/" + "a" * 80, timezone="UTC")
    rows = [
        *(appointment(number, attendee_name=LONG) for number in range(1, 9)),
        appointment(9, name=NASTY, starts_at="2027-03-08T23:30:00+01:00", ends_at="2027-03-12T08:00:00+01:00"),
        appointment(10, portal=south.name, timezone="UTC", message=LONG, record={"status": LONG}),
        appointment(11, starts_at="soon"),
        customer(12, company_name=LONG, primary_email=f"{LONG}@example.nl", identifier=LONG),
        row(13, RowOutcome.DONE, operation="send_quote", request={LONG: LONG, "other": [LONG]}),
        *(
            each(number, outcome, message=f"{LONG} {LONG}", how_to_check=LONG, place=LONG[:40])
            for number, (outcome, each) in enumerate(
                (
                    (outcome, each)
                    for outcome in RowOutcome
                    if outcome is not RowOutcome.DONE
                    for each in (appointment, customer)
                ),
                14,
            )
        ),
    ]
    job = job_of(rows, name=LONG, source=LONG, portals=(NORTH, south))
    return report_page(job, rows, made_at=MADE_AT)


async def opened(browser: Browser, page: str, folder: Path, name: str = "report.html") -> tuple[str, list[str]]:
    """The page as the browser has it in the end, and what it wrote to the console."""
    file = folder / name
    file.write_text(page, encoding="utf-8")
    return await browser.show(file.as_uri())


async def measured(
    browser: Browser, page: str, script: str, folder: Path, widths: tuple[int, ...] = (1280,)
) -> list[str]:
    """What one more script, which the page's policy would not let run, says of the page at each width."""
    bare, policies = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    assert policies == 1
    (folder / "report.html").write_text(bare.replace("</body>", f"{script}</body>"), encoding="utf-8")
    frames = "".join(FRAME.replace("WIDTH", str(width)) for width in widths)
    shown, _ = await opened(browser, FRAMES + frames, folder, "frames.html")
    found = re.search(r'data-measured="([^"]*)"', shown)
    assert found, "the script said nothing"
    return sorted(found[1].removesuffix("|").split("|"))


async def test_the_page_opens_without_a_complaint_and_shows_names_as_text(browser: Browser, tmp_path: Path) -> None:
    shown, console = await opened(browser, full_page(), tmp_path)
    assert console == []
    assert f"<title>{LONG} – batch report</title>" in shown  # noqa: RUF001
    assert shown.count("<script>") == 1
    assert NASTY.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in shown
    assert re.search(r'<form class="search" id="search" role="search">', shown), "its own script ran"


async def test_the_policy_stops_every_other_script(browser: Browser, tmp_path: Path) -> None:
    page = full_page().replace("</body>", "<script>document.title = 'taken over';</script></body>")
    shown, console = await opened(browser, page, tmp_path)
    assert "<title>taken over" not in shown
    assert len(console) == 1
    assert "Content Security Policy" in console[0]


async def test_nothing_is_wider_than_the_screen(browser: Browser, tmp_path: Path) -> None:
    widths = (1280, 320, 720, 900)
    assert await measured(browser, full_page(), MEASURE, tmp_path, widths) == [f"{width} {width} 0" for width in widths]


async def test_rows_are_found_by_words_and_day(browser: Browser, tmp_path: Path) -> None:
    there = {"starts_at": "2027-03-09T10:00:00+01:00", "ends_at": "2027-03-09T11:00:00+01:00"}
    rows = [
        *(appointment(number, attendee_name="Bram Bos") for number in range(20, 200)),
        *(appointment(number, attendee_name="Carla", **there) for number in range(200, 210)),
        appointment(210, attendee_name="Bram Bos", **there),
        appointment(211, RowOutcome.REJECTED, attendee_name="Bram Bos", message="no", **there),
        appointment(212, RowOutcome.WAITING, attendee_name="Bram Bos"),
    ]
    page = report_page(job_of(rows), rows, made_at=MADE_AT)
    assert await measured(browser, page, FIND, tmp_path) == ["2 of 193 rows: 211,210"]


DECIDE = """<script>
addEventListener("load", () => {
  let saved = null;
  URL.createObjectURL = (blob) => { saved = blob; return "#"; };
  const [first, second] = document.querySelectorAll("[data-decision]");
  first.querySelector("[value=there]").click(); first.querySelector("[type=text]").value = "apt_9";
  second.querySelector("[value=missing]").click();
  document.getElementById("save").click();
  const count = document.getElementById("decided").textContent;
  saved.text().then((text) => parent.postMessage(encodeURIComponent(text) + " " + count, "*"));
});
</script>"""


async def test_decisions_are_saved_as_the_file_that_settles(browser: Browser, tmp_path: Path) -> None:
    rows = [appointment(number, RowOutcome.UNKNOWN) for number in (4, 8, 9)]
    page = report_page(job_of(rows), rows, made_at=MADE_AT)
    [said] = await measured(browser, page, DECIDE, tmp_path)
    text, _, count = said.partition(" ")

    job, decisions = read_decisions(unquote(text))
    assert (job, count) == (job_of(rows).name, "2")
    assert decisions == (
        Decision(number=4, found=Found.THERE, identifier="apt_9"),
        Decision(number=8, found=Found.MISSING),
    )


async def test_the_page_in_dutch(browser: Browser, tmp_path: Path) -> None:
    rows = [
        appointment(1, RowOutcome.UNKNOWN),
        appointment(2),
        appointment(3, RowOutcome.REJECTED, message="no"),
        appointment(4, RowOutcome.WAITING),
        customer(5),
    ]
    page = report_page(job_of(rows), rows, made_at=MADE_AT, language=Language("nl"))
    shown, console = await opened(browser, page, tmp_path)

    assert console == []
    assert '<html lang="nl">' in shown
    for text in ("2 van 5 rijen staan in het portaal, één keer.", "Besluiten opslaan", "maandag 8 maart 2027"):
        assert text in shown
    # Whatever is still English has slipped through.
    for text in ("portal,", "Needs a look", "Rejected", "Waiting", "Calendar", "March", "Person"):
        assert text not in shown
