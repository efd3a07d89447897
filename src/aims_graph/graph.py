"""One RDF dataset of everything loaded. The only module that knows the store.

Named graphs: one for the ontology, one per edition, one per mapping set,
`asserted` (the relations that admitted rows state, as they travel), `derived`
(what follows, handed in by the caller) and `records`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping as Dict
from typing import TYPE_CHECKING

import pyoxigraph as ox

from aims_graph.catalogue import Catalogue
from aims_graph.guards import Context, travels_as
from aims_graph.model import Mapping
from aims_graph.records import Records
from aims_graph.relations import Edge
from aims_graph.vocab import AIMS, GRAPH, NO_TERM_FOUND, RDF, STRM, XSD

if TYPE_CHECKING:
    import rdflib

ASSERTED = f"{GRAPH}asserted"
DERIVED = f"{GRAPH}derived"
RECORDS = f"{GRAPH}records"
ONTOLOGY = f"{GRAPH}ontology"
_SET_EDGES = frozenset({Edge.EQUAL, Edge.SUBSET, Edge.SUPERSET, Edge.INTERSECTS, Edge.UNRELATED})


def dataset(
    catalogue: Catalogue,
    context: Context,
    covers: Dict[str, Iterable[str]],
    records: Records | None = None,
) -> ox.Store:
    """The store that questions and free SPARQL read: all named graphs, in memory."""
    store = ox.Store()
    store.bulk_extend(_quads(catalogue, context, covers, records))
    return store


def as_rdflib(store: ox.Store) -> rdflib.Dataset:
    """The same dataset through rdflib, for people's own programs; queries run in the store."""
    import rdflib
    from oxrdflib import OxigraphStore

    return rdflib.Dataset(store=OxigraphStore(store=store), default_union=True)


def _quads(
    catalogue: Catalogue,
    context: Context,
    covers: Dict[str, Iterable[str]],
    records: Records | None,
) -> Iterator[ox.Quad]:
    for path, triples in catalogue.facts.triples.items():
        graph = ox.NamedNode(_graph_of(catalogue, path))
        yield from (ox.Quad(t.subject, t.predicate, t.object, graph) for t in triples)
    for row in catalogue.mappings:
        yield from _row_quads(catalogue, row)
    asserted = ox.NamedNode(ASSERTED)
    for row in catalogue.mappings:
        if context.admits(row) and NO_TERM_FOUND not in (row.subject, row.object):
            edge = travels_as(catalogue, row, context)
            if edge in _SET_EDGES:
                yield _link(catalogue, row.subject, edge.value, row.object, asserted)
    derived = ox.NamedNode(DERIVED)
    for whole, parts in covers.items():
        yield from (_link(catalogue, whole, "covers", part, derived) for part in parts)
    if records is not None:
        graph = ox.NamedNode(RECORDS)
        for triples in records.facts.triples.values():
            yield from (ox.Quad(t.subject, t.predicate, t.object, graph) for t in triples)


def _graph_of(catalogue: Catalogue, path: str) -> str:
    stem = path.rsplit("/", 1)[-1].removesuffix(".ttl")
    if not path.startswith("ontology/frameworks/"):
        return f"{ONTOLOGY}" if stem == "aims" else f"{GRAPH}ontology/{stem}"
    edition = catalogue.editions.get(stem)
    return edition.iri if edition else f"{GRAPH}edition/{stem}"


def _link(catalogue: Catalogue, a: str, relation: str, b: str, graph: ox.NamedNode) -> ox.Quad:
    return ox.Quad(
        ox.NamedNode(catalogue.iri(a)),
        ox.NamedNode(STRM + relation),
        ox.NamedNode(catalogue.iri(b)),
        graph,
    )


def _row_quads(catalogue: Catalogue, row: Mapping) -> Iterator[ox.Quad]:
    """A row reified, so that confidence, reason and status can be asked for."""
    node = ox.NamedNode(_expand(catalogue, row.id))
    graph = ox.NamedNode(row.mapping_set)

    def say(prop: str, value: ox.NamedNode | ox.Literal) -> ox.Quad:
        return ox.Quad(node, ox.NamedNode(prop), value, graph)

    yield say(f"{RDF}type", ox.NamedNode(f"{AIMS}Mapping"))
    yield say(f"{AIMS}subject", ox.NamedNode(_expand(catalogue, row.subject)))
    yield say(f"{AIMS}relation", ox.NamedNode(STRM + row.relation.value))
    yield say(f"{AIMS}object", ox.NamedNode(_expand(catalogue, row.object)))
    yield say(f"{AIMS}reviewStatus", ox.NamedNode(AIMS + row.status))
    yield say(f"{AIMS}justification", ox.NamedNode(_expand(catalogue, row.justification)))
    yield say(f"{AIMS}sourceLine", ox.Literal(str(row.source)))
    yield say(f"{AIMS}inMappingSet", graph)
    if row.confidence is not None:
        number = ox.Literal(f"{row.confidence:g}", datatype=ox.NamedNode(f"{XSD}decimal"))
        yield say(f"{AIMS}confidence", number)
    if row.strength is not None:
        yield say(f"{AIMS}strength", ox.Literal(row.strength))
    if row.rationale:
        yield say(f"{AIMS}rationale", ox.Literal(row.rationale))
    if row.author:
        yield say(f"{AIMS}author", ox.NamedNode(_expand(catalogue, row.author)))
    for prop, value in (("rationaleKind", row.rationale_kind), ("overlap", row.overlap)):
        if value:
            yield say(AIMS + prop, ox.NamedNode(AIMS + value))
    if row.condition:
        yield say(f"{AIMS}mappingCondition", ox.NamedNode(_expand(catalogue, row.condition)))


def _expand(catalogue: Catalogue, name: str) -> str:
    prefix = name.partition(":")[0]
    return catalogue.iri(name) if prefix in catalogue.prefixes else name
