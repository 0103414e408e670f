"""Workbooks as spreadsheets save them, small enough to be read here."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import TypeAlias
from xml.sax.saxutils import escape

Cell: TypeAlias = str | int | float | bool | date | datetime | time | None
Rows: TypeAlias = Sequence[Sequence[Cell]]

_DAY_ZERO = datetime(1899, 12, 30)
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def xlsx(sheets: Mapping[str, Rows], hidden: Sequence[str] = ()) -> bytes:
    names = list(sheets)
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"'
        + (' state="hidden"' if name in hidden else "")
        + "/>"
        for number, name in enumerate(names, start=1)
    )
    targets = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in range(1, len(names) + 1)
    )
    files = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" '
        'ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_RELATIONS}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{targets}'
        f'<Relationship Id="rId99" Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        # Styles 1 to 3: a date, a date and time, a time.
        "xl/styles.xml": f'<styleSheet {_MAIN}><cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="14"/>'
        '<xf numFmtId="22"/><xf numFmtId="20"/></cellXfs></styleSheet>',
    }
    for number, name in enumerate(names, start=1):
        rows = "".join(
            f'<row r="{line}">{"".join(_xlsx_cell(cell) for cell in row)}</row>'
            for line, row in enumerate(sheets[name], start=1)
        )
        files[f"xl/worksheets/sheet{number}.xml"] = f"<worksheet {_MAIN}><sheetData>{rows}</sheetData></worksheet>"
    return _zipped(files)


def ods(sheets: Mapping[str, Rows]) -> bytes:
    tables = "".join(
        f'<table:table table:name="{escape(name)}">'
        + "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "style")
    )
    body = f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
    return _zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": "<manifest:manifest xmlns:manifest="
            '"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
            "content.xml": f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}>{body}'
            "</office:document-content>",
        }
    )


def _xlsx_cell(cell: Cell) -> str:
    match cell:
        case None:
            return "<c/>"
        case bool():
            return f'<c t="b"><v>{int(cell)}</v></c>'
        case str() if cell.startswith("#"):
            return f'<c t="e"><v>{escape(cell)}</v></c>'
        case str():
            return f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
        case datetime():
            return f'<c s="2"><v>{(cell - _DAY_ZERO) / timedelta(days=1)!r}</v></c>'
        case date():
            return f'<c s="1"><v>{(cell - _DAY_ZERO.date()).days}</v></c>'
        case time():
            return f'<c s="3"><v>{(cell.hour * 60 + cell.minute) / 1440!r}</v></c>'
        case _:
            return f"<c><v>{cell!r}</v></c>"


def _ods_cell(cell: Cell) -> str:
    match cell:
        case None:
            return "<table:table-cell/>"
        case bool():
            return f'<table:table-cell office:value-type="boolean" office:boolean-value="{str(cell).lower()}"/>'
        case str():
            return f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
        case datetime() | date():
            return f'<table:table-cell office:value-type="date" office:date-value="{cell.isoformat()}"/>'
        case time():
            return f'<table:table-cell office:value-type="time" office:time-value="PT{cell:%HH%MM}00S"/>'
        case _:
            return f'<table:table-cell office:value-type="float" office:value="{cell!r}"/>'


def _zipped(files: Mapping[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return data.getvalue()
