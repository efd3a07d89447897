"""Proofs without a limit on size: what two or three sets can be to one another is a finite question.

Which relation two sets have, and whether one is done, depends only on which regions of their Venn diagram are
empty. So a statement about three sets that holds in each of the 128 choices of empty regions holds for all sets.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from worlds import F, N, P, relation_of

from aims_graph.relations import COMPOSITION, SET_RELATIONS, TRANSFER, Degree, Edge, Relation

SETS = frozenset(SET_RELATIONS)
CARRIES: dict[Edge, frozenset[Relation]] = {Edge(r.value): frozenset({r}) for r in SET_RELATIONS} | {
    Edge.PART: frozenset({Relation.EQUAL, Relation.SUPERSET}),  # a part may be all there is
    Edge.WHOLE: frozenset({Relation.EQUAL, Relation.SUBSET}),
}
# Region i holds what lies in exactly the sets whose bit is set in i; region 0, outside of all, matters to nothing.
REGIONS = range(1, 8)
Status = Degree  # how much of one set is done in one world: all, some but not all, nothing


def worlds() -> Iterator[tuple[int, int, int]]:
    """Three sets, in every choice of empty regions; the first two not empty themselves."""
    for filled in product((False, True), repeat=len(REGIONS)):
        one, two, three = (
            sum(1 << i for i, there in zip(REGIONS, filled, strict=True) if there and i >> bit & 1) for bit in range(3)
        )
        if one and two:
            yield one, two, three


def status(of: int, done: int) -> Status:
    """How much of a set is done."""
    return F if of & done == of else P if of & done else N


def test_each_cell_of_composition_is_exactly_what_sets_of_any_size_allow() -> None:
    seen: dict[tuple[Relation, Relation], set[Relation]] = {}
    for a, b, c in worlds():
        if c:
            seen.setdefault((relation_of(a, b), relation_of(b, c)), set()).add(relation_of(a, c))
    assert seen == {(r, s): set(COMPOSITION[r][s]) for r, s in product(SET_RELATIONS, repeat=2)}


def steps(edge: Edge) -> frozenset[tuple[Status, Status]]:
    """How much of A and of B can be done at once where the edge leads from A to B."""
    return frozenset(
        (status(a, done), status(b, done)) for a, b, done in worlds() if relation_of(a, b) in CARRIES[edge]
    )


@pytest.mark.parametrize("edge", CARRIES, ids=lambda e: e.value)
def test_along_one_edge_the_table_says_exactly_what_sets_of_any_size_guarantee(edge: Edge) -> None:
    """Soundness of every chain follows: each edge keeps a true claim true."""
    for claimed in (F, P):
        sure = min(after for before, after in steps(edge) if before >= claimed)
        said = TRANSFER[edge][claimed]
        assert (said if said >= P else N) is sure


def explored(table: dict[Edge, dict[Degree, Degree]]) -> dict[tuple[Degree, frozenset[Status]], tuple[Edge, ...]]:
    """Every claim that a chain can carry with all that can be so at its end, and a shortest chain that leads there.

    Sets whose regions are large enough can be cut by the next set wherever an edge allows it, whatever came before;
    so what can be so at the end of a chain is found edge by edge, and there are few different ends in all.
    """
    starts = {(F, frozenset({F})): (), (P, frozenset({F, P})): ()}
    found: dict[tuple[Degree, frozenset[Status]], tuple[Edge, ...]] = dict(starts)
    waiting = list(starts)
    while waiting:
        degree, possible = waiting.pop(0)
        for edge in CARRIES:
            onward = frozenset(after for before, after in steps(edge) if before in possible)
            said = table[edge][degree]
            state = (said if said >= P else N, onward)
            if state not in found:
                found[state] = (*found[degree, possible], edge)
                waiting.append(state)
    return found


def test_along_chains_of_every_length_the_table_says_exactly_what_sets_guarantee() -> None:
    ends = explored(TRANSFER)
    assert {degree for degree, _ in ends} == {F, P, N}
    for (degree, possible), chain in ends.items():
        assert degree is min(possible), [edge.value for edge in chain]


WRONG = [
    pytest.param(edge, claimed, wrong, id=f"{edge.value} from {claimed.word} says {wrong.word}")
    for edge, claimed, wrong in product(CARRIES, (F, P), (F, P, N))
    if wrong is not TRANSFER[edge][claimed] and (wrong, TRANSFER[edge][claimed]) != (N, Degree.CANDIDATE)
]


@pytest.mark.parametrize(("edge", "claimed", "wrong"), WRONG)
def test_with_one_cell_changed_some_chain_says_too_much_or_too_little(
    edge: Edge, claimed: Degree, wrong: Degree
) -> None:
    table = {e: dict(cells) for e, cells in TRANSFER.items()}
    table[edge][claimed] = wrong
    assert any(degree is not min(possible) for degree, possible in explored(table))


def test_all_members_full_make_full_only_a_whole_that_is_nothing_else() -> None:
    """Two members, a whole that holds both, and what is done: 15 regions, every choice of empty ones."""
    apart = exhaustive = 0
    for filled in product((False, True), repeat=15):
        one, two, whole, done = (
            sum(1 << i for i, there in enumerate(filled, start=1) if there and i >> bit & 1) for bit in range(4)
        )
        if not (one and two) or (one | two) & ~whole or status(one, done) is not F or status(two, done) is not F:
            continue
        exhaustive += one | two == whole
        apart += one | two != whole and status(whole, done) is not F
        assert one | two != whole or status(whole, done) is F
        assert status(whole, done) >= P
    assert min(exhaustive, apart) > 0, "without the declaration the conclusion would be false"


def test_partial_members_say_nothing_more_of_the_whole_however_many_there_are() -> None:
    least = F
    for one, two, done in worlds():
        if status(one, done) >= P and status(two, done) >= P:
            least = min(least, status(one | two, done))
    assert least is P
