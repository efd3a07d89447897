"""Findings as SARIF, JSON, Markdown and the W3C's report; and own procedures, which only raise a severity."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import AS_OF, CASES, Run
from rdflib import RDF, SH, Graph

from aims_graph.checking import reports, shapes
from aims_graph.checking.procedures import Procedure, procedures
from aims_graph.files import data_roots, read_all
from aims_graph.library import Library
from aims_graph.model import Finding, Source

INCOMPLETE = CASES / "incomplete.ttl"
DAY = ("--as-of", AS_OF)
RULES = shapes.load(read_all(data_roots()))
PREFIXES = """@prefix aims: <https://w3id.org/aims-graph/ontology#> .
@prefix ex: <https://example.org/records/> .
@prefix shape: <https://w3id.org/aims-graph/shape/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
PREFIX = Library.open().catalogue.prefixes
STATED = {f"https://w3id.org/aims-graph/shape/{code.lower()}": s for code, s in (("A", "Warning"), ("B", "Violation"))}
A, B = STATED


def procedure(
    raises: str, severity: str, more: str = "", name: str = "PR-1", cites: str = "Procedure 7, section 3"
) -> str:
    cited = f' ; aims:procedure "{cites}"' if cites else ""
    asked = f"aims:raises {raises} ; aims:raisedSeverity sh:{severity}{cited}{more}"
    return f"{PREFIXES}ex:{name} a aims:ProcedureRule ; {asked} .\n"


# -- SARIF -------------------------------------------------------------------------------------


@pytest.fixture
def log(run: Run) -> Any:
    ran = run("check", INCOMPLETE, *DAY, "--format", "sarif")
    assert ran.code == 1
    return json.loads(ran.out)


def test_a_sarif_log_has_what_the_schema_demands(log: Any) -> None:
    assert (log["version"], "sarif" in log["$schema"]) == ("2.1.0", True)
    (one,) = log["runs"]
    assert one["tool"]["driver"]["name"]
    rules = one["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["help"]["text"]
        assert rule["shortDescription"]["text"]
        assert rule["defaultConfiguration"]["level"] in {"none", "note", "warning", "error"}
    for result in one["results"]:
        assert result["message"]["text"]
        assert result["level"] in {"none", "note", "warning", "error"}
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert all(isinstance(v, str) for v in result["partialFingerprints"].values())
        for location in result["locations"]:
            place = location["physicalLocation"]
            assert not place["artifactLocation"]["uri"].startswith("/")
            assert place["region"]["startLine"] >= 1


def test_a_sarif_result_points_at_the_line_of_the_record(log: Any) -> None:
    result = log["runs"][0]["results"][0]
    place = result["locations"][0]["physicalLocation"]
    lines = INCOMPLETE.read_text(encoding="utf-8").splitlines()
    assert place["artifactLocation"]["uri"].endswith("examples/cv-screening/incomplete.ttl")
    assert lines[place["region"]["startLine"] - 1].startswith("ex:NC-3")


def test_a_finding_carries_who_asks_what_and_of_which_record(log: Any) -> None:
    told = log["runs"][0]["results"][1]["properties"]
    assert (told["code"], told["severity"], told["asked_by"]) == ("AG-1042-10", "Violation", "the clause asks")
    assert (told["provision"], told["record"], told["procedure"]) == ("iso42001:10.2.d", "NC-3", None)


def test_levels_follow_severities_and_an_unplaced_record_has_its_name_alone() -> None:
    levels = [
        reports.sarif((finding(severity),), RULES, AS_OF, {})["runs"][0]["results"][0]
        for severity in ("Violation", "Warning", "Info")
    ]
    assert [result["level"] for result in levels] == ["error", "warning", "note"]
    assert all("physicalLocation" not in result["locations"][0] for result in levels)


def finding(severity: str, label: str = "NC-1", own: str | None = None) -> Finding:
    rule = RULES.rules[0]
    asked = "your procedure asks" if own else "the clause asks"
    words = ("It lacks this. Add it.", "x:1", asked, "https://example.org/records/NC-1", label)
    return Finding(rule.code, severity, rule.name, *words, Source("a.ttl", 1), own)


def test_a_complete_case_has_an_empty_log(run: Run) -> None:
    ran = run("check", CASES / "complete.ttl", *DAY, "--format", "sarif")
    assert ran.code == 0
    assert json.loads(ran.out)["runs"][0]["results"] == []


# -- Markdown, JSON, the W3C's report ------------------------------------------------------------


def test_markdown_has_a_table_for_each_severity_and_text_stays_in_its_cell(run: Run) -> None:
    out = run("check", INCOMPLETE, *DAY, "--format", "md").out
    assert "## Violation (3)" in out
    assert out.endswith("Not a conformity statement.\n")
    page = reports.markdown((finding("Info", "a | b <img>\n# c", "P 1"),), AS_OF)
    assert "| a \\| b \\<img\\> # c |" in page
    assert "your procedure asks: x:1 (P 1) |" in page
    assert "Nothing is missing." in reports.markdown((), AS_OF)


def test_json_and_sarif_tell_the_same_of_a_finding(run: Run, log: Any) -> None:
    told = json.loads(run("check", INCOMPLETE, *DAY, "--format", "json").out)
    assert told["findings"] == [result["properties"] for result in log["runs"][0]["results"]]


def test_the_report_of_the_w3c_has_each_result_once(run: Run) -> None:
    ran = run("check", INCOMPLETE, *DAY, "--format", "turtle")
    graph = Graph().parse(data=ran.out, format="turtle")
    (report,) = graph.subjects(RDF.type, SH.ValidationReport)
    found = list(graph.objects(report, SH.result))
    assert (ran.code, len(found), str(graph.value(report, SH.conforms))) == (1, 3, "false")
    assert {str(graph.value(r, SH.focusNode)) for r in found} == {"https://example.org/records/NC-3"}
    assert {str(graph.value(r, SH.sourceShape)).rpartition("/")[2] for r in found} == {
        "ag-1042-07",
        "ag-1042-10",
        "ag-1042-15",
    }


def test_a_format_that_does_not_exist_is_refused(run: Run) -> None:
    ran = run("check", INCOMPLETE, *DAY, "--format", "yaml")
    assert ran.code == 2
    assert "sarif" in ran.err


# -- own procedures --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([procedure("shape:a", "Violation")], {A: Procedure("Violation", "Procedure 7, section 3")}),
        ([procedure("shape:a", "Warning")], {}),
        ([procedure("shape:a", "Info")], {}),
        ([procedure("shape:b", "Warning")], {}),
        ([procedure("shape:b", "Violation")], {}),
        ([procedure("shape:unknown", "Violation")], {}),
        ([procedure("shape:a", "Serious")], {}),
        ([procedure("shape:a", "Violation", cites="")], {}),
        ([procedure("shape:a", "Violation", ' ; aims:withdrawnOn "2026-11-22"^^xsd:date')], {}),
        (
            [procedure("shape:a", "Violation", ' ; aims:withdrawnOn "2026-11-23"^^xsd:date')],
            {A: Procedure("Violation", "Procedure 7, section 3")},
        ),
        (
            [procedure("shape:a", "Violation", name="P2", cites="P 2"), procedure("shape:a", "Violation", cites="P 1")],
            {A: Procedure("Violation", "P 1")},
        ),
        ([PREFIXES], {}),
    ],
)
def test_a_procedure_only_raises_and_must_say_where_it_stands(texts: list[str], expected: dict[str, Procedure]) -> None:
    assert procedures(texts, date(2026, 11, 22), STATED) == expected


def test_a_good_practice_that_the_procedure_makes_binding_fails_the_check(run: Run, tmp_path: Path) -> None:
    rule = next(r for r in RULES.rules if r.severity == "Info")
    text = "".join(f"@prefix {p}: <{ns}> .\n" for p, ns in PREFIX.items()) + rule.failing[0]
    before = {f.code: f for f in shapes.findings(RULES, [text], AS_OF, {}, {})}
    own = procedure(f"<{rule.iri}>", "Violation")
    (after,) = (f for f in shapes.findings(RULES, [text, own], AS_OF, {}, {}) if f.code == rule.code)
    assert before[rule.code].severity == "Info"
    assert (after.severity, after.asked_by, after.procedure) == (
        "Violation",
        "your procedure asks",
        "Procedure 7, section 3",
    )
    (result,) = (r for r in shapes.results(RULES, [text, own], AS_OF) if r.shape == rule.iri)
    assert result.severity == str(SH.Violation)
    files = [tmp_path / "case.ttl", tmp_path / "own.ttl"]
    for file, words in zip(files, (text, own), strict=True):
        file.write_text(words, encoding="utf-8")
    ran = run("check", *files, *DAY)
    assert ran.code == 1
    assert "your procedure asks (Procedure 7, section 3)" in " ".join(ran.out.split())
