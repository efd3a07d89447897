"""The W3C SHACL test suite by both engines: all of it by routing, and every difference between them has a reason."""

from __future__ import annotations

from collections import Counter

import pytest
import w3c_shacl as suite

needs_suite = pytest.mark.skipif(not suite.SUITE.exists(), reason="the W3C suite is not beside this checkout")


@needs_suite
def test_the_suite_is_whole() -> None:
    assert Counter(case.part for case in suite.cases()) == {"core": 98, "sparql": 23}


@pytest.mark.parametrize("case", suite.cases(), ids=lambda case: case.id)
def test_a_test_of_the_w3c_comes_out_as_expected_by_routing(case: suite.Case) -> None:
    assert suite.passes(case)


@needs_suite
def test_every_failure_in_another_way_of_asking_has_a_reason() -> None:
    failed = suite.failures()
    found = {test for way, tests in failed.items() if way != suite.STORE for test in tests}
    assert found == set(suite.REASONS)
    assert failed["routed"] == ()


@needs_suite
def test_the_reference_differs_from_the_fast_engine_in_one_test() -> None:
    failed = suite.failures()
    assert failed["pySHACL, as asked here"] == ("sparql/pre-binding/shapesGraph-001",)
    assert failed["pyshacl-turbo, as asked here"] == ()
