"""What is refused at the door of a workspace: it says what, where and how to mend it, and nothing has changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from conftest import CASES, DATA, Run

CORPUS = DATA / "bad-records"
HEAD = """@prefix aims: <https://w3id.org/aims-graph/ontology#> .
@prefix iso42001: <https://w3id.org/aims-graph/iso42001/2023/> .
@prefix iso27001: <https://w3id.org/aims-graph/iso27001/2022/> .
@prefix aiact: <https://w3id.org/aims-graph/eu-ai-act/2024-1689/> .
@prefix shape: <https://w3id.org/aims-graph/shape/> .
@prefix ex: <https://example.org/records/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix prov: <http://www.w3.org/ns/prov#> .
"""
OPEN = 'a aims:Nonconformity ; dcterms:identifier "NC-9" ; rdfs:label "New" ; aims:state aims:state-open'


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept") / "workspace"


def digest(folder: Path) -> str:
    """A hash of everything that the log says."""
    found = hashlib.sha256()
    for path in sorted((folder / "log").iterdir()):
        found.update(path.read_bytes())
    return found.hexdigest()


@pytest.fixture
def filled(run: Run, workspace: Path) -> Path:
    if not workspace.exists():
        assert run("init", workspace).code == 0
        added = run("add", CASES / "complete.ttl", "--workspace", workspace, "--as-of", "2026-11-22")
        assert (added.code, added.err) == (0, "")
    return workspace


def test_no_bad_file_changes_anything(run: Run, filled: Path) -> None:
    before = digest(filled)
    files = sorted(path for path in CORPUS.iterdir() if path.name != "expected.tsv")
    for path in files:
        ran = run("import" if path.suffix in (".csv", ".xlsx") else "add", path, "--workspace", filled)
        assert (ran.code, ran.out) == (2, ""), path.name
        assert path.name in ran.err, path.name
    assert len(files) >= 60
    assert digest(filled) == before
    assert run("log", "verify", "--workspace", filled).code == 0


REFUSED = {
    "closed before it was found": (
        f'ex:NC-9 {OPEN} ; aims:detectedOn "2026-08-18"^^xsd:date ; aims:closedOn "2026-08-01"^^xsd:date .',
        "NC-9",
        "AG-INT-12",
    ),
    "something that has not happened yet": (
        f'ex:NC-9 {OPEN} ; aims:detectedOn "2027-08-18"^^xsd:date .',
        "NC-9",
        "AG-INT-13",
    ),
    "a day that is a time": (
        f'ex:NC-9 {OPEN} ; aims:detectedOn "2026-08-18T10:00:00Z"^^xsd:dateTime .',
        "",
        "'2026-08-18T10:00:00Z' is no day",
    ),
    "no state": ('ex:NC-9 a aims:Nonconformity ; dcterms:identifier "NC-9" .', "NC-9", "AG-INT-07"),
    "an identifier that another case has": (f"ex:NC-77 {OPEN.replace('NC-9', 'NC-3')} .", "NC-77", "AG-INT-01"),
    "a role that is none": (
        "ex:R-1 a aims:RoleAssignment ; aims:organization ex:norrland-talent ; aims:role aims:high-risk-annex-iii .",
        "",
        "'aims:high-risk-annex-iii' is no value of",
    ),
    "a case that comes back as itself": (f"ex:NC-9 {OPEN} ; aims:recurrenceOf ex:NC-9 .", "NC-9", "AG-INT-14"),
    "follow-ups in a circle": (
        'ex:CA-8 a aims:CorrectiveAction ; dcterms:identifier "CA-8" ; aims:correctiveActionFor ex:NC-3 .\n'
        "ex:ER-8 a aims:EffectivenessReview ; aims:reviewsAction ex:CA-8 ; aims:followUp ex:CA-8 .",
        "ER-8",
        "AG-INT-14",
    ),
    "an action of no case": ('ex:CA-9 a aims:CorrectiveAction ; dcterms:identifier "CA-9" .', "CA-9", "AG-INT-03"),
    "evidence that is not there": (f"ex:NC-9 {OPEN} ; aims:objectiveEvidence ex:EV-99 .", "NC-9", "AG-INT-04"),
    "a digest that is none": ('ex:EV-9 a aims:EvidenceItem ; aims:sha256 "abc" .', "EV-9", "AG-INT-06"),
    "evidence outside the folder": (
        f'ex:EV-9 a aims:EvidenceItem ; aims:location "../secret" ; aims:sha256 "{"0" * 64}" .',
        "EV-9",
        "AG-INT-15",
    ),
    "a clause waived": (
        "ex:W-1 a aims:Waiver ; aims:waives iso42001:10.2.d ; aims:approvedBy ex:quality-manager ;"
        ' aims:reason "no time" ; aims:expiresOn "2027-01-01"^^xsd:date .',
        "W-1",
        "AG-INT-24",
    ),
    "law waived": (
        "ex:W-1 a aims:Waiver ; aims:waives aiact:art-20.1 ; aims:approvedBy ex:quality-manager ;"
        ' aims:reason "no time" ; aims:expiresOn "2027-01-01"^^xsd:date .',
        "W-1",
        "AG-INT-24",
    ),
    "a clause left out of the statement of applicability": (
        "ex:soa a aims:StatementOfApplicability .\n"
        "ex:line a aims:ApplicabilityEntry ; aims:inStatement ex:soa ; aims:control iso42001:10.2 ;"
        ' aims:included false ; aims:reason "not for us" .',
        "line",
        "AG-INT-23",
    ),
    "two kinds in one": (f"ex:NC-9 {OPEN} . ex:NC-9 a aims:CorrectiveAction .", "NC-9", "AG-INT-08"),
}


@pytest.mark.parametrize(("statements", "record", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_true_is_refused_by_name_of_the_rule(
    run: Run, filled: Path, tmp_path: Path, statements: str, record: str, code: str
) -> None:
    before = digest(filled)
    (tmp_path / "r.ttl").write_text(HEAD + "\n".join(statements.split("\n")) + "\n", encoding="utf-8")
    ran = run("add", tmp_path / "r.ttl", "--workspace", filled, "--as-of", "2026-11-22")
    assert (ran.code, ran.out) == (2, "")
    assert (f"(rule {code}" if record else code) in ran.err  # what a reader knows is refused before any rule
    assert f"{record}: " in ran.err
    assert f"{tmp_path / 'r.ttl'}:" in ran.err
    assert digest(filled) == before


def test_a_waiver_of_an_annex_control_is_no_fault(run: Run, filled: Path, tmp_path: Path) -> None:
    text = (
        "ex:W-1 a aims:Waiver ; aims:waives iso42001:A.8.3 ; aims:approvedBy ex:quality-manager ;"
        ' aims:reason "the channel opens in spring" ; aims:expiresOn "2027-01-01"^^xsd:date .'
    )
    (tmp_path / "r.ttl").write_text(HEAD + text + "\n", encoding="utf-8")
    ran = run("add", tmp_path / "r.ttl", "--workspace", filled, "--as-of", "2026-11-22", "--dry-run")
    assert ran.code == 0, ran.err


def test_an_open_case_with_nothing_else_can_always_be_logged(run: Run, filled: Path, tmp_path: Path) -> None:
    (tmp_path / "r.ttl").write_text(f"{HEAD}ex:NC-9 {OPEN} .\n", encoding="utf-8")
    ran = run("add", tmp_path / "r.ttl", "--workspace", filled, "--as-of", "2026-11-22", "--dry-run")
    assert ran.code == 0, ran.err
    assert "Would change 1 record: NC-9." in ran.out
