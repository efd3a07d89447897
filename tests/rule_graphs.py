"""Random graphs on which every rule that combines rows fires, and no guard: for the numbers of claims.

Every provision is an edition, so no proof is cut short for returning to one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from random import Random

from worlds import P, catalogue, context, provision, row

from aims_graph.catalogue import Catalogue
from aims_graph.inference import infer
from aims_graph.model import Claim, Mapping
from aims_graph.relations import EQ, INT, NONE, SUB, SUP, Relation

Pair = tuple[str, str]
DRAWN = (EQ, EQ, EQ, SUP, SUP, SUB, INT, NONE, Relation.SUPPORTED_INTEGRAL, Relation.SUPPORTS_EXAMPLE)
CONFIDENCES = (0.05, 0.3, 0.5, 0.6, 0.75, 0.9, 0.95, 1.0)


@dataclass(frozen=True)
class Graph:
    """Provisions with their parents, wholes that are the sum of their parts, rows, and one joint group."""

    parents: dict[str, str | None]
    exhaustive: frozenset[str]
    rows: tuple[Mapping, ...]
    joint: tuple[tuple[str, ...], Mapping, tuple[str, ...]] | None

    @cached_property
    def catalogue(self) -> Catalogue:
        """As the engine sees it."""
        whole = set(self.parents.values())
        provisions = [
            provision(n, parent=p, decomposition="AllOf" if n in whole else None, exhaustive=n in self.exhaustive)
            for n, p in self.parents.items()
        ]
        rows = list(self.rows)
        if self.joint is not None:
            subjects, stated, objects = self.joint
            rows += [
                replace(stated, id=f"{stated.id}-{s}-{o}", subject=s, object=o, joint="J")
                for s in subjects
                for o in objects
            ]
        return catalogue(provisions, rows)


def drawn(seed: int) -> Graph:
    """The graph of a seed."""
    chooser = Random(f"rules {seed}")
    names = [f"e{i}:p" for i in range(chooser.randint(5, 8))]
    parents = {n: chooser.choice([None, *names[:i]]) for i, n in enumerate(names)}
    wholes = sorted({p for p in parents.values() if p is not None})
    pairs = [(a, b) for a in names for b in names if a != b]
    rows = [
        row(a, chooser.choice(DRAWN), b, chooser.choice(CONFIDENCES), id=f"r{i}", mapping_set=f"set{i}")
        for i, (a, b) in enumerate(chooser.sample(pairs, chooser.randint(5, 9)))
    ]
    joint = None
    if chooser.random() < 0.5:
        ends = chooser.sample(names, 4)
        subjects, objects = tuple(ends[:2]), tuple(ends[2 : chooser.choice([3, 4])])
        joint = (subjects, row("x", chooser.choice(DRAWN), "y", chooser.choice(CONFIDENCES), id="j"), objects)
    return Graph(parents, frozenset(w for w in wholes if chooser.random() < 0.7), tuple(rows), joint)


def claimed(graph: Graph) -> dict[Pair, Claim]:
    """Every full and partial claim of the engine, by start and provision."""
    return {
        (start, name): claim
        for start in graph.parents
        for name, claim in infer(graph.catalogue, [start], context()).claims.items()
        if claim.degree >= P
    }
