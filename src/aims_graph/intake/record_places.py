"""What every reader of records hands on: statements without blank nodes, and where each record was written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from aims_graph.errors import DataError, Problem
from aims_graph.intake.terms import TYPE

MOST_PROBLEMS: Final = 1_000  # that are told at once


@dataclass(frozen=True)
class Place:
    """Where a record was written: a row of a sheet, a line of a text, or a JSON pointer.

    >>> print(Place("cases.xlsx", "Cases", 4))
    cases.xlsx:Cases:4
    """

    file: str
    sheet: str | None = None
    row: int | None = None  # of a sheet, or the line of a text
    pointer: str | None = None

    @property
    def path(self) -> str:
        """File and sheet, as problems name them."""
        return self.file if self.sheet is None else f"{self.file}:{self.sheet}"

    def __str__(self) -> str:
        where = self.path if self.row is None else f"{self.path}:{self.row}"
        return where if self.pointer is None else f"{where} {self.pointer or '/'}"


@dataclass(frozen=True)
class Incoming:
    """The statements of one input, each once and in the order written, and the place of each record by its IRI."""

    triples: tuple[ox.Triple, ...]
    places: dict[str, Place]

    @property
    def lines(self) -> dict[str, tuple[str, int | None]]:
        """The file, or sheet of it, and the line of each record."""
        return {iri: (place.path, place.row) for iri, place in self.places.items()}


@dataclass
class Collected:
    """Statements and problems while an input is read; nothing is handed on while there is a problem."""

    triples: dict[ox.Triple, None] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, place: Place, what: str, fix: str) -> None:
        """One more thing that is wrong at a place."""
        if place.pointer is not None:
            what = f"{place.pointer or '/'}: {what}"
        self.problems.append(Problem(place.path, place.row, what, fix))
        if len(self.problems) >= MOST_PROBLEMS:
            raise DataError(no_more(self.problems, place.file))

    def says(self, subject: str, prop: str, value: ox.NamedNode | ox.Literal) -> None:
        """One more statement."""
        self.triples[ox.Triple(ox.NamedNode(subject), ox.NamedNode(prop), value)] = None

    def starts(self, iri: str, kind: str, place: Place, shown: str) -> bool:
        """A record of a kind begins here; False, with a problem, where another has its name already."""
        first = self.places.get(iri)
        if first is not None:
            self.problem(place, f"'{shown}' is already the record at {first}.", "Give each record an id of its own.")
            return False
        self.places[iri] = place
        self.says(iri, TYPE, ox.NamedNode(kind))
        return True

    def also(self, people: Iterable[ox.Triple]) -> None:
        """The records of people who were named; their place is that of the first who names them."""
        added = dict.fromkeys(people)
        made = {t.subject for t in added}
        for triple in self.triples:
            if triple.object in made and isinstance(triple.object, ox.NamedNode):
                first = self.places.get(str(triple.subject)[1:-1])
                if first is not None:
                    self.places.setdefault(triple.object.value, first)
        self.triples |= added

    def done(self) -> Incoming:
        """What was read; DataError with all that is wrong, if anything is."""
        if self.problems:
            raise DataError(self.problems)
        return Incoming(tuple(self.triples), dict(self.places))


def no_more(problems: Iterable[Problem], file: str) -> list[Problem]:
    """The problems at which reading ends, and that it ended there."""
    what = f"there are {MOST_PROBLEMS} problems, and what follows was not looked at."
    return [*problems, Problem(file, None, what, "Correct these and check it again.")]
