"""Saved questions: golden answers, and agreement with the command."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator

import golden
import pyoxigraph as ox
import pytest
from conftest import AS_OF, ROOT, Run

from aims_graph import asked, queries, trace
from aims_graph.catalogue import Catalogue
from aims_graph.errors import InputError, QueryError, UnknownName
from aims_graph.library import Library
from aims_graph.relations import Degree
from aims_graph.sparql_text import escape_dots
from aims_graph.vocab import RDF

QUESTIONS = sorted(p.stem for p in (ROOT / "queries").glob("*.rq"))


@pytest.fixture(scope="module")
def library_with_case() -> Library:
    before = os.getcwd()  # noqa: PTH109
    os.chdir(ROOT)
    try:
        return golden.open_library()
    finally:
        os.chdir(before)


def test_at_least_seven_questions_are_shipped() -> None:
    assert len(QUESTIONS) >= 7
    assert {"what-else", "clause-cases"} <= set(QUESTIONS)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_gives_its_golden_answer(library_with_case: Library, question: str) -> None:
    path = golden.GOLDEN / f"{question}.tsv"
    assert path.is_file(), f"no golden answer: run 'make golden' and review {path.name}"
    found = golden.text(library_with_case, question)
    assert found == path.read_text(encoding="utf-8"), "review the change, then run 'make golden'"


def _told(catalogue: Catalogue, table: queries.Table) -> Iterator[tuple[str, str, str]]:
    """(provision, what it counts towards, how) of the rows of the main question."""
    place = [table.columns.index(column) for column in ("provision", "other", "degree")]
    for row in table.rows:
        provision, other, degree = (row[n] for n in place)
        assert isinstance(provision, ox.NamedNode)
        assert isinstance(other, ox.NamedNode)
        assert isinstance(degree, ox.Literal)
        yield catalogue.curie(provision.value), catalogue.curie(other.value), degree.value


def test_the_main_question_and_the_command_agree_for_every_provision(library: Library) -> None:
    """At level provision, before the guards of role, date and scope (SEMANTICS, the SPARQL fragment)."""
    store, question, catalogue = library.store(AS_OF), library.questions["what-else"], library.catalogue
    found: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for name, *answer in _told(catalogue, queries.select(store, question.text)):  # of all provisions at once
        found[name].add((answer[0], answer[1]))
    compared = 0
    for number, provision in enumerate(catalogue.provisions.values()):
        answers = trace.what_else(catalogue, [provision.id], trace.Options(AS_OF)).answers
        command = {(a.provision, a.degree.word) for a in answers if a.degree >= Degree.PARTIAL}
        assert found[provision.id] == command, provision.id
        compared += len(command)
        if number % 20 == 0:  # and as it is asked, of one
            table = queries.run(store, question, {"provision": ox.NamedNode(provision.iri)})
            assert {(provision.id, *of) for of in command} == set(_told(catalogue, table)), provision.id
    assert compared > 100


def test_a_clause_without_cases_reads_none_recorded(library: Library) -> None:
    rows = asked.ask(library, "clause-cases", {"provision": "iso42001:10.2"}, AS_OF, "double-read")
    found = dict(zip(rows.columns, rows.rows[0], strict=True))
    assert len(rows.rows) == 1
    assert found["state"] is not None
    assert found["state"].value == "none recorded"


@pytest.mark.parametrize(
    "values", [{"period_from": "2027-01-01"}, {"period_to": "2026-01-01"}, {"scope": "another scope"}]
)
def test_cases_outside_the_period_or_scope_are_not_listed(library_with_case: Library, values: dict[str, str]) -> None:
    given = {"provision": "iso42001:10.2", **values}
    rows = asked.ask(library_with_case, "clause-cases", given, AS_OF, "double-read")
    assert [row[rows.columns.index("case")].value for row in rows.rows] == ["none recorded"]  # type: ignore[union-attr]


def test_every_shipped_id_survives_in_triple_values_and_filter_position(library: Library) -> None:
    provisions = list(library.catalogue.provisions.values())
    store = ox.Store()
    kind = ox.NamedNode(f"{RDF}type")
    store.extend(ox.Quad(ox.NamedNode(p.iri), kind, ox.Literal(p.id)) for p in provisions)
    prefixes = "".join(f"PREFIX {e.id}: <{e.namespace}>\n" for e in library.catalogue.editions.values())
    for start in range(0, len(provisions), 50):
        some = provisions[start : start + 50]
        ids = [p.id for p in some]
        triples = " UNION ".join(f"{{ {i} ?p ?o . BIND({i} AS ?s) }}" for i in ids)
        for body in (
            f"VALUES ?s {{ {' '.join(ids)} }}",
            f"?s ?p ?o . FILTER({' || '.join(f'?s = {i}' for i in ids)})",
            triples,
        ):
            found = {row[0] for row in queries.select(store, f"{prefixes}SELECT ?s {{ {body} }}").rows}
            assert found == {ox.NamedNode(p.iri) for p in some}, body


def test_strings_iris_and_comments_are_left_alone() -> None:
    query = 'SELECT * { ?s <http://x/a.b.c> "p:A.10.2" } # p:A.10.2'
    assert escape_dots(query) == query


def test_an_unescaped_dotted_name_in_a_question_is_refused() -> None:
    text = "#+ summary: a\n#+ answers: b\nPREFIX p: <http://x/>\nSELECT ?s { ?s ?p p:A.10.2 }\n"
    _, problems = queries.parse("queries/x.rq", text)
    assert [(p.line, "unescaped dots" in p.what) for p in problems] == [(4, True)]


def test_parameters_are_bound_as_terms_and_never_pasted(library: Library) -> None:
    text = (
        "#+ summary: a\n#+ answers: b\n#+ parameters: { x: { type: string, example: e } }\nSELECT ?x { BIND(1 AS ?y) }"
    )
    question, problems = queries.parse("queries/x.rq", text)
    assert problems == []
    assert question is not None
    hostile = '" } INSERT DATA { <a:b> <a:c> 1 } #'
    table = queries.run(ox.Store(), question, {"x": ox.Literal(hostile)})
    assert table.rows == ((ox.Literal(hostile),),)


@pytest.mark.parametrize(("type_", "value"), [("date", "soon"), ("integer", "many"), ("decimal", "half")])
def test_a_value_of_the_wrong_type_is_refused(type_: str, value: str) -> None:
    with pytest.raises(InputError, match=f"is not a {type_}"):
        queries.literal(queries.Parameter("p", type_, "x", ""), value)


def test_unknown_questions_and_values_are_refused(library: Library) -> None:
    with pytest.raises(UnknownName):
        asked.ask(library, "no-such-question", {}, AS_OF, "double-read")
    with pytest.raises(InputError, match="takes no 'colour'"):
        asked.ask(library, "what-else", {"colour": "red"}, AS_OF, "double-read")
    with pytest.raises(InputError, match="no records are loaded"):
        parameter = queries.Parameter("r", "record", "CA-7", "")
        asked._term(library, parameter, "CA-7")
    with pytest.raises(InputError, match="is not NAME=VALUE"):
        asked.split(["nonsense"])


def test_a_framework_is_named_as_people_type_it(library: Library) -> None:
    values = {"done": "iso42001:10.2", "role": "provider"}
    iri = library.catalogue.editions["airmf"].iri
    found = [
        asked.ask(library, "gaps", {**values, "framework": name}, AS_OF, "double-read").rows
        for name in ("airmf", "NIST AI RMF", iri)
    ]
    assert found[0]
    assert found[0] == found[1] == found[2]
    with pytest.raises(UnknownName, match="'gdpr' is not a known term or framework"):
        asked.ask(library, "gaps", {**values, "framework": "gdpr"}, AS_OF, "double-read")


def test_examples_name_frameworks_by_id(library: Library) -> None:
    editions = {e.iri for e in library.catalogue.editions.values()}
    assert {p.example for q in library.questions.values() for p in q.parameters}.isdisjoint(editions)


def test_an_unknown_question_names_those_near_or_all(library: Library) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'gaps'"):
        asked.ask(library, "gap", {}, AS_OF, "double-read")
    with pytest.raises(UnknownName, match=r"Use one of: clause-cases, .*what-if"):
        asked.ask(library, "zzz", {}, AS_OF, "double-read")


def test_free_sparql_runs_apart_and_is_ended_at_its_limit(run: Run) -> None:
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    ran = run("sparql", "-", "--timeout", "0.3", "--as-of", "2026-11-22", stdin=endless)
    assert ran.code == 2
    assert "took longer than 0.3 s and was ended" in ran.err


def test_free_sparql_gives_w3c_results_json(run: Run) -> None:
    import json

    query = 'SELECT ?a ?b { VALUES (?a ?b) { (<http://x/y> "1"@en) (<http://x/z> UNDEF) } }'
    ran = run("sparql", "-", "--format", "json", "--as-of", "2026-11-22", stdin=query)
    assert json.loads(ran.out) == {
        "head": {"vars": ["a", "b"]},
        "results": {
            "bindings": [
                {
                    "a": {"type": "uri", "value": "http://x/y"},
                    "b": {"type": "literal", "value": "1", "xml:lang": "en"},
                },
                {"a": {"type": "uri", "value": "http://x/z"}},
            ]
        },
    }
    assert json.loads(run("sparql", "-", "--format", "json", stdin="ASK { ?s ?p ?o }").out)["boolean"] is True
    assert (
        "strm:covers"
        in run("sparql", "-", stdin="CONSTRUCT WHERE { ?s <https://w3id.org/aims-graph/strm#covers> ?o }").out
    )


def test_the_dataset_is_the_union_of_all_named_graphs(library: Library) -> None:
    names = {g.value for g in library.store(AS_OF).named_graphs() if isinstance(g, ox.NamedNode)}
    base = "https://w3id.org/aims-graph/graph/"
    assert {f"{base}{n}" for n in ("ontology", "asserted", "derived", "shapes")} <= names
    assert {e.iri for e in library.catalogue.editions.values()} <= names
    assert {f.id for f in library.catalogue.mapping_files} <= names


def test_rdflib_reads_the_same_dataset(library: Library) -> None:
    from aims_graph.graph import as_rdflib

    store = library.store(AS_OF)
    assert len(as_rdflib(store)) > 1000
    query = "SELECT (COUNT(*) AS ?n) { ?s a <https://w3id.org/aims-graph/ontology#Trigger> }"
    ours = queries.select(store, query).rows[0][0]
    theirs = next(iter(as_rdflib(store).query(query)))
    assert isinstance(ours, ox.Literal)
    assert ours.value == str(theirs[0])  # type: ignore[index]


def test_a_query_is_a_select_where_one_is_needed(library: Library) -> None:
    with pytest.raises(QueryError, match="not a SELECT"):
        queries.select(ox.Store(), "ASK { ?s ?p ?o }")
