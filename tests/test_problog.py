"""The confidence of a claim is what ProbLog computes: rows as independent probabilistic facts, transfer as clauses.

ProbLog compiles to d-DNNF with the dsharp that its package carries, so nothing else has to be installed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import isclose
from typing import Any

import pytest
from rule_graphs import Graph, Pair, claimed, drawn
from worlds import F, N, P

from aims_graph import inference
from aims_graph.model import Claim
from aims_graph.relations import EQ, INT, NONE, SUB, SUP, Degree, Relation

problog = pytest.importorskip("problog", reason="ProbLog is the reference for confidences")

GRAPHS = 50
# SEMANTICS §3, written anew: what a full, and what a partial claim becomes
FROM_FULL = {"full": "eq sup part supportedIntegral", "partial": "sub int whole supportsExample supportsIntegral"}
FROM_PARTIAL = {"partial": "eq sub whole supportsIntegral"}
SHORT = {
    EQ: "eq",
    SUP: "sup",
    SUB: "sub",
    INT: "int",
    NONE: "none",
    Relation.SUPPORTED_INTEGRAL: "supportedIntegral",
    Relation.SUPPORTS_INTEGRAL: "supportsIntegral",
    Relation.SUPPORTS_EXAMPLE: "supportsExample",
    Relation.SUPPORTED_EXAMPLE: "supportedExample",
}


def program_of(graph: Graph) -> str:
    """The same for ProbLog; a joint group relates two unions, each the sum of its members."""
    lines = [
        f"{degree}(S, B) :- {before}(S, A), edge({name}, A, B)."
        for before, rules in (("full", FROM_FULL), ("partial", FROM_PARTIAL))
        for degree, names in rules.items()
        for name in names.split()
    ]
    lines += [f"full({_atom(n)}, {_atom(n)})." for n in graph.parents]
    for name, parent in graph.parents.items():
        if parent is not None:
            lines += _member(_atom(parent), _atom(name))
    for whole in sorted(graph.exhaustive):
        lines.append(_sum(_atom(whole), [_atom(n) for n, p in graph.parents.items() if p == whole]))
    rows = [(r.id, r.confidence, r.relation, _atom(r.subject), _atom(r.object)) for r in graph.rows]
    if graph.joint is not None:
        subjects, stated, objects = graph.joint
        sides = []
        for union, members in (("union_a", subjects), ("union_b", objects)):
            sides.append(union if len(members) > 1 else _atom(members[0]))
            if len(members) > 1:
                lines += [line for m in members for line in _member(union, _atom(m))]
                lines.append(_sum(union, [_atom(m) for m in members]))
        rows.append((stated.id, stated.confidence, stated.relation, sides[0], sides[1]))
    for name, confidence, relation, a, b in rows:
        lines.append(f"{confidence}::right({name}).")
        lines.append(f"edge({SHORT[relation]}, {a}, {b}) :- right({name}).")
        lines.append(f"edge({SHORT[relation.converse]}, {b}, {a}) :- right({name}).")
    return "\n".join(lines)


def _atom(name: str) -> str:
    return name.replace(":", "_")


def _member(whole: str, part: str) -> list[str]:
    return [f"edge(part, {whole}, {part}).", f"edge(whole, {part}, {whole})."]


def _sum(whole: str, parts: list[str]) -> str:
    return f"full(S, {whole}) :- {', '.join(f'full(S, {p})' for p in parts)}."


def evaluated(graph: Graph, queries: list[str]) -> dict[Any, float]:
    """The probability of each goal, by ProbLog."""
    program = problog.program.PrologString("\n".join([program_of(graph), *(f"query({goal})." for goal in queries)]))
    found: dict[Any, float] = problog.get_evaluatable("ddnnf").create_from(program).evaluate()
    return found


def by_problog(graph: Graph, claims: dict[Pair, Claim]) -> dict[Pair, float]:
    """The probability of each claim at its degree: that some proof has only right rows."""
    found: dict[Pair, float] = {}
    for start in graph.parents:
        asked = {
            f"{claim.degree.word}({_atom(one)},{_atom(other)})": (one, other)
            for (one, other), claim in claims.items()
            if one == start
        }
        found |= {asked[str(goal)]: value for goal, value in evaluated(graph, list(asked)).items()}
    return found


Compared = list[tuple[Graph, dict[Pair, Claim], dict[Pair, float]]]


@pytest.fixture(scope="module")
def compared() -> Compared:
    found: Compared = []
    for seed in range(GRAPHS):
        graph = drawn(seed)
        claims = claimed(graph)
        found.append((graph, claims, by_problog(graph, claims)))
    return found


def test_every_confidence_is_the_probability_that_problog_computes(compared: Compared) -> None:
    exact = 0
    for graph, claims, values in compared:
        for pair, claim in claims.items():
            if not claim.bounded:
                assert isclose(claim.confidence or 0.0, values[pair], abs_tol=1e-9), (pair, program_of(graph))
                exact += 1
    assert exact > 1_000
    print(f"{GRAPHS} graphs, {exact:,} confidences compared")


@pytest.mark.parametrize("limit", ["MAX_DERIVATIONS", "MAX_OF_PROVISION"])
def test_where_a_limit_left_proofs_out_the_confidence_is_a_bound_and_says_so(
    compared: Compared, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, limit, 1)
    bounded = 0
    for graph, _, values in compared:
        for pair, claim in claimed(graph).items():
            low, high = claim.interval
            assert low - 1e-9 <= values[pair] <= high + 1e-9, pair
            assert (claim.confidence or 0.0) <= values[pair] + 1e-9
            assert claim.bounded or isclose(claim.confidence or 0.0, values[pair], abs_tol=1e-9)
            bounded += claim.bounded
    assert bounded > 100


def test_the_probability_lies_in_the_interval_of_the_claim(compared: Compared) -> None:
    for _, claims, values in compared:
        for pair, claim in claims.items():
            low, high = claim.interval
            assert low - 1e-9 <= values[pair] <= high + 1e-9, pair


def test_the_comparison_covers_shared_rows_sums_of_parts_and_joint_groups(compared: Compared) -> None:
    seen: Counter[str] = Counter()
    for _, claims, _ in compared:
        for claim in claims.values():
            seen[claim.degree.word] += 1
            seen["several proofs"] += len(claim.derivations) > 1
            shared = [frozenset(r.id for r in d.rows) for d in claim.derivations]
            seen["proofs that share rows"] += any(a & b for i, a in enumerate(shared) for b in shared[:i])
            seen.update({f"rule {s.rule}" for d in claim.derivations for s in d.steps})
    print(f"{GRAPHS} graphs:", dict(seen))
    assert min(seen[k] for k in ("full", "partial", "several proofs", "proofs that share rows")) >= 100
    assert min(seen[f"rule {r}"] for r in ("mapping", "part", "whole", "all-parts", "joint")) >= 30


@pytest.mark.parametrize("seed", range(1000, 1010))
def test_what_problog_holds_possible_is_what_the_engine_claims(seed: int) -> None:
    """A goal has a probability above 0 exactly where the engine claims that much, or more."""
    graph = replace(drawn(seed), joint=None)  # asking for all that is not so, unions included, takes dsharp minutes
    held: dict[Pair, Degree] = {}
    for start in graph.parents:
        goals = {f"{d.word}({_atom(start)},{_atom(n)})": (d, n) for d in (P, F) for n in graph.parents}
        for goal, value in evaluated(graph, list(goals)).items():
            degree, name = goals[str(goal)]
            held[start, name] = max(held.get((start, name), N), degree if value else N)
    assert {pair: d for pair, d in held.items() if d} == {pair: c.degree for pair, c in claimed(graph).items()}
