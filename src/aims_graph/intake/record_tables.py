"""Rows of tables to records: one sheet is one form, one row is one record with the parts that its columns fill."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import pyoxigraph as ox

from aims_graph.errors import DataError, Problem
from aims_graph.intake.forms import ID, Column, Form, folded
from aims_graph.intake.meanings import Meanings
from aims_graph.intake.record_places import Collected, Incoming, Place
from aims_graph.intake.sheets import Cell, Sheet, cell_text
from aims_graph.intake.terms import AGENT, LABEL, near, or_list
from aims_graph.intake.written import Fault, folded_name, plain
from aims_graph.turtle import text_of

SEPARATOR: Final = ";"


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
    shared = {form.id: len(named & form.named.keys()) for form in forms}
    most = max(shared.values(), default=0)
    best = [f for f in forms if shared[f.id] == most and 2 * most > len(named)]
    needed = [f for f in best if all(folded(c.name) in named for c in f.columns if c.required)] or best
    if len(needed) == 1:
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
        place = Place(sheets[0][0].file)
        found.problem(place, "the table holds no records.", "Write at least one row below the names of the columns.")
    if not found.problems:
        _link_parts(found, meanings)
        found.also(meanings.people_made())
    return found.done()


def _link_parts(found: Collected, meanings: Meanings) -> None:
    """Links that give the words of a part lead to it: a part has no line, so its words are its only name.

    It is looked for in the records that the same row names; a link that fits none, or two, stays as it is.
    """
    called: defaultdict[tuple[str, str], list[str]] = defaultdict(list)  # (record, its words) → parts
    links: defaultdict[str, list[ox.Triple]] = defaultdict(list)
    for triple in found.triples:
        subject, value = text_of(triple.subject), triple.object
        if isinstance(value, ox.NamedNode):
            links[subject].append(triple)
        elif triple.predicate.value == LABEL and (holder := _holder(subject, found)):
            called[holder, folded_name(value.value)].append(subject)  # type: ignore[union-attr]
    for subject, own in links.items():
        for triple in own:
            written = text_of(triple.object)
            if written in found.places or not written.startswith(meanings.base):
                continue
            words = folded_name(meanings.id_of(written))
            parts = {p for other in own for p in called.get((text_of(other.object), words), ())}
            if len(parts) == 1:
                del found.triples[triple]
                found.says(subject, triple.predicate.value, ox.NamedNode(parts.pop()))


def _holder(part: str, found: Collected) -> str | None:
    """The record with a line of its own that a part belongs to; None for one that is no part."""
    holder = None
    while "/" in part:
        part = part.rpartition("/")[0]
        holder = part if part in found.places else holder
    return holder


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
            elif text and column.prop is not None:
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

    def _fill(self, record: str | None, number: int, index: int, text: str) -> None:
        """The statements of one filled cell; without a record, its problems alone."""
        column = self.layout[index]
        parts = [p.strip() for p in text.split(SEPARATOR)] if column.several else [text]
        for place, part in enumerate([p for p in parts if p] or [text], 1):
            assert column.prop is not None
            term = self.meanings.term(column.prop, column.value, part)
            if isinstance(term, Fault):
                self._problem(number, index, term)
                return
            if record is None:
                continue
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
