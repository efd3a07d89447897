"""No claim is false: random worlds of sets, true rows, and every full or partial claim held against the sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import count

import pytest
from set_worlds import World

from aims_graph import chain, guards
from aims_graph.inference import Inference, infer
from aims_graph.model import Derivation
from aims_graph.relations import TRANSFER, Degree, Edge

F, P, C, N = Degree.FULL, Degree.PARTIAL, Degree.CANDIDATE, Degree.NONE
WORLDS = {False: 250, True: 250}  # hypothetical worlds, worlds with one recorded case
PAIRS_WANTED, EACH_DEGREE_WANTED, FIRINGS_WANTED = 20_000, 3_000, 100


def questions(world: World) -> Iterator[dict[str, Degree]]:
    """What is supposed done: every provision alone and some together; of a case, what may be recorded."""
    names = [n.name for n in world.nodes.values() if not world.of_case or world.may_be_case(n)]
    yield from ({name: F} for name in names)
    if world.of_case:
        yield from ({name: P} for name in names)
    for node in world.nodes.values():
        together = [m.name for m in node.members if m.name in names]
        if len(together) > 1:
            yield dict.fromkeys(together, F)


def answered(world: World) -> Iterator[tuple[dict[str, Degree], Inference]]:
    """Every question of a world with what the program infers."""
    for starts in questions(world):
        yield starts, infer(world.catalogue, starts, world.context(starts))


def proofs(found: Inference) -> Iterator[Derivation]:
    """The proofs of full and partial claims."""
    for claim in found.claims.values():
        if claim.degree >= P:
            yield from claim.derivations


def used(derivation: Derivation, starts: dict[str, Degree]) -> dict[str, Degree]:
    """The starts that a proof stands on."""
    return {s.conclusion: starts[s.conclusion] for s in derivation.steps if s.rule in ("target", "record")}


def falsehoods(worlds: Iterator[World]) -> Iterator[str]:
    """Proofs of what is not so."""
    for world in worlds:
        for starts, found in answered(world):
            for derivation in proofs(found):
                supposed = len(derivation.steps) == 1
                if not supposed and not world.is_true(derivation, used(derivation, starts)):
                    path = " ".join(f"-{s.relation or s.rule}-> {s.conclusion}" for s in derivation.steps)
                    yield f"{starts} {path}: {derivation.degree.word}"


def tally(worlds: Iterator[World]) -> Counter[str]:
    """How much was asked, claimed, refused, and by which rule and guard."""
    counted: Counter[str] = Counter()
    for world in worlds:
        for _, found in answered(world):
            counted["pairs"] += len(world.nodes)
            counted.update(claim.degree.word for claim in found.claims.values())
            steps = [step for derivation in proofs(found) for step in derivation.steps]
            counted.update(f"rule {step.rule}" for step in steps)
            counted.update(f"guard {guard}" for blocked in found.blocked for guard in blocked.guards)
            counted.update(f"guard {guard}" for step in steps for guard in step.guards)
            flags = (flag for claim in found.claims.values() for d in claim.derivations for flag in d.flags)
            counted.update(f"flag {flag}" for flag in flags)
    return counted


def made(of_case: bool, first: int = 0) -> Iterator[World]:
    """Worlds without end, always the same ones."""
    return (World(seed, of_case) for seed in count(first))


def some(of_case: bool) -> Iterator[World]:
    """As many worlds as a run looks at."""
    return (world for world, _ in zip(made(of_case), range(WORLDS[of_case]), strict=False))


@pytest.mark.parametrize("of_case", [False, True], ids=["hypothetical", "of one case"])
def test_no_full_or_partial_claim_is_false_in_any_world(of_case: bool) -> None:
    assert next(falsehoods(some(of_case)), None) is None


def test_enough_pairs_claims_rules_and_guards_were_looked_at() -> None:
    counted = tally(some(of_case=False)) + tally(some(of_case=True))
    for name, number in sorted(counted.items()):
        print(f"{number:8,} {name}")
    assert counted["pairs"] >= PAIRS_WANTED
    assert min(counted["full"], counted["partial"]) >= EACH_DEGREE_WANTED
    rules = [f"rule {r}" for r in ("mapping", "part", "whole", "all-parts", "any-of", "joint")]
    named = [f"guard {g}" for g in ("trust", "force", "date", "role", "scope", "rationale", "twins", "any-of")]
    named += [f"guard {g}" for g in ("applicability", "restriction")]
    of_cases = [f"guard {g}" for g in ("trigger", "occurrence", "period", "as-appropriate")]
    ways = [f"flag {f}" for f in ("one-integrated-system", "scopes-apart", "one-system-only")]
    assert {n: counted[n] for n in (*rules, *named, *of_cases, *ways) if counted[n] < FIRINGS_WANTED} == {}


GUARDS = [
    ("trust", False),
    ("force", False),
    ("in-force", False),
    ("role", False),
    ("system-class", False),
    ("rationale", False),
    ("twins", False),
    ("choice", False),
    ("trigger", True),
    ("occurrence", True),
    ("twins", True),
    ("one-system", True),
    ("period", True),
    ("applicability", False),
    ("restriction", False),
]


@pytest.mark.parametrize(("name", "of_case"), GUARDS, ids=[f"{g}{' of a case' * c}" for g, c in GUARDS])
def test_without_this_guard_a_false_claim_appears(name: str, of_case: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tuple(g for g, n in zip(guards.GUARDS, guards.names(), strict=True) if n != name)
    assert len(kept) == len(guards.GUARDS) - 1
    monkeypatch.setattr(guards, "GUARDS", kept)
    assert next(falsehoods(some(of_case)), None) is not None


def test_a_choice_that_nobody_judged_appropriate_counted_as_full_would_be_false(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chain, "judged", lambda part, edge, _: Edge.FREE_CHOICE if edge is Edge.CHOSEN else edge)
    assert next(falsehoods(some(of_case=True)), None) is not None


RAISED = [
    (Edge.SUBSET, F, F),
    (Edge.WHOLE, F, F),
    (Edge.INTERSECTS, F, F),
    (Edge.INTERSECTS, P, P),
    (Edge.SUPERSET, P, P),
    (Edge.PART, P, P),
    (Edge.UNRELATED, F, P),
    (Edge.CROSSWALK, F, P),
    (Edge.SUPPORTS, F, P),
    (Edge.CONTRARY, F, P),
    (Edge.SUPPORTS_INTEGRAL, F, F),
    (Edge.SUPPORTED_INTEGRAL, P, P),
    (Edge.SUPPORTS_EXAMPLE, F, F),
    (Edge.CHOSEN, F, F),
    (Edge.CHOSEN, P, P),
    (Edge.FREE_CHOICE, P, P),
]


@pytest.mark.parametrize(("edge", "degree", "raised"), RAISED, ids=[f"{e.value} from {d.word}" for e, d, _ in RAISED])
def test_with_this_edge_raised_a_false_claim_appears(
    edge: Edge, degree: Degree, raised: Degree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TRANSFER[edge], degree, raised)
    assert next(falsehoods(some(of_case=False)), None) is not None
