"""The framework files against the verified lists of ids, where they lie beside the project."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from conftest import AS_OF, ROOT

from aims_graph.history import history
from aims_graph.library import Library

FACTS = ROOT.parent / "shared" / "facts" / "structure"
KINDS = {
    "action": "SuggestedAction",
    "annex": "Annex",
    "annex-informative": "Annex",
    "annex-normative": "Annex",
    "annex-point": "AnnexPoint",
    "annex-section": "AnnexSection",
    "article": "Article",
    "chapter": "Chapter",
    "clause": "Clause",
    "control": "AnnexControl",
    "control-area": "ControlArea",
    "control-objective": "ControlObjective",
    "function": "Function",
    "guidance": "Guidance",
    "paragraph": "Paragraph",
    "point": "Point",
    "recital": "Recital",
    "risk": "RiskCategory",
    "section": "Section",
    "step": "Step",
    "subcategory": "Subcategory",
    "subclause": "Subclause",
    "task": "Task",
    "theme": "ControlArea",
}
"""The kind of a listed id, in words of the graph; 'category' is one thing in ISO and another in NIST."""

COUNTS = {
    "iso42001": {"Clause": 7, "Subclause": 36, "AnnexControl": 38, "ControlObjective": 10, "Guidance": 38, "Annex": 4},
    "iso27001": {"Clause": 7, "Subclause": 34, "AnnexControl": 93, "ControlArea": 4, "Annex": 1},
    "iso27001-2013": {"Clause": 7, "Subclause": 28, "AnnexControl": 114, "ControlArea": 14, "ControlObjective": 35},
    "airmf": {"Function": 4, "Category": 19, "Subcategory": 72},
    "ai600-1": {"RiskCategory": 12, "SuggestedAction": 212},
    "nistrmf": {"Step": 7, "Task": 47},
    "csf2": {"Function": 6, "Category": 22, "Subcategory": 106},
}
LAW_OF_2024 = {"Article": 113, "Chapter": 13, "Section": 16, "Annex": 13, "AnnexSection": 7, "Recital": 180}
LAW_OF_2024 |= {"Paragraph": 500, "Point": 532, "AnnexPoint": 130}
LAW_OF_TODAY = {"Article": 119, "Annex": 14, "Chapter": 13, "Section": 16, "Recital": 180}
WITHIN = {
    "airmf": {"GOVERN": 19, "MAP": 18, "MEASURE": 22, "MANAGE": 13},
    "nistrmf": {"PREPARE": 18, "CATEGORIZE": 3, "SELECT": 6, "IMPLEMENT": 2, "ASSESS": 6, "AUTHORIZE": 5, "MONITOR": 7},
    "iso27001": {"A.5": 37, "A.6": 8, "A.7": 14, "A.8": 34},
}
OWN_POINTS_OF_LAW = {"aiact:art-25.2.a", "aiact:art-25.2.b", "aiact:art-25.2.c", "aiact:art-96.1.g"}
"""Points that an amended text has, beneath the unit that the amending act names."""


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


@pytest.fixture(scope="module")
def amended() -> dict[str, dict[str, str]]:
    path = FACTS / "eu-ai-act-amendments-2026-1744.tsv"
    if not path.is_file():
        pytest.skip("the verified lists do not lie beside the project")
    with path.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}


def held(library: Library, edition: str, day: date = AS_OF) -> Counter[str]:
    return Counter(
        p.kind for p in library.catalogue.provisions.values() if p.edition == edition and p.in_force.holds(day)
    )


def leaves(library: Library, whole: str, kind: str) -> int:
    catalogue = library.catalogue
    return sum(catalogue.provisions[p].kind == kind for p in catalogue.descendants(whole))


@pytest.mark.parametrize("edition", sorted(COUNTS))
def test_the_counts_come_out(library: Library, edition: str) -> None:
    day = library.catalogue.editions[edition].in_force.end or AS_OF
    found = held(library, edition, day)
    assert {kind: found[kind] for kind in COUNTS[edition]} == COUNTS[edition]


def test_the_law_is_whole_as_enacted_and_as_amended(library: Library) -> None:
    assert held(library, "aiact", date(2026, 7, 26)) == Counter(LAW_OF_2024)
    today = held(library, "aiact")
    assert {kind: today[kind] for kind in LAW_OF_TODAY} == LAW_OF_TODAY


@pytest.mark.parametrize(("edition", "whole"), [(e, w) for e, wholes in WITHIN.items() for w in wholes])
def test_each_part_holds_what_it_should(library: Library, edition: str, whole: str) -> None:
    kind = {"airmf": "Subcategory", "nistrmf": "Task", "iso27001": "AnnexControl"}[edition]
    assert leaves(library, f"{edition}:{whole}", kind) == WITHIN[edition][whole]


def test_clauses_have_their_leaves(library: Library) -> None:
    """32 of 36 subclauses of ISO/IEC 42001 and 30 of 34 of ISO/IEC 27001 hold no further subclause."""
    catalogue = library.catalogue
    for edition, wanted in (("iso42001", 32), ("iso27001", 30)):
        clauses = [p for p in catalogue.provisions.values() if p.edition == edition and p.kind == "Subclause"]
        wholes = {p.parent for p in clauses}
        assert sum(p.id not in wholes for p in clauses) == wanted


def test_the_suggested_actions_belong_to_49_subcategories(library: Library) -> None:
    actions = [p for p in library.catalogue.provisions.values() if p.kind == "SuggestedAction"]
    targets = {target for p in actions for target in p.suggested_for}
    assert len(targets) == 49
    assert all(library.catalogue.provisions[t].kind == "Subcategory" for t in targets)
    assert all(len(p.suggested_for) == 1 and p.addresses_risks for p in actions)


def test_every_listed_id_is_held(library: Library, facts: dict[str, dict[str, str]]) -> None:
    assert sorted(facts.keys() - library.catalogue.provisions.keys()) == []


def test_every_id_is_listed_or_a_part_of_a_clause(
    library: Library, facts: dict[str, dict[str, str]], amended: dict[str, dict[str, str]]
) -> None:
    """An own id is a part of a numbered clause, a unit of the amending act, or beneath one; never a new number."""
    parents = {row["parent"] for row in facts.values()}
    known = facts.keys() | amended.keys() | parents | OWN_POINTS_OF_LAW
    for provision in library.catalogue.provisions.values():
        if provision.id in known or library.catalogue.editions[provision.edition].common:
            continue
        assert provision.kind == "Point", provision.id
        assert provision.edition in ("iso42001", "iso27001"), provision.id
        assert provision.parent is not None, provision.id


def test_parents_and_kinds_agree_with_the_lists(library: Library, facts: dict[str, dict[str, str]]) -> None:
    for provision in library.catalogue.provisions.values():
        row = facts.get(provision.id)
        if row is None:
            continue
        parent = row["parent"]
        if parent.partition(":")[0] == provision.edition and ":" in parent:
            assert provision.parent == parent, provision.id
        elif ":" in parent:
            assert provision.suggested_for == (parent,), provision.id
        else:
            assert provision.parent is None, provision.id
        nist = provision.edition in ("airmf", "csf2")
        category = "Category" if nist else "ControlObjective"
        assert provision.kind == (category if row["kind"] == "category" else KINDS[row["kind"]]), provision.id


def test_iso_and_law_titles_are_the_official_ones(library: Library, facts: dict[str, dict[str, str]]) -> None:
    for provision in library.catalogue.provisions.values():
        row = facts.get(provision.id)
        if row and provision.kind in ("Clause", "Subclause", "AnnexControl", "Article", "Recital") and row["title"]:
            title = row["title"].replace("technial", "technical")  # a slip of the list
            assert provision.title_on(date(2026, 7, 26)) == title, provision.id


def test_the_amendments_are_those_of_the_act_none_missing_none_invented(
    library: Library, amended: dict[str, dict[str, str]]
) -> None:
    edition = library.catalogue.editions["aiact"]
    found = history(library.catalogue, edition, date(2026, 7, 1), AS_OF)
    assert [(c.amendment.unit, c.amendment.change) for c in found.changes] == [
        (unit, row["action"]) for unit, row in amended.items()
    ]
    assert {c.amendment.effective for c in found.changes} == {date(2026, 7, 27)}


def test_application_dates_follow_the_list(library: Library) -> None:
    """Scope by scope, as the dates file states them for the law of today."""
    path = FACTS / "eu-ai-act-application-dates.tsv"
    if not path.is_file():
        pytest.skip("the verified lists do not lie beside the project")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    wanted: dict[str, set[str]] = {}
    for row in rows:
        wanted.setdefault(row["scope"], set()).add(row["applies_from"])
    catalogue = library.catalogue
    special = {"aiact:cpt-V", "aiact:art-111.1", "aiact:art-111.2"}  # dates for what is on the market already
    for scope, days in wanted.items():
        if scope in special:
            continue
        for name in (scope, *catalogue.descendants(scope)):
            found = catalogue.provisions[name]
            inner = next((a for a in (name, *catalogue.ancestors(name)) if a in wanted), scope)
            stated = {a.start.isoformat() for a in found.applies_on(AS_OF)}
            if found.in_force.start == date(2026, 7, 27) or not stated or inner != scope or name in special:
                continue
            assert stated <= days, name


def test_every_provision_has_notation_title_source_and_rights(library: Library) -> None:
    for provision in library.catalogue.provisions.values():
        assert provision.notation
        assert provision.title
        assert provision.link.startswith("https://")
        assert library.catalogue.editions[provision.edition].rights


def test_clause_and_control_are_apart(library: Library) -> None:
    assert library.catalogue.provisions["iso42001:10.2"].kind == "Subclause"
    assert library.catalogue.provisions["iso42001:A.10.2"].kind == "AnnexControl"
    assert library.catalogue.provisions["iso42001:A.5.4"].title != library.catalogue.provisions["iso27001:A.5.4"].title


def test_every_summary_says_what_it_rests_on_and_none_of_iso_claims_the_text(library: Library) -> None:
    for provision in library.catalogue.provisions.values():
        bases = {provision.basis, *(w.basis for w in provision.wordings if w.summary)} - {None}
        if provision.edition.startswith("iso"):
            assert "text-read" not in bases, provision.id


def test_the_cross_references_that_answers_rest_on_are_there(library: Library) -> None:
    for start, end in (
        ("aiact:art-16.j", "aiact:art-20"),
        ("aiact:art-17.1.h", "aiact:art-72"),
        ("aiact:art-17.1.i", "aiact:art-73"),
        ("aiact:art-26.5", "aiact:art-72"),
    ):
        assert end in library.catalogue.provisions[start].refers_to, start
        assert start in library.catalogue.referred_from[end]
