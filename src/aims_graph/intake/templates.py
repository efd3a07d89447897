"""Forms as files to fill in, and tables as files to read: workbooks and CSV. Text stays text in every cell."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from aims_graph.errors import MissingDependency
from aims_graph.intake import terms as words
from aims_graph.intake.forms import ID, Column, Form
from aims_graph.intake.record_sheets import Table
from aims_graph.intake.sheets import letters
from aims_graph.intake.text_tables import guarded

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

MADE: Final = datetime(2026, 1, 1, tzinfo=UTC)  # the same files from the same forms
FILLED: Final = "DDEBF7"  # behind the names of columns that must be filled
LISTED: Final = 2_000  # rows in which a choice is offered
WIDTHS: Final = {words.TEXT: 40, words.DAY: 14, words.YES_NO: 10, ID: 16}
ABOUT: Final = (
    "How to fill in this workbook",
    "Each sheet is a list of one kind of record, and each row is one record. Use the sheets you need.",
    "The first column is the ID: a number of your own that you never use again. Other sheets name a record by it.",
    "A column with a coloured name must be filled. Point at a name to read what belongs in the column.",
    "Where a cell takes several values, put a semicolon between them.",
    "Write days as dates, or as text in the form 2026-08-18.",
    "Write clauses and articles as you usually do, with the name of the framework.",
    "Write values, never formulas: a workbook with a formula is refused.",
    "Nothing is stored unless the whole workbook can be read. What is wrong is told with its sheet and cell.",
)


def template(forms: Iterable[Form]) -> bytes:
    """An empty workbook, one sheet for each form; MissingDependency where nothing can write one."""
    return workbook([Table(form, ()) for form in forms])


def workbook(tables: Iterable[Table]) -> bytes:
    """A workbook of tables, with an 'About' sheet that says how to fill it in; MissingDependency as above."""
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise MissingDependency("openpyxl writes workbooks.", "pip install 'aims-graph[xlsx]'") from error
    shown = list(tables)
    book = Workbook()
    about = book.active
    assert about is not None
    about.title = "About"
    _explain(about, [table.form for table in shown])
    lists = _lists(book, [table.form for table in shown])
    for table in shown:
        _fill(book.create_sheet(table.form.sheet), table, lists)
    book.properties.created = book.properties.modified = MADE
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def csv_template(form: Form) -> str:
    """The first line of a CSV file for a form."""
    return csv_table(Table(form, ()))


def csv_table(table: Table) -> str:
    """A table as CSV text that no spreadsheet program runs anything of."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([c.name for c in table.form.columns])
    writer.writerows([guarded(cell) for cell in row] for row in table.rows)
    return text.getvalue()


# -- sheets ------------------------------------------------------------------------------------


def _explain(sheet: Worksheet, forms: Sequence[Form]) -> None:
    from openpyxl.styles import Font

    lines = [(line,) for line in ABOUT] + [("",), ("Sheet", "What it holds")]
    lines += [(form.sheet, form.about) for form in forms]
    lines += [("",), ("Sheet", "Column", "Must be filled", "Several", "What belongs there", "Example")]
    for form in forms:
        flags = {True: "yes", False: "no"}
        lines += [(form.sheet, c.name, flags[c.required], flags[c.several], c.help, c.example) for c in form.columns]
    for number, cells in enumerate(lines, 1):
        for index, text in enumerate(cells, 1):
            _say(sheet.cell(number, index), text)
        if number == 1 or cells[0] == "Sheet":
            for index in range(1, len(cells) + 1):
                sheet.cell(number, index).font = Font(bold=True)
    for index, width in enumerate((30, 40, 16, 10, 80, 40)):
        sheet.column_dimensions[letters(index)].width = width


def _lists(book: Workbook, forms: Sequence[Form]) -> dict[tuple[str, ...], str]:
    """A sheet with the lists of values, and where each list stands on it."""
    sheet = book.create_sheet("Lists")
    found: dict[tuple[str, ...], str] = {}
    for choices in dict.fromkeys(c.choices for form in forms for c in form.columns if c.choices):
        column = letters(len(found))
        for number, text in enumerate(choices, 1):
            _say(sheet[f"{column}{number}"], text)
        sheet.column_dimensions[column].width = 30
        found[choices] = f"Lists!${column}$1:${column}${len(choices)}"
    return found


def _fill(sheet: Worksheet, table: Table, lists: dict[tuple[str, ...], str]) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill

    for index, column in enumerate(table.form.columns):
        head = sheet.cell(1, index + 1)
        _say(head, column.name)
        head.font = Font(bold=True)
        head.alignment = Alignment(wrap_text=True, vertical="top")
        if column.required:
            head.fill = PatternFill("solid", fgColor=FILLED)
        head.comment = Comment(_told(column), "aims-graph", height=120, width=320)
        sheet.column_dimensions[letters(index)].width = WIDTHS.get(column.value, 24)
        _offer(sheet, index, column, lists)
    for number, row in enumerate(table.rows, 2):
        for index, text in enumerate(row):
            _write(sheet.cell(number, index + 1), table.form.columns[index], text)
    sheet.freeze_panes = "B2"


def _told(column: Column) -> str:
    must = "\nMust be filled." if column.required else ""
    several = "\nSeveral values: put a semicolon between them." if column.several else ""
    return f"{column.help}\nFor example: {column.example}{must}{several}"


def _offer(sheet: Worksheet, index: int, column: Column, lists: dict[tuple[str, ...], str]) -> None:
    """Offer the values of a list, where a cell takes one of them."""
    from openpyxl.worksheet.datavalidation import DataValidation

    place = f"{letters(index)}2:{letters(index)}{LISTED}"
    if column.choices and not column.several:
        choice = DataValidation(type="list", formula1=lists[column.choices], allow_blank=True)
        choice.error, choice.errorTitle = "Choose one of the list.", column.name[:32]
        choice.add(place)
        sheet.add_data_validation(choice)


def _write(cell: Cell | MergedCell, column: Column, text: str) -> None:
    """A value as the kind of cell that people expect: days as dates, all else as text."""
    from openpyxl.styles import Alignment

    if column.value == words.DAY and not column.several and text:
        cell.value = date.fromisoformat(text)
        cell.number_format = "yyyy-mm-dd"
        return
    _say(cell, text)
    cell.alignment = Alignment(wrap_text=True, vertical="top")


def _say(cell: Cell | MergedCell, text: str) -> None:
    """Text that stays text, whatever it begins with; an empty one leaves the cell empty."""
    if text:
        cell.value = text
        cell.data_type = "s"
