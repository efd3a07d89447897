"""The formats of results and of graphs: what they are called, and what else clients call them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TABLES: Final = {
    "application/sparql-results+json": "application/sparql-results+json",
    "application/sparql-results+xml": "application/sparql-results+xml",
    "text/csv": "text/csv",
    "text/tab-separated-values": "text/tab-separated-values",
    "application/json": "application/sparql-results+json",
    "application/xml": "application/sparql-results+xml",
    "text/xml": "application/sparql-results+xml",
}
"""What rows and yes-or-no answers are sent as, the usual one first, and the format that each is."""

ONE_GRAPH: Final = {
    "text/turtle": "text/turtle",
    "application/n-triples": "application/n-triples",
    "application/rdf+xml": "application/rdf+xml",
    "application/ld+json": "application/ld+json",
    "application/x-turtle": "text/turtle",
    "application/json": "application/ld+json",
    "application/xml": "application/rdf+xml",
    "text/xml": "application/rdf+xml",
}
"""The same for a graph."""

GRAPHS: Final = ONE_GRAPH | {
    "application/trig": "application/trig",
    "application/n-quads": "application/n-quads",
}
"""The same for the graph that a query makes: it stands without a name in the formats of several graphs."""

READ: Final = {
    "text/turtle": "text/turtle",
    "application/x-turtle": "text/turtle",
    "application/n-triples": "application/n-triples",
    "application/rdf+xml": "application/rdf+xml",
    "application/ld+json": "application/ld+json",
}
"""What a graph may be sent as, and the format that each is."""

OF_FORM: Final[Mapping[str, Mapping[str, str]]] = {"select": TABLES, "ask": TABLES, "graph": GRAPHS}
"""By the form of a query: what its result is sent as."""

W3C: Final = {
    "application/sparql-results+json": "SPARQL_Results_JSON",
    "application/sparql-results+xml": "SPARQL_Results_XML",
    "text/csv": "SPARQL_Results_CSV",
    "text/tab-separated-values": "SPARQL_Results_TSV",
    "text/turtle": "Turtle",
    "application/n-triples": "N-Triples",
    "application/rdf+xml": "RDF_XML",
    "application/ld+json": "JSON-LD",
    "application/trig": "TriG",
    "application/n-quads": "N-Quads",
}
"""What the W3C calls each format, below http://www.w3.org/ns/formats/."""


def with_charset(media_type: str) -> str:
    """The Content-Type header of a format: text says how it is encoded.

    >>> with_charset("text/csv")
    'text/csv; charset=utf-8'
    """
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
