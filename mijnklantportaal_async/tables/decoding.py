"""From the bytes of a file to its text, or to how the file should be saved."""

from mijnklantportaal_async.tables.printable import shown_value
from mijnklantportaal_async.tables.records import RowFileError

SAVE_A_TABLE = "In Excel: File > Save As > 'CSV UTF-8'. In LibreOffice: File > Save As > 'Text CSV', Unicode (UTF-8)."
"""What to do with a table that is no text in UTF-8."""

_UTF_8_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_OTHER_FORMATS = {
    b"PK\x03\x04": "an Excel or LibreOffice workbook (or another archive)",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
}


def decode(data: bytes, encoding: str | None, how_to_save: str = SAVE_A_TABLE) -> tuple[str, str]:
    """The text of a file, and its encoding.

    Args:
        data: The file.
        encoding: What a person said; UTF-8, or UTF-16 with a mark, when left out.
        how_to_save: What to do when it is something else.

    Raises:
        RowFileError: It is no text, or text in another encoding.
    """
    for mark, what in _OTHER_FORMATS.items():
        if data.startswith(mark):
            raise RowFileError(f"This is {what}, not CSV. {how_to_save}")
    used = encoding or _encoding_of(data)
    try:
        text = data.decode(used)
    except UnicodeDecodeError as error:
        raise RowFileError(_not_decodable(error, encoding, how_to_save)) from error
    except (LookupError, ValueError) as error:
        raise RowFileError(
            f"encoding {shown_value(used)!r} is not known; leave it out, or try cp1252 for an older Windows file."
        ) from error
    if not isinstance(text, str) or "\x00" in text[:1000]:
        raise RowFileError(f"This is not a text file in {shown_value(used)}. {how_to_save}")
    return text.removeprefix("\ufeff"), "utf-8-sig" if data.startswith(_UTF_8_MARK) else used


def _encoding_of(data: bytes) -> str:
    # Excel's "Unicode text" is UTF-16; its mark leaves no doubt.
    return "utf-16" if data.startswith(_UTF_16_MARKS) else "utf-8"


def _not_decodable(error: UnicodeDecodeError, encoding: str | None, how_to_save: str) -> str:
    line = error.object.count(b"\n", 0, error.start) + 1
    beginning = error.object.rfind(b"\n", 0, error.start) + 1
    # What can be read of the line helps to find the place.
    before = error.object[max(beginning, error.start - 20) : error.start].decode("ascii", "replace")
    what = f"Line {line} is not {encoding or 'UTF-8'} after {shown_value(before)!r}."
    if encoding is not None:
        return f"{what} Is it another encoding? Leave --encoding out, or save the file as UTF-8. {how_to_save}"
    return f"{what} {how_to_save} Or say --encoding cp1252 if it comes from an older Windows program."
