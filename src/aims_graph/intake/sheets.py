"""Tables as read from files: rows of cells with their numbers, and what a cell says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from aims_graph.errors import Problem
from aims_graph.intake.record_places import Place
from aims_graph.intake.terms import DAY, YES_NO
from aims_graph.intake.written import Fault, plain

MOST_ROWS: Final = 100_000
MOST_COLUMNS: Final = 200

Cell = str | date | datetime | time | bool | int | float | Fault | None
Row = tuple[int, Sequence[Cell]]  # its number in the file, its cells


@dataclass(frozen=True)
class Sheet:
    """One table as read: its rows with their numbers, the first being the names of the columns."""

    file: str
    name: str | None  # of the sheet of a workbook
    rows: tuple[Row, ...]

    def place(self, row: int) -> Place:
        """The place of a row."""
        return Place(self.file, self.name, row)

    def where(self, row: int, index: int, heading: str) -> str:
        """How a message names a cell: the cell of a workbook, and its heading."""
        cell = f"{letters(index)}{row} " if self.name is not None else ""
        return f"{cell}'{plain(heading)}'"


def letters(index: int) -> str:
    """The letters of a column of a workbook, counted from 0.

    >>> letters(0), letters(27)
    ('A', 'AB')
    """
    found = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        found = chr(65 + rest) + found
    return found


def cell_text(cell: Cell, value: str) -> str | Fault:
    """What a cell says, as the text that this kind of value is written in; '' for an empty one."""
    if isinstance(cell, date | time):
        return _moment(cell)
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int | float):
        return _figure(cell, value)
    return cell.strip() if isinstance(cell, str) else cell or ""


def _moment(cell: date | time) -> str | Fault:
    """The day of a date cell; a time of day is no part of one."""
    if isinstance(cell, time):
        return Fault("the cell holds a time of day.", "Write a text, or a day such as 2026-08-18.")
    if isinstance(cell, datetime) and cell.time() != time():
        return Fault(f"'{cell:%Y-%m-%d %H:%M}' has a time of day.", "Write the day alone, such as 2026-08-18.")
    return cell.isoformat()[:10]


def _figure(cell: float, value: str) -> str | Fault:
    if value == DAY:
        return Fault(f"the cell holds the number {cell}.", "Format it as a date, or write 2026-08-18 as text.")
    if value == YES_NO:
        return Fault(f"'{cell}' is neither yes nor no.", "Write yes or no, or nothing while it is not known.")
    return str(int(cell)) if float(cell).is_integer() else repr(cell)


def too_large(path: str, row: int) -> Problem:
    """What is said of a table that is too long or too wide."""
    what = f"the table has more than {MOST_ROWS} rows or {MOST_COLUMNS} columns."
    return Problem(path, row, what, "Split it into several files, and remove columns that no form has.")
