"""Further languages are further files: no code knows a language."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import AS_OF, ROOT, Run
from test_lint import linted

from aims_graph.library import Library

LABELS = sorted((ROOT / "ontology/labels").glob("*.ttl"))


@pytest.mark.parametrize(("language", "title"), [("de", "Korrekturmaßnahmen und Informationspflicht"), ("fr", None)])
def test_every_article_of_2024_has_its_title_in_further_languages(
    library: Library, language: str, title: str | None
) -> None:
    articles = [p for p in library.catalogue.provisions.values() if p.kind == "Article" and p.in_force.start]
    of_2024 = [p for p in articles if p.in_force.start == library.catalogue.editions["aiact"].in_force.start]
    assert len(of_2024) == 113
    titles = {p.id: dict(p.titles).get(language) for p in of_2024}
    assert [name for name, found in titles.items() if not found] == []
    assert all(titles[p.id] != p.title for p in of_2024)
    if title:
        assert titles["aiact:art-20"] == title


def test_a_provision_keeps_its_own_title_and_shows_the_others(run: Run) -> None:
    shown = json.loads(run("show", "aiact:art-20", "--as-of", AS_OF, "--format", "json").out)
    assert shown["title"] == "Corrective actions and duty of information"
    assert set(shown["titles"]) == {"de", "fr"}
    assert "Korrekturmaßnahmen" in run("show", "aiact:art-20", "--as-of", AS_OF).out


def test_search_speaks_every_language_that_is_loaded(run: Run) -> None:
    found = json.loads(run("find", "Korrekturmaßnahmen", "--format", "json").out)["results"]
    assert [r["id"] for r in found] == ["aiact:art-20"]


def test_a_language_is_one_file(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "ontology" / "labels"
    folder.mkdir(parents=True)
    head = (
        "# Rights: ours.\n@prefix iso42001: <https://w3id.org/aims-graph/iso42001/2023/> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n\n"
    )
    (folder / "iso42001.cy.ttl").write_text(
        head + 'iso42001:10.1\n    rdfs:label "Gwelliant parhaus"@cy .\n', encoding="utf-8"
    )
    assert "Gwelliant parhaus" in run("show", "iso42001:10.1", "--data", tmp_path).out
    (folder / "iso42001.cy.ttl").write_text(head + 'iso42001:10.9\n    rdfs:label "Dim"@cy .\n', encoding="utf-8")
    code, found = linted(tmp_path)
    assert code == 1
    assert "ontology/labels/iso42001.cy.ttl:5: 'iso42001:10.9' is labelled, but does not exist" in found


def test_two_titles_in_one_language_are_refused(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "ontology" / "labels"
    folder.mkdir(parents=True)
    text = LABELS[0].read_text(encoding="utf-8").replace('"Gegenstand"@de', '"Gegenstand"@en')
    (folder / LABELS[0].name).write_text(text, encoding="utf-8")
    ran = run("frameworks", "--data", tmp_path)
    assert ran.code == 2
    assert "'aiact:art-1' has 2 values of rdfs:label" in ran.err


def test_a_saved_question_shows_a_provision_once(run: Run) -> None:
    rows = run("ask", "what-else", "provision=iso42001:10.2", "--as-of", AS_OF, "--format", "csv").out.splitlines()
    others = [row.split(",")[2] for row in rows[1:]]
    assert len(others) == len(set(others))
