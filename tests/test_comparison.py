"""Two states of the mappings: what differs is what asking both states anew gives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from conftest import AS_OF, Run
from random_catalogues import asked, drawn, drawn_row
from worlds import TODAY, catalogue, provision, row

from aims_graph.catalogue import Catalogue
from aims_graph.comparison import ADDED, CHANGED, REMOVED, Comparison, compare, comparison_json
from aims_graph.files import shipped_root
from aims_graph.indexing import reach
from aims_graph.indexing.index import Index
from aims_graph.inference import infer
from aims_graph.relations import EQ, INT, Degree
from aims_graph.trace import Options

OPTIONS = Options(TODAY)


def compared(before: Catalogue, after: Catalogue) -> Comparison:
    return compare(Index(before, OPTIONS.context()), Index(after, OPTIONS.context()), OPTIONS)


def two() -> tuple[Catalogue, Catalogue]:
    """`a:x` overlaps `b:x`; then it equals it, and `b:x` overlaps `c:x`."""
    provisions = [provision(f"{e}:x") for e in "abc"]
    before = catalogue(provisions, [row("a:x", INT, "b:x", 0.5, id="one"), row("b:x", EQ, "c:x", 0.9, id="gone")])
    after = catalogue(provisions, [row("a:x", EQ, "b:x", 0.5, id="one"), row("b:x", INT, "c:x", 0.8, id="new")])
    return before, after


def test_rows_that_differ_are_told_with_what_differs() -> None:
    found = compared(*two())
    assert [(c.row.id, c.kind) for c in found.rows] == [("gone", REMOVED), ("new", ADDED), ("one", CHANGED)]
    assert found.rows[2].differs == {"relation": (INT, EQ)}
    told = {r["mapping"]: r["differs"] for r in comparison_json(found)["rows"]}
    assert told["one"] == [{"field": "relation", "before": "intersectsWith", "after": "equalTo"}]


def test_claims_lost_lowered_gained_and_raised_are_told() -> None:
    found = {(c.start, c.provision): c.kind for c in compared(*two()).changes}
    assert found == {
        ("a:x", "b:x"): "raised",
        ("b:x", "a:x"): "raised",
        ("b:x", "c:x"): "lowered",
        ("c:x", "b:x"): "lowered",
    }, "between a:x and c:x a part counts before and after"
    lost = compared(two()[0], two()[0].with_mappings(two()[0].mappings[:1]))
    assert {c.kind for c in lost.changes} == {"lost"}


def test_the_other_way_round_what_was_lost_is_gained() -> None:
    before, after = two()
    mirrored = {"lost": "gained", "gained": "lost", "lowered": "raised", "raised": "lowered"}
    there = {(c.start, c.provision): c.kind for c in compared(before, after).changes}
    back = {(c.start, c.provision): c.kind for c in compared(after, before).changes}
    assert back == {claim: mirrored[kind] for claim, kind in there.items()}


@pytest.mark.parametrize("seed", range(12))
def test_of_any_two_states_the_difference_is_that_of_asking_both_anew(seed: int) -> None:
    chooser, before, how = Random(seed), drawn(seed), asked(seed)
    rows = [
        replace(drawn_row(chooser, r.subject, r.object), id=r.id) if chooser.random() < 0.3 and not r.joint else r
        for r in before.mappings
    ]
    after = before.with_mappings(tuple(rows[1:]))
    options = Options(how.as_of, tuple(how.roles), how.system_class, how.trust)
    context = options.context()
    found = compare(Index(before, context), Index(after, context), options)
    told = {(c.start, c.provision): (c.before, c.after) for c in found.changes}
    expected = {}
    for start in reach.starts(Index(before, context)):
        own = before.provisions[start].edition
        old, new = (
            {p: c.degree for p, c in infer(state, [start], context).claims.items() if c.degree >= Degree.PARTIAL}
            for state in (before, after)
        )
        for name in old.keys() | new.keys():
            pair = (old.get(name, Degree.NONE), new.get(name, Degree.NONE))
            if pair[0] is not pair[1] and before.provisions[name].edition != own:
                expected[start, name] = pair
    assert told == expected


def test_the_same_state_twice_has_no_difference(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    name = "iso42001--airmf.sssom.tsv"
    text = (shipped_root() / "mappings" / name).read_text(encoding="utf-8")
    (tmp_path / "mappings" / name).write_text(text, encoding="utf-8")
    done = run("diff", str(tmp_path), "--as-of", AS_OF)
    assert done.code == 0
    assert "Mapping rows that differ: none." in done.out
    assert "Claims that differ: none." in done.out


def test_one_edited_line_shows_the_answers_that_change(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    name = "iso42001--airmf.sssom.tsv"
    lines = (shipped_root() / "mappings" / name).read_text(encoding="utf-8").splitlines()
    place = next(i for i, line in enumerate(lines) if "\tdouble-read\t" in line and "intersectsWith" in line)
    gone = lines.pop(place).split("\t")
    (tmp_path / "mappings" / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    lost = run("diff", str(tmp_path), "--as-of", AS_OF)
    assert "Mapping rows that differ: 1 removed." in lost.out
    assert gone[1] in lost.out
    assert " lost" in lost.out
    back = run("diff", str(tmp_path), "--reverse", "--as-of", AS_OF)
    assert "1 added" in back.out
    assert " gained" in back.out


def test_a_folder_without_data_is_refused(run: Run, tmp_path: Path) -> None:
    done = run("diff", str(tmp_path))
    assert done.code == 2
    assert "holds no data" in done.err
