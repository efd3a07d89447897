"""What a row says of two provisions as sets, fact by fact: one lies inside the other, goes beyond it, or they share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Final

from aims_graph.model import Mapping, Source
from aims_graph.relations import EQ, INT, NONE, SUB, SUP, Relation


class Says(Enum):
    """What a fact says of two provisions, the left one first."""

    INSIDE = "lies inside"
    BEYOND = "asks for something beyond"
    OVERLAP = "shares something with"
    APART = "shares nothing with"


ALL: Final = frozenset(Says)
UNIVERSAL: Final = frozenset({Says.INSIDE, Says.APART})  # of all elements: survive a restriction to some of them
EXISTENTIAL: Final = ALL - UNIVERSAL  # of one element: what holds of some elements holds of all
DENIED_BY: Final = {Says.BEYOND: Says.INSIDE, Says.APART: Says.OVERLAP}
"""What denies a fact. Each pair of opposites is here once."""

MEANS: Final[dict[Relation, tuple[tuple[Says, bool], ...]]] = {  # True: read from subject to object
    EQ: ((Says.INSIDE, True), (Says.INSIDE, False)),
    SUB: ((Says.INSIDE, True), (Says.BEYOND, False)),
    SUP: ((Says.INSIDE, False), (Says.BEYOND, True)),
    INT: ((Says.OVERLAP, True), (Says.BEYOND, True), (Says.BEYOND, False)),
    NONE: ((Says.APART, True),),
}
"""All that each relation says: two non-empty sets have it exactly if these facts hold."""


@dataclass(frozen=True)
class Fact:
    """One thing said of two provisions as sets."""

    left: str
    says: Says
    right: str

    def __str__(self) -> str:
        return f"{self.left} {self.says.value} {self.right}"


def facts(subject: str, relation: Relation, object_: str) -> tuple[Fact, ...]:
    """The facts that one of the five relations stands for.

    >>> [str(f) for f in facts("a", Relation.SUBSET, "b")]
    ['a lies inside b', 'b asks for something beyond a']
    """
    return tuple(
        Fact(subject, says, object_) if forward else Fact(object_, says, subject) for says, forward in MEANS[relation]
    )


@dataclass(frozen=True, eq=False)
class Stated:
    """What one row says, or several that only count together: one of the five relations between provisions or unions.

    Two are the same only if they are one object: the same may be stated twice.
    """

    subject: str
    relation: Relation
    object: str
    rows: tuple[Mapping, ...]
    counts: frozenset[Says] = ALL  # the kinds of fact that hold where it is compared
    restricted: bool = False  # said of what is asked where a condition holds; its ends then ask for something

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        """The facts that its relation stands for, as far as they count."""
        return tuple(f for f in facts(self.subject, self.relation, self.object) if f.says in self.counts)

    @property
    def asking(self) -> tuple[Fact, ...]:
        """That its ends ask for something, which is known of any provision but where the network is restricted."""
        ends = (self.subject, self.object) if self.restricted else ()
        return tuple(Fact(end, Says.OVERLAP, end) for end in ends)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """What it gives to proofs."""
        return tuple(Step(fact, self, self.source) for fact in (*self.facts, *self.asking))

    @property
    def whole(self) -> bool:
        """Whether all that it says counts."""
        return self.counts == ALL

    @property
    def source(self) -> Source:
        """The line of its first row."""
        return self.rows[0].source


@dataclass(frozen=True)
class Step:
    """One line of a proof: a fact, the row that states it (None: a hierarchy or a union does), and where."""

    fact: Fact
    by: Stated | None
    source: Source


Proof = tuple[Step, ...]
UNION: Final = " + "  # joins the names of provisions that are taken as one


def rows_of(proof: Proof) -> tuple[Stated, ...]:
    """What a proof rests on, in order of use."""
    return tuple(dict.fromkeys(step.by for step in proof if step.by is not None))
