"""Reasons that say the same of different pairs are found; equal texts and joint rows may share one."""

from __future__ import annotations

from pathlib import Path

from conftest import Run
from worlds import catalogue, edition, provision, row

from aims_graph.catalogue import Catalogue
from aims_graph.files import shipped_root
from aims_graph.model import Mapping
from aims_graph.relations import EQ, INT, SUP
from aims_graph.repetition import masked, repeated

SAID = "Both ask that what was found is looked at by somebody who knows it; the one adds a date, the other a name."
OTHER = "What went wrong is mended in both, while only one of them wants to know for what cause it had gone wrong."


def known(*rows: Mapping) -> Catalogue:
    names = ("a:1", "a:2", "b:1", "b:2", "hub:1")
    return catalogue([provision(n) for n in names], list(rows), [edition("hub", common=True)])


def found(*rows: Mapping) -> list[tuple[str, str]]:
    return [(one.id, other.id) for one, other, _ in repeated(known(*rows), rows)]


def test_a_reason_that_another_pair_has_too_is_found() -> None:
    first, second = (row(f"a:{n}", INT, f"b:{n}", id=str(n), rationale=SAID) for n in (1, 2))
    assert found(first, second) == [("2", "1")]
    assert found(first, row("a:2", INT, "b:2", id="2", rationale=OTHER)) == []


def test_names_notations_titles_and_numbers_do_not_make_a_reason_another() -> None:
    one = row("a:1", INT, "b:1", id="1", rationale=f"a:1 and 42 months: {SAID}")
    other = row("a:2", INT, "b:2", id="2", rationale=f"a:2 and 17 months: {SAID}")
    assert masked(known(one), one) == masked(known(other), other)
    assert found(one, other) == [("2", "1")]


def test_rows_of_one_group_may_share_their_reason() -> None:
    rows = [row(f"a:{n}", EQ, "b:1", id=str(n), rationale=SAID, joint="both") for n in (1, 2)]
    assert found(*rows) == []


def test_of_equal_texts_the_same_may_be_said() -> None:
    rows = [row(f"a:{n}", INT, "b:1", id=str(n), rationale=SAID) for n in (1, 2)]
    assert found(*rows) == [("2", "1")]
    assert (
        found(*rows, row("a:1", EQ, "hub:1", rationale=OTHER), row("a:2", EQ, "hub:1", rationale=f"{OTHER} So.")) == []
    )
    assert (
        found(*rows, row("a:1", SUP, "hub:1", rationale=OTHER), row("a:2", SUP, "hub:1", rationale=f"{OTHER} So."))
        == []
    )


def test_lint_names_the_row_whose_reason_it_repeats(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    name = "iso42001--airmf.sssom.tsv"
    lines = (shipped_root() / "mappings" / name).read_text(encoding="utf-8").splitlines()
    places = [i for i, line in enumerate(lines) if "\tstrm:intersectsWith\t" in line][:2]
    reason = next(line for line in lines if line.startswith("record_id")).split("\t").index("ext_rationale_text")
    cells = lines[places[1]].split("\t")
    cells[reason] = lines[places[0]].split("\t")[reason]
    lines[places[1]] = "\t".join(cells)
    (tmp_path / "mappings" / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = run("lint", "--data", str(tmp_path))
    assert done.code == 1
    assert f"mappings/{name}:{places[1] + 1}" in done.out
    assert "the reason is nearly that of" in done.out


def test_lint_next_lists_the_pairs_to_judge(run: Run) -> None:
    assert run("lint", "--next").out == run("review", "next").out
    assert run("lint", "--next", "x.tsv").code == 2
