"""The four "one file" promises, and that the program names no framework."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from conftest import DATA, ROOT, Run

from aims_graph.library import Library

WIDGETS = DATA / "widgets"
CODE = [
    p for folder in ("src", "api") for p in sorted((ROOT / folder).rglob("*")) if p.suffix in (".py", ".html", ".css")
]
FRAMEWORK_NAMES = re.compile(
    r"42001|27001|800-37|1689|\baiact\b|\bairmf\b|\bnistrmf\b|\biso\d|AI Act|AI RMF|\bNIST (?:AI|RMF|SP)\b"
    r"|\bMANAGE\b|\bMEASURE\b|\bArticle \d|\bArt\. \d|\bart-\d|\bA\.\d+\.\d"
)


@pytest.mark.parametrize("path", CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_code_names_no_framework(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = [f"{n}: {line.strip()}" for n, line in enumerate(text.splitlines(), 1) if FRAMEWORK_NAMES.search(line)]
    assert named == []


def test_a_framework_is_one_turtle_file_and_a_mapping_one_row(run: Run) -> None:
    listed = json.loads(run("frameworks", "--data", WIDGETS, "--format", "json").out)["frameworks"]
    assert "widgets" in [f["id"] for f in listed]
    asked = run(
        "what-else",
        "iso42001:10.2",
        "--data",
        WIDGETS,
        "--framework",
        "widgets",
        "--as-of",
        "2026-11-22",
        "--format",
        "json",
    )
    answers = {a["provision"]: a for a in json.loads(asked.out)["answers"]}
    assert answers["widgets:W-1.1"]["degree"] == "partial"
    source = answers["widgets:W-1.1"]["derivation"][-1]["source"]
    assert source.startswith("mappings/iso42001--widgets.sssom.tsv:")
    line = int(source.rpartition(":")[2])
    path = WIDGETS / source.rpartition(":")[0]
    assert "widgets:W-1.1" in path.read_text(encoding="utf-8").splitlines()[line - 1]
    found = json.loads(run("find", "faults", "--data", WIDGETS, "--format", "json").out)["results"]
    assert "widgets:W-1.1" in [r["id"] for r in found]
    assert run("what-else", "Widget Assurance Scheme W-1.1", "--data", WIDGETS).code == 0


def test_the_sixth_framework_is_in_the_picture(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "picture.html"
    ran = run("view", "iso42001:10.2", "--data", WIDGETS, "--as-of", "2026-11-22", "--out", out)
    assert ran.code == 0, ran.err
    assert "W-1.1" in out.read_text(encoding="utf-8")


def test_a_question_is_one_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "how-many.rq").write_text(
        "#+ summary: How many provisions are there?\n#+ answers: One row.\n"
        "SELECT (COUNT(?p) AS ?n) WHERE { ?p <https://w3id.org/aims-graph/ontology#inEdition> ?e }\n"
    )
    assert "how-many" in run("questions", "--data", tmp_path).out
    count = len(Library.open().catalogue.provisions)
    assert run("ask", "how-many", "--data", tmp_path, "--format", "csv").out == f"n\n{count}\n"


def test_an_evidence_rule_is_one_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ontology" / "shapes").mkdir(parents=True)
    rule = """@prefix aims: <https://w3id.org/aims-graph/ontology#> .
@prefix shape: <https://w3id.org/aims-graph/shape/> .
@prefix iso42001: <https://w3id.org/aims-graph/iso42001/2023/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .

shape:own-01
    a sh:NodeShape, aims:EvidenceShape ;
    aims:code "OWN-01" ;
    sh:name "Cost stated"@en ;
    sh:message "Nobody wrote down what the case cost. Write it down."@en ;
    dcterms:source iso42001:10.2 ;
    aims:askedBy aims:own-procedure ;
    sh:severity sh:Warning ;
    sh:targetClass aims:Nonconformity ;
    sh:or ( [ sh:path aims:cost ; sh:minCount 1 ] ) ;
    aims:passingExample "ex:n a aims:Nonconformity ; aims:cost 12 ." ;
    aims:failingExample "ex:n a aims:Nonconformity ." .
"""
    path = tmp_path / "ontology" / "shapes" / "own-01.ttl"
    path.write_text(rule)
    case = ROOT / "examples" / "cv-screening" / "complete.ttl"
    out = run("check", case, "--data", tmp_path, "--as-of", "2026-11-22").out
    assert "NC-3: Cost stated" in out
    assert "your procedure asks: iso42001:10.2 · rule OWN-01" in out
    path.write_text(rule.replace('failingExample "ex:n a aims:Nonconformity ."', 'failingExample "ex:n a aims:Risk ."'))
    ran = run("lint", "--data", tmp_path)
    assert ran.code == 1
    assert "failing example 1 of OWN-01 passes" in ran.out
