"""Made-up frameworks, mappings and an organisation, all from one seed, as large as asked.

Every provision is a set of elements, and every row states the relation that its two sets truly have: whatever
follows from the rows is therefore true here, and a claim that is false here does not follow from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from aims_graph.relations import EQ, INT, SUB, SUP, Relation

Whole = NDArray[np.int64]
TOPIC_BITS = 16  # elements of one topic
BRANCHES = 6  # members of a whole
SHARES = {INT: 0.95, EQ: 0.02, SUB: 0.015, SUP: 0.015}  # of all rows
TO_A_WHOLE = 0.15  # share of overlaps stated of a whole instead of its member
MOST_DRAWS = 100
CONFIDENCES = np.arange(55, 100, 5) / 100


@dataclass(frozen=True)
class Row:
    """One mapping row: provisions by number."""

    subject: int
    relation: Relation
    object: int
    confidence: float


@dataclass(frozen=True)
class World:
    """Provisions by number, framework after framework; wholes come before their members."""

    framework: Whole  # of each provision; 0 is the hub that most crosswalks go through
    parent: Whole  # of each provision; -1 for none
    names: tuple[str, ...]
    exhaustive: frozenset[int]  # wholes that are no more than their members
    topic: Whole  # of each leaf; -1 for wholes
    mask: Whole  # elements of the topic that a leaf asks for, as bits
    rows: tuple[Row, ...]

    @cached_property
    def members(self) -> dict[int, list[int]]:
        """The members of each whole, in order."""
        found: dict[int, list[int]] = {}
        for number, parent in enumerate(self.parent.tolist()):
            if parent >= 0:
                found.setdefault(parent, []).append(number)
        return found

    @cached_property
    def elements(self) -> list[frozenset[int]]:
        """The true set behind each provision; a whole that is not exhaustive has an element of its own."""
        found: list[frozenset[int]] = [frozenset()] * len(self.parent)
        topic, mask = self.topic.tolist(), self.mask.tolist()
        for number in range(len(found) - 1, -1, -1):
            members = self.members.get(number)
            if members is None:
                bits = (b for b in range(TOPIC_BITS) if mask[number] >> b & 1)
                found[number] = frozenset(topic[number] * TOPIC_BITS + b for b in bits)
            else:
                own = () if number in self.exhaustive else (-1 - number,)
                found[number] = frozenset(own).union(*(found[m] for m in members))
        return found


def world(provisions: int, rows: int, frameworks: int, seed: int) -> World:
    """A world of so many provisions and true rows. ValueError where so many different rows are not to be had."""
    random = np.random.default_rng(seed)
    shares = (np.arange(frameworks) + 2.0) ** -0.5
    sizes = np.maximum(12, np.floor(provisions * shares / shares.sum())).astype(np.int64)
    sizes[0] += provisions - sizes.sum()
    framework = np.repeat(np.arange(frameworks), sizes)
    parent, names = _hierarchies(sizes)
    leaf = np.ones(len(parent), dtype=bool)
    leaf[parent[parent >= 0]] = False
    leaves, wholes = np.flatnonzero(leaf), np.flatnonzero(~leaf)
    topic, mask = _contents(random, len(parent), leaves, max(10, 8 * rows // provisions))
    exhaustive = frozenset(wholes[random.random(len(wholes)) < 0.4].tolist())
    bare = World(framework, parent, names, exhaustive, topic, mask, ())
    return World(framework, parent, names, exhaustive, topic, mask, _rows(random, bare, leaves, rows))


def actions(found: World, count: int, seed: int) -> Whole:
    """The mapped provision that each of so many actions closes: the more rows it has, the more often it is closed."""
    random = np.random.default_rng(seed)
    ends = np.array([end for row in found.rows for end in (row.subject, row.object)])
    return ends[random.integers(0, len(ends), count)]


def _zipf(count: int) -> NDArray[np.float64]:
    return 1.0 / np.arange(1, count + 1)


def _drawn(random: np.random.Generator, cumulative: NDArray[np.float64], count: int) -> Whole:
    found: Whole = np.searchsorted(cumulative, random.random(count) * cumulative[-1], side="right")
    return found


def _hierarchies(sizes: Whole) -> tuple[Whole, tuple[str, ...]]:
    """Three or four levels of wholes and members for each framework."""
    parents: list[int] = []
    names: list[str] = []
    for framework, size in enumerate(sizes.tolist()):
        first, below = len(parents), 1 + BRANCHES + BRANCHES**2 + (BRANCHES**3 if size > 300 else 0)
        roots = -(-size // below)
        for place in range(size):
            at = -1 if place < roots else first + (place - roots) // BRANCHES
            parents.append(at)
            within = place + 1 if at < 0 else (place - roots) % BRANCHES + 1
            names.append(f"f{framework}:{within}" if at < 0 else f"{names[at]}.{within}")
    return np.array(parents, dtype=np.int64), tuple(names)


def _contents(random: np.random.Generator, count: int, leaves: Whole, alike: int) -> tuple[Whole, Whole]:
    """A topic and some of its elements for each leaf; some leaves ask as much as an earlier one, or less, or more."""
    topic, mask = np.full(count, -1), np.zeros(count, dtype=np.int64)
    topics = max(1, len(leaves) // alike)
    topic[leaves] = random.choice(topics, len(leaves), p=_zipf(topics) ** 0.5 / (_zipf(topics) ** 0.5).sum())
    for _ in range(4):
        mask[leaves] |= 1 << random.integers(0, TOPIC_BITS, len(leaves))
    copies = leaves[random.random(len(leaves)) < 0.25]
    copied = leaves[random.integers(0, len(leaves), len(copies))]
    extra = 1 << random.integers(0, TOPIC_BITS, len(copies))
    topic[copies], mask[copies] = topic[copied], mask[copied]
    kind = random.integers(0, 3, len(copies))
    mask[copies[kind == 1]] |= extra[kind == 1]
    fewer = copies[kind == 2]
    mask[fewer] = np.where(mask[fewer] & (mask[fewer] - 1), mask[fewer] & (mask[fewer] - 1), mask[fewer])
    return topic, mask


def _rows(random: np.random.Generator, bare: World, leaves: Whole, count: int) -> tuple[Row, ...]:
    """Different pairs of two frameworks with the relation they have, in the shares wanted."""
    draw = _pairs(random, bare, leaves)
    wanted = {r: round(count * s) for r, s in SHARES.items() if r is not INT}
    wanted[INT] = count - sum(wanted.values())
    taken: Whole = np.empty(0, dtype=np.int64)
    found: list[Row] = []
    for _ in range(MOST_DRAWS):
        a, b = draw(4 * count)
        key = np.minimum(a, b) * len(bare.parent) + np.maximum(a, b)
        fresh = np.sort(np.unique(key, return_index=True)[1])
        fresh = fresh[~np.isin(key[fresh], taken)]
        kept = []
        for relation, i in _related(bare, a, b, fresh):
            if wanted[relation]:
                wanted[relation] -= 1
                kept.append(i)
                found.append(Row(int(a[i]), relation, int(b[i]), 0.0))
        taken = np.concatenate((taken, key[kept]))
        if not any(wanted.values()):
            sure = random.choice(CONFIDENCES, len(found)).tolist()
            return tuple(replace(row, confidence=c) for row, c in zip(found, sure, strict=True))
    missing = sum(wanted.values())
    raise ValueError(f"{count} rows asked for; {missing} of them do not exist among {len(bare.parent)} provisions.")


def _pairs(random: np.random.Generator, bare: World, leaves: Whole) -> Callable[[int], tuple[Whole, Whole]]:
    """Draws pairs of one topic and two frameworks; popular leaves come often, and the hub's more often still."""
    weight = np.zeros(len(bare.parent))
    weight[leaves] = _zipf(len(leaves))[random.permutation(len(leaves))] ** 0.7
    weight[bare.framework == 0] *= 5
    order = leaves[np.argsort(bare.topic[leaves], kind="stable")]
    cumulative = np.cumsum(weight[order])
    below = np.concatenate(([0.0], cumulative))
    low = below[np.searchsorted(bare.topic[order], bare.topic[order], side="left")]
    high = below[np.searchsorted(bare.topic[order], bare.topic[order], side="right")]

    def draw(count: int) -> tuple[Whole, Whole]:
        one = _drawn(random, cumulative, count)
        at = low[one] + random.random(count) * (high[one] - low[one])
        other = np.minimum(np.searchsorted(cumulative, at, side="right"), len(order) - 1)
        a, b = order[one], order[other]
        apart = (bare.framework[a] != bare.framework[b]) & (bare.topic[a] == bare.topic[b])
        a, b = a[apart], b[apart]
        raised = (random.random(len(b)) < TO_A_WHOLE) & (bare.parent[b] >= 0)
        return a, np.where(raised, bare.parent[b], b)

    return draw


def _related(bare: World, a: Whole, b: Whole, among: Whole) -> Iterator[tuple[Relation, int]]:
    """The relation of each of the pairs that have one; of a leaf and a whole, only an overlap."""
    ma, mb = bare.mask[a], bare.mask[b]
    kind = np.select([ma & mb == 0, ma == mb, ma & mb == ma, ma & mb == mb], [0, 1, 2, 3], 4)
    kind[mb == 0] = 5
    words = (None, EQ, SUB, SUP, INT)
    for i, k in zip(among.tolist(), kind[among].tolist(), strict=True):
        if k == 5:
            one, other = bare.elements[a[i]], bare.elements[b[i]]
            if one & other and not one <= other:
                yield INT, i
        elif (relation := words[k]) is not None:
            yield relation, i
