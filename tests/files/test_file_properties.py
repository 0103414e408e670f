"""Whatever is written is read back; whatever is not ours is refused in our own words."""

import csv
import io
import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from mijnklantportaal_async.files import AppointmentFile, RowFileError, parse_appointments
from mijnklantportaal_async.files.cleaning import cleaned, damage_in
from mijnklantportaal_async.files.letters import was_encoded_twice
from mijnklantportaal_async.files.meaning import is_off_by_title
from mijnklantportaal_async.files.words import says_nothing
from mijnklantportaal_async.models.appointments import NewAppointment
from mijnklantportaal_async.values.local_time import to_wall_time

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DATE_STYLES = ("%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d", "%Y/%m/%d")
TIME_STYLES = ("%H:%M", "%H.%M", "%Hu%M", "%H:%M:00", "%H:%M uur")


def speakable(moment: datetime) -> bool:
    try:
        to_wall_time(moment, AMSTERDAM, "moment")
    except ValueError:
        return False
    return True


texts = (
    st.text(st.characters(exclude_categories=["C", "Zl", "Zp"], exclude_characters="\xa0"), min_size=1, max_size=30)
    .map(cleaned)
    .filter(lambda text: text and not says_nothing(text) and damage_in(text) is None)
    .filter(lambda text: was_encoded_twice(text) is None and not is_off_by_title(text))
)
starts = (
    st.datetimes(min_value=datetime(2000, 1, 2), max_value=datetime(2100, 1, 1))
    .map(lambda moment: moment.replace(second=0, microsecond=0, tzinfo=AMSTERDAM))
    .filter(speakable)
)
emails = st.from_regex(r"[a-z0-9+][a-z0-9.+]{0,7}@[a-z]{1,8}\.nl", fullmatch=True)


@st.composite
def appointments(draw: st.DrawFn) -> NewAppointment:
    starts_at = draw(starts)
    ends_at = (starts_at + timedelta(minutes=draw(st.integers(1, 3000)))).replace(fold=0)
    if not speakable(ends_at) or ends_at.astimezone(ZoneInfo("UTC")) <= starts_at.astimezone(ZoneInfo("UTC")):
        ends_at = (starts_at + timedelta(days=2)).replace(fold=0, hour=12)
    if draw(st.booleans()):
        customer = "cst_" + draw(st.text("abc123", min_size=1, max_size=8))
        return NewAppointment(name=draw(texts), starts_at=starts_at, ends_at=ends_at, customer_id=customer)
    return NewAppointment(
        name=draw(texts),
        starts_at=starts_at,
        ends_at=ends_at,
        attendee_name=draw(texts),
        attendee_email=draw(emails),
    )


def parse(data: bytes, name: str = "rows.csv") -> AppointmentFile:
    return parse_appointments(data, path=Path(name), zone=AMSTERDAM)


@given(
    st.lists(appointments(), min_size=1, max_size=5),
    st.sampled_from(",;\t|"),
    st.sampled_from(DATE_STYLES),
    st.sampled_from(TIME_STYLES),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.booleans(),
)
def test_a_written_csv_is_read_back(
    wanted: list[NewAppointment], separator: str, day: str, hour: str, end: str, encoding: str, apart: bool
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, lineterminator=end)
    when = ["Datum", "Van", "Einddatum", "Tot"] if apart else ["Begin", "Einde"]
    writer.writerow(["Onderwerp", *when, "Klantnummer", "Naam", "E-mail"])
    for new in wanted:
        moments = [
            [f"{moment:{day}}", f"{moment:{hour}}"] if apart else [f"{moment:{day} {hour}}"]
            for moment in (new.starts_at, new.ends_at)
        ]
        person = [new.customer_id or "", new.attendee_name or "", new.attendee_email or ""]
        writer.writerow([new.name, *moments[0], *moments[1], *person])

    file = parse(text.getvalue().encode(encoding))

    assert not file.problems
    assert [row.new for row in file.rows] == wanted
    assert [row.line for row in file.rows] == list(range(2, len(wanted) + 2))


@given(st.lists(appointments(), min_size=1, max_size=5), st.booleans())
def test_written_json_lines_are_read_back(wanted: list[NewAppointment], ascii_only: bool) -> None:
    lines = [
        json.dumps(new.to_json(new.starts_at.isoformat(), new.ends_at.isoformat()), ensure_ascii=ascii_only)
        for new in wanted
    ]

    file = parse("\n".join(lines).encode(), "rows.jsonl")

    assert not file.problems
    assert [row.new for row in file.rows] == wanted


def check_that_it_is_understood_or_refused(data: bytes, name: str) -> None:
    try:
        file = parse(data, name)
    except RowFileError as error:
        assert error.problems
        assert all(problem and problem.replace("\n", "").isprintable() for problem in error.problems)
        return
    assert all(problem.line >= 1 and problem.message.isprintable() for problem in file.problems)
    assert all(problem.value.isprintable() and problem.column.isprintable() for problem in file.problems)
    assert not {row.line for row in file.rows} & set(file.bad_lines)


cells = st.sampled_from(
    [
        "",
        "Intake",
        "05-03-2027",
        "2027-03-05 14:30",
        "14:30",
        "15:00",
        "cst_1",
        '"',
        '""',
        '"a',
        'b"',
        "\n",
        "\r",
        "\x00",
    ]
) | st.text(max_size=8)
headers = st.sampled_from(
    ["name", "Naam", "onderwerp", "start", "van", "tot", "datum", "duur", "klant_id", "e-mail", "x", ""]
)


@given(st.binary(max_size=200), st.sampled_from(["rows.csv", "rows.jsonl"]))
def test_any_bytes(data: bytes, name: str) -> None:
    check_that_it_is_understood_or_refused(data, name)


@given(
    st.lists(headers, min_size=1, max_size=7),
    st.lists(st.lists(cells, max_size=8), max_size=5),
    st.sampled_from(",;\t"),
)
def test_any_cells(names: list[str], rows: list[list[str]], separator: str) -> None:
    text = "\n".join(separator.join(row) for row in [names, *rows])
    check_that_it_is_understood_or_refused(text.encode("utf-8", "surrogatepass"), "rows.csv")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=2),
)


@given(st.lists(st.dictionaries(headers | st.text(max_size=5), json_values, max_size=7), min_size=1, max_size=4))
def test_any_json_objects(objects: list[dict[str, object]]) -> None:
    check_that_it_is_understood_or_refused("\n".join(json.dumps(item) for item in objects).encode(), "rows.jsonl")
