"""The compiled index says what the search over all proofs says, what the reference says, and what a rebuild says."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from random import Random
from time import sleep

import pytest
from random_catalogues import asked, drawn, drawn_row
from worlds import F, P, case, catalogue, context, members, provision, row

from aims_graph import library as libraries
from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context, Used
from aims_graph.comparison import compare
from aims_graph.indexing import index, reference
from aims_graph.indexing.index import Best, Index
from aims_graph.indexing.reach import together
from aims_graph.inference import infer
from aims_graph.library import Library
from aims_graph.model import Claim, Mapping
from aims_graph.relations import EQ, INT, SUP, Degree
from aims_graph.suppositions import Supposition
from aims_graph.trace import Options
from aims_graph.what_if import what_if

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
            told = compiled.claims(*starts)
            assert short(told) == compared(full), f"seed {seed} from {starts}"
            assert not told.limited
            by_reference = reference.claims(known, starts, how)
            assert {p: d for p, (d, _) in by_reference.items()} == {p: c.degree for p, c in full.items()}
            for name, claim in full.items():
                rules = {step.rule for step in claim.best.steps}
                counted.update(rules)
                sure = claim.best_confidence or 0.0
                assert by_reference[name][1] <= sure + 1e-9, "premises may share rows: a lower bound"
                if not rules & SEVERAL:
                    assert by_reference[name][1] == pytest.approx(sure)
    assert min(counted[rule] for rule in ("mapping", "part", "whole", "any-of", "all-parts", "joint")) >= 100, counted


@pytest.mark.parametrize(
    "how",
    [Context(DAY), Context(DAY, frozenset({"provider"})), Context(date(2025, 1, 1), frozenset({"deployer"}), "gpai")],
    ids=["anybody", "provider", "deployer-of-2025"],
)
def test_every_shipped_provision_gets_the_same_claims_from_index_and_search(library: Library, how: Context) -> None:
    compiled = Index(library.catalogue, how)
    for name in list(library.catalogue.provisions)[:: 1 if not how.roles else 5]:
        told = compiled.claims(name)
        assert short(told) == compared(claimed(library.catalogue, [name], how)), name
        assert not told.limited


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


# -- wholes whose members share rows -----------------------------------------------------------


def shared() -> Catalogue:
    """A whole of three members: one follows by `x`, one by `y`, the middle one by either."""
    names = [provision(n) for n in ("s:s", "x:x", "y:y")]
    rows = [row("s:s", EQ, "x:x", 0.5), row("s:s", EQ, "y:y", 0.6)]
    rows += [row("x:x", SUP, "w:m1", 1.0), row("x:x", SUP, "w:m2", 1.0)]
    rows += [row("y:y", SUP, "w:m2", 0.9), row("y:y", SUP, "w:m3", 1.0)]
    return catalogue([*names, *members("w:W", "m1", "m2", "m3", exhaustive=True)], rows)


def test_a_row_that_members_share_counts_once_when_the_best_proof_of_their_whole_is_chosen() -> None:
    best = Index(shared(), context()).claims("s:s")["w:W"]
    assert claimed(shared(), ["s:s"], context())["w:W"].best_confidence == pytest.approx(0.3)
    assert best.confidence == pytest.approx(0.3), "the middle one by x, which is less sure alone, and not 0.27"
    assert "y:y|supersetOf|w:m2" not in best.rows
    assert reference.claims(shared(), ["s:s"], context())["w:W"][1] == pytest.approx(0.3)


def test_where_a_less_sure_proof_of_a_member_serves_its_whole_better_the_index_tells_a_lower_bound() -> None:
    rows = [row("s:s", EQ, "x:x", 0.5), row("s:s", SUP, "w:m2", 0.6)]
    rows += [row("x:x", SUP, "w:m1", 1.0), row("x:x", SUP, "w:m2", 1.0)]
    known = catalogue([provision("s:s"), provision("x:x"), *members("w:W", "m1", "m2", exhaustive=True)], rows)
    assert claimed(known, ["s:s"], context())["w:W"].best_confidence == pytest.approx(0.5)
    best = Index(known, context()).claims("s:s")["w:W"]
    assert best.degree is F
    assert best.confidence == pytest.approx(0.3), "the product of the rows it names"


# -- threads -----------------------------------------------------------------------------------


class Slow(list[Used]):
    """A list that lets other threads run before it grows."""

    def append(self, one: Used) -> None:
        sleep(0.001)
        super().append(one)


def test_threads_that_share_an_index_give_no_number_twice() -> None:
    known, how = drawn(3), asked(3)
    compiled, alone = Index(known, how), Index(known, how)
    compiled._kinds._used = Slow(compiled._kinds._used)
    with ThreadPoolExecutor(8) as threads:
        found = dict(zip(known.provisions, threads.map(compiled.claims, known.provisions), strict=True))
    numbers = list(compiled._kinds._used_numbers.values())
    assert sorted(numbers) == list(range(len(compiled._kinds._used)))
    assert found == {name: alone.claims(name) for name in known.provisions}


def test_threads_that_ask_a_library_of_one_context_share_one_index(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[Context] = []

    def slow(_: Catalogue, how: Context) -> object:
        built.append(how)
        sleep(0.01)
        return object()

    monkeypatch.setattr(libraries, "Index", slow)
    library = Library(drawn(0))
    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(library.index, [context()] * 8))
    assert (len(built), len(found)) == (1, 1)


# -- changes -----------------------------------------------------------------------------------


def edits(chooser: Random, known: Catalogue, gone: list[Mapping]) -> dict[str, Mapping | None]:
    """One to three rows rejected, restated, accepted, taken away, added, or added again after they were taken away."""
    found: dict[str, Mapping | None] = {}
    names = list(known.provisions)
    for _ in range(chooser.randint(1, 3)):
        old = chooser.choice(known.mappings)
        if old.id in found:
            continue
        kind = chooser.choice(["status", "restate", "away", "add", "add", "back"])
        if kind == "add":
            one, other = chooser.sample(names, 2)
            if one.partition(":")[0] != other.partition(":")[0]:
                new = drawn_row(chooser, one, other)
                found[f"new {new.id}"] = replace(new, id=f"new {new.id}")
        elif kind == "away":
            found |= dict.fromkeys((r.id for r in together(known, old)), None)
        elif kind == "back" and gone:
            again = chooser.choice(gone)
            found |= {r.id: r for r in gone if r.joint == again.joint and (r.joint or r.id == again.id)}
        elif kind == "status":
            found[old.id] = replace(old, status=chooser.choice(["rejected", "accepted", "double-read", "proposed"]))
        else:
            like = drawn_row(chooser, old.subject, old.object)
            found[old.id] = replace(old, relation=like.relation, confidence=like.confidence)
    return found


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_an_index_after_edits_is_the_index_built_anew(first: int) -> None:
    lost = gained = again = 0
    for seed in range(first, first + 20):
        chooser, known, how = Random(seed), drawn(seed), asked(seed)
        compiled = Index(known, how)
        gone: list[Mapping] = []
        for _ in range(6):
            before = dict(compiled.everything())  # all remembered, so that what is stale would show
            for name in known.provisions:
                compiled.hop(name)
            rows = edits(chooser, compiled.catalogue, gone)
            again += any(old.id in rows for old in gone)
            gone += [old for old in compiled.catalogue.mappings if old.id in rows and rows[old.id] is None]
            compiled = compiled.changed(rows)
            standing = {row.id for row in compiled.catalogue.mappings}
            gone = [old for old in gone if old.id not in standing]
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
    assert again > 3


def test_a_row_taken_away_and_added_again_comes_last_as_in_the_catalogue() -> None:
    rows = [row("a:x", EQ, "b:x", 0.5, id="r1"), row("a:x", SUP, "b:x", 0.5, id="r2")]
    known = catalogue([provision("a:x"), provision("b:x")], rows)
    again = Index(known, context()).changed({"r1": None}).changed({"r1": rows[0]})
    assert [r.id for r in again.catalogue.mappings] == ["r2", "r1"]
    assert again.claims("a:x")["b:x"].rows == ("r2",) == Index(again.catalogue, context()).claims("a:x")["b:x"].rows


@pytest.mark.parametrize("left", [None, "alone", "elsewhere"])
def test_a_row_leaves_a_joint_group_only_with_all_others(left: str | None) -> None:
    """What is left of "a1 and a2 together equal b" would state that a1 alone equals b."""
    rows = [row("a:a1", EQ, "b:x", id="r1", joint="J"), row("a:a2", EQ, "b:x", id="r2", joint="J")]
    known = catalogue([provision(n) for n in ("a:a1", "a:a2", "b:x")], rows)
    compiled = Index(known, context())
    changed = None if left is None else replace(rows[1], joint=None if left == "alone" else left)
    with pytest.raises(ValueError, match="'r2' states one thing with r1"):
        compiled.changed({"r2": changed})
    assert set(compiled.changed({"r1": None, "r2": None}).claims("a:a1")) == {"a:a1"}
    doubted = compiled.changed({"r2": replace(rows[1], status="rejected")})
    assert set(doubted.claims("a:a1", "a:a2")) == {"a:a1", "a:a2"}


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
    assert found.limited
    assert {p: b.degree for p, b in found.items()} == {f"e{i}:x": F for i in range(5)}


def test_what_could_have_followed_from_what_a_limit_left_out_is_named_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "MAX_KEPT", 1)
    names = [provision(n) for n in ("s:x", "a:x", "b:x", "t:x", "z:x", "lone:x")]
    rows = [row("s:x", EQ, "a:x", 0.9), row("a:x", EQ, "t:x", 0.9), row("s:x", EQ, "t:x", 0.5)]
    found = Index(catalogue(names, [*rows, row("t:x", EQ, "z:x")]), context()).claims("s:x")
    assert found.limited >= {"t:x", "z:x"}, "the freer claim on t was left out, and z follows from t"
    assert not found.limited & {"b:x", "lone:x"}


def test_a_limit_belongs_to_the_question_that_met_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "MAX_CROSSED", 5)
    names = [provision(n) for n in ("a:x", "b:x", "s:x", *(f"n{i}:x" for i in range(10)))]
    rows = [row("a:x", EQ, "b:x", id="r"), *(row("s:x", EQ, f"n{i}:x") for i in range(10))]
    compiled = Index(catalogue(names, rows), context())
    assert compiled.remembered("s:x").limited == {f"n{i}:x" for i in range(10)}
    assert not compiled.remembered("a:x").limited
    doubted = [Supposition(rows[0], replace(rows[0], status="rejected"))]
    options = Options(DAY)
    assert what_if(compiled, doubted, options, ["a:x"]).limited == ()
    assert what_if(compiled, doubted, options, ["s:x"]).limited == tuple(sorted(f"n{i}:x" for i in range(10)))
    assert compare(compiled, compiled, options).limited == what_if(compiled, doubted, options).limited


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
