"""Before the parser: what reaches outside is refused however it is hidden, and nothing else is."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from aims_graph.errors import ForbiddenQuery, QueryError
from aims_graph.sparql_text import MAX_SIZE, escape_dots, names_dataset, refuse_dangerous, tokens

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


KNOWN = ("http://x/g", "http://x/g.1")
NAMED = [
    "SELECT * FROM <http://x/g> {}",
    "SELECT * FROM NAMED <http://x/g> FROM <http://x/g.1> {}",
    "SELECT * from#<http://y/>\nnamed\n<http://x/g> {}",
    "PREFIX x: <http://x/> SELECT * FROM x:g FROM x:g.1 {}",
    r"PREFIX x: <http://x/> SELECT * FROM x:g\.1 {}",
    "SELECT * FROM loaded:g {}",
    "PREFIX loaded: <http://y/> PREFIX x: <http://x/g> SELECT * FROM x: {}",
]
UNKNOWN = [
    "SELECT * FROM <http://x/h> {}",
    "SELECT * FROM NAMED <http://x/g#> {}",
    r"SELECT * FROM <http://x/\u0067> {}",
    r"SELECT * FR\u004FM <http://x/h> {}",
    "SELECT * FROM <http://x/g> FROM <http://x/h> {}",
    "BASE <http://x/> SELECT * FROM <g> {}",
    "PREFIX loaded: <http://y/> SELECT * FROM loaded:g {}",
    "SELECT * FROM unknown:g {}",
    "PREFIX x: FROM <http://x/h> SELECT * {}",
    "SELECT * FROM {}",
    "SELECT * FROM",
    "SELECT * FROM NAMED",
    "SELECT * FROM FROM <http://x/g> {}",
    "SELECT * FROM SERVICE <http://x/g> {}",
]


@pytest.mark.parametrize("query", NAMED)
def test_graphs_that_are_known_may_be_named(query: str) -> None:
    refuse_dangerous(query, KNOWN, {"loaded": "http://x/"})
    assert names_dataset(query)
    with pytest.raises(ForbiddenQuery, match="Use GRAPH to pick a named graph"):
        refuse_dangerous(query)


@pytest.mark.parametrize("query", UNKNOWN)
def test_any_other_graph_is_refused(query: str) -> None:
    with pytest.raises(ForbiddenQuery):
        refuse_dangerous(query, KNOWN, {"loaded": "http://x/"})


def test_the_refusal_names_some_graphs_that_are_there() -> None:
    with pytest.raises(ForbiddenQuery, match=r"There are, among others: <http://x/g>, <http://x/g\.1>"):
        refuse_dangerous("SELECT * FROM <http://x/h> {}", KNOWN)


@pytest.mark.parametrize("update", ["CLEAR ALL", "INSERT {} USING <http://x/g> WHERE {}", "DELETE {} WHERE {}"])
def test_updates_pass_where_they_are_asked_for(update: str) -> None:
    refuse_dangerous(update, KNOWN, updating=True)
    with pytest.raises(QueryError, match="changes data"):
        refuse_dangerous(update, KNOWN)


@pytest.mark.parametrize(
    "update",
    ["LOAD <http://x/>", "INSERT {} USING <http://x/h> WHERE {}", "DELETE {} WHERE { SERVICE <http://x/> {} }"],
)
def test_updates_that_reach_outside_are_refused(update: str) -> None:
    with pytest.raises(ForbiddenQuery):
        refuse_dangerous(update, KNOWN, updating=True)


def test_words_in_strings_name_no_dataset() -> None:
    assert not names_dataset("SELECT ?from { ?s ?p 'FROM' } # FROM <http://x/>")
