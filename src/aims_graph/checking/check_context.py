"""What a check adds to records so that rules need nothing else: the day, and what the named provisions are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import pyoxigraph as ox

from aims_graph.catalogue import Catalogue
from aims_graph.turtle import text_of
from aims_graph.vocab import AIMS, RDF, XSD

NODE = f"{AIMS}check-context"


def checked(statements: Iterable[ox.Triple], day: date, catalogue: Catalogue | None) -> bytes:
    """The graph that is checked, as N-Triples: the statements, the day, and what their provisions are if known."""
    found = list(statements)
    literal = ox.Literal(day.isoformat(), datatype=ox.NamedNode(f"{XSD}date"))
    found.append(ox.Triple(ox.NamedNode(NODE), ox.NamedNode(f"{AIMS}asOf"), literal))
    if catalogue is not None:
        found += provision_facts(catalogue, {text_of(t.object) for t in found if isinstance(t.object, ox.NamedNode)})
    return ox.serialize(found, format=ox.RdfFormat.N_TRIPLES) or b""


def provision_facts(catalogue: Catalogue, iris: Iterable[str]) -> Iterator[ox.Triple]:
    """What rules may ask of provisions (IRIs): kind, edition, and how binding the edition is; nothing of other IRIs."""
    editions: set[str] = set()
    for iri in sorted(iris):
        provision = catalogue.provisions.get(catalogue.curie(iri))
        if provision is not None:
            edition = catalogue.editions[provision.edition]
            editions.add(edition.id)
            yield _link(iri, f"{RDF}type", AIMS + provision.kind)
            yield _link(iri, f"{AIMS}inEdition", edition.iri)
    for name in sorted(editions):
        yield _link(catalogue.editions[name].iri, f"{AIMS}bindingness", AIMS + catalogue.editions[name].bindingness)


def _link(subject: str, prop: str, value: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(prop), ox.NamedNode(value))
