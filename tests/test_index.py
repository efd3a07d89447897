"""The compiled index says what the search over all proofs says, what the reference says, and what a rebuild says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from random import Random

import pytest
from random_catalogues import asked, drawn, drawn_row
from worlds import F, P, case, catalogue, context, members, provision, row

from aims_graph import index, reference
from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context
from aims_graph.index import Best, Index
from aims_graph.inference import infer
from aims_graph.library import Library
from aims_graph.model import Claim, Mapping
from aims_graph.relations import EQ, INT, SUP, Degree

SEVERAL = {"all-parts", "joint"}
DAY = date(2026, 11, 22)


def claimed(known: Catalogue, starts: list[str], asked_: Context) -> dict[str, Claim]:
    """The full and partial claims of the search that keeps every proof."""
    return {p: c for p, c in infer(known, starts, asked_).claims.items() if c.degree >= P}


def compared(found: dict[str, Claim]) -> dict[str, tuple[Degree, float | None]]:
    """What two engines must agree on: degree and confidence of the best proof."""
    return {p: (c.degree, _rounded(c.best_confidence)) for p, c in found.items()}


def short(found: dict[str, Best]) -> dict[str, tuple[Degree, float | None]]:
    """The same of the index."""
    return {p: (b.degree, _rounded(b.confidence)) for p, b in found.items()}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 9)


def test_random_catalogues_get_the_same_claims_from_index_search_and_reference() -> None:
    counted: Counter[str] = Counter()
    for seed in range(120):
        known, how = drawn(seed), asked(seed)
        compiled = Index(known, how)
        names = list(known.provisions)
        for starts in [[name] for name in names] + [Random(seed).sample(names, 3)]:
            full = claimed(known, starts, how)
            assert short(compiled.claims(*starts)) == compared(full), f"seed {seed} from {starts}"
            by_reference = reference.claims(known, starts, how)
            assert {p: d for p, (d, _) in by_reference.items()} == {p: c.degree for p, c in full.items()}
            for name, claim in full.items():
                rules = {step.rule for step in claim.best.steps}
                counted.update(rules)
                if not rules & SEVERAL:  # premises may share rows, which the reference does not see
                    assert by_reference[name][1] == pytest.approx(claim.best_confidence or 0.0)
        assert not compiled.limited
    assert min(counted[rule] for rule in ("mapping", "part", "whole", "any-of", "all-parts", "joint")) >= 100, counted


@pytest.mark.parametrize(
    "how",
    [Context(DAY), Context(DAY, frozenset({"provider"})), Context(date(2025, 1, 1), frozenset({"deployer"}), "gpai")],
    ids=["anybody", "provider", "deployer-of-2025"],
)
def test_every_shipped_provision_gets_the_same_claims_from_index_and_search(library: Library, how: Context) -> None:
    compiled = Index(library.catalogue, how)
    for name in list(library.catalogue.provisions)[:: 1 if not how.roles else 5]:
        assert short(compiled.claims(name)) == compared(claimed(library.catalogue, [name], how)), name
    assert not compiled.limited


def test_a_proof_of_the_index_is_a_proof_step_by_step() -> None:
    seen: Counter[str] = Counter()
    for seed in range(40):
        known, how = drawn(seed), asked(seed)
        compiled = Index(known, how)
        for start in known.provisions:
            for name, best in compiled.claims(start).items():
                proof = compiled.derivation([start], name)
                assert proof is not None
                assert (proof.provision, proof.degree) == (name, best.degree)
                assert {r.id for r in proof.rows} == set(best.rows)
                proved: set[str] = set()
                for step in proof.steps:
                    assert set(step.premises) <= proved
                    proved.add(step.conclusion)
                    seen[step.rule] += 1
                assert set(best.path) == proved
    assert seen["joint"] > 20
    assert seen["all-parts"] > 100


def test_no_proof_where_no_claim_is() -> None:
    known = catalogue([provision("a:x"), provision("b:x")], [row("a:x", INT, "b:x", status="proposed")])
    assert Index(known, context()).derivation(["a:x"], "b:x") is None


def test_an_index_holds_no_case() -> None:
    with pytest.raises(ValueError, match="no case"):
        Index(catalogue([provision("a:x")]), context(case=case({})))


def test_a_row_without_confidence_leaves_none_and_a_stated_nought_stays_nought() -> None:
    names = [provision(n) for n in ("a:x", "b:x", "c:x")]
    known = catalogue(names, [row("a:x", EQ, "b:x", None), row("a:x", EQ, "c:x", 0.0)])
    found = Index(known, context()).claims("a:x")
    assert (found["b:x"].confidence, found["c:x"].confidence) == (None, 0.0)


# -- changes -----------------------------------------------------------------------------------


def edits(chooser: Random, known: Catalogue) -> dict[str, Mapping | None]:
    """One to three rows rejected, restated, accepted, taken away or added."""
    found: dict[str, Mapping | None] = {}
    names = list(known.provisions)
    for _ in range(chooser.randint(1, 3)):
        old = chooser.choice(known.mappings)
        kind = chooser.choice(["status", "restate", "away", "add"])
        if kind == "add":
            one, other = chooser.sample(names, 2)
            if one.partition(":")[0] != other.partition(":")[0]:
                new = drawn_row(chooser, one, other)
                found[f"new {new.id}"] = replace(new, id=f"new {new.id}")
        elif kind == "away":
            found[old.id] = None
        elif kind == "status":
            found[old.id] = replace(old, status=chooser.choice(["rejected", "accepted", "double-read", "proposed"]))
        else:
            like = drawn_row(chooser, old.subject, old.object)
            found[old.id] = replace(old, relation=like.relation, confidence=like.confidence)
    return found


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_an_index_after_edits_is_the_index_built_anew(first: int) -> None:
    lost = gained = 0
    for seed in range(first, first + 20):
        chooser, known, how = Random(seed), drawn(seed), asked(seed)
        compiled = Index(known, how)
        for _ in range(4):
            before = dict(compiled.everything())  # all remembered, so that what is stale would show
            for name in known.provisions:
                compiled.hop(name)
            compiled = compiled.changed(edits(chooser, compiled.catalogue))
            anew = Index(
                catalogue(known.provisions.values(), compiled.catalogue.mappings, known.editions.values()), how
            )
            after = dict(compiled.everything())
            told = {start: list(claims.items()) for start, claims in anew.everything()}  # rows, paths, order and all
            assert {start: list(claims.items()) for start, claims in after.items()} == told
            for name in known.provisions:
                assert compiled.hop(name) == anew.hop(name)
            lost += sum(len(before[s].keys() - after[s].keys()) for s in before)
            gained += sum(len(after[s].keys() - before[s].keys()) for s in before)
    assert min(lost, gained) > 50


def test_an_edit_leaves_the_index_it_came_from_as_it_was() -> None:
    known = catalogue([provision("a:x"), provision("b:x")], [row("a:x", EQ, "b:x", id="r")])
    compiled = Index(known, context())
    changed = compiled.changed({"r": None})
    assert "b:x" not in changed.claims("a:x")
    assert "b:x" in compiled.claims("a:x")
    assert compiled.catalogue.mappings == known.mappings
    assert changed.catalogue.version != known.version


# -- one hop, limits ---------------------------------------------------------------------------


def test_one_hop_is_each_row_that_carries_a_claim_read_from_the_provision() -> None:
    names = [provision(n) for n in ("a:x", "b:x", "c:x", "d:x", "e:x")]
    rows = [
        row("a:x", SUP, "b:x", 0.5, id="r1"),
        row("c:x", SUP, "a:x", 0.9, id="r2"),
        row("a:x", INT, "d:x", 0.95, id="r3"),
        row("a:x", EQ, "e:x", 0.9, id="r4", status="proposed"),
    ]
    assert Index(catalogue(names, rows), context()).hop("a:x") == (
        ("b:x", "supersetOf", F, 0.5, "r1"),
        ("d:x", "intersectsWith", P, 0.95, "r3"),
        ("c:x", "subsetOf", P, 0.9, "r2"),
    )


def test_a_limit_names_the_provision_it_was_reached_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "MAX_KEPT", 2)
    names = [provision(f"e{i}:x") for i in range(5)]
    rows = [
        row(f"e{i}:x", EQ, f"e{j}:x", 1 - 0.1 * (j - i) ** 2) for i in range(5) for j in range(i + 1, 5) if j - i < 4
    ]
    compiled = Index(catalogue(names, rows), context())
    found = compiled.claims("e0:x")
    assert compiled.limited
    assert {p: b.degree for p, b in found.items()} == {f"e{i}:x": F for i in range(5)}


def test_ten_thousand_members_and_a_thousand_levels_need_no_deep_stack() -> None:
    wide = members("a:w", *(f"w{i}" for i in range(10_000)), exhaustive=True)
    deep = [provision("b:d0", decomposition="AllOf", exhaustive=True)]
    deep += [
        provision(f"b:d{i}", parent=f"b:d{i - 1}", decomposition="AllOf" if i < 999 else None, exhaustive=i < 999)
        for i in range(1, 1000)
    ]
    known = catalogue([*wide, *deep], [row("b:d999", EQ, "a:w", 0.9)])
    compiled = Index(known, context())
    assert len(compiled.claims("a:w")) == 10_001 + 1000
    every_member = compiled.claims(*(p.id for p in wide[1:]))
    assert every_member["a:w"].degree is F
    assert every_member["b:d0"].degree is F, "each level is the sum of its only part"
    proof = compiled.derivation(["b:d999"], "a:w9999")
    assert proof is not None
    assert [s.rule for s in proof.steps] == ["target", "mapping", "part"]
