"""Forms: which columns a table of records has, in words that people who keep records know. One file is one sheet.

A form file starts with four lines `# sheet: …`, `# place: …` (the order of the sheets), `# kind: …`, `# about: …`;
then comes a table with a line for each column. Its path says where the value goes:

    @id                                            the name of the record; it makes its address
    dcterms:identifier                             the same, and the record carries it as its identifier
    aims:detectedOn                                a value of the record
    ^aims:triggerAnswer                            another record that points at this one
    aims:reaction > aims:Correction > rdfs:label   a value of a part of the record, made with the record
    … > aims:RootCause* > rdfs:label               one part for each value
    … > aims:Judgement as decision > …             the name of the part, where its kind alone would not do
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from aims_graph.errors import DataError, Problem
from aims_graph.files import DataFile
from aims_graph.intake import terms as words
from aims_graph.intake.terms import IDENTIFIER, Property, Terms, kebab, near, or_list
from aims_graph.vocab import PREFIXES

HEADER: Final = ("column", "path", "value", "required", "several", "help", "example")
HEADINGS: Final = ("sheet", "place", "kind", "about")
ID, DIGEST, TERM, SUBJECT_MATTER = "id", "digest", "term", "provision or edition"
FITS: Final[dict[str, frozenset[str]]] = {
    ID: frozenset({words.TEXT}),
    DIGEST: frozenset({words.TEXT}),
    words.TEXT: frozenset({words.TEXT}),
    words.DAY: frozenset({words.DAY}),
    words.YES_NO: frozenset({words.YES_NO, words.TEXT}),
    words.NUMBER: frozenset({words.NUMBER}),
    words.CHOICE: frozenset({words.CHOICE}),
    words.PERSON: frozenset({words.PERSON}),
    words.PROVISION: frozenset({words.PROVISION}),
    words.QUESTION: frozenset({words.QUESTION}),
    words.EDITION: frozenset({words.EDITION}),
    words.DOCUMENT: frozenset({words.DOCUMENT}),
    words.RECORDED: frozenset({words.RECORDED, words.ANYTHING}),
    SUBJECT_MATTER: frozenset({words.ANYTHING}),
    TERM: frozenset({words.ANYTHING}),
}
"""Kind of value in a column, to the kinds of property that it can fill."""

_STEP: Final = re.compile(r"(?P<kind>[\w:-]+)(?P<many>\*)?(?: as (?P<name>[a-z][a-z0-9-]*))?")
_SHEET: Final = re.compile(r"[^\[\]:*?/\\']{1,31}")


@dataclass(frozen=True)
class Step:
    """From a record to a part of it that is made with it: the link, the kind and the name of the part."""

    link: Property
    kind: str
    name: str
    many: bool = False


@dataclass(frozen=True)
class Column:
    """One column of a form."""

    name: str
    prop: Property | None  # None: the name of the record and nothing else
    value: str
    required: bool
    several: bool
    help: str
    example: str
    steps: tuple[Step, ...] = ()
    inverse: bool = False
    choices: tuple[str, ...] = ()  # the words that may stand in a cell, where they are a list

    @property
    def examples(self) -> tuple[str, ...]:
        """The example's values, one unless the column takes several."""
        parts = self.example.split(";") if self.several else [self.example]
        return tuple(part.strip() for part in parts)


@dataclass(frozen=True)
class Form:
    """The columns of one kind of record, first its name."""

    id: str
    sheet: str
    place: int
    kind: str
    about: str
    columns: tuple[Column, ...]

    @property
    def identifies(self) -> bool:
        """Whether the name of a record of this form is also its identifier."""
        return self.columns[0].prop is not None

    @cached_property
    def named(self) -> dict[str, Column]:
        """The columns by name as `folded`."""
        return {folded(c.name): c for c in self.columns}


def folded(text: str) -> str:
    """A heading as it is compared: small letters, single blanks, without the mark of a required column.

    >>> folded(" Found  On * ")
    'found on'
    """
    return " ".join(text.casefold().split()).removesuffix("*").rstrip()


def load(files: Iterable[DataFile], terms: Terms) -> tuple[Form, ...]:
    """The forms in the order of their sheets; DataError with all that is wrong."""
    forms, problems = inspect(files, terms)
    if problems:
        raise DataError(problems)
    return forms


def language(files: Iterable[DataFile]) -> tuple[Terms, tuple[Form, ...]]:
    """The vocabulary and the forms of data files, read once for the same files; DataError as for `load`."""
    return _language(tuple(file for file in files if file.kind in ("ontology", "form")))


@lru_cache(maxsize=4)
def _language(files: tuple[DataFile, ...]) -> tuple[Terms, tuple[Form, ...]]:
    terms = words.load(files)
    return terms, load(files, terms)


def inspect(files: Iterable[DataFile], terms: Terms) -> tuple[tuple[Form, ...], list[Problem]]:
    """The forms that can be read, and what is wrong with the others."""
    forms: list[Form] = []
    problems: list[Problem] = []
    for file in files:
        if file.kind == "form":
            form, found = parse(file, terms)
            problems += found
            forms += [form] if form is not None and not found else []
    for what, of in (("sheet", [folded(f.sheet) for f in forms]), ("kind", [f.kind for f in forms])):
        twice = {value for value, times in Counter(of).items() if times > 1}
        for form, value in zip(forms, of, strict=True):
            if value in twice:
                problems.append(Problem(_path(form.id), None, f"another form has the {what} too.", "Keep one of them."))
    return tuple(sorted(forms, key=lambda f: (f.place, f.id))), problems


def _path(form: str) -> str:
    return f"ontology/forms/{form}.tsv"


def parse(file: DataFile, terms: Terms) -> tuple[Form | None, list[Problem]]:
    """One form, and what is wrong with it: its headings, each line, and what lines together get wrong."""
    lines = file.text.splitlines()
    said = dict(line[1:].strip().split(": ", 1) for line in lines if line.startswith("# ") and ": " in line)
    problems = [
        Problem(file.path, 1, f"the form does not say its {name}.", f"Add a line '# {name}: …' at the top.")
        for name in HEADINGS
        if not said.get(name, "").strip()
    ]
    rows = [(n, line.split("\t")) for n, line in enumerate(lines, 1) if line and not line.startswith("#")]
    if not rows or tuple(rows[0][1]) != HEADER:
        fix = f"Write, with tabs between them: {', '.join(HEADER)}."
        problems.append(Problem(file.path, rows[0][0] if rows else 1, "the column names of a form are others.", fix))
    if problems:
        return None, problems
    reader = _Reader(file.path, terms)
    kind = reader.kind(said["kind"], 1)
    if not said["place"].isdigit():
        reader.problem(1, f"place '{said['place']}' is no number.", "Give a whole number; sheets are sorted by it.")
    if not _SHEET.fullmatch(said["sheet"]):
        reader.problem(1, f"'{said['sheet']}' cannot name a sheet.", "Use up to 31 letters, digits and blanks.")
    columns = [(n, c) for n, cells in rows[1:] if (c := reader.column(n, cells, kind)) is not None]
    reader.check_together(columns)
    if reader.problems:
        return None, reader.problems
    name = file.path.rpartition("/")[2].removesuffix(".tsv")
    return Form(name, said["sheet"], int(said["place"]), kind, said["about"], tuple(c for _, c in columns)), []


class _Reader:
    """Reads the lines of one form file and collects what is wrong with them."""

    def __init__(self, path: str, terms: Terms) -> None:
        self.path, self.terms, self.problems = path, terms, list[Problem]()

    def problem(self, line: int, what: str, fix: str) -> None:
        self.problems.append(Problem(self.path, line, what, fix))

    def kind(self, curie: str, line: int) -> str:
        iri = _iri(curie)
        if iri not in self.terms.kinds:
            found = near(curie.rpartition(":")[2], self.terms.classes)
            hint = f"Did you mean {or_list(found)}?" if found else "Use a kind of record of the ontology."
            self.problem(line, f"'{curie}' is no kind of record.", hint)
        return iri

    def column(self, line: int, cells: list[str], kind: str) -> Column | None:
        """One column; None, with a problem, where its line cannot be read."""
        before = len(self.problems)
        if len(cells) != len(HEADER) or not all(cell.strip() for cell in cells):
            self.problem(line, f"the line has not {len(HEADER)} filled cells.", f"Fill {', '.join(HEADER)}.")
            return None
        name, path, value, required, several, told, example = (cell.strip() for cell in cells)
        if value not in FITS:
            self.problem(line, f"'{value}' is no kind of value.", f"Use one of: {', '.join(FITS)}.")
        for flag in (required, several):
            if flag not in ("yes", "no"):
                self.problem(line, f"'{flag}' is neither yes nor no.", "Write yes or no.")
        steps, holder, leaf = self.steps(line, path, kind)
        inverse = leaf.startswith("^")
        found = None if path == "@id" else self.property(line, leaf.removeprefix("^"), holder, inverse)
        if found is not None and found.kind not in FITS.get(value, {found.kind}):
            fix = f"Use {or_list(sorted(v for v, kinds in FITS.items() if found.kind in kinds))}."
            self.problem(line, f"'{leaf}' does not hold a {value}.", fix)
        if len(self.problems) > before:
            return None
        choices = tuple(self.terms.choices.get((found.range if found else None) or "", ()))
        choices = ("yes", "no") if value == words.YES_NO else choices
        return Column(name, found, value, required == "yes", several == "yes", told, example, steps, inverse, choices)

    def steps(self, line: int, path: str, kind: str) -> tuple[tuple[Step, ...], str, str]:
        """The parts that a path passes, the kind of the last of them, and the last word of the path."""
        *way, leaf = path.split(" > ")
        steps: list[Step] = []
        holder = kind
        for link, said in zip(way[::2], way[1::2], strict=False):
            match = _STEP.fullmatch(said)
            prop = self.property(line, link, holder, False)
            if match is None or prop is None:
                continue
            holder = self.kind(match["kind"], line)
            if not self.terms.fits(holder, prop.range):
                self.problem(line, f"'{link}' does not lead to '{match['kind']}'.", "Name the kind that it leads to.")
            name = match["name"] or kebab(match["kind"].rpartition(":")[2])
            steps.append(Step(prop, holder, name, match["many"] is not None))
        if len(way) % 2 or (way and len(steps) != len(way) // 2):
            self.problem(line, f"'{path}' is no path.", "Write: property > kind > property.")
        return tuple(steps), holder, leaf

    def property(self, line: int, curie: str, holder: str, inverse: bool) -> Property | None:
        found = self.terms.by_iri.get(_iri(curie))
        if found is None:
            names = near(curie.rpartition(":")[2], self.terms.properties)
            hint = f"Did you mean {or_list(names)}?" if names else "Use a property of the ontology."
            self.problem(line, f"'{curie}' is no property of records.", hint)
            return None
        asked = found.range if inverse else found.domain
        if holder in self.terms.kinds and not self.terms.fits(holder, asked):
            self.problem(line, f"'{curie}' is not said of this kind of record.", "Use a property of the kind.")
        return found

    def check_together(self, columns: list[tuple[int, Column]]) -> None:
        """The first column alone names the record; names differ; a part has one meaning."""
        for place, (line, column) in enumerate(columns):
            is_name = column.value == ID
            if is_name != (place == 0) or (is_name and not _names(column)):
                fix = "Let the first column, and no other, be the id, with path @id or dcterms:identifier."
                self.problem(line, "the id is not in its place.", fix)
        names = Counter(folded(c.name) for _, c in columns)
        parts: dict[tuple[str, ...], set[Step]] = {}
        for line, column in columns:
            if names[folded(column.name)] > 1:
                self.problem(line, f"two columns are named '{column.name}'.", "Give each its own name.")
            for depth, step in enumerate(column.steps, 1):
                parts.setdefault(tuple(s.name for s in column.steps[:depth]), set()).add(step)
            for fault in _step_faults(column):
                self.problem(line, fault, "Mark the last part only, of a column that takes several values.")
        many = Counter(c.steps for _, c in columns if c.steps and c.steps[-1].many)
        for line, column in columns:
            if any(len(parts[tuple(s.name for s in column.steps[: n + 1])]) > 1 for n in range(len(column.steps))):
                self.problem(line, "two different parts have one name.", "Give one a name of its own with ' as '.")
            if many[column.steps] > 1:
                self.problem(line, "parts that repeat have two columns.", "Keep one; give the others their own form.")


def _names(column: Column) -> bool:
    unmixed = column.required and not column.several and not column.steps and not column.inverse
    return unmixed and (column.prop is None or column.prop.iri == IDENTIFIER)


def _step_faults(column: Column) -> Iterator[str]:
    if any(step.many for step in column.steps[:-1]) or (column.steps and column.steps[-1].many and not column.several):
        yield "a part that repeats is not the last part of several values."
    if column.steps and (column.inverse or column.prop is None):
        yield "a part cannot be pointed at or named by its column."


def _iri(curie: str) -> str:
    """The IRI of a prefixed name of our own vocabulary or of those it uses."""
    prefix, _, local = curie.partition(":")
    return PREFIXES.get(prefix, f"{prefix}:") + local
