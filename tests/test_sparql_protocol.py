"""The SPARQL endpoint and the graph store: formats, errors, whose graphs are read and written, what is kept of it."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pyoxigraph as ox
import pytest
from conftest import CASES
from endpoints import FORM, JSON_ROWS, QUERY, TURTLE, UPDATE, Endpoint, serving
from fastapi import Request
from rdflib import Graph
from rdflib.compare import isomorphic

from aims_graph.errors import ChangedSince, InputError, UnsoundRecords
from aims_graph.intake import incoming
from aims_graph.library import Library
from aims_graph.workspaces import own_graphs, upkeep
from aims_graph.workspaces.assessing import Assessor
from aims_graph.workspaces.own_graphs import Edit
from aims_graph.workspaces.record_store import line, parsed
from aims_graph.workspaces.workspace import BASE, Signature, Workspace
from aims_graph.workspaces.writing import Receipt, Writer
from aims_graph.workspaces.writing import Request as Change
from aims_graph_api.negotiation import media_type_of, negotiated
from aims_graph_api.problems import Refused
from aims_graph_api.sparql import asked as asked_here
from aims_graph_api.sparql import asking
from aims_graph_api.sparql.leaving import Left, while_there

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LAW = "https://w3id.org/aims-graph/graph/asserted"
RECORD = f"{BASE}CA-7"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory, library: Library) -> Iterator[Endpoint]:
    with serving(tmp_path_factory.mktemp("sparql"), library, "acme", "other") as found:
        yield found


@pytest.fixture
def acme(endpoint: Endpoint) -> Iterator[httpx.Client]:
    """Requests of an organisation that keeps nothing yet."""
    with endpoint.client("acme") as client:
        assert updated(client, "CLEAR ALL").status_code == 200
        yield client


@pytest.fixture(scope="module")
def anyone(endpoint: Endpoint) -> Iterator[httpx.Client]:
    with endpoint.client() as client:
        yield client


def asked(client: httpx.Client, query: str, accept: str = JSON_ROWS, **more: Any) -> httpx.Response:
    return client.get("/sparql", params={"query": query, **more}, headers={"Accept": accept})


def updated(client: httpx.Client, text: str, **headers: str) -> httpx.Response:
    return client.post("/sparql", content=text, headers={"Content-Type": UPDATE, **headers})


def rows(client: httpx.Client, query: str, **more: Any) -> list[list[str]]:
    found = asked(client, query, **more)
    assert found.status_code == 200, found.text
    told = found.json()
    return [[row[name]["value"] for name in told["head"]["vars"] if name in row] for row in told["results"]["bindings"]]


def put(client: httpx.Client, graph: str, turtle: str, **headers: str) -> httpx.Response:
    url = f"/sparql/graph-store?graph={quote(graph, safe='')}"
    return client.put(url, content=turtle, headers={"Content-Type": TURTLE, **headers})


def got(client: httpx.Client, graph: str, **headers: str) -> httpx.Response:
    return client.get(f"/sparql/graph-store?graph={quote(graph, safe='')}", headers={"Accept": TURTLE, **headers})


def is_problem(found: httpx.Response, status: int) -> bool:
    """Whether an answer is an error in the form that all have, with words that say what to do."""
    assert found.headers["content-type"] == "application/problem+json", found.text
    told = found.json()
    assert told["detail"].endswith((".", "?"))
    return bool(found.status_code == told["status"] == status)


# -- formats ---------------------------------------------------------------------------

OFFERED = ("text/turtle", "application/ld+json", "text/csv")


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (None, "text/turtle"),
        ("", "text/turtle"),
        ("*/*", "text/turtle"),
        ("text/csv", "text/csv"),
        ("TEXT/CSV", "text/csv"),
        ("text/*", "text/turtle"),
        ("text/*;q=0.3, application/ld+json;q=0.4", "application/ld+json"),
        ("text/csv, text/turtle", "text/turtle"),
        ("text/csv;q=0.9, text/turtle;q=0.8", "text/csv"),
        ("*/*;q=0.1, text/csv;q=0.2", "text/csv"),
        ("text/turtle;q=0, */*", "application/ld+json"),
        ("text/turtle;charset=utf-8", "text/turtle"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted", text/csv;q=0.1', "text/csv"),
        ("nonsense, text/csv", "text/csv"),
        ("text/html, application/xhtml+xml, */*;q=0.8", "text/turtle"),
        ("text/turtle;q=high, text/csv;q=0.1", "text/csv"),
        ("*/turtle, text/csv", "text/csv"),
    ],
)
def test_the_format_that_is_wanted_most_is_chosen(accept: str | None, wanted: str) -> None:
    assert negotiated(accept, OFFERED) == wanted


@pytest.mark.parametrize("accept", ["image/png", "text/turtle;q=0, text/csv;q=0, application/*;q=0", "*/*;q=0"])
def test_where_no_format_is_accepted_those_there_are_are_listed(accept: str) -> None:
    with pytest.raises(Refused, match="text/turtle, application/ld") as caught:
        negotiated(accept, OFFERED)
    assert caught.value.kind.status == 406


def test_a_content_type_is_read_with_its_charset() -> None:
    assert media_type_of('Text/Turtle; Charset="UTF8"') == (TURTLE, "utf-8")
    assert media_type_of(None) == ("", "utf-8")


ROWS = "SELECT ?p { <https://w3id.org/aims-graph/ontology#Mapping> ?p ?o } ORDER BY ?p LIMIT 2"
THINGS = "CONSTRUCT { ?s <urn:p> 1 } WHERE { ?s a <https://w3id.org/aims-graph/ontology#Mapping> } LIMIT 3"
RESULTS = [
    (JSON_ROWS, JSON_ROWS, "{"),
    ("application/json", "application/json", "{"),
    ("application/sparql-results+xml", "application/sparql-results+xml", "<?xml"),
    ("text/csv", "text/csv; charset=utf-8", "p"),
    ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8", "?p"),
]


@pytest.mark.parametrize(("accept", "content_type", "start"), RESULTS)
def test_rows_come_in_every_format(anyone: httpx.Client, accept: str, content_type: str, start: str) -> None:
    found = asked(anyone, ROWS, accept)
    assert (found.status_code, found.headers["content-type"]) == (200, content_type)
    assert found.text.startswith(start)


@pytest.mark.parametrize(("accept", "content_type", "start"), RESULTS)
def test_yes_or_no_comes_in_every_format(anyone: httpx.Client, accept: str, content_type: str, start: str) -> None:
    found = asked(anyone, "ASK {}", accept)
    assert (found.status_code, found.headers["content-type"]) == (200, content_type)
    assert "true" in found.text


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (TURTLE, "text/turtle; charset=utf-8"),
        ("application/n-triples", "application/n-triples"),
        ("application/rdf+xml", "application/rdf+xml"),
        ("application/ld+json", "application/ld+json"),
        ("application/trig", "application/trig"),
        ("application/n-quads", "application/n-quads"),
    ],
)
def test_a_graph_comes_in_every_format(anyone: httpx.Client, accept: str, content_type: str) -> None:
    found = asked(anyone, THINGS, accept)
    assert (found.status_code, found.headers["content-type"]) == (200, content_type)
    syntax = ox.RdfFormat.from_media_type(accept)
    assert len(list(ox.parse(found.content, syntax))) == 3


def test_what_rows_are_not_to_be_had_in_is_said_before_they_are_computed(anyone: httpx.Client) -> None:
    assert is_problem(asked(anyone, ROWS, TURTLE), 406)
    assert is_problem(asked(anyone, THINGS, "text/csv"), 406)


def test_head_and_options_tell_of_the_endpoint(anyone: httpx.Client) -> None:
    asked_for, head = asked(anyone, ROWS), anyone.head("/sparql", params={"query": ROWS}, headers={"Accept": JSON_ROWS})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == asked_for.headers["content-length"]
    for path, method in (("/sparql", "POST"), ("/sparql/graph-store", "PUT")):
        found = anyone.options(path)
        assert found.status_code == 204
        assert method in found.headers["allow"]


def test_an_answer_says_who_may_keep_it(anyone: httpx.Client, acme: httpx.Client) -> None:
    assert "private" not in asked(anyone, "ASK {}").headers["cache-control"]
    found = asked(acme, "ASK {}").headers["cache-control"]
    assert "private" in found or "no-store" in found
    assert "Accept" in asked(anyone, "ASK {}").headers["vary"]


# -- errors ----------------------------------------------------------------------------

BAD: list[tuple[str, str, dict[str, Any], int]] = [
    ("GET", "/sparql?query=SELECT", {}, 400),
    ("GET", "/sparql?query=", {}, 400),
    ("GET", "/sparql?default-graph-uri=urn:x", {}, 400),
    ("GET", "/sparql?query=ASK%7B%7D&query=ASK%7B%7D", {}, 400),
    ("GET", "/sparql?query=%FF", {}, 400),
    ("GET", "/sparql?update=CLEAR%20ALL", {}, 400),
    ("GET", "/sparql?query=ASK%7B%7D&default-graph-uri=relative", {}, 400),
    ("GET", "/sparql?query=ASK%7B%7D&using-graph-uri=urn:x", {}, 400),
    ("GET", "/sparql?query=ASK%7B%7D&as_of=yesterday", {}, 400),
    ("GET", "/sparql?query=ASK%7B%7D&trust=blind", {}, 400),
    ("GET", "/sparql?query=ASK%7B%7D&as_of=2026-01-01&as_of=2026-01-02", {}, 400),
    ("GET", "/sparql?" + "a=b&" * 1001, {}, 400),
    ("POST", "/sparql", {"content": ""}, 415),
    ("POST", "/sparql", {"content": "ASK {}", "headers": {"Content-Type": "text/plain"}}, 415),
    ("POST", "/sparql", {"content": b"\xff", "headers": {"Content-Type": QUERY}}, 400),
    ("POST", "/sparql", {"content": "", "headers": {"Content-Type": QUERY}}, 400),
    ("POST", "/sparql", {"content": "ASK {}", "headers": {"Content-Type": f"{QUERY}; charset=latin-1"}}, 415),
    ("POST", "/sparql?query=ASK%7B%7D", {"content": "ASK {}", "headers": {"Content-Type": QUERY}}, 400),
    ("POST", "/sparql", {"data": {"query": "ASK {}", "update": "CLEAR ALL"}}, 400),
    ("POST", "/sparql", {"data": {"nothing": "1"}}, 400),
    ("POST", "/sparql", {"content": "query=%FF", "headers": {"Content-Type": FORM}}, 400),
    ("PUT", "/sparql", {"content": "ASK {}"}, 405),
    ("DELETE", "/sparql", {}, 405),
    ("POST", "/sparql", {"data": {"update": "CLEAR ALL"}}, 401),
    ("GET", "/sparql?query=ASK%20%7B%20SERVICE%20%3Chttp://127.0.0.1:9/%3E%20%7B%7D%20%7D", {}, 403),
    ("GET", "/sparql?query=ASK%20FROM%20%3Curn:none%3E%20%7B%7D", {}, 403),
    ("GET", "/sparql/graph-store", {}, 400),
    ("GET", "/sparql/graph-store?graph=urn:a&default", {}, 400),
    ("GET", "/sparql/graph-store?graph=urn:a&graph=urn:b", {}, 400),
    ("GET", "/sparql/graph-store?graph=relative", {}, 400),
    ("GET", "/sparql/graph-store?graph=urn:none", {}, 404),
    ("GET", f"/sparql/graph-store?graph={LAW}", {"headers": {"Accept": "image/png"}}, 406),
    ("PUT", "/sparql/graph-store?graph=urn:a", {"content": "", "headers": {"Content-Type": TURTLE}}, 401),
    ("POST", "/sparql/graph-store", {"content": "", "headers": {"Content-Type": TURTLE}}, 401),
    ("DELETE", "/sparql/graph-store?default", {}, 401),
    ("PATCH", "/sparql/graph-store?default", {}, 405),
]


@pytest.mark.parametrize(("method", "path", "more", "status"), BAD)
def test_what_is_not_asked_right_is_refused(
    anyone: httpx.Client, method: str, path: str, more: dict[str, Any], status: int
) -> None:
    assert is_problem(anyone.request(method, path, **more), status)


BAD_GRAPHS: list[tuple[str, bytes, int]] = [
    ("text/plain", b"", 415),
    ("", b"<urn:a> <urn:b> 1 .", 415),
    (f"{TURTLE}; charset=utf-16", b"", 415),
    ("application/trig", b"<urn:g> { <urn:a> <urn:b> 1 }", 415),
    (TURTLE, b"<urn:a> <urn:b>", 400),
    (TURTLE, b"\xff\xfe", 400),
    (TURTLE, b"<urn:aims-graph:key:1> <urn:b> 1 .", 400),
    ("application/ld+json", b'{"@id": "urn:g", "@graph": [{"@id": "urn:a", "urn:b": 1}]}', 400),
    ("application/ld+json", b'{"@context": "https://example.org/context", "name": 1}', 400),
    ("application/rdf+xml", b'<!DOCTYPE r [<!ENTITY a "b">]><rdf:RDF/>', 400),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n', 400),
]


@pytest.mark.parametrize(("kind", "content", "status"), BAD_GRAPHS)
def test_a_graph_that_cannot_be_read_is_refused(acme: httpx.Client, kind: str, content: bytes, status: int) -> None:
    headers = {"Content-Type": kind} if kind else {}
    found = acme.put("/sparql/graph-store?graph=urn:a", content=content, headers=headers)
    assert is_problem(found, status)
    assert got(acme, "urn:a").status_code == 404


@pytest.mark.parametrize(
    ("kind", "content"),
    [("multipart/form-data", b"--x"), ("multipart/form-data; boundary=x", b"--x\r\na[b: c\r\n\r\nd\r\n--x--\r\n")],
)
def test_a_multipart_body_that_is_none_is_refused_and_fills_no_log(
    acme: httpx.Client, caplog: pytest.LogCaptureFixture, kind: str, content: bytes
) -> None:
    found = acme.post("/sparql/graph-store?graph=urn:a", content=content, headers={"Content-Type": kind})
    assert is_problem(found, 400)
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    "graph",
    [LAW, "https://w3id.org/aims-graph/graph/derived", "https://w3id.org/aims-graph/anything", f"{BASE}withdrawn",
     f"{BASE}unnamed", "urn:aims-graph:x"],
)  # fmt: skip
def test_graphs_of_this_program_are_not_written(acme: httpx.Client, graph: str) -> None:
    assert is_problem(put(acme, graph, "<urn:a> <urn:b> 1 ."), 403)
    assert updated(acme, f"INSERT DATA {{ GRAPH <{graph}> {{ <urn:a> <urn:b> 1 }} }}").status_code in (400, 403)


def test_a_key_that_only_reads_writes_nothing(endpoint: Endpoint) -> None:
    with endpoint.client("acme", "read") as client:
        assert is_problem(updated(client, "CLEAR ALL"), 403)
        assert is_problem(put(client, "urn:a", "<urn:a> <urn:b> 1 ."), 403)
        assert asked(client, "ASK {}").json()["boolean"] is True


# -- whose graphs ----------------------------------------------------------------------


def test_everybody_reads_law_and_standards_as_one_graph(anyone: httpx.Client) -> None:
    ((number,),) = rows(anyone, "SELECT (COUNT(*) AS ?n) { ?s a <https://w3id.org/aims-graph/ontology#Mapping> }")
    assert int(number) > 50
    ((graphs,),) = rows(anyone, "SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g { ?s ?p ?o } }")
    assert int(graphs) > 10
    assert got(anyone, LAW).status_code == 200


def test_graphs_that_a_request_names_are_all_that_is_read(anyone: httpx.Client) -> None:
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    ((everything,),), ((some,),) = rows(anyone, count), rows(anyone, count, **{"default-graph-uri": LAW})
    assert 0 < int(some) < int(everything)
    assert rows(anyone, count, **{"default-graph-uri": "urn:none"}) == [["0"]]
    assert rows(anyone, count, **{"named-graph-uri": LAW}) == [["0"]]


def test_an_organisation_reads_its_graphs_beside_the_law(acme: httpx.Client, anyone: httpx.Client) -> None:
    assert updated(acme, "INSERT DATA { <urn:a> <urn:p> 1 . GRAPH <urn:g> { <urn:a> <urn:p> 2 } }").status_code == 200
    assert sorted(rows(acme, "SELECT ?n { <urn:a> <urn:p> ?n }")) == [["1"], ["2"]]
    assert rows(acme, "SELECT ?g { GRAPH ?g { <urn:a> ?p ?o } }") == [["urn:g"]]
    assert rows(anyone, "SELECT ?n { <urn:a> <urn:p> ?n }") == []
    law = rows(acme, "SELECT ?s { ?s a <https://w3id.org/aims-graph/ontology#Mapping> } LIMIT 1")
    assert len(law) == 1


def test_no_organisation_reads_what_another_keeps(endpoint: Endpoint, acme: httpx.Client) -> None:
    secret = "GRAPH <urn:secret> { <urn:secret> <urn:secret> 'secret' }"
    assert updated(acme, f"INSERT DATA {{ {secret} <urn:secret> <urn:secret> 'secret' }}").status_code == 200
    with endpoint.client("other") as other:
        for query in ("ASK { ?s ?p 'secret' }", "ASK { GRAPH <urn:secret> { ?s ?p ?o } }"):
            assert asked(other, query).json()["boolean"] is False
        assert asked(other, "ASK { ?s ?p 'secret' }", **{"default-graph-uri": "urn:secret"}).json()["boolean"] is False
        assert is_problem(got(other, "urn:secret"), 404)
        assert is_problem(asked(other, "ASK FROM <urn:secret> { ?s ?p ?o }"), 403)
        assert "urn:secret" not in other.get("/sparql").text
        assert other.get("/sparql/graph-store?default", headers={"Accept": TURTLE}).text.strip() == ""
        entity = got(acme, "urn:secret").headers["etag"]
        assert is_problem(put(other, "urn:secret", "<urn:a> <urn:b> 1 .", **{"If-Match": entity}), 412)


def test_what_the_store_keeps_for_itself_is_nobodys_to_read(acme: httpx.Client) -> None:
    assert updated(acme, "INSERT DATA { GRAPH <urn:g> { <urn:a> <urn:p> _:b . _:b <urn:p> 2 } }").status_code == 200
    found = {graph for (graph,) in rows(acme, "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }")}
    assert not {g for g in found if "workspace" in g or g.endswith(("withdrawn", "unnamed"))}
    assert "urn:g" in found
    assert asked(acme, "ASK { ?s ?p ?o FILTER(STRSTARTS(STR(?s), 'urn:aims-graph:')) }").json()["boolean"] is False
    assert asked(acme, "ASK { GRAPH <urn:g> { ?s ?p 2 FILTER(isBLANK(?s)) } }").json()["boolean"] is True
    for graph in (f"{BASE}withdrawn", f"{BASE}unnamed", "https://w3id.org/aims-graph/graph/workspace/books"):
        assert is_problem(got(acme, graph), 404)


def test_the_description_claims_what_is_true_for_whoever_asks(acme: httpx.Client, anyone: httpx.Client) -> None:
    put(acme, "urn:g", "<urn:a> <urn:b> 1, 2 .")
    mine, public = (c.get("/sparql", headers={"Accept": TURTLE}).text for c in (acme, anyone))
    assert "sd:SPARQL11Update" in mine
    assert "<urn:g>" in mine
    assert "sd:SPARQL11Update" not in public
    assert "<urn:g>" not in public
    for text in (mine, public):
        assert "sd:UnionDefaultGraph" in text
        assert "BasicFederatedQuery" not in text
        assert "DereferencesURIs" not in text
    assert is_problem(anyone.get("/sparql", headers={"Accept": "image/png"}), 406)


# -- updates and graphs ----------------------------------------------------------------


def test_an_update_is_signed_and_answered_with_its_receipt(endpoint: Endpoint, acme: httpx.Client) -> None:
    found = updated(acme, "INSERT DATA { <urn:a> <urn:p> 1 }", **{"X-Reason": "to try it"})
    entry = found.json()["entry"]
    assert found.headers["x-audit-entry"] == str(entry)
    with endpoint.organisations["acme"].open() as workspace:
        kept = workspace.entry(entry)
    assert (kept.what.partition(" (")[0], kept.why) == ("POST /sparql", "to try it")
    assert "write of acme" in kept.who
    assert kept.change.added == (f'<urn:a> <urn:p> "1"^^<http://www.w3.org/2001/XMLSchema#integer> <{BASE}unnamed> .',)
    assert updated(acme, "INSERT DATA { <urn:a> <urn:p> 1 }").json()["entry"] is None


def test_a_request_with_a_key_is_carried_out_once(acme: httpx.Client) -> None:
    key = {"Idempotency-Key": "k-1"}
    first = updated(acme, "INSERT { <urn:a> <urn:p> ?x } WHERE { BIND(UUID() AS ?x) }", **key)
    again = updated(acme, "INSERT { <urn:a> <urn:p> ?x } WHERE { BIND(UUID() AS ?x) }", **key)
    assert (first.json()["entry"], again.json()["repeated"]) == (again.json()["entry"], True)
    assert len(rows(acme, "SELECT ?x { <urn:a> <urn:p> ?x }")) == 1
    assert is_problem(updated(acme, "CLEAR ALL", **key), 422)
    headers = {"Content-Type": TURTLE, "Idempotency-Key": "k-2"}
    made = [acme.post("/sparql/graph-store", content="[] <urn:p> [] .", headers=headers) for _ in range(2)]
    assert made[0].headers["location"] == made[1].headers["location"]
    assert made[1].json()["repeated"] is True


def test_of_updates_at_the_same_time_none_is_lost(acme: httpx.Client) -> None:
    assert updated(acme, "INSERT DATA { <urn:count> <urn:is> 0 }").status_code == 200
    more = (
        "DELETE { <urn:count> <urn:is> ?n } INSERT { <urn:count> <urn:is> ?m } "
        "WHERE { <urn:count> <urn:is> ?n BIND(?n + 1 AS ?m) }"
    )
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(lambda _: updated(acme, more).status_code, range(4)))
    assert set(found) <= {200, 412}
    assert rows(acme, "SELECT ?n { <urn:count> <urn:is> ?n }") == [[str(found.count(200))]]
    assert found.count(200) > 1


def test_a_graph_is_written_on_the_version_that_was_read(acme: httpx.Client) -> None:
    assert put(acme, "urn:g", "<urn:a> <urn:b> 1 .", **{"If-None-Match": "*"}).status_code == 201
    assert is_problem(put(acme, "urn:g", "<urn:a> <urn:b> 2 .", **{"If-None-Match": "*"}), 412)
    first = got(acme, "urn:g").headers["etag"]
    assert got(acme, "urn:g", **{"If-None-Match": first}).status_code == 304
    assert put(acme, "urn:g", "<urn:a> <urn:b> 2 .", **{"If-Match": first}).status_code == 204
    assert is_problem(put(acme, "urn:g", "<urn:a> <urn:b> 3 .", **{"If-Match": first}), 412)
    assert put(acme, "urn:g", "<urn:a> <urn:b> 3 .", **{"If-Match": "*"}).status_code == 204
    assert is_problem(put(acme, "urn:new", "<urn:a> <urn:b> 3 .", **{"If-Match": "*"}), 412)
    assert got(acme, "urn:g").headers["etag"] != first


def test_a_graph_comes_back_as_it_was_put(acme: httpx.Client) -> None:
    text = '<urn:a> <urn:b> [ <urn:c> "x"@en, 1.50, true, "\\u00e9\\n" ; <urn:d> ( 1 2 [] ) ] .'
    assert put(acme, "urn:g", text).status_code == 201
    wanted = Graph().parse(data=text.replace("1.50", "1.5"), format="turtle")
    for accept in (TURTLE, "application/n-triples", "application/rdf+xml", "application/ld+json"):
        found = ox.parse(got(acme, "urn:g", Accept=accept).content, ox.RdfFormat.from_media_type(accept))
        seen = ox.serialize((quad.triple for quad in found), format=ox.RdfFormat.N_TRIPLES)
        assert isomorphic(Graph().parse(data=seen, format="nt"), wanted)


def test_blank_nodes_are_told_apart_and_can_be_changed(acme: httpx.Client) -> None:
    put(acme, "urn:g", "_:x <urn:n> 1 . _:y <urn:n> 2 .")
    more = acme.post("/sparql/graph-store?graph=urn:g", content="_:x <urn:n> 3 .", headers={"Content-Type": TURTLE})
    assert more.status_code == 200
    assert len(rows(acme, "SELECT DISTINCT ?s { GRAPH <urn:g> { ?s <urn:n> ?n } }")) == 3
    change = (
        "DELETE { GRAPH <urn:g> { ?s <urn:n> 1 } } INSERT { GRAPH <urn:g> { ?s <urn:m> _:new } } "
        "WHERE { GRAPH <urn:g> { ?s <urn:n> 1 } }"
    )
    assert updated(acme, change).status_code == 200
    assert len(rows(acme, "SELECT ?s ?o { GRAPH <urn:g> { ?s <urn:m> ?o FILTER(isBLANK(?o)) } }")) == 1
    assert rows(acme, "SELECT ?n { GRAPH <urn:g> { ?s <urn:n> ?n } } ORDER BY ?n") == [["2"], ["3"]]


def test_statements_about_statements_are_kept(acme: httpx.Client) -> None:
    assert updated(acme, "INSERT DATA { <urn:a> <urn:says> <<( <urn:x> <urn:y> _:z )>> }").status_code == 200
    assert rows(acme, "SELECT (COUNT(*) AS ?n) { <urn:a> <urn:says> <<( ?s ?p ?o )>> FILTER(isBLANK(?o)) }") == [["1"]]


def test_an_update_that_names_its_graphs_twice_is_refused(acme: httpx.Client) -> None:
    text = "WITH <urn:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }"
    found = acme.post("/sparql?using-graph-uri=urn:g", content=text, headers={"Content-Type": UPDATE})
    assert is_problem(found, 400)


@pytest.mark.parametrize("text", ["LOAD <http://127.0.0.1:9/x>", "INSERT DATA {", "DELETE", "SELECT * {}"])
def test_an_update_that_cannot_be_made_changes_nothing(endpoint: Endpoint, acme: httpx.Client, text: str) -> None:
    before = endpoint.lines("acme")
    found = updated(acme, text)
    assert is_problem(found, 403 if text.startswith("LOAD") else 400)
    assert endpoint.lines("acme") == before


# -- records through SPARQL ------------------------------------------------------------

AIMS = "PREFIX aims: <https://w3id.org/aims-graph/ontology#> PREFIX ex: <https://example.org/records/> "


@pytest.fixture
def recorded(endpoint: Endpoint, acme: httpx.Client, library: Library) -> Iterator[httpx.Client]:
    """An organisation with the worked case."""
    read = incoming.together([incoming.read_file(str(CASES / "complete.ttl"), library, BASE)])
    endpoint.organisations["acme"].write(lambda w: w.write(Change(read.triples), Signature("ann", "add"), NOW))
    yield acme
    assert updated(acme, "CLEAR ALL", **{"X-Reason": "next test"}).status_code == 200


LABEL = (
    f"DELETE {{ GRAPH <{BASE}> {{ ex:CA-7 rdfs:label ?l }} }} "
    f'INSERT {{ GRAPH <{BASE}> {{ ex:CA-7 rdfs:label "New" }} }} WHERE {{ ex:CA-7 rdfs:label ?l }}'
)


def test_a_record_can_be_changed_by_an_update(endpoint: Endpoint, recorded: httpx.Client) -> None:
    found = updated(recorded, f"{AIMS}PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> {LABEL}")
    assert found.status_code == 200, found.text
    assert found.json()["records"] == ["CA-7"]
    assert '"New"' in got(recorded, BASE).text
    with endpoint.organisations["acme"].open() as workspace:
        assert workspace.store.version(RECORD) == found.json()["entry"]


@pytest.mark.parametrize(
    "data",
    [
        "ex:CA-7 aims:noSuchProperty 1",
        "<urn:a> <urn:b> 1",
        "ex:CA-7 aims:correctiveActionFor ex:NOTHING",
        "ex:CA-7 aims:note [ ]",
        "[] a aims:CorrectiveAction",
    ],
)
def test_a_record_that_cannot_be_kept_so_is_refused_with_what_to_do(
    endpoint: Endpoint, recorded: httpx.Client, data: str
) -> None:
    before = endpoint.lines("acme")
    assert is_problem(updated(recorded, f"{AIMS} INSERT DATA {{ GRAPH <{BASE}> {{ {data} }} }}"), 422)
    assert endpoint.lines("acme") == before


def test_a_record_is_taken_back_for_a_reason_and_stays_in_the_log(endpoint: Endpoint, recorded: httpx.Client) -> None:
    away = f"CLEAR GRAPH <{BASE}>"
    assert is_problem(updated(recorded, away), 400)
    found = updated(recorded, away, **{"X-Reason": "a mistake"})
    assert found.status_code == 200, found.text
    assert rows(recorded, f"SELECT ?s {{ GRAPH <{BASE}> {{ ?s ?p ?o }} }}") == []
    kept = [text for text in endpoint.lines("acme") if text.endswith(f"<{BASE}withdrawn> .")]
    assert any("withdrawnReason" in text and "a mistake" in text for text in kept)
    with endpoint.organisations["acme"].open() as workspace:
        assert upkeep.verify(workspace.log).state == workspace.store.state.hex


def test_a_record_can_be_taken_back_twice(endpoint: Endpoint, recorded: httpx.Client, library: Library) -> None:
    read = incoming.together([incoming.read_file(str(CASES / "complete.ttl"), library, BASE)])
    for _ in range(2):
        assert updated(recorded, f"CLEAR GRAPH <{BASE}>", **{"X-Reason": "a mistake"}).status_code == 200
        endpoint.organisations["acme"].write(lambda w: w.write(Change(read.triples), Signature("ann", "add"), NOW))
    with endpoint.organisations["acme"].open() as workspace:
        assert upkeep.verify(workspace.log).state == workspace.store.state.hex


def test_writes_to_other_graphs_leave_the_version_and_history_of_records(
    endpoint: Endpoint, recorded: httpx.Client
) -> None:
    with endpoint.organisations["acme"].open() as workspace:
        version, history = workspace.store.version(RECORD), len(list(workspace.history(RECORD)))
    put(recorded, "urn:g", f"<{RECORD}> <urn:p> <{BASE}> .")
    assert updated(recorded, f"INSERT DATA {{ <{RECORD}> <urn:p> <{BASE}> }}").status_code == 200
    with endpoint.organisations["acme"].open() as workspace:
        assert workspace.store.version(RECORD) == version
        assert len(list(workspace.history(RECORD))) == history
        assert all(t.predicate.value != "urn:p" for t in workspace.triples())


# -- what is kept ----------------------------------------------------------------------

GRAPH = """<urn:a> <urn:b> _:x <urn:g> .
_:x <urn:c> "1.50"^^<http://www.w3.org/2001/XMLSchema#decimal> <urn:g> .
<urn:a> <urn:b> "two\\nlines"@en .
_:x <urn:c> <<( <urn:a> <urn:b> _:x )>> .
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "w"
    Workspace.init(folder, BASE, "Acme", NOW)
    return folder


def edited(folder: Path, library: Library, added: str = "", removed: str = "", on: int | None = None) -> Receipt:
    """Change the graphs of a workspace by lines of N-Quads."""
    with Workspace.open(folder, write=True) as opened:
        writer = Writer(opened, Assessor(library.catalogue, library.rules))
        number = opened.store.number if on is None else on
        edit = Edit(tuple(parsed([added])), tuple(parsed([removed])), number, f"{added}-{removed}-{number}")
        return writer.edit(edit, Signature("ann", "test", "a reason"), NOW)


def kept(folder: Path) -> set[str]:
    with Workspace.open(folder) as opened:
        return {line(quad) for quad in opened.store.quads()}


def test_other_graphs_are_in_the_log_the_store_and_every_copy(
    workspace: Path, tmp_path: Path, library: Library
) -> None:
    assert edited(workspace, library, GRAPH).number == 1
    assert edited(workspace, library, "<urn:z> <urn:b> _:x <urn:g> .").number == 2
    assert (
        edited(
            workspace, library, removed='_:e1n0 <urn:c> "1.5"^^<http://www.w3.org/2001/XMLSchema#decimal> <urn:g> .'
        ).number
        == 3
    )
    held = kept(workspace)
    assert len(held) == 4
    assert {text for text in held if "e2n0" in text} == {"<urn:z> <urn:b> <urn:aims-graph:blank:e2n0> <urn:g> ."}
    with Workspace.open(workspace) as opened:
        found = upkeep.verify(opened.log)
        assert (found.statements, found.state) == (4, opened.store.state.hex)
        assert opened.known_on(NOW.date()) == held
        assert opened.triples() == opened.triples(NOW.date()) == ()
    assert [check.name for check in upkeep.doctor(workspace) if not check.sound] == []
    assert upkeep.rebuild(workspace) == 4
    assert kept(workspace) == held
    upkeep.backup(workspace, tmp_path / "copy", NOW)
    upkeep.restore(tmp_path / "copy", tmp_path / "again")
    assert kept(tmp_path / "copy") == kept(tmp_path / "again") == held


def test_outside_blank_nodes_and_the_unnamed_graph_are_what_they_were(workspace: Path, library: Library) -> None:
    edited(workspace, library, GRAPH)
    with Workspace.open(workspace) as opened:
        assert own_graphs.names(opened.store) == ("urn:g",)
        found = list(own_graphs.quads(opened.store))
    given = ox.Dataset(ox.parse(GRAPH, ox.RdfFormat.N_QUADS))
    seen = ox.Dataset(ox.Quad(q.subject, q.predicate, _long(q.object), q.graph_name) for q in found)
    for dataset in (given, seen):
        dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    assert given == seen


def _long(term: Any) -> Any:
    """The number as it was written before the store made it shorter."""
    return ox.Literal("1.50", datatype=term.datatype) if str(term).startswith('"1.5"') else term


def test_many_statements_at_once_are_kept_too(workspace: Path, library: Library) -> None:
    many = "".join(f"<urn:{n}> <urn:p> _:b{n} .\n" for n in range(20_001))
    assert edited(workspace, library, many).number == 1
    assert upkeep.rebuild(workspace) == 20_001


def test_an_edit_says_what_it_was_worked_out_on(workspace: Path, library: Library) -> None:
    edited(workspace, library, '<urn:a> <urn:b> "c" .')
    with pytest.raises(ChangedSince, match="entry 1 was written after entry 0"):
        edited(workspace, library, '<urn:a> <urn:b> "d" .', on=0)
    assert edited(workspace, library, '<urn:a> <urn:b> "c" .').number is None


@pytest.mark.parametrize(
    ("added", "error"),
    [
        (f'<urn:a> <urn:b> "c" <{LAW}> .', InputError),
        (f'<urn:a> <urn:b> "c" <{BASE}withdrawn> .', InputError),
        ('<urn:a> <urn:aims-graph:b> "c" .', InputError),
        ('<urn:a> <urn:b> "c" _:g .', InputError),
        (f'<urn:a> <urn:b> "c" <{BASE}> .', UnsoundRecords),
        (f"<{BASE}x> <https://w3id.org/aims-graph/ontology#note> _:b <{BASE}> .", UnsoundRecords),
    ],
)
def test_what_is_not_the_organisations_to_write_is_refused(
    workspace: Path, library: Library, added: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        edited(workspace, library, added)
    assert kept(workspace) == set()


# -- clients that leave ----------------------------------------------------------------


def test_work_is_given_up_once_its_client_has_left() -> None:
    ended: list[str] = []

    async def work() -> str:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        return "done"

    async def gone() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"type": "http.disconnect"}

    async def there() -> dict[str, Any]:
        await asyncio.sleep(30)
        return {"type": "http.disconnect"}

    async def quick() -> str:
        return "done"

    async def both() -> str:
        with pytest.raises(Left):
            await while_there(Request({"type": "http"}, gone), work())
        return await while_there(Request({"type": "http"}, there), quick())

    assert asyncio.run(both()) == "done"
    assert ended == ["cancelled"]


def test_a_query_ends_when_its_client_hangs_up(endpoint: Endpoint, anyone: httpx.Client) -> None:
    pool = endpoint.app.state.serving.pool
    asked(anyone, "ASK {}")  # so that a process is there
    long = quote("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
    host, port = endpoint.base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"GET /sparql?query={long} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        _wait(lambda: pool.running == 1)
    start = time.monotonic()
    _wait(lambda: pool.running == 0)
    assert time.monotonic() - start < 3  # the limit is ten seconds
    assert asked(anyone, "ASK {}").json()["boolean"] is True


def _wait(met: Callable[[], bool]) -> None:
    end = time.monotonic() + 8
    while not met():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("sent", ["SELECT * {" + "a." * 150_000 + "}", "#" * 300_000])
def test_a_text_that_is_too_long_is_refused_before_it_is_read(
    anyone: httpx.Client, monkeypatch: pytest.MonkeyPatch, sent: str
) -> None:
    def read(_: str) -> Iterator[tuple[str, str]]:
        raise AssertionError("this would keep the process that serves from all else")

    for module in (asking, asked_here):
        monkeypatch.setattr(module, "tokens", read)
    found = anyone.post("/sparql", content=sent, headers={"Content-Type": QUERY})
    assert (found.status_code, "at most 200000" in found.json()["detail"]) == (400, True)
