"""The changelog's counts are those of the graph."""

from __future__ import annotations

import re

from conftest import ROOT

from aims_graph.library import Library


def test_the_counts_of_the_unreleased_graph_are_true(library: Library) -> None:
    text = " ".join((ROOT / "CHANGELOG.md").read_text(encoding="utf-8").split())
    catalogue = library.catalogue
    twice = sum(r.status == "double-read" for r in catalogue.mappings)
    published = sum(r.status == "published" for r in catalogue.mappings)
    notes = sum("note" in r.mapping_set for r in catalogue.mappings)
    for count, words in (
        (len(catalogue.provisions), "provisions with force"),
        (len(catalogue.evidence), "evidence requirements"),
        (len(catalogue.triggers), "trigger questions"),
        (len(catalogue.mappings), "mapping rows"),
        (len(catalogue.mappings) - notes - published, "of the project's own"),
        (twice, "read twice alike or settled in writing"),
        (published, "rows that NIST published"),
        (notes, "claims of the note"),
        (len(library.rules.rules), "evidence rules"),
    ):
        assert re.search(rf"\b{count} {re.escape(words)}", text), f"{count} {words}"
