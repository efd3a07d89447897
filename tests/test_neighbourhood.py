"""What rules can see from a record, and that a change checked there is a check of everything."""

from __future__ import annotations

from datetime import date
from random import Random

import pyoxigraph as ox
import pytest
from edit_worlds import GRAPH, World, examples

from aims_graph.checking import shapes
from aims_graph.checking.neighbourhood import Neighbourhood
from aims_graph.checking.query_patterns import patterns
from aims_graph.checking.shapes import Rules
from aims_graph.files import data_roots, read_all
from aims_graph.library import Library
from aims_graph.vocab import AIMS
from aims_graph.workspaces.assessing import Assessor
from aims_graph.workspaces.record_store import StoreView
from benchmarks.organisations import organisation

EX = "https://example.org/records/"
HEAD = """@prefix ex: <https://example.org/records/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
"""


def reach(rule: str, data: str, start: str = "a") -> set[str]:
    """The statements, written short, that a rule ex:rule sees from a node."""
    found = Neighbourhood(HEAD + "ex:rule a sh:NodeShape ; sh:targetClass ex:Thing ;" + rule, [f"{EX}rule"])
    (group,) = found.groups
    return {_short(t) for t in group.walk.reach([ox.NamedNode(EX + start)], view(data))}


def view(data: str) -> StoreView:
    store = ox.Store()
    for quad in ox.parse(input=(HEAD + data).encode(), format=ox.RdfFormat.TURTLE):
        store.add(ox.Quad(quad.subject, quad.predicate, quad.object, GRAPH))
    return StoreView(store, GRAPH)


def _short(triple: ox.Triple) -> str:
    return " ".join(str(term).replace(f"<{EX}", "").rstrip(">") for term in triple)


CHAIN = "ex:a ex:p ex:b . ex:b ex:p ex:c . ex:c ex:p ex:d . ex:b ex:q ex:e . ex:x ex:p ex:a ."


@pytest.mark.parametrize(
    ("rule", "seen"),
    [
        ("sh:property [ sh:path ex:p ; sh:minCount 1 ] .", {"a p b"}),
        ("sh:property [ sh:path ( ex:p ex:q ) ] .", {"a p b", "b q e"}),
        ("sh:property [ sh:path [ sh:inversePath ex:p ] ] .", {"x p a"}),
        ("sh:property [ sh:path [ sh:inversePath ( ex:p ex:q ) ] ] .", set()),
        ("sh:property [ sh:path [ sh:alternativePath ( ex:p [ sh:inversePath ex:p ] ) ] ] .", {"a p b", "x p a"}),
        ("sh:property [ sh:path [ sh:oneOrMorePath ex:p ] ] .", {"a p b", "b p c", "c p d"}),
        ("sh:property [ sh:path ( [ sh:zeroOrMorePath ex:p ] ex:q ) ] .", {"a p b", "b p c", "c p d", "b q e"}),
        ("sh:property [ sh:path ( [ sh:zeroOrOnePath ex:p ] ex:q ) ] .", {"a p b", "b q e"}),
        ("sh:or ( [ sh:property [ sh:path ex:p ; sh:node [ sh:property [ sh:path ex:q ] ] ] ] ) .", {"a p b", "b q e"}),
        ("sh:property [ sh:path ex:p ; sh:qualifiedValueShape [ sh:path ex:q ] ] .", {"a p b", "b q e"}),
        ("sh:not [ sh:property [ sh:path ex:p ; sh:equals ex:r ] ] .", {"a p b"}),
        ('sh:sparql [ sh:select "SELECT $this { $this <https://example.org/records/p> ?x }" ] .', {"a p b"}),
        (
            'sh:sparql [ sh:select """SELECT $this { ?y <https://example.org/records/p> $this .'
            ' OPTIONAL { $this <https://example.org/records/p>/<https://example.org/records/q> ?z } }""" ] .',
            {"x p a", "a p b", "b q e"},
        ),
        (
            'sh:sparql [ sh:select """SELECT $this { $this <https://example.org/records/p>+ ?x .'
            ' FILTER EXISTS { ?x <https://example.org/records/q> ?v } }""" ] .',
            {"a p b", "b p c", "c p d", "b q e"},
        ),
    ],
)
def test_a_rule_sees_what_its_paths_and_patterns_lead_to(rule: str, seen: set[str]) -> None:
    assert reach(rule, CHAIN) == seen


def test_a_value_shared_by_many_is_not_walked_back_from_where_a_pattern_already_leads_to_it() -> None:
    data = "ex:a ex:p ex:b . ex:b a ex:Kind . " + " ".join(f"ex:n{i} a ex:Kind ." for i in range(50))
    rule = 'sh:sparql [ sh:select "SELECT $this { $this <https://example.org/records/p> ?x . ?x a ?kind }" ] .'
    assert len(reach(rule, data)) == 2


def test_a_query_whose_pattern_nothing_leads_to_is_refused_with_the_pattern() -> None:
    query = "SELECT $this { $this <http://e/p> ?x . ?other <http://e/q> ?value }"
    with pytest.raises(ValueError, match=r"^looks at what no way leads to .* http://e/q value"):
        reach(f'sh:sparql [ sh:select "{query}" ] .', CHAIN)


def test_patterns_of_optional_parts_filters_and_unions_are_found_and_those_about_fixed_subjects_left_out() -> None:
    query = """SELECT $this { $this <http://e/p> ?x OPTIONAL { ?x <http://e/q> ?y } <http://e/now> <http://e/day> ?day
    { $this ^<http://e/r> ?z } UNION { $this <http://e/s>|<http://e/t> ?z } FILTER NOT EXISTS { ?z ?any ?x } }"""
    found = {(p.subject, p.object) for p in patterns(query, fixed=("http://e/now",))}
    assert found == {("this", "x"), ("x", "y"), ("this", "z"), ("z", "x")}


def test_a_changed_statement_touches_the_records_that_can_see_it_before_or_after() -> None:
    turtle = HEAD + "ex:rule a sh:NodeShape ; sh:targetClass ex:Thing ; sh:property [ sh:path ( ex:p ex:q ) ] ."
    found = Neighbourhood(turtle, [f"{EX}rule"])
    change = ox.Triple(ox.NamedNode(f"{EX}b"), ox.NamedNode(f"{EX}q"), ox.NamedNode(f"{EX}e"))
    (group,) = found.groups
    assert found.touched([change], (view(CHAIN),)) == {group: {f"{EX}a"}}
    assert found.touched([change], (view("ex:z ex:p ex:y ."),)) == {}


@pytest.fixture(scope="module")
def rules() -> Rules:
    return shapes.load(read_all(data_roots()))


def test_every_shipped_rule_has_a_bounded_neighbourhood(rules: Rules) -> None:
    assert len(Neighbourhood(rules.turtle, [r.iri for r in rules.rules])) == len(rules.rules)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_findings_kept_up_edit_by_edit_are_those_of_a_check_of_everything(library: Library, seed: int) -> None:
    """The fast engine after each edit; the reference engine in `make soak`, over thousands of edits."""
    random = Random(seed)
    rules = shapes.subset(library.rules, random.sample(library.rules.rules, 40))
    world = World(
        Assessor(library.catalogue, rules), examples(library.catalogue, rules.rules), date(2031, 1, 15), random
    )
    seen = set()
    for changed in world.edits(25):
        assert world.known == world.by_whole_check(reference=False), changed
        seen |= {rule for rule, _ in world.known}
    assert len(seen) >= 10  # the edits do set rules off


def test_a_case_has_few_statements_that_rules_can_see_whatever_the_size_of_the_organisation(library: Library) -> None:
    assessor = Assessor(library.catalogue, library.rules)
    sizes = []
    for actions in (20, 200):
        store = ox.Store()
        triples = organisation(actions, f"{AIMS}clause-")
        store.bulk_extend(ox.Quad(t.subject, t.predicate, t.object, GRAPH) for t in triples)
        node = ox.NamedNode(f"{EX}NC-7")
        looks = StoreView(store, GRAPH)
        groups = [g for g in assessor.rules.neighbourhood.groups if g.targets.include(node, looks)]
        sizes.append(len(set().union(*(g.walk.reach([node], looks) for g in groups))))
    assert sizes[0] == sizes[1] < 60
