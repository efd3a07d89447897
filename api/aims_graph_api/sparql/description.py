"""What the endpoint says of itself, by SPARQL 1.1 Service Description: only what is true for whoever asks."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox
from fastapi import Request
from fastapi.responses import Response

from aims_graph.vocab import RDF, XSD
from aims_graph_api.negotiation import accepted, negotiated
from aims_graph_api.serving import caller_of
from aims_graph_api.sparql import asking
from aims_graph_api.sparql.asked import Asked
from aims_graph_api.sparql.formats import GRAPHS, READ, TABLES, W3C, with_charset

SD, VOID, FORMATS = (
    "http://www.w3.org/ns/sparql-service-description#",
    "http://rdfs.org/ns/void#",
    "http://www.w3.org/ns/formats/",
)
COUNTS: Final = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
TOTAL: Final = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
PREFIXES: Final = {"sd": SD, "void": VOID, "formats": FORMATS}


async def answer(request: Request, endpoint: str) -> Response:
    """The description, in the format that is accepted."""
    media_type = negotiated(accepted(request), tuple(GRAPHS))
    graphs = {name: int(count) for name, count in await _rows(request, COUNTS)}
    ((total,),) = await _rows(request, TOTAL)
    caller = caller_of(request)
    writes = caller.organisation is not None and "write" in caller.scopes
    syntax = ox.RdfFormat.from_media_type(GRAPHS[media_type])
    found = described(endpoint, graphs, int(total), writes)
    content = ox.serialize(found, format=syntax, prefixes=PREFIXES)
    return Response(content, headers={**asking.kept(request), "Content-Type": with_charset(media_type)})


async def _rows(request: Request, text: str) -> list[list[str]]:
    """The rows of a query on the dataset of the caller."""
    found = await asking.run(request, Asked("query", text), "text/csv")
    return list(csv.reader(io.StringIO(found.body.decode())))[1:]


def described(endpoint: str, graphs: dict[str, int], total: int, writes: bool) -> Iterator[ox.Triple]:
    """The statements of the description. `graphs` are those of the caller, with how many statements each holds."""
    service, dataset = ox.NamedNode(f"{endpoint}#service"), ox.NamedNode(f"{endpoint}#dataset")
    union = ox.NamedNode(f"{endpoint}#union")
    yield _typed(service, "Service")
    yield _said(service, "endpoint", ox.NamedNode(endpoint))
    yield _said(service, "feature", _sd("UnionDefaultGraph"))
    for language in ("SPARQL11Query", *(("SPARQL11Update",) if writes else ())):
        yield _said(service, "supportedLanguage", _sd(language))
    for media_type in dict.fromkeys((*TABLES.values(), *GRAPHS.values())):
        yield _said(service, "resultFormat", ox.NamedNode(FORMATS + W3C[media_type]))
    for media_type in dict.fromkeys(READ.values()) if writes else ():
        yield _said(service, "inputFormat", ox.NamedNode(FORMATS + W3C[media_type]))
    yield _said(service, "defaultDataset", dataset)
    yield _typed(dataset, "Dataset")
    yield _said(dataset, "defaultGraph", union)
    yield from _graph(union, total)
    for number, (name, count) in enumerate(sorted(graphs.items()), 1):
        named, graph = ox.NamedNode(f"{endpoint}#named-{number}"), ox.NamedNode(f"{endpoint}#graph-{number}")
        yield _said(dataset, "namedGraph", named)
        yield _typed(named, "NamedGraph")
        yield _said(named, "name", ox.NamedNode(name))
        yield _said(named, "graph", graph)
        yield from _graph(graph, count)


def _graph(node: ox.NamedNode, count: int) -> Iterator[ox.Triple]:
    yield _typed(node, "Graph")
    number = ox.Literal(str(count), datatype=ox.NamedNode(f"{XSD}integer"))
    yield ox.Triple(node, ox.NamedNode(f"{VOID}triples"), number)


def _sd(name: str) -> ox.NamedNode:
    return ox.NamedNode(SD + name)


def _said(subject: ox.NamedNode, name: str, value: ox.NamedNode) -> ox.Triple:
    return ox.Triple(subject, _sd(name), value)


def _typed(subject: ox.NamedNode, name: str) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(f"{RDF}type"), _sd(name))
