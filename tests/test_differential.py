"""Five ways to the same claims: the engine, the index, SPARQL property paths, an OWL 2 RL closure, HermiT.

At level provision, on the full/partial fragment, for 200 random graphs; and engine against index wherever every
rule and guard takes part: random catalogues and every provision that is shipped.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
import random_catalogues
from conftest import AS_OF
from fragment import Drawn, Pair, by_hermit, by_owlrl, by_paths, by_walking, drawn
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import F, N, P, context, degrees

from aims_graph.chain import Context
from aims_graph.errors import MissingDependency
from aims_graph.indexing.index import Index
from aims_graph.inference import infer
from aims_graph.library import Library
from aims_graph.owl import find_java
from aims_graph.relations import EQ, INT, SUB, SUP, TRANSFER, Degree, Edge

GRAPHS = [*drawn("own", 100), *drawn("tree", 100)]
OTHERS = drawn("free", 100)
Claims = dict[Pair, Degree]


def by_engine(graph: Drawn) -> Claims:
    return {
        (start, name): degree
        for start in graph.parents
        for name, degree in degrees(infer(graph.catalogue, [start], context())).items()
    }


def by_index(graph: Drawn) -> Claims:
    index = Index(graph.catalogue, context())
    return {(start, name): best.degree for start in graph.parents for name, best in index.claims(start).items()}


@pytest.fixture(scope="module")
def claimed() -> list[Claims]:
    return [by_engine(graph) for graph in GRAPHS]


def test_the_graphs_hold_many_pairs_of_each_degree_and_every_pair_is_compared(claimed: list[Claims]) -> None:
    said = Counter(
        claims.get((start, name), N).word
        for graph, claims in zip(GRAPHS, claimed, strict=True)
        for start in graph.parents
        for name in graph.parents
    )
    print(f"{len(GRAPHS)} graphs, {said.total():,} pairs compared:", dict(said))
    assert len(GRAPHS) == 200
    assert min(said["full"], said["partial"], said["none"]) > 5_000


def test_the_index_says_what_the_engine_says(claimed: list[Claims]) -> None:
    assert [by_index(graph) for graph in GRAPHS] == claimed


def test_the_two_property_paths_on_oxigraph_say_what_the_engine_says(claimed: list[Claims]) -> None:
    assert [by_paths(graph) for graph in GRAPHS] == claimed


def test_the_owl_rl_closure_says_what_the_engine_says(claimed: list[Claims]) -> None:
    pytest.importorskip("owlrl", reason="owlrl (it comes with pyshacl) closes the graphs under the OWL 2 RL rules")
    assert [by_owlrl(graph) for graph in GRAPHS] == claimed


def test_hermit_proves_what_the_engine_says_all_graphs_in_one_ontology(claimed: list[Claims]) -> None:
    pytest.importorskip("owlready2", reason="owlready2 (extra 'owl') carries HermiT")
    try:
        java = find_java()
    except MissingDependency as missing:
        pytest.skip(f"HermiT needs Java: {missing}")
    assert by_hermit(GRAPHS, java) == claimed


def test_where_rows_lead_back_into_an_edition_the_engine_says_less_and_nothing_else_differs() -> None:
    differ: Counter[str] = Counter()
    for graph in OTHERS:
        engine, paths, walks = by_engine(graph), by_paths(graph), by_walking(graph)
        assert engine == walks == by_index(graph), graph
        for pair, degree in paths.items():
            assert engine.get(pair, N) <= degree
            differ["less" if engine.get(pair, N) < degree else "same"] += 1
        assert set(engine) <= set(paths)
    print(f"{len(OTHERS)} graphs with returns:", dict(differ))
    assert min(differ["less"], differ["same"]) > 300


def test_walking_without_returns_is_no_limit_on_the_compared_graphs(claimed: list[Claims]) -> None:
    assert [by_walking(graph) for graph in GRAPHS] == claimed


RAISED = [
    (Edge.SUBSET, F, F),
    (Edge.INTERSECTS, F, F),
    (Edge.INTERSECTS, P, P),
    (Edge.SUPERSET, P, P),
    (Edge.PART, P, P),
    (Edge.WHOLE, F, F),
    (Edge.UNRELATED, F, P),
    (Edge.CROSSWALK, F, P),
    (Edge.EQUAL, F, P),
    (Edge.EQUAL, P, Degree.CANDIDATE),
    (Edge.WHOLE, P, Degree.CANDIDATE),
]


@pytest.mark.parametrize(("edge", "degree", "changed"), RAISED, ids=[f"{e.value} from {d.word}" for e, d, _ in RAISED])
def test_the_comparison_notices_one_changed_cell(
    edge: Edge, degree: Degree, changed: Degree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TRANSFER[edge], degree, changed)
    assert any(by_engine(graph) != by_paths(graph) for graph in GRAPHS)


def test_the_comparison_sees_each_relation_carry_claims() -> None:
    used = Counter(relation for graph in GRAPHS for _, relation, _ in graph.rows)
    assert min(used[r] for r in (EQ, SUP, SUB, INT)) > 100


# -- every rule and guard at level provision: engine and index --------------------------------------


@given(st.integers(0, 10**6))
@settings(derandomize=True, deadline=None, max_examples=150)
def test_on_random_catalogues_the_index_says_what_the_engine_says(seed: int) -> None:
    known, asked = random_catalogues.drawn(seed), random_catalogues.asked(seed)
    index = Index(known, asked)
    for start in known.provisions:
        found = {name: best.degree for name, best in index.claims(start).items()}
        assert found == degrees(infer(known, [start], asked)), start


@given(st.integers(0, 10**6), st.data())
@settings(derandomize=True, deadline=None, max_examples=100)
def test_of_several_starts_together_the_index_says_what_the_engine_says(seed: int, data: st.DataObject) -> None:
    known, asked = random_catalogues.drawn(seed), random_catalogues.asked(seed)
    starts = data.draw(st.lists(st.sampled_from(sorted(known.provisions)), min_size=2, max_size=5, unique=True))
    found = {name: best.degree for name, best in Index(known, asked).claims(*starts).items()}
    assert found == degrees(infer(known, starts, asked))


HYPOTHETICAL = Context(AS_OF)
ASKED = {
    "everybody": HYPOTHETICAL,
    "a provider": replace(HYPOTHETICAL, roles=frozenset({"provider"})),
    "a deployer of a high-risk system": replace(
        HYPOTHETICAL, roles=frozenset({"deployer"}), system_class="high-risk-annex-iii"
    ),
    "signed rows only": replace(HYPOTHETICAL, trust="accepted"),
}


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_from_every_shipped_provision_the_index_says_what_the_engine_says(library: Library, asked: Context) -> None:
    known = library.catalogue
    index = Index(known, asked)
    for start in known.provisions:
        found = {name: best.degree for name, best in index.claims(start).items()}
        assert found == degrees(infer(known, [start], asked)), start
