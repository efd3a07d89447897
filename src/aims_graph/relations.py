"""The calculus: how provisions relate as sets, and what a claim becomes along an edge.

A provision is a non-empty set of requirement elements; a mapping is one of the
five set-theory relations of IR 8477 (STRM), which on non-empty sets form the
algebra RCC-5. Everything here is a table or a lookup; the tables are recomputed
by brute force over sets in the tests. No I/O, no framework, no person.
"""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Final


class Degree(IntEnum):
    """How much of a provision a claim says is done. Ordered: a higher one implies the lower.

    FULL: all elements. PARTIAL: at least one. CANDIDATE: nothing follows, a person may look.
    NONE: nothing is said.
    """

    NONE = 0
    CANDIDATE = 1
    PARTIAL = 2
    FULL = 3

    @property
    def word(self) -> str:
        """The word people and JSON see."""
        return self.name.lower()


class Relation(Enum):
    """What one mapping row says of its subject A and object B (values are `strm:` local names)."""

    EQUAL = "equalTo"
    SUBSET = "subsetOf"
    SUPERSET = "supersetOf"
    INTERSECTS = "intersectsWith"
    UNRELATED = "unrelatedTo"
    SUPPORTS_INTEGRAL = "supportsIntegral"
    SUPPORTS_EXAMPLE = "supportsExample"
    SUPPORTS_PRECEDES = "supportsPrecedes"
    SUPPORTS = "supports"
    SUPPORTED_INTEGRAL = "isSupportedByIntegral"
    SUPPORTED_EXAMPLE = "isSupportedByExample"
    SUPPORTED_PRECEDES = "isSupportedByPrecedes"
    SUPPORTED = "isSupportedBy"
    CONTRARY = "contrary"
    CROSSWALK = "crosswalk"
    NO_RELATIONSHIP = "noRelationship"

    @property
    def converse(self) -> Relation:
        """The relation read from B to A; its converse is the relation itself."""
        return _CONVERSE.get(self, self)

    @property
    def is_set_relation(self) -> bool:
        """Whether this is one of the five relations between sets."""
        return self in SET_RELATIONS


_CONVERSE_PAIRS: Final = (
    (Relation.SUBSET, Relation.SUPERSET),
    (Relation.SUPPORTS_INTEGRAL, Relation.SUPPORTED_INTEGRAL),
    (Relation.SUPPORTS_EXAMPLE, Relation.SUPPORTED_EXAMPLE),
    (Relation.SUPPORTS_PRECEDES, Relation.SUPPORTED_PRECEDES),
    (Relation.SUPPORTS, Relation.SUPPORTED),
)
_CONVERSE: Final = dict(_CONVERSE_PAIRS) | {b: a for a, b in _CONVERSE_PAIRS}

EQ, SUB, SUP, INT, NONE = SET_RELATIONS = (
    Relation.EQUAL,
    Relation.SUBSET,
    Relation.SUPERSET,
    Relation.INTERSECTS,
    Relation.UNRELATED,
)
ANY: Final = frozenset(SET_RELATIONS)


def _only(*relations: Relation) -> frozenset[Relation]:
    return frozenset(relations)


COMPOSITION: Final[dict[Relation, dict[Relation, frozenset[Relation]]]] = {
    EQ: {s: _only(s) for s in SET_RELATIONS},
    SUB: {
        EQ: _only(SUB),
        SUB: _only(SUB),
        SUP: ANY,
        INT: _only(SUB, INT, NONE),
        NONE: _only(NONE),
    },
    SUP: {
        EQ: _only(SUP),
        SUB: _only(EQ, SUB, SUP, INT),
        SUP: _only(SUP),
        INT: _only(SUP, INT),
        NONE: _only(SUP, INT, NONE),
    },
    INT: {
        EQ: _only(INT),
        SUB: _only(SUB, INT),
        SUP: _only(SUP, INT, NONE),
        INT: ANY,
        NONE: _only(SUP, INT, NONE),
    },
    NONE: {
        EQ: _only(NONE),
        SUB: _only(SUB, INT, NONE),
        SUP: _only(NONE),
        INT: _only(SUB, INT, NONE),
        NONE: ANY,
    },
}
"""A r B and B s C: the relations that A and C can have. NONE does not absorb; INT after INT says nothing."""


def compose(r: Relation, s: Relation) -> frozenset[Relation]:
    """The relations A may have to C when A `r` B and B `s` C.

    >>> sorted(x.value for x in compose(Relation.INTERSECTS, Relation.SUBSET))
    ['intersectsWith', 'subsetOf']
    """
    return COMPOSITION[r][s]


class Edge(Enum):
    """The ways a claim can pass from one provision to another: mapping relations and hierarchy."""

    EQUAL = Relation.EQUAL.value
    SUPERSET = Relation.SUPERSET.value
    SUBSET = Relation.SUBSET.value
    INTERSECTS = Relation.INTERSECTS.value
    UNRELATED = Relation.UNRELATED.value
    SUPPORTS_INTEGRAL = Relation.SUPPORTS_INTEGRAL.value
    SUPPORTED_INTEGRAL = Relation.SUPPORTED_INTEGRAL.value
    SUPPORTS_EXAMPLE = Relation.SUPPORTS_EXAMPLE.value
    SUPPORTED_PRECEDES = Relation.SUPPORTED_PRECEDES.value
    SUPPORTED_EXAMPLE = Relation.SUPPORTED_EXAMPLE.value
    SUPPORTS_PRECEDES = Relation.SUPPORTS_PRECEDES.value
    SUPPORTS = Relation.SUPPORTS.value
    SUPPORTED = Relation.SUPPORTED.value
    CROSSWALK = Relation.CROSSWALK.value
    CONTRARY = Relation.CONTRARY.value
    NO_RELATIONSHIP = Relation.NO_RELATIONSHIP.value
    PART = "part"  # parent to a member that is always asked
    WHOLE = "whole"  # a member that is always asked, to its parent
    CHOSEN = "chosen"  # a member of "as appropriate", to its parent
    FREE_CHOICE = "any-of"  # a member of a free choice, to its parent


_F, _P, _C, _N = Degree.FULL, Degree.PARTIAL, Degree.CANDIDATE, Degree.NONE

TRANSFER: Final[dict[Edge, dict[Degree, Degree]]] = {
    edge: {_F: from_full, _P: from_partial, _C: from_candidate, _N: _N}
    for edge, (from_full, from_partial, from_candidate) in {
        Edge.EQUAL: (_F, _P, _C),
        Edge.SUPERSET: (_F, _C, _C),
        Edge.PART: (_F, _C, _C),
        Edge.SUBSET: (_P, _P, _C),
        Edge.WHOLE: (_P, _P, _C),
        Edge.INTERSECTS: (_P, _C, _C),
        Edge.UNRELATED: (_N, _N, _N),
        Edge.SUPPORTS_INTEGRAL: (_P, _P, _C),
        Edge.SUPPORTED_INTEGRAL: (_F, _C, _C),
        Edge.SUPPORTS_EXAMPLE: (_P, _C, _C),
        Edge.SUPPORTED_PRECEDES: (_F, _C, _C),
        Edge.SUPPORTED_EXAMPLE: (_C, _C, _C),
        Edge.SUPPORTS_PRECEDES: (_C, _C, _C),
        Edge.SUPPORTS: (_C, _C, _C),
        Edge.SUPPORTED: (_C, _C, _C),
        Edge.CROSSWALK: (_C, _C, _C),
        Edge.CONTRARY: (_C, _C, _C),
        Edge.NO_RELATIONSHIP: (_N, _N, _N),
        Edge.CHOSEN: (_P, _C, _C),
        Edge.FREE_CHOICE: (_F, _C, _C),
    }.items()
}
"""What a claim of each degree becomes at the far end of an edge."""


def transfer(edge: Edge, degree: Degree) -> Degree:
    """The degree at B of a claim of `degree` at A, along an edge A→B.

    >>> transfer(Edge.INTERSECTS, Degree.FULL).word, transfer(Edge.INTERSECTS, Degree.PARTIAL).word
    ('partial', 'candidate')
    """
    return TRANSFER[edge][degree]
