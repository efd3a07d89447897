"""Which duties were judged: by a row on them, or on what they are a lettered part of; by nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import AS_OF, Run
from worlds import row

from aims_graph.coverage import ABSENT, RELATED, UNRELATED, Direction, coverage, outcome
from aims_graph.files import shipped_root
from aims_graph.library import Library
from aims_graph.relations import INT, NONE, Relation
from aims_graph.vocab import NO_TERM_FOUND


def test_a_row_says_related_unrelated_or_no_counterpart() -> None:
    assert outcome(row("a:x", INT, "b:x")) == RELATED
    assert outcome(row("a:x", Relation.SUPPORTS, "b:x")) == RELATED
    assert outcome(row("a:x", NONE, "b:x")) == UNRELATED
    assert outcome(row("a:x", Relation.NO_RELATIONSHIP, "b:x")) == UNRELATED
    assert outcome(row("a:x", Relation.NO_RELATIONSHIP, NO_TERM_FOUND)) == ABSENT


def test_every_duty_of_the_five_frameworks_was_judged_against_the_other_four(run: Run) -> None:
    found = json.loads(run("coverage", "--as-of", AS_OF, "--format", "json").out)
    five = {"iso42001", "aiact", "airmf", "iso27001", "nistrmf"}
    lines = [line for line in found["directions"] if {line["from"], line["to"]} <= five]
    assert len(lines) == 20
    assert {(line["from"], line["to"]): line["not_judged_provisions"] for line in lines if line["not_judged"]} == {}
    assert all(line["duties"] for line in lines)


def test_the_table_names_each_pair_both_ways(run: Run) -> None:
    found = json.loads(run("coverage", "--as-of", AS_OF, "--format", "json").out)
    pairs = {(line["from"], line["to"]) for line in found["directions"]}
    assert {(b, a) for a, b in pairs} == pairs
    for line in found["directions"]:
        assert line["duties"] == line["related"] + line["unrelated"] + line["no_counterpart"] + line["not_judged"]
        assert len(line["not_judged_provisions"]) == line["not_judged"]
        assert line["read_twice"] <= line["duties"] - line["not_judged"]
    assert not {"mss", "iso27001-2013"} & {line["from"] for line in found["directions"]}


def test_a_pair_that_nobody_judged_is_shown_as_such(run: Run) -> None:
    (there, back) = json.loads(run("coverage", "csf2", "aiact", "--as-of", AS_OF, "--format", "json").out)["directions"]
    assert there["related"] == back["related"] == 0
    assert there["not_judged"] == there["duties"] > 0


def test_one_framework_is_no_pair(run: Run) -> None:
    done = run("coverage", "42001")
    assert done.code == 2
    assert "two different frameworks" in done.err


def against(data: Path, here: str, there: str) -> Direction:
    return coverage(Library.open([data]).catalogue, AS_OF, (here, there))[0]


def test_a_duty_is_judged_by_rows_on_it_or_on_what_it_is_a_lettered_part_of(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    name = "iso42001--iso27001.sssom.tsv"
    lines = (shipped_root() / "mappings" / name).read_text(encoding="utf-8").splitlines()
    head = [line for line in lines if line.startswith(("#", "record_id"))]
    column = lines[len(head) - 1].split("\t").index("subject_id")
    on = {line.split("\t")[column]: line for line in lines[len(head) :]}

    def judged(*names: str) -> set[str]:
        text = "\n".join([*head, *(on[n] for n in names)]) + "\n"
        (tmp_path / "mappings" / name).write_text(text, encoding="utf-8")
        return set(against(tmp_path, "iso42001", "iso27001").outcomes)

    assert judged("iso42001:10.1") == {"iso42001:10.1"}
    parts = judged("iso42001:10.2")
    assert "iso42001:10.2.a.1" in parts
    assert all(part.startswith("iso42001:10.2.") for part in parts)
    assert judged("iso42001:10.2.d") == {"iso42001:10.2.d"}, "a part does not judge its neighbours"
