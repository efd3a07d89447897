"""Path consistency over the five relations: which of them each pair can still have, given all others.

Sets of relations are the bits of a number. For the relations that rows and
hierarchies lead to, this leaves exactly those that some world of sets has
(docs/consistency.md says why, and for which).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from aims_graph.relations import COMPOSITION, SET_RELATIONS, Relation

Masks = npt.NDArray[np.uint8]  # square; for each pair the relations that it can have, each the converse of its mirror

BIT: Final = {relation: 1 << n for n, relation in enumerate(SET_RELATIONS)}
ANY_MASK: Final = (1 << len(SET_RELATIONS)) - 1
_SETS: Final = range(ANY_MASK + 1)


def mask(relations: Iterable[Relation]) -> int:
    """Some of the five relations as bits."""
    return sum(BIT[r] for r in set(relations))


def relations(bits: int) -> tuple[Relation, ...]:
    """The relations of a mask, in their usual order.

    >>> [r.value for r in relations(mask({Relation.SUBSET, Relation.EQUAL}))]
    ['equalTo', 'subsetOf']
    """
    return tuple(r for r in SET_RELATIONS if bits & BIT[r])


def _composed(a: int, b: int) -> int:
    return mask(t for r in relations(a) for s in relations(b) for t in COMPOSITION[r][s])


CONVERSE: Final[Masks] = np.array([mask(r.converse for r in relations(m)) for m in _SETS], dtype=np.uint8)
COMPOSE: Final[Masks] = np.array([[_composed(a, b) for b in _SETS] for a in _SETS], dtype=np.uint8)
"""For sets of relations of A to B and of B to C, those that A can have to C."""
CHOICES: Final = np.array([len(relations(m)) for m in _SETS], dtype=np.float64)


def unknown(size: int) -> Masks:
    """Masks for so many provisions of which nothing is known."""
    found = np.full((size, size), ANY_MASK, dtype=np.uint8)
    np.fill_diagonal(found, BIT[Relation.EQUAL])
    return found


def narrow(masks: Masks, first: int, second: int, allowed: int) -> bool:
    """Allow a pair only some relations, and every other pair only what follows, in place.

    False as soon as a pair has no relation left; the masks are then of no use.
    """
    if not _allow(masks, first, np.array([second]), np.array([allowed], dtype=np.uint8)).size:
        return bool(masks[first, second])
    changed = deque([(first, second)])
    while changed:
        i, j = changed.popleft()
        if not masks[i, j]:
            return False
        for a, b in ((i, j), (j, i)):  # what is known of b tells something of a
            near = np.flatnonzero(masks[b] != ANY_MASK)
            narrowed = _allow(masks, a, near, COMPOSE[masks[a, b], masks[b, near]])
            changed.extend((a, int(c)) for c in narrowed)
    return True


def _allow(masks: Masks, first: int, others: npt.NDArray[np.intp], allowed: Masks) -> npt.NDArray[np.intp]:
    """Allow one provision and some others only these relations; gives those others that it narrowed."""
    before = masks[first, others]
    after = before & allowed
    narrowed = np.flatnonzero(after != before)
    masks[first, others[narrowed]] = after[narrowed]
    masks[others[narrowed], first] = CONVERSE[after[narrowed]]
    return others[narrowed]


def choices(masks: Masks) -> float:
    """How much is open: the sum over all pairs of log2 of the relations that each can have, in bits."""
    return float(np.log2(CHOICES[masks]).sum() / 2)
