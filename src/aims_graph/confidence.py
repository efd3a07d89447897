"""Numbers for claims: how sure a proof is, and how sure a claim with several proofs is.

A confidence is the belief (0 to 1) that a row is right; rows are taken as
independent for the point value, and as arbitrarily dependent for the interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod

EXACT_ROWS = 20  # up to so many distinct rows the probability is computed exactly

Lineage = frozenset[str]


def chain_confidence(values: Iterable[float | None]) -> float | None:
    """The product along one proof; None where a needed row states no confidence.

    >>> chain_confidence([0.9, 0.5])
    0.45
    """
    known = list(values)
    return None if None in known else prod(v for v in known if v is not None)


def chain_interval(values: Iterable[float | None]) -> tuple[float, float]:
    """What the proof's probability can be whatever the rows have to do with each other.

    >>> chain_interval([0.75, 0.5])
    (0.25, 0.5)
    >>> chain_interval([0.8, None])
    (0.0, 0.8)
    """
    listed = list(values)
    known = [v for v in listed if v is not None]
    if len(known) < len(listed):
        return (0.0, min(known, default=1.0))
    most = min(known, default=1.0)
    return (min(most, max(0.0, sum(known) - (len(known) - 1))), most)


def minimal(lineages: Iterable[Lineage]) -> tuple[Lineage, ...]:
    """The lineages that contain no other one, smallest first."""
    distinct = set(lineages)
    if len(distinct) < 2:
        return tuple(distinct)
    kept: list[Lineage] = []
    for lineage in sorted(distinct, key=lambda s: (len(s), sorted(s))):
        if not any(other <= lineage for other in kept):
            kept.append(lineage)
    return tuple(kept)


def any_holds(lineages: Iterable[Lineage], belief: Mapping[str, float]) -> tuple[float, bool]:
    """The probability that at least one lineage is wholly right, and whether it is exact.

    Shared rows are counted once. Above EXACT_ROWS distinct rows the value is the
    best single lineage, a lower bound.

    >>> round(any_holds([frozenset("ab"), frozenset("ac")], {"a": 0.6, "b": 0.9, "c": 0.9})[0], 3)
    0.594
    """
    needed = minimal(lineages)
    if len(needed) == 1 and len(needed[0]) <= EXACT_ROWS:
        return _all_hold(needed[0], belief), True
    if len(frozenset().union(*needed)) > EXACT_ROWS:
        return max(_all_hold(lineage, belief) for lineage in needed), False
    return _probability(needed, belief, {}), True


def _all_hold(lineage: Lineage, belief: Mapping[str, float]) -> float:
    """The product in a fixed order: one last bit more or less would rank claims otherwise."""
    value = 1.0
    for row in sorted(lineage, reverse=True):
        value = belief[row] * value
    return value


def _probability(
    lineages: tuple[Lineage, ...],
    belief: Mapping[str, float],
    known: dict[tuple[Lineage, ...], float],
) -> float:
    """Shannon expansion on the row that most lineages share."""
    if not lineages:
        return 0.0
    if not lineages[0]:
        return 1.0
    if len(lineages) == 1:
        return _all_hold(lineages[0], belief)
    if lineages not in known:
        rows = sorted(frozenset().union(*lineages))
        row = max(rows, key=lambda r: sum(r in lineage for lineage in lineages))
        right = _probability(minimal(lineage - {row} for lineage in lineages), belief, known)
        wrong = _probability(tuple(lg for lg in lineages if row not in lg), belief, known)
        known[lineages] = belief[row] * right + (1 - belief[row]) * wrong
    return known[lineages]
