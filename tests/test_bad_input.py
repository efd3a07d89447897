"""Bad input gets a clear error: what, where, how to fix; exit 2; nothing half-written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import CASES, DATA, Run

PREFIXES = """@prefix aims: <https://w3id.org/aims-graph/ontology#> .
@prefix t: <https://example.org/t/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix vann: <http://purl.org/vocab/vann/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix shape: <https://w3id.org/aims-graph/shape/> .
"""
EDITION = """
<https://example.org/t/>
    a aims:Edition ;
    aims:editionOf <https://example.org/framework> ;
    vann:preferredNamespacePrefix "t" ;
    vann:preferredNamespaceUri "https://example.org/t/" ;
    dcterms:title "Test"@en ;
    rdfs:label "Test"@en ;
    aims:version "1" ;
    aims:bindingness aims:voluntary-framework ;
    dcterms:source <https://example.org/> ;
    dcterms:rights "none"@en .
"""
CYCLE = """
t:a
    a aims:Clause ;
    aims:inEdition <https://example.org/t/> ;
    aims:partOf t:b ;
    aims:decomposition aims:AllOf ;
    skos:notation "a" ;
    rdfs:label "A"@en ;
    dcterms:source <https://example.org/> .

t:b
    a aims:Clause ;
    aims:inEdition <https://example.org/t/> ;
    aims:partOf t:a ;
    aims:decomposition aims:AllOf ;
    skos:notation "b" ;
    rdfs:label "B"@en ;
    dcterms:source <https://example.org/> .
"""
SHAPE_WITHOUT_SOURCE = """
shape:x-1
    a sh:NodeShape, aims:EvidenceShape ;
    aims:code "X-1" ;
    sh:name "Owner"@en ;
    sh:message "No owner. Name one."@en ;
    aims:askedBy aims:good-practice ;
    sh:severity sh:Info ;
    sh:targetClass aims:Nonconformity ;
    sh:or ( [ sh:path aims:owner ; sh:minCount 1 ] ) ;
    aims:passingExample "ex:n a aims:Nonconformity ; aims:owner ex:p ." ;
    aims:failingExample "ex:n a aims:Nonconformity ." .
"""


def folder(tmp_path: Path, **files: str) -> Path:
    """A data folder with files given as folder__name=text."""
    for name, content in files.items():
        path = tmp_path / "data" / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return tmp_path / "data"


def test_an_unknown_id_names_candidates_and_exits_2(run: Run) -> None:
    ran = run("what-else", "iso42001:10.9", "--as-of", "2026-11-22")
    assert ran.code == 2
    assert "'iso42001:10.9' is not a known provision" in ran.err
    assert "iso42001:10.2" in ran.err
    assert ran.out == ""


def test_a_number_without_framework_asks_which_one_is_meant(run: Run) -> None:
    ran = run("what-else", "10.2")
    assert ran.code == 2
    assert "Which one is meant?" in ran.err
    assert "iso42001:10.2" in ran.err
    assert "iso27001:10.2" in ran.err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--role", "boss"), "'boss' is not a known role"),
        (("--system-class", "huge"), "'huge' is not a known system class"),
        (("--as-of", "yesterday"), "--as-of 'yesterday' is not a date"),
        (("--framework", "nothing"), "'nothing' is not a known framework"),
        (("--trust", "blind"), "'blind' is not a known trust level"),
        (("--limit", "0"), "limit 0 is not a positive number"),
        (("--data", "no/such/folder"), "data folder 'no/such/folder' does not exist"),
        (("--records", "no-such.ttl"), "no-such.ttl: cannot be read"),
    ],
)
def test_an_option_that_cannot_be_used_says_what_can(run: Run, options: tuple[str, ...], says: str) -> None:
    ran = run("what-else", "iso42001:10.2", *options)
    assert ran.code == 2
    assert says in ran.err
    assert "Traceback" not in ran.err


def test_words_that_are_no_name_are_told_how_to_search_and_that_no_record_is_loaded(run: Run) -> None:
    words = run("what-else", "corrective action")
    assert words.code == 2
    assert "'corrective action' is not a known provision, and no records are loaded." in words.err
    assert "To search: aims-graph find 'corrective action'" in words.err
    record = run("explain", "CA-7", "aiact:art-20.1")
    assert "To load records: --records FILE" in record.err
    assert "To search: aims-graph find zzz" in run("show", "zzz").err
    assert "records" not in run("what-else", "aiact:art-999").err


def test_a_record_where_only_provisions_and_frameworks_can_stand_is_refused_as_one(run: Run) -> None:
    for command in (("gaps", "CA-7"), ("residual", "CA-7", "iso42001:10.2")):
        ran = run(*command, "--records", CASES / "complete.ttl")
        assert (ran.code, ran.out) == (2, "")
        assert "'CA-7' is a record. Name a provision or a framework" in ran.err


def test_what_the_service_says_too_names_no_option(run: Run) -> None:
    told = run("gaps").err
    assert "nothing is named as done" in told
    assert "--" not in told


@pytest.mark.parametrize("format", ["json", "csv"])
@pytest.mark.parametrize("command", [("what-else", "iso42001:10.2"), ("review", "next")])
def test_an_option_that_would_be_a_format_is_told_the_one_that_is(
    run: Run, command: tuple[str, ...], format: str
) -> None:
    ran = run(*command, f"--{format}")
    assert ran.code == 2
    assert f"Did you mean --format {format}?" in ran.err


def test_a_search_for_no_word_is_refused(run: Run) -> None:
    for text in ("", " ", "?"):
        ran = run("find", text)
        assert (ran.code, ran.out) == (2, "")
        assert "nothing is looked for. Give at least one word." in ran.err


def test_malformed_turtle_is_named_with_file_line_and_fix(run: Run, tmp_path: Path) -> None:
    data = folder(tmp_path, **{"ontology/frameworks__t.ttl": PREFIXES + "t:a a aims:Clause ;;; nope\n"})
    ran = run("frameworks", "--data", data)
    assert ran.code == 2
    assert "ontology/frameworks/t.ttl:9: not valid Turtle" in ran.err


def test_all_bad_files_are_reported_at_once(run: Run, tmp_path: Path) -> None:
    data = folder(
        tmp_path,
        **{
            "ontology/frameworks__t.ttl": "nonsense",
            "mappings__a--b.sssom.tsv": "#curie_map: [\nrecord_id\tsubject_id\n",
        },
    )
    ran = run("frameworks", "--data", data)
    assert ran.code == 2
    assert "ontology/frameworks/t.ttl:1" in ran.err
    assert "the header is not valid YAML" in ran.err
    assert "column 'object_id' is missing" in ran.err


def test_a_cycle_of_parts_is_an_error(run: Run, tmp_path: Path) -> None:
    data = folder(tmp_path, **{"ontology/frameworks__t.ttl": PREFIXES + EDITION + CYCLE})
    ran = run("frameworks", "--data", data)
    assert ran.code == 2
    assert "'t:a' lies in a cycle of aims:partOf" in ran.err


@pytest.mark.parametrize(("content", "says"), [(b"", "the file is empty"), (b"\xff\xfe\x00", "not UTF-8 text")])
def test_an_empty_or_binary_file_is_an_error(run: Run, tmp_path: Path, content: bytes, says: str) -> None:
    data = folder(tmp_path, **{"ontology/frameworks__t.ttl": "x"})
    (data / "ontology/frameworks/t.ttl").write_bytes(content)
    ran = run("what-else", "iso42001:10.2", "--data", data)
    assert ran.code == 2
    assert says in ran.err
    assert "t.ttl" in ran.err


def test_a_mapping_to_what_does_not_exist_is_an_error_with_a_suggestion(run: Run, tmp_path: Path) -> None:
    shutil.copytree(DATA / "widgets", tmp_path / "data")
    path = next((tmp_path / "data/mappings").glob("*.tsv"))
    path.write_text(path.read_text().replace("\twidgets:W-1.2\t", "\twidgets:W-1.20\t"))
    ran = run("what-else", "iso42001:10.2", "--data", tmp_path / "data")
    assert ran.code == 2
    assert "object 'widgets:W-1.20' is not a provision. Did you mean" in ran.err
    assert f"{path.name}:" in ran.err


def test_a_shape_without_source_is_an_error(run: Run, tmp_path: Path) -> None:
    data = folder(tmp_path, **{"ontology/shapes__x-1.ttl": PREFIXES + SHAPE_WITHOUT_SOURCE})
    for command in (("lint",), ("check", CASES / "complete.ttl")):
        ran = run(*command, "--data", data)
        assert ran.code == 2
        assert "ontology/shapes/x-1.ttl:10: the rule has no dcterms:source. Add dcterms:source." in ran.out + ran.err


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("#+ summary: [\n", "the '#+' header is not valid YAML"),
        ("#+ tags: [x]\n", "the header has no 'summary'"),
        ("#+ summary: a\n#+ answers: b\n#+ colour: red\n", "header key 'colour' is not known"),
        ("#+ summary: a\n#+ answers: b\n#+ parameters: { p: { type: iri } }\n", "needs a type and an example"),
        ("#+ summary: a\n#+ answers: b\n#+ parameters: { p: { type: iri, example: x } }\n", "is not projected"),
    ],
)
def test_a_bad_question_header_is_an_error(run: Run, tmp_path: Path, header: str, says: str) -> None:
    data = folder(tmp_path, queries__q=header + "SELECT ?s WHERE { ?s ?p2 ?o }\n")
    (data / "queries/q").rename(data / "queries/q.rq")
    ran = run("questions", "--data", data)
    assert ran.code == 2
    assert says in ran.err
    assert "queries/q.rq:" in ran.err


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("SELECT ?s WHERE { ?s ?p", "not a valid query"),
        ("SELECT * { SERVICE <http://localhost/> { ?s ?p ?o } }", "SERVICE"),
        ("SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }", "FROM is refused"),
        ("INSERT DATA { <a:b> <a:c> 1 }", "INSERT changes data"),
        ("LO\\u0041D <http://localhost/>", "LOAD changes data"),
        ("SELECT * { " + "{" * 200 + "}" * 200 + " }", "nested deeper"),
        ("", "not a valid query"),
    ],
)
def test_a_query_that_cannot_or_must_not_run_is_refused(run: Run, query: str, says: str) -> None:
    ran = run("sparql", "-", "--as-of", "2026-11-22", stdin=query)
    assert ran.code == 2
    assert says in ran.err


def test_a_write_protected_output_path_is_an_error_and_leaves_nothing(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "missing-folder" / "picture.html"
    ran = run("view", "iso42001:10.2", "--as-of", "2026-11-22", "--out", target)
    assert ran.code == 2
    assert "cannot be written" in ran.err
    (tmp_path / "taken.html").mkdir()
    ran = run("view", "iso42001:10.2", "--as-of", "2026-11-22", "--out", tmp_path / "taken.html")
    assert ran.code == 2
    assert [p.name for p in tmp_path.iterdir()] == ["taken.html"]


def test_a_record_that_names_an_unknown_provision_is_an_error(run: Run, tmp_path: Path) -> None:
    text = (CASES / "complete.ttl").read_text().replace("iso42001:A.6.2.6", "iso42001:A.99")
    (tmp_path / "r.ttl").write_text(text)
    ran = run("check", tmp_path / "r.ttl")
    assert ran.code == 2
    assert "'iso42001:A.99' is not a known provision, question or kind of evidence" in ran.err
    assert "r.ttl:" in ran.err


def test_an_unknown_record_names_those_there_are(run: Run) -> None:
    ran = run("what-else", "CA-99", "--records", CASES / "complete.ttl")
    assert ran.code == 2
    assert "CA-7" in ran.err


def test_a_question_without_its_value_shows_an_example(run: Run) -> None:
    ran = run("ask", "what-else")
    assert ran.code == 2
    assert "provision=iso42001:10.2" in ran.err
    assert run("ask", "what-els").code == 2
