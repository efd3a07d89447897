"""Input made to break a program: it ends, or names the limit that cut it short, and nothing recurses along the data.

The larger of these are in `benchmarks/hostile.py`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator

import pytest
from random_catalogues import asked, drawn
from worlds import TODAY, F, P, ask, catalogue, claim, context, members, provision, row

from aims_graph import inference, trace
from aims_graph.catalogue import Catalogue
from aims_graph.errors import InputError
from aims_graph.indexing import index as compiled
from aims_graph.indexing.closure import covers
from aims_graph.indexing.index import Index
from aims_graph.indexing.table import Table
from aims_graph.library import Library
from aims_graph.model import Provision
from aims_graph.relations import EQ, INT
from aims_graph.trace import Options

SIBLINGS = 10_000
LEVELS = 150
SPARE_FRAMES = 100  # fewer than levels: what calls itself once a level fails


def every_pair(editions: int, alike: bool = True) -> Catalogue:
    """One provision in each edition, all equal to all."""
    names = [f"e{i}:p" for i in range(editions)]
    rows = [
        row(one, EQ, names[j], 0.9 if alike else 0.5 + 0.4 * ((i * 7 + j * 13) % 17) / 17)
        for i, one in enumerate(names)
        for j in range(i + 1, editions)
    ]
    return catalogue([provision(n) for n in names], rows)


def deep(levels: int) -> Catalogue:
    """A whole of one member, which is a whole of one member, and so on; `b:q` equals the lowest."""
    line = [
        provision(
            f"a:{level}",
            parent=f"a:{level - 1}" if level else None,
            decomposition="AllOf" if level < levels - 1 else None,
            exhaustive=level < levels - 1,
        )
        for level in range(levels)
    ]
    return catalogue([*line, provision("b:q")], [row("b:q", EQ, f"a:{levels - 1}")])


@pytest.fixture(scope="module")
def siblings() -> Catalogue:
    """A whole of ten thousand members, all needed, and another that equals it."""
    names = [f"m{i}" for i in range(SIBLINGS)]
    return catalogue([*members("a:w", *names, exhaustive=True), provision("b:q")], [row("b:q", EQ, "a:w")])


@pytest.fixture
def few_frames() -> Iterator[None]:
    """A stack that is too short for one call a level."""
    Table.of(Index(every_pair(2), context()))  # imports what is imported only when needed, which is deep too
    allowed = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + SPARE_FRAMES)
    try:
        yield
    finally:
        sys.setrecursionlimit(allowed)


# -- dense cycles ------------------------------------------------------------------------


def test_sixty_editions_all_equal_to_each_other_are_all_full() -> None:
    found = Index(every_pair(60), context()).claims("e0:p")
    assert {(p, c.degree, len(c.rows)) for p, c in found.items()} == {
        ("e0:p", F, 0),
        *((f"e{i}:p", F, 1) for i in range(1, 60)),
    }


def test_the_index_names_where_it_kept_only_some_of_the_proofs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "MAX_KEPT", 4)
    index = Index(every_pair(20, alike=False), context())
    found = index.claims("e0:p")
    assert {c.degree for c in found.values()} == {F}
    assert len(found) == 20
    assert found.limited
    assert found.limited <= found.keys()


def test_the_full_search_names_where_it_kept_only_some_of_the_proofs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "MAX_OF_QUESTION", 300)
    found = ask(every_pair(20), "e0:p")
    assert {c.degree for c in found.claims.values()} == {F}
    assert len(found.claims) == 20
    assert found.limited
    assert all(found.claims[p].bounded for p in found.limited)


def test_a_full_search_that_ends_early_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "MAX_CROSSED", 50)
    found = ask(every_pair(20, alike=False), "e0:p")
    assert found.stopped
    assert "The search ended after 50 edges: claims may be missing" in found.limits(())[-1]
    monkeypatch.undo()
    assert ask(every_pair(3), "e0:p").limits(("e0:p",)) == ()


@pytest.mark.parametrize("most", [1, 3, 10])
def test_what_an_index_that_ends_early_leaves_out_is_named(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    left_out = 0
    for seed in range(40):
        known, how = drawn(seed), asked(seed)
        whole = dict(Index(known, how).everything())
        monkeypatch.setattr(compiled, "MAX_CROSSED", most)
        for start, claims in whole.items():
            cut = Index(known, how).claims(start)
            lower = {p for p, c in claims.items() if p not in cut or cut[p].degree < c.degree}
            assert cut.keys() <= claims.keys()
            assert all(cut[p].degree <= claims[p].degree for p in cut)
            assert {p for p in claims if p not in lower and cut[p].confidence != claims[p].confidence} <= cut.limited
            assert lower <= cut.limited
            left_out += len(lower)
        monkeypatch.undo()
    assert left_out > 50


def test_what_provisions_cover_is_refused_where_a_limit_may_have_cut_it_short(monkeypatch: pytest.MonkeyPatch) -> None:
    known = every_pair(4)
    assert set(covers(known, context())["e0:p"]) == {f"e{i}:p" for i in range(4)}
    monkeypatch.setattr(compiled, "MAX_KEPT", 1)
    assert set(covers(known, context())["e0:p"]) == {f"e{i}:p" for i in range(4)}, "only proofs were left out"
    monkeypatch.setattr(compiled, "MAX_CROSSED", 2)
    with pytest.raises(InputError, match="a limit of the search cut short what 'e0:p' covers"):
        covers(known, context())
    with pytest.raises(InputError, match="cut short"):
        Library(known).store(TODAY)


def test_a_cycle_of_overlaps_ends_after_one_hop() -> None:
    names = [f"e{i}:p" for i in range(40)]
    known = catalogue([provision(n) for n in names], [row(a, INT, b) for a in names for b in names if a < b])
    assert {c.degree for p, c in Index(known, context()).claims("e0:p").items() if p != "e0:p"} == {P}


# -- many siblings -----------------------------------------------------------------------


def test_a_whole_of_ten_thousand_members_is_full_by_all_of_them_and_partial_by_all_but_one(siblings: Catalogue) -> None:
    index = Index(siblings, context())
    names = [f"a:m{i}" for i in range(SIBLINGS)]
    every, all_but_one = index.claims(*names), index.claims(*names[:-1])
    assert (every["b:q"].degree, all_but_one["b:q"].degree) == (F, P)
    assert not every.limited | all_but_one.limited


def test_ten_thousand_members_follow_from_their_whole(siblings: Catalogue) -> None:
    found = Index(siblings, context()).claims("b:q")
    assert sum(c.degree is F for c in found.values()) == SIBLINGS + 2
    assert siblings.descendants("a:w") == siblings.children["a:w"]


# -- great depth -------------------------------------------------------------------------


@pytest.mark.usefixtures("few_frames")
def test_descendants_of_a_thousand_levels_come_in_document_order() -> None:
    known = deep(1_000)
    assert known.descendants("a:0") == tuple(f"a:{i}" for i in range(1, 1_000))
    assert known.ancestors("a:999") == tuple(f"a:{i}" for i in reversed(range(999)))


def test_descendants_of_a_tree_are_listed_member_by_member() -> None:
    tree = [
        *members("a:w", "x", "y"),
        provision("a:x1", parent="a:x"),
        provision("a:x2", parent="a:x"),
        provision("a:y1", parent="a:y"),
    ]
    known = catalogue(tree)
    assert known.descendants("a:w") == ("a:x", "a:x1", "a:x2", "a:y", "a:y1")
    assert known.descendants("a:y1") == ()


@pytest.mark.usefixtures("few_frames")
def test_a_claim_climbs_a_thousand_levels() -> None:
    index = Index(deep(1_000), context())
    found = index.claims("b:q")
    assert {c.degree for c in found.values()} == {F}
    assert len(found) == 1_001
    proof = index.derivation(("b:q",), "a:0")
    assert proof is not None
    assert len(proof.steps) == 1_001


@pytest.mark.usefixtures("few_frames")
def test_no_search_calls_itself_level_by_level() -> None:
    known = deep(LEVELS)
    top: Provision = known.provisions["a:0"]
    assert ask(known, top.id).claims["b:q"].degree is F
    found = claim(known, "b:q", "a:0")
    assert found is not None
    assert found.degree is F
    assert Table.of(Index(known, context())).claims("b:q")["a:0"].degree is F
    answers = trace.what_else(known, ["b:q"], Options(TODAY)).answers
    assert [a.provision for a in answers] == [f"a:{LEVELS - 1}"], "the wholes follow from the member alone"
