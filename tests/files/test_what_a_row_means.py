"""Columns that change what a row means are obeyed, whatever they are called, or the row is refused."""

import pytest
from office import appointments, left_out, problem, starts, titles

from mijnklantportaal_async.files import RowFileError


def with_column(header: str, *cells: str) -> str:
    rows = "".join(f"Row {number},2027-07-20 09:00,09:30,cst_1,{cell}\n" for number, cell in enumerate(cells, start=1))
    return f"title,start,end,customer_id,{header}\n{rows}"


# --- canceled --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "off", "on"),
    [
        ("Status", "canceled", "confirmed"),
        ("status", "Geannuleerd", "Bevestigd"),
        ("Afspraakstatus", "No-show", "Gepland"),
        ("Appointment status", "declined", "scheduled"),
        ("Canceled", "Yes", "No"),
        ("is_cancelled", "TRUE", "FALSE"),
        ("Geannuleerd", "Ja", "Nee"),
        ("Afgezegd", "x", ""),
        ("No show", "1", "0"),
        ("Verwijderd", "waar", "onwaar"),
        ("Cancellation reason", "ill", ""),
        ("Canceled by", "Bas Wit", "-"),
        ("Geannuleerd op", "12-07-2027", ""),
        ("isCancelled", "true", "false"),
        ("Status", "Afgezegd door klant", "Bevestigd door klant"),
    ],
)
def test_a_row_that_is_off_is_left_out_by_name(header: str, off: str, on: str) -> None:
    file = appointments(with_column(header, off, on))

    assert titles(file) == ["Row 2"]
    assert left_out(file)["Row 1"].startswith("canceled")
    assert header not in file.unused


@pytest.mark.parametrize(
    "title", ["Canceled: Row", "Geannuleerd: Row", "Cancelled - Row", "Afgezegd: Row", "Declined: x"]
)
def test_a_title_that_begins_with_it_is_off(title: str) -> None:
    file = appointments(f"title,start,end,customer_id\n{title},2027-07-20 09:00,09:30,cst_1\n")

    assert left_out(file) == {title: "canceled, by its title"}


@pytest.mark.parametrize("title", ["Cancellation policy", "Geannuleerde orders bespreken", "Canceled"])
def test_a_title_about_canceling_is_a_title(title: str) -> None:
    assert titles(appointments(f"title,start,end,customer_id\n{title},2027-07-20 09:00,09:30,cst_1\n")) == [title]


@pytest.mark.parametrize(
    ("header", "cell", "hint"),
    [
        ("Status", "Q7", "is a status that is not known"),
        ("Canceled", "perhaps", "is neither yes nor no"),
        ("Hele dag", "soms", "is neither yes nor no"),
        ("Status", "not canceled", "is a status that is not known"),
    ],
)
def test_what_is_not_understood_is_refused_with_a_way_out(header: str, cell: str, hint: str) -> None:
    found = problem(appointments(with_column(header, cell)))

    assert found.startswith(f"{header}: {hint}")
    assert f"--ignore-column '{header}'" in found
    assert titles(appointments(with_column(header, cell), ignored=[header])) == ["Row 1"]


def test_two_columns_that_contradict_each_other_are_refused() -> None:
    text = with_column("Canceled,Cancellation reason", "No,ill")

    assert "is not canceled by one column and is by another" in problem(appointments(text))


@pytest.mark.parametrize("header", ["Payment status", "Betaalstatus", "Cancellation policy", "Annuleringsbeleid URL"])
def test_columns_about_something_else_change_nothing(header: str) -> None:
    file = appointments(with_column(header, "canceled"))

    assert titles(file) == ["Row 1"]
    assert file.unused == (header,)


# --- all day, repeating ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "yes", "no"),
    [
        ("All day event", "True", "False"),
        ("All Day", "yes", "no"),
        ("Duurt hele dag", "Waar", "Onwaar"),
        ("hele_dag", "ja", "nee"),
        ("allDay", "true", "false"),
    ],
)
def test_an_entry_for_the_whole_day_is_left_out(header: str, yes: str, no: str) -> None:
    file = appointments(with_column(header, yes, no))

    assert titles(file) == ["Row 2"]
    assert left_out(file)["Row 1"].startswith("all day")


def test_an_entry_for_the_whole_day_needs_no_times() -> None:
    file = appointments(
        "Subject,Start Date,Start Time,End Date,End Time,All Day Event,customer_id\n"
        "Intake,2027-04-20,09:00,2027-04-20,09:30,False,cst_1\nHoliday,2027-04-21,,2027-04-24,,True,cst_1\n"
    )

    assert titles(file) == ["Intake"]
    assert list(left_out(file)) == ["Holiday"]


@pytest.mark.parametrize(
    ("header", "cell"), [("Recurring", "Yes"), ("Herhaling", "wekelijks"), ("rrule", "FREQ=WEEKLY"), ("Repeats", "x")]
)
def test_a_row_that_repeats_is_refused(header: str, cell: str) -> None:
    file = appointments(with_column(header, cell, "No", "", "eenmalig"))

    assert [row.new.name for row in file.rows] == ["Row 2", "Row 3", "Row 4"]
    assert "write a row for each date" in problem(file)


# --- zones -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["Timezone", "Time zone", "Tijdzone", "TZ", "timeZone", "Start time zone"])
@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Europe/Amsterdam", "20-07 09:00"),
        ("America/New_York", "20-07 15:00"),
        ("america/new_york", "20-07 15:00"),
        ("UTC", "20-07 11:00"),
        ("+05:30", "20-07 05:30"),
        ("UTC-3", "20-07 14:00"),
        ("W. Europe Standard Time", "20-07 09:00"),
        ("Eastern Standard Time", "20-07 15:00"),
        ("Central European Time", "20-07 09:00"),
        ("Pacific Time - US & Canada", "20-07 18:00"),
        ('"(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna"', "20-07 09:00"),
        ("lokale tijd", "20-07 09:00"),
        ("", "20-07 09:00"),
    ],
)
def test_a_column_of_zones_is_obeyed(header: str, zone: str, start: str) -> None:
    file = appointments(with_column(header, zone))

    assert starts(file) == [start]
    assert (file.rows[0].new.ends_at - file.rows[0].new.starts_at).seconds == 1800


@pytest.mark.parametrize("header", ["Invitee Time Zone", "Tijdzone klant"])
def test_the_zone_of_a_person_is_that_of_the_times_or_not(header: str) -> None:
    text = with_column(header, "America/New_York", "Europe/Paris")

    assert "the zone of a person" in problem(appointments(text))
    assert starts(appointments(text, ignored=[header])) == ["20-07 09:00", "20-07 09:00"]


@pytest.mark.parametrize(("zone", "hint"), [("Mars/Olympus", "is not known"), ("IST", "could mean several")])
def test_a_zone_that_says_nothing_certain_is_refused(zone: str, hint: str) -> None:
    file = appointments(with_column("Timezone", zone))

    assert len(file.problems) == 1
    assert hint in problem(file)
    assert "--ignore-column 'Timezone' if its times are the portal's" in problem(file)
    assert starts(appointments(with_column("Timezone", zone), ignored=["Timezone"])) == ["20-07 09:00"]


def test_the_letters_of_winter_mean_the_clock_or_the_offset_and_are_taken_where_both_agree() -> None:
    row = "Row,{},09:30,cst_1,CET\n"
    headers = "title,start,end,customer_id,Timezone\n"

    assert starts(appointments(headers + row.format("2027-01-20 09:00"))) == ["20-01 09:00"]
    summer = appointments(headers + row.format("2027-07-20 09:00"))
    assert all("could mean several" in one.message for one in summer.problems)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("Start time (UTC)", "End time (UTC)"),
        ("start_utc", "end_utc"),
        ("Start [UTC]", "End"),
        ("Start (GMT+0)", "End"),
        ("Start (Europe/London)", "End (Europe/London)"),
    ],
)
def test_a_zone_in_the_words_of_a_header_is_obeyed(start: str, end: str) -> None:
    hour = "08:00" if "London" in start else "07:00"
    text = f"Title,{start},{end},customer_id\nIntake,2027-07-20 {hour},2027-07-20 {hour[:3]}30,cst_1\n"

    file = appointments(text)

    assert starts(file) == ["20-07 09:00"]
    assert f"{file.rows[0].new.ends_at:%H:%M}" == "09:30"
    assert file.rows[0].zone


def test_a_zone_in_a_header_that_nobody_knows_is_refused() -> None:
    with pytest.raises(RowFileError, match="'Start \\(Mars/Olympus\\)' says something in parentheses"):
        appointments("Title,Start (Mars/Olympus),End,customer_id\nIntake,2027-07-20 07:00,07:30,cst_1\n")


def test_an_offset_in_the_cell_goes_before_a_column_of_zones() -> None:
    text = "title,start,duration,customer_id,timezone\nIntake,2027-07-20T07:00:00Z,30,cst_1,America/New_York\n"

    assert starts(appointments(text)) == ["20-07 09:00"]


def test_an_end_without_a_date_lies_on_the_day_of_the_start_in_its_own_zone() -> None:
    text = "title,start,end,customer_id,timezone\nCall,2027-07-20 23:00,23:30,cst_1,America/New_York\n"

    (row,) = appointments(text).rows

    assert (row.new.ends_at - row.new.starts_at).seconds == 1800
    assert f"{row.new.starts_at:%d-%m %H:%M}" == "21-07 05:00"
    assert row.zone == "America/New_York"


# --- durations -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "cell", "minutes"),
    [
        ("Duur in uren", '"1,5"', 90),
        ("Duur (uren)", "2", 120),
        ("Duration (hours)", "0.5", 30),
        ("Duur (min)", "3", 3),
        ("duration_minutes", "90", 90),
        ("Duration (sec)", "1800", 30),
        ("duration", "45", 45),
        ("duration", "0:45", 45),
        ("duration", "1:30:00", 90),
        ("Duur", '"1,5 uur"', 90),
        ("Duur", "1 uur", 60),
        ("Duur", "1u30", 90),
        ("Duur", "1 uur 15 min", 75),
        ("Duur", "PT45M", 45),
    ],
)
def test_a_duration_counts_what_its_header_or_cell_says(header: str, cell: str, minutes: int) -> None:
    (row,) = appointments(f"title,start,{header},customer_id\nIntake,2027-07-20 09:00,{cell},cst_1\n").rows

    assert (row.new.ends_at - row.new.starts_at).total_seconds() == minutes * 60


@pytest.mark.parametrize("cell", ["30:00", "1", '"2,0"', '"1,5"', "100000"])
def test_a_duration_that_could_be_two_or_that_nobody_means_is_refused(cell: str) -> None:
    file = appointments(f"title,start,duration,customer_id\nIntake,2027-07-20 09:00,{cell},cst_1\n")

    assert any(hint in problem(file) for hint in ("could be", "cannot be right"))


# --- what a column means counts, not what it is called -----------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "off", "on"),
    [
        ("Gaat door", "Nee", "Ja"),
        ("Attended", "No", "Yes"),
        ("Actief", "onwaar", "waar"),
        ("RSVP", "No", "Yes"),
        ("Categorie", "Geannuleerd", "VIP"),
        ("Label", "No-show", "New client"),
        ("Response", "Declined", "Accepted"),
        ("Opmerking", "Afgezegd door klant", "Belt nog"),
        ("Annuleringsreden", "ziek", ""),
        ("Status", "ingetrokken", "gepland"),
        ("Aanwezigheid", "afwezig", "aanwezig"),
    ],
)
def test_a_row_is_off_whatever_the_column_is_called(header: str, off: str, on: str) -> None:
    file = appointments(with_column(header, off, on))

    assert titles(file) == ["Row 2"]
    assert left_out(file)["Row 1"].startswith("canceled")


@pytest.mark.parametrize("header", ["Bevestigd", "Confirmed", "Status"])
def test_a_row_that_is_not_confirmed_is_a_question(header: str) -> None:
    assert f"--ignore-column '{header}'" in problem(appointments(with_column(header, "Nee")))


@pytest.mark.parametrize(
    ("header", "cell"),
    [("Interval", "weekly"), ("Patroon", "elke dinsdag"), ("Notities", "FREQ=WEEKLY;COUNT=4"), ("Aantal keer", "6")],
)
def test_a_row_that_repeats_is_refused_whatever_the_column_is_called(header: str, cell: str) -> None:
    assert "says that it repeats" in problem(appointments(with_column(header, cell)))


def test_a_column_of_zones_is_known_by_its_cells() -> None:
    file = appointments(with_column("Fuseau", "Europe/London", "UTC"))

    assert starts(file) == ["20-07 10:00", "20-07 11:00"]
    assert appointments(with_column("Land", "NL", "PT")).unused == ("Land",)


@pytest.mark.parametrize(
    ("header", "start"),
    [
        ("UTC start", "11:00"),
        ("startUtc", "11:00"),
        ("Start time in UTC", "11:00"),
        ("Start (Londen)", "10:00"),
        ("Start (Eastern)", "15:00"),
        ("Start (24u)", "09:00"),
        ("Start (dd-mm-jjjj uu:mm)", "09:00"),
    ],
)
def test_the_words_of_a_header_about_a_zone(header: str, start: str) -> None:
    text = f"Title,{header},duration,customer_id\nIntake,2027-07-20 09:00,30,cst_1\n"

    assert starts(appointments(text)) == [f"20-07 {start}"]


@pytest.mark.parametrize(
    ("header", "cell", "end"),
    [
        ("Duur (u)", "2", "11:00"),
        ("Duur in kwartieren", "3", "09:45"),
        ("duration_ms", "1800000", "09:30"),
        ("Aantal uren", "1,5", "10:30"),
        ("Duur", "anderhalf uur", "10:30"),
        ("Duur (hh:mm)", "01:30", "10:30"),
    ],
)
def test_a_duration_counts_what_its_header_says(header: str, cell: str, end: str) -> None:
    file = appointments(f"Title;Start;{header};customer_id\nIntake;2027-07-20 09:00;{cell};cst_1\n")

    assert [f"{row.new.ends_at:%H:%M}" for row in file.rows] == [end], file.problems


@pytest.mark.parametrize("header", ["Duur (dagen)", "Duration (mm:ss)", "Duration (slots)"])
def test_a_duration_that_counts_something_else_is_refused(header: str) -> None:
    with pytest.raises(RowFileError, match="Nobody knows what the durations"):
        appointments(f"Title;Start;{header};customer_id\nIntake;2027-07-20 09:00;5;cst_1\n")


@pytest.mark.parametrize(
    "title",
    ["[Geannuleerd] Intake", "Intake (canceled)", "Intake - CANCELLED", "FW: Geannuleerd: Intake", "Vervalt: Intake"],
)
def test_a_title_that_says_that_it_is_off(title: str) -> None:
    assert list(left_out(appointments(f"title,start,end,customer_id\n{title},2027-07-20 09:00,09:30,cst_1\n"))) == [
        title
    ]


@pytest.mark.parametrize(
    ("row", "note"),
    [
        ("Afgezegd Intake,2027-07-20 09:00,09:30", "do they take place?"),
        ("Vrij,2027-07-20 00:00,2027-07-21 00:00", "are they all day?"),
    ],
)
def test_what_may_be_something_else_is_noted(row: str, note: str) -> None:
    (said,) = appointments(f"title,start,end,customer_id\n{row},cst_1\n").notes

    assert note in said


@pytest.mark.parametrize(
    ("header", "cell", "hint"),
    [
        ("Rescheduled", "true", "says that it was moved"),
        ("Verplaatst naar", "21-07-2027 10:00", "says that it was moved"),
        ("AM/PM", "PM", "belongs to a time"),
    ],
)
def test_a_column_that_changes_the_times_is_never_passed_over(header: str, cell: str, hint: str) -> None:
    assert hint in problem(appointments(with_column(header, cell)))
    assert titles(appointments(with_column(header, ""))) == ["Row 1"]


@pytest.mark.parametrize("note", ["Geannuleerd:", "* alle tijden in GMT", "Times are London time", "CANCELLED"])
def test_a_line_about_other_rows_is_never_passed_over(note: str) -> None:
    with pytest.raises(RowFileError, match="Row 2 says"):
        appointments(f"title,start,end,customer_id\n{note},,,\nRow,2027-07-20 09:00,09:30,cst_1\n")
    with pytest.raises(RowFileError):
        appointments("Times are London time,,,\ntitle,start,end,customer_id\nRow,2027-07-20 09:00,09:30,cst_1\n")


def test_codes_of_web_pages_are_letters_and_lost_letters_are_noted() -> None:
    text = "title,start,end,attendee name,email\nCaf&eacute; &amp; co,2027-07-20 09:00,09:30,Andr?s Vos,a@example.nl\n"
    file = appointments(text)

    assert titles(file) == ["Café & co"]
    assert "a question mark inside of a word" in file.notes[0]
