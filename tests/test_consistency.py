"""Checking mapping rows as facts about sets: what is found is so, what is so is found, no row is blamed for nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from scenarios import NAMES, OPTIONS, PAIRS, PART, PLACE, closed, different, network_of, scenarios, without, worlds_of
from text_worlds import CONDITION, READINGS, Texts, is_so
from worlds import TODAY, catalogue, edition, members, provision, relation_of, row

from aims_graph import clashes, consistency, next_pairs
from aims_graph.clashes import Conflicts, conflicts, entailed, proves
from aims_graph.comparable import (
    FREE_CHOICE,
    NO_COUNTERPART,
    NO_SET_RELATION,
    NOT_ADMITTED,
    NOT_IN_FORCE,
    WORDS_ONLY,
    Comparable,
    Reading,
    always_asked,
    comparable,
)
from aims_graph.consistency import Network, Parts
from aims_graph.consistency_answers import find, sentence
from aims_graph.errors import InputError
from aims_graph.model import Interval, Mapping, Provision, Source
from aims_graph.path_consistency import ANY_MASK, BIT, Masks, mask, narrow, relations, unknown
from aims_graph.relations import COMPOSITION, EQ, INT, NONE, SET_RELATIONS, SUB, SUP, Relation
from aims_graph.setfacts import MEANS, Fact, Says, Stated, facts, rows_of

SETS = range(1, 1 << 4)


# -- what a relation says ------------------------------------------------------------------


@pytest.mark.parametrize("relation", SET_RELATIONS, ids=lambda r: r.name)
def test_two_sets_have_a_relation_exactly_if_all_its_facts_hold(relation: Relation) -> None:
    for left, right in product(SETS, SETS):
        ends = {"a": left, "b": right}
        so = all(is_so(ends[f.left], f.says, ends[f.right]) for f in facts("a", relation, "b"))
        assert so == (relation_of(left, right) is relation)


@pytest.mark.parametrize("says", Says, ids=lambda s: s.name)
def test_a_fact_leaves_exactly_the_relations_that_sets_can_have_where_it_holds(says: Says) -> None:
    possible = {relation_of(a, b) for a, b in product(SETS, SETS) if is_so(a, says, b)}
    assert next_pairs.ALLOWS[says] == mask(possible)


def test_every_relation_is_a_conjunction_of_facts_and_no_two_are_the_same() -> None:
    assert set(MEANS) == set(SET_RELATIONS)
    assert len(set(MEANS.values())) == len(SET_RELATIONS)


# -- every network of four provisions --------------------------------------------------------


def test_a_scenario_is_one_of_those_that_sets_of_five_elements_have_or_needs_more() -> None:
    found = {tuple(int(r) for r in s) for s in scenarios()}
    for sets in product(range(1, 1 << 3), repeat=len(NAMES)):
        assert tuple(SET_RELATIONS.index(relation_of(sets[a], sets[b])) for a, b in PAIRS) in found


def test_path_consistency_leaves_exactly_the_relations_that_some_world_has() -> None:
    """Nothing that is removed has a model, and nothing that is left has none."""
    for spec in different(len(OPTIONS)):
        found, masks = worlds_of(spec), closed(spec)
        assert (masks is not None) == bool(len(found)), spec
        if masks is not None:
            for column, (a, b) in enumerate(PAIRS):
                assert masks[a, b] == mask(SET_RELATIONS[r] for r in np.unique(found[:, column])), spec


def test_rows_clash_exactly_if_no_world_has_them_all() -> None:
    clashing = 0
    for spec in different(len(OPTIONS)):
        found = any(True for _ in network_of(spec).clashes())
        assert found == (not len(worlds_of(spec))), spec
        clashing += found
    assert clashing > 1000


def test_every_fact_that_holds_in_all_worlds_is_proved_and_no_other() -> None:
    for spec in different(len(OPTIONS))[::2]:
        found = worlds_of(spec)
        if not len(found):
            continue
        network = network_of(spec)
        for column, (a, b) in enumerate(PAIRS):
            if not {NAMES[a], NAMES[b]} <= set(network.names):
                continue  # no row leads there
            possible = {SET_RELATIONS[r] for r in np.unique(found[:, column])}
            for says in Says:
                for left, right, turned in ((a, b, possible), (b, a, {r.converse for r in possible})):
                    proof = network.proof(Fact(NAMES[left], says, NAMES[right]))
                    assert (proof is not None) == (mask(turned) & ~next_pairs.ALLOWS[says] == 0), (spec, says)


def test_conflicts_are_minimal_disjoint_and_leave_rows_that_some_world_has() -> None:
    seen = 0
    for spec in different(len(OPTIONS))[::4]:
        if len(worlds_of(spec)):
            continue
        network = network_of(spec)
        found = conflicts(network)
        assert found.complete
        gone: list[Stated] = []
        for clash in found.found:
            others = [s for s in network.stated if s not in clash.rows]
            assert not len(worlds_of(without(spec, others))), spec
            for one in clash.rows:
                assert len(worlds_of(without(spec, [*others, one]))), spec
            assert not set(gone) & set(clash.rows)
            gone += clash.rows
            seen += 1
        assert len(worlds_of(without(spec, gone))), spec
    assert seen > 500


def test_a_row_is_entailed_exactly_if_every_world_of_the_others_has_it() -> None:
    count = 0
    for spec in different(len(OPTIONS))[::2]:
        if not len(worlds_of(spec)):
            continue
        network = network_of(spec)
        said = {(e.stated.subject, e.stated.object): e for e in entailed(network)}
        for column, (a, b) in enumerate(PAIRS):
            if 0 < spec[column] < PART:
                others = worlds_of(tuple(0 if n == column else o for n, o in enumerate(spec)))
                follows = {int(r) for r in np.unique(others[:, column])} == {spec[column] - 1}
                assert follows == ((NAMES[a], NAMES[b]) in said), spec
        for one in said.values():
            count += 1
            assert one.stated not in one.premises
            for premise in one.premises:
                rest = network.only(s for s in one.premises if s is not premise)
                assert proves(rest, one.stated) is None, "no premise could be left out"
    assert count > 500


# -- worlds of texts -------------------------------------------------------------------------

WORLDS = 2_000
ROWS = 24


def test_rows_that_are_true_never_clash_and_what_is_proved_of_them_is_true() -> None:
    """In other readings, under conditions, together, and beside rows that may be false where nothing rests on them."""
    proved, compared_rows = 0, 0
    for seed in range(WORLDS):
        texts = Texts(seed, ROWS)
        compared = texts.compared()
        compared_rows += compared.rows
        assert find(compared).conflicts == (), seed
        for reading in compared.stated:
            if reading.rationale in READINGS:
                proved += sum(1 for _ in true_proofs(texts, compared, reading))
    print(f"{WORLDS} worlds, {compared_rows} rows compared, {proved} facts proved and true")
    assert compared_rows > 10 * WORLDS
    assert proved > 10 * WORLDS


def true_proofs(texts: Texts, compared: Comparable, reading: Reading) -> Iterator[Fact]:
    """Some facts that are proved in a reading; each is checked to be true, and so is every step of its proof."""
    network = compared.network(reading)
    for left, right in texts.chooser.sample(list(product(network.names, network.names)), min(9, len(network.names))):
        for says in Says:
            proof = network.proof(Fact(left, says, right))
            if proof is not None:
                for fact in (Fact(left, says, right), *(step.fact for step in proof)):
                    assert texts.holds(fact, reading.rationale, reading.condition), (fact, reading)
                yield Fact(left, says, right)


PUBLISHED_SHARE = {1: 0.42, 3: 0.80, 5: 0.96}  # of worlds with so many wrong rows, by an earlier simulation
WRONG_WORLDS = 500
SPARSE = 20  # rows among 21 provisions


@pytest.mark.parametrize("wrong", PUBLISHED_SHARE)
def test_wrong_rows_are_found_in_as_many_worlds_as_was_published(wrong: int) -> None:
    """At least as often, but for four standard errors; where none is found the rows are right in another world.

    Every conflict names a wrong row: those that are left without them are true.
    """
    found = 0
    for seed in range(WRONG_WORLDS):
        texts = Texts(10_000 + seed, SPARSE, plain=True)
        rows, false = texts.with_wrong(wrong)
        compared = texts.compared(rows)
        conflicts_found = find(compared).conflicts
        found += bool(conflicts_found)
        assert all({r.id for s in clash.rows for r in s.rows} & false for _, clash in conflicts_found)
        if seed % 5 == 0:
            assert (closed_of(compared.network(Reading("semantic"))) is None) == bool(conflicts_found), seed
    share, published = found / WRONG_WORLDS, PUBLISHED_SHARE[wrong]
    print(f"{wrong} wrong: found in {share:.1%} of {WRONG_WORLDS} worlds")
    assert share > published - 4 * (published * (1 - published) / WRONG_WORLDS) ** 0.5


def closed_of(network: Network) -> Masks | None:
    """What path consistency leaves of the provisions of a network; None where it leaves nothing of a pair."""
    place = {name: n for n, name in enumerate(network.names)}
    masks = unknown(len(place))
    inside = [Fact(p, Says.INSIDE, w) for p in network.names for w, _ in network.parts.get(p, ())]
    for fact in (*inside, *(f for s in network.stated for f in s.facts)):
        left, right = place[fact.left], place[fact.right]
        if left == right:
            continue
        if not narrow(masks, left, right, next_pairs.ALLOWS[fact.says]):
            return None
    return masks


def test_the_conflicts_of_larger_worlds_are_minimal_by_path_consistency() -> None:
    seen = 0
    for seed in range(40):
        texts = Texts(20_000 + seed, 40, plain=True)
        network = texts.compared(texts.with_wrong(5)[0]).network(Reading("semantic"))
        for clash in conflicts(network).found:
            assert closed_of(network.only(clash.rows)) is None
            for one in clash.rows:
                assert closed_of(network.only(s for s in clash.rows if s is not one)) is not None
            seen += 1
    assert seen > 60


def test_a_row_that_follows_is_true_in_every_world_that_path_consistency_leaves() -> None:
    seen = 0
    for seed in range(12):
        network = Texts(30_000 + seed, 40, plain=True).compared().network(Reading("semantic"))
        follows = {e.stated: e for e in entailed(network)}
        for stated in network.stated:
            rest = network.only(s for s in network.stated if s is not stated)
            masks = closed_of(Network((*rest.stated,), network.parts))
            place = {name: n for n, name in enumerate(rest.names)}
            if stated.subject in place and stated.object in place and masks is not None:
                left = relations(int(masks[place[stated.subject], place[stated.object]]))
                assert (left == (stated.relation,)) == (stated in follows)
        for one in follows.values():
            assert rows_of(one.proof)
            assert set(rows_of(one.proof)) == set(one.premises)
        seen += len(follows)
    assert seen > 12


# -- why path consistency decides ------------------------------------------------------------


def test_the_relations_that_rows_and_parts_lead_to_are_fourteen_over_which_composition_distributes() -> None:
    """Over such relations path consistency is known to leave exactly what some world has."""
    reached = {BIT[r] for r in SET_RELATIONS} | {mask({EQ, SUB}), mask({EQ, SUP}), ANY_MASK}
    while True:
        more = reached | {converse(a) for a in reached} | {composed(a, b) for a in reached for b in reached}
        more |= {a & b for a in reached for b in reached if a & b}
        if more == reached:
            break
        reached = more
    assert len(reached) == 14
    for a, b, c in product(reached, repeat=3):
        if b & c:
            assert composed(a, b & c) == composed(a, b) & composed(a, c)


def composed(a: int, b: int) -> int:
    return mask(t for r in relations(a) for s in relations(b) for t in COMPOSITION[r][s])


def converse(a: int) -> int:
    return mask(r.converse for r in relations(a))


# -- which rows are compared -----------------------------------------------------------------


def compared_of(provisions: Sequence[Provision], *rows: Mapping, **stated: object) -> Comparable:
    """Rows of made-up provisions, as compared."""
    known = catalogue(provisions, rows)
    return comparable(known, rows, TODAY, lambda r: r.status == "double-read", **stated)  # type: ignore[arg-type]


def clashing(compared: Comparable) -> list[list[str]]:
    """The ids of the rows of each conflict, sorted."""
    return [sorted(r.id for s in clash.rows for r in s.rows) for _, clash in find(compared).conflicts]


A, B, C = (provision(f"e{i}:p") for i in range(3))


@pytest.mark.parametrize("first", SET_RELATIONS, ids=lambda r: r.name)
@pytest.mark.parametrize("second", SET_RELATIONS, ids=lambda r: r.name)
def test_two_rows_of_one_pair_clash_unless_they_say_the_same(first: Relation, second: Relation) -> None:
    rows = [row("e0:p", first, "e1:p", id="one"), row("e1:p", second.converse, "e0:p", id="other")]
    assert clashing(compared_of([A, B], *rows)) == ([] if first is second else [["one", "other"]])


@pytest.mark.parametrize(("r", "s"), list(product(SET_RELATIONS, SET_RELATIONS)), ids=lambda r: r.name)
def test_three_rows_clash_exactly_where_the_table_of_composition_says_so(r: Relation, s: Relation) -> None:
    for t in SET_RELATIONS:
        rows = [row("e0:p", r, "e1:p"), row("e1:p", s, "e2:p"), row("e0:p", t, "e2:p")]
        assert bool(clashing(compared_of([A, B, C], *rows))) == (t not in COMPOSITION[r][s])


@pytest.mark.parametrize(
    ("stated", "reason"),
    [
        ({"status": "proposed"}, NOT_ADMITTED),
        ({"rationale_kind": "syntactic"}, WORDS_ONLY),
        ({"relation": Relation.SUPPORTS}, NO_SET_RELATION),
        ({"object": "sssom:NoTermFound"}, NO_COUNTERPART),
        ({"object": "e1:choice"}, FREE_CHOICE),
        ({"object": "e1:gone"}, NOT_IN_FORCE),
    ],
)
def test_a_row_that_says_nothing_of_sets_today_is_left_out_and_counted(stated: dict[str, object], reason: str) -> None:
    gone = provision("e1:gone", in_force=Interval(None, TODAY.replace(year=2020)))
    provisions = [A, B, gone, *members("e1:choice", "x", "y", decomposition="AnyOf")]
    values = {"subject": "e0:p", "relation": INT, "object_": "e1:p"} | {
        "object_" if k == "object" else k: v for k, v in stated.items()
    }
    found = compared_of(provisions, row(**values))  # type: ignore[arg-type]
    assert found.left_out == {reason: 1}
    assert found.rows == 0


def test_without_a_day_texts_that_have_ended_are_compared_too() -> None:
    gone = provision("e1:p", in_force=Interval(None, TODAY.replace(year=2020)))
    rows = [row("e0:p", EQ, "e1:p")]
    assert comparable(catalogue([A, gone], rows), rows, None, lambda _: True).rows == 1


def test_rows_that_rest_on_different_things_do_not_contradict_one_another() -> None:
    rows = [row("e0:p", EQ, "e1:p", rationale_kind="functional"), row("e0:p", NONE, "e1:p", id="other")]
    assert clashing(compared_of([A, B], *rows)) == []


def test_a_row_that_does_not_say_on_what_it_rests_is_taken_to_rest_on_what_is_asked_for() -> None:
    rows = [row("e0:p", EQ, "e1:p", rationale_kind=None), row("e0:p", NONE, "e1:p", id="other")]
    assert len(clashing(compared_of([A, B], *rows))) == 1
    assert clashing(compared_of([A, B], *rows, unstated="functional")) == []


def test_twins_are_compared_as_texts_and_named_as_two_systems() -> None:
    """Between two management systems claims travel as an overlap; what is stated is equal text, and is compared so."""
    texts = [edition("e0", managed="one"), edition("e1", managed="two")]
    rows = [row("e0:p", EQ, "e1:p"), row("e1:p", EQ, "e2:p"), row("e0:p", EQ, "e2:p")]
    known = catalogue([A, B, C], rows, texts)
    compared = comparable(known, rows, TODAY, lambda _: True)
    assert clashing(compared) == []
    assert len(list(entailed(compared.network(Reading("semantic"))))) == 3


# -- parts -------------------------------------------------------------------------------------


def test_a_part_that_is_always_asked_lies_inside_its_whole() -> None:
    provisions = [A, *members("e1:w", "part")]
    rows = [row("e0:p", EQ, "e1:part"), row("e0:p", NONE, "e1:w", id="other")]
    (conflict,) = find(compared_of(provisions, *rows)).conflicts
    assert [str(step.fact) for step in conflict[1].proof] == ["e0:p lies inside e1:part", "e1:part lies inside e1:w"]
    assert conflict[1].proof[1].source == Source("e1.ttl", 1)
    said = "e0:p and e1:w would share something, but other.sssom.tsv:1 says that they share nothing."
    assert sentence(conflict[1]) == said


@pytest.mark.parametrize(
    ("whole", "part"),
    [
        ({"decomposition": "AnyOf"}, {}),
        ({"decomposition": "AsAppropriate"}, {}),
        ({"decomposition": "Informative"}, {}),
        ({"decomposition": "AllOf"}, {"conditional": True}),
        ({"decomposition": "AllOf"}, {"force": "permission"}),
        ({"decomposition": "AllOf"}, {"force": "prohibition"}),
        ({"decomposition": "AllOf"}, {"addressees": ("authority",)}),
        ({"decomposition": "AllOf"}, {"kind": "Guidance"}),
    ],
)
def test_other_parts_touch_nothing(whole: dict[str, object], part: dict[str, object]) -> None:
    provisions = [provision("e1:w", **whole), provision("e1:part", parent="e1:w", **part)]
    assert dict(always_asked(catalogue(provisions))) == {}


def test_a_heading_holds_its_parts() -> None:
    provisions = [provision("e1:w", decomposition="AllOf", force=None), provision("e1:part", parent="e1:w")]
    assert dict(always_asked(catalogue(provisions))) == {"e1:part": ("e1:w", Source("e1.ttl", 1))}


def test_a_provision_cannot_lie_inside_two_that_share_nothing() -> None:
    rows = [row("e0:p", SUB, "e1:p"), row("e0:p", SUB, "e2:p"), row("e1:p", NONE, "e2:p")]
    assert clashing(compared_of([A, B, C], *rows)) == [sorted(r.id for r in rows)]


# -- rows that count together, and conditions ---------------------------------------------------


def test_rows_that_count_together_speak_of_their_union() -> None:
    provisions = [A, provision("e0:q"), B]
    joint = [row(n, EQ, "e1:p", joint="both", id=f"joint {n}") for n in ("e0:p", "e0:q")]
    inside = row("e0:p", SUB, "e1:p", id="inside")
    assert clashing(compared_of(provisions, *joint, inside)) == []
    outside = row("e0:p", SUP, "e1:p", id="outside")
    assert clashing(compared_of(provisions, *joint, outside)) == [["joint e0:p", "joint e0:q", "outside"]]


WHERE: dict[str, Any] = {"condition": CONDITION}


@pytest.mark.parametrize(
    ("always", "where", "clash"),
    [
        (EQ, EQ, False),
        (EQ, SUB, True),  # what is equal is equal of some elements too
        (EQ, INT, True),
        (NONE, INT, True),  # what is shared somewhere is shared
        (NONE, EQ, True),
        (SUB, SUB, False),
        (SUB, EQ, False),  # the rest may lie elsewhere
        (SUB, SUP, True),
        (SUB, NONE, True),
        (INT, EQ, False),
        (INT, NONE, False),
        (INT, SUB, False),
    ],
)
def test_a_row_under_a_condition_speaks_of_some_elements(always: Relation, where: Relation, clash: bool) -> None:
    rows = [row("e0:p", always, "e1:p", id="always"), row("e0:p", where, "e1:p", id="where", **WHERE)]
    assert clashing(compared_of([A, B], *rows)) == ([["always", "where"]] if clash else [])


def test_rows_under_different_conditions_share_only_what_they_say_to_exist() -> None:
    under: dict[str, Any] = {"condition": "e0:other"}
    differ = [row("e0:p", EQ, "e1:p", **WHERE), row("e0:p", NONE, "e1:p", id="other", **under)]
    assert clashing(compared_of([A, B], *differ)) == []
    same = [row("e0:p", EQ, "e1:p", **WHERE), row("e0:p", NONE, "e1:p", id="other", **WHERE)]
    assert len(clashing(compared_of([A, B], *same))) == 1


def test_a_row_under_a_condition_can_follow_from_rows_without_one_but_not_they_from_it() -> None:
    rows = [row("e0:p", EQ, "e1:p"), row("e0:p", EQ, "e1:p", id="where", **WHERE)]
    compared = compared_of([A, B], *rows)
    follows = [e.stated.rows[0].id for r in compared.stated for e in entailed(compared.network(r))]
    assert follows == ["where"]


# -- limits ------------------------------------------------------------------------------------


def many_clashes(number: int) -> Comparable:
    """So many pairs of rows that say two things of one pair."""
    provisions = [provision(f"{e}:{n}") for e in ("e0", "e1") for n in range(number)]
    rows = [row(f"e0:{n}", r, f"e1:{n}") for n in range(number) for r in (EQ, NONE)]
    return compared_of(provisions, *rows)


def test_the_limit_of_conflicts_is_said() -> None:
    compared = many_clashes(clashes.MOST_CONFLICTS + 1)
    found = find(compared)
    assert (len(found.conflicts), found.complete) == (clashes.MOST_CONFLICTS, False)
    assert find(many_clashes(clashes.MOST_CONFLICTS)).complete
    assert conflicts(compared.network(Reading("semantic")), most=0) == Conflicts((), complete=False)


def test_a_search_that_is_too_long_ends_and_names_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consistency, "MOST_STEPS", 100)
    with pytest.raises(InputError, match="more than 100 times, which is the most that one check follows"):
        find(many_clashes(40))


def test_many_rows_are_checked_and_the_wrong_ones_named() -> None:
    """Rows between twenty editions, nearly all of them overlaps, as in the largest public collections."""
    rows = [row(f"e{e}:{n}", EQ if n % 20 == 0 else INT, f"e{e + 1}:{n}") for e in range(20) for n in range(400)]
    wrong = row("e0:0", NONE, "e20:0", id="wrong")
    (found,) = conflicts(Network([Stated(r.subject, r.relation, r.object, (r,)) for r in (*rows, wrong)], {})).found
    assert len(found.rows) == 21
    assert found.rows[-1].rows == (wrong,)


def test_a_long_chain_of_equals_does_not_overflow() -> None:
    names = [f"e{n}:p" for n in range(200)]
    stated = [Stated(a, EQ, b, (row(a, EQ, b),)) for a, b in pairwise(names)]
    ends = Stated(names[0], SUB, names[-1], (row(names[0], SUB, names[-1]),))
    (found,) = conflicts(Network([*stated, ends], {})).found
    assert len(found.rows) == 200


def test_the_order_of_rows_changes_nothing_but_which_of_equal_conflicts_comes_first() -> None:
    texts = Texts(5, 40, plain=True)
    rows, _ = texts.with_wrong(5)
    first = find(texts.compared(rows)).conflicts
    again = find(texts.compared(list(rows))).conflicts
    assert [c.rows for _, c in first] != []
    assert [[s.rows for s in c.rows] for _, c in first] == [[s.rows for s in c.rows] for _, c in again]
    turned = find(texts.compared(rows[::-1])).conflicts
    assert bool(turned) == bool(first)


def test_parts_are_never_blamed() -> None:
    parts: Parts = {"e1:part": (("e1:w", PLACE),)}
    stated = [Stated(*ends, (row(*ends),)) for ends in (("e0:p", EQ, "e1:part"), ("e0:p", NONE, "e1:w"))]
    (found,) = conflicts(Network(stated, parts)).found
    assert set(found.rows) == set(stated)
