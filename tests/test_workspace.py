"""A workspace by its commands: what a write does to what is there, and what stays readable of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from conftest import CASES, Run

DAY = ("--as-of", "2026-11-22", "--by", "ann")
HEAD = """@prefix aims: <https://w3id.org/aims-graph/ontology#> .
@prefix ex: <https://example.org/records/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix iso42001: <https://w3id.org/aims-graph/iso42001/2023/> .
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The worked example in a workspace, written once."""
    from datetime import UTC, datetime

    from aims_graph.intake import incoming
    from aims_graph.library import Library
    from aims_graph.workspaces.assessing import Assessor
    from aims_graph.workspaces.workspace import BASE, Signature, Workspace
    from aims_graph.workspaces.writing import Request, Writer

    folder, now = tmp_path_factory.mktemp("filled") / "w", datetime(2026, 11, 21, tzinfo=UTC)
    library = Library.open()
    Workspace.init(folder, BASE, "Norrland Talent AB", now)
    read = incoming.together([incoming.read_file(str(CASES / "complete.ttl"), library, BASE)])
    with Workspace.open(folder, write=True) as workspace:
        writer = Writer(workspace, Assessor(library.catalogue, library.rules))
        writer.write(Request(read.triples), Signature("ann", "add"), now)
    return folder


@pytest.fixture
def workspace(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, named by the environment."""
    folder = tmp_path / "w"
    shutil.copytree(filled, folder)
    monkeypatch.setenv("AIMS_WORKSPACE", str(folder))
    return folder


def turtle(folder: Path, text: str) -> Path:
    path = folder / "in.ttl"
    path.write_text(HEAD + text, encoding="utf-8")
    return path


def test_a_workspace_and_its_copies_are_closed_to_other_users(run: Run, workspace: Path, tmp_path: Path) -> None:
    assert run("backup", str(tmp_path / "copy"), "--workspace", str(workspace)).code == 0
    assert run("restore", str(tmp_path / "copy"), str(tmp_path / "back")).code == 0
    for folder in (workspace, tmp_path / "copy", tmp_path / "back"):
        assert folder.stat().st_mode & 0o777 == 0o700, folder


def test_a_folder_that_holds_something_is_no_place_for_a_new_workspace(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x", encoding="utf-8")
    assert "is not an empty folder" in run("init", tmp_path).err
    assert run("init", tmp_path / "w", "--base", "no address").code == 2
    assert not (tmp_path / "w").exists()
    assert run("init", tmp_path / "w").code == 0


def test_a_workspace_that_is_none_or_is_not_named_is_said_so(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIMS_WORKSPACE", raising=False)
    found = run("export")
    assert (found.code, found.err.strip()) == (
        2, "no workspace was named. Give --workspace DIR, or set AIMS_WORKSPACE.",
    )  # fmt: skip
    assert "is not a workspace. Make one with" in run("log", "verify", "--workspace", tmp_path).err
    (tmp_path / "workspace.json").write_text("{", encoding="utf-8")
    assert "Restore it from a backup" in run("export", "--workspace", tmp_path).err


def test_a_stated_property_is_replaced_and_others_are_kept(run: Run, workspace: Path, tmp_path: Path) -> None:
    path = turtle(tmp_path, 'ex:CA-7 a aims:CorrectiveAction ; rdfs:label "New name" .')
    assert run("add", path, *DAY).code == 0
    out = run("export").out
    assert '"New name"' in out
    assert "Retrain with balanced data and check every release by group" not in out
    assert '"CA-7"' in out


def test_a_record_that_is_stated_whole_loses_what_is_left_out(run: Run, workspace: Path, tmp_path: Path) -> None:
    case = """ex:CA-7 a aims:CorrectiveAction ; dcterms:identifier "CA-7" ; rdfs:label "A" ;
        aims:correctiveActionFor ex:NC-3 ."""
    assert run("add", turtle(tmp_path, case), *DAY, "--whole").code in (0, 1)
    assert "2026-09-30" not in run("export").out  # the day it was due


def test_what_lies_below_a_record_goes_with_the_link_to_it(run: Run, workspace: Path, tmp_path: Path) -> None:
    action = "ex:CA-7 a aims:CorrectiveAction ; aims:addressesCause <https://example.org/records/CA-7/{0}> .\n"
    cause = '<https://example.org/records/CA-7/{0}> a aims:RootCause ; rdfs:label "Cause {0}" .'
    for name in ("one", "two"):
        assert run("add", turtle(tmp_path, (action + cause).format(name)), *DAY).code in (0, 1)
    out = run("export").out
    assert "Cause two" in out
    assert "Cause one" not in out


def test_what_is_stated_again_is_not_written(run: Run, workspace: Path) -> None:
    found = run("add", CASES / "complete.ttl", *DAY, "--format", "json")
    assert json.loads(found.out)["entry"] is None
    assert run("log", "verify").out.startswith("1 entries")


def test_a_number_that_the_store_writes_shorter_does_not_come_between_log_and_store(
    run: Run, workspace: Path, tmp_path: Path
) -> None:
    """A store keeps 2026-11-21T24:00:00Z as the midnight that it is; the log has to say the same."""
    for comment in ('"0.50"^^xsd:decimal', '"00.5"^^xsd:decimal', '"a\u2028b\u0085c"'):
        run("add", turtle(tmp_path, f"ex:CA-7 a aims:CorrectiveAction ; rdfs:comment {comment} ."), *DAY)
        assert run("log", "verify").code == 0
        assert "FAULT store" not in run("doctor").out


def test_a_dry_run_writes_nothing(run: Run, workspace: Path, tmp_path: Path) -> None:
    path = turtle(tmp_path, 'ex:CA-7 a aims:CorrectiveAction ; rdfs:label "New name" .')
    run("add", path, *DAY, "--dry-run")
    assert run("log", "verify").out.startswith("1 entries")


def test_a_request_with_a_key_is_carried_out_once(run: Run, workspace: Path, tmp_path: Path) -> None:
    path = turtle(tmp_path, 'ex:CA-7 a aims:CorrectiveAction ; rdfs:label "New name" .')
    assert run("add", path, *DAY, "--key", "k").code == 0
    assert run("add", path, *DAY, "--key", "k").code == 0
    assert run("log", "verify").out.startswith("2 entries")
    turtle(tmp_path, 'ex:CA-7 a aims:CorrectiveAction ; rdfs:label "Other" .')
    found = run("add", path, *DAY, "--key", "k")
    assert found.code == 2
    assert "the key 'k' was used on" in found.err


def test_a_record_that_changed_since_it_was_seen_is_not_written_over(run: Run, workspace: Path, tmp_path: Path) -> None:
    path = turtle(tmp_path, 'ex:CA-7 a aims:CorrectiveAction ; rdfs:label "New name" .')
    assert run("add", path, *DAY, "--expect", "CA-7=1").code == 0
    turtle(tmp_path, 'ex:CA-7 a aims:CorrectiveAction ; rdfs:label "Other" .')
    found = run("add", path, *DAY, "--expect", "CA-7=1")
    assert found.code == 2
    assert "you have seen version 1, it is at version 2" in found.err
    assert run("add", path, *DAY, "--expect", "CA-7").code == 2


def test_a_step_that_the_life_of_a_case_does_not_have_is_refused(run: Run, workspace: Path) -> None:
    found = run("move", "NC-3", "open", *DAY)
    assert found.code == 2
    assert "goes from 'closed' to 'open', which is no step of its life" in found.err
    assert run("log", "verify").out.startswith("1 entries")


def test_a_case_is_closed_only_when_it_is_complete(run: Run, workspace: Path, tmp_path: Path) -> None:
    case = 'ex:NC-9 a aims:Nonconformity ; dcterms:identifier "NC-9" ; rdfs:label "New" ; aims:state aims:state-{} .'
    assert run("add", turtle(tmp_path, case.format("closing")), *DAY).code == 1
    found = run("move", "NC-9", "closed", *DAY)
    assert found.code == 2
    assert "NC-9: cannot be closed yet" in found.err


def test_a_case_reopens_when_its_problem_is_back(run: Run, workspace: Path, tmp_path: Path) -> None:
    path = turtle(tmp_path, 'ex:NC-3 a aims:Nonconformity ; aims:recurredOn "2026-11-21"^^xsd:date .')
    found = json.loads(run("add", path, *DAY, "--format", "json").out)
    assert any("NC-3" in str(value) for value in found["reopened"])
    assert "aims:state-reopened" in run("export").out


def test_a_case_reopens_when_another_says_that_it_is_the_same_again(run: Run, workspace: Path, tmp_path: Path) -> None:
    case = """ex:NC-9 a aims:Nonconformity ; dcterms:identifier "NC-9" ; rdfs:label "Again" ;
        aims:state aims:state-open ; aims:detectedOn "2026-11-20"^^xsd:date ; aims:recurrenceOf ex:NC-3 ."""
    found = json.loads(run("add", turtle(tmp_path, case), *DAY, "--format", "json").out)
    assert any("NC-3" in str(value) for value in found["reopened"])


def test_a_record_taken_back_stays_readable_for_earlier_days(run: Run, workspace: Path, tmp_path: Path) -> None:
    assert run("withdraw", "ER-1", *DAY).code == 2  # without a reason
    assert run("withdraw", "EV-6", *DAY, "--reason", "wrong file").code == 2  # the case links to it
    run("withdraw", "ER-1", *DAY, "--reason", "of another action")
    assert "ER-1" not in run("export").out
    assert "ER-1" in run("export", "--known-on", "2026-11-21").out
    rows = json.loads(run("history", "ER-1", "--format", "json").out)
    assert [(row["entry"], row["who"], row["why"]) for row in rows] == [
        (1, "ann", None),
        (2, "ann", "of another action"),
    ]
    assert run("history", "ER-2").code == 2
    assert run("log", "verify").code == 0


def test_the_history_of_a_record_is_of_no_other_whose_name_begins_alike(
    run: Run, workspace: Path, tmp_path: Path
) -> None:
    path = turtle(tmp_path, 'ex:CA-7 a aims:CorrectiveAction ; rdfs:label "A" .\nex:CA-70 a aims:CorrectiveAction ; dcterms:identifier "CA-70" ; rdfs:label "B" ; aims:correctiveActionFor ex:NC-3 .')  # fmt: skip  # noqa: E501
    assert run("add", path, *DAY).code in (0, 1)
    rows = json.loads(run("history", "CA-7", "--format", "json").out)
    assert not any("CA-70" in line for row in rows for line in row["added"])


def test_a_log_that_another_hand_changed_gives_exit_code_1(run: Run, workspace: Path) -> None:
    path = workspace / "log" / "audit.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace('"who":"ann"', '"who":"bob"'), encoding="utf-8")
    found = run("log", "verify")
    assert found.code == 1
    assert "entry 1 is not as it was written" in found.err
    assert run("doctor").code == 1


def test_a_name_that_utf_8_cannot_hold_is_written_all_the_same(run: Run, workspace: Path, tmp_path: Path) -> None:
    path = turtle(tmp_path, 'ex:CA-7 a aims:CorrectiveAction ; rdfs:label "New name" .')
    assert run("add", path, "--as-of", "2026-11-22", "--by", "J\udcf6rg\u2028").code == 0
    assert json.loads(run("history", "CA-7", "--format", "json").out)[1]["who"] == "J?rg\u2028"


def test_a_copy_is_restored_by_its_commands(run: Run, workspace: Path, tmp_path: Path) -> None:
    assert run("backup", tmp_path / "b").code == 0
    assert run("restore", tmp_path / "b", workspace).code == 2
    assert run("restore", tmp_path / "b", tmp_path / "again").code == 0
    assert run("export", "--workspace", tmp_path / "again").out == run("export").out


def test_a_withdrawn_record_is_read_as_of_earlier_days_and_not_of_later_ones(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "records"
    text = (
        "@prefix aims: <https://w3id.org/aims-graph/ontology#> .\n@prefix ex: <https://example.org/records/> .\n"
        "@prefix dcterms: <http://purl.org/dc/terms/> .\n@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
        'ex:NC-8 a aims:Nonconformity ; dcterms:identifier "NC-8" ; aims:state aims:state-closing ;'
        ' aims:detectedOn "2026-11-02"^^xsd:date .\n'
    )
    (tmp_path / "r.ttl").write_text(text, encoding="utf-8")
    run("init", folder)
    run("add", tmp_path / "r.ttl", "--workspace", folder, "--as-of", "2026-11-05")
    back = run("withdraw", "NC-8", "--reason", "recorded twice", "--workspace", folder, "--as-of", "2026-11-20")
    assert (back.code, back.err) == (0, "")
    before = run("check", "--workspace", folder, "--as-of", "2026-11-10")
    assert "NC-8: " in before.out
    assert "AG-INT" not in before.out
    assert "NC-8" in run("what-else", "NC-8", "--workspace", folder, "--as-of", "2026-11-10").out
    assert run("check", "--workspace", folder, "--as-of", "2026-11-22").out.startswith("No records in")
    later = run("what-else", "NC-8", "--workspace", folder, "--as-of", "2026-11-22")
    assert (later.code, later.out) == (2, "")
    assert "NC-8" in later.err
