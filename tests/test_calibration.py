"""What a confidence promises, held against chance: rows drawn right as often as they say, claims right as often too.

Every row is right with the probability that it states, independently, in DRAWS worlds. One frequency then has a
standard error of at most sqrt(0.25 / DRAWS), so the tolerance is more than five standard errors. The seed is fixed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import sqrt

import numpy as np
import pytest
import random_catalogues
import rule_graphs
from numpy.typing import NDArray
from worlds import F, P

from aims_graph import inference
from aims_graph.inference import infer
from aims_graph.model import Claim
from aims_graph.relations import EQ, INT, SUB, SUP, Degree, Relation

SEED, DRAWS, TOLERANCE = 20261122, 20_000, 0.02
Worlds = NDArray[np.bool_]  # one entry a world
# relation → what a full, and what a partial claim becomes beyond it; SEMANTICS §3
BEYOND = {
    EQ: {F: F, P: P},
    SUP: {F: F},
    SUB: {F: P, P: P},
    INT: {F: P},
    Relation.SUPPORTED_INTEGRAL: {F: F},
    Relation.SUPPORTS_INTEGRAL: {F: P, P: P},
    Relation.SUPPORTS_EXAMPLE: {F: P},
}


def test_the_tolerance_is_five_standard_errors_wide() -> None:
    assert 5 * sqrt(0.25 / DRAWS) < TOLERANCE


def right(stated: dict[str, float], chance: np.random.Generator) -> dict[str, Worlds]:
    """For each row the worlds in which it is right."""
    return {name: chance.random(DRAWS) < confidence for name, confidence in sorted(stated.items())}


# -- without looking at proofs: what follows in each world from the rows that are right there -------


def simulated(graph: rule_graphs.Graph, start: str, worlds: dict[str, Worlds]) -> dict[tuple[str, Degree], Worlds]:
    """For each provision and degree, the worlds in which it is at least that, by the rules alone."""
    names = [*graph.parents, "left", "right"]
    held: dict[tuple[str, Degree], Worlds] = {(n, d): np.zeros(DRAWS, np.bool_) for n in names for d in (F, P)}
    held[start, F] |= True
    always = np.ones(DRAWS, np.bool_)
    edges = [(r.subject, r.relation, r.object, worlds[r.id]) for r in graph.rows]
    edges += [(parent, SUP, name, always) for name, parent in graph.parents.items() if parent is not None]
    sums = [(whole, [n for n, p in graph.parents.items() if p == whole]) for whole in sorted(graph.exhaustive)]
    if graph.joint is not None:
        subjects, stated, objects = graph.joint
        sides = [("left", subjects), ("right", objects)]
        ends = [union if len(members) > 1 else members[0] for union, members in sides]
        edges.append((ends[0], stated.relation, ends[1], worlds[stated.id]))
        for union, joined in sides:
            if len(joined) > 1:
                edges += [(union, SUP, member, always) for member in joined]
                sums.append((union, list(joined)))
    edges += [(b, r.converse, a, w) for a, r, b, w in edges]
    before = -1
    while (now := sum(int(w.sum()) for w in held.values())) != before:
        before = now
        for a, relation, b, of in edges:
            for degree, there in BEYOND.get(relation, {}).items():
                held[b, there] |= held[a, degree] & of
        for whole, members in sums:
            held[whole, F] |= np.logical_and.reduce([held[m, F] for m in members])
    return held


@pytest.fixture(scope="module")
def frequencies() -> list[tuple[Claim, float]]:
    chance = np.random.default_rng(SEED)
    found: list[tuple[Claim, float]] = []
    for seed in range(100):
        graph = rule_graphs.drawn(seed)
        rows = [*graph.rows, *([graph.joint[1]] if graph.joint else [])]
        worlds = right({r.id: r.confidence or 0.0 for r in rows}, chance)
        claims = rule_graphs.claimed(graph)
        for start in graph.parents:
            held = simulated(graph, start, worlds)
            for (one, name), claim in claims.items():
                if one == start:
                    found.append((claim, float(held[name, claim.degree].mean())))
    return found


def test_a_claim_is_right_as_often_as_its_confidence_says(frequencies: list[tuple[Claim, float]]) -> None:
    exact = [(c, f) for c, f in frequencies if not c.bounded and c.confidence is not None]
    furthest = max(abs(f - (c.confidence or 0.0)) for c, f in exact)
    print(f"{len(exact):,} claims, {DRAWS:,} draws each, furthest from its confidence: {furthest:.4f}")
    assert len(exact) > 3_000
    assert furthest <= TOLERANCE


def test_a_claim_of_which_a_limit_left_proofs_out_is_right_at_least_as_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "MAX_DERIVATIONS", 1)
    chance = np.random.default_rng(SEED)
    bounded = 0
    for graph in map(rule_graphs.drawn, range(30)):
        rows = [*graph.rows, *([graph.joint[1]] if graph.joint else [])]
        worlds = right({r.id: r.confidence or 0.0 for r in rows}, chance)
        simulations = {start: simulated(graph, start, worlds) for start in graph.parents}
        for (start, name), claim in rule_graphs.claimed(graph).items():
            frequency = float(simulations[start][name, claim.degree].mean())
            assert frequency >= (claim.confidence or 0.0) - TOLERANCE
            assert claim.bounded or frequency <= (claim.confidence or 0.0) + TOLERANCE
            bounded += claim.bounded
    assert bounded > 100


def test_claims_of_like_confidence_are_right_as_often_as_they_say_on_average(
    frequencies: list[tuple[Claim, float]],
) -> None:
    tenths: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for claim, frequency in frequencies:
        if not claim.bounded and claim.confidence is not None:
            tenths[min(int(claim.confidence * 10), 9)].append((claim.confidence, frequency))
    assert len(tenths) == 10
    for tenth, both in sorted(tenths.items()):
        said, seen = (sum(values) / len(both) for values in zip(*both, strict=True))
        print(f"{tenth / 10:.1f}: {len(both):5,} claims say {said:.3f}, are right in {seen:.3f}")
        assert abs(said - seen) <= TOLERANCE / 2


# -- with every guard and rule of level provision: at least one derivation wholly right ---------------


def claims_of(seeds: range) -> Iterator[tuple[int, Claim]]:
    for seed in seeds:
        known, asked = random_catalogues.drawn(seed), random_catalogues.asked(seed)
        for start in known.provisions:
            for claim in infer(known, [start], asked).claims.values():
                yield seed, claim


def test_with_guards_a_claim_is_right_as_often_as_one_of_its_derivations_is_wholly_right() -> None:
    chance = np.random.default_rng(SEED)
    compared = 0
    worlds: dict[tuple[int, str], Worlds] = {}
    for seed, claim in claims_of(range(60)):
        rows = {r.id: r.confidence for d in claim.derivations for r in d.rows}
        if claim.degree < P or claim.bounded or not rows or None in rows.values():
            continue
        for name, confidence in sorted(rows.items()):
            if (seed, name) not in worlds:
                worlds[seed, name] = chance.random(DRAWS) < (confidence or 0.0)
        whole = [
            np.logical_and.reduce([worlds[seed, r.id] for r in d.rows] or [np.ones(DRAWS, np.bool_)])
            for d in claim.derivations
        ]
        frequency = float(np.logical_or.reduce(whole).mean())
        assert claim.confidence is not None
        assert abs(frequency - claim.confidence) <= TOLERANCE, (seed, claim.provision)
        compared += 1
    print(f"{compared:,} claims with guards, {DRAWS:,} draws each")
    assert compared > 500


def test_a_noisy_or_over_proofs_that_share_rows_would_be_noticed(frequencies: list[tuple[Claim, float]]) -> None:
    """The simulation can fail: the naive number is off by more than the tolerance for many of these claims."""
    naive = []
    for claim, frequency in frequencies:
        wrong = 1.0
        for derivation in claim.derivations:
            both = 1.0
            for row in derivation.rows:
                both *= row.confidence or 0.0
            wrong *= 1 - both
        naive.append(abs(1 - wrong - frequency))
    assert sum(n > TOLERANCE for n in naive) > 300
