"""What an expert would catch first: look-alikes of the shipped data that no chain may take for each other."""

from __future__ import annotations

import re

import pytest
from conftest import AS_OF, Run

from aims_graph.chain import Context
from aims_graph.indexing.index import Index
from aims_graph.library import Library

ROLES = ((), ("provider",), ("deployer",), ("provider", "deployer"))


@pytest.fixture(scope="module", params=ROLES, ids=lambda roles: " and ".join(roles) or "every role")
def index(request: pytest.FixtureRequest, library: Library) -> Index:
    return library.index(Context(as_of=AS_OF, roles=frozenset(request.param)))


def within(index: Index, *tops: str) -> list[str]:
    """The provisions named and all that lies inside them."""
    return [p for top in tops for p in (top, *index.catalogue.descendants(top))]


def claims(index: Index, starts: list[str]) -> set[tuple[str, str]]:
    """Every claim from some provisions on others, as pairs."""
    return {(start, end) for start in starts for end in index.claims(start) if end != start}


@pytest.mark.parametrize(
    ("provider", "deployer"),
    [("art-72", "art-26.5"), ("art-19", "art-26.6"), ("art-9", "art-27"), ("art-20", "art-26.5")],
)
def test_duties_of_providers_and_their_twins_of_deployers_never_meet(
    index: Index, provider: str, deployer: str
) -> None:
    sides = [within(index, f"aiact:{name}") for name in (provider, deployer)]
    found = claims(index, [*sides[0], *sides[1]])
    assert {
        (a, b) for a, b in found if (a in sides[0]) != (b in sides[0]) and {a, b} <= {*sides[0], *sides[1]}
    } == set()


def test_the_assessment_of_fundamental_rights_is_the_deployers(library: Library) -> None:
    provider = library.index(Context(as_of=AS_OF, roles=frozenset({"provider"})))
    duties = {p for p in library.catalogue.provisions if p.startswith("aiact:art-27.")} - {"aiact:art-27.5"}
    assert all(library.catalogue.provisions[p].binds == {"deployer"} for p in duties)
    assert {(start, end) for start, end in claims(provider, list(provider.starts)) if end in duties} == set()


def test_the_same_number_in_two_annexes_is_not_the_same(index: Index) -> None:
    provisions = index.catalogue.provisions
    pairs = {
        ("iso42001:" + p[9:], p)
        for p in provisions
        if p.startswith("iso27001:A.") and "iso42001:" + p[9:] in provisions
    }
    assert len(pairs) > 20
    found = claims(index, [p for pair in pairs for p in pair])
    assert {pair for pair in pairs if pair in found or pair[::-1] in found} == set()
    annexes = [p for p in provisions if p.startswith("aiact:anx-")]
    assert {(a, b) for a, b in claims(index, annexes) if b.startswith("aiact:anx-") and top(a) != top(b)} == set()


def top(name: str) -> str:
    return name.split(".", maxsplit=1)[0]


def test_a_clause_and_a_control_of_one_number_are_not_the_same(index: Index) -> None:
    found = claims(index, ["iso42001:10.2", "iso42001:A.10.2", "iso27001:10.2"])
    assert not {("iso42001:10.2", "iso42001:A.10.2"), ("iso42001:A.10.2", "iso42001:10.2")} & found
    assert {b for a, b in found if a == "iso42001:10.2"}.isdisjoint(b for a, b in found if a == "iso42001:A.10.2")


def test_improvement_and_corrective_action_keep_to_their_own_counterparts(index: Index) -> None:
    improving, correcting = ({b for _, b in claims(index, [f"iso42001:{n}"])} for n in ("10.1", "10.2"))
    assert "iso27001:10.1" in improving
    assert "iso27001:10.2" in correcting
    abroad = [{e for e in ends if not e.startswith("iso42001:")} for ends in (improving, correcting)]
    assert abroad[0].isdisjoint(abroad[1])
    assert "airmf:MANAGE-4.2" not in correcting


def test_conformity_assessment_is_not_internal_audit(index: Index) -> None:
    audits, assessments = within(index, "iso42001:9.2", "iso27001:9.2"), within(index, "aiact:art-43")
    found = claims(index, [*audits, *assessments])
    assert {(a, b) for a, b in found if {a, b} & {*audits} and {a, b} & {*assessments}} == set()


def test_marking_declaration_and_representation_are_no_authorization(index: Index) -> None:
    market = within(index, "aiact:art-22", "aiact:art-47", "aiact:art-48")
    steps = [p for p in index.catalogue.provisions if re.fullmatch(r"nistrmf:R(-\d)?", p)]
    found = claims(index, [*market, *steps])
    assert {(a, b) for a, b in found if {a, b} & {*market} and {a, b} & {*steps}} == set()


def test_what_was_deleted_before_it_applied_answers_only_for_its_days_and_says_so(run: Run) -> None:
    then = run("show", "aiact:art-10.5", "--as-of", "2026-06-01").out
    assert "Deleted before it ever applied" in then
    assert "not in force on 2026-11-22" in " ".join(
        run("what-else", "aiact:art-10.5", "--as-of", "2026-11-22").out.split()
    )
