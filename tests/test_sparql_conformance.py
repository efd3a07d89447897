"""The W3C tests of the SPARQL 1.1 Protocol, the Graph Store Protocol and the Service Description, over real HTTP.

Their manifests say in words what to send and what to expect; the tables here say it as requests. Each entry of a
manifest has one row, and the sets of ids are compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from conftest import ROOT
from endpoints import FORM, JSON_ROWS, QUERY, TURTLE, UPDATE, Endpoint, serving
from rdflib import RDF, BNode, Graph, Namespace, URIRef
from rdflib.compare import isomorphic

from aims_graph.library import Library

SUITE = ROOT.parent / "shared" / "conformance" / "sparql11-protocol" / "sparql" / "sparql11"
needs_suite = pytest.mark.skipif(not SUITE.exists(), reason="the W3C suite is not beside this checkout")
DATA = "http://kasei.us/2009/09/sparql/data/data{}.rdf"
DATA0, DATA1, DATA2, DATA3 = (DATA.format(n) for n in range(4))
DOCUMENT = "http://xmlns.com/foaf/0.1/Document"
FOAF, VCARD = Namespace("http://xmlns.com/foaf/0.1/"), Namespace("http://www.w3.org/2006/vcard/ns#")
SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
TABULAR = (JSON_ROWS, "application/sparql-results+xml", "text/csv", "text/tab-separated-values")
BOOLEAN = TABULAR[:2]
RDF_TYPES = ("application/rdf+xml", "text/turtle", "application/n-triples")


def ids(part: str) -> set[str]:
    """The ids in the list of entries of a manifest."""
    text = (SUITE / part / "manifest.ttl").read_text(encoding="utf-8")
    found = re.search(r"mf:entries\s*\(([^)]*)\)", text)
    assert found is not None
    return {name.partition(":")[2] for name in found[1].split()}


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory, library: Library) -> Iterator[Endpoint]:
    with serving(tmp_path_factory.mktemp("w3c"), library, "acme") as found:
        yield found


# -- the protocol ----------------------------------------------------------------------


@dataclass(frozen=True)
class Sending:
    """One request, and what is expected of its answer: a class of statuses, and yes, or a kind of content."""

    body: str | None = None
    kind: str | None = None  # Content-Type
    graphs: tuple[tuple[str, str], ...] = ()  # and other parameters of the address
    method: str = "POST"
    succeeds: bool = True
    formats: tuple[str, ...] = ()
    says_yes: bool = False
    encoding: str = "utf-8"


def get(query: str, *graphs: tuple[str, str], **more: Any) -> Sending:
    return Sending(graphs=(("query", query), *graphs), method="GET", **more)


def refused(body: str, kind: str | None, **more: Any) -> Sending:
    return Sending(body, kind, succeeds=False, **more)


def yes(query: str, *graphs: tuple[str, str]) -> Sending:
    return Sending(query, QUERY, graphs, formats=BOOLEAN, says_yes=True)


def default(*graphs: str) -> tuple[tuple[str, str], ...]:
    return tuple(("default-graph-uri", graph) for graph in graphs)


def named(*graphs: str) -> tuple[tuple[str, str], ...]:
    return tuple(("named-graph-uri", graph) for graph in graphs)


def using(*graphs: str) -> tuple[tuple[str, str], ...]:
    return tuple(("using-graph-uri", graph) for graph in graphs)


def using_named(*graphs: str) -> tuple[tuple[str, str], ...]:
    return tuple(("using-named-graph-uri", graph) for graph in graphs)


def documents(*graphs: str) -> str:
    """An update that empties the store and says of each graph, in itself, that it is a document."""
    data = " ".join(f"GRAPH <{graph}> {{ <{graph}> a <{DOCUMENT}> }}" for graph in graphs)
    return f"DROP ALL ; INSERT DATA {{ {data} }} ;"


BOOK = "<http://purl.org/dc/terms/BibliographicResource>"
MADE = "<http://example.org/protocol-update-dataset{}-test/>"


def books(place: str, where: str) -> str:
    """An update operation that calls everything it finds a book, in a graph of its own."""
    return f"INSERT {{ GRAPH {MADE.format(place)} {{ ?s a {BOOK} }} }} WHERE {{ {where} }}"


def are_books(place: str, found: tuple[str, ...], missing: tuple[str, ...] = ()) -> Sending:
    there = " ".join(f"<{graph}> a {BOOK} ." for graph in found)
    away = " ".join(f"FILTER NOT EXISTS {{ GRAPH {MADE.format(place)} {{ <{g}> a {BOOK} }} }}" for g in missing)
    return yes(f"ASK {{ GRAPH {MADE.format(place)} {{ {there} }} {away} }}")


BOTH = f"ASK {{ <{DATA1}> a ?type . <{DATA2}> a ?type . }}"
EACH = f"GRAPH ?g1 {{ <{DATA1}> a ?type }} GRAPH ?g2 {{ <{DATA2}> a ?type }}"
A_DOCUMENT = f"?s a <{DOCUMENT}>"
IN = "<http://example.org/in>"
FULL = MADE.format("-full")
NAMED_BOOKS = f"GRAPH ?g {{ {A_DOCUMENT} }}"
NICKNAME = """PREFIX foaf: <http://xmlns.com/foaf/0.1/> WITH <http://example/addresses>
DELETE { ?person foaf:givenName 'Bill' } INSERT { ?person foaf:givenName 'William' }
WHERE { ?person foaf:givenName 'Bill' }"""

PROTOCOL: dict[str, tuple[Sending, ...]] = {
    "query_post_form": (Sending("query=ASK%20%7B%7D", FORM, default(DATA0), formats=BOOLEAN, says_yes=True),),
    "query_dataset_default_graphs_get": (get(BOTH, *default(DATA1, DATA2), formats=BOOLEAN, says_yes=True),),
    "query_dataset_default_graphs_post": (yes(BOTH, *default(DATA1, DATA2)),),
    "query_dataset_named_graphs_post": (yes(f"ASK {{ {EACH} }}", *named(DATA1, DATA2)),),
    "query_dataset_named_graphs_get": (get(f"ASK {{ {EACH} }}", *named(DATA1, DATA2), formats=BOOLEAN, says_yes=True),),
    "query_dataset_full": (yes(f"ASK {{ <{DATA3}> a ?type {EACH} }}", *default(DATA3), *named(DATA1, DATA2)),),
    "query_multiple_dataset": (yes(f"ASK FROM <{DATA3}> {{ {EACH} }}", *named(DATA1, DATA2)),),
    "query_get": (get("ASK {}", *default(DATA0), formats=BOOLEAN, says_yes=True),),
    "query_content_type_select": (Sending("SELECT (1 AS ?value) {}", QUERY, default(DATA0), formats=TABULAR),),
    "query_content_type_ask": (Sending("ASK {}", QUERY, default(DATA0), formats=BOOLEAN),),
    "query_content_type_describe": (
        Sending("DESCRIBE <http://example.org/>", QUERY, default(DATA0), formats=RDF_TYPES),
    ),
    "query_content_type_construct": (
        Sending("CONSTRUCT { <s> <p> 1 } WHERE {}", QUERY, default(DATA0), formats=RDF_TYPES),
    ),
    "update_dataset_default_graph": (
        Sending(
            f"CLEAR ALL ; INSERT DATA {{ GRAPH <{DATA1}> {{ <{DATA1}> a <{DOCUMENT}> }} }} ; {books('', A_DOCUMENT)}",
            UPDATE,
            using(DATA1),
        ),
        are_books("", (DATA1,)),
    ),
    "update_dataset_default_graphs": (
        Sending(f"{documents(DATA1, DATA2, DATA3)} {books('-graphs', A_DOCUMENT)}", UPDATE, using(DATA1, DATA2)),
        are_books("-graphs", (DATA1, DATA2), (DATA3,)),
    ),
    "update_dataset_named_graphs": (
        Sending(
            f"{documents(DATA1, DATA2, DATA3)} {books('-named-graphs', NAMED_BOOKS)}", UPDATE, using_named(DATA1, DATA2)
        ),
        are_books("-named-graphs", (DATA1, DATA2), (DATA3,)),
    ),
    "update_dataset_full": (
        Sending(
            f"{documents(DATA1, DATA2, DATA3)} INSERT {{ GRAPH {FULL} {{ ?s {IN} ?in }} }} WHERE {{"
            f' {{ {NAMED_BOOKS} BIND(?g AS ?in) }} UNION {{ {A_DOCUMENT} . BIND("default" AS ?in) }} }}',
            UPDATE,
            (*using(DATA1), *using_named(DATA2)),
        ),
        yes(
            f'ASK {{ GRAPH {FULL} {{ <{DATA1}> {IN} "default" . <{DATA2}> {IN} <{DATA2}> }}'
            f" FILTER NOT EXISTS {{ GRAPH {FULL} {{ <{DATA3}> ?p ?o }} }} }}"
        ),
    ),
    "update_post_form": (Sending("update=CLEAR+ALL", FORM),),
    "update_post_direct": (Sending("CLEAR ALL", UPDATE),),
    "update_base_uri": (
        Sending(
            "CLEAR SILENT GRAPH <http://example.org/protocol-base-test/> ; INSERT DATA { GRAPH "
            "<http://example.org/protocol-base-test/> { <http://example.org/s> <http://example.org/p> <test> } }",
            UPDATE,
        ),
        yes(
            "ASK { GRAPH <http://example.org/protocol-base-test/> { <http://example.org/s> <http://example.org/p> ?o "
            'FILTER (isIRI(?o) && STR(?o) != "test") } }'
        ),
    ),
    "query_post_direct": (yes("ASK {}"),),
    "bad_query_method": (
        Sending(kind=FORM, graphs=(("query", "ASK {}"), *default(DATA0)), method="PUT", succeeds=False),
    ),
    "bad_multiple_queries": (get("ASK {}", ("query", "SELECT * {}"), succeeds=False),),
    "bad_query_wrong_media_type": (refused("ASK {}", "text/plain"),),
    "bad_query_missing_form_type": (refused("query=ASK%20%7B%7D", None),),
    "bad_query_missing_direct_type": (refused("ASK {}", None),),
    "bad_query_non_utf8": (refused("ASK {}", f"{QUERY}; charset=UTF-16", encoding="utf-16"),),
    "bad_query_syntax": (get("ASK {", succeeds=False),),
    "bad_update_get": (Sending(graphs=(("update", "CLEAR ALL"),), method="GET", succeeds=False),),
    "bad_multiple_updates": (refused("update=CLEAR%20NAMED&update=CLEAR%20DEFAULT", FORM),),
    "bad_update_wrong_media_type": (refused("CLEAR NAMED", "text/plain"),),
    "bad_update_missing_form_type": (refused("update=CLEAR%20NAMED", None),),
    "bad_update_non_utf8": (refused("CLEAR NAMED", f"{UPDATE}; charset=UTF-16", encoding="utf-16"),),
    "bad_update_syntax": (refused("update=CLEAR%20XYZ", FORM),),
    "bad_update_dataset_conflict": (refused(NICKNAME, UPDATE, graphs=using_named("http://example/people")),),
}


def sent(client: httpx.Client, sending: Sending) -> httpx.Response:
    url = "/sparql" + (f"?{urlencode(sending.graphs)}" if sending.graphs else "")
    headers = {"Content-Type": sending.kind} if sending.kind else {}
    content = None if sending.body is None else sending.body.encode(sending.encoding)
    return client.request(sending.method, url, content=content, headers=headers)


def media_type(response: httpx.Response) -> str:
    return response.headers["content-type"].partition(";")[0]


@needs_suite
def test_each_test_of_the_protocol_has_its_requests() -> None:
    assert set(PROTOCOL) == ids("protocol")
    assert len(PROTOCOL) == 34


@needs_suite
@pytest.mark.parametrize("case", sorted(PROTOCOL))
def test_a_protocol_test_of_the_w3c_comes_out_as_expected(endpoint: Endpoint, case: str) -> None:
    with endpoint.client("acme") as client:
        for number in (1, 2, 3):
            url = f"/sparql/graph-store?graph={quote(DATA.format(number), safe='')}"
            content = (SUITE / "protocol" / f"data{number}.nt").read_bytes()
            assert client.put(url, content=content, headers={"Content-Type": "application/n-triples"}).is_success
        for sending in PROTOCOL[case]:
            found = sent(client, sending)
            if not sending.succeeds:
                assert 400 <= found.status_code < 500, found.text
                assert found.headers["content-type"] == "application/problem+json"
                continue
            assert found.status_code in range(200, 400), found.text
            if sending.formats:
                assert media_type(found) in sending.formats
            if sending.says_yes:
                assert found.json()["boolean"] is True


# -- the graph store -------------------------------------------------------------------

Steps = Callable[[httpx.Client, str], None]
HEAD = "@prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix v: <http://www.w3.org/2006/vcard/ns#> ."
ALICE = f'{HEAD} [] a foaf:Person ; foaf:businessCard [ a v:VCard ; v:given-name "Alice" ] .'
UTF8 = f"{TURTLE}; charset=utf-8"
BOUNDARY = "a6fe4cd636164618814be9f8d3d1a0de"


def person(store: str, name: str, more: str = "") -> str:
    return f'{HEAD} <{store}/person/1> a foaf:Person ; {more} foaf:businessCard [ a v:VCard ; v:fn "{name}" ] .'


def same(response: httpx.Response, turtle: str) -> bool:
    """Whether an answer holds this graph, whatever its blank nodes are called."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == UTF8
    assert int(response.headers["content-length"]) == len(response.content)
    return isomorphic(Graph().parse(data=response.text, format="turtle"), Graph().parse(data=turtle, format="turtle"))


@dataclass
class GraphStore:
    """The store as each test finds it: the state that the tests before it in the manifest leave behind."""

    client: httpx.Client
    url: str

    def put(self, path: str, turtle: str) -> httpx.Response:
        return self.client.put(f"{self.url}{path}", content=turtle, headers={"Content-Type": UTF8})

    def post(self, path: str, turtle: str) -> httpx.Response:
        return self.client.post(f"{self.url}{path}", content=turtle, headers={"Content-Type": UTF8})

    def get(self, path: str) -> httpx.Response:
        return self.client.get(f"{self.url}{path}", headers={"Accept": TURTLE})

    def put_initial_state(self) -> None:
        assert self.put("/person/1.ttl", person(self.url, "John Doe")).status_code == 201

    def get_initial_state(self) -> None:
        assert same(self.get(f"?graph={self.url}/person/1.ttl"), person(self.url, "John Doe"))

    def put_again(self) -> None:
        assert self.put("/person/1.ttl", person(self.url, "Jane Doe")).status_code == 204

    def get_again(self) -> None:
        assert same(self.get("/person/1.ttl"), person(self.url, "Jane Doe"))

    def put_default(self) -> None:
        assert self.put("?default", ALICE).status_code == 201

    def get_default(self) -> None:
        assert same(self.get("?default"), ALICE)

    def delete_existing(self) -> None:
        assert self.put("/person/2.ttl", ALICE).status_code == 201
        assert self.client.delete(f"{self.url}/person/2.ttl").status_code == 200

    def get_deleted(self) -> None:
        assert self.get("/person/2.ttl").status_code == 404

    def delete_absent(self) -> None:
        assert self.client.delete(f"{self.url}/person/2.ttl").status_code == 404

    def post_existing(self) -> None:
        added = f'{HEAD} <{self.url}/person/1> foaf:name "Jane Doe" .'
        assert self.post("/person/1.ttl", added).status_code == 200

    def get_posted(self) -> None:
        assert same(self.get("/person/1.ttl"), person(self.url, "Jane Doe", 'foaf:name "Jane Doe" ;'))

    def post_multipart(self) -> None:
        parts = {"lastName.ttl": 'foaf:familyName "Doe"', "firstName.ttl": 'foaf:givenName "Jane"'}
        text = "".join(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
            f"Content-Type: {UTF8}\r\n\r\n{HEAD} <{self.url}/person/1> {said} .\r\n"
            for name, said in parts.items()
        )
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        found = self.client.post(f"{self.url}/person/1.ttl", content=f"{text}--{BOUNDARY}--\r\n", headers=kind)
        assert found.status_code == 200, found.text

    def get_multipart(self) -> None:
        more = 'foaf:name "Jane Doe" ; foaf:givenName "Jane" ; foaf:familyName "Doe" ;'
        assert same(self.client.get(f"{self.url}/person/1.ttl"), person(self.url, "Jane Doe", more))

    def post_new(self) -> None:
        found = self.post("", ALICE)
        assert found.status_code == 201
        self.new = found.headers["location"]

    def get_new(self) -> None:
        assert same(self.client.get(self.new, headers={"Accept": TURTLE}), ALICE)

    def get_after_noop(self) -> None:
        assert self.client.post(self.new, content="", headers={"Content-Type": UTF8}).status_code == 200
        self.get_new()

    def head_existing(self) -> None:
        found = self.client.head(f"{self.url}/person/1.ttl")
        assert (found.status_code, found.headers["content-type"], found.content) == (200, UTF8, b"")
        assert int(found.headers["content-length"]) > 0

    def head_absent(self) -> None:
        assert self.client.head(f"{self.url}/person/4.ttl").status_code == 404


GRAPH_STORE: dict[str, Callable[[GraphStore], None]] = {
    "put__initial_state": GraphStore.put_initial_state,
    "get_of_put__initial_state": GraphStore.get_initial_state,
    "put__graph_already_in_store": GraphStore.put_again,
    "get_of_put__graph_already_in_store": GraphStore.get_again,
    "put__default_graph": GraphStore.put_default,
    "get_of_put__default_graph": GraphStore.get_default,
    "delete__existing_graph": GraphStore.delete_existing,
    "get_of_delete__existing_graph": GraphStore.get_deleted,
    "delete__nonexistent_graph": GraphStore.delete_absent,
    "post__existing_graph": GraphStore.post_existing,
    "get_of_post__existing_graph": GraphStore.get_posted,
    "post__multipart_formdata": GraphStore.post_multipart,
    "get_of_post__multipart_formdata": GraphStore.get_multipart,
    "post__create__new_graph": GraphStore.post_new,
    "get_of_post__create__new_graph": GraphStore.get_new,
    "get_of_post__after_noop": GraphStore.get_after_noop,
    "head_on_an_existing_graph": GraphStore.head_existing,
    "head_on_a_nonexisting_graph": GraphStore.head_absent,
}
"""In the order of the manifest: each test starts from what those before it have left."""


@needs_suite
def test_each_test_of_the_graph_store_has_its_requests() -> None:
    assert set(GRAPH_STORE) == ids("http-rdf-update")
    assert len(GRAPH_STORE) == 18


@pytest.fixture(scope="module")
def graph_store(tmp_path_factory: pytest.TempPathFactory, library: Library) -> Iterator[GraphStore]:
    with serving(tmp_path_factory.mktemp("store"), library, "acme") as found, found.client("acme") as client:
        yield GraphStore(client, found.store)


@needs_suite
def test_the_graph_store_tests_of_the_w3c_come_out_as_expected(graph_store: GraphStore) -> None:
    for case, act in GRAPH_STORE.items():
        try:
            act(graph_store)
        except AssertionError as error:
            pytest.fail(f"{case}: {error}")


# -- the service description -----------------------------------------------------------

CLASSES = ("Service", "Feature", "Language", "Function", "Aggregate", "EntailmentRegime", "EntailmentProfile",
           "GraphCollection", "Dataset", "Graph", "NamedGraph")  # fmt: skip
DOMAIN_RANGE = {
    "endpoint": ("Service", None),
    "feature": ("Service", "Feature"),
    "supportedLanguage": ("Service", "Language"),
    "resultFormat": ("Service", None),
    "inputFormat": ("Service", None),
    "defaultDataset": ("Service", "Dataset"),
    "defaultGraph": ("Dataset", "Graph"),
    "namedGraph": ("Dataset", "NamedGraph"),
    "name": ("NamedGraph", None),
    "graph": ("NamedGraph", "Graph"),
}
"""What the vocabulary says of the properties that are used: of what they are said, and what their values are."""
INDIVIDUALS = {"Feature": {SD.UnionDefaultGraph}, "Language": {SD.SPARQL11Query, SD.SPARQL11Update}}


def description(client: httpx.Client, accept: str = TURTLE) -> Graph:
    found = client.get("/sparql", headers={"Accept": accept})
    assert found.status_code == 200, found.text
    assert media_type(found) == accept
    return Graph().parse(data=found.text, format=accept)


def returns_rdf(endpoint: Endpoint, client: httpx.Client) -> None:
    found = [description(client, accept) for accept in (TURTLE, "application/rdf+xml", "application/n-triples")]
    assert len(found[0]) > 20
    assert isomorphic(found[0], found[1])
    assert isomorphic(found[0], found[2])


def has_endpoint_triple(endpoint: Endpoint, client: httpx.Client) -> None:
    assert set(description(client).objects(None, SD.endpoint)) == {URIRef(endpoint.query)}


def conforms_to_schema(endpoint: Endpoint, client: httpx.Client) -> None:
    found = description(client)
    used = {str(p).removeprefix(str(SD)) for p in found.predicates() if str(p).startswith(str(SD))}
    assert used <= set(DOMAIN_RANGE)
    assert {str(c).removeprefix(str(SD)) for c in found.objects(None, RDF.type)} <= set(CLASSES)
    for name in used:
        subject, value = DOMAIN_RANGE[name]
        for node, given in found.subject_objects(SD[name]):
            assert (node, RDF.type, SD[subject]) in found
            assert isinstance(given, URIRef | BNode)
            assert value is None or given in INDIVIDUALS.get(value, ()) or (given, RDF.type, SD[value]) in found
    (service,) = found.subjects(RDF.type, SD.Service)
    assert len(list(found.objects(service, SD.defaultDataset))) == 1


DESCRIPTION = {
    "has-endpoint-triple": has_endpoint_triple,
    "returns-rdf": returns_rdf,
    "conforms-to-schema": conforms_to_schema,
}


@needs_suite
def test_each_test_of_the_service_description_is_here() -> None:
    assert set(DESCRIPTION) == ids("service-description")
    assert len(DESCRIPTION) == 3


@needs_suite
@pytest.mark.parametrize("case", sorted(DESCRIPTION))
@pytest.mark.parametrize("organisation", ["", "acme"])
def test_a_description_test_of_the_w3c_comes_out_as_expected(endpoint: Endpoint, case: str, organisation: str) -> None:
    with endpoint.client(organisation) as client:
        DESCRIPTION[case](endpoint, client)
