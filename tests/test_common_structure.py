"""The clauses that management-system standards share: modelled once, joined through them, never merged by them."""

from __future__ import annotations

import json
from typing import Any

import pytest
import worlds
from conftest import AS_OF, DATA, Run

from aims_graph.explaining import explain
from aims_graph.inference import infer
from aims_graph.library import Library
from aims_graph.model import ACCEPTED
from aims_graph.relations import Degree, Relation
from aims_graph.trace import Options, what_else

THIRD = DATA / "third-standard"
COMMON = "mss"


def answers(run: Run, target: str, *options: object) -> dict[str, dict[str, Any]]:
    found = run("what-else", target, *options, "--as-of", AS_OF, "--format", "json")
    return {a["provision"]: a for a in json.loads(found.out)["answers"]}


def test_a_third_standard_of_the_family_gets_all_this_for_free(run: Run) -> None:
    """One framework file and one row to the common clause reach every other standard, and only as an overlap."""
    found = answers(run, "quality:10.2", "--data", THIRD)
    for other in ("iso42001:10.2", "iso27001:10.2"):
        assert found[other]["degree"] == "partial"
        assert "same-text-other-system" in found[other]["flags"]
    back = answers(run, "iso42001:10.2", "--data", THIRD, "--framework", "quality")
    assert back["quality:10.2"]["degree"] == "partial"


def test_the_common_clauses_are_named_only_when_asked_for(run: Run) -> None:
    assert not any(name.startswith("mss:") for name in answers(run, "iso42001:10.2"))
    asked = answers(run, "iso42001:10.2", "--framework", "mss")
    assert set(asked) >= {"mss:10.2"}
    assert all(name.startswith("mss:") for name in asked)


def test_an_equal_clause_is_an_overlap_of_two_systems_through_the_common_one_too(library: Library) -> None:
    catalogue = library.catalogue
    rows = [r for r in catalogue.mappings if catalogue.provisions.get(r.object) and r.object.startswith("mss:")]
    assert {r.relation for r in rows} >= {Relation.EQUAL, Relation.SUPERSET}
    for clause in ("10.1", "10.2"):
        found = {(r.subject, r.relation) for r in rows if r.object == f"mss:{clause}"}
        assert found == {(f"iso42001:{clause}", Relation.EQUAL), (f"iso27001:{clause}", Relation.EQUAL)}
    claims = infer(catalogue, ["iso42001:10.2"], Options(AS_OF).context()).claims
    assert claims["mss:10.2"].degree is Degree.FULL
    assert claims["iso27001:10.2"].degree is Degree.PARTIAL


@pytest.mark.parametrize("clause", ["4.1", "5.2", "6.2", "8.1", "9.3.2"])
def test_no_equality_follows_where_both_standards_add_something(library: Library, clause: str) -> None:
    """Two supersets of one core: neither is said to contain or equal the other."""
    catalogue = library.catalogue
    claims = infer(catalogue, [f"iso42001:{clause}"], Options(AS_OF).context()).claims
    found = claims.get(f"iso27001:{clause}")
    assert found is None or found.degree < Degree.FULL


def hub(*links: tuple[str, str], managed: dict[str, str | None], frameworks: dict[str, str]) -> Any:
    """Editions that all equal one common clause."""
    editions = [
        worlds.edition(e, managed=managed.get(e), framework=f"https://example.org/framework/{frameworks.get(e, e)}")
        for e in ("a", "b", "hub")
    ]
    rows = [worlds.row(one, Relation.EQUAL, other, status=ACCEPTED) for one, other in links]
    names = sorted({name for link in links for name in link})
    return worlds.catalogue([worlds.provision(n) for n in names], rows, editions)


def test_a_hub_without_a_system_joins_equal_clauses_of_one_object_fully() -> None:
    catalogue = hub(("a:1", "hub:1"), ("b:1", "hub:1"), managed={}, frameworks={})
    assert infer(catalogue, ["a:1"], Options(AS_OF).context()).claims["b:1"].degree is Degree.FULL


def test_a_hub_is_no_bridge_between_editions_of_one_framework() -> None:
    """Editions meet only in rows between those two editions (SEMANTICS, edition)."""
    same = {"a": "same", "b": "same"}
    catalogue = hub(("a:1", "hub:1"), ("b:1", "hub:1"), managed={}, frameworks=same)
    assert "b:1" not in infer(catalogue, ["a:1"], Options(AS_OF).context()).claims
    told = explain(catalogue, "a:1", "b:1", Options(AS_OF))
    assert told.stopped_at is not None
    assert "edition" in told.stopped_at.guards
    bridged = hub(("a:1", "b:1"), ("b:1", "hub:1"), managed={}, frameworks=same)
    claims = infer(bridged, ["a:1"], Options(AS_OF).context()).claims
    assert (claims["b:1"].degree, claims["hub:1"].degree) == (Degree.FULL, Degree.FULL)


def test_of_two_supersets_of_one_core_neither_is_the_other() -> None:
    """Without twins in the way: both hold the core, so they overlap, and nothing makes them equal."""
    catalogue = worlds.catalogue(
        [worlds.provision(n) for n in ("a:1", "b:1", "hub:1")],
        [worlds.row(n, Relation.SUPERSET, "hub:1", status=ACCEPTED) for n in ("a:1", "b:1")],
    )
    claims = infer(catalogue, ["a:1"], Options(AS_OF).context()).claims
    assert (claims["hub:1"].degree, claims["b:1"].degree) == (Degree.FULL, Degree.PARTIAL)


def test_twins_stay_twins_through_a_hub() -> None:
    catalogue = hub(("a:1", "hub:1"), ("b:1", "hub:1"), managed={"a": "one", "b": "other"}, frameworks={})
    answer = what_else(catalogue, ["a:1"], Options(AS_OF))
    (found,) = [a for a in answer.answers if a.provision == "b:1"]
    assert found.degree is Degree.PARTIAL
    assert "same-text-other-system" in found.flags
