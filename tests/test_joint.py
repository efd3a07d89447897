"""Joint rows: several provisions, taken as one, have a relation; partials are never added up to full."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest
from worlds import C, F, N, P, catalogue, claim, context, degree, provision, relation_of, row

from aims_graph.catalogue import Catalogue
from aims_graph.inference import infer
from aims_graph.relations import EQ, INT, NONE, SET_RELATIONS, SUB, SUP, Degree, Relation


def together(relation: Relation, subjects: int = 2, objects: int = 1) -> Catalogue:
    """Provisions of `e0` that together have a relation to those of `e1`, taken together."""
    ends = product([f"e0:a{i}" for i in range(subjects)], [f"e1:b{i}" for i in range(objects)])
    rows = [row(a, relation, b, joint="J1") for a, b in ends]
    names = dict.fromkeys(name for r in rows for name in (r.subject, r.object))
    return catalogue([provision(n) for n in names], rows)


@pytest.mark.parametrize(
    ("relation", "one", "both"),
    [(EQ, P, F), (SUP, C, F), (SUB, P, P), (INT, C, P), (NONE, N, N)],
    ids=lambda x: getattr(x, "name", x),
)
def test_only_all_subjects_together_carry_what_their_union_does(relation: Relation, one: Degree, both: Degree) -> None:
    known = together(relation)
    assert degree(known, "e0:a0", "e1:b0") is one
    assert infer(known, ["e0:a0", "e0:a1"], context()).claims.get("e1:b0", None) is None or both is not N
    found = infer(known, ["e0:a0", "e0:a1"], context()).claims.get("e1:b0")
    assert (found.degree if found else N) is both


@pytest.mark.parametrize(
    ("relation", "each"),
    [(EQ, F), (SUB, F), (SUP, C), (INT, C), (NONE, N)],
    ids=lambda x: getattr(x, "name", x),
)
def test_back_from_the_object_each_subject_is_a_part_of_the_union(relation: Relation, each: Degree) -> None:
    assert degree(together(relation), "e1:b0", "e0:a0") is each


def test_the_step_names_all_premises_and_the_line_of_the_group() -> None:
    found = infer(together(SUP, 3), ["e0:a0", "e0:a1", "e0:a2"], context()).claims["e1:b0"]
    step = found.best.steps[-1]
    assert (step.rule, step.premises, step.degree) == ("joint", ("e0:a0", "e0:a1", "e0:a2"), F)
    assert found.confidence == found.best_confidence == 0.9, "three rows of one group state one thing"


def test_two_partial_premises_never_make_a_union_full() -> None:
    rows = [row("e0:a0", SUP, "e2:c", joint="J"), row("e0:a1", SUP, "e2:c", joint="J")]
    rows += [row("e1:x", INT, "e0:a0"), row("e1:x", INT, "e0:a1")]
    known = catalogue([provision(n) for n in ("e0:a0", "e0:a1", "e1:x", "e2:c")], rows)
    assert degree(known, "e1:x", "e0:a0") is P
    assert degree(known, "e1:x", "e2:c") in (C, N)


def test_a_group_counts_only_as_much_as_its_least_trusted_row() -> None:
    rows = [row("e0:a0", EQ, "e1:b", joint="J"), row("e0:a1", EQ, "e1:b", joint="J", status="proposed")]
    known = catalogue([provision(n) for n in ("e0:a0", "e0:a1", "e1:b")], rows)
    assert infer(known, ["e0:a0", "e0:a1"], context()).claims["e1:b"].degree is C


def test_rows_of_a_group_do_not_count_alone() -> None:
    assert claim(together(EQ), "e0:a0", "e1:b0").best.steps[-1].rule == "joint"  # type: ignore[union-attr]
    assert degree(together(EQ), "e0:a0", "e1:b0") is not F


def test_every_joint_claim_holds_in_every_model_of_three_sets() -> None:
    """Two subjects and two objects over four elements: what is said is what each model with that relation shows."""
    sets = range(1, 1 << 4)
    for relation in SET_RELATIONS:
        known = together(relation, 2, 2)
        for starts in (["e0:a0"], ["e0:a0", "e0:a1"], ["e1:b0"], ["e1:b0", "e1:b1"]):
            said = {p: c.degree for p, c in infer(known, starts, context()).claims.items() if c.degree >= P}
            least = dict.fromkeys(said, F)
            for a0, a1, b0, b1 in product(sets, repeat=4):
                if relation_of(a0 | a1, b0 | b1) is not relation:
                    continue
                world = {"e0:a0": a0, "e0:a1": a1, "e1:b0": b0, "e1:b1": b1}
                done = 0
                for start in starts:
                    done |= world[start]
                for name in said:
                    here = F if world[name] & done == world[name] else P if world[name] & done else N
                    least[name] = min(least[name], here)
            assert said == least, f"{relation.name} from {starts}"


def test_nothing_that_all_models_show_of_a_single_object_is_left_out() -> None:
    sets = range(1, 1 << 4)
    for relation in SET_RELATIONS:
        known = together(relation, 2, 1)
        for starts in (["e0:a0"], ["e0:a0", "e0:a1"], ["e1:b0"]):
            found = infer(known, starts, context()).claims
            least: dict[str, Degree] = {}
            for a0, a1, b0 in product(sets, repeat=3):
                if relation_of(a0 | a1, b0) is relation:
                    world = {"e0:a0": a0, "e0:a1": a1, "e1:b0": b0}
                    done = 0
                    for start in starts:
                        done |= world[start]
                    for name, asks in world.items():
                        here = F if asks & done == asks else P if asks & done else N
                        least[name] = min(least.get(name, F), here)
            said = {p: found[p].degree if p in found and found[p].degree >= P else N for p in least}
            assert said == least, f"{relation.name} from {starts}"


def test_the_order_of_the_rows_of_a_group_does_not_matter() -> None:
    known = together(EQ, 3, 2)
    rows = list(known.mappings)
    Random(4).shuffle(rows)
    turned = catalogue(known.provisions.values(), rows)
    starts = ["e0:a0", "e0:a1", "e0:a2"]
    one, other = (infer(k, starts, context()).claims for k in (known, turned))
    assert {p: (c.degree, c.confidence) for p, c in one.items()} == {
        p: (c.degree, c.confidence) for p, c in other.items()
    }
