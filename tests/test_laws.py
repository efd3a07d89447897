"""The laws of the calculus on random catalogues that use every rule at level provision, for engine and index alike.

`test_inference` holds the same laws for catalogues without joint rows and headings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields, replace
from math import isclose
from random import Random
from typing import Any

import pytest
import random_catalogues
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import F, N, P, catalogue, degrees

from aims_graph import chain, guards, inference, relations, ways
from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context
from aims_graph.confidence import any_holds
from aims_graph.indexing.index import Index
from aims_graph.inference import infer
from aims_graph.model import ACCEPTED, Mapping
from aims_graph.relations import EQ, INT, SUB, SUP, Degree, Relation

SEEDS = st.integers(0, 10**6)
LAW = settings(derandomize=True, deadline=None, max_examples=40)
POSITIVE = (EQ, SUP, SUB, INT, Relation.SUPPORTED_INTEGRAL, Relation.SUPPORTS_EXAMPLE)
Degrees = dict[str, Degree]


def by_engine(known: Catalogue, starts: list[str], asked: Context) -> Degrees:
    return degrees(infer(known, starts, asked))


def by_index(known: Catalogue, starts: list[str], asked: Context) -> Degrees:
    return {name: best.degree for name, best in Index(known, asked).claims(*starts).items()}


BOTH = pytest.mark.parametrize("claims", [by_engine, by_index], ids=["engine", "index"])
Ask = Callable[[Catalogue, list[str], Context], Degrees]


def with_rows(known: Catalogue, rows: list[Mapping]) -> Catalogue:
    return catalogue(known.provisions.values(), rows, known.editions.values(), known.triggers.values())


def some(known: Catalogue, seed: int, count: int = 8) -> list[str]:
    """A few provisions to start from."""
    return Random(seed).sample(sorted(known.provisions), count)


@BOTH
@given(seed=SEEDS)
@LAW
def test_the_order_of_rows_and_joint_rows_does_not_matter(claims: Ask, seed: int) -> None:
    known, asked = random_catalogues.drawn(seed), random_catalogues.asked(seed)
    rows = list(known.mappings)
    Random(seed).shuffle(rows)
    mixed = with_rows(known, rows)
    for start in some(known, seed):
        assert claims(mixed, [start], asked) == claims(known, [start], asked)
    assert claims(mixed, some(known, seed), asked) == claims(known, some(known, seed), asked)


@BOTH
@given(seed=SEEDS)
@LAW
def test_the_order_of_starts_does_not_matter_and_one_more_takes_nothing_away(claims: Ask, seed: int) -> None:
    known, asked = random_catalogues.drawn(seed), random_catalogues.asked(seed)
    starts = some(known, seed, 3)
    together = claims(known, starts, asked)
    assert claims(known, starts[::-1], asked) == together
    for fewer in (starts[:1], starts[:2]):
        assert all(together.get(p, N) >= d for p, d in claims(known, fewer, asked).items())


@BOTH
@given(seed=SEEDS)
@LAW
def test_asking_again_for_all_that_is_full_takes_nothing_away(claims: Ask, seed: int) -> None:
    known, asked = random_catalogues.drawn(seed), random_catalogues.asked(seed)
    for start in some(known, seed):
        once = claims(known, [start], asked)
        again = claims(known, [p for p, d in once.items() if d is F], asked)
        assert all(again.get(p, N) >= d for p, d in once.items())


@BOTH
@given(seed=SEEDS, relation=st.sampled_from(POSITIVE))
@LAW
def test_one_more_admitted_positive_row_takes_no_claim_away(claims: Ask, seed: int, relation: Relation) -> None:
    known, asked = random_catalogues.drawn(seed), random_catalogues.asked(seed)
    chooser = Random(seed)
    subject, object_ = chooser.sample(sorted(known.provisions), 2)
    drawn = random_catalogues.drawn_row(chooser, subject, object_)
    added = replace(drawn, id="added", relation=relation, status=ACCEPTED, mapping_set="another")
    more = with_rows(known, [*known.mappings, added])
    for start in [subject, object_, *some(known, seed)]:
        after = claims(more, [start], asked)
        assert all(after.get(p, N) >= d for p, d in claims(known, [start], asked).items())


@given(seed=SEEDS)
@LAW
def test_without_a_row_that_every_proof_needs_engine_and_index_lose_the_claim(seed: int) -> None:
    known, asked = random_catalogues.drawn(seed), random_catalogues.asked(seed)
    start = some(known, seed, 1)[0]
    for name, found in infer(known, [start], asked).claims.items():
        if found.degree < P or found.bounded:
            continue
        needed = frozenset.intersection(*(frozenset(r.id for r in d.rows) for d in found.derivations))
        for gone in sorted(needed):
            row = next(r for r in known.mappings if r.id == gone)
            left = [r for r in known.mappings if r.joint != row.joint or (row.joint is None and r.id != gone)]
            for claims in (by_engine, by_index):
                assert claims(with_rows(known, left), [start], asked).get(name, N) < found.degree


@pytest.mark.parametrize("name", guards.names())
@given(seed=SEEDS)
@settings(derandomize=True, deadline=None, max_examples=15)
def test_no_guard_raises_a_claim(name: str, seed: int) -> None:
    known, asked = random_catalogues.drawn(seed), random_catalogues.asked(seed)
    starts = some(known, seed)
    guarded = [by_engine(known, [start], asked) for start in starts]
    kept = tuple(g for g, n in zip(guards.GUARDS, guards.names(), strict=True) if n != name)
    assert len(kept) == len(guards.GUARDS) - 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guards, "GUARDS", kept)
        for start, claimed in zip(starts, guarded, strict=True):
            free = by_engine(known, [start], asked)
            assert all(free.get(p, N) >= d for p, d in claimed.items())


@given(seed=SEEDS)
@LAW
def test_no_proof_enters_an_edition_twice_even_through_unions(seed: int) -> None:
    known, asked = random_catalogues.drawn(seed), random_catalogues.asked(seed)
    for found in infer(known, some(known, seed, 2), asked).claims.values():
        for derivation in found.derivations:
            passed: dict[str, frozenset[str]] = {}
            for step in derivation.steps:
                before = frozenset().union(*(passed[p] for p in step.premises if p in passed))
                here = known.provisions[step.conclusion].edition
                assert step.mapping is None or here not in before
                passed.setdefault(step.conclusion, before | {here})


@given(seed=SEEDS)
@LAW
def test_no_proof_is_surer_than_its_weakest_row_and_no_claim_less_sure_than_its_best_proof(seed: int) -> None:
    known, asked = random_catalogues.drawn(seed), random_catalogues.asked(seed)
    index = Index(known, asked)
    for start in some(known, seed):
        for found in infer(known, [start], asked).claims.values():
            stated = [r.confidence for r in found.best.rows if r.confidence is not None]
            if found.best_confidence is not None:
                assert found.best_confidence <= min(stated, default=1.0)
                assert found.confidence is not None
                assert found.confidence >= found.best_confidence - 1e-12
        for best in index.claims(start).values():
            rows = {r.id: r.confidence for r in known.mappings if r.id in best.rows}
            if best.confidence is not None:
                assert best.confidence <= min((c for c in rows.values() if c is not None), default=1.0) + 1e-12


@given(seed=SEEDS)
@LAW
def test_what_is_claimed_under_stricter_trust_is_claimed_under_the_usual_one(seed: int) -> None:
    known, asked = random_catalogues.drawn(seed), replace(random_catalogues.asked(seed), trust="double-read")
    for start in some(known, seed):
        usual = by_engine(known, [start], asked)
        strict = by_engine(known, [start], replace(asked, trust=ACCEPTED))
        assert all(usual.get(p, N) >= d for p, d in strict.items())


# -- limits, at their edge and one beyond ----------------------------------------------------------


@pytest.mark.parametrize(("rows", "exact"), [(20, True), (21, False)])
def test_a_probability_is_exact_up_to_twenty_rows_and_a_bound_from_twenty_one(rows: int, exact: bool) -> None:
    lineages = [frozenset({f"r{i}"}) for i in range(rows)]
    value, is_exact = any_holds(lineages, {f"r{i}": 0.5 for i in range(rows)})
    assert is_exact is exact
    assert isclose(value, 1 - 0.5**20) if exact else value == 0.5


# -- the values themselves -----------------------------------------------------------------------


def test_the_degrees_are_the_steps_from_nothing_to_full() -> None:
    assert [(d.word, int(d)) for d in sorted(Degree)] == [("none", 0), ("candidate", 1), ("partial", 2), ("full", 3)]


VALUES = (
    chain.CaseFacts,
    chain.Context,
    chain.Crossing,
    chain.Used,
    guards.Fired,
    guards.Ruling,
    inference.Reached,
    ways.Blocked,
    inference.Inference,
)


@pytest.mark.parametrize("kind", VALUES, ids=lambda k: k.__name__)
def test_what_the_calculus_passes_on_cannot_be_changed(kind: Any) -> None:
    value: object = object.__new__(kind)
    with pytest.raises(FrozenInstanceError):
        setattr(value, fields(kind)[0].name, None)


def test_the_five_relations_are_exactly_the_set_relations() -> None:
    assert {r for r in Relation if r.is_set_relation} == set(relations.SET_RELATIONS) == relations.ANY
