"""One RDF dataset of everything loaded. The only module that knows the store.

Named graphs: one for the ontology, one for the evidence rules, one per edition,
one per mapping set, `asserted` and `derived` (handed in by the caller) and `records`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from aims_graph.catalogue import Catalogue
from aims_graph.model import Mapping
from aims_graph.turtle import Facts, read_into
from aims_graph.vocab import AIMS, GRAPH, RDF, XSD

if TYPE_CHECKING:
    import rdflib

ASSERTED = f"{GRAPH}asserted"
DERIVED = f"{GRAPH}derived"
RECORDS = f"{GRAPH}records"
ONTOLOGY = f"{GRAPH}ontology"
SHAPES = f"{GRAPH}shapes"


class Fact(NamedTuple):
    """One statement to add: IRIs, or a text as object."""

    subject: str
    predicate: str
    object: str
    is_text: bool = False


def dataset(
    catalogue: Catalogue,
    asserted: Iterable[Fact] = (),
    derived: Iterable[Fact] = (),
    records: Facts | None = None,
) -> ox.Store:
    """The store that questions and free SPARQL read: all named graphs, in memory."""
    store = ox.Store()
    store.bulk_extend(_loaded(catalogue))
    for facts, name in ((asserted, ASSERTED), (derived, DERIVED)):
        graph = ox.NamedNode(name)
        store.bulk_extend(_quad(fact, graph) for fact in facts)
    if records is not None:
        store.bulk_extend(_in_graph(records, RECORDS))
    return store


def as_rdflib(store: ox.Store) -> rdflib.Dataset:
    """The same dataset through rdflib, for people's own programs; queries run in the store."""
    import rdflib
    from oxrdflib import OxigraphStore

    return rdflib.Dataset(store=OxigraphStore(store=store), default_union=True)


def _quad(fact: Fact, graph: ox.NamedNode) -> ox.Quad:
    value = ox.Literal(fact.object) if fact.is_text else ox.NamedNode(fact.object)
    return ox.Quad(ox.NamedNode(fact.subject), ox.NamedNode(fact.predicate), value, graph)


def _in_graph(facts: Facts, name: str) -> Iterator[ox.Quad]:
    graph = ox.NamedNode(name)
    for triples in facts.triples.values():
        yield from (ox.Quad(t.subject, t.predicate, t.object, graph) for t in triples)


def _loaded(catalogue: Catalogue) -> Iterator[ox.Quad]:
    for path, triples in catalogue.facts.triples.items():
        graph = ox.NamedNode(_graph_of(catalogue, path))
        yield from (ox.Quad(t.subject, t.predicate, t.object, graph) for t in triples)
    yield from _in_graph(catalogue.remembered(_shapes, SHAPES), SHAPES)
    for row in catalogue.mappings:
        yield from _row_quads(catalogue, row)


def _graph_of(catalogue: Catalogue, path: str) -> str:
    stem = path.rsplit("/", 1)[-1].removesuffix(".ttl")
    if path.startswith("ontology/labels/"):
        return f"{GRAPH}labels/{stem}"
    if not path.startswith("ontology/frameworks/"):
        return ONTOLOGY
    edition = catalogue.editions.get(stem)
    return edition.iri if edition else f"{GRAPH}edition/{stem}"


def _row_quads(catalogue: Catalogue, row: Mapping) -> Iterator[ox.Quad]:
    """A row reified, so that confidence, reason and status can be asked for."""
    node = ox.NamedNode(_expand(catalogue, row.id))
    graph = ox.NamedNode(row.mapping_set)
    links = {
        f"{RDF}type": f"{AIMS}Mapping",
        f"{AIMS}subject": _expand(catalogue, row.subject),
        f"{AIMS}relation": _expand(catalogue, f"strm:{row.relation.value}"),
        f"{AIMS}object": _expand(catalogue, row.object),
        f"{AIMS}reviewStatus": AIMS + row.status,
        f"{AIMS}justification": _expand(catalogue, row.justification),
        f"{AIMS}inMappingSet": row.mapping_set,
        f"{AIMS}rationaleKind": AIMS + row.rationale_kind if row.rationale_kind else None,
        f"{AIMS}overlap": AIMS + row.overlap if row.overlap else None,
        f"{AIMS}mappingCondition": _expand(catalogue, row.condition) if row.condition else None,
        f"{AIMS}author": _expand(catalogue, row.author) if row.author else None,
    }
    texts = {f"{AIMS}sourceLine": str(row.source), f"{AIMS}rationale": row.rationale, f"{AIMS}jointGroup": row.joint}
    numbers = {f"{AIMS}confidence": row.confidence, f"{AIMS}strength": row.strength}
    for prop, link in links.items():
        if link is not None:
            yield ox.Quad(node, ox.NamedNode(prop), ox.NamedNode(link), graph)
    for prop, text in texts.items():
        if text is not None:
            yield ox.Quad(node, ox.NamedNode(prop), ox.Literal(text), graph)
    decimal = ox.NamedNode(f"{XSD}decimal")
    for prop, number in numbers.items():
        if number is not None:
            yield ox.Quad(node, ox.NamedNode(prop), ox.Literal(f"{number:g}", datatype=decimal), graph)


def description(catalogue: Catalogue, iri: str) -> tuple[ox.Triple, ...]:
    """Every statement about one thing as the dataset holds it, with the nameless nodes inside it; none if unknown.

    Such nodes are numbered in the order in which they come.
    """
    name = catalogue.curie(iri)
    row = next((r for r in catalogue.mappings if r.id == name), None)
    if row is not None:
        return tuple(quad.triple for quad in _row_quads(catalogue, row))
    for facts in (catalogue.facts, catalogue.remembered(_shapes, SHAPES)):
        if iri in facts.values:
            return tuple(_about(facts, ox.NamedNode(iri), {}))
    return ()


def _shapes(catalogue: Catalogue, _: str) -> Facts:
    """What the evidence rules state."""
    facts = Facts()
    for file in catalogue.files:
        if file.kind == "shape":
            read_into(facts, file.path, file.text)
    return facts


def vocabulary(catalogue: Catalogue, iri: str) -> tuple[ox.Triple, ...]:
    """Every statement about the terms of a vocabulary, whose IRIs are its own with '#' and a name; none if unknown."""
    inner: dict[str, ox.BlankNode] = {}
    terms = [ox.NamedNode(subject) for subject in catalogue.facts.values if subject.startswith(f"{iri}#")]
    return tuple(triple for term in terms for triple in _about(catalogue.facts, term, inner))


def _about(facts: Facts, node: ox.NamedNode | ox.BlankNode, inner: dict[str, ox.BlankNode]) -> Iterator[ox.Triple]:
    subject = inner[node.value] if isinstance(node, ox.BlankNode) else node
    waiting: list[ox.BlankNode] = []
    for prop, values in facts.values.get(node.value, {}).items():
        for value in values:
            known = value
            if isinstance(value, ox.BlankNode):
                if value.value not in inner:
                    inner[value.value] = ox.BlankNode(f"n{len(inner) + 1}")
                    waiting.append(value)
                known = inner[value.value]
            yield ox.Triple(subject, ox.NamedNode(prop), known)
    for value in waiting:
        yield from _about(facts, value, inner)


def written(catalogue: Catalogue, triples: Iterable[ox.Triple], media_type: str) -> bytes:
    """Statements as text in a format, by its media type."""
    form = ox.RdfFormat.from_media_type(media_type)
    if form is None:
        raise ValueError(f"'{media_type}' is no format of RDF")
    listed = list(triples)
    used = " ".join(str(triple) for triple in listed)
    prefixes = {name: namespace for name, namespace in catalogue.prefixes.items() if f"<{namespace}" in used}
    text = ox.serialize(listed, format=form, prefixes=prefixes) or b""
    if form != ox.RdfFormat.TURTLE:
        return text
    lines = text.splitlines(keepends=True)  # the store writes prefixes in any order
    return b"".join([*sorted(lines[: len(prefixes)]), *lines[len(prefixes) :]])


def _expand(catalogue: Catalogue, name: str) -> str:
    prefix = name.partition(":")[0]
    return catalogue.iri(name) if prefix in catalogue.prefixes else name
