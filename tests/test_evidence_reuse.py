"""Evidence of a case against the requirements of what the case also counts towards."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import AS_OF, CASES, Run

from aims_graph.evidence import case_evidence, evidence, retention
from aims_graph.evidence.reuse import CANNOT_TELL, FAULTY, IN_PART, MISSING, REUSABLE, Asked, Reuse, reuse, reuse_json
from aims_graph.library import Library
from aims_graph.model import EvidenceRequirement
from aims_graph.relations import Degree
from aims_graph.trace import Options

NOTICE = "aiact:evidence-20.1"  # what the example case reaches on law: the chain informed
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
VERDICTS = ("satisf", "complies", "conforms", "compliant", "in time", "fulfil")


def recorded(folder: Path, *more: str, instead: tuple[str, str] = ("", "")) -> Path:
    """The complete example, its items of no kind, with further statements."""
    text = re.sub(r"    dcterms:type \S+ ;\n", "", (CASES / "complete.ttl").read_text(encoding="utf-8"))
    path = folder / "records.ttl"
    path.write_text("\n".join((text.replace(*instead) if instead[0] else text, *more)), encoding="utf-8")
    return path


def item(name: str, kind: str = "aiact:doc-chain-notice", **stated: str) -> str:
    """An evidence item of the example case; what is stated as None is left out."""
    said: dict[str, str | None] = {
        "a": "aims:EvidenceItem",
        "dcterms:type": kind,
        "aims:sha256": f'"{DIGEST}"',
        "dcterms:issued": '"2026-08-18"^^xsd:date',
    }
    said |= {key.replace("__", ":"): value for key, value in stated.items()}
    facts = " ;\n    ".join(f"{key} {value}" for key, value in said.items() if value)
    return f"\nex:{name}\n    {facts} .\n\nex:NC-3 aims:objectiveEvidence ex:{name} .\n"


def day(text: str) -> str:
    return f'"{text}"^^xsd:date'


def answer(path: Path, as_of: date = AS_OF, **requirement: Any) -> Reuse:
    """The answer for the example case, its legal requirement changed as stated."""
    library = Library.open(record_files=[path])
    known, records = library.catalogue, library.records
    assert records is not None
    changed = {NOTICE: replace(known.evidence[NOTICE], **requirement)}
    known = replace(known, evidence=known.evidence | changed)
    return reuse(known, library.rules, records, "NC-3", Options(as_of, min_degree=Degree.PARTIAL))


def notice(found: Reuse) -> Asked:
    return next(a for a in found.asked if a.requirement.id == NOTICE)


def faults(found: Reuse) -> list[tuple[str, bool]]:
    (wanted,) = notice(found).nearest
    return [(f.says, f.certain) for f in wanted.held[0].faults]


def test_each_requirement_of_what_the_case_counts_towards_is_listed_and_nothing_is_called_met(tmp_path: Path) -> None:
    found = answer(recorded(tmp_path))
    assert [a.requirement.id for a in found.asked] == [NOTICE, "airmf:evidence-MANAGE-4.3"]  # demanded before suggested
    assert {a.state for a in found.asked} == {MISSING}
    text = json.dumps(reuse_json(found)).lower()
    assert not [word for word in VERDICTS if word in text]
    assert [i.label for i in found.considered] == ["EV-1", "EV-2", "EV-3", "EV-4", "EV-5", "EV-6"]
    assert found.notes[0].startswith("EV-1, EV-2, EV-3, EV-4, EV-5, EV-6 name no kind of evidence.")


def test_of_the_example_the_notice_is_reusable_and_the_record_of_recovery_is_missing() -> None:
    found = answer(CASES / "complete.ttl")
    assert {a.requirement.id: a.state for a in found.asked} == {NOTICE: REUSABLE, "airmf:evidence-MANAGE-4.3": MISSING}
    assert [h.item.label for h in notice(found).nearest[0].held] == ["EV-3"]


def test_an_item_of_the_kind_that_is_asked_for_is_reusable_as_it_is(tmp_path: Path) -> None:
    found = answer(recorded(tmp_path, item("EV-7")))
    assert notice(found).state == REUSABLE
    (wanted,) = notice(found).nearest
    assert [(h.item.label, h.item.via, h.state) for h in wanted.held] == [
        ("EV-7", ("objectiveEvidence of NC-3",), REUSABLE)
    ]


def test_an_item_with_faults_is_named_with_each_fault_and_what_to_do(tmp_path: Path) -> None:
    worn = item("EV-7", aims__validUntil=day("2026-11-21"), aims__sha256="")
    found = answer(recorded(tmp_path, worn), freshness="P3M")
    assert notice(found).state == IN_PART
    assert faults(found) == [
        ("valid until 2026-11-21", True),
        ("issued 2026-08-18, fresh until 2026-11-18 (P3M)", True),
        ("no digest is recorded", True),
    ]
    assert all(f.fix.endswith(".") for f in notice(found).nearest[0].held[0].faults)


def test_a_better_item_of_the_kind_stands_before_one_with_a_fault(tmp_path: Path) -> None:
    path = recorded(tmp_path, item("EV-7", aims__validUntil=day("2026-10-01")), item("EV-8"))
    (wanted,) = notice(answer(path)).nearest
    assert [(h.item.label, h.state) for h in wanted.held] == [("EV-8", REUSABLE), ("EV-7", FAULTY)]


@pytest.mark.parametrize(
    ("kept", "state", "said"),
    [
        ("2036-03-16", REUSABLE, []),
        ("2036-03-15", IN_PART, [("kept until 2036-03-15, to be kept until 2036-03-16", True)]),
        ("2026-11-01", IN_PART, [("kept until 2026-11-01 only", True)]),
        (None, CANNOT_TELL, [("how long it is kept is not recorded", False)]),
    ],
)
def test_an_item_is_kept_as_long_as_the_target_asks_from_the_day_that_starts_it(
    tmp_path: Path, kept: str | None, state: str, said: list[tuple[str, bool]]
) -> None:
    path = recorded(tmp_path, item("EV-7", aims__retainUntil=day(kept) if kept else ""))
    event: dict[str, Any] = {"retained_from": "placing on the market", "counts_from": aims("placedOnMarketOn")}
    found = answer(path, retention="P10Y", **event)
    assert notice(found).state == state
    assert faults(found) == said


def aims(name: str) -> str:
    return f"https://w3id.org/aims-graph/ontology#{name}"


# -- from when a retention runs ----------------------------------------------------------


def needed(path: Path, **stated: Any) -> retention.Kept:
    library = Library.open(record_files=[path])
    records = library.records
    assert records is not None
    known = library.catalogue
    asked: EvidenceRequirement = replace(known.evidence[NOTICE], retention="P10Y", **stated)
    return retention.needed(known, records, records.resolve("NC-3"), asked, records.resolve("EV-7"))


def test_a_retention_without_an_event_runs_from_the_day_of_issue(tmp_path: Path) -> None:
    assert needed(recorded(tmp_path, item("EV-7"))).until == date(2036, 8, 18)
    undated = recorded(tmp_path, item("EV-7", dcterms__issued=""))
    assert needed(undated).why_not == "its day of issue is not recorded"


def test_where_the_start_of_a_retention_is_not_recorded_that_is_said(tmp_path: Path) -> None:
    path = recorded(tmp_path, item("EV-7"))
    event = needed(path, retained_from="the end of the subcontracting")
    assert event == retention.Kept(None, "no record holds the day of this event: the end of the subcontracting")
    on_market = {"retained_from": "placing on the market", "counts_from": aims("placedOnMarketOn")}
    undated = recorded(tmp_path, item("EV-7"), instead=('aims:placedOnMarketOn "2026-03-16"^^xsd:date ;', ""))
    assert needed(undated, **on_market).why_not == "“placed on the market on” is not recorded for rangordna"
    unlinked = recorded(tmp_path, item("EV-7"), instead=("aims:concernsSystem ex:rangordna ;", ""))
    assert "no system that the requirement can be about" in (needed(unlinked, **on_market).why_not or "")


def test_the_last_of_several_systems_decides_how_long_evidence_is_kept(tmp_path: Path) -> None:
    other = "\nex:other a aims:AISystem ; aims:placedOnMarketOn " + day("2027-01-01") + " .\n"
    also = other + "ex:NC-3 aims:concernsSystem ex:other .\n"
    on_market = {"retained_from": "placing on the market", "counts_from": aims("placedOnMarketOn")}
    assert needed(recorded(tmp_path, item("EV-7"), also), **on_market).until == date(2037, 1, 1)
    of_no_account = also.replace("a aims:AISystem", "a aims:AISystem ; aims:systemClass aims:gpai")
    assert needed(recorded(tmp_path, item("EV-7"), of_no_account), **on_market).until == date(2036, 3, 16)


def test_the_shipped_retention_periods_from_placing_on_the_market_count_from_that_day(library: Library) -> None:
    placed = [e for e in library.catalogue.evidence.values() if (e.retained_from or "").startswith("placing")]
    assert len(placed) == 11
    assert {e.counts_from for e in placed} == {aims("placedOnMarketOn")}


# -- lists, and which items belong to a case ---------------------------------------------


def test_all_kinds_of_one_list_are_needed_and_any_list_will_do(tmp_path: Path) -> None:
    kinds = Library.open().catalogue.evidence_types
    chain, report = kinds["aiact:doc-chain-notice"], kinds["aiact:doc-serious-incident-report"]
    path = recorded(tmp_path, item("EV-7"))
    both = notice(answer(path, lists=((chain, report),)))
    assert both.state == IN_PART
    assert [(w.kind.id, w.state) for w in both.nearest] == [(chain.id, REUSABLE), (report.id, MISSING)]
    either = notice(answer(path, lists=((report,), (chain,))))
    assert either.state == REUSABLE


def test_an_item_of_the_kind_that_belongs_to_no_part_of_the_case_is_only_pointed_at(tmp_path: Path) -> None:
    loose = item("EV-7").replace("ex:NC-3 aims:objectiveEvidence ex:EV-7 .", "")
    (wanted,) = notice(answer(recorded(tmp_path, loose))).nearest
    assert (wanted.held, wanted.elsewhere) == ((), ("EV-7",))


@pytest.mark.parametrize(
    ("link", "via"),
    [
        ("ex:ER-1 aims:documentedIn ex:EV-7 .", "documentedIn of ER-1"),
        ("ex:INV-2 aims:documentedIn ex:EV-7 .", "documentedIn of INV-2"),
        ("ex:EV-7 aims:documents ex:CA-7 .", "documents CA-7"),
        ("ex:EV-7 aims:documents ex:rangordna .", "documents rangordna"),
        ("ex:EV-7 aims:documents ex:scope-provider .", "documents scope-provider"),
        ("ex:rangordna aims:documentedIn ex:EV-7 .", "documentedIn of rangordna"),
        ("ex:EV-7 aims:documents ex:scope-deployer .", None),
        ("ex:NC-4 a aims:Nonconformity ; aims:recurrenceOf ex:NC-3 ; aims:objectiveEvidence ex:EV-7 .", None),
        ("ex:other a aims:Incident ; aims:concernsSystem ex:rangordna ; aims:documentedIn ex:EV-7 .", None),
        ("ex:quality-manager aims:documentedIn ex:EV-7 .", None),
    ],
)
def test_evidence_belongs_to_a_case_by_its_own_records_its_scope_and_its_systems(
    tmp_path: Path, link: str, via: str | None
) -> None:
    loose = item("EV-7").replace("ex:NC-3 aims:objectiveEvidence ex:EV-7 .", link)
    library = Library.open(record_files=[recorded(tmp_path, loose)])
    assert library.records is not None
    case = library.records.resolve("NC-3")
    found = {i.label: i.via for i in case_evidence.of_case(library.catalogue, library.records, case)}
    assert found.get("EV-7") == (None if via is None else (via,))


def test_the_newest_item_is_the_one_issued_last(tmp_path: Path) -> None:
    more = item("EV-7"), item("EV-8", dcterms__issued=day("2026-09-01")), item("EV-9", dcterms__issued="")
    library = Library.open(record_files=[recorded(tmp_path, *more)])
    assert library.records is not None
    of_kind = evidence.by_kind(library.catalogue, library.records)["aiact:doc-chain-notice"]
    newest = evidence.newest(library.records, of_kind)
    assert newest is not None
    assert newest.endswith("EV-8")


# -- the command -------------------------------------------------------------------------


def test_the_reuse_command_gives_table_json_and_csv(run: Run, tmp_path: Path) -> None:
    path = recorded(tmp_path, item("EV-7", aims__validUntil=day("2026-11-21")))
    asked = ("evidence", "reuse", "CA-7", "--records", path, "--as-of", AS_OF)
    table = run(*asked)
    assert table.code == 0
    assert max(len(line) for line in table.out.splitlines()) <= 80
    assert "! EV-7 held with a fault: Notice to other parties in the supply chain" in table.out
    assert "valid until 2026-11-21. Renew it, and record the new item." in table.out
    assert "Not a conformity statement." in table.out
    found = json.loads(run(*asked, "--format", "json").out)
    assert found["counts"] == {"reusable": 0, "cannot-be-told": 0, "in-part": 1, "missing": 1}
    rows = list(csv.DictReader(io.StringIO(run(*asked, "--format", "csv").out)))
    assert [(r["requirement"], r["demanded"], r["item"], r["item_state"]) for r in rows] == [
        (NOTICE, "true", "EV-7", FAULTY),
        ("airmf:evidence-MANAGE-4.3", "false", "", ""),
    ]


def test_without_records_the_reuse_command_says_how_to_give_them(run: Run) -> None:
    ran = run("evidence", "reuse", "NC-3", "--as-of", AS_OF)
    assert (ran.code, ran.err) == (
        2,
        "no records are loaded. Give a file of records: --records FILE, or --workspace DIR.\n",
    )
    unknown = run("evidence", "reuse", "NC-99", "--records", CASES / "complete.ttl", "--as-of", AS_OF)
    assert unknown.code == 2
    assert "'NC-99' is not a known record" in unknown.err
