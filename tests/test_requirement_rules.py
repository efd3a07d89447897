"""Rules made from evidence requirements: whom they ask, from when, and what answers them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from conftest import CASES, DATA, Run

from aims_graph import traceability
from aims_graph.checking import requirement_rules, shapes
from aims_graph.checking.validation import Shapes
from aims_graph.library import Library
from aims_graph.linting import EXAMPLE_DAY
from aims_graph.turtle import parsed

WIDGETS = DATA / "widgets"
FOUND = tuple(r for r in Library.open().rules.rules if r.code.startswith(requirement_rules.CODE))
SAMPLE = (
    "AG-DOC-ISO42001-4.3",
    "AG-DOC-ISO42001-A.2.2",
    "AG-DOC-AIACT-11.1",
    "AG-DOC-AIACT-53.1.a",
    "AG-DOC-AIRMF-GOVERN-1.1",
)
PREFIXES = """@prefix aims: <https://w3id.org/aims-graph/ontology#> .
@prefix aiact: <https://w3id.org/aims-graph/eu-ai-act/2024-1689/> .
@prefix iso42001: <https://w3id.org/aims-graph/iso42001/2023/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix ex: <https://example.org/records/> .
"""
REQUIREMENT = """
widgets:evidence-log
    a aims:EvidenceRequirement ;
    rdfs:label "Log of faults"@en ;
    aims:requiredBy widgets:W-1.1 ;
    aims:evidenceList widgets:evidence-log-list-1 {reason}.

widgets:evidence-log-list-1
    a aims:EvidenceList ;
    aims:evidenceType widgets:doc-log .

widgets:doc-log
    a aims:EvidenceType ;
    rdfs:label "Fault log"@en .
"""
SCOPE = (
    'ex:s a aims:Scope ; aims:managementSystem "AI management system" ; aims:operatingSince "2026-01-01"^^xsd:date .\n'
)
ITEM = "ex:e a aims:EvidenceItem ; dcterms:type iso42001:{kind} ; aims:documents ex:s{more} .\n"
MODEL = (
    "ex:m a aims:AISystem ; aims:ourRole aims:{role} ; aims:systemClass aims:{kind} ; "
    'aims:placedOnMarketOn "{placed}"^^xsd:date .\n'
)
RANKER = (
    "ex:r a aims:AISystem ; aims:ourRole aims:provider ; aims:systemClass aims:high-risk-annex-iii ; "
    'aims:placedOnMarketOn "{placed}"^^xsd:date .\n'
)
Ask = Callable[..., set[str]]


@pytest.fixture(scope="module")
def ask(library: Library) -> Ask:
    """The codes of the generated rules that find something in records on a day."""
    rules = shapes.subset(library.rules, FOUND)
    codes = {r.iri: r.code for r in FOUND}

    def call(text: str, day: str = "2026-11-22") -> set[str]:
        return {codes[iri] for iri, _ in shapes.check(rules, [PREFIXES + text], date.fromisoformat(day))}

    return call


def test_every_requirement_has_a_rule_or_its_written_reason(library: Library) -> None:
    codes = {r.code for r in FOUND}
    asked = library.catalogue.evidence.values()
    assert {r.id for r in asked if r.no_rule is None and requirement_rules.code(r) not in codes} == set()
    assert {r.id for r in asked if r.no_rule is not None and not r.no_rule.strip()} == set()
    assert [
        line.provision
        for found in traceability.lines(library.catalogue, library.rules).values()
        for line in found
        if line.silent
    ] == []


def test_a_rule_says_all_that_a_rule_says_and_stands_on_the_line_of_its_requirement(library: Library) -> None:
    asked = {requirement_rules.code(r): r for r in library.catalogue.evidence.values()}
    assert len(FOUND) > 150
    for rule in FOUND:
        assert rule.source == asked[rule.code].source
        assert rule.message.count(". ") == 1
        assert rule.message.endswith("with its date.")
        assert [library.catalogue.curie(p) for p in rule.provisions] == list(asked[rule.code].required_by)


def test_the_files_are_the_same_each_time(library: Library) -> None:
    assert requirement_rules.turtle(library.catalogue) == requirement_rules.turtle(library.catalogue)


def test_every_rule_lets_its_passing_example_pass_and_finds_its_failing_one(library: Library) -> None:
    rules = shapes.subset(library.rules, FOUND)
    prefixes = library.catalogue.prefixes
    told = [
        (rule.code, [shapes.breaks(rules, rule, e, prefixes, EXAMPLE_DAY) for e in (*rule.passing, *rule.failing)])
        for rule in FOUND
    ]
    assert [code for code, found in told if found != [False, True]] == []


def test_the_reference_engine_reads_a_sample_of_the_rules_alike(library: Library) -> None:
    sample = [r for r in FOUND if r.code in SAMPLE]
    assert len(sample) == len(SAMPLE)
    both = Shapes(shapes.subset(library.rules, sample).turtle)
    head = "".join(f"@prefix {p}: <{ns}> .\n" for p, ns in library.catalogue.prefixes.items())
    for rule in sample:
        for example, found in ((rule.passing[0], 0), (rule.failing[0], 1)):
            data = shapes._triples(parsed("(example)", head + example)[0])
            told = [len(engine(data, names=[rule.iri])) for engine in (both.reference, both.fast)]
            assert told == [found, found], rule.code


def test_a_management_system_is_asked_only_once_it_is_at_work(ask: Ask) -> None:
    assert "AG-DOC-ISO42001-4.3" in ask(SCOPE)
    assert ask(SCOPE, "2025-12-31") == set()
    assert ask(SCOPE.replace(' ; aims:operatingSince "2026-01-01"^^xsd:date', "")) == set()


def test_another_management_system_is_asked_by_its_own_standard(ask: Ask) -> None:
    found = ask(SCOPE.replace("AI management", "information security management"))
    assert found
    assert {code.split("-")[2] for code in found} == {"ISO27001"}


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ("", False),
        (' ; dcterms:issued "2026-11-22"^^xsd:date', False),
        (' ; dcterms:issued "2026-11-23"^^xsd:date', True),
        (' ; aims:validUntil "2026-11-22"^^xsd:date', False),
        (' ; aims:validUntil "2026-11-21"^^xsd:date', True),
    ],
)
def test_an_item_counts_from_its_issue_until_it_runs_out(ask: Ask, more: str, found: bool) -> None:
    assert ("AG-DOC-ISO42001-4.3" in ask(SCOPE + ITEM.format(kind="doc-aims-scope", more=more))) is found


def test_an_item_of_another_kind_or_scope_does_not_count(ask: Ask) -> None:
    assert "AG-DOC-ISO42001-4.3" in ask(SCOPE + ITEM.format(kind="doc-monitoring-results", more=""))
    elsewhere = ITEM.format(kind="doc-aims-scope", more="").replace("ex:s", "ex:other")
    assert "AG-DOC-ISO42001-4.3" in ask(SCOPE + elsewhere)


def test_a_control_is_asked_for_once_the_statement_of_applicability_includes_it(ask: Ask) -> None:
    statement = 'ex:a a aims:StatementOfApplicability ; aims:inScope ex:s ; dcterms:issued "2026-02-01"^^xsd:date .\n'
    entry = (
        "ex:a-1 a aims:ApplicabilityEntry ; aims:inStatement ex:a ; aims:control iso42001:A.2.2 ; aims:included {} .\n"
    )
    newer = (statement + entry).replace("ex:a", "ex:b").replace("2026-02", "2026-03")
    control = "AG-DOC-ISO42001-A.2.2"
    assert control not in ask(SCOPE)
    assert control in ask(SCOPE + statement + entry.format("true"))
    assert control not in ask(SCOPE + statement + entry.format("false"))
    assert control not in ask(SCOPE + statement + entry.format("true") + newer.format("false"))


def test_nothing_is_asked_before_the_duty_applies(ask: Ask) -> None:
    code = "AG-DOC-AIACT-9.1"
    assert ask(RANKER.format(placed="2027-12-10"), "2027-12-01") == set()
    assert code in ask(RANKER.format(placed="2027-12-10"), "2027-12-10")


def test_a_system_on_the_market_before_is_asked_only_after_a_significant_change(ask: Ask) -> None:
    before = RANKER.format(placed="2026-03-16")
    assert ask(before, "2028-03-01") == set()
    assert ask(before + 'ex:r aims:substantiallyModifiedOn "2028-02-01"^^xsd:date .\n', "2028-03-01") != set()


def test_a_model_on_the_market_before_has_its_time_of_transition(ask: Ask) -> None:
    old = MODEL.format(role="gpai-provider", kind="gpai", placed="2025-01-10")
    code = "AG-DOC-AIACT-53.1.a"
    assert code not in ask(old, "2027-08-01")
    assert code in ask(old, "2027-08-02")
    assert code in ask(old.replace("2025-01-10", "2025-09-01"), "2025-09-01")
    assert ask(old.replace("2025-01-10", "2025-07-01"), "2025-08-01") == set()


def test_a_duty_of_a_class_binds_the_roles_it_names_and_the_classes_it_includes(ask: Ask) -> None:
    risky = MODEL.format(role="gpai-provider", kind="gpai-systemic-risk", placed="2025-09-01")
    assert {"AG-DOC-AIACT-53.1.a", "AG-DOC-AIACT-55.1.a"} <= ask(risky)
    assert "AG-DOC-AIACT-55.1.a" not in ask(risky.replace("gpai-systemic-risk", "gpai"))
    assert ask(risky.replace("aims:gpai-provider", "aims:deployer")) == set()


def test_any_one_list_answers_a_requirement_also_by_a_document_of_the_scope(ask: Ask) -> None:
    ranker = RANKER.format(placed="2027-12-10") + "ex:s a aims:Scope ; aims:includesSystem ex:r .\n"
    for kind in ("doc-technical-documentation", "doc-simplified-technical-documentation"):
        item = f"ex:e a aims:EvidenceItem ; dcterms:type aiact:{kind} ; aims:documents %s .\n"
        for about in ("ex:r", "ex:s"):
            assert "AG-DOC-AIACT-11.1" not in ask(ranker + item % about, "2028-01-10")


def test_the_assessment_of_rights_is_asked_of_public_bodies_only(ask: Ask) -> None:
    used = RANKER.format(placed="2027-12-10").replace("provider", "deployer")
    used += 'ex:r aims:inUseSince "2027-12-12"^^xsd:date .\n'
    assert "AG-DOC-AIACT-27.1" not in ask(used, "2028-01-10")
    assert "AG-DOC-AIACT-27.1" in ask(used + "ex:r aims:forPublicBody true .\n", "2028-01-10")


def test_a_voluntary_framework_asks_only_those_who_adopt_it_and_only_as_good_practice(
    ask: Ask, library: Library
) -> None:
    iri = library.catalogue.editions["airmf"].iri
    assert ask("ex:s a aims:Scope .") == set()
    found = ask(f"ex:s a aims:Scope ; aims:adopts <{iri}> .")
    assert found == {r.code for r in FOUND if "-AIRMF-" in r.code}
    assert {(r.severity, r.asked_by) for r in FOUND if r.code in found} == {("Info", "good-practice")}


def test_the_case_records_keep_their_findings(library: Library) -> None:
    for path in sorted(CASES.glob("*.ttl")):
        found = Library.open(record_files=[path]).findings(date(2026, 11, 22))
        assert [f.code for f in found if f.code.startswith(requirement_rules.CODE)] == []


# -- in a data folder ------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[str], Path]:
    """A data folder with the made-up framework and one requirement more."""

    def make(reason: str = "") -> Path:
        path = Path("ontology/frameworks/widgets.ttl")
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        text = (WIDGETS / path).read_text(encoding="utf-8")
        (tmp_path / path).write_text(text + REQUIREMENT.format(reason=reason), encoding="utf-8")
        return tmp_path

    return make


def test_a_requirement_in_a_data_folder_is_a_rule_without_code(
    run: Run, folder: Callable[..., Path], tmp_path: Path
) -> None:
    data = folder()
    records = tmp_path / "records.ttl"
    text = PREFIXES + "ex:s a aims:Scope ; aims:adopts <https://example.org/widgets/1.0/> .\n"
    records.write_text(text, encoding="utf-8")
    asked = ("check", records, "--data", data, "--as-of", "2026-11-22", "--format", "json")
    (found,) = json.loads(run(*asked).out)["findings"]
    assert (found["code"], found["severity"], found["provision"]) == ("AG-DOC-WIDGETS-log", "Info", "widgets:W-1.1")
    path, _, line = found["source"].rpartition(":")
    assert (data / path).read_text(encoding="utf-8").splitlines()[int(line) - 1] == "widgets:evidence-log"
    item = "ex:e a aims:EvidenceItem ; dcterms:type <https://example.org/widgets/1.0/doc-log> ; aims:documents ex:s .\n"
    records.write_text(text + item, encoding="utf-8")
    assert json.loads(run(*asked).out)["findings"] == []


def test_a_written_reason_stands_in_place_of_the_rule(run: Run, folder: Callable[..., Path]) -> None:
    data = folder('; aims:noShapeReason "one for each fault"@en ')
    asked = ("rules", "--data", data, "--framework", "widgets", "--format", "json")
    (row,) = json.loads(run(*asked).out)["rules"]
    assert (row["code"], row["reason"], row["evidence"]) == (None, "one for each fault", ["Fault log"])


# -- the list --------------------------------------------------------------------------------


def test_the_rules_are_listed_with_what_they_ask_for_and_why_others_are_not(run: Run) -> None:
    rows = json.loads(run("rules", "--framework", "iso42001", "--format", "json").out)["rules"]
    by_code = {row["code"]: row for row in rows if row["code"]}
    assert by_code["AG-DOC-ISO42001-4.3"]["evidence"] == ["Scope of the AI management system"]
    assert [row for row in rows if row["code"] is None and not row["reason"]] == []
    shown = run("rules", "--framework", "iso42001").out
    assert "AG-DOC-ISO42001-4.3" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert run("rules", "--format", "csv").out.startswith("code,severity,asked_by,provisions,name,evidence,reason\n")


def test_an_unknown_edition_is_bad_input_that_names_those_there_are(run: Run) -> None:
    ran = run("rules", "--framework", "nowhere")
    assert ran.code == 2
    assert "'nowhere' is not a loaded edition. Give one of:" in ran.err
