"""The calculus is what sets say it is: composition, transfer along chains, converses, and mutants that die."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import chain as joined
from itertools import combinations, product

import pytest
from worlds import relation_of

from aims_graph.relations import (
    ANY,
    COMPOSITION,
    EQ,
    INT,
    NONE,
    SET_RELATIONS,
    SUB,
    SUP,
    TRANSFER,
    Degree,
    Edge,
    Relation,
    compose,
    transfer,
)

F, P, C, N = Degree.FULL, Degree.PARTIAL, Degree.CANDIDATE, Degree.NONE
Table = dict[Edge, dict[Degree, Degree]]
Chain = tuple[Edge, ...]

# -- sets as bit masks ---------------------------------------------------------------------


@cache
def composition_over(elements: int) -> dict[tuple[Relation, Relation], frozenset[Relation]]:
    """What A and C can be, for every A r B, B s C among the non-empty subsets of so many elements."""
    sets = range(1, 1 << elements)
    seen: dict[tuple[Relation, Relation], set[Relation]] = {}
    for b in sets:
        left: dict[Relation, list[int]] = {r: [] for r in SET_RELATIONS}
        for x in sets:
            left[relation_of(x, b)].append(x)
        for r, s in product(SET_RELATIONS, repeat=2):
            found = seen.setdefault((r, s), set())
            if len(found) < len(SET_RELATIONS):
                found |= {relation_of(a, c) for a in left[r] for c in left[s.converse]}
    return {cell: frozenset(found) for cell, found in seen.items()}


CELLS = list(product(SET_RELATIONS, repeat=2))
COMPOSITION_CELLS = {(r, s): COMPOSITION[r][s] for r, s in CELLS}


@pytest.mark.parametrize(("r", "s"), CELLS, ids=lambda r: r.name)
def test_each_cell_of_composition_is_what_all_triples_of_sets_show(r: Relation, s: Relation) -> None:
    assert compose(r, s) == COMPOSITION[r][s] == composition_over(5)[r, s]


@pytest.mark.parametrize("elements", [2, 3, 4, 5, 6])
def test_smaller_worlds_show_no_relation_that_the_table_leaves_out(elements: int) -> None:
    for cell, found in composition_over(elements).items():
        assert found <= COMPOSITION[cell[0]][cell[1]], f"{cell} over {elements} elements"


def test_composition_is_stable_from_five_elements_and_not_from_three() -> None:
    assert composition_over(3) != composition_over(5)
    assert composition_over(5) == composition_over(6) == COMPOSITION_CELLS


WRITTEN = """
     | EQ   | SUB             | SUP          | INT          | NONE
EQ   | EQ   | SUB             | SUP          | INT          | NONE
SUB  | SUB  | SUB             | any          | SUB,INT,NONE | NONE
SUP  | SUP  | EQ,SUB,SUP,INT  | SUP          | SUP,INT      | SUP,INT,NONE
INT  | INT  | SUB,INT         | SUP,INT,NONE | any          | SUP,INT,NONE
NONE | NONE | SUB,INT,NONE    | NONE         | SUB,INT,NONE | any
"""
SHORT = {"EQ": EQ, "SUB": SUB, "SUP": SUP, "INT": INT, "NONE": NONE}


def test_the_published_table_of_composition_is_the_one_in_the_code() -> None:
    head, *lines = [[cell.strip() for cell in line.split("|")] for line in WRITTEN.strip("\n").splitlines()]
    for name, *cells in lines:
        for other, cell in zip(head[1:], cells, strict=True):
            expected = ANY if cell == "any" else frozenset(SHORT[c] for c in cell.split(","))
            assert COMPOSITION[SHORT[name]][SHORT[other]] == expected, f"{name} then {other}"


# -- converses -----------------------------------------------------------------------------


@pytest.mark.parametrize("relation", Relation, ids=lambda r: r.value)
def test_the_inverse_of_the_inverse_is_the_relation_itself(relation: Relation) -> None:
    assert relation.converse.converse is relation
    assert relation.converse.is_set_relation == relation.is_set_relation


@pytest.mark.parametrize("relation", SET_RELATIONS, ids=lambda r: r.name)
def test_the_converse_is_the_relation_read_from_the_other_side(relation: Relation) -> None:
    sets = range(1, 1 << 4)
    pairs = [(a, b) for a in sets for b in sets if relation_of(a, b) is relation]
    assert {relation_of(b, a) for a, b in pairs} == {relation.converse}


@pytest.mark.parametrize(
    ("relation", "converse"),
    [
        (Relation.SUPPORTS, Relation.SUPPORTED),
        (Relation.SUPPORTS_INTEGRAL, Relation.SUPPORTED_INTEGRAL),
        (Relation.SUPPORTS_EXAMPLE, Relation.SUPPORTED_EXAMPLE),
        (Relation.SUPPORTS_PRECEDES, Relation.SUPPORTED_PRECEDES),
        (Relation.CONTRARY, Relation.CONTRARY),
        (Relation.CROSSWALK, Relation.CROSSWALK),
        (Relation.NO_RELATIONSHIP, Relation.NO_RELATIONSHIP),
    ],
)
def test_supports_and_is_supported_by_are_converses_and_the_rest_is_symmetric(
    relation: Relation, converse: Relation
) -> None:
    assert relation.converse is converse
    assert converse.converse is relation


@pytest.mark.parametrize(("r", "s"), CELLS, ids=lambda r: r.name)
def test_the_converse_of_a_composition_is_the_composition_of_the_converses(r: Relation, s: Relation) -> None:
    turned = frozenset(x.converse for x in compose(r, s))
    assert compose(s.converse, r.converse) == turned


# -- transfer: what models guarantee -----------------------------------------------------------

CARRIES: dict[Edge, frozenset[Relation]] = {
    Edge.EQUAL: frozenset({EQ}),
    Edge.SUPERSET: frozenset({SUP}),
    Edge.SUBSET: frozenset({SUB}),
    Edge.INTERSECTS: frozenset({INT}),
    Edge.UNRELATED: frozenset({NONE}),
    Edge.PART: frozenset({EQ, SUP}),  # a part may be all there is
    Edge.WHOLE: frozenset({EQ, SUB}),
}
FIVE = (Edge.EQUAL, Edge.SUPERSET, Edge.SUBSET, Edge.INTERSECTS, Edge.UNRELATED)
LONGEST = 4


@cache
def neighbours(elements: int, edge: Edge) -> tuple[int, ...]:
    """For each set, the sets at the far end of the edge, as a mask over all sets."""
    sets = range(1 << elements)
    wanted = CARRIES[edge]
    return tuple(sum(1 << b for b in sets if a and b and relation_of(a, b) in wanted) for a in sets)


def bits(mask: int) -> Iterator[int]:
    """The positions of the ones."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def starts(elements: int, done: int) -> dict[Degree, int]:
    """The sets wholly done, and the sets with something done, as masks over all sets."""
    sets = range(1, 1 << elements)
    return {F: sum(1 << a for a in sets if a & done == a), P: sum(1 << a for a in sets if a & done)}


@cache
def guaranteed(length: int) -> dict[tuple[Chain, Degree], Degree]:
    """What every model of `length` + 2 elements guarantees at the end of every chain of this length.

    Sets differ only by how many of their elements are done, so one set of done
    elements of each size stands for all of that size.
    """
    elements = length + 2
    proved: dict[tuple[Chain, Degree], Degree] = {}
    for size in range(elements + 1):
        begun = starts(elements, (1 << size) - 1)
        for first in (F, P):
            for chain, ends in _ends(elements, begun[first], length):
                here = F if not ends & ~begun[F] else P if not ends & ~begun[P] else N
                proved[chain, first] = min(here, proved.get((chain, first), F))
    return proved


def _ends(elements: int, begun: int, length: int) -> Iterator[tuple[Chain, int]]:
    reached: dict[Chain, int] = {(): begun}
    for _ in range(length):
        onward: dict[Chain, int] = {}
        for chain, here in reached.items():
            for edge in CARRIES:
                far = neighbours(elements, edge)
                mask = 0
                for a in bits(here):
                    mask |= far[a]
                onward[*chain, edge] = mask
        reached = onward
    yield from reached.items()


def along(table: Table, chain: Chain, degree: Degree) -> Degree:
    """What a claim becomes along a chain by the table."""
    for edge in chain:
        degree = table[edge][degree]
    return degree


def chain_faults(table: Table) -> Iterator[str]:
    """Chains on which the table says more than all models guarantee, or less."""
    for length in range(1, LONGEST + 1):
        for (chain, first), sure in guaranteed(length).items():
            said = along(table, chain, first)
            said = said if said >= P else N
            if said is not sure:
                kind = "unsound" if said > sure else "incomplete"
                yield f"{kind}: {first.word} along {[e.value for e in chain]} says {said.word}, models {sure.word}"


# -- transfer: choices, supports, candidates ---------------------------------------------------


def choice_faults(table: Table) -> Iterator[str]:
    """A member's claim, at a parent of which one member (any, or the appropriate ones) is needed.

    A free choice is done when one member is, and begun no sooner. "As appropriate"
    is done when the appropriate members are, and begun when one member is.
    """
    sets = range(1, 1 << 3)
    for first, needed in ((F, lambda m, d: m & d == m), (P, lambda m, d: bool(m & d))):
        free, fit = F, F
        for one, other, done in product(sets, sets, range(1 << 3)):
            if needed(one, done):
                whole = [m & done == m for m in (one, other)]
                free = min(free, F if any(whole) else N)
                for right in ((0,), (1,), (0, 1)):
                    fit = min(fit, F if all(whole[i] for i in right) and any(whole) else P if any(whole) else N)
        for edge, sure in ((Edge.FREE_CHOICE, free), (Edge.CHOSEN, fit)):
            said = table[edge][first]
            if (said if said >= P else N) is not sure:
                yield f"{edge.value}: {first.word} says {said.word}, choices {sure.word}"


STATED = """
supportsIntegral       F:P P:P
isSupportedByIntegral  F:F P:C
supportsExample        F:P P:C
isSupportedByPrecedes  F:F P:C
supportsPrecedes       F:C P:C
isSupportedByExample   F:C P:C
supports               F:C P:C
isSupportedBy          F:C P:C
crosswalk              F:C P:C
contrary               F:C P:C
noRelationship         F:N P:N
"""
LETTER = {"F": F, "P": P, "C": C, "N": N}
AS_STATED = {
    Edge(name): {LETTER[a]: LETTER[b] for a, b in (cell.split(":") for cell in cells)}
    for name, *cells in (line.split() for line in STATED.strip().splitlines())
}
DENIES = (Edge.UNRELATED, Edge.NO_RELATIONSHIP)


def stated_faults(table: Table) -> Iterator[str]:
    """Support, crosswalk and contrary edges have no sets: they are what the calculus states."""
    for edge, cells in AS_STATED.items():
        for first, expected in cells.items():
            if table[edge][first] is not expected:
                yield f"{edge.value}: {first.word} gives {table[edge][first].word}, stated {expected.word}"


def candidate_faults(table: Table) -> Iterator[str]:
    """A person may look beyond every edge but a denied one; where nothing was said, nothing is."""
    for edge, cells in table.items():
        if cells[N] is not N:
            yield f"{edge.value}: nothing gives {cells[N].word}"
        if cells[C] is not (N if edge in DENIES else C):
            yield f"{edge.value}: a candidate gives {cells[C].word}"
        for first in (F, P):
            if (cells[first] is N) != (edge in DENIES):
                yield f"{edge.value}: {first.word} gives {cells[first].word}"


def faults(table: Table) -> Iterator[str]:
    """Everything wrong with a transfer table; nothing for the right one."""
    return joined(candidate_faults(table), stated_faults(table), choice_faults(table), chain_faults(table))


def test_along_every_chain_of_up_to_four_edges_the_table_says_exactly_what_all_models_guarantee() -> None:
    assert list(chain_faults(TRANSFER)) == []


def test_the_exhaustive_chains_include_the_1560_of_the_five_relations() -> None:
    cases = [case for length in range(1, LONGEST + 1) for case in guaranteed(length)]
    of_relations = [case for case in cases if set(case[0]) <= set(FIVE)]
    assert len(of_relations) == 1560
    assert len(cases) == 2 * sum(len(CARRIES) ** length for length in range(1, LONGEST + 1))


def test_models_with_too_few_elements_make_true_conclusions_look_incomplete() -> None:
    chain = (Edge.INTERSECTS, Edge.SUPERSET)
    few = {first: starts(2, 1)[first] for first in (F, P)}
    ends = dict(_ends(2, few[F], 2))[chain]
    assert ends == 0, "no such chain fits into two elements, so two elements would guarantee anything"
    assert guaranteed(2)[chain, F] is N


@pytest.mark.parametrize("check", [choice_faults, stated_faults, candidate_faults], ids=lambda f: f.__name__)
def test_choices_supports_and_candidates_travel_as_the_calculus_states(check: object) -> None:
    assert callable(check)
    assert list(check(TRANSFER)) == []


PUBLISHED = """
edge                   | from F | from P | from C
equalTo                | F | P | C
supersetOf             | F | C | C
part                   | F | C | C
subsetOf               | P | P | C
whole                  | P | P | C
intersectsWith         | P | C | C
unrelatedTo            | N | N | N
supportsIntegral       | P | P | C
isSupportedByIntegral  | F | C | C
supportsExample        | P | C | C
isSupportedByPrecedes  | F | C | C
supports               | C | C | C
isSupportedBy          | C | C | C
supportsPrecedes       | C | C | C
isSupportedByExample   | C | C | C
crosswalk              | C | C | C
contrary               | C | C | C
"""


@pytest.mark.parametrize("line", PUBLISHED.strip().splitlines()[1:])
def test_each_line_of_the_published_transfer_table_is_the_one_in_the_code(line: str) -> None:
    name, *cells = (cell.strip() for cell in line.split("|"))
    assert [transfer(Edge(name), degree) for degree in (F, P, C)] == [LETTER[cell] for cell in cells]


def test_every_relation_is_an_edge_of_the_table() -> None:
    assert {r.value for r in Relation} <= {e.value for e in TRANSFER}
    assert set(TRANSFER) == set(Edge)


@pytest.mark.parametrize("edge", Edge, ids=lambda e: e.value)
def test_no_edge_raises_a_claim_and_a_higher_claim_never_becomes_a_lower_one(edge: Edge) -> None:
    assert all(transfer(edge, degree) <= degree for degree in Degree)
    assert all(transfer(edge, low) <= transfer(edge, high) for low, high in combinations(Degree, 2))


# -- mutants -----------------------------------------------------------------------------------

MUTANTS = [
    pytest.param(edge, degree, new, id=f"{edge.value}-{degree.word}-{'up' if step > 0 else 'down'}")
    for edge in Edge
    for degree in Degree
    for step in (1, -1)
    if (new := TRANSFER[edge][degree] + step) in list(Degree)
]


@pytest.mark.parametrize(("edge", "degree", "new"), MUTANTS)
def test_a_transfer_table_with_one_cell_one_step_off_is_caught(edge: Edge, degree: Degree, new: int) -> None:
    mutant = {e: dict(cells) for e, cells in TRANSFER.items()}
    mutant[edge][degree] = Degree(new)
    assert next(faults(mutant), None) is not None


@pytest.mark.parametrize("edge", [e for e in CARRIES if e is not Edge.UNRELATED], ids=lambda e: e.value)
def test_chains_of_sets_alone_catch_every_wrong_full_or_partial_of_a_set_relation(edge: Edge) -> None:
    for degree, step in product((F, P), (1, -1)):
        new = TRANSFER[edge][degree] + step
        if new in (F, P, C) and (new >= P or TRANSFER[edge][degree] >= P):
            mutant = {e: dict(cells) for e, cells in TRANSFER.items()}
            mutant[edge][degree] = Degree(new)
            assert next(chain_faults(mutant), None) is not None, f"{degree.word} to {Degree(new).word}"


def test_the_right_table_has_no_fault_so_that_the_mutants_die_of_their_mutation() -> None:
    assert list(faults(TRANSFER)) == []
