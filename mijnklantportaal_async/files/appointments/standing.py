"""Whether a row of a table stands for an appointment at all: not canceled, not all day, not a series."""

from mijnklantportaal_async.files.appointments.manner import Manner
from mijnklantportaal_async.files.appointments.vocabulary import Field
from mijnklantportaal_async.files.cells import Cells
from mijnklantportaal_async.files.cleaning import cleaned
from mijnklantportaal_async.files.meaning import (
    Meaning,
    is_off_by_status,
    is_off_by_title,
    says_off,
    says_repeats,
)
from mijnklantportaal_async.files.printable import shown_value
from mijnklantportaal_async.files.records import Record
from mijnklantportaal_async.files.words import says_nothing, truth_of

ALL_DAY = "all day, and the portal's appointments have a start and an end"
CANCELED = "canceled"


def standing_of(record: Record, manner: Manner, cells: Cells[Field]) -> tuple[str, list[tuple[str, str]]]:
    """Why a row is no appointment, in words; or what of its meaning cannot be understood, by column."""
    refused: list[tuple[str, str]] = []
    details: list[str] = []
    says_no = False
    for header, kind in manner.meanings.items():
        text = cleaned(record.cells.get(header, ""))
        shown = f"{shown_value(header)}: {shown_value(text)}"
        ignore = f"or say --ignore-column {shown_value(header)!r} if it does not matter"
        match kind:
            case Meaning.STATUS:
                if (is_off := is_off_by_status(text)) is None:
                    refused.append((header, f"is a status that is not known; say confirmed or canceled, {ignore}"))
                elif is_off:
                    return f"{CANCELED} ({shown})", []
            case Meaning.CANCELED | Meaning.ALL_DAY:
                said = truth_of(text)
                if said is None and kind is Meaning.CANCELED:
                    # Some write the status there, or when it was called off.
                    said = is_off_by_status(text)
                    said = True if said is None and any(character.isdigit() for character in text) else said
                if said is None:
                    refused.append((header, f"is neither yes nor no; write one of them, {ignore}"))
                elif said:
                    return (f"{CANCELED} ({shown})" if kind is Meaning.CANCELED else ALL_DAY), []
                else:
                    says_no = says_no or (kind is Meaning.CANCELED and bool(text))
            case Meaning.GOES_ON:
                if text and not says_nothing(text) and (truth_of(text) is False or is_off_by_status(text)):
                    return f"{CANCELED} ({shown})", []
            case Meaning.CONFIRMED:
                if text and not says_nothing(text) and (truth_of(text) is False or is_off_by_status(text)):
                    refused.append((header, f"says that it is not; leave the row out if it is off, {ignore}"))
            case Meaning.MAY_SAY_OFF:
                if says_off(text):
                    return f"{CANCELED} ({shown})", []
                if says_repeats(text):
                    refused.append(
                        (header, f"says that it repeats, and a row is made once; write a row for each date, {ignore}")
                    )
            case Meaning.MOVED:
                if text and not says_nothing(text) and truth_of(text) is not False:
                    refused.append((header, f"says that it was moved; leave the old one out, {ignore}"))
            case Meaning.HALF_DAY:
                if text:
                    refused.append((header, f"belongs to a time; write it behind that, as in 02:00 PM, {ignore}"))
            case Meaning.ABOUT_CANCELING:
                if text and not says_nothing(text) and truth_of(text) is not False:
                    details.append(f"{CANCELED} ({shown})")
            case Meaning.REPEATS:
                if text and not says_nothing(text) and truth_of(text) is not False and not _is_once(text):
                    refused.append(
                        (header, f"says that it repeats, and a row is made once; write a row for each date, {ignore}")
                    )
            case _:
                pass
    if details and not says_no:
        return details[0], []
    if details:
        refused.append(("", f"is not {CANCELED} by one column and is by another ({details[0]}); correct one of them"))
    if is_off_by_title(cells.get(Field.NAME) or ""):
        return f"{CANCELED}, by its title", []
    return "", refused


def _is_once(text: str) -> bool:
    return text.casefold() in {"once", "eenmalig", "single", "enkel", "occurrence", "singleinstance", "niet", "1x"}
