"""Which pair to judge next: the one whose judgement is expected to leave the fewest relations open elsewhere.

What is open is counted in bits: the sum, over all pairs of provisions, of log2 of
the relations that each pair can still have. A judgement of a pair is taken to be
each relation that is still possible, with equal chance; the gain of each is what
path consistency then closes. Provisions that are equal by what is stated count as one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import networkx as nx
import numpy as np
import numpy.typing as npt

from aims_graph.consistency import Network
from aims_graph.errors import InputError
from aims_graph.model import Mapping
from aims_graph.path_consistency import (
    ANY_MASK,
    BIT,
    CHOICES,
    COMPOSE,
    Masks,
    choices,
    mask,
    narrow,
    relations,
    unknown,
)
from aims_graph.relations import EQ, INT, NONE, SET_RELATIONS, SUB, SUP, Relation
from aims_graph.setfacts import UNION, Fact, Says

MOST_PROVISIONS: Final = 2_000  # that rows touch, those that are equal counted once
MOST_ESTIMATED: Final = 20_000  # pairs whose gain is estimated by one step
AT_ONCE: Final = 500  # pairs estimated at once: bounds the memory
MOST_WEIGHED: Final = 200  # pairs, the best by estimate, whose gain is worked out

ALLOWS: Final[dict[Says, int]] = {
    Says.INSIDE: mask({EQ, SUB}),
    Says.BEYOND: mask({SUP, INT, NONE}),
    Says.OVERLAP: mask({EQ, SUB, SUP, INT}),
    Says.APART: mask({NONE}),
}
"""The relations that two non-empty sets can have when a fact holds of them."""

EditionOf = Callable[[str], str]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Weighed:
    """A pair that could be judged, and what judging it would close."""

    first: str
    second: str
    equals: tuple[tuple[str, ...], tuple[str, ...]]  # to each, by what is stated: the judgement holds for these too
    gains: tuple[tuple[Relation, float], ...]  # each relation that is possible, and the bits that it would close
    row: Mapping | None  # one that states a relation of the pair, but is not among those compared

    @property
    def expected(self) -> float:
        """The mean of the gains, in bits."""
        return sum(gain for _, gain in self.gains) / len(self.gains)

    @property
    def least(self) -> float:
        """The gain that is certain, in bits."""
        return min(gain for _, gain in self.gains)


@dataclass(frozen=True)
class NextPairs:
    """The pairs worth judging, best first, and how many were looked at."""

    weighed: tuple[Weighed, ...]  # at most MOST_WEIGHED
    candidates: int
    estimated: int  # at most MOST_ESTIMATED
    provisions: int  # those that are equal counted once
    open_bits: float


def next_pairs(network: Network, edition_of: EditionOf, weak: Iterable[Mapping] = ()) -> NextPairs:
    """The pairs of two editions that are open, those whose judgement is expected to close most first.

    Candidates are pairs that rows narrow down already, and pairs that have a row
    to the same provision. The rows of the network must not clash. `weak` are rows
    that it does not hold: they are named with the pairs they judge. Raises an
    InputError where rows touch more than MOST_PROVISIONS provisions.
    """
    known = _Known(network, edition_of, {frozenset((row.subject, row.object)): row for row in weak})
    candidates = known.candidates()
    estimated = candidates[:MOST_ESTIMATED]
    gains = known.estimates(estimated)
    best = sorted(zip(estimated, gains, strict=True), key=lambda found: -found[1])[:MOST_WEIGHED]
    weighed = [known.weigh(*pair) for pair, _ in best]
    return NextPairs(
        tuple(sorted(weighed, key=lambda w: (-round(w.expected, 9), -round(w.least, 9), w.first, w.second))),
        len(candidates),
        len(estimated),
        len(known.classes),
        choices(known.masks),
    )


class _Known:
    """What is known of the provisions that rows touch: which are equal, and the relations each two can have."""

    def __init__(self, network: Network, edition_of: EditionOf, weak: Dict[frozenset[str], Mapping]) -> None:
        self.edition_of = edition_of
        self.weak = weak
        self.facts = tuple(_facts(network))
        self.classes = _classes(network.touched, self.facts)
        if len(self.classes) > MOST_PROVISIONS:
            raise InputError(
                f"the rows touch {len(self.classes):,} provisions that differ; the gain of a judgement is worked out "
                f"over at most {MOST_PROVISIONS:,}. Name the frameworks in question with --framework."
            )
        self.place = {name: n for n, members in enumerate(self.classes) for name in members}
        self.masks = self._masks()

    def _masks(self) -> Masks:
        masks = unknown(len(self.classes))
        for fact in self.facts:
            first, second = self.place[fact.left], self.place[fact.right]
            if first != second and not narrow(masks, first, second, ALLOWS[fact.says]):
                raise ValueError("the rows clash")
        return masks

    def candidates(self) -> list[tuple[int, int]]:
        """Pairs that are open, those with the fewest relations left first."""
        near: dict[int, set[int]] = defaultdict(set)
        for fact in self.facts:
            first, second = self.place[fact.left], self.place[fact.right]
            near[first].add(second)
            near[second].add(first)
        adjacent = {pair for others in near.values() for pair in combinations(sorted(others), 2)}
        narrowed = zip(*np.nonzero((self.masks != ANY_MASK) & (CHOICES[self.masks] > 1)), strict=True)
        pairs = adjacent | {(int(i), int(j)) for i, j in narrowed if i < j}
        found = [pair for pair in pairs if CHOICES[self.masks[pair]] > 1 and self._judged(*pair) is not None]
        return sorted(found, key=lambda pair: (CHOICES[self.masks[pair]], pair))

    def _judged(self, first: int, second: int) -> tuple[str, str] | None:
        """The provisions to judge of two classes, those that have a weak row if there are.

        None where the question lies within one edition: those are held as a hierarchy, not judged.
        """
        one, other = ([n for n in self.classes[c] if UNION not in n] for c in (first, second))
        if {self.edition_of(n) for n in one} & {self.edition_of(n) for n in other}:
            return None
        pairs = ((a, b) for a in one for b in other)
        return min(pairs, key=lambda pair: (frozenset(pair) not in self.weak, pair), default=None)

    def estimates(self, pairs: Sequence[tuple[int, int]]) -> list[float]:
        """For each pair roughly what its judgement closes, in bits: what one step of composition does."""
        found: list[float] = []
        for start in range(0, len(pairs), AT_ONCE):
            first, second = (np.array(ends) for ends in zip(*pairs[start : start + AT_ONCE], strict=True))
            total, possible = np.zeros(len(first)), CHOICES[self.masks[first, second]]
            for relation in SET_RELATIONS:
                gain = self._one_step(first, second, relation) + self._one_step(second, first, relation.converse)
                total += np.where(self.masks[first, second] & BIT[relation], gain, 0.0)
            found += (total / possible).tolist()
        return found

    def _one_step(self, first: Indices, second: Indices, relation: Relation) -> npt.NDArray[np.float64]:
        """What is closed around the first of each pair when it has the relation to the second."""
        before = self.masks[first]
        after = before & COMPOSE[BIT[relation], self.masks[second]]
        found: npt.NDArray[np.float64] = np.log2(CHOICES[before] / np.maximum(CHOICES[after], 1.0)).sum(axis=1)
        return found

    def weigh(self, first: int, second: int) -> Weighed:
        """What judging a pair would close, relation by relation."""
        judged = self._judged(first, second)
        assert judged is not None, "only candidates are weighed"
        gains = [(r, self._gain(first, second, r)) for r in relations(int(self.masks[first, second]))]
        one, other = (tuple(n for n in self.classes[c] if n not in judged) for c in (first, second))
        return Weighed(*judged, (one, other), tuple(gains), self.weak.get(frozenset(judged)))

    def _gain(self, first: int, second: int, relation: Relation) -> float:
        after = self.masks.copy()
        if not narrow(after, first, second, BIT[relation]):
            raise ValueError("a relation that is left has no world")
        changed = after != self.masks
        return float(np.log2(CHOICES[self.masks[changed]] / CHOICES[after[changed]]).sum() / 2)


def _facts(network: Network) -> Iterator[Fact]:
    """Everything that holds of the provisions that rows touch; wholes that no row touches only pass on."""
    touched = set(network.touched)
    for name in network.touched:
        ahead = [whole for whole, _ in network.parts.get(name, ())]
        while ahead:
            whole = ahead.pop()
            if whole in touched:
                yield Fact(name, Says.INSIDE, whole)
            else:
                ahead += [outer for outer, _ in network.parts.get(whole, ())]
    for stated in network.stated:
        yield from stated.facts


def _classes(names: Iterable[str], facts: Iterable[Fact]) -> tuple[tuple[str, ...], ...]:
    """The provisions that are equal by what is stated, together."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(names)
    graph.add_edges_from((fact.left, fact.right) for fact in facts if fact.says is Says.INSIDE)
    return tuple(sorted(tuple(sorted(members)) for members in nx.strongly_connected_components(graph)))
