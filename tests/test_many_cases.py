"""Many cases: each is read from what its conditions can see, all together, and says what all that is recorded says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyoxigraph as ox
import pytest
from conftest import AS_OF

from aims_graph import asked, records
from aims_graph.cases import MISSING, RECORDED, read_case, read_cases
from aims_graph.checking.shapes import unmet
from aims_graph.checking.validation import Shapes
from aims_graph.checking.walks import Held
from aims_graph.library import Library
from aims_graph.records import CASE_CLASS, Records
from aims_graph.trace import Options
from aims_graph.vocab import AIMS, RDF, XSD
from aims_graph.workspaces.workspace import BASE
from benchmarks.organisations import organisation

MANY = 40
BACK = f"{BASE}NC-7"  # whose problem came back on a day that is not recorded


@pytest.fixture(scope="module")
def many(library: Library) -> Library:
    """A made-up organisation with its cases, and one more that says that the problem of one of them came back."""
    standard = library.catalogue.editions["iso42001"].namespace
    again = ox.NamedNode(f"{BASE}NC-again")
    back = ox.Triple(again, ox.NamedNode(f"{AIMS}recurrenceOf"), ox.NamedNode(BACK))
    kind = ox.Triple(again, ox.NamedNode(f"{RDF}type"), ox.NamedNode(CASE_CLASS))
    return library.with_records(records.of_triples("made.ttl", [*organisation(MANY, standard), kind, back], {}))


def anew(library: Library) -> Records:
    """The same records, of which nothing is remembered."""
    assert library.records is not None
    return replace(library.records)


def test_what_conditions_can_see_of_a_case_says_what_all_records_say(many: Library) -> None:
    held, rules = Held(t for triples in anew(many).facts.triples.values() for t in triples), many.rules
    cases = anew(many).on(AS_OF).cases()
    assert rules.reach_of_conditions is not None
    near = unmet(rules, held, cases, AS_OF)
    everything = replace(rules)
    everything.__dict__["reach_of_conditions"] = None  # as where a condition looks at what no way leads to
    assert near == unmet(everything, held, cases, AS_OF)
    assert len(set(near.values())) > 3
    assert all(near[case] == unmet(rules, held, [case], AS_OF)[case] for case in cases[::7])


def test_cases_read_together_are_those_read_alone(many: Library) -> None:
    together = read_cases(many.catalogue, many.rules, anew(many), AS_OF)
    assert len(together) == MANY + 1
    for case in together:
        assert read_case(many.catalogue, many.rules, anew(many), case.case_iri, AS_OF) == case
    (back,) = (case for case in together if case.case_iri == BACK)
    assert back.reopened is not None and back.reopened.day is None


def test_the_question_of_a_clause_counts_what_each_case_has_lacks_and_how_often_it_came_back(many: Library) -> None:
    kept = [triple for triples in anew(many).facts.triples.values() for triple in triples]
    came_back = {BACK: 3, f"{BASE}NC-9": 1}  # by another case that says so, and on days that are told of
    days = [(BACK, "2026-03-01"), (BACK, "2026-04-01"), (f"{BASE}NC-9", "2026-05-01")]
    told = [
        ox.Triple(
            ox.NamedNode(case), ox.NamedNode(f"{AIMS}recurredOn"), ox.Literal(day, datatype=ox.NamedNode(f"{XSD}date"))
        )
        for case, day in days
    ]
    loaded = many.with_records(records.of_triples("made.ttl", [*kept, *told], {}))
    table = asked.ask(loaded, "clause-cases", {"provision": "iso42001:10.2"}, AS_OF, "double-read")
    columns = [table.columns.index(name) for name in ("case", "recorded", "missing", "recurrences")]
    found = [tuple(term.value if (term := row[n]) else None for n in columns) for row in table.rows]
    expected = []
    for case in read_cases(loaded.catalogue, loaded.rules, anew(loaded), AS_OF):
        if "iso42001:10.2" in case.own and case.case_iri != f"{BASE}NC-again":  # of which no day is recorded
            has = {element.rule_iri for element in case.elements if element.state == RECORDED}
            lacks = sorted({element.name for element in case.elements if element.state == MISSING})
            back = came_back.get(case.case_iri, 0)
            expected.append((case.case, f"{len(has)}", ", ".join(lacks), f"{back}"))
    assert sorted(found) == sorted(expected)
    assert len(found) == MANY
    assert len({row[1:3] for row in found}) >= 3


def test_each_case_is_looked_at_once_however_often_it_is_asked_about(
    many: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    validate = Shapes.validate

    def counted(shapes: Shapes, data: bytes, focus: Any = (), names: Any = ()) -> Any:
        looked.append(len(focus))
        return validate(shapes, data, focus, names)

    monkeypatch.setattr(Shapes, "validate", counted)
    loaded = many.with_records(anew(many))
    first = loaded.what_else(["NC-3"], Options(AS_OF))
    assert sum(looked) == MANY + 1
    assert len(looked) == 3  # the case, all others, and the one that came back
    assert loaded.what_else(["NC-3"], Options(AS_OF)) == first
    loaded.what_else(["CA-5"], Options(AS_OF))
    loaded.cases(AS_OF)
    assert sum(looked) == MANY + 1
    findings = loaded.findings(AS_OF)
    seen = len(looked)
    assert loaded.findings(AS_OF) is findings
    assert len(looked) == seen


def test_what_is_remembered_of_other_days_is_bounded(many: Library) -> None:
    found = anew(many)
    days = [AS_OF.replace(year=year, month=month) for year in (2026, 2027, 2028) for month in range(1, 13)]
    for day in days:
        stood = found.on(day)
        assert stood.on(day) is stood
        stood.remembered("day", found, object)
        stood.remembered(("day", day), found, object)
    assert len(found._then) <= records.DAYS_KEPT + 1
    assert len(stood._kept) <= records.KEPT
    assert found.remembered("day", found, lambda: 1) is not found.remembered("day", many, lambda: 2)
    assert [c.case_iri for c in read_cases(many.catalogue, many.rules, found, days[0])] != []


def test_statements_that_are_added_are_found(many: Library) -> None:
    facts = records.of_triples("x", [], {}).facts
    node, link = ox.NamedNode("urn:a"), ox.NamedNode("urn:p")
    assert list(facts.subjects("urn:p", "1")) == []
    facts.index([ox.Triple(node, link, ox.Literal("1")), ox.Triple(node, link, ox.Literal("1"))])
    assert list(facts.subjects("urn:p", "1")) == ["urn:a"]
