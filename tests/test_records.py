"""Reading records: the day, the case a record belongs to, names and answers that are not clear."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from conftest import CASES, Run

from aims_graph.errors import AmbiguousName
from aims_graph.library import Library

PREFIXES = """@prefix aims: <https://w3id.org/aims-graph/ontology#> .
@prefix ex: <https://example.org/records/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix aiact: <https://w3id.org/aims-graph/eu-ai-act/2024-1689/> .
@prefix iso27001: <https://w3id.org/aims-graph/iso27001/2022/> .
"""
TWO_CASES = """
ex:NC-1
    a aims:Nonconformity ; dcterms:identifier "NC-1" ; aims:state aims:state-open ; aims:triggerAnswer _:t .

ex:NC-2
    a aims:Nonconformity ; dcterms:identifier "NC-2" ; aims:state aims:state-open .

_:t a aims:TriggerAnswer ; aims:answersTrigger aiact:trigger-serious-incident ; aims:answer "yes" .
"""


def library(tmp_path: Path, *texts: str) -> Library:
    files = []
    for number, text in enumerate(texts):
        path = tmp_path / f"{number}.ttl"
        path.write_text(PREFIXES + text, encoding="utf-8")
        files.append(path)
    return Library.open(record_files=files)


def asked(run: Run, day: str, *more: str) -> dict:  # type: ignore[type-arg]
    arguments = ("what-else", "NC-3", "--records", CASES / "complete.ttl", "--format", "json", "--as-of", day, *more)
    found: dict = json.loads(run(*arguments).out)  # type: ignore[type-arg]
    return found


def states(found: dict) -> dict[str, str]:  # type: ignore[type-arg]
    return {e["code"]: e["state"] for e in found["own_clause"][0]["elements"]}


def test_what_happens_later_is_not_recorded_yet(run: Run) -> None:
    early, late = asked(run, "2026-09-25"), asked(run, "2026-11-22")
    assert (states(early)["AG-1042-10"], states(late)["AG-1042-10"]) == ("missing", "recorded")
    assert (early["own_clause"][0]["degree"], late["own_clause"][0]["degree"]) == ("partial", "full")
    assert states(early)["AG-1042-09"] == "recorded"
    assert states(asked(run, "2026-08-25"))["AG-1042-09"] == "missing"


def test_a_case_before_its_day_is_an_error_that_says_so(run: Run) -> None:
    ran = run("what-else", "NC-3", "--records", CASES / "complete.ttl", "--as-of", "2020-01-01")
    assert ran.code == 2
    assert "'NC-3' is not recorded on 2020-01-01 yet" in ran.err


def test_a_check_sees_the_records_of_its_day(run: Run) -> None:
    assert run("check", CASES / "complete.ttl", "--as-of", "2026-08-20", "--format", "csv").out.count("\n") >= 1
    later = Library.open(record_files=[CASES / "complete.ttl"]).records
    assert later is not None
    then = later.on(date(2026, 8, 20))
    assert then.find("CA-7") is None
    assert later.on(date(2026, 12, 1)) is later


def test_records_of_different_files_do_not_share_unnamed_nodes(tmp_path: Path) -> None:
    other = """
ex:NC-3
    a aims:Nonconformity ; dcterms:identifier "NC-3" ; aims:state aims:state-open ; aims:triggerAnswer _:t .

_:t a aims:TriggerAnswer ; aims:answersTrigger aiact:trigger-serious-incident ; aims:answer "no" .
"""
    loaded = library(tmp_path, TWO_CASES, other)
    assert loaded.records is not None
    said = {
        name: loaded.records.answers(f"https://example.org/records/{name}", loaded.catalogue)[
            "aiact:trigger-serious-incident"
        ][0]
        for name in ("NC-1", "NC-3")
    }
    assert said == {"NC-1": "yes", "NC-3": "no"}


@pytest.mark.parametrize("answers", [('"yes"', '"no"'), ('"perhaps"',), ("true",)])
def test_an_answer_that_is_not_clearly_yes_or_no_counts_as_unrecorded(tmp_path: Path, answers: tuple[str, ...]) -> None:
    nodes = ", ".join(f"ex:T-{i}" for i in range(len(answers)))
    text = f'ex:NC-1 a aims:Nonconformity ; dcterms:identifier "NC-1" ; aims:triggerAnswer {nodes} .\n'
    for i, answer in enumerate(answers):
        text += f"ex:T-{i} a aims:TriggerAnswer ; aims:answer {answer} ; "
        text += "aims:answersTrigger aiact:trigger-serious-incident .\n"
    loaded = library(tmp_path, text)
    assert loaded.records is not None
    assert loaded.records.answers("https://example.org/records/NC-1", loaded.catalogue) == {}


def test_a_record_of_two_cases_and_a_name_used_twice_are_asked_back(tmp_path: Path) -> None:
    shared = "ex:CA-1 a aims:CorrectiveAction ; aims:correctiveActionFor ex:NC-1, ex:NC-2 .\n"
    records = library(tmp_path, TWO_CASES, shared).records
    assert records is not None
    with pytest.raises(AmbiguousName, match="NC-1"):
        records.case_of("https://example.org/records/CA-1")
    twice = 'ex:a a aims:Risk ; dcterms:identifier "R-1" .\nex:b a aims:Risk ; dcterms:identifier "r-1" .\n'
    records = library(tmp_path, twice).records
    assert records is not None
    with pytest.raises(AmbiguousName):
        records.find("R-1")


def test_a_link_to_a_case_that_is_not_recorded_is_no_case(run: Run, tmp_path: Path) -> None:
    (tmp_path / "r.ttl").write_text(
        PREFIXES + 'ex:CA-1 a aims:CorrectiveAction ; dcterms:identifier "CA-1" ; aims:correctiveActionFor ex:NC-77 .\n'
    )
    ran = run("what-else", "CA-1", "--records", tmp_path / "r.ttl", "--as-of", "2026-11-22")
    assert ran.code == 2
    assert "'CA-1' belongs to no recorded nonconformity" in ran.err


@pytest.mark.parametrize("record", ["NC-3", "ca-7", "JD-1", "ER-1", "cause-1", "EV-1", "INC-2"])
def test_every_record_of_a_case_leads_to_it(record: str) -> None:
    records = Library.open(record_files=[CASES / "complete.ttl"]).records
    assert records is not None
    assert records.case_of(records.resolve(record)) == "https://example.org/records/NC-3"


def test_an_answer_for_a_record_says_that_it_is_for_the_whole_case(run: Run) -> None:
    out = run("what-else", "EV-1", "--records", CASES / "complete.ttl", "--as-of", "2026-11-22").out
    assert "EV-1 belongs to NC-3; the answer is for the whole case" in " ".join(out.split())


@pytest.mark.parametrize("targets", [("CA-7", "NC-3"), ("iso42001:10.2", "CA-7")])
def test_records_are_asked_about_one_at_a_time(run: Run, targets: tuple[str, ...]) -> None:
    ran = run("what-else", *targets, "--records", CASES / "complete.ttl")
    assert ran.code == 2
    assert "Records are asked about one at a time" in ran.err


def test_a_file_without_records_is_refused(run: Run) -> None:
    ran = run("check", CASES.parents[1] / "ontology" / "aims.ttl")
    assert ran.code == 2
    assert "holds no records" in ran.err


def test_a_case_of_a_later_day_neither_counts_nor_stands_in_the_way(run: Run, tmp_path: Path) -> None:
    later = 'ex:NC-9 a aims:Nonconformity ; dcterms:identifier "NC-9" ; aims:detectedOn "2026-12-01"^^xsd:date .\n'
    (tmp_path / "later.ttl").write_text(PREFIXES + later, encoding="utf-8")
    more = ("--records", str(tmp_path / "later.ttl"))
    assert "here 1 case," in asked(run, "2026-11-22", *more)["own_clause"][0]["statement"]
    assert "here 2 cases," in asked(run, "2026-12-02", *more)["own_clause"][0]["statement"]


@pytest.mark.parametrize("missed", ["aiact:art-17.1", "iso27001:8.1"])
def test_a_case_of_another_clause_is_not_counted(missed: str, run: Run, tmp_path: Path) -> None:
    other = f'ex:NC-9 a aims:Nonconformity ; dcterms:identifier "NC-9" ; aims:requirementNotFulfilled {missed} .\n'
    (tmp_path / "other.ttl").write_text(PREFIXES + other, encoding="utf-8")
    (own,) = asked(run, "2026-12-02", "--records", str(tmp_path / "other.ttl"))["own_clause"]
    assert own["provision"] == "iso42001:10.2"
    assert "(here 1 case, of which 1 complete)" in own["statement"]


def test_a_case_that_records_nothing_is_counted_and_not_complete(run: Run, tmp_path: Path) -> None:
    empty = 'ex:NC-9 a aims:Nonconformity ; dcterms:identifier "NC-9" .\n'
    (tmp_path / "empty.ttl").write_text(PREFIXES + empty, encoding="utf-8")
    (own,) = asked(run, "2026-12-02", "--records", str(tmp_path / "empty.ttl"))["own_clause"]
    assert "(here 2 cases, of which 1 complete)" in own["statement"]


def test_a_connection_names_the_line_of_the_member_both_ways(run: Run) -> None:
    ran = run("explain", "iso42001:10.2.a", "iso27001-2013:10", "--as-of", "2026-11-22", "--format", "json")
    catalogue = Library.open().catalogue
    for hop in json.loads(ran.out)["connection"]:
        ends = [catalogue.provisions[hop[side]] for side in ("from", "to")]
        if hop["relation"] in ("part", "whole"):
            (member,) = [e for e, other in (ends, ends[::-1]) if e.parent == other.id]
            assert hop["source"] == str(member.source)
