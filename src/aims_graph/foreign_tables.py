"""Tables as other people write them: CSV with any delimiter, or TSV, to columns of cells with their lines.

Comments and titles above the column names are skipped; a row that cannot be read is a problem, and the rows after
it are read all the same.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from aims_graph.errors import Problem
from aims_graph.vocab import NO_TERM_FOUND

DELIMITERS = ",;|\t"
SAMPLE = 1_000  # lines that decide the delimiter
SHOWN = 80  # characters of a cell that a message repeats
NOTHING = frozenset({"", "-", "–", "—", "n/a", "n.a.", "na", "none", NO_TERM_FOUND.casefold()})

Row = tuple[int, list[str]]  # its first line, its cells
Test = Callable[[str], bool]


@dataclass(frozen=True)
class Cell:
    """What one cell says, and where."""

    text: str
    line: int


@dataclass(frozen=True)
class Column:
    """The cells of a column that say something, below its name."""

    name: str
    line: int  # of the name
    cells: tuple[Cell, ...]


def read_rows(path: str, text: str) -> tuple[list[Row], list[Problem]]:
    """The rows that hold anything, and the lines that cannot be read; comments count only above the first row."""
    lines = io.StringIO(text, newline="").readlines()
    first = next((n for n, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    tabs = path.endswith(".tsv")
    delimiter = "\t" if tabs else _delimiter(lines[first : first + SAMPLE])
    quoting: Literal[0, 3] = csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL
    rows: list[Row] = []
    problems: list[Problem] = []
    while first < len(lines):
        reader = csv.reader(lines[first:], delimiter=delimiter, quoting=quoting, skipinitialspace=True, strict=True)
        read = 0
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    rows.append((first + read + 1, cells))
                read = reader.line_num
            break
        except csv.Error as error:
            first += read + 1
            fix = "Close every quote, and write a quote inside a quoted cell twice."
            problems.append(Problem(path, first, f"the row cannot be read: {error}.", fix))
    return rows, problems


def _delimiter(lines: Sequence[str]) -> str:
    """The delimiter that gives the most lines the same number of cells, and of those the most cells."""

    def fit(delimiter: str) -> tuple[float, int]:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True) if row]
        except csv.Error:
            return (0.0, 0)
        width, times = max(Counter(widths).items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return (times / len(widths), width) if width > 1 else (0.0, 0)

    return max(DELIMITERS, key=fit)


def read_columns(rows: Sequence[Row], is_id: Test, is_name: Test) -> list[Column]:
    """The columns that have cells; a first row that holds an id is no row of names.

    `is_id` tells the ids of the cells, `is_name` the names that columns of ids have.
    """
    below = rows[_header(rows, is_id, is_name) :]
    if not below:
        return []
    line, names = below[0]
    if any(is_id(cell.strip()) for cell in names):
        names = []
    else:
        below = below[1:]
    columns = []
    for index in range(max((len(cells) for _, cells in below), default=0)):
        name = plain(names[index]) if index < len(names) else ""
        cells = (Cell(row[index].strip().strip('"'), number) for number, row in below if len(row) > index)
        kept = tuple(cell for cell in cells if cell.text.casefold() not in NOTHING)
        columns += [Column(name or f"column {index + 1}", line, kept)] if kept else []
    return columns


def _header(rows: Sequence[Row], is_id: Test, is_name: Test) -> int:
    """The number of rows above the column names: titles, which have fewer cells than most rows."""
    widths = [max(n for n, cell in enumerate(cells, 1) if cell.strip()) for _, cells in rows]
    usual = max(Counter(widths).items(), key=lambda item: (item[1], item[0]), default=(0, 0))[0]
    for number, (_, cells) in enumerate(rows):
        if widths[number] >= usual or any(is_id(cell.strip()) or is_name(cell) for cell in cells):
            return number
    return 0


def plain(text: str, most: int = SHOWN) -> str:
    """A text as a message repeats it: one line, nothing that a terminal obeys, not too long."""
    line = "".join(c if c.isprintable() else " " for c in text)
    line = " ".join(line.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
