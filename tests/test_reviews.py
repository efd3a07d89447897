"""Two readings: sheets with decoys, comparison, and rows that lose what an edit takes away."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest
from conftest import ROOT, Run

from aims_graph import reviews
from aims_graph.library import Library
from aims_graph.reviews import Judgement, agreement, compare

PAIR = "airmf--nistrmf"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    for folder in ("ontology", "mappings"):
        shutil.copytree(ROOT / folder, root / folder)
    return root


def test_a_sheet_is_shuffled_by_its_seed_and_has_as_many_decoys(run: Run, library: Library) -> None:
    sheet = run("review", "sheet", PAIR, "--seed", "7").out
    assert run("review", "sheet", PAIR, "--seed", "7").out == sheet
    assert run("review", "sheet", PAIR, "--seed", "8").out != sheet
    rows = list(csv.DictReader(io.StringIO(sheet), delimiter="\t"))
    pairs = {(r["subject_id"], r["object_id"]) for r in rows}
    file = next(f for f in library.catalogue.mapping_files if f.path.endswith(f"/{PAIR}.sssom.tsv"))
    mapped = {(r.subject, r.object) for r in file.rows if "NoTermFound" not in r.subject + r.object}
    assert mapped <= pairs
    assert len(pairs) == 2 * len(mapped)
    assert all(r["relation"] == r["sentence"] == "" for r in rows)


def test_comparing_again_changes_nothing(run: Run, data: Path) -> None:
    before = {p: p.read_bytes() for p in (data / "mappings").rglob("*.tsv")}
    assert run("review", "compare", "--data", data).code == 0
    assert {p: p.read_bytes() for p in (data / "mappings").rglob("*.tsv")} == before


def test_an_edited_row_counts_as_proposed_until_it_is_read_again(run: Run, data: Path) -> None:
    path = data / "mappings" / f"{PAIR}.sssom.tsv"
    lines = path.read_text(encoding="utf-8").splitlines()
    at = next(i for i, line in enumerate(lines) if "\tdouble-read\t" in line)
    lines[at] = lines[at].replace("both", "either", 1) if "both" in lines[at] else lines[at].replace("; ", ", ", 1)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    edited = lines[at].split("\t")[0]
    rows = {r.id: r for r in Library.open([data]).catalogue.mappings}
    assert rows[edited].status == "proposed"
    ran = run("lint", path, "--data", data)
    assert ran.code == 1
    assert f"row '{edited}' says double-read, but no review fits it as it stands" in ran.out


def test_a_disagreement_leaves_the_row_proposed_unless_settled_in_writing(run: Run, data: Path) -> None:
    second = data / "mappings/readings" / f"{PAIR}.second.tsv"
    rows = list(csv.reader(io.StringIO(second.read_text(encoding="utf-8")), delimiter="\t", quoting=csv.QUOTE_NONE))
    at = next(i for i, r in enumerate(rows) if r[2] == "intersectsWith")
    pair = rows[at][:2]
    rows[at][2] = "supports"
    second.write_text("".join("\t".join(r) + "\n" for r in rows), encoding="utf-8")

    def status() -> str:
        assert run("review", "compare", PAIR, "--data", data).code == 0
        found = Library.open([data]).catalogue.mappings
        return next(r.status for r in found if [r.subject, r.object] == pair and PAIR in r.source.path)

    assert status() == "proposed"
    settled = [
        "\t".join(reviews.READING_COLUMNS),
        "\t".join([*pair, "intersectsWith", "Because X is shared.", "agent:x"]),
    ]
    (data / "mappings/readings" / f"{PAIR}.settled.tsv").write_text("\n".join(settled) + "\n", encoding="utf-8")
    assert status() == "double-read"


def test_no_row_says_double_read_without_a_review_that_fits(library: Library) -> None:
    said = {r.id for f in library.catalogue.mapping_files for r in f.rows if r.status == "double-read"}
    counted = {r.id for r in library.catalogue.mappings if r.status == "double-read"}
    assert said == counted
    assert said


def test_a_pair_without_readings_is_an_error(run: Run, data: Path) -> None:
    assert run("review", "compare", "no--such", "--data", data).code == 2
    assert run("review", "sheet", "no--such").code == 2
    (data / "mappings" / f"{PAIR}.sssom.tsv").unlink()
    ran = run("review", "compare", PAIR, "--data", data)
    assert ran.code == 2
    assert f"mappings/{PAIR}.sssom.tsv: the file does not exist" in ran.err


def test_a_bad_reading_file_is_an_error(run: Run, data: Path) -> None:
    path = data / "mappings/readings" / f"{PAIR}.second.tsv"
    path.write_text("subject_id\tobject_id\nairmf:MANAGE\n", encoding="utf-8")
    ran = run("review", "compare", PAIR, "--data", data)
    assert ran.code == 2
    assert "column 'relation', 'sentence', 'agent' is missing" in ran.err


@pytest.mark.parametrize(
    ("pairs", "same", "kappa"),
    [
        ([("a", "a"), ("b", "b")], 2, 1.0),
        ([("a", "b"), ("b", "a")], 0, -1.0),
        ([("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")], 2, 0.0),
        ([("a", "a")], 1, None),
        ([], 0, None),
    ],
)
def test_kappa_is_agreement_beyond_chance(pairs: list[tuple[str, str]], same: int, kappa: float | None) -> None:
    found = agreement(pairs)
    assert (found.same, found.kappa) == (same, kappa)


def test_a_decoy_counts_as_no_relationship_in_the_first_reading() -> None:
    second = [Judgement("a:1", "b:1", "noRelationship", "Nothing.", "agent:second")]
    made, found = compare([], [], second)
    assert made == []
    assert (found.pairs, found.same) == (1, 1)
