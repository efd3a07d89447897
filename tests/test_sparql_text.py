"""Before the parser: what reaches outside is refused however it is hidden, and nothing else is."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from aims_graph.errors import QueryError
from aims_graph.sparql_text import MAX_SIZE, escape_dots, refuse_dangerous, tokens

HIDDEN = [
    r'SELECT * { BIND("a\u0022" AS ?x) SERVICE <http://localhost/> { ?a ?b "x" } }',
    r"SELECT * { \u0053ERVICE <http://localhost/> { ?a ?b ?c } }",
    "SELECT * { ?s ?p true.SERVICE <http://localhost/> {} }",
    "SELECT * { SeRvIcE SILENT <http://localhost/> {} }",
    "SELECT * FROM NAMED <file:///etc/passwd> {}",
    "SELECT * # comment\nFROM <http://localhost/> {}",
    "PREFIX p: <http://x/> LOAD <http://localhost/>",
    "SELECT ?s { ?s ?p ?o.FILTER(?o)}DROP ALL",
]
HARMLESS = [
    "SELECT ?from ?service { ?from :from ?service }",
    'SELECT * { ?s ?p "FROM SERVICE LOAD" }',
    "SELECT * { ?s ?p '''SERVICE <x>''' } # SERVICE",
    'SELECT * { ?s ?p "x"@from, "y"@add-x }',
    "SELECT * { ?s <http://x/#FROM> _:b.1 }",
    "PREFIX from: <http://x/> SELECT * { ?s from:load from:service }",
]


@pytest.mark.parametrize("query", HIDDEN)
def test_what_reaches_outside_is_refused_however_it_is_written(query: str) -> None:
    with pytest.raises(QueryError, match="refused"):
        refuse_dangerous(query)


@pytest.mark.parametrize("query", HARMLESS)
def test_words_that_only_look_like_it_pass(query: str) -> None:
    refuse_dangerous(query)


@pytest.mark.parametrize("query", [*HIDDEN, *HARMLESS])
def test_tokens_together_are_the_text(query: str) -> None:
    assert "".join(part for _, part in tokens(query)) == query


def test_blank_node_labels_keep_their_dots() -> None:
    query = "SELECT * { _:b.1 ?p ?o }"
    assert escape_dots(query) == query
    ox.Store().query(query)


@pytest.mark.parametrize("text", ["a." * (MAX_SIZE // 2), "a:" * (MAX_SIZE // 2), "\\" * MAX_SIZE, '"' * MAX_SIZE])
def test_the_largest_text_is_read_to_its_end(text: str) -> None:
    """A reading that goes back over the text for every token would take minutes here."""
    assert "".join(part for _, part in tokens(text)) == text


def test_a_query_too_large_is_refused() -> None:
    with pytest.raises(QueryError, match="Shorten it"):
        refuse_dangerous(" " * (MAX_SIZE + 1))
