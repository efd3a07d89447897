"""Worlds of texts as sets, for checking rows: a few frameworks with their parts, and rows that are true of them.

A provision is a set of elements, the bits of a number; a whole asks for all that
its parts ask for, and perhaps more, unless a part is conditional or the whole is a
choice. Rows may rest on another reading of the texts, hold only where a condition
does (of the elements that it concerns), or count only together (of the union of
what they name). Rows that may be false stand where nothing may rest on them.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from random import Random
from typing import Any

from worlds import catalogue, provision, relation_of, row, trigger

from aims_graph.catalogue import Catalogue
from aims_graph.comparable import Comparable, comparable
from aims_graph.model import ACCEPTED, ALL_OF, ANY_OF, AS_APPROPRIATE, DOUBLE_READ, INFORMATIVE, PROPOSED, Mapping
from aims_graph.relations import EQ, SET_RELATIONS, Relation
from aims_graph.setfacts import UNION, Fact, Says

ELEMENTS = 8
READINGS = ("semantic", "functional")
CONDITION = "e0:where"


class Texts:
    """Three frameworks of seven provisions, and rows between them that are true where they count."""

    def __init__(self, seed: int, rows: int, plain: bool = False) -> None:
        self.chooser = Random(seed)
        self.plain = plain  # wholes only, one reading, no condition, no joint rows, no row that does not count
        self.parent: dict[str, str] = {}
        self.stated: dict[str, dict[str, Any]] = {}
        self.sets: dict[str, dict[str, int]] = {reading: {} for reading in READINGS}
        self.concerned = self.chooser.randrange(1, 1 << ELEMENTS)  # the elements that the condition concerns
        for framework in ("e0", "e1", "e2"):
            self._framework(framework)
        self.names = tuple(self.sets[READINGS[0]])
        self.rows = self._rows(rows)

    # -- making ------------------------------------------------------------------

    def _framework(self, edition: str) -> None:
        """A root of two wholes of two parts each; parts first, so that a whole can hold them."""
        root, wholes = f"{edition}:p", [f"{edition}:p.{i}" for i in range(2)]
        leaves = [(f"{whole}.{j}", whole) for whole in wholes for j in range(2)]
        self.parent.update(leaves, **dict.fromkeys(wholes, root))
        self.stated[root] = {"decomposition": ALL_OF}
        self.stated |= {whole: {"decomposition": self._kind()} for whole in wholes}
        self.stated |= {leaf: {"conditional": self._likely(0.15)} for leaf, _ in leaves}
        for name in (*(leaf for leaf, _ in leaves), *wholes, root):
            for reading in READINGS:
                self.sets[reading][name] = self._own(name) | self._parts(name, reading)

    def _likely(self, share: float) -> bool:
        return not self.plain and self.chooser.random() < share

    def _kind(self) -> str:
        return self.chooser.choice([ANY_OF, AS_APPROPRIATE, INFORMATIVE]) if self._likely(0.3) else ALL_OF

    def _own(self, name: str) -> int:
        if self.stated[name].get("decomposition") == ALL_OF and self.chooser.random() < 0.5:
            return 0  # no lead-in; the second part of a whole is there even if it is not asked always
        found = 0
        while not found:
            found = sum(1 << bit for bit in range(ELEMENTS) if self.chooser.random() < 0.2)
        return found

    def _parts(self, name: str, reading: str) -> int:
        """What the parts add to a whole: all that they ask if they are asked always, else some of it."""
        found = 0
        for part, whole in self.parent.items():
            if whole == name and part in self.sets[reading] and self.stated[name]["decomposition"] == ALL_OF:
                all_of_it = self.sets[reading][part]
                found |= all_of_it if not self.stated[part].get("conditional") else all_of_it & -all_of_it
        return found

    def _rows(self, number: int) -> list[Mapping]:
        pairs = [(a, b) for a in self.names for b in self.names if a.partition(":")[0] < b.partition(":")[0]]
        found: list[Mapping] = []
        for a, b in self.chooser.sample(pairs, number):
            found += self._joint(a, b) if self._likely(0.1) else self._row(a, b)
        return found

    def _row(self, a: str, b: str) -> list[Mapping]:
        reading = READINGS[0] if self.plain else self.chooser.choice(READINGS)
        left, right = self.sets[reading][a], self.sets[reading][b]
        condition = None
        if self._likely(0.2):
            condition, left, right = CONDITION, left & self.concerned, right & self.concerned
            if not (left and right):
                return []  # where nothing is asked nothing is judged
        relation, status = relation_of(left, right), self.chooser.choice([ACCEPTED, DOUBLE_READ])
        if ANY_OF in (self.stated[end].get("decomposition") for end in (a, b)):
            relation = self._false()
        elif self._likely(0.1):
            relation, status = self._false(), PROPOSED
        elif self._likely(0.1):
            relation, reading = self._false(), "syntactic"
        return [row(a, relation, b, rationale_kind=reading, condition=condition, status=status)]

    def _false(self) -> Relation:
        """A relation that may be false; not equal, which may count even of words."""
        return self.chooser.choice([r for r in SET_RELATIONS if r is not EQ])

    def _joint(self, a: str, b: str) -> list[Mapping]:
        """Rows of which two provisions of a framework together have a relation to one of another."""
        reading = self.chooser.choice(READINGS)
        other = self.chooser.choice([n for n in self.names if n != a and n.partition(":")[0] == a.partition(":")[0]])
        sets = self.sets[reading]
        relation = relation_of(sets[a] | sets[other], sets[b])
        group = f"{a} and {other} to {b}"
        return [row(n, relation, b, rationale_kind=reading, joint=group, id=f"{group}|{n}") for n in (a, other)]

    # -- asking ------------------------------------------------------------------

    @cached_property
    def catalogue(self) -> Catalogue:
        """The texts as the program sees them."""
        provisions = [provision(n, parent=self.parent.get(n), **self.stated[n]) for n in self.names]
        return catalogue(provisions, self.rows, triggers=[trigger(CONDITION)])

    def compared(self, rows: list[Mapping] | None = None) -> Comparable:
        """The rows, or others about the same texts, as they are compared."""
        chosen = self.rows if rows is None else rows
        return comparable(self.catalogue, chosen, None, lambda row: row.status != PROPOSED)

    def with_wrong(self, number: int) -> tuple[list[Mapping], set[str]]:
        """The rows with some of another relation than is true, and the ids of these."""
        wrong = self.chooser.sample(range(len(self.rows)), number)
        changed = list(self.rows)
        for place in wrong:
            others = [r for r in SET_RELATIONS if r is not changed[place].relation]
            changed[place] = replace(changed[place], relation=self.chooser.choice(others))
        return changed, {changed[place].id for place in wrong}

    def holds(self, fact: Fact, reading: str, condition: str) -> bool:
        """Whether a fact is true of the texts, in a reading and where a condition holds."""
        left, right = (self._elements(name, reading, condition) for name in (fact.left, fact.right))
        return is_so(left, fact.says, right)

    def _elements(self, name: str, reading: str, condition: str) -> int:
        found = 0
        for member in name.split(UNION):
            found |= self.sets[reading][member]
        return found & self.concerned if condition else found


def is_so(left: int, says: Says, right: int) -> bool:
    """Whether a fact is true of two sets."""
    return {
        Says.INSIDE: not left & ~right,
        Says.BEYOND: bool(left & ~right),
        Says.OVERLAP: bool(left & right),
        Says.APART: not left & right,
    }[says]
