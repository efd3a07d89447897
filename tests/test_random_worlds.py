"""No claim is false: random worlds of sets, true rows, and every full or partial claim held against the sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import count, islice

import pytest
from set_worlds import World

from aims_graph import chain, guards
from aims_graph.inference import Inference, infer
from aims_graph.model import Derivation
from aims_graph.relations import TRANSFER, Degree, Edge

F, P, C, N = Degree.FULL, Degree.PARTIAL, Degree.CANDIDATE, Degree.NONE
WORLDS = {False: 450, True: 1_900}  # hypothetical worlds, worlds with one recorded case
PAIRS_WANTED = {False: 200_000, True: 300_000}
DERIVED_WANTED = {False: 10_000, True: 3_000}  # full claims, and as many partial ones, beyond what is supposed done
FIRINGS_WANTED = 1_000
RULES = ("mapping", "part", "whole", "all-parts", "any-of", "joint")
COMMON = ("trust", "force", "date", "role", "scope", "twins", "any-of", "applicability", "restriction", "contrary")
FIRING = {
    False: (*(f"rule {r}" for r in RULES), *(f"guard {g}" for g in (*COMMON, "rationale", "legal-effect", "modality"))),
    True: tuple(f"guard {g}" for g in (*COMMON, "trigger", "occurrence", "period", "as-appropriate", "vacuous")),
}


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


def falsehoods(worlds: Iterable[World], counted: Counter[str] | None = None) -> Iterator[str]:
    """Proofs of what is not so; how much was asked, claimed, refused, and by which rule and guard, is counted."""
    for world in worlds:
        for starts, found in answered(world):
            if counted is not None:
                count_in(counted, world, starts, found)
            for derivation in proofs(found):
                supposed = len(derivation.steps) == 1
                if not supposed and not world.is_true(derivation, used(derivation, starts)):
                    path = " ".join(f"-{s.relation or s.rule}-> {s.conclusion}" for s in derivation.steps)
                    yield f"{starts} {path}: {derivation.degree.word}"


def count_in(counted: Counter[str], world: World, starts: dict[str, Degree], found: Inference) -> None:
    """Add one answer to the counts."""
    counted["pairs"] += len(world.nodes)
    counted.update(f"derived {c.degree.word}" for c in found.claims.values() if c.provision not in starts)
    steps = [step for derivation in proofs(found) for step in derivation.steps]
    counted.update(f"rule {step.rule}" for step in steps)
    counted.update(f"guard {guard}" for blocked in found.blocked for guard in blocked.guards)
    counted.update(f"guard {guard}" for step in steps for guard in step.guards)
    flags = (flag for claim in found.claims.values() for d in claim.derivations for flag in d.flags)
    counted.update(f"flag {flag}" for flag in flags)


def made(of_case: bool, first: int = 0) -> Iterator[World]:
    """Worlds without end, always the same ones."""
    return (World(seed, of_case) for seed in count(first))


def some(of_case: bool) -> Iterator[World]:
    """As many worlds as a run looks at."""
    return (world for world, _ in zip(made(of_case), range(WORLDS[of_case]), strict=False))


@pytest.mark.parametrize("of_case", [False, True], ids=["hypothetical", "of one case"])
def test_no_full_or_partial_claim_is_false_in_any_world(of_case: bool) -> None:
    counted: Counter[str] = Counter()
    assert next(falsehoods(some(of_case), counted), None) is None
    for name, number in sorted(counted.items()):
        print(f"{number:8,} {name}")
    assert counted["pairs"] >= PAIRS_WANTED[of_case]
    assert min(counted["derived full"], counted["derived partial"]) >= DERIVED_WANTED[of_case]
    assert {name: counted[name] for name in FIRING[of_case] if counted[name] < FIRINGS_WANTED} == {}


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


def sharing_a_part() -> Iterator[World]:
    """Worlds in which two management systems share what some parts ask, and nothing of what others ask."""
    return (world for world in islice(made(of_case=False), 1_800) if world.unshared)


def test_what_two_management_systems_share_may_lie_in_what_is_asked_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    assert next(falsehoods(sharing_a_part()), None) is None
    monkeypatch.setattr(guards, "travelling", lambda _catalogue, crossing, _used, _context: crossing.edge)
    assert next(falsehoods(sharing_a_part()), None) is not None


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
