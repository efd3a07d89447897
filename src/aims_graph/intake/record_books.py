"""Workbooks (.xlsx) to tables. What a stranger could hide in one is looked for before a line of it is parsed."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, time
from typing import TYPE_CHECKING, Any, Final
from xml.parsers import expat

from aims_graph.errors import DataError, MissingDependency, Problem
from aims_graph.intake.sheets import MOST_COLUMNS, MOST_ROWS, Cell, Row, Sheet, letters, too_large
from aims_graph.intake.written import LONGEST, Fault

if TYPE_CHECKING:
    from openpyxl.cell.read_only import EmptyCell, ReadOnlyCell
    from openpyxl.workbook import Workbook

MOST_PARTS: Final = 1_000
MOST_BYTES: Final = 50_000_000  # of all parts together, unpacked
MOST_WHOLE: Final = 10_000_000  # of the parts that are read whole: all but sheets and pictures
MOST_RATIO: Final = 200  # unpacked to packed, of a part large enough to matter
SMALL: Final = 1_000_000  # bytes of a part whose ratio does not matter
LAST_ROW: Final = 1_048_576  # that a workbook can have
APART: Final = frozenset({"about", "lists"})  # sheets that explain and hold no records

_OLD_OR_LOCKED: Final = b"\xd0\xcf\x11\xe0"
_SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml\Z")  # read row by row
_ROOT: Final = re.compile(rb"<[A-Za-z_]")
_DECLARES: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_FORBIDDEN: Final = (
    (re.compile(r"vbaProject|\.bin$|macrosheets/", re.I), "macros or embedded programs", "Save it as plain .xlsx."),
    (re.compile(r"externalLinks/|connections\.xml|queryTables/", re.I), "links to other files", "Break the links."),
    (re.compile(r"embeddings/|activeX/", re.I), "embedded objects", "Remove the objects."),
)
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    NotImplementedError,
    SyntaxError,  # that of XML
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
)
"""What the reader of workbooks raises where a file is not made as it should be."""


def read(name: str, data: bytes) -> tuple[Sheet, ...]:
    """The sheets of a workbook that hold records; DataError where it is unsafe, broken or holds a formula."""
    check(name, data)
    try:
        import openpyxl
    except ImportError as error:
        raise MissingDependency("openpyxl reads workbooks.", "pip install 'aims-graph[xlsx]'") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of styles and lists that do not matter here
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
            return tuple(_sheets(name, book))
    except DataError:
        raise
    except _BROKEN as error:
        problem = Problem(name, None, f"the workbook is damaged ({type(error).__name__}).", "Save it again as .xlsx.")
        raise DataError([problem]) from error


def check(name: str, data: bytes) -> None:
    """Raise DataError unless the file is a workbook of sane size with nothing that runs, links or expands."""
    if data.startswith(_OLD_OR_LOCKED):
        raise _refused(name, "the workbook is locked with a password, or of the old .xls kind.", "Save it as .xlsx.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            _check_sizes(name, packed.infolist())
            for part in packed.infolist():
                _check_part(name, packed, part)
            _check_kinds(name, packed)
    except (
        expat.ExpatError,
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        EOFError,
        RuntimeError,
        ValueError,
    ) as error:
        raise _refused(name, "this is no workbook, or a damaged one.", "Save it again as .xlsx.") from error


def _check_sizes(name: str, parts: Sequence[zipfile.ZipInfo]) -> None:
    """What the directory says is believed for the limits alone: reading never goes beyond it."""
    if len(parts) > MOST_PARTS or len({p.filename for p in parts}) < len(parts):
        raise _refused(name, f"the workbook has more than {MOST_PARTS} parts, or one twice.", "Save it again as .xlsx.")
    if "xl/workbook.xml" not in {p.filename for p in parts}:
        raise _refused(name, "the file is packed, but is no workbook.", "Give an .xlsx file.")
    if any(p.flag_bits & 1 for p in parts):
        raise _refused(name, "the workbook is locked with a password.", "Save it without one.")
    total = sum(p.file_size for p in parts)
    if total > MOST_BYTES:
        what = f"the workbook unpacks to {total // 1_000_000} MB, more than {MOST_BYTES // 1_000_000}."
        raise _refused(name, what, "Split it, and keep large texts in files of their own.")
    whole = sum(p.file_size for p in parts if p.filename.endswith((".xml", ".rels")) and not _SHEET.match(p.filename))
    if whole > MOST_WHOLE:
        what = f"the texts, styles and comments unpack to {whole // 1_000_000} MB, more than {MOST_WHOLE // 1_000_000}."
        raise _refused(name, what, "Split it, and keep large texts in files of their own.")
    for part in parts:
        if part.file_size > SMALL and part.file_size > MOST_RATIO * max(part.compress_size, 1):
            what = f"'{part.filename}' unpacks to more than {MOST_RATIO} times its size."
            raise _refused(name, what, "A workbook of records is never packed so densely: make it anew.")


def _check_kinds(name: str, packed: zipfile.ZipFile) -> None:
    """No list of all texts goes by the name of a sheet or a picture, which may be large."""

    def start(_: str, said: dict[str, str]) -> None:
        part, kind = said.get("PartName", ""), said.get("ContentType", "")
        if _SHEET.match(part.lstrip("/")) and not kind.endswith(".worksheet+xml"):
            raise _refused(name, f"'{part}' is no sheet.", "Save it again with a spreadsheet program.")
        if part and kind.endswith("+xml") and not part.endswith((".xml", ".rels")):
            raise _refused(name, f"'{part}' is not named as XML.", "Save it again with a spreadsheet program.")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    with contextlib.suppress(KeyError), packed.open("[Content_Types].xml") as stream:
        parser.ParseFile(stream)


def _check_part(name: str, packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    for pattern, what, fix in _FORBIDDEN:
        if pattern.search(part.filename) and "printerSettings" not in part.filename:
            raise _refused(name, f"the workbook holds {what} ('{part.filename}').", fix)
    if not part.filename.endswith((".xml", ".rels")):
        return
    with packed.open(part) as stream:
        start = stream.read(65_536)
    root = _ROOT.search(start)
    if root is None or b"\0" in start or _DECLARES.search(start, 0, root.start()):
        raise _refused(name, f"'{part.filename}' is no plain XML.", "Save it again with a spreadsheet program.")
    if part.filename == "[Content_Types].xml" and b"macroEnabled" in start:
        raise _refused(name, "the workbook is made for macros.", "Save it as plain .xlsx.")


def _refused(name: str, what: str, fix: str) -> DataError:
    return DataError([Problem(name, None, what, fix)])


def _sheets(name: str, book: Workbook) -> Iterator[Sheet]:
    for sheet in book.worksheets:
        if sheet.title.casefold() in APART:
            continue
        path = f"{name}:{sheet.title}"
        if sheet.sheet_state != "visible":
            fix = "Show it and look through it, or remove it."
            raise DataError([Problem(path, None, "the sheet is hidden.", fix)])
        rows: list[Row] = []
        for number, cells in enumerate(sheet.iter_rows(), 1):
            if any(cell.value is not None for cell in cells):
                rows.append((number, _cells(path, number, cells)))
            if len(rows) > MOST_ROWS + 1 or number > LAST_ROW:
                raise DataError([too_large(path, number)])
        if rows:
            yield Sheet(name, sheet.title, tuple(rows))


def _cells(path: str, number: int, cells: Sequence[ReadOnlyCell | EmptyCell | Any]) -> list[Cell]:
    """The values of a row; a formula is an error that names its cell."""
    filled = max(index for index, cell in enumerate(cells) if cell.value is not None) + 1
    if filled > MOST_COLUMNS:
        raise DataError([too_large(path, number)])
    found: list[Cell] = []
    for index, cell in enumerate(cells[:filled]):
        shown = f"{letters(index)}{number}"
        if cell.value is not None and cell.data_type == "f":
            what, fix = f"{shown} holds a formula.", "Put the value in its place: records are never computed."
            raise DataError([Problem(path, number, what, fix)])
        if isinstance(cell.value, str) and len(cell.value) > LONGEST:
            what = f"{shown}: the text has {len(cell.value)} characters."
            raise DataError([Problem(path, number, what, f"Keep it within {LONGEST}, or name a file instead.")])
        found.append(_value(cell.value, getattr(cell, "data_type", "n")))
    return found


def _value(value: Any, kind: str) -> Cell:
    if kind == "e":
        return Fault(f"the cell holds the error {value}.", "Put the value in its place.")
    if value is None or isinstance(value, str | date | time | bool | int | float):
        return value
    return Fault(f"the cell holds a {type(value).__name__}.", "Write a text, a number or a day.")
