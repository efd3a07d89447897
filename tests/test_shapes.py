"""Evidence rules: each with passing and failing examples, and what they say of the worked case."""

from __future__ import annotations

from datetime import date

import pytest
from conftest import AS_OF, CASES, ROOT, Run

from aims_graph.checking import shapes
from aims_graph.files import data_roots, read_all
from aims_graph.library import Library

RULES = shapes.load(read_all(data_roots()))
PREFIXES = Library.open().catalogue.prefixes
EXAMPLES = [
    pytest.param(rule, text, fails, id=f"{rule.code}-{'fail' if fails else 'pass'}-{n}")
    for rule in RULES.rules
    for fails, texts in ((False, rule.passing), (True, rule.failing))
    for n, text in enumerate(texts, 1)
]


@pytest.mark.parametrize(("rule", "example", "fails"), EXAMPLES)
def test_a_rule_passes_its_passing_and_finds_its_failing_examples(rule: shapes.Rule, example: str, fails: bool) -> None:
    assert shapes.breaks(RULES, rule, example, PREFIXES, AS_OF) is fails


def test_every_rule_has_both_kinds_of_example_and_a_source() -> None:
    assert len(RULES.rules) >= 20
    for rule in RULES.rules:
        assert rule.passing, rule.code
        assert rule.failing, rule.code
        assert rule.provisions, rule.code


def test_one_rule_is_one_file_named_by_its_code() -> None:
    shared = {"lifecycle", "applicability"}  # conditions that several rules share
    files = {p.stem for p in (ROOT / "ontology" / "shapes").glob("*.ttl")} - shared
    assert files == {r.code.lower() for r in RULES.rules}


def test_every_leaf_of_the_corrective_action_clause_has_an_element(library: Library) -> None:
    catalogue = library.catalogue
    clause = "iso42001:10.2"
    leaves = {p for p in catalogue.descendants(clause) if not catalogue.children.get(p)}
    covered = {catalogue.curie(i) for r in RULES.rules if r.element for i in r.provisions}
    assert leaves <= covered


def test_the_complete_case_has_no_finding(run: Run) -> None:
    ran = run("check", CASES / "complete.ttl", "--as-of", "2026-11-22")
    assert (ran.code, ran.out) == (0, "Nothing is missing (as of 2026-11-22). Not a conformity statement.\n")


def test_the_incomplete_case_lacks_the_review_and_two_records(run: Run) -> None:
    ran = run("check", CASES / "incomplete.ttl", "--as-of", "2026-11-22", "--format", "csv")
    assert ran.code == 1
    assert [line.split(",")[0] for line in ran.out.splitlines()[1:]] == ["AG-1042-07", "AG-1042-10", "AG-1042-15"]


def test_a_finding_says_what_is_missing_who_asks_and_how_to_mend_it(run: Run) -> None:
    out = run("check", CASES / "incomplete.ttl", "--as-of", "2026-11-22").out
    assert "NC-3: Effectiveness reviewed" in out
    assert "the clause asks: iso42001:10.2.d · rule AG-1042-10" in out
    assert max(len(line) for line in out.splitlines()) <= 80


def test_checking_reads_standard_input(run: Run) -> None:
    text = (CASES / "incomplete.ttl").read_text(encoding="utf-8")
    assert run("check", "-", "--as-of", "2026-11-22", stdin=text).code == 1


def test_an_open_case_is_pending_and_can_always_be_logged(run: Run) -> None:
    text = """@prefix aims: <https://w3id.org/aims-graph/ontology#> .
@prefix ex: <https://example.org/records/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
ex:NC-9 a aims:Nonconformity ; rdfs:label "New" ; dcterms:identifier "NC-9" ; aims:state aims:state-open .
"""
    ran = run("check", "-", "--as-of", "2026-11-22", "--format", "csv", stdin=text)
    assert ran.code == 0
    assert "Violation" not in ran.out


def test_a_check_changes_nothing_of_the_records() -> None:
    text = (CASES / "incomplete.ttl").read_text(encoding="utf-8")
    first = shapes.check(RULES, [text], AS_OF)
    assert shapes.check(RULES, [text], AS_OF) == first


def test_the_day_of_a_check_is_data() -> None:
    rule = next(r for r in RULES.rules if "overdue" in r.name.lower() or "due" in r.name.lower())
    open_action = """@prefix aims: <https://w3id.org/aims-graph/ontology#> .
@prefix ex: <https://example.org/records/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
ex:NC-1 a aims:Nonconformity ; aims:state aims:state-action-decided .
ex:CA-1 a aims:CorrectiveAction ; aims:correctiveActionFor ex:NC-1 ; aims:dueOn "2026-10-01"^^xsd:date .
"""
    late = {s for s, _ in shapes.check(RULES, [open_action], date(2026, 10, 2))}
    early = {s for s, _ in shapes.check(RULES, [open_action], date(2026, 10, 1))}
    assert rule.iri in late
    assert rule.iri not in early
