"""Generated queries agree with another server on the same data, and clients that others wrote work against this one."""

from __future__ import annotations

import random
import re
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
import rdflib
from conftest import AS_OF
from endpoints import JSON_ROWS, Endpoint, serving
from rdflib.plugins.stores.sparqlstore import SPARQLStore, SPARQLUpdateStore

from aims_graph.library import Library

SEED, QUERIES, OWN = 7, 330, "urn:own"
COMMON = 1_000  # statements of a property; with more, the time goes into comparing long results
OXIGRAPH = Path(__file__).resolve().parents[1] / ".venv" / "bin" / "oxigraph"
needs_oxigraph = pytest.mark.skipif(not OXIGRAPH.exists(), reason="the Oxigraph server is not installed")
Terms = list[str]
Result = Counter[tuple[str, ...]] | Counter[str] | bool


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory, library: Library) -> Iterator[Endpoint]:
    with serving(tmp_path_factory.mktemp("agreement"), library, "acme") as found:
        yield found


@pytest.fixture(scope="module")
def store(library: Library) -> ox.Store:
    """What the endpoint answers from where nobody has a key."""
    return library.store(AS_OF)


@pytest.fixture(scope="module")
def reference(store: ox.Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an Oxigraph server with the same data, its default graph the union of all."""
    folder = tmp_path_factory.mktemp("oxigraph")
    (folder / "data.nq").write_bytes(store.dump(format=ox.RdfFormat.N_QUADS) or b"")
    place, data = folder / "store", folder / "data.nq"
    load = [str(OXIGRAPH), "load", "--location", str(place), "--file", str(data)]
    subprocess.run(load, check=True, capture_output=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        bind = f"127.0.0.1:{free.getsockname()[1]}"
    serve = [str(OXIGRAPH), "serve-read-only", "--location", str(place), "--bind", bind, "--union-default-graph"]
    with subprocess.Popen(serve, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            end = time.monotonic() + 20
            while True:
                try:
                    httpx.get(f"http://{bind}/", trust_env=False)
                    break
                except httpx.TransportError:
                    assert time.monotonic() < end
                    time.sleep(0.05)
            yield f"http://{bind}/query"
        finally:
            process.terminate()


class Queries:
    """Queries over the vocabulary that is loaded, each of one of the forms by its number."""

    def __init__(self, store: ox.Store, seed: int) -> None:
        self._random = random.Random(seed)
        said = Counter(q.predicate for q in store)
        quads = [q for q in store if isinstance(q.subject, ox.NamedNode) and said[q.predicate] <= COMMON]
        quads = self._random.sample(sorted(quads, key=str), 400)
        self.predicates = sorted({str(q.predicate) for q in quads})
        self.subjects = sorted({str(q.subject) for q in quads})
        self.objects = sorted({str(q.object) for q in quads if isinstance(q.object, ox.NamedNode)})
        self.graphs = sorted({str(q.graph_name) for q in quads})
        self.quads = quads

    def one(self, terms: Terms) -> str:
        return self._random.choice(terms)

    def query(self, number: int) -> str:
        """The query of a number."""
        forms = [getattr(self, name) for name in sorted(vars(Queries)) if name.startswith("form_")]
        text: str = forms[number % len(forms)]()
        return text

    def anchored(self) -> str:
        """A pattern that something matches, and that binds ?s and ?o."""
        quad = self._random.choice(self.quads)
        return self.one([f"?s {quad.predicate} ?o", f"?s ?p {quad.object} . ?s {quad.predicate} ?o",
                         f"BIND({quad.subject} AS ?s) {quad.subject} {quad.predicate} ?o"])  # fmt: skip

    def form_patterns(self) -> str:
        return f"SELECT * {{ {self.anchored()} . ?s {self.one(self.predicates)} ?v }}"

    def form_optional(self) -> str:
        return f"SELECT ?s ?o ?v {{ {self.anchored()} OPTIONAL {{ ?s {self.one(self.predicates)} ?v }} }}"

    def form_missing(self) -> str:
        return f"SELECT ?s {{ {self.anchored()} OPTIONAL {{ ?s {self.one(self.predicates)} ?v }} FILTER(!bound(?v)) }}"

    def form_union(self) -> str:
        return f"SELECT ?s ?o {{ {{ {self.anchored()} }} UNION {{ {self.anchored()} }} }}"

    def form_filter(self) -> str:
        test = self.one(["isIRI(?o)", "isLiteral(?o)", 'CONTAINS(STR(?o), "a")', "STRLEN(STR(?o)) > 20", "?s != ?o",
                         'LANG(?o) = "en"', 'REGEX(STR(?s), "[0-9]+$")'])  # fmt: skip
        return f"SELECT DISTINCT ?s ?o {{ {self.anchored()} FILTER({test}) }}"

    def form_bind(self) -> str:
        made = self.one(["STRLEN(STR(?o))", 'CONCAT(STR(?s), "|", STR(?o))', "IF(isIRI(?o), 1, 0)", "UCASE(STR(?o))"])
        return f"SELECT ?s ?x {{ {self.anchored()} BIND({made} AS ?x) }}"

    def form_values(self) -> str:
        given = " ".join(self._random.sample(self.subjects, 5))
        return f"SELECT * {{ VALUES ?s {{ {given} }} ?s {self.one(self.predicates)} ?o }}"

    def form_path(self) -> str:
        first, second, start = self.one(self.predicates), self.one(self.predicates), self.one(self.subjects)
        path = self.one([f"{first}/{second}", f"{first}|{second}", f"({first}|{second})+", f"{first}*", f"^{first}",
                         f"!({first}|{second})", f"{first}?/^{second}"])  # fmt: skip
        return f"SELECT ?x {{ {start} {path} ?x }}"

    def form_aggregate(self) -> str:
        made = self.one(["COUNT(*)", "COUNT(DISTINCT ?o)", "MIN(STR(?o))", "MAX(STR(?o))", "SUM(STRLEN(STR(?o)))"])
        return f"SELECT ?s ({made} AS ?n) {{ {self.anchored()} }} GROUP BY ?s HAVING (COUNT(*) >= 1)"

    def form_subquery(self) -> str:
        inner = f"SELECT ?s (COUNT(?o) AS ?n) {{ {self.anchored()} }} GROUP BY ?s"
        return f"SELECT ?s ?n ?v {{ {{ {inner} }} ?s {self.one(self.predicates)} ?v }}"

    def form_minus(self) -> str:
        return f"SELECT ?s {{ {self.anchored()} MINUS {{ ?s {self.one(self.predicates)} ?v }} }}"

    def form_graph(self) -> str:
        return f"SELECT ?g ?s {{ GRAPH ?g {{ {self.anchored()} }} }}"

    def form_from(self) -> str:
        return f"SELECT ?s ?o FROM {self.one(self.graphs)} {{ {self.anchored()} }}"

    def form_order(self) -> str:
        return f"SELECT ?s ?o {{ {self.anchored()} }} ORDER BY DESC(STR(?o)) STR(?s) LIMIT 7"

    def form_ask(self) -> str:
        return f"ASK {{ {self.anchored()} . ?s {self.one(self.predicates)} ?v }}"

    def form_construct(self) -> str:
        return f"CONSTRUCT {{ ?o <urn:of> ?s . ?s <urn:is> ?o }} WHERE {{ {self.anchored()} FILTER(isIRI(?o)) }}"


def for_reference(query: str) -> str:
    """The same for the other server, which reads the union even where FROM names one graph."""
    return re.sub(r"FROM (<[^>]*>) (\{.*\})$", r"{ GRAPH \1 \2 }", query)


def result(client: httpx.Client, address: str, query: str) -> Result:
    """What a server answers, whatever the order of its rows and the labels of its blank nodes."""
    graph = query.startswith("CONSTRUCT")
    accept = "application/n-triples" if graph else JSON_ROWS
    found = client.post(address, data={"query": query}, headers={"Accept": accept})
    assert found.status_code == 200, f"{query}\n{found.text}"
    if graph:
        return Counter(re.sub(r"_:\w+", "_:", found.text).split("\n"))
    told = found.json()
    if "boolean" in told:
        return bool(told["boolean"])
    names = told["head"]["vars"]
    return Counter(tuple(_shown(row.get(name)) for name in names) for row in told["results"]["bindings"])


def _shown(term: dict[str, str] | None) -> str:
    if term is None or term["type"] == "bnode":
        return "" if term is None else "_:"
    return " ".join((term["type"], term["value"], term.get("xml:lang", ""), term.get("datatype", "")))


@needs_oxigraph
def test_generated_queries_agree_with_another_server(endpoint: Endpoint, reference: str, store: ox.Store) -> None:
    made = Queries(store, SEED)
    queries = list(dict.fromkeys(made.query(number) for number in range(QUERIES)))
    assert len(queries) >= 300
    filled = 0
    with endpoint.client() as client:
        for query in queries:
            ours, theirs = result(client, endpoint.query, query), result(client, reference, for_reference(query))
            assert ours == theirs, query
            filled += bool(ours)
    assert filled > len(queries) // 2


# -- clients of others -----------------------------------------------------------------


def test_sparqlwrapper_asks_and_updates(endpoint: Endpoint) -> None:
    wrapping = pytest.importorskip("SPARQLWrapper")
    client = wrapping.SPARQLWrapper(endpoint.query, updateEndpoint=endpoint.query)
    client.addCustomHttpHeader("Authorization", f"Bearer {endpoint.keys['acme', 'write']}")
    client.setMethod(wrapping.POST)
    client.setQuery(f"INSERT DATA {{ GRAPH <{OWN}> {{ <urn:a> <urn:p> 'wrapped' }} }}")
    client.query()
    for method in (wrapping.GET, wrapping.POST, wrapping.POSTDIRECTLY):
        client.setMethod(wrapping.POST if method == wrapping.POSTDIRECTLY else method)
        client.setRequestMethod(wrapping.POSTDIRECTLY if method == wrapping.POSTDIRECTLY else wrapping.URLENCODED)
        client.setQuery(f"SELECT ?o {{ GRAPH <{OWN}> {{ <urn:a> <urn:p> ?o }} }}")
        for kind in (wrapping.JSON, wrapping.XML, wrapping.CSV):
            client.setReturnFormat(kind)
            found = client.query().convert()
            text = found.toxml() if kind == wrapping.XML else str(found)
            assert "wrapped" in text
    client.setQuery(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{OWN}> {{ ?s ?p ?o }} }}")
    client.setReturnFormat(wrapping.TURTLE)
    assert b"wrapped" in client.query().convert()


def test_rdflib_reads_and_writes_through_its_sparql_store(endpoint: Endpoint) -> None:
    public = rdflib.Graph(SPARQLStore(endpoint.query))
    mapping = rdflib.URIRef("https://w3id.org/aims-graph/ontology#Mapping")
    assert next(public.subjects(rdflib.RDF.type, mapping)) is not None
    headers = {"Authorization": f"Bearer {endpoint.keys['acme', 'write']}"}
    store = SPARQLUpdateStore(endpoint.query, endpoint.query, headers=headers, autocommit=True)
    graph = rdflib.Graph(store, identifier=rdflib.URIRef("urn:through-rdflib"))
    statement = (rdflib.URIRef("urn:a"), rdflib.URIRef("urn:p"), rdflib.Literal("é", lang="fr"))
    graph.add(statement)
    assert list(graph) == [statement]
    graph.remove(statement)
    assert list(graph) == []
