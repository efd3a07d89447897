"""Rows of tables to records: one sheet is one form, one row is one record with the parts that its columns fill."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

import pyoxigraph as ox

from aims_graph.errors import DataError, Problem
from aims_graph.forms import ID, Column, Form, folded
from aims_graph.meanings import Meanings
from aims_graph.record_places import Collected, Incoming, Place
from aims_graph.terms import AGENT, DAY, LABEL, YES_NO, near, or_list
from aims_graph.written import Fault, folded_name, plain

SEPARATOR: Final = ";"
DELIMITERS: Final = (",", ";", "\t")
MOST_ROWS: Final = 100_000
MOST_COLUMNS: Final = 200
RISKY: Final = ("=", "+", "-", "@")  # what a spreadsheet would run

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


# -- text tables -----------------------------------------------------------------------


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


def too_large(path: str, row: int) -> Problem:
    """What is said of a table that is too long or too wide."""
    what = f"the table has more than {MOST_ROWS} rows or {MOST_COLUMNS} columns."
    return Problem(path, row, what, "Split it into several files, and remove columns that no form has.")


# -- forms -----------------------------------------------------------------------------


def form_of(sheet: Sheet, title: str, forms: Sequence[Form]) -> Form:
    """The form of a sheet: by its name or, for a text table, by its columns; DataError where none or several fit."""
    for form in forms:
        if folded(title) in (folded(form.sheet), form.id):
            return form
    offered = [f.sheet for f in forms]
    if sheet.name is not None:
        found = near(title, offered)
        hint = f"Did you mean {or_list(found)}?" if found else f"Use one of: {', '.join(offered)}."
        raise DataError([Problem(sheet.file, None, f"no form is called '{plain(title)}'.", hint)])
    named = {folded(str(c)) for c in (sheet.rows[0][1] if sheet.rows else ()) if c}
    fitting = [f for f in forms if named <= f.named.keys()]
    needed = [f for f in fitting if all(folded(c.name) in named for c in f.columns if c.required)] or fitting
    if len(needed) == 1 and named:
        return needed[0]
    what = "its columns fit more than one form." if needed else "neither its name nor its columns are those of a form."
    fix = f"Name the file like one of: {', '.join(f'{f.id}.csv' for f in needed or forms)}."
    raise DataError([Problem(sheet.file, sheet.rows[0][0] if sheet.rows else None, what, fix)])


def read(sheets: Sequence[tuple[Sheet, Form]], meanings: Meanings) -> Incoming:
    """The records of sheets with their forms; DataError with every problem of every row."""
    found = Collected()
    layouts = [(sheet, form, _layout(sheet, form, found)) for sheet, form in sheets]
    if not found.problems:
        for sheet, form, layout in layouts:
            if form.kind == AGENT:
                _learn_people(sheet, layout, meanings)
        for sheet, form, layout in layouts:
            for number, cells in sheet.rows[1:]:
                _RowReader(sheet, form, layout, meanings, found).read(number, cells)
    if not found.problems and not found.places:
        place = Place(sheets[0][0].file if sheets else "(no table)")
        found.problem(place, "the table holds no records.", "Write at least one row below the names of the columns.")
    if not found.problems:
        found.also(meanings.people_made())
    return found.done()


def _layout(sheet: Sheet, form: Form, found: Collected) -> dict[int, Column]:
    """Which column of the form each column of the sheet is."""
    if not sheet.rows:
        found.problem(Place(sheet.file, sheet.name), "the table is empty.", "Begin with the names of its columns.")
        return {}
    number, cells = sheet.rows[0]
    place, layout = sheet.place(number), dict[int, Column]()
    for index, cell in enumerate(cells):
        if cell is None or not str(cell).strip():
            continue
        column = form.named.get(folded(str(cell)))
        shown = sheet.where(number, index, str(cell))
        if column is None:
            names = near(str(cell), [c.name for c in form.columns])
            hint = f"Did you mean {or_list(names)}?" if names else f"Use the columns of the form '{form.sheet}'."
            found.problem(place, f"{shown} is no column of the form '{form.sheet}'.", hint)
        elif column in layout.values():
            found.problem(place, f"{shown} stands twice.", "Keep one of the columns.")
        else:
            layout[index] = column
    for column in form.columns:
        if column.required and column not in layout.values():
            found.problem(place, f"the column '{column.name}' is missing.", f"Add it: {column.help}")
    return layout


def _learn_people(sheet: Sheet, layout: dict[int, Column], meanings: Meanings) -> None:
    """The people with lines of their own, by id and by name, before anybody is named elsewhere."""
    named = next(i for i, c in layout.items() if c.value == ID)
    called = [i for i, c in layout.items() if c.prop is not None and c.prop.iri == LABEL]
    for _, cells in sheet.rows[1:]:
        iri = meanings.record(_as_text(cells, named))
        if isinstance(iri, str):
            known = {folded_name(_as_text(cells, index)): iri for index in (named, *called)}
            meanings.people.update({name: person for name, person in known.items() if name})


def _as_text(cells: Sequence[Cell], index: int) -> str:
    text = cell_text(cells[index], "") if index < len(cells) else ""
    return text if isinstance(text, str) else ""


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


class _RowReader:
    """Reads the rows of one sheet into what is collected."""

    def __init__(
        self, sheet: Sheet, form: Form, layout: dict[int, Column], meanings: Meanings, found: Collected
    ) -> None:
        self.sheet, self.form, self.layout, self.meanings, self.found = sheet, form, layout, meanings, found
        self.parts: set[str] = set()  # made so far

    def read(self, number: int, cells: Sequence[Cell]) -> None:
        """One row; an empty one is passed over."""
        texts = {i: cell_text(c, self.layout[i].value if i in self.layout else "") for i, c in enumerate(cells)}
        if not any(texts.values()):
            return
        for index, text in texts.items():
            if text and index not in self.layout:
                self._problem(number, index, Fault("the cell stands under no name of a column.", "Name its column."))
        named = next(i for i, c in self.layout.items() if c.value == ID)
        record = self._record(number, named, texts.get(named, ""))
        for index, column in self.layout.items():
            text = texts.get(index, "")
            if isinstance(text, Fault):
                self._problem(number, index, text)
            elif not text and column.required and index != named:
                self._problem(number, index, Fault("the cell is empty and must not be.", column.help))
            elif text and record is not None and column.prop is not None:
                self._fill(record, number, index, text)

    def _record(self, number: int, index: int, text: str | Fault) -> str | None:
        """The record that the row is about, started; None, with a problem, where it cannot be."""
        iri = text if isinstance(text, Fault) else self.meanings.record(text)
        if text == "":
            iri = Fault("the row has no id.", self.layout[index].help)
        if isinstance(iri, Fault):
            self._problem(number, index, iri)
            return None
        started = self.found.starts(iri, self.form.kind, self.sheet.place(number), plain(str(text)))
        return iri if started else None

    def _fill(self, record: str, number: int, index: int, text: str) -> None:
        """The statements of one filled cell."""
        column = self.layout[index]
        parts = [p.strip() for p in text.split(SEPARATOR)] if column.several else [text]
        for place, part in enumerate([p for p in parts if p] or [text], 1):
            assert column.prop is not None
            term = self.meanings.term(column.prop, column.value, part)
            if isinstance(term, Fault):
                self._problem(number, index, term)
                return
            if column.inverse:
                self.found.says(term.value, column.prop.iri, ox.NamedNode(record))
            else:
                holder = self._part(record, column, place, number)
                self.found.says(holder, column.prop.iri, term)

    def _part(self, record: str, column: Column, place: int, number: int) -> str:
        """The record or the part of it that a column is about, made where it is not there yet."""
        for step in column.steps:
            part = f"{record}/{step.name}{f'-{place}' if step.many and place > 1 else ''}"
            if part not in self.parts:
                self.parts.add(part)
                self.found.says(record, step.link.iri, ox.NamedNode(part))
                self.found.starts(part, step.kind, self.sheet.place(number), self.meanings.id_of(part))
            record = part
        return record

    def _problem(self, number: int, index: int, fault: Fault) -> None:
        heading = self.layout[index].name if index in self.layout else f"column {index + 1}"
        what = f"{self.sheet.where(number, index, heading)}: {fault.what}"
        self.found.problem(self.sheet.place(number), what, fault.fix)
