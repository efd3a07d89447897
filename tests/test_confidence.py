"""The numbers are what counting worlds gives: along one proof, and over several that share rows."""

from __future__ import annotations

from itertools import product
from math import isclose, prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aims_graph.confidence import EXACT_ROWS, any_holds, chain_confidence, chain_interval, minimal

Lineage = frozenset[str]
ROWS = "abcdefgh"
BELIEFS = st.fixed_dictionaries({r: st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.6, 0.9, 0.95, 1.0]) for r in ROWS})
LINEAGES = st.lists(st.frozensets(st.sampled_from(ROWS), max_size=5), min_size=1, max_size=7)
PROOF = st.lists(st.floats(0, 1), min_size=1, max_size=6)


def counted(lineages: list[Lineage], belief: dict[str, float]) -> float:
    """The probability that one lineage is wholly right: the sum over all worlds of right and wrong rows."""
    total = 0.0
    for world in product((True, False), repeat=len(belief)):
        right = {row for row, is_right in zip(belief, world, strict=True) if is_right}
        if any(lineage <= right for lineage in lineages):
            total += prod(c if row in right else 1 - c for row, c in belief.items())
    return total


@given(LINEAGES, BELIEFS)
@settings(derandomize=True, deadline=None, max_examples=150)
def test_the_probability_of_a_claim_is_what_counting_all_worlds_gives(
    lineages: list[Lineage], belief: dict[str, float]
) -> None:
    value, exact = any_holds(lineages, belief)
    assert exact
    assert isclose(value, counted(lineages, belief), abs_tol=1e-12)


@given(LINEAGES, BELIEFS, st.randoms(use_true_random=False))
@settings(derandomize=True, deadline=None, max_examples=100)
def test_the_order_of_proofs_and_repeats_of_them_do_not_matter(
    lineages: list[Lineage], belief: dict[str, float], chooser: object
) -> None:
    mixed = [*lineages, *lineages]
    chooser.shuffle(mixed)  # type: ignore[attr-defined]
    assert any_holds(mixed, belief) == any_holds(lineages, belief)
    assert minimal(mixed) == minimal(lineages)


@given(LINEAGES, BELIEFS)
@settings(derandomize=True, deadline=None, max_examples=100)
def test_the_probability_lies_between_the_best_proof_and_the_sum_of_all(
    lineages: list[Lineage], belief: dict[str, float]
) -> None:
    value, _ = any_holds(lineages, belief)
    products = [prod(belief[r] for r in lineage) for lineage in lineages]
    assert max(products) - 1e-12 <= value <= min(1.0, sum(products)) + 1e-12


@given(LINEAGES, st.frozensets(st.sampled_from(ROWS), max_size=5), BELIEFS)
@settings(derandomize=True, deadline=None, max_examples=100)
def test_one_more_proof_never_lowers_the_probability(
    lineages: list[Lineage], more: Lineage, belief: dict[str, float]
) -> None:
    assert any_holds([*lineages, more], belief)[0] >= any_holds(lineages, belief)[0] - 1e-12


@given(LINEAGES)
@settings(derandomize=True, deadline=None, max_examples=100)
def test_the_minimal_proofs_contain_no_other_and_each_proof_contains_one(lineages: list[Lineage]) -> None:
    kept = minimal(lineages)
    assert not any(a < b for a, b in product(kept, repeat=2))
    assert all(any(k <= lineage for k in kept) for lineage in lineages)
    assert set(kept) <= set(lineages)


def test_a_shared_row_is_counted_once_so_the_example_gives_0_594_and_not_0_79() -> None:
    belief = {"shared": 0.6, "b": 0.9, "c": 0.9}
    value, exact = any_holds([frozenset({"shared", "b"}), frozenset({"shared", "c"})], belief)
    assert (round(value, 3), exact) == (0.594, True)
    naive = 1 - (1 - 0.54) ** 2
    assert round(naive, 2) == 0.79


@pytest.mark.parametrize("rows", [EXACT_ROWS - 1, EXACT_ROWS])
def test_up_to_twenty_rows_the_probability_is_exact(rows: int) -> None:
    lineages = [frozenset({f"r{i}"}) for i in range(rows)]
    value, exact = any_holds(lineages, {f"r{i}": 0.1 for i in range(rows)})
    assert exact
    assert isclose(value, 1 - 0.9**rows)


@pytest.mark.parametrize("rows", [EXACT_ROWS + 1, 40])
def test_above_twenty_rows_the_best_proof_is_a_lower_bound_and_flagged_as_not_exact(rows: int) -> None:
    belief = {f"r{i}": 0.1 + i / 100 for i in range(rows)}
    value, exact = any_holds([frozenset({r}) for r in belief], belief)
    assert not exact
    assert value == max(belief.values())
    assert value <= 1 - prod(1 - c for c in belief.values())


def test_to_the_last_bit_the_best_proof_does_not_depend_on_the_order_in_which_its_rows_are_kept() -> None:
    belief = {f"r{n:02}": 1 - n / 97 for n in range(40)}
    lineages = [frozenset(f"r{n:02}" for n in range(first, first + 25)) for first in range(10)]
    in_order = 1.0
    for row in sorted(lineages[0], reverse=True):
        in_order *= belief[row]
    assert any_holds(lineages, belief) == (in_order, False)


def test_rows_of_proofs_that_contain_another_proof_do_not_count_towards_the_twenty() -> None:
    one = frozenset({"r0"})
    lineages = [one, *(one | {f"r{i}"} for i in range(1, 30))]
    assert any_holds(lineages, {f"r{i}": 0.5 for i in range(30)}) == (0.5, True)


def test_a_proof_that_needs_no_row_is_certain() -> None:
    assert any_holds([frozenset(), frozenset({"a"})], {"a": 0.2}) == (1.0, True)
    assert chain_confidence([]) == 1
    assert chain_interval([]) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("values", "confidence", "interval"),
    [
        ([0.9], 0.9, (0.9, 0.9)),
        ([0.75, 0.5], 0.375, (0.25, 0.5)),
        ([0.25, 0.25, 0.25], 0.015625, (0.0, 0.25)),
        ([1.0, 0.5], 0.5, (0.5, 0.5)),
        ([0.5, 0.0], 0.0, (0.0, 0.0)),
        ([0.8, None], None, (0.0, 0.8)),
        ([0.8, 0.3, None], None, (0.0, 0.3)),
        ([None], None, (0.0, 1.0)),
    ],
)
def test_along_a_proof_confidences_multiply_and_an_unknown_one_is_not_zero(
    values: list[float | None], confidence: float | None, interval: tuple[float, float]
) -> None:
    assert chain_confidence(values) == confidence
    assert chain_interval(values) == interval


@given(PROOF)
@settings(derandomize=True, deadline=None, max_examples=100)
def test_the_product_lies_in_its_interval_and_never_above_the_weakest_row(values: list[float]) -> None:
    low, high = chain_interval(values)
    value = chain_confidence(values)
    assert value is not None
    assert high == min(values)
    assert 0.0 <= low <= high + 1e-12
    assert low - 1e-12 <= value <= high
    assert isclose(low, max(0.0, sum(values) - (len(values) - 1)), abs_tol=1e-12)


@given(PROOF)
@settings(derandomize=True, deadline=None, max_examples=100)
def test_the_interval_holds_however_the_rows_depend_on_one_another(values: list[float]) -> None:
    low, high = chain_interval(values)
    together = min(values)  # each row wrong wherever a surer one is: they fail together
    apart = max(0.0, 1 - sum(1 - v for v in values))  # they fail one at a time
    assert isclose(together, high, abs_tol=1e-9)
    assert isclose(apart, low, abs_tol=1e-9)
