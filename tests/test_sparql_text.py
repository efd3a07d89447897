"""Before the parser: what reaches outside is refused however it is hidden, and nothing else is."""

from __future__ import annotations

import re
from collections import Counter
from itertools import product

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


BEFORE = (
    *("", "GRAPH ", "GRAPH", "{}", "{}.", "#\n", "FILTER(1)", "BIND(1 AS ?x)", "OPTIONAL{}", "VALUES ?y {1}"),
    *(f"?s ?p {o}" for o in ("1", "1.", "1.5", "1e5", "-1", "true", "'a'", "'a'.", "'''a'''", "'a'@en", "'a'^^ex:d")),
    *(f"?s ?p {o}" for o in ("ex:o", "ex:o.", "ex:", "ex:%41", r"ex:\-", "?o", "<http://x/o>", "_:b", "[]", "()")),
    *("?s a", "?s ?p ?o;", "?s ?p 1 ;a ex:b.", "{}UNION", "?s ?p \u00b5"),
)  # what may stand before a word without a border
SERVICES = ("SERVICE", "sErViCe", r"\u0053ERVICE", "SERVICESILENT", "SERVICE SILENT")
HOSTS = ("<{}>", " <{}>", "ex:foo", " ex:foo", ":foo", "?x", "#\n<{}>", "ex:", "ex:a.b")


@pytest.mark.parametrize("before", BEFORE)
def test_no_other_host_is_asked_wherever_a_word_begins_and_ends(before: str) -> None:
    """What passes is no query to the engine, or the word is a part of a name in it."""
    prefixes = "PREFIX ex: <http://x/> PREFIX : <http://x/> PREFIX SERVICEex: <http://x/> "
    outcomes: Counter[str] = Counter()
    for service, named in product(SERVICES, HOSTS):
        query = f"{prefixes}SELECT * {{ VALUES ?x {{ <http://x/> }} {before}{service}{named.format('http://x/')}{{}} }}"
        try:
            refuse_dangerous(query)
        except ForbiddenQuery:
            outcomes["refused"] += 1
            continue
        try:
            ox.Store().query(query)  # nothing in it matches, so nobody is asked
        except SyntaxError:
            outcomes["no query"] += 1
        else:
            outcomes["a name"] += 1
            assert before == "GRAPH " or re.search(
                r"ex:[^ ;{]*(service|\\u0053ervice)", query[len(prefixes) :], re.I
            ), query
    assert sum(outcomes.values()) == len(SERVICES) * len(HOSTS)


GLUED = [
    "SELECT * { ?s ?p 1SERVICE <http://x/> {} }",
    "SELECT * { ?s ?p 1SERVICE SILENT <http://x/> {} }",
    "PREFIX ex: <http://x/> SELECT * {SERVICEex:foo{?s ?p ?o}}",
    "PREFIX : <http://x/> SELECT * {SERVICE:foo{?s ?p ?o}}",
    "SELECT * FROMNAMED<http://x/h> {}",
    "PREFIX ex: <http://x/> SELECT * FROMex:foo {}",
    "ASKFROM <http://x/h> {}",
    "PREFIX ex: <http://x/> ASKFROMex:h {}",
    "PREFIX ex: <http://x/> PREFIXex:<http://y/> SELECT * FROM ex:g {}",
]
GLUED_UPDATES = [
    "PREFIX ex: <http://x/> LOADex:foo",
    "PREFIX ex: <http://x/> INSERT DATA {};LOADex:foo",
    "LOADSILENT<http://x/>",
    "PREFIX ex: <http://x/> LOADSILENTex:f",
    "PREFIX ex: <http://x/> WITH <http://x/g> DELETE {} USINGex:h WHERE {}",
    "DELETE {} USINGNAMED<http://x/h> WHERE {}",
]
ONLY_LIKE_IT = [
    "PREFIX service: <http://s/> SELECT * { ?s service:a ?o ; a service:B . GRAPH service:g { ?s a service:B } }",
    "PREFIX load: <http://s/> SELECT * { ?s load:a ?o } ORDER BY load:f(?o)",
    "PREFIX from: <http://s/> DESCRIBE from:a",
    "PREFIX service: <http://s/> DESCRIBE service:a { ?s ?p ?o }",
    "PREFIX payload: <http://p/> DESCRIBE payload:x",
]
ONLY_LIKE_UPDATES = [
    "PREFIX load: <http://s/> INSERT DATA { <http://a/> load:x load:y }",
    "PREFIX load: <http://s/> COPY load:a TO load:b",
    "PREFIX load: <http://s/> CLEAR GRAPH load:a; INSERT DATA { GRAPH load:g { load:a load:b load:c } }",
]


@pytest.mark.parametrize(
    ("text", "updating"), [*((text, False) for text in GLUED), *((text, True) for text in GLUED_UPDATES)]
)
def test_words_without_a_border_are_refused(text: str, updating: bool) -> None:
    with pytest.raises(ForbiddenQuery, match="Put a blank between two words"):
        refuse_dangerous(text, ("http://x/g",), updating=updating)


@pytest.mark.parametrize(
    ("text", "updating"), [*((text, False) for text in ONLY_LIKE_IT), *((text, True) for text in ONLY_LIKE_UPDATES)]
)
def test_prefixes_with_such_names_pass(text: str, updating: bool) -> None:
    refuse_dangerous(text, updating=updating)


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
