"""The framework files against the verified lists of ids, where they lie beside the project."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

from aims_graph.library import Library

FACTS = ROOT.parent / "shared" / "facts" / "structure"
OWN_IDS = frozenset(
    f"{edition}:10.2{part}"
    for edition in ("iso42001", "iso27001")
    for part in (
        [
            ".a",
            ".a.1",
            ".a.2",
            ".b",
            ".b.1",
            ".b.2",
            ".b.3",
            ".b.need",
            ".c",
            ".d",
            ".e",
            ".f",
            ".g",
            ".proportion",
            ".doc-actions",
            ".doc-results",
        ]
    )
)
"""Parts of clauses, which the lists do not go down to."""

NEEDED = [
    "iso42001:10.1",
    "iso42001:10.2",
    "iso42001:6.3",
    "iso42001:8.2",
    "iso42001:8.4",
    "iso42001:9.2.2",
    "iso42001:9.3.2",
    "iso42001:A.3.3",
    "iso42001:A.6.2.6",
    "iso42001:A.6.2.8",
    "iso42001:A.8.3",
    "iso42001:A.8.4",
    "iso42001:A.8.5",
    "iso27001:10.1",
    "iso27001:10.2",
    "iso27001:A.5.24",
    "iso27001:A.5.25",
    "iso27001:A.5.26",
    "iso27001:A.5.27",
    "iso27001:A.5.28",
    "iso27001-2013:10.1",
    "iso27001-2013:10.2",
    "aiact:art-3.23",
    "aiact:art-3.49",
    "aiact:art-3.49.c",
    "aiact:art-11.1",
    "aiact:art-23.2",
    "aiact:art-43.4",
    "aiact:art-80.4",
    "aiact:art-80.5",
    "aiact:art-82.2",
    "aiact:anx-VII.3.4",
    "aiact:anx-VII.4.7",
]
WHOLE = [
    "aiact:art-9",
    "aiact:art-16",
    "aiact:art-17",
    "aiact:art-20",
    "aiact:art-24",
    "aiact:art-26",
    "aiact:art-55",
    "aiact:art-72",
    "aiact:art-73",
    "aiact:art-79",
    "airmf:MEASURE-3",
    "airmf:MANAGE",
    "nistrmf:ASSESS",
    "nistrmf:AUTHORIZE",
    "nistrmf:MONITOR",
]
KINDS = {
    "subclause": "Subclause",
    "paragraph": "Paragraph",
    "article": "Article",
    "point": "Point",
    "control": "AnnexControl",
}
KINDS |= {"clause": "Clause", "task": "Task", "step": "Step", "subcategory": "Subcategory", "category": "Category"}
COUNTS = {"aiact": 151, "airmf": 23, "iso27001": 24, "iso27001-2013": 3, "iso42001": 38, "nistrmf": 21}


def listed() -> Iterator[dict[str, str]]:
    for path in sorted(FACTS.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                if ":" in row.get("id", "") and "kind" in row:
                    yield {k: v or "" for k, v in row.items()}


@pytest.fixture(scope="module")
def facts() -> dict[str, dict[str, str]]:
    if not Path(FACTS).is_dir():
        pytest.skip("the verified lists do not lie beside the project")
    return {row["id"]: row for row in listed()}


def test_every_id_exists_in_the_verified_lists(library: Library, facts: dict[str, dict[str, str]]) -> None:
    parents = {row["parent"] for row in facts.values()}
    unknown = [p for p in library.catalogue.provisions if p not in facts and p not in OWN_IDS and p not in parents]
    assert unknown == []


def test_parents_and_kinds_agree_with_the_lists(library: Library, facts: dict[str, dict[str, str]]) -> None:
    for provision in library.catalogue.provisions.values():
        row = facts.get(provision.id)
        if row is None:
            continue
        wanted = row["parent"] if ":" in row["parent"] else None
        assert provision.parent == wanted, provision.id
        assert provision.kind == KINDS.get(row["kind"], provision.kind), provision.id


def test_iso_and_nist_titles_are_the_official_ones(library: Library, facts: dict[str, dict[str, str]]) -> None:
    for provision in library.catalogue.provisions.values():
        row = facts.get(provision.id)
        if row and provision.kind in ("Clause", "Subclause", "AnnexControl", "Article") and row["title"]:
            assert provision.title == row["title"], provision.id


@pytest.mark.parametrize("edition", sorted(COUNTS))
def test_the_counts_of_what_is_held_come_out(library: Library, edition: str) -> None:
    assert sum(p.edition == edition for p in library.catalogue.provisions.values()) == COUNTS[edition]


def test_what_this_part_needs_is_there(library: Library) -> None:
    assert [p for p in (*NEEDED, *WHOLE) if p not in library.catalogue.provisions] == []


def test_what_is_held_whole_has_all_its_listed_parts(library: Library, facts: dict[str, dict[str, str]]) -> None:
    for whole in WHOLE:
        family = {whole, *library.catalogue.descendants(whole)}
        prefix = whole.partition(":")[0]
        own = {i: row for i, row in facts.items() if i.partition(":")[0] == prefix}
        missing = [i for i, row in own.items() if row["parent"] in family and i not in family]
        assert missing == [], whole


def test_every_provision_has_notation_title_source_and_rights(library: Library) -> None:
    for provision in library.catalogue.provisions.values():
        assert provision.notation
        assert provision.title
        assert provision.link.startswith("https://")
        assert library.catalogue.editions[provision.edition].rights


def test_names_are_whole_clause_and_control_apart(library: Library) -> None:
    assert library.catalogue.provisions["iso42001:10.2"].kind == "Subclause"
    assert "iso42001:A.10.2" not in library.catalogue.provisions
