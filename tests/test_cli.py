"""The main question on the command line, on the shipped data."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from typing import Any

import pytest
from conftest import DATA, ROOT, Run

from aims_graph.library import Library

Found = dict[str, Any]
RMF_TASKS = {"nistrmf:A-5", "nistrmf:A-6", "nistrmf:M-3"}


def asked(run: Run, *arguments: str) -> Found:
    ran = run("what-else", *arguments, "--format", "json")
    assert ran.code == 0, ran.err
    found: Found = json.loads(ran.out)
    return found


@pytest.fixture
def main(run: Run) -> Found:
    return asked(run, "iso42001:10.2", "--role", "provider", "--as-of", "2026-11-22")


def degrees(found: Found) -> dict[str, str]:
    return {a["provision"]: a["degree"] for a in found["answers"]}


def test_the_corrective_action_clause_reaches_what_the_texts_share(main: Found) -> None:
    found = degrees(main)
    assert found["aiact:art-20.1"] == "partial"
    assert found["iso27001:10.2"] == "partial"
    assert "partial" in {found.get(f"airmf:MANAGE-{n}") for n in ("2.3", "2.4", "4.3")}
    assert "partial" in {found.get(task) for task in RMF_TASKS}
    twin = next(a for a in main["answers"] if a["provision"] == "iso27001:10.2")
    assert "same-text-other-system" in twin["flags"]


def test_what_titles_suggest_but_the_texts_do_not_say_is_not_claimed(main: Found) -> None:
    found = degrees(main)
    assert "full" not in {d for p, d in found.items() if p.startswith("aiact:art-17")}
    for look_alike in ("airmf:MANAGE-4.2", "iso27001:10.1", "iso27001-2013:10.2"):
        assert found.get(look_alike) in (None, "candidate")


def test_the_row_to_corrective_action_in_law_carries_its_condition(main: Found) -> None:
    article = next(a for a in main["answers"] if a["provision"] == "aiact:art-20.1")
    assert any("not in conformity with the Regulation" in c for c in article["conditions"])
    assert article["applies"] == [
        {"system_class": "high-risk-annex-iii", "from": "2027-12-02"},
        {"system_class": "high-risk-annex-i", "from": "2028-08-02"},
    ]


def test_every_answer_has_a_proof_whose_lines_say_what_it_uses(main: Found) -> None:
    assert main["answers"]
    for answer in main["answers"]:
        assert answer["derivation"]
        assert answer["derivation"][-1]["to"] == answer["provision"]
        assert answer["derivation"][-1]["degree_after"] == answer["degree"]
        for step in answer["derivation"]:
            path, _, line = step["source"].rpartition(":")
            text = (ROOT / path).read_text(encoding="utf-8").splitlines()[int(line) - 1]
            if step["rule"] == "mapping":
                assert text.startswith(f"{step['mapping']}\t")
            else:
                assert text.split(":")[-1].strip() in {p.partition(":")[2] for p in (*step["from"], step["to"])}


def test_premises_come_before_their_use(main: Found) -> None:
    for answer in main["answers"]:
        known = set(main["targets"])
        for step in answer["derivation"]:
            assert set(step["from"]) <= known
            known.add(step["to"])


def test_answers_are_sorted_by_degree_confidence_and_id(main: Found) -> None:
    order = {"full": 0, "partial": 1, "candidate": 2}
    keys = [
        (order[a["degree"]], a["confidence"] is None, -(a["confidence"] or 0), a["provision"]) for a in main["answers"]
    ]
    assert keys == sorted(keys)


def test_the_duty_of_another_role_is_not_claimed(run: Run) -> None:
    found = degrees(asked(run, "iso42001:10.2", "--role", "deployer", "--as-of", "2026-11-22"))
    assert {found.get(p) for p in ("aiact:art-20", "aiact:art-20.1", "aiact:art-20.2")} <= {None, "candidate"}


def test_an_answer_has_a_day_and_an_amendment_changes_it(run: Run) -> None:
    world = ("iso42001:10.2", "--data", str(DATA / "amendment"), "--role", "provider", "--as-of")
    before = degrees(asked(run, *world, "2026-07-26"))
    after = degrees(asked(run, *world, "2026-07-27"))
    deleted, inserted = "aiact:anx-VIII.sct-B.7", "aiact:art-75.1a"
    assert (before.get(deleted), before.get(inserted)) == ("partial", None)
    assert (after.get(deleted), after.get(inserted)) == (None, "partial")


def test_a_deleted_paragraph_is_seen_until_its_last_day(run: Run) -> None:
    def in_force(provision: str, day: str) -> bool:
        return bool(json.loads(run("show", provision, "--as-of", day, "--format", "json").out)["in_force"])

    assert (in_force("aiact:art-10.5", "2026-06-01"), in_force("aiact:art-10.5", "2026-11-22")) == (True, False)
    assert (in_force("aiact:art-4a", "2026-06-01"), in_force("aiact:art-4a", "2026-11-22")) == (False, True)


def test_application_dates_have_validity_themselves(run: Run) -> None:
    def applies(day: str) -> list[tuple[str, str]]:
        found = asked(run, "iso42001:10.2", "--role", "provider", "--as-of", day)
        article = next(a for a in found["answers"] if a["provision"] == "aiact:art-20.1")
        return sorted((a["system_class"], a["from"]) for a in article["applies"])

    assert applies("2026-07-26") == [("high-risk-annex-i", "2027-08-02"), ("high-risk-annex-iii", "2026-08-02")]
    assert applies("2026-07-27") == [("high-risk-annex-i", "2028-08-02"), ("high-risk-annex-iii", "2027-12-02")]


def test_the_triggers_of_a_corrective_action_stand_beside_the_answers(main: Found) -> None:
    found = {(t["trigger"], t["provision"]) for t in main["triggers"]}
    for trigger, provision in (
        ("aiact:trigger-serious-incident", "aiact:art-73"),
        ("aiact:trigger-risk-79-1", "aiact:art-20.2"),
        ("aiact:trigger-inform-chain", "aiact:art-20.1"),
        ("aiact:trigger-substantial-modification", "aiact:art-43.4"),
        ("aiact:trigger-qms-approval-held", "aiact:anx-VII.3.4"),
        ("aiact:trigger-certificate-held", "aiact:anx-VII.4.7"),
        ("aiact:trigger-documentation-touched", "aiact:art-11.1"),
        ("aiact:trigger-risk-management-touched", "aiact:art-9.2"),
        ("aiact:trigger-other-party-modifies", "aiact:art-25.1"),
        ("iso42001:trigger-management-system-change", "iso42001:6.3"),
        ("iso42001:trigger-risk-reassessment", "iso42001:8.2"),
        ("iso42001:trigger-impact-reassessment", "iso42001:8.4"),
        ("iso42001:trigger-management-review-input", "iso42001:9.3.2.d.1"),
    ):
        assert (trigger, provision) in found
    assert ("aiact:trigger-certificate-held", "aiact:anx-VII.3.4") not in found
    assert ("aiact:trigger-documentation-touched", "aiact:art-9.2") not in found
    assert any(t == "aiact:trigger-documentation-touched" and p.startswith("aiact:art-72") for t, p in found)
    assert {t["state"] for t in main["triggers"]} == {"unrecorded"}


def test_a_stricter_trust_level_leaves_no_claim_while_nobody_has_signed(run: Run) -> None:
    found = asked(run, "iso42001:10.2", "--trust", "accepted", "--as-of", "2026-11-22")
    assert set(degrees(found).values()) <= {"candidate"}
    assert found["rows_used"] == 0


def test_answers_leave_out_the_targets_family_and_their_own_framework(main: Found, run: Run) -> None:
    assert not [p for p in degrees(main) if p.startswith("iso42001:")]
    own = degrees(asked(run, "iso42001:10.2", "--framework", "iso42001", "--as-of", "2026-11-22"))
    assert set(own) <= {"iso42001:10.1"}


def test_several_targets_are_done_together(run: Run) -> None:
    one = degrees(asked(run, "iso42001:10.1", "--as-of", "2026-11-22"))
    two = degrees(asked(run, "iso42001:10.1", "ISO 42001 10.2", "--as-of", "2026-11-22"))
    assert {p for p, d in one.items() if d == "partial"} <= {p for p, d in two.items() if d == "partial"}


def test_targets_are_read_from_standard_input(run: Run) -> None:
    ran = run("what-else", "-", "--as-of", "2026-11-22", "--format", "json", stdin="iso42001:10.2\n\nMANAGE 4.3\n")
    assert json.loads(ran.out)["targets"] == ["iso42001:10.2", "airmf:MANAGE-4.3"]
    assert run("what-else", "-", stdin="\n").code == 2


def test_a_limit_is_said(run: Run) -> None:
    found = asked(run, "iso42001:10.2", "--limit", "3", "--as-of", "2026-11-22")
    assert (len(found["answers"]), found["truncated"]) == (3, True)
    assert "The limit left out further answers." in run("what-else", "iso42001:10.2", "--limit", "3").out


def test_csv_has_one_line_an_answer(run: Run, main: Found) -> None:
    ran = run("what-else", "iso42001:10.2", "--role", "provider", "--as-of", "2026-11-22", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [r["provision"] for r in rows] == [a["provision"] for a in main["answers"]]
    assert all(r["source"] for r in rows)


TABLES = (
    ("what-else", "iso42001:10.2", "--explain"),
    ("explain", "iso42001:10.2", "aiact:art-20.1"),
    ("explain", "iso42001:10.2", "airmf:MANAGE-4.2"),
    ("show", "aiact:art-20.1"),
    ("show", "iso42001:10.2"),
    ("find", "corrective", "action"),
    ("frameworks",),
    ("questions",),
    ("ask", "review-state"),
    ("ask", "trigger-questions", "event=aims:event-nonconformity"),
)


@pytest.mark.parametrize("command", TABLES, ids=" ".join)
def test_every_table_fits_80_columns_and_has_no_trailing_blanks(run: Run, command: tuple[str, ...]) -> None:
    ran = run(*command)
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines
    assert [line for line in lines if len(line) > 80 or line != line.rstrip()] == []


@pytest.mark.parametrize("command", [c for c in TABLES if c[0] != "ask"], ids=" ".join)
def test_every_answer_comes_as_json_and_csv_too(run: Run, command: tuple[str, ...]) -> None:
    plain = tuple(c for c in command if c != "--explain")
    assert json.loads(run(*plain, "--format", "json").out)
    assert len(list(csv.reader(io.StringIO(run(*plain, "--format", "csv").out)))) > 1


def test_explaining_shows_the_proof_or_where_it_stopped(run: Run) -> None:
    why = json.loads(run("explain", "iso42001:10.2", "Art. 20(1)", "--as-of", "2026-11-22", "--format", "json").out)
    assert why["degree"] == "partial"
    assert why["derivations"][0][-1]["to"] == "aiact:art-20.1"
    role = ("--role", "deployer", "--as-of", "2026-11-22", "--format", "json")
    not_why = json.loads(run("explain", "iso42001:10.2", "Art. 20(1)", *role).out)
    assert "role" in not_why["stopped_at"]["guards"]
    none = json.loads(run("explain", "iso42001:6.3", "nistrmf:M-7", "--format", "json").out)
    assert none["degree"] in (None, "candidate")


def test_showing_a_replaced_text_gives_the_wording_of_the_day(run: Run) -> None:
    old, new = (
        json.loads(run("show", "aiact:art-17.2", "--as-of", day, "--format", "json").out)["summary"]
        for day in ("2026-07-26", "2026-07-27")
    )
    assert old != new
    assert "mid-cap" in new or "SMC" in new


def test_the_reasoner_proves_the_ontology(run: Run) -> None:
    ran = run("owl", "--as-of", "2026-11-22", "--format", "json")
    report = json.loads(ran.out)
    assert ran.code == 0
    assert (report["consistent"], report["unsatisfiable"], report["violations"]) == (True, [], [])


def test_the_main_question_starts_without_the_large_packages_that_it_does_not_need() -> None:
    program = (
        "import atexit, sys; from aims_graph.cli import main; "
        "large = {'numpy', 'networkx', 'rdflib', 'pyshacl', 'highspy', 'fastapi'}; "
        "atexit.register(lambda: print(sorted(large & sys.modules.keys()))); "
        "sys.argv = ['aims-graph', 'what-else', 'iso42001:10.2', '--as-of', '2026-11-22']; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_search_that_is_cut_says_so(run: Run) -> None:
    found = json.loads(run("find", "the", "--format", "json").out)
    assert (found["limit"], len(found["results"]), found["truncated"]) == (25, 25, True)
    assert "Only the first 25 are shown; --limit shows more." in run("find", "the").out
    few = run("find", "serious incidents")
    assert "Only the first" not in few.out
    assert not json.loads(run("find", "serious incidents", "--format", "json").out)["truncated"]


def test_the_help_names_the_roles_classes_and_levels_of_trust_there_are(run: Run, library: Library) -> None:
    for _ in range(2):  # asked twice, named once
        told = " ".join(run("explain", "--help").out.replace("-\n", "-").split())
    told = told.replace("- ", "-")
    assert told.count(f"One of: {', '.join(sorted(library.catalogue.roles))}.") == 1
    assert told.count(f"One of: {', '.join(sorted(library.catalogue.system_classes))}.") == 1
    assert "[double-read|accepted]" in told
    assert "--role" not in run("review", "--help").out


def test_the_help_of_reviews_says_what_they_check(run: Run) -> None:
    for ran in (run("--help"), run("review", "--help")):
        assert "Check mapping rows: what clashes, what follows" in " ".join(ran.out.split())
