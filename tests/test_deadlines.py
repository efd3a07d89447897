"""Outer limits of reporting serious incidents, and what else is due when."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import AS_OF, CASES, Run

from aims_graph.build import Builder
from aims_graph.evidence import clocks as clocks_module
from aims_graph.evidence.clocks import Clock, clocks
from aims_graph.evidence.deadlines import Deadlines, deadlines, deadlines_json
from aims_graph.library import Library
from aims_graph.turtle import Facts, read_into

PREFIXES = """@prefix aims: <https://w3id.org/aims-graph/ontology#> .
@prefix ex: <https://example.org/records/> .
@prefix aiact: <https://w3id.org/aims-graph/eu-ai-act/2024-1689/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

ex:ranker
    a aims:AISystem ;
    aims:systemClass aims:high-risk-annex-iii .

"""


def day(text: str) -> str:
    return f'"{text}"^^xsd:date'


def incident(*said: str, aware: str | None = "2028-01-10", kind: str | None = "other", system: str = "ranker") -> str:
    """A serious incident; what is said comes on top."""
    facts = ["a aims:Incident", 'dcterms:identifier "INC-1"', "aims:serious true"]
    facts += [f"aims:concernsSystem ex:{system}"] if system else []
    facts += [f"aims:becameAwareOn {day(aware)}"] if aware else []
    facts += [f"aims:incidentKind aims:incident-{kind}"] if kind else []
    return "ex:INC-1\n    " + " ;\n    ".join([*facts, *said]) + " .\n"


def told(folder: Path, *texts: str, as_of: str = "2028-03-01") -> Deadlines:
    path = folder / "records.ttl"
    path.write_text(PREFIXES + "\n".join(texts), encoding="utf-8")
    library = Library.open(record_files=[path])
    assert library.records is not None
    found = deadlines(library.records, library.catalogue, date.fromisoformat(as_of))
    assert found.clocks == clocks(library.records, library.catalogue, found.as_of)
    return found


def one(folder: Path, *texts: str, as_of: str = "2028-03-01") -> Clock:
    (clock,) = told(folder, *texts, as_of=as_of).clocks
    return clock


# -- outer limits ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "provision", "limit"),
    [
        ("other", "aiact:art-73.2", date(2028, 1, 25)),
        ("death", "aiact:art-73.4", date(2028, 1, 20)),
        ("widespread", "aiact:art-73.3", date(2028, 1, 12)),
    ],
)
def test_the_kind_of_an_incident_decides_its_outer_limit_in_calendar_days_from_awareness(
    tmp_path: Path, kind: str, provision: str, limit: date
) -> None:
    clock = one(tmp_path, incident(kind=kind))
    assert (clock.incident, clock.provision, clock.counted_from, clock.limit) == (
        "INC-1",
        provision,
        date(2028, 1, 10),
        limit,
    )
    assert clock.conditions == ()


@pytest.mark.parametrize(
    ("informed", "as_of", "state"),
    [
        (None, "2028-01-10", "running"),
        (None, "2028-01-25", "running"),
        (None, "2028-01-26", "outer limit passed"),
        ("2028-01-25", "2028-03-01", "outer limit kept"),
        ("2028-01-26", "2028-03-01", "outer limit passed"),
        ("2028-01-26", "2028-01-25", "running"),  # not told yet on that day
    ],
)
def test_an_outer_limit_is_kept_passed_or_running(tmp_path: Path, informed: str | None, as_of: str, state: str) -> None:
    said = [f"aims:authoritiesInformedOn {day(informed)}"] if informed else []
    assert one(tmp_path, incident(*said), as_of=as_of).state == state


def test_nothing_is_ever_said_to_be_in_time(tmp_path: Path, library: Library) -> None:
    kept = incident(f"aims:authoritiesInformedOn {day('2028-01-10')}", f"aims:causalLinkOn {day('2028-01-10')}")
    found = deadlines_json(library.catalogue, told(tmp_path, kept))
    text = json.dumps(found).lower()
    assert found["incidents"][0]["state"] == "outer limit kept"
    assert not [words for words in ("in time", "on time", "timely", "complian") if words in text]
    assert "does not show that the report was as prompt as the text asks" in text


def test_where_several_authorities_were_told_the_last_one_counts(tmp_path: Path) -> None:
    said = f"aims:authoritiesInformedOn {day('2028-01-12')}, {day('2028-01-30')}"
    clock = one(tmp_path, incident(said))
    assert (clock.state, clock.told_on) == ("outer limit passed", (date(2028, 1, 12), date(2028, 1, 30)))


def test_without_a_recorded_kind_each_limit_is_shown_with_its_condition(tmp_path: Path) -> None:
    found = told(tmp_path, incident(kind=None), as_of="2028-01-15").clocks
    assert [(c.provision, c.state) for c in found] == [
        ("aiact:art-73.3", "outer limit passed"),
        ("aiact:art-73.4", "running"),
        ("aiact:art-73.2", "running"),
    ]
    assert all("the kind is not recorded" in c.conditions[0] for c in found)


def test_without_a_recorded_day_of_awareness_nothing_is_counted(tmp_path: Path) -> None:
    clock = one(tmp_path, incident(aware=None))
    assert (clock.state, clock.limit, clock.counted_from) == ("start not recorded", None, None)


def test_only_incidents_judged_serious_have_outer_limits(tmp_path: Path) -> None:
    assert told(tmp_path, incident().replace("aims:serious true", "aims:serious false")).clocks == ()
    assert told(tmp_path, incident().replace("aims:serious true", "aims:owner ex:somebody")).clocks == ()


def test_an_incident_with_systems_of_other_classes_only_has_no_outer_limit(tmp_path: Path) -> None:
    chatbot = "ex:chatbot a aims:AISystem ; aims:systemClass aims:transparency .\n"
    assert told(tmp_path, chatbot, incident(system="chatbot")).clocks == ()
    unclassed = "ex:chatbot a aims:AISystem .\n"
    assert len(told(tmp_path, unclassed, incident(system="chatbot")).clocks) == 1
    assert "the system concerned is not recorded" in one(tmp_path, incident(system="")).conditions[0]


def test_who_is_not_bound_is_told_whom_the_limit_binds(tmp_path: Path) -> None:
    deployer = "ex:ranker aims:ourRole aims:deployer .\n"
    clock = one(tmp_path, deployer, incident())
    assert clock.conditions == ("it binds provider; recorded of you: deployer",)
    assert one(tmp_path, deployer.replace("deployer", "provider"), incident()).conditions == ()


def test_before_the_duty_applies_its_date_stands_beside_the_limit(tmp_path: Path) -> None:
    early = one(tmp_path, incident(aware="2026-03-02"), as_of="2026-04-01")
    assert early.applies
    assert all(a.start > date(2026, 3, 2) and a.system_class == "high-risk-annex-iii" for a in early.applies)
    assert one(tmp_path, incident()).applies == ()


def test_the_shipped_outer_limits_are_those_of_the_text(library: Library) -> None:
    found = {limit.provision: limit.duration for limit in library.catalogue.limits}
    assert found == {"aiact:art-73.2": "P15D", "aiact:art-73.3": "P2D", "aiact:art-73.4": "P10D"}
    assert "73" not in (Path(clocks_module.__file__)).read_text(encoding="utf-8")  # limits are data


# -- outer limits as data ----------------------------------------------------------------

FRAMEWORK = """@prefix aims: <https://w3id.org/aims-graph/ontology#> .
@prefix x: <https://example.org/x/> .
aims:becameAwareOn a <http://www.w3.org/2002/07/owl#DatatypeProperty> .
aims:Clause <http://www.w3.org/2000/01/rdf-schema#subClassOf> aims:Provision .
aims:incident-other a aims:IncidentKind .
x:1
    a aims:Clause ;
"""


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ('aims:outerLimit "15 days" ; aims:forIncidentKind aims:incident-other', "is not a duration"),
        ('aims:outerLimit "P15D"', "has an outer limit that holds for nothing"),
        ('aims:outerLimit "P15D" ; aims:forIncidentKind aims:incident-huge', "is not a known IncidentKind"),
        ('aims:outerLimit "P15D" ; aims:forIncidentKind aims:incident-other', "has no aims:countsFrom"),
        ('aims:outerLimit "P15D" ; aims:countsFrom aims:becameAwareOn', "has no aims:keptBy"),
        ('aims:outerLimit "P15D" ; aims:countsFrom aims:nothing', "'nothing' is not a property of a record"),
    ],
)
def test_a_broken_outer_limit_is_refused_at_its_line(said: str, problem: str) -> None:
    facts = Facts()
    assert read_into(facts, "x.ttl", f"{FRAMEWORK}    {said} .\n") is None
    builder = Builder(facts)
    builder.build()
    (found, *_) = [p for p in builder.problems if problem in p.what]
    assert (found.path, found.line) == ("x.ttl", 6)
    assert found.fix


# -- what else is due --------------------------------------------------------------------


def days(found: Deadlines) -> list[tuple[str, str, str, str]]:
    return [(d.day.isoformat(), d.state(found.as_of), d.what, d.record) for d in found.due]


CASE = """ex:NC-1 a aims:Nonconformity ; dcterms:identifier "NC-1" ; aims:detectedOn "2028-01-02"^^xsd:date ;
    aims:reviewWindowEnds "2028-02-01"^^xsd:date .
ex:CA-1 a aims:CorrectiveAction ; dcterms:identifier "CA-1" ; aims:correctiveActionFor ex:NC-1 ;
    aims:approvedOn "2028-01-05"^^xsd:date ;
    aims:dueOn "2028-03-01"^^xsd:date .
"""


def test_what_is_open_is_listed_by_day(tmp_path: Path) -> None:
    more = """ex:W-1 a aims:Waiver ; aims:waives aiact:art-20.1 ; aims:expiresOn "2028-06-30"^^xsd:date .
ex:EV-1 a aims:EvidenceItem ; aims:validUntil "2028-02-10"^^xsd:date, "2028-04-01"^^xsd:date ;
    aims:retainUntil "2038-01-01"^^xsd:date .
"""
    assert days(told(tmp_path, CASE, more)) == [
        ("2028-02-01", "past", "review", "NC-1"),
        ("2028-02-10", "past", "evidence", "EV-1"),
        ("2028-03-01", "today", "action", "CA-1"),
        ("2028-06-30", "ahead", "waiver", "W-1"),
        ("2038-01-01", "ahead", "retention", "EV-1"),
    ]


def test_what_is_done_or_dropped_is_due_no_more(tmp_path: Path) -> None:
    done = 'ex:CA-1 aims:implementedOn "2028-02-20"^^xsd:date .\n'
    review = (
        'ex:ER-1 a aims:EffectivenessReview ; aims:reviewsAction ex:CA-1 ; aims:reviewedOn "2028-02-25"^^xsd:date .\n'
    )
    assert days(told(tmp_path, CASE, done, review)) == []
    assert [d[3] for d in days(told(tmp_path, CASE, done, review, as_of="2028-02-19"))] == ["NC-1", "CA-1"]
    dropped = 'ex:CA-1 aims:cancelledReason "Another action covers it." .\n'
    assert [d[3] for d in days(told(tmp_path, CASE, dropped))] == ["NC-1"]


def test_a_recurring_duty_is_due_again_on_the_day_that_its_answer_names(tmp_path: Path) -> None:
    answer = """ex:NC-1 aims:triggerAnswer ex:TA-1 .
ex:TA-1 a aims:TriggerAnswer ; aims:answersTrigger aiact:trigger-serious-incident ; aims:answer "yes" ;
    aims:dueOn "2028-05-01"^^xsd:date .
"""
    found = told(tmp_path, CASE, answer)
    assert days(found)[-1] == ("2028-05-01", "ahead", "duty", "NC-1")
    assert found.due[-1].sentence.startswith("due again: Is this, or does it belong to, a serious incident")


# -- the command -------------------------------------------------------------------------


def test_the_deadlines_command_gives_table_json_and_csv(run: Run, tmp_path: Path) -> None:
    told(tmp_path, CASE, incident(kind=None))
    asked = ("deadlines", "--records", tmp_path / "records.ttl", "--as-of", "2028-01-20")
    table = run(*asked)
    assert table.code == 0
    assert max(len(line) for line in table.out.splitlines()) <= 80
    assert "INC-1  Article 73(4) (aiact:art-73.4): running" in table.out
    found: dict[str, Any] = json.loads(run(*asked, "--format", "json").out)
    assert [d["record"] for d in found["due"]] == ["NC-1", "CA-1"]
    assert [i["state"] for i in found["incidents"]] == ["outer limit passed", "running", "running"]
    rows = list(csv.DictReader(io.StringIO(run(*asked, "--format", "csv").out)))
    assert [(r["what"], r["day"]) for r in rows[:3]] == [
        ("review", "2028-02-01"),
        ("action", "2028-03-01"),
        ("outer limit", "2028-01-12"),
    ]


def test_the_worked_example_has_only_the_validity_of_its_evidence_ahead(run: Run) -> None:
    ran = run("deadlines", "--records", CASES / "complete.ttl", "--as-of", AS_OF, "--format", "json")
    found = json.loads(ran.out)
    assert [(d["what"], d["record"], d["day"]) for d in found["due"]] == [("evidence", "EV-5", "2027-11-04")]
    assert (found["incidents"], found["notes"]) == ([], [])
    none = run("deadlines", "--as-of", AS_OF)
    assert (none.code, none.err) == (
        2,
        "no records are loaded. Give a file of records: --records FILE, or --workspace DIR.\n",
    )
