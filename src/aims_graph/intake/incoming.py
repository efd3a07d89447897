"""Files that people have, to records: all or nothing, whatever the format. No file is changed, nothing is fetched."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import pyoxigraph as ox

from aims_graph.catalogue import Catalogue
from aims_graph.errors import DataError, InputError, Problem
from aims_graph.intake import record_books, record_json, record_statements, record_tables, soundness, text_tables
from aims_graph.intake.forms import Form, language
from aims_graph.intake.meanings import Meanings
from aims_graph.intake.record_json import Record
from aims_graph.intake.record_places import Incoming, Place
from aims_graph.intake.sheets import Sheet
from aims_graph.intake.terms import AGENT

MOST_BYTES: Final = 100_000_000  # of one file
TABLES: Final = (".csv", ".tsv")
BOOK, JSON = ".xlsx", ".json"
ENDINGS: Final = (BOOK, *TABLES, JSON, *record_statements.FORMATS)
_AGENT: Final = ox.NamedNode(AGENT)
_REFUSED: Final = {
    ".xlsm": "Save it as plain .xlsx, without macros.",
    ".xls": "Save it as .xlsx.",
    ".ods": "Save it as .xlsx.",
    ".xlsb": "Save it as .xlsx.",
    ".rdf": "Convert it to Turtle (.ttl).",
    ".owl": "Convert it to Turtle (.ttl).",
}
"""Endings of files that others read, and what to do."""


class Opened(Protocol):
    """What holds a catalogue, such as the library of a command."""

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue."""


def read(
    source: Path | bytes,
    name: str | None,
    format: str | None,
    catalogue: Catalogue,
    base: str,
    people: Mapping[str, str] | None = None,
) -> Incoming:
    """The records of one file or its bytes, read by `format` (an ending such as 'csv'), else by the ending of its name.

    `base` is what the addresses of the workspace's records begin with; `people` maps folded names or ids to the
    addresses of people recorded before. Raises InputError for a format that is not known, DataError with every
    problem found otherwise; never returns a part of a file.
    """
    shown = name or (str(source) if isinstance(source, Path) else "(input)")
    ending = _ending(shown, format)
    data = _bytes(source, shown)
    terms, forms = language(catalogue.files)
    meanings = Meanings(catalogue, terms, base, dict(people or {}))
    if ending == BOOK:
        return _checked(_book(shown, data, forms, meanings), meanings, shown)
    text = _text(shown, data)
    if ending in TABLES:
        return _checked(_table(shown, text, forms, meanings), meanings, shown)
    if ending == JSON:
        return _checked(record_json.read(shown, text, meanings, forms), meanings, shown)
    triples, places = record_statements.read(shown, text, ending, terms)
    if not triples:
        problem = Problem(shown, None, "the file holds no records.", "Write at least one.")
        raise DataError([problem])
    return _checked(Incoming(tuple(triples), places), meanings, shown)


def read_records(
    records: Iterable[Record | Mapping[str, Any]],
    catalogue: Catalogue,
    base: str,
    name: str = "records",
    people: Mapping[str, str] | None = None,
) -> Incoming:
    """The same for records made in Python, or as JSON holds them; `name` stands for the file in messages."""
    terms, forms = language(catalogue.files)
    meanings = Meanings(catalogue, terms, base, dict(people or {}))
    return _checked(record_json.read_objects(records, meanings, forms, name), meanings, name)


def read_record(
    record: Mapping[str, Any], catalogue: Catalogue, base: str, name: str, people: Mapping[str, str] | None = None
) -> Incoming:
    """The same for one record by itself, whose places are said without a list around it."""
    terms, forms = language(catalogue.files)
    meanings = Meanings(catalogue, terms, base, dict(people or {}))
    return _checked(record_json.read_object(record, meanings, forms, name), meanings, name)


def read_file(name: str, library: Opened, base: str, format: str | None = None) -> Incoming:
    """The same for a file named on a command line; '-' is standard input, and Turtle where no format is given."""
    if name == "-":
        return read(sys.stdin.buffer.read(), "(standard input)", format or "ttl", library.catalogue, base)
    return read(Path(name), name, format, library.catalogue, base)


def together(parts: Iterable[Incoming]) -> Incoming:
    """Several inputs as one; DataError where two of them start the same record. People may be named in several."""
    triples: dict[ox.Triple, None] = {}
    places: dict[str, Place] = {}
    problems: list[Problem] = []
    for part in parts:
        triples.update(dict.fromkeys(part.triples))
        people = {str(t.subject)[1:-1] for t in part.triples if t.object == _AGENT}
        for iri, place in part.places.items():
            first = places.setdefault(iri, place)
            if first.file != place.file and iri not in people:
                what = f"'{iri}' is already the record at {first}."
                problems.append(Problem(place.path, place.row, what, "Give each record an id of its own."))
    if problems:
        raise DataError(problems)
    return Incoming(tuple(triples), places)


def _checked(found: Incoming, meanings: Meanings, name: str) -> Incoming:
    wrong = soundness.problems(found.triples, found.places, meanings, name)
    if wrong:
        raise DataError(wrong)
    return found


def _ending(name: str, format: str | None) -> str:
    ending = f".{format.lower().removeprefix('.')}" if format else Path(name).suffix.lower()
    if ending not in ENDINGS:
        fix = _REFUSED.get(ending, f"Give one of: {', '.join(e.removeprefix('.') for e in ENDINGS)}.")
        raise InputError(f"{name}: '{ending or 'no ending'}' is no format of records that can be read. {fix}")
    return ending


def _bytes(source: Path | bytes, name: str) -> bytes:
    try:
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
        if size > MOST_BYTES:
            what = f"the file has {size // 1_000_000} MB, more than {MOST_BYTES // 1_000_000}."
            raise DataError([Problem(name, None, what, "Split it into several files.")])
        data = source if isinstance(source, bytes) else source.read_bytes()
    except OSError as error:
        raise DataError([Problem(name, None, f"cannot be read ({error.strerror}).", "Check the path.")]) from error
    if not data.strip():
        raise DataError([Problem(name, None, "the file is empty.", "Write at least one record.")])
    return data


def _text(name: str, data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        fix = "Save the file as UTF-8 (in a spreadsheet program: CSV UTF-8)."
        raise DataError([Problem(name, line, "this is not UTF-8 text.", fix)]) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError([Problem(name, line, "this is a binary file.", "Give a text file.")])
    return text


def _table(name: str, text: str, forms: tuple[Form, ...], meanings: Meanings) -> Incoming:
    headings = (c.name for form in forms for c in form.columns)
    sheet = text_tables.read_text_table(name, text, headings)
    form = record_tables.form_of(sheet, Path(name).stem, forms)
    return record_tables.read([(sheet, form)], meanings)


def _book(name: str, data: bytes, forms: tuple[Form, ...], meanings: Meanings) -> Incoming:
    problems: list[Problem] = []
    found: list[tuple[Sheet, Form]] = []
    for sheet in record_books.read(name, data):
        try:
            found.append((sheet, record_tables.form_of(sheet, sheet.name or "", forms)))
        except DataError as error:
            problems += error.problems
    if not found and not problems:
        fix = "Fill in at least one sheet of the template."
        problems.append(Problem(name, None, "the workbook holds no records.", fix))
    if problems:
        raise DataError(problems)
    return record_tables.read(found, meanings)


__all__ = ["ENDINGS", "Incoming", "Opened", "Place", "Record", "read", "read_file", "read_records", "together"]
