"""Validation: both engines say the same of every example and of edited records, and change and fetch nothing."""

from __future__ import annotations

import socket
from random import Random

import pyoxigraph as ox
import pytest
from conftest import AS_OF, CASES, ROOT
from rdflib import RDF, SH, Graph

from aims_graph.checking import shapes
from aims_graph.checking.validation import FAST, REFERENCE, Result, Shapes, report_turtle
from aims_graph.errors import DataError
from aims_graph.files import DataFile, data_roots, read_all
from aims_graph.library import Library

FILES = read_all(data_roots())
RULES = shapes.load(FILES)
TEXTS = [file.text for file in FILES if file.kind == "shape"]
CONDITIONS = [text for text in TEXTS if "aims:code" not in text]
PREFIXES = "".join(f"@prefix {p}: <{ns}> .\n" for p, ns in Library.open().catalogue.prefixes.items())
EXAMPLES = [(rule.code, text) for rule in RULES.rules for text in (*rule.passing, *rule.failing)]
EX = "https://example.org/records/"
SHAPES = """@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix ex: <https://example.org/records/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
ex:Named a sh:NodeShape ; sh:targetClass ex:Thing ;
    sh:property [ sh:path ex:name ; sh:minCount 1 ; sh:message "It has no name. Name it." ] ;
    sh:property [ sh:path ( ex:part [ sh:inversePath ex:size ] ) ; sh:maxCount 0 ; sh:severity sh:Warning ] .
ex:Sized a sh:NodeShape ; sh:targetSubjectsOf ex:size ;
    sh:property ex:Size . ex:Size sh:path ex:size ; sh:pattern "^[1-9]" .
"""
TYPE = f"<{RDF.type}>"
THING = f"<{EX}a> {TYPE} <{EX}Thing> .\n".encode()


def told(results: tuple[Result, ...]) -> list[tuple[str | None, ...]]:
    """Results without their words, which each engine has of its own where the shape has none."""
    return sorted(
        ((r.shape, r.focus, r.path or "", r.value or "", r.component, r.severity) for r in results),
    )


def the_same(compiled: Shapes, data: bytes, focus: tuple[str, ...] = (), names: tuple[str, ...] = ()) -> None:
    assert told(compiled.validate(data, focus, names)) == told(compiled.reference(data, focus, names))


def test_our_rules_are_all_checked_by_the_fast_engine() -> None:
    assert (RULES.shapes.engine, RULES.shapes.fallback) == (FAST, None)
    assert RULES.conditions[1].engine == FAST


def some_rules(chooser: Random) -> Shapes:
    """A tenth of the rules with the conditions that they share: the reference takes seconds for all."""
    rules = [text for text in TEXTS if text not in CONDITIONS]
    return Shapes("\n".join([*CONDITIONS, *chooser.sample(rules, max(6, len(rules) // 10))]))


@pytest.mark.parametrize("seed", range(4))
def test_both_engines_say_the_same_of_examples(seed: int) -> None:
    chooser = Random(f"examples {seed}")
    compiled = some_rules(chooser)
    for _, text in chooser.sample(EXAMPLES, 4):
        the_same(compiled, shapes.statements([PREFIXES + text], AS_OF))


@pytest.mark.parametrize("name", ["complete.ttl", "incomplete.ttl"])
def test_both_engines_say_the_same_of_the_worked_case(name: str) -> None:
    data = shapes.statements([(CASES / name).read_text(encoding="utf-8")], AS_OF)
    the_same(some_rules(Random(name)), data)
    probes, conditions = RULES.conditions
    the_same(conditions, data, (f"{EX}NC-3",), tuple(probes.values()))


@pytest.mark.parametrize("seed", range(6))
def test_both_engines_say_the_same_of_records_edited_at_random(seed: int) -> None:
    chooser = Random(f"edits {seed}")
    lines = shapes.statements([(CASES / "complete.ttl").read_text(encoding="utf-8")], AS_OF).splitlines()
    kept = [line for line in lines if chooser.random() < 0.9]
    nodes = [line.split(b" ")[0] for line in lines]
    for _ in range(8):
        subject, predicate, _ = chooser.choice(kept).split(b" ", 2)
        value = chooser.choice([chooser.choice(nodes), b'"01"', b'"x"@en', b'"2026-13-01"', b'"2026-10-01"^^<x:d>'])
        kept.append(b" ".join((subject, predicate, value, b".")))
    the_same(some_rules(chooser), b"\n".join(kept) + b"\n")


def test_results_are_sorted_and_the_same_every_time() -> None:
    data = shapes.statements([(CASES / "incomplete.ttl").read_text(encoding="utf-8")], AS_OF)
    found = Shapes(RULES.turtle).validate(data)
    assert found
    assert found == tuple(sorted(found, key=Result.key)) == RULES.shapes.validate(data)


def test_a_result_says_shape_node_path_value_component_severity_and_message() -> None:
    (found,) = Shapes(SHAPES).validate(THING)
    assert (found.focus, found.path, found.value) == (f"{EX}a", f"{EX}name", None)
    assert (found.component, found.severity) == (str(SH.MinCountConstraintComponent), str(SH.Violation))
    assert found.message == "It has no name. Name it."
    assert found.shape.startswith("_:")


def test_focus_and_names_narrow_a_check() -> None:
    data = THING + f'<{EX}b> {TYPE} <{EX}Thing> .\n<{EX}a> <{EX}size> "0" .\n'.encode()
    compiled = Shapes(SHAPES)
    assert len(compiled.validate(data)) == 3
    assert {r.focus for r in compiled.validate(data, [f"{EX}b"])} == {f"{EX}b"}
    assert {r.path for r in compiled.validate(data, (), [f"{EX}Sized"])} == {f"{EX}size"}
    both = compiled.validate(data, [f"{EX}none"], [f"{EX}Named"])
    assert [r.focus for r in both] == [f"{EX}none"]  # whatever its targets are
    for focus, names in (((f"{EX}b",), ()), ((), (f"{EX}Sized",)), ((f"{EX}none",), (f"{EX}Named",))):
        the_same(compiled, data, focus, names)


@pytest.mark.parametrize("engine", [Shapes.validate, Shapes.reference])
def test_literals_are_read_as_they_are_written(engine: object) -> None:
    data = f'<{EX}a> <{EX}size> "05"^^<http://www.w3.org/2001/XMLSchema#integer> .\n'.encode()
    found = engine(Shapes(SHAPES), data)  # type: ignore[operator]
    assert [r.value for r in found] == ['"05"^^<http://www.w3.org/2001/XMLSchema#integer>']


def test_a_report_in_turtle_is_what_the_w3c_asks_for() -> None:
    data = THING + f"<{EX}a> <{EX}part> <{EX}p> .\n<{EX}q> <{EX}size> <{EX}p> .\n".encode()
    text = Shapes(SHAPES).report(data)
    graph = Graph().parse(data=text, format="turtle")
    (report,) = graph.subjects(RDF.type, SH.ValidationReport)
    assert str(graph.value(report, SH.conforms)) == "false"
    assert len(list(graph.objects(report, SH.result))) == len(Shapes(SHAPES).validate(data)) == 3
    assert f"( <{EX}part> [ <{SH.inversePath}> <{EX}size> ] )" in text
    assert text == Shapes(SHAPES).report(data)
    assert "sh:conforms true ." in report_turtle(())


def test_a_construct_that_the_fast_engine_is_not_trusted_with_is_given_to_the_reference() -> None:
    ruled = SHAPES + (
        "ex:Named sh:rule [ a sh:TripleRule ; sh:subject sh:this ; sh:predicate ex:seen ; sh:object ex:Named ] .\n"
    )
    compiled = Shapes(ruled)
    assert (compiled.engine, compiled.fallback) == (REFERENCE, "SHACL rules")
    assert [r.path for r in compiled.validate(THING)] == [f"{EX}name"]


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "socket", refuse)
    owl = "http://www.w3.org/2002/07/owl#"
    compiled = Shapes(f"<{EX}o> a <{owl}Ontology> ; <{owl}imports> <http://example.org/more> .\n{SHAPES}")
    data = THING + f"<{EX}o> <{owl}imports> <http://example.org/more> .\n".encode()
    assert compiled.validate(data) == compiled.validate(data)
    the_same(compiled, data)


@pytest.mark.parametrize(
    ("turtle", "data", "says"),
    [
        ("<a:b> <a:c> ", b"", "(shapes):1: cannot be read: "),
        (SHAPES, b"<a:b> <a:c> .", "(statements):1: cannot be read: "),
        ("<x:S> a <http://www.w3.org/ns/shacl#NodeShape> ; <http://www.w3.org/ns/shacl#targetNode> <x:a> ; "
         "<http://www.w3.org/ns/shacl#sparql> [ <http://www.w3.org/ns/shacl#select> "
         "'SELECT $this WHERE { VALUES ?x { 1 } }' ] .", THING, "the shapes cannot be used: "),
    ],
)  # fmt: skip
def test_what_cannot_be_read_or_is_not_allowed_is_said_with_its_place(turtle: str, data: bytes, says: str) -> None:
    with pytest.raises(DataError) as error:
        Shapes(turtle).validate(data)
    assert says in str(error.value)


@pytest.mark.parametrize(("word", "clause"), [("VALUES", "VALUES ?x { 1 }"), ("MINUS", "minus { ?x a ?y }")])
def test_a_rule_with_a_word_that_shacl_forbids_is_found_with_its_line(word: str, clause: str) -> None:
    text = f"""@prefix sh: <http://www.w3.org/ns/shacl#> .
# VALUES in a comment is nothing
<x:S> a sh:NodeShape ; sh:message "MINUS VALUES" ; sh:targetNode <x:a> ;
    sh:sparql [ sh:select \'\'\'SELECT $this ?values
WHERE {{ $this <x:VALUES> "VALUES" . {clause} }} \'\'\' ] .
"""
    _, problems = shapes.inspect([DataFile("shape", "rules/s.ttl", text)])
    assert [str(p) for p in problems] == [
        f"rules/s.ttl:4: a SPARQL constraint must not contain {word}. Say it with FILTER, IN or BIND."
    ]


def test_statements_of_others_stay_as_they_are() -> None:
    data = shapes.statements([(CASES / "incomplete.ttl").read_text(encoding="utf-8")], AS_OF)
    before = sorted(map(str, ox.parse(data, format=ox.RdfFormat.N_TRIPLES)))
    RULES.shapes.validate(data)
    assert sorted(map(str, ox.parse(data, format=ox.RdfFormat.N_TRIPLES))) == before


def test_the_main_question_imports_no_engine() -> None:
    import subprocess
    import sys

    code = (
        "import sys; sys.argv = ['aims-graph', 'what-else', 'iso42001:10.2', '--as-of', '2026-11-22']\n"
        "from aims_graph.cli import main\nmain()\n"
        "assert not {'rdflib', 'pyshacl', 'pyshacl_turbo'} & set(sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
