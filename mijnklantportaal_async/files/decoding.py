"""From the bytes of a file to its text, or to how the file should be saved."""

import io
import zipfile

from mijnklantportaal_async.files.choices import Choices
from mijnklantportaal_async.files.letters import (
    TWICE,
    encoded_once,
    first_odd_word,
    likely_encodings,
    looks_better,
    was_encoded_twice,
)
from mijnklantportaal_async.files.printable import printable, shown_value
from mijnklantportaal_async.files.questions import About, Answer, Question
from mijnklantportaal_async.files.records import FileQuestionError, RowFileError

SAVE_A_TABLE = "In Excel: File > Save As > 'CSV UTF-8'. In LibreOffice: File > Save As > 'Text CSV', Unicode (UTF-8)."
"""What to do with a table that is no text in UTF-8."""

_UTF_8_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_ARCHIVE = b"PK\x03\x04"
_OTHERS = {b"%PDF": "a PDF", b"{\\rtf": "a text document (RTF)", b"\x1f\x8b": "a packed file (gzip)"}
_PAGES = ("<html", "<!doctype html", "<table", "<head", "<?xml", "<meta")


def is_workbook(data: bytes) -> bool:
    """Whether bytes are a workbook of a spreadsheet.

    Raises:
        RowFileError: They are an archive of something else.
    """
    if data.startswith(_OLD_WORKBOOK):
        return True
    if not data.startswith(_ARCHIVE):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise RowFileError(
            "This is a workbook or another archive that is damaged; save or download it again."
        ) from error
    if any(name.startswith(("xl/", "content.xml")) or name in {"mimetype", "[Content_Types].xml"} for name in names):
        return True
    inside = ", ".join(repr(shown_value(name)) for name in names[:3]) or "nothing"
    raise RowFileError(f"This is a ZIP archive with {inside} in it. Unpack it, and give the file that is inside.")


def decode(data: bytes, choices: Choices, how_to_save: str = SAVE_A_TABLE) -> tuple[str, str, tuple[str, ...]]:
    """The text of a file, its encoding, and notes on its letters.

    Args:
        data: The file.
        choices: What a person said; UTF-8, or UTF-16 with a mark, when they did not say the encoding.
        how_to_save: What to do when it is something else.

    Raises:
        FileQuestionError: It is text in another encoding; the likely ones are its answers.
        RowFileError: It is no text.
    """
    for mark, what in _OTHERS.items():
        if data.startswith(mark):
            raise RowFileError(f"This is {what}, not CSV. {how_to_save}")
    said = choices.get("encoding")
    used = "utf-8" if said == TWICE else said or _encoding_of(data)
    try:
        text = data.decode(used)
    except UnicodeDecodeError as error:
        if said is None and (question := _which_encoding(error, how_to_save)) is not None:
            raise FileQuestionError(question) from error
        raise RowFileError(_not_decodable(error, said, how_to_save)) from error
    except (LookupError, ValueError) as error:
        raise RowFileError(
            f"encoding {shown_value(used)!r} is not known; leave it out, or try cp1252 for an older Windows file."
        ) from error
    # DOS ended files with ^Z, and a disk that was torn off fills them up with NUL.
    text = text.rstrip("\x00\x1a") if isinstance(text, str) else text
    if not isinstance(text, str) or text[:1000].count("\x00") * 10 > len(text[:1000]):
        raise RowFileError(f"This is not a text file in {shown_value(used)}. {how_to_save}")
    if text[:400].lstrip("\ufeff \r\n\t").lower().startswith(_PAGES):
        raise RowFileError(f"This is a web page or XML, not CSV, whatever its name says. {_SAVE_A_PAGE}")
    notes: list[str] = []
    if said == TWICE:
        text = encoded_once(text)
    elif (words := was_encoded_twice(text)) is not None:
        raise FileQuestionError(_was_it_encoded_twice(text, words))
    elif said is not None and (better := looks_better(text, data, used)) is not None:
        notes.append(
            f"In {shown_value(said)} the file reads {shown_value(first_odd_word(text))!r}; in {better[0]} it would "
            f"read {shown_value(better[1])!r}."
        )
    return text.lstrip("\ufeff"), "utf-8-sig" if data.startswith(_UTF_8_MARK) else used, tuple(notes)


_SAVE_A_PAGE = "Open it in a spreadsheet program and save it as .xlsx or 'CSV UTF-8'."


def _encoding_of(data: bytes) -> str:
    # Excel's "Unicode text" is UTF-16; its mark leaves no doubt, and neither does a NUL in every other place.
    if data.startswith(_UTF_16_MARKS):
        return "utf-16"
    start = data[:400]
    for name, zeros, letters in (("utf-16-le", start[1::2], start[::2]), ("utf-16-be", start[::2], start[1::2])):
        if len(start) >= 16 and zeros.count(0) > 0.9 * len(zeros) and letters.count(0) == 0:
            return name
    return "utf-8"


def _which_encoding(error: UnicodeDecodeError, how_to_save: str) -> Question | None:
    data = error.object
    if b"\x00" in data[:1000]:
        return None
    line = data.count(b"\n", 0, error.start) + 1
    names = {data.decode(name, "replace"): name for name in reversed(likely_encodings(data)[:3])}
    return Question(
        about=About.ENCODING,
        text=f"Line {line} is not UTF-8 after {_before(error)!r}. {how_to_save}",
        answers=tuple(
            Answer(value=name, meaning=f"it reads {shown_value(first_odd_word(data.decode(name, 'replace')))!r}")
            for name in reversed(names.values())
        ),
        open=True,
    )


def _was_it_encoded_twice(text: str, words: str) -> Question:
    line = text.count("\n", 0, text.find(words)) + 1
    return Question(
        about=About.ENCODING,
        text=f"Line {line} has damaged letters, {shown_value(words)!r}: the file was taken for another encoding and "
        "saved as UTF-8 once more.",
        answers=(Answer(value=TWICE, meaning=f"it reads {shown_value(encoded_once(words))!r}"),),
    )


def _before(error: UnicodeDecodeError) -> str:
    beginning = error.object.rfind(b"\n", 0, error.start) + 1
    # What can be read of the line helps to find the place.
    return shown_value(error.object[max(beginning, error.start - 20) : error.start].decode("ascii", "replace"))


def _not_decodable(error: UnicodeDecodeError, encoding: str | None, how_to_save: str) -> str:
    line = error.object.count(b"\n", 0, error.start) + 1
    what = f"Line {line} is not {printable(encoding or 'UTF-8')} after {_before(error)!r}."
    if encoding is not None:
        return f"{what} Is it another encoding? Leave --encoding out, or save the file as UTF-8. {how_to_save}"
    return f"{what} {how_to_save}"
