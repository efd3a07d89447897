"""The page on soundness names commands that exist, and every test of the proof suite is on it."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT
from soak.recording import with_section

from aims_graph import inference
from aims_graph.confidence import EXACT_ROWS
from aims_graph.indexing import index

PAGE = (ROOT / "docs" / "soundness.md").read_text(encoding="utf-8")
SUITE = (
    "test_relations test_proofs test_joint test_random_worlds test_differential test_problog test_calibration"
    " test_confidence test_laws test_inference test_errors_of_others"
).split()


def test_every_test_file_that_the_page_names_exists() -> None:
    named = set(re.findall(r"tests/\w+\.py", PAGE))
    assert len(named) > 8
    assert {name for name in named if not (ROOT / name).is_file()} == set()


@pytest.mark.parametrize("name", SUITE)
def test_the_page_names_each_part_of_the_proof_suite(name: str) -> None:
    assert f"tests/{name}.py" in PAGE


def test_every_make_target_that_the_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    named = set(re.findall(r"`make ([a-z]+)`", PAGE))
    assert {"soak", "mutants"} <= named <= targets


def test_the_limits_that_the_page_names_are_those_of_the_program() -> None:
    words = " ".join(PAGE.split())
    question = f"at most {inference.MAX_DERIVATIONS} proofs of a claim that have used the same things"
    assert (
        f"{question}, {inference.MAX_OF_PROVISION} of one provision and {inference.MAX_OF_QUESTION:,} in all" in words
    )
    assert f"at most {inference.MAX_DERIVATIONS} ways to join the members of one whole" in words
    edges = f"ends after {inference.MAX_CROSSED:,} edges (the index after {index.MAX_CROSSED:,})"
    assert edges in words
    assert f"Exact up to {EXACT_ROWS} rows" in words


def test_every_page_that_it_links_to_exists() -> None:
    linked = set(re.findall(r"\]\(([\w-]+\.md)\)", PAGE))
    assert linked
    assert {name for name in linked if not (ROOT / "docs" / name).is_file()} == set()


def test_a_run_replaces_its_own_section_and_no_other() -> None:
    page = "# P\n\nWords.\n\n## A\n\nold\n\n## B\n\n| x |\n"
    assert with_section(page, "A", "new\n") == "# P\n\nWords.\n\n## A\n\nnew\n\n## B\n\n| x |\n"
    assert with_section(with_section(page, "C", "more"), "C", "other").count("## C") == 1
