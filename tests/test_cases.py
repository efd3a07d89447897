"""Level case: what one record says, and what it can never say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from conftest import AS_OF, CASES, Run

from aims_graph.library import Library
from aims_graph.relations import Degree
from aims_graph.trace import Options

VERDICTS = ("satisfies", "conforms", "complies")


def ask(run: Run, records: Path, *options: str, target: str = "CA-7") -> dict:  # type: ignore[type-arg]
    ran = run("what-else", target, "--records", records, "--format", "json", *(options or ("--as-of", "2026-11-22")))
    assert ran.code == 0, ran.err
    found: dict = json.loads(ran.out)  # type: ignore[type-arg]
    return found


def test_a_complete_case_is_full_for_its_own_clause_for_this_case_only(run: Run) -> None:
    found = ask(run, CASES / "complete.ttl")
    assert found["level"] == "case"
    assert found["occurrence"] == "ex:NC-3"
    (own,) = found["own_clause"]
    assert (own["provision"], own["degree"]) == ("iso42001:10.2", "full")
    assert "covers all elements of 10.2 for NC-3" in own["statement"]
    assert "judged over all cases (here 1 case, of which 1 complete)" in own["statement"]


def test_an_incomplete_case_is_partial_and_names_the_missing_elements(run: Run) -> None:
    (own,) = ask(run, CASES / "incomplete.ttl")["own_clause"]
    assert own["degree"] == "partial"
    missing = [(e["code"], e["provision"]) for e in own["elements"] if e["state"] == "missing"]
    assert missing == [
        ("AG-1042-07", "iso42001:10.2.b.3"),
        ("AG-1042-10", "iso42001:10.2.d"),
        ("AG-1042-15", "iso42001:10.2.doc-results"),
    ]
    assert all(e["fix"] for e in own["elements"] if e["state"] == "missing")


def test_a_case_with_nothing_recorded_is_not_even_partial(run: Run, tmp_path: Path) -> None:
    (tmp_path / "r.ttl").write_text(
        """@prefix aims: <https://w3id.org/aims-graph/ontology#> .
@prefix ex: <https://example.org/records/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
ex:NC-9
    a aims:Nonconformity ; dcterms:identifier "NC-9" ; aims:state aims:state-open .
"""
    )
    found = ask(run, tmp_path / "r.ttl", target="NC-9")
    own = {o["provision"]: o["degree"] for o in found["own_clause"]}
    assert own == {"iso27001:10.2": "none", "iso42001:10.2": "none"}  # it does not say of which system
    assert [a for a in found["answers"] if a["degree"] != "candidate"] == []
    assert "covers no element of 10.2 for NC-9" in found["own_clause"][0]["statement"]


@pytest.mark.parametrize("case", ["complete", "incomplete"])
def test_no_record_gives_a_claim_about_a_clause_as_a_whole(case: str) -> None:
    library = Library.open(record_files=[CASES / f"{case}.ttl"])
    answer = library.what_else(["CA-7"], Options(AS_OF))
    assert answer.level == "case"
    assert all(a.framework != "iso42001" for a in answer.answers)
    law = {a.provision: a.degree for a in answer.answers if a.bindingness == "law"}
    assert Degree.FULL not in law.values()
    assert all(a.assurance == "recorded" for a in answer.answers)


def test_a_trigger_recorded_as_not_met_stops_the_claim(run: Run) -> None:
    found = ask(run, CASES / "complete.ttl")
    claimed = {a["provision"] for a in found["answers"] if a["degree"] != "candidate"}
    assert not any(p.startswith("iso27001:10.2") for p in claimed)  # recorded: not against the other system
    state = {t["trigger"]: t["state"] for t in found["triggers"]}
    assert state["aiact:trigger-serious-incident"] == "no"
    assert not any(p.startswith("aiact:art-73") for p in claimed)


def test_an_unrecorded_trigger_gives_a_candidate_and_asks_the_question(run: Run) -> None:
    found = ask(run, CASES / "complete.ttl")
    asked = [a for a in found["answers"] if "trigger-unrecorded" in a["flags"]]
    assert asked
    assert all(a["degree"] == "candidate" and a["questions"] for a in asked)
    states = {t["state"] for t in found["triggers"]}
    assert states == {"yes", "no", "unrecorded"}


def test_recording_yes_turns_a_candidate_into_a_claim(run: Run, tmp_path: Path) -> None:
    text = (CASES / "complete.ttl").read_text(encoding="utf-8")
    before = {a["provision"]: a["degree"] for a in ask(run, CASES / "complete.ttl")["answers"]}
    assert before["nistrmf:A-6"] == "candidate"
    answer = """
ex:TA-new
    a aims:TriggerAnswer ;
    aims:answersTrigger <https://w3id.org/aims-graph/nist-rmf/800-37r2/trigger-assessment-finding> ;
    aims:answer "yes" ;
    aims:reason "Found by a control assessment." .

ex:NC-3 aims:triggerAnswer ex:TA-new .
"""
    (tmp_path / "r.ttl").write_text(text + answer, encoding="utf-8")
    after = {a["provision"]: a["degree"] for a in ask(run, tmp_path / "r.ttl")["answers"]}
    assert after["nistrmf:A-6"] == "partial"


def test_a_waiver_changes_no_degree(run: Run, tmp_path: Path) -> None:
    text = (CASES / "incomplete.ttl").read_text(encoding="utf-8")
    waiver = """
ex:W-1
    a aims:Waiver ;
    aims:waives <https://w3id.org/aims-graph/iso42001/2023/10.2.d> ;
    aims:forCase ex:NC-3 ;
    aims:reason "Accepted until the next audit." .
"""
    (tmp_path / "r.ttl").write_text(text + waiver, encoding="utf-8")
    with_waiver, without = ask(run, tmp_path / "r.ttl"), ask(run, CASES / "incomplete.ttl")
    degrees = [[(a["provision"], a["degree"]) for a in f["answers"]] for f in (with_waiver, without)]
    assert degrees[0] == degrees[1]
    assert with_waiver["own_clause"][0]["degree"] == without["own_clause"][0]["degree"] == "partial"


def test_law_is_flagged_not_yet_applicable_today_and_not_once_it_applies(run: Run) -> None:
    for day, flagged in (("2026-11-22", True), ("2028-01-15", True), ("2028-08-02", False)):
        found = ask(run, CASES / "complete.ttl", "--as-of", day, "--system-class", "high-risk-annex-i")
        article = next(a for a in found["answers"] if a["provision"] == "aiact:art-20.1")
        assert ("not-yet-applicable" in article["flags"]) is flagged, day
    found = ask(run, CASES / "complete.ttl", "--as-of", "2028-01-15", "--system-class", "high-risk-annex-iii")
    article = next(a for a in found["answers"] if a["provision"] == "aiact:art-20.1")
    assert "not-yet-applicable" not in article["flags"]


@pytest.mark.parametrize("case", ["complete", "incomplete"])
@pytest.mark.parametrize("format_", ["table", "json", "csv"])
def test_no_answer_holds_a_word_of_verdict(run: Run, case: str, format_: str) -> None:
    out = run(
        "what-else", "CA-7", "--records", CASES / f"{case}.ttl", "--as-of", "2026-11-22", "--format", format_
    ).out.lower()
    said = [w for w in re.findall(r"[a-z]+", out) if w in VERDICTS]
    assert said == []


def test_the_table_has_its_four_blocks_in_order_and_says_what_it_does_not_say(run: Run) -> None:
    out = run("what-else", "CA-7", "--records", CASES / "incomplete.ttl", "--as-of", "2026-11-22").out
    places = [out.index(h) for h in ("against its own clause", "Also counts towards", "Counts only if", "May trigger")]
    assert places == sorted(places)
    assert "As of 2026-11-22 · scope: AI management system" in out
    assert "signed by an accountable person. Not a conformity statement." in " ".join(out.split())
    assert max(len(line) for line in out.splitlines()) <= 80


def test_an_evidence_item_leads_to_its_case(run: Run) -> None:
    library = Library.open(record_files=[CASES / "complete.ttl"])
    assert library.records is not None
    item = library.records.facts.texts(
        "https://example.org/records/NC-3", "https://w3id.org/aims-graph/ontology#documentsResults"
    )[0]
    assert ask(run, CASES / "complete.ttl", target=item)["occurrence"] == "ex:NC-3"


@pytest.mark.parametrize(
    ("said", "own"),
    [
        ("aims:requirementNotFulfilled iso42001:8.2", ["iso42001:10.2"]),
        ("aims:requirementNotFulfilled iso27001:8.2", ["iso27001:10.2"]),
        ("aims:requirementNotFulfilled iso27001:8.2, iso42001:8.2", ["iso42001:10.2", "iso27001:10.2"]),
        ("aims:inScope ex:isms", ["iso27001:10.2"]),
        ("aims:inScope ex:isms ; aims:requirementNotFulfilled iso42001:8.2", ["iso42001:10.2"]),
    ],
)
def test_a_case_is_handled_under_the_clause_of_the_system_it_is_recorded_against(
    run: Run, tmp_path: Path, said: str, own: list[str]
) -> None:
    text = f"""@prefix aims: <https://w3id.org/aims-graph/ontology#> .
@prefix iso42001: <https://w3id.org/aims-graph/iso42001/2023/> .
@prefix iso27001: <https://w3id.org/aims-graph/iso27001/2022/> .
@prefix ex: <https://example.org/records/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
ex:isms a aims:Scope ; aims:managementSystem "information security management system" .
ex:NC-9 a aims:Nonconformity ; dcterms:identifier "NC-9" ; aims:state aims:state-closing ; {said} .
"""
    (tmp_path / "r.ttl").write_text(text, encoding="utf-8")
    assert [o["provision"] for o in ask(run, tmp_path / "r.ttl", target="NC-9")["own_clause"]] == own
    found = json.loads(run("check", tmp_path / "r.ttl", "--as-of", "2026-11-22", "--format", "json").out)["findings"]
    mine = [f for f in found if f["code"].startswith("AG-1042") and f["record"] == "NC-9"]
    cited = {f["provision"].partition(":")[0] for f in mine}
    assert cited
    assert cited <= {name.partition(":")[0] for name in own}
