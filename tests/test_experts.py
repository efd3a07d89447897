"""The sheet for people who know the texts: every pair of frameworks is asked about, nothing is given away."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from conftest import ROOT, Run
from worlds import catalogue, provision, row

from aims_graph import experts
from aims_graph.errors import DataError
from aims_graph.library import Library
from aims_graph.model import Mapping
from aims_graph.relations import EQ, INT, NONE

SHIPPED = ROOT / "docs" / "expert-sheet.tsv"


def filled(*said: tuple[str, str, str]) -> str:
    lines = ["\t".join(experts.COLUMNS)]
    lines += [f"{a}\t\t{b}\t\t{relation}\t\tMx Expert" for a, relation, b in said]
    return "\n".join(lines) + "\n"


def judged(text: str, *rows: Mapping) -> experts.Result:
    known = catalogue([provision(n) for n in ("a:x", "a:y", "b:x", "b:y")], list(rows))
    return experts.result(known, "sheet.tsv", text)


def test_a_sheet_asks_about_every_pair_of_frameworks_and_gives_nothing_away(library: Library) -> None:
    lines = [line.split("\t") for line in experts.sheet(library.catalogue, seed=7).splitlines()[1:]]
    assert len(lines) == len({(line[0], line[2]) for line in lines}) == experts.ROWS
    assert all(line[4:] == ["", "", ""] for line in lines)
    provisions = library.catalogue.provisions
    asked = Counter(frozenset(provisions[name].edition for name in (line[0], line[2])) for line in lines)
    five = ("iso42001", "aiact", "airmf", "iso27001", "nistrmf")
    assert {frozenset((a, b)) for a in five for b in five if a != b} <= asked.keys()
    assert max(asked.values()) <= min(asked.values()) + 1


def test_the_same_seed_draws_the_same_rows_and_another_seed_others(library: Library) -> None:
    assert experts.sheet(library.catalogue, 1) == experts.sheet(library.catalogue, 1)
    assert experts.sheet(library.catalogue, 1) != experts.sheet(library.catalogue, 2)


def test_what_experts_say_is_held_against_the_rows() -> None:
    rows = (row("a:x", EQ, "b:x"), row("a:y", INT, "b:y"))
    found = judged(filled(("a:x", "equalTo", "b:x"), ("a:y", "unrelatedTo", "b:y")), *rows)
    assert (found.experts, found.judged, found.agreement.same) == (("Mx Expert",), 2, 1)
    assert found.differing == ((("a:y", "b:y"), "intersectsWith", "unrelatedTo", "Mx Expert"),)


def test_lines_without_a_relation_are_not_counted() -> None:
    assert judged(filled(("a:x", "", "b:x")), row("a:x", NONE, "b:x")).judged == 0


@pytest.mark.parametrize(
    ("line", "what"), [(("a:x", "equalTo", "b:y"), "no row relates"), (("a:x", "like", "b:x"), "no relation")]
)
def test_a_wrong_line_is_refused_with_its_number(line: tuple[str, str, str], what: str) -> None:
    with pytest.raises(DataError, match=what) as caught:
        judged(filled(line), row("a:x", EQ, "b:x"))
    assert [p.line for p in caught.value.problems] == [2]


def test_the_shipped_sheet_can_be_judged(run: Run, tmp_path: Path) -> None:
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    assert len(lines) == experts.ROWS + 1
    empty = json.loads(run("review", "experts", str(SHIPPED), "--format", "json").out)
    assert empty["judged"] == 0
    cells = lines[1].split("\t")
    copy = tmp_path / "sheet.tsv"
    copy.write_text("\n".join([lines[0], "\t".join([*cells[:4], "unrelatedTo", "Nothing.", "A. Person"])]) + "\n")
    assert run("review", "experts", str(copy)).out.startswith("1 row judged by A. Person: ")
