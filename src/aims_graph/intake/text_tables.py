"""CSV texts to sheets, and what keeps a spreadsheet program from running a cell of one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

from aims_graph.errors import DataError, Problem
from aims_graph.intake.forms import folded
from aims_graph.intake.sheets import MOST_COLUMNS, MOST_ROWS, Row, Sheet, too_large

DELIMITERS: Final = (",", ";", "\t")
RISKY: Final = ("=", "+", "-", "@")  # what a spreadsheet would run


def unguarded(text: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from running it.

    >>> unguarded("'=1+1"), unguarded("'tis")
    ('=1+1', "'tis")
    """
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(RISKY) else text


def guarded(text: str) -> str:
    """The reverse: a text that no spreadsheet runs when it opens the file; a number stays as it is."""
    risky = text.lstrip("'").startswith(RISKY) and not _is_number(text)
    return f"'{text}" if risky else text


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdecimal()


def read_text_table(name: str, text: str, headings: Iterable[str]) -> Sheet:
    """A CSV text as a sheet: commas, semicolons or tabs between cells, whichever finds the most known headings."""
    lines = io.StringIO(text, newline="").readlines()
    skipped = next((n for n, line in enumerate(lines) if line.strip() and not line.startswith("sep=")), len(lines))
    known = {folded(h) for h in headings}

    def fit(delimiter: str) -> int:
        cells = lines[skipped].strip("\r\n").split(delimiter) if skipped < len(lines) else []
        return sum(folded(cell.strip(' "')) in known for cell in cells)

    delimiter = max(DELIMITERS, key=fit)
    rows: list[Row] = []
    reader = csv.reader(lines[skipped:], delimiter=delimiter, strict=True)
    ended = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((skipped + ended + 1, [unguarded(cell.strip()) for cell in cells]))
            ended = reader.line_num
            if len(rows) > MOST_ROWS + 1 or len(cells) > MOST_COLUMNS:
                raise DataError([too_large(name, skipped + ended)])
    except csv.Error as error:
        what = f"the row that starts here cannot be read: {error}."
        fix = "Close every quote, write a quote inside a quoted cell twice, and keep cells short."
        raise DataError([Problem(name, skipped + ended + 1, what, fix)]) from error
    return Sheet(name, None, tuple(rows))
