"""One resolver for what people type."""

from __future__ import annotations

import pytest

from aims_graph.errors import AmbiguousName, UnknownName
from aims_graph.library import Library


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("iso42001:10.2", "iso42001:10.2"),
        ("ISO 42001 10.2", "iso42001:10.2"),
        ("ISO/IEC 42001 clause 10.2", "iso42001:10.2"),
        ("clause 10.2 of ISO 42001", "iso42001:10.2"),
        ("42001 A.8.4", "iso42001:A.8.4"),
        ("MANAGE 4.3", "airmf:MANAGE-4.3"),
        ("AI RMF MANAGE 4.3", "airmf:MANAGE-4.3"),
        ("manage-4.3", "airmf:MANAGE-4.3"),
        ("Art. 20(1)", "aiact:art-20.1"),
        ("Article 20(1)", "aiact:art-20.1"),
        ("AI Act 20(1)", "aiact:art-20.1"),
        ("Article 17(1)(i)", "aiact:art-17.1.i"),
        ("Annex VII 3.4", "aiact:anx-VII.3.4"),
        ("27001 A.5.24", "iso27001:A.5.24"),
        ("ISO 27001:2013 10.1", "iso27001-2013:10.1"),
        ("M-3", "nistrmf:M-3"),
        ("RMF task A-5", "nistrmf:A-5"),
        ("ID.IM-1", "csf2:ID.IM-01"),
        ("ID.IM-01", "csf2:ID.IM-01"),
        ("GV-1.1-1", "ai600-1:GV-1.1-001"),
        ("4a(1)", "aiact:art-4a.1"),
        ("20(1)", "aiact:art-20.1"),
        ("17(1)(i)", "aiact:art-17.1.i"),
    ],
)
def test_what_people_type_names_one_provision(library: Library, typed: str, meant: str) -> None:
    assert library.names.resolve(typed) == meant


def test_a_number_that_several_frameworks_have_is_asked_back(library: Library) -> None:
    with pytest.raises(AmbiguousName) as asked:
        library.names.resolve("10.2")
    assert set(asked.value.candidates) == {"iso42001:10.2", "iso27001:10.2", "iso27001-2013:10.2", "mss:10.2"}


@pytest.mark.parametrize(
    "typed", ["iso42001:10.9", "Article 999", "nonsense", "aiact:art-17.1.z", "", "20.1", "csf2:ID.IM-1", "art 9" * 999]
)
def test_an_unknown_name_is_an_error_with_at_most_five_candidates(library: Library, typed: str) -> None:
    with pytest.raises(UnknownName) as asked:
        library.names.resolve(typed)
    assert len(asked.value.candidates) <= 5


def test_candidates_begin_with_siblings_of_the_same_parent(library: Library) -> None:
    with pytest.raises(UnknownName) as asked:
        library.names.resolve("aiact:art-17.1.z")
    assert all(c.startswith("aiact:art-17.1.") for c in asked.value.candidates)


def test_clause_10_2_and_control_a_10_2_are_never_the_same_name(library: Library) -> None:
    assert library.names.resolve("iso42001:10.2") == "iso42001:10.2"
    assert library.names.resolve("iso42001:A.10.2") == "iso42001:A.10.2"
    assert library.names.resolve("ISO 42001 A.10.2") == "iso42001:A.10.2"


@pytest.mark.parametrize("provision", ["notation", "id"])
def test_every_provision_is_found_by_its_printed_form_within_its_framework(library: Library, provision: str) -> None:
    for found in library.catalogue.provisions.values():
        alias = library.catalogue.editions[found.edition].label
        typed = found.id if provision == "id" else f"{alias} {found.notation}"
        assert library.names.resolve(typed) == found.id


def test_search_finds_words_in_titles_and_summaries(library: Library) -> None:
    assert "aiact:art-73" in library.names.find("serious incidents")
    assert library.names.find("zzzz") == ()


@pytest.mark.parametrize("typed", ["aiact", "AI Act", "42001"])
def test_a_framework_where_a_provision_is_wanted_says_so(library: Library, typed: str) -> None:
    with pytest.raises(UnknownName, match="It is a framework: name one of its provisions, for example '") as asked:
        library.names.resolve(typed)
    edition = library.names.edition(typed)
    assert asked.value.candidates
    assert {library.catalogue.provisions[c].edition for c in asked.value.candidates} == {edition}


def test_a_provision_where_a_framework_is_wanted_says_so(library: Library) -> None:
    with pytest.raises(UnknownName, match="It is a provision: name its framework, 'iso42001'"):
        library.names.edition("iso42001:10.2")


def test_an_unknown_framework_names_those_near_or_all(library: Library) -> None:
    with pytest.raises(UnknownName) as near:
        library.names.edition("nist")
    assert set(near.value.candidates) == {"ai600-1", "airmf", "csf2", "nistrmf"}
    with pytest.raises(UnknownName) as alike:
        library.names.edition("aiatc")
    assert alike.value.candidates == ("aiact",)
    for typed in ("gdpr", "zzz", ""):
        with pytest.raises(UnknownName, match="Use one of: ai600-1, aiact, ") as far:
            library.names.edition(typed)
        assert set(far.value.candidates) == set(library.catalogue.editions)
