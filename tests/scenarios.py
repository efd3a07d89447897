"""Every way in which four sets can relate, and every network of four provisions: what checks of rows are held to."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import combinations, permutations, product

import numpy as np
import numpy.typing as npt
from worlds import row

from aims_graph.consistency import Network
from aims_graph.model import Source
from aims_graph.path_consistency import Masks, mask, narrow, unknown
from aims_graph.relations import ANY, EQ, INT, NONE, SET_RELATIONS, SUB, SUP, Relation
from aims_graph.setfacts import Stated

PLACE = Source("made-up.ttl", 1)
NAMES = ("e0:a", "e1:b", "e2:c", "e3:d")
PAIRS = tuple(combinations(range(len(NAMES)), 2))
PART, WHOLE = 6, 7  # the first of a pair is a part of the second, or the other way round
OPTIONS = (ANY, *(frozenset({r}) for r in SET_RELATIONS), frozenset({EQ, SUB}), frozenset({EQ, SUP}))
"""What a network can say of a pair: nothing, one relation as a row, or that one is a part of the other."""

Spec = tuple[int, ...]  # for each pair, its option
Scenarios = npt.NDArray[np.intp]


@cache
def scenarios() -> Scenarios:
    """Every combination of relations that four non-empty sets can have: a row each, a column for each pair.

    What sets have to do with each other depends only on which of the 15 kinds of
    element (by the sets that hold it) exist, so all choices of kinds are all there is.
    """
    kinds = range(1, 1 << len(NAMES))
    holds = [sum(1 << (k - 1) for k in kinds if k >> n & 1) for n in range(len(NAMES))]
    there = np.arange(1, 1 << (len(kinds)), dtype=np.int64)
    there = there[np.all([there & h != 0 for h in holds], axis=0)]
    columns = []
    for a, b in PAIRS:
        only_a, only_b = (there & holds[a] & ~holds[b]) != 0, (there & holds[b] & ~holds[a]) != 0
        shared = (there & holds[a] & holds[b]) != 0
        one_more = np.where(only_a, _place(SUP), np.where(only_b, _place(SUB), _place(EQ)))
        both_more = np.where(shared, _place(INT), _place(NONE))
        columns.append(np.where(only_a & only_b, both_more, one_more))
    return np.unique(np.stack(columns, axis=1), axis=0)


def _place(relation: Relation) -> int:
    return SET_RELATIONS.index(relation)


def worlds_of(spec: Spec) -> Scenarios:
    """The scenarios in which all that a network says is so."""
    so = np.ones(len(scenarios()), dtype=bool)
    for column, option in enumerate(spec):
        so &= np.array([r in OPTIONS[option] for r in SET_RELATIONS])[scenarios()[:, column]]
    return scenarios()[so]


def different(options: int) -> list[Spec]:
    """All networks of four provisions with so many of the options, but for the order of the provisions."""
    specs = np.array(list(product(range(options), repeat=len(PAIRS))), dtype=np.int64)
    turned = np.array([0, 1, 3, 2, 4, 5, PART + 1, WHOLE - 1])
    weights = len(OPTIONS) ** np.arange(len(PAIRS))
    least = np.full(len(specs), np.iinfo(np.int64).max)
    for order in permutations(range(len(NAMES))):
        columns = []
        for a, b in PAIRS:
            x, y = order[a], order[b]
            column = specs[:, PAIRS.index((min(x, y), max(x, y)))]
            columns.append(column if x < y else turned[column])
        least = np.minimum(least, np.stack(columns, axis=1) @ weights)
    return [tuple(map(int, spec)) for spec in specs[specs @ weights == least]]


def network_of(spec: Spec) -> Network:
    """A network that says so: a row for each relation, and parts."""
    stated, parts = [], dict[str, tuple[tuple[str, Source], ...]]()
    for (a, b), option in zip(PAIRS, spec, strict=True):
        first, second = NAMES[a], NAMES[b]
        if option in (PART, WHOLE):
            inner, outer = (first, second) if option == PART else (second, first)
            parts[inner] = (*parts.get(inner, ()), (outer, PLACE))
        elif option:
            relation = SET_RELATIONS[option - 1]
            stated.append(Stated(first, relation, second, (row(first, relation, second),)))
    return Network(stated, parts)


def without(spec: Spec, gone: Iterable[Stated]) -> Spec:
    """A network without some of its rows."""
    pairs = {(s.subject, s.object) for s in gone}
    return tuple(0 if (NAMES[a], NAMES[b]) in pairs else o for (a, b), o in zip(PAIRS, spec, strict=True))


def closed(spec: Spec) -> Masks | None:
    """What path consistency leaves of each pair; None where it leaves nothing."""
    masks = unknown(len(NAMES))
    for (a, b), option in zip(PAIRS, spec, strict=True):
        if not narrow(masks, a, b, mask(OPTIONS[option])):
            return None
    return masks
