"""Other people's crosswalks as rows: which columns hold the two sides and the relation, and what each line says.

A side that names one provision of a loaded edition becomes its id; any other is
kept as written, so that a crosswalk between frameworks that are not loaded can be
checked too. A line that says nothing that could be compared is counted, never dropped.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, NoReturn

from aims_graph import sssom
from aims_graph.catalogue import Catalogue
from aims_graph.errors import DataError, Problem
from aims_graph.foreign_tables import Column, Row, read_columns, read_rows
from aims_graph.model import PUBLISHED, Mapping, Source
from aims_graph.names import Names, words
from aims_graph.relations import EQ, INT, NONE, SUB, SUP, Relation
from aims_graph.vocab import NO_TERM_FOUND

SPOKEN: Final[dict[str, Relation]] = {
    **dict.fromkeys(("equal", "equals", "equalto", "equivalent", "equivalentto", "isequalto", "exactmatch"), EQ),
    **dict.fromkeys(("subset", "subsetof", "issubsetof", "broadmatch"), SUB),
    **dict.fromkeys(("superset", "supersetof", "issupersetof", "narrowmatch"), SUP),
    **dict.fromkeys(("intersects", "intersectswith", "intersect", "intersection", "overlaps", "overlapswith"), INT),
    **dict.fromkeys(("unrelated", "unrelatedto", "notrelated", "notrelatedto", "norelationship", "disjoint"), NONE),
}
"""Words for the five relations, without spaces and prefix: those of IR 8477 and SKOS, and the usual variants.

`broadMatch` says that the object is the broader one.
"""

_FIRST: Final = frozenset({"subject", "focal", "source", "from"})
_SECOND: Final = frozenset({"object", "reference", "target", "to"})
_BESIDE: Final = frozenset({"id", "identifier", "document", "element", "control", "requirement", "provision", "clause"})
_REASON: Final = frozenset({"rationale", "explanation", "reason", "comment", "comments"})
_NO_LETTER: Final = re.compile(r"[^a-z]")
_SEVERAL: Final = re.compile(r"[;\r\n]")

OTHER_RELATION = "other-relation"
SEVERAL = "several-provisions"
ONE_SIDE = "one-side-empty"

NOT_READ: Final = {
    OTHER_RELATION: "state none of the five relations",
    SEVERAL: "name several provisions in one cell",
    ONE_SIDE: "leave a side or the relation empty",
}
"""Why a line of a crosswalk says nothing that could be compared, in words."""


@dataclass(frozen=True)
class Crosswalk:
    """What was read of one file."""

    path: str
    rows: tuple[Mapping, ...]
    not_read: dict[str, int]  # reason → lines
    as_written: int  # different sides that are of no loaded edition
    no_provision: tuple[str, ...]  # sides that are of a loaded edition, and no provision of it


def read(catalogue: Catalogue, path: str, text: str) -> Crosswalk:
    """The rows of one crosswalk, in the project's own form or in any table that has two sides and a relation.

    Raises a DataError with every line that cannot be read, or where the columns cannot be told apart.
    """
    if sssom.is_ours(text):
        parsed, problems = sssom.parse(path, text)
        rows, not_read = tuple(replace(row, mapping_set=path) for row in parsed.rows), Counter[str]()
    else:
        lines, problems = read_rows(path, text)
        reader = _Reader(catalogue, path)
        rows = () if problems else reader.rows(lines)
        not_read = reader.not_read
    if problems:
        raise DataError(problems)
    strange = {end for row in rows for end in (row.subject, row.object)} - catalogue.provisions.keys()
    wrong = {name for name in strange if name.partition(":")[0] in catalogue.editions}
    return Crosswalk(path, rows, dict(not_read), len(strange - wrong - {NO_TERM_FOUND}), tuple(sorted(wrong)))


class _Reader:
    """Reads one table of somebody else, and counts the lines that say nothing that could be compared."""

    def __init__(self, catalogue: Catalogue, path: str) -> None:
        self.catalogue = catalogue
        self.path = path
        self.not_read: Counter[str] = Counter()
        self._names = Names(catalogue)
        self._meant = lru_cache(maxsize=None)(self._names.meant)

    def rows(self, lines: Sequence[Row]) -> tuple[Mapping, ...]:
        """The rows of a table, in order of line."""
        columns = read_columns(lines, self._is_id, lambda name: _named(name, _FIRST) or _named(name, _SECOND))
        first, relation, second = self._told_apart(columns)
        rationale = next((c for c in columns if "rationale" in words(c.name) and _all_in(c, sssom.RATIONALES)), None)
        reason = next((c for c in columns if {*words(c.name)} & _REASON and c is not rationale), None)
        said = [{} if c is None else {cell.line: cell.text for cell in c.cells} for c in (rationale, reason)]
        ends = [{cell.line: cell.text for cell in c.cells} for c in (first, relation, second)]
        found: list[Mapping] = []
        for line in sorted({line for cells in ends for line in cells}):
            one, word, other = (cells.get(line, "") for cells in ends)
            problem = _why_not(one, word, other)
            if problem is not None:
                self.not_read[problem] += 1
                continue
            kind = said[0].get(line, "").lower() or None
            subject, object_ = self._id(one, first.name), self._id(other, second.name)
            found.append(self._row(line, subject, SPOKEN[_plain(word)], object_, kind, said[1].get(line)))
        return tuple(found)

    def _told_apart(self, columns: Sequence[Column]) -> tuple[Column, Column, Column]:
        """The columns of the first side, the relation and the second side."""
        relation = max(columns, key=lambda c: sum(_plain(cell.text) in SPOKEN for cell in c.cells), default=None)
        if relation is None or not any(_plain(cell.text) in SPOKEN for cell in relation.cells):
            known = "equal to, subset of, superset of, intersects with or not related to"
            self._refuse(columns, "no column says how the two sides relate.", f"Write {known} in each line.")
        others = [c for c in columns if c is not relation]
        first = next((c for c in others if _named(c.name, _FIRST)), None)
        second = next((c for c in others if _named(c.name, _SECOND)), None)
        if first is None or second is None:
            sides = [c for c in others if self._holds_provisions(c)]
            if len(sides) != 2:
                what = f"{len(sides)} columns hold provisions, where two sides are wanted."
                self._refuse(columns, what, "Name them subject_id and object_id.")
            first, second = sides
        return first, relation, second

    def _refuse(self, columns: Sequence[Column], what: str, fix: str) -> NoReturn:
        raise DataError([Problem(self.path, columns[0].line if columns else None, what, fix)])

    def _holds_provisions(self, column: Column) -> bool:
        """Whether a column's name names an edition, or at least half of its cells a provision each."""
        if self._names.left_over(column.name) is not None:
            return True
        return 2 * sum(self._id(cell.text, "") in self.catalogue.provisions for cell in column.cells) >= len(
            column.cells
        )

    def _is_id(self, text: str) -> bool:
        return text in self.catalogue.provisions

    def _id(self, text: str, column: str) -> str:
        """The provision that a cell names, else the text as written, after the name of a framework's column."""
        if text.startswith(("http://", "https://")):
            return self.catalogue.curie(text)
        edition = self._names.left_over(column) if column else None
        typed = (
            text if edition is None or self._is_id(text) or self._names.editions_in(text) else f"{edition[0]} {text}"
        )
        meant = self._meant(typed)
        if len(meant) == 1:
            return meant[0]
        generic = not column or _named(column, _FIRST) or _named(column, _SECOND)
        return text if generic or ":" in text else f"{column} {text}"

    def _row(
        self, line: int, subject: str, relation: Relation, object_: str, kind: str | None, reason: str | None
    ) -> Mapping:
        return Mapping(
            id=f"{self.path}:{line}",
            subject=subject,
            relation=relation,
            object=object_,
            confidence=None,
            rationale_kind=kind,
            rationale=reason,
            status=PUBLISHED,
            overlap=None,
            strength=None,
            condition=None,
            joint=None,
            justification="",
            author=None,
            reviewer=None,
            mapped_on=None,
            origin=self.path,
            mapping_set=self.path,
            source=Source(self.path, line),
        )


def _why_not(one: str, word: str, other: str) -> str | None:
    """Why a line says nothing that could be compared; None if it does."""
    if not (one and word and other):
        return ONE_SIDE
    if _plain(word) not in SPOKEN:
        return OTHER_RELATION
    return SEVERAL if any(_SEVERAL.search(side) for side in (one, other)) else None


def _plain(word: str) -> str:
    """A relation as written, without prefix, spaces and capitals.

    >>> _plain("strm:subsetOf"), _plain("Not related to")
    ('subsetof', 'notrelatedto')
    """
    return _NO_LETTER.sub("", word.rpartition(":")[2].lower())


def _named(column: str, side: frozenset[str]) -> bool:
    """Whether a column's name says that it is a side, and nothing else about it."""
    found = {*words(column)}
    return bool(found & side) and found <= side | _BESIDE


def _all_in(column: Column, allowed: Iterable[str]) -> bool:
    return {cell.text.lower() for cell in column.cells} <= {*allowed}
