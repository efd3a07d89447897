"""The IRIs and prefixes that the program itself knows. Framework names are data and never stand here."""

from __future__ import annotations

from typing import Final

BASE: Final = "https://w3id.org/aims-graph/"
AIMS: Final = f"{BASE}ontology#"
STRM: Final = f"{BASE}strm#"
SHAPE: Final = f"{BASE}shape/"
MAPPING: Final = f"{BASE}mapping/"
AGENT: Final = f"{BASE}agent/"
GRAPH: Final = f"{BASE}graph/"

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
DCTERMS: Final = "http://purl.org/dc/terms/"
VANN: Final = "http://purl.org/vocab/vann/"
PROV: Final = "http://www.w3.org/ns/prov#"
SH: Final = "http://www.w3.org/ns/shacl#"
SEMAPV: Final = "https://w3id.org/semapv/vocab/"
SSSOM: Final = "https://w3id.org/sssom/"

PREFIXES: Final[dict[str, str]] = {
    "aims": AIMS,
    "strm": STRM,
    "shape": SHAPE,
    "mapping": MAPPING,
    "agent": AGENT,
    "rdf": RDF,
    "rdfs": RDFS,
    "xsd": XSD,
    "owl": OWL,
    "skos": SKOS,
    "dcterms": DCTERMS,
    "vann": VANN,
    "prov": PROV,
    "sh": SH,
    "semapv": SEMAPV,
    "sssom": SSSOM,
    "ex": "https://example.org/records/",
}
"""Prefixes that need no framework file; editions add their own from data."""

NO_TERM_FOUND: Final = "sssom:NoTermFound"
"""SSSOM's object for "that side has no counterpart", a judged fact."""
