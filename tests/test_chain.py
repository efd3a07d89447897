"""What a chain has used: when one is as free as another, and what two premises of one rule use together."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from dataclasses import replace

import pytest
from conftest import AS_OF
from worlds import catalogue, context, provision, row

from aims_graph.chain import Context, Crossing, Used, asks_nothing
from aims_graph.relations import EQ, Edge

BOTH, ONE, OTHER = frozenset({"provider", "deployer"}), frozenset({"provider"}), frozenset({"deployer"})
FREER: list[tuple[str, object, object]] = [  # field, what leaves more open, what leaves less
    ("rationale", None, "semantic"),
    ("managed", None, "one"),
    ("editions", frozenset({"a"}), frozenset({"a", "b"})),
    ("roles", None, BOTH),
    ("roles", BOTH, ONE),
    ("classes", None, BOTH),
    ("classes", BOTH, ONE),
    ("should", False, True),
    ("vacuous", False, True),
]
APART: list[tuple[str, object, object]] = [  # neither leaves what the other does
    ("rationale", "semantic", "functional"),
    ("managed", "one", "two"),
    ("editions", frozenset({"a"}), frozenset({"b"})),
    ("roles", ONE, OTHER),
    ("classes", ONE, OTHER),
]


def used(name: str, value: object) -> Used:
    return replace(Used(), **{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "more", "less"), FREER)
def test_what_leaves_more_open_is_as_free_and_not_the_other_way_round(name: str, more: object, less: object) -> None:
    assert used(name, more).is_as_free_as(used(name, less))
    assert not used(name, less).is_as_free_as(used(name, more))
    assert used(name, less).is_as_free_as(used(name, less))


@pytest.mark.parametrize(("name", "one", "other"), APART)
def test_of_two_that_differ_neither_is_as_free(name: str, one: object, other: object) -> None:
    assert not used(name, one).is_as_free_as(used(name, other))
    assert not used(name, other).is_as_free_as(used(name, one))


@pytest.mark.parametrize(("name", "more", "less"), FREER)
def test_one_field_that_is_less_free_outweighs_all_that_are_freer(name: str, more: object, less: object) -> None:
    bound = Used("semantic", ONE, frozenset({"a", "b"}), "one", ONE, True, True)
    assert not replace(used(name, less)).is_as_free_as(replace(bound, **{name: more}))  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "more", "less"), FREER)
def test_together_two_premises_have_used_what_either_has(name: str, more: object, less: object) -> None:
    assert used(name, more).joined(used(name, less)) == used(name, less)
    assert used(name, less).joined(used(name, more)) == used(name, less)
    assert used(name, less).joined(used(name, less)) == used(name, less)


def test_editions_of_both_premises_are_used() -> None:
    one, other = used("editions", frozenset({"a", "c"})), used("editions", frozenset({"b", "c"}))
    assert one.joined(other) == used("editions", frozenset({"a", "b", "c"}))


@pytest.mark.parametrize(("name", "one", "other"), [a for a in APART if a[0] != "editions"])
def test_premises_that_leave_nothing_in_common_do_not_join(name: str, one: object, other: object) -> None:
    assert used(name, one).joined(used(name, other)) is None
    assert used(name, other).joined(used(name, one)) is None


def test_an_edge_is_stated_by_its_row_or_by_the_member() -> None:
    known = catalogue([provision("a:x", decomposition="AllOf"), provision("a:x.1", parent="a:x")])
    whole, part = (
        replace(known.provisions[n], source=replace(known.provisions[n].source, line=i))
        for i, n in enumerate(("a:x", "a:x.1"), 7)
    )
    assert Crossing(Edge.PART, whole, part, None).source == part.source
    assert Crossing(Edge.WHOLE, part, whole, None).source == part.source
    stated = row("a:x", EQ, "b:x")
    assert Crossing(Edge.EQUAL, whole, part, stated).source == stated.source


def test_a_whole_whose_parts_are_all_of_another_class_asks_nothing_of_this_one() -> None:
    known = catalogue(
        [provision("a:x", decomposition="AllOf"), provision("a:x.1", parent="a:x", system_classes=("gpai",))]
    )
    whole = known.provisions["a:x"]
    assert asks_nothing(known, whole, context(system_class="high-risk-annex-iii"))
    assert not asks_nothing(known, whole, context(system_class="gpai"))
    assert not asks_nothing(known, whole, context())


def test_a_context_that_went_to_another_process_is_found_there() -> None:
    asked = Context(AS_OF, BOTH)
    assert {asked: 1}[Context(AS_OF, frozenset({"deployer", "provider"}))] == 1
    program = "import pickle, sys; c = pickle.load(sys.stdin.buffer); print({c: 1}[type(c)(c.as_of, c.roles)])"
    for seed in ("1", "2"):
        told = subprocess.run(
            [sys.executable, "-c", program],
            input=pickle.dumps(asked),
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert told.stdout == b"1\n"
