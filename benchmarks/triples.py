"""A world and its organisation as statements, the same for every store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyoxigraph as ox
import rdflib

from aims_graph.catalogue import Catalogue
from aims_graph.vocab import AIMS, MAPPING, RDF, STRM, XSD

Statement = tuple[str, str, str | float]
ACTION = "https://example.org/organisation/CA-"


def action_names(count: int) -> list[str]:
    """The IRIs of so many actions."""
    return [f"{ACTION}{number}" for number in range(count)]


def provisions_and_rows(known: Catalogue) -> Iterator[Statement]:
    """Hierarchy, each row reified as the program's own store holds it, and each relation once more as a plain link."""
    iri = {p.id: p.iri for p in known.provisions.values()}
    for provision in known.provisions.values():
        yield provision.iri, f"{RDF}type", f"{AIMS}Provision"
        yield provision.iri, f"{AIMS}inEdition", known.editions[provision.edition].iri
        if provision.parent is not None:
            yield provision.iri, f"{AIMS}partOf", iri[provision.parent]
    for row in known.mappings:
        node, relation = MAPPING + row.id.partition(":")[2], STRM + row.relation.value
        if row.subject not in iri or row.object not in iri:
            continue
        yield node, f"{RDF}type", f"{AIMS}Mapping"
        yield node, f"{AIMS}subject", iri[row.subject]
        yield node, f"{AIMS}relation", relation
        yield node, f"{AIMS}object", iri[row.object]
        yield node, f"{AIMS}reviewStatus", AIMS + row.status
        if row.confidence is not None:
            yield node, f"{AIMS}confidence", row.confidence
        yield iri[row.subject], relation, iri[row.object]


def closings(actions: Sequence[str], closed: Sequence[str]) -> Iterator[Statement]:
    """What each action closes: an IRI each."""
    for action, provision in zip(actions, closed, strict=True):
        yield action, f"{AIMS}closes", provision


def in_oxigraph(statements: Iterator[Statement]) -> ox.Store:
    """A pyoxigraph store in memory, in its fastest way of loading."""
    store = ox.Store()
    decimal = ox.NamedNode(f"{XSD}decimal")

    def term(value: str | float) -> ox.NamedNode | ox.Literal:
        return ox.NamedNode(value) if isinstance(value, str) else ox.Literal(f"{value:g}", datatype=decimal)

    store.bulk_extend(ox.Quad(ox.NamedNode(s), ox.NamedNode(p), term(o)) for s, p, o in statements)
    store.optimize()
    return store


def select(
    store: ox.Store, text: str, bound: dict[ox.Variable, Any] | None = None, union: bool = False
) -> ox.QuerySolutions:
    """The answers of a SELECT over the default graph, which is faster, or over the union of all."""
    found = store.query(text, substitutions=bound, use_default_graph_as_union=union)
    if not isinstance(found, ox.QuerySolutions):
        raise TypeError("not a SELECT query")
    return found


def in_rdflib(statements: Iterator[Statement]) -> rdflib.Graph:
    """An rdflib graph in memory."""
    graph = rdflib.Graph()

    def term(value: str | float) -> rdflib.URIRef | rdflib.Literal:
        if isinstance(value, str):
            return rdflib.URIRef(value)
        return rdflib.Literal(f"{value:g}", datatype=rdflib.XSD.decimal)

    for s, p, o in statements:
        graph.add((rdflib.URIRef(s), rdflib.URIRef(p), term(o)))
    return graph
