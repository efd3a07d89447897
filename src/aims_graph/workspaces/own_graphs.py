"""The graphs that an organisation keeps beside its records: free RDF, in the same log and store, checked by no rule.

The log knows neither a graph without a name nor a node without one: it speaks of the unnamed graph by a name, and of a
blank node by an address. Outside, both are again what they were.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pyoxigraph as ox

from aims_graph.catalogue import Catalogue
from aims_graph.errors import InputError
from aims_graph.vocab import BASE
from aims_graph.workspaces.record_store import OWN, RecordStore

BLANK = f"{OWN}blank:"
_NAMED_HERE = re.compile(r"e(\d+)n\d+")  # a blank node that an entry brought, and its number there


@dataclass(frozen=True)
class Edit:
    """Statements that come to the graphs of an organisation and go from them, as worked out after the entry `on`."""

    added: tuple[ox.Quad, ...]
    removed: tuple[ox.Quad, ...]
    on: int
    asked: str  # what was asked for, to know the request again


@dataclass(frozen=True)
class Kept:
    """An edit as the log keeps it: only what is new comes, only what is there goes."""

    added: frozenset[ox.Quad]
    removed: frozenset[ox.Quad]

    def of(self, graph: ox.NamedNode) -> tuple[frozenset[ox.Triple], frozenset[ox.Triple]]:
        """(added, removed) of one graph."""
        return _triples(self.added, graph), _triples(self.removed, graph)

    def beside(self, graph: ox.NamedNode) -> tuple[tuple[ox.Quad, ...], tuple[ox.Quad, ...]]:
        """(added, removed) of all graphs but one."""
        added, removed = ((q for q in quads if q.graph_name != graph) for quads in (self.added, self.removed))
        return tuple(added), tuple(removed)


def names(store: RecordStore) -> tuple[str, ...]:
    """The named graphs that hold something, that of the records included, sorted."""
    hidden = (*store.books, store.withdrawn, store.unnamed)
    graphs = (g for g in store.store.named_graphs() if isinstance(g, ox.NamedNode) and g not in hidden)
    return tuple(sorted(g.value for g in graphs if holds(store, g.value)))


def holds(store: RecordStore, name: str | None) -> bool:
    """Whether a graph (IRI; None for the unnamed one) holds a statement."""
    return next(iter(store.store.quads_for_pattern(None, None, None, _graph(store, name))), None) is not None


def quads(store: RecordStore) -> Iterator[ox.Quad]:
    """All that an organisation may query of its own: its records and the graphs beside them, as they are outside."""
    for name in names(store):
        yield from of_graph(store, name)
    yield from of_graph(store, None)


def of_graph(store: RecordStore, name: str | None) -> Iterator[ox.Quad]:
    """The statements of one graph (IRI; None for the unnamed one), as they are outside."""
    graph = ox.DefaultGraph() if name is None else ox.NamedNode(name)
    for quad in store.store.quads_for_pattern(None, None, None, _graph(store, name)):
        yield ox.Quad(_shown(quad.subject), quad.predicate, _shown(quad.object), graph)


def kept(edit: Edit, store: RecordStore, catalogue: Catalogue) -> Kept:
    """An edit as the log keeps it; InputError where it touches a graph that is not the organisation's to write."""
    loaded = graphs_of(catalogue)
    for graph in sorted({q.graph_name for q in (*edit.added, *edit.removed)}, key=str):
        why = reserved(graph.value, store, loaded) if isinstance(graph, ox.NamedNode) else None
        if why is not None:
            raise InputError(why)
    nodes = _Nodes(store.number)
    added = ox.Store()  # it writes "1.50"^^xsd:decimal as "1.5", as the store of the workspace will
    added.bulk_extend(_inside(quad, store, nodes) for quad in edit.added)
    removed = {_inside(quad, store, nodes) for quad in edit.removed}
    new = frozenset(added)
    return Kept(
        frozenset(q for q in new if q not in store.store),
        frozenset(q for q in removed - new if q in store.store),
    )


def reserved(name: str, store: RecordStore, loaded: frozenset[str]) -> str | None:
    """Why a graph of this name is not the organisation's to write, and what to do; None where it is."""
    if name in (store.withdrawn.value, store.unnamed.value) or name.startswith(OWN):
        return f"the graph '{name}' is kept by this program itself. Choose another name."
    if name.startswith(BASE) or name in loaded:
        return f"the graph '{name}' holds law, standards or what follows from them. Choose another name."
    return None


def graphs_of(catalogue: Catalogue) -> frozenset[str]:
    """The graphs of editions and mapping sets, whose names need not begin as those of this program do."""
    return frozenset({e.iri for e in catalogue.editions.values()} | {row.mapping_set for row in catalogue.mappings})


class _Nodes:
    """Gives each blank node an address: the one it has, or the next of the entry that will bring it."""

    def __init__(self, number: int) -> None:
        self._number, self._next = number, count()
        self._given: dict[str, ox.NamedNode] = {}

    def address(self, label: str) -> ox.NamedNode:
        here = _NAMED_HERE.fullmatch(label)
        if here is not None and int(here[1]) <= self._number:
            return ox.NamedNode(BLANK + label)
        if label not in self._given:
            self._given[label] = ox.NamedNode(f"{BLANK}e{self._number + 1}n{next(self._next)}")
        return self._given[label]


def _inside(quad: ox.Quad, store: RecordStore, nodes: _Nodes) -> ox.Quad:
    graph = quad.graph_name if isinstance(quad.graph_name, ox.NamedNode) else store.unnamed
    if isinstance(quad.graph_name, ox.BlankNode):
        raise InputError("a graph is named by an address, not by a blank node. Give it one.")
    return ox.Quad(
        _addressed(quad.subject, nodes), _addressed(quad.predicate, nodes), _addressed(quad.object, nodes), graph
    )


def _addressed(term: Any, nodes: _Nodes) -> Any:
    if isinstance(term, ox.BlankNode):
        return nodes.address(term.value)
    if isinstance(term, ox.NamedNode) and term.value.startswith(OWN):
        raise InputError(f"addresses that begin with '{OWN}' are for this program itself. Choose another: {term}.")
    if isinstance(term, ox.Triple):
        return ox.Triple(
            _addressed(term.subject, nodes), _addressed(term.predicate, nodes), _addressed(term.object, nodes)
        )
    return term


def _shown(term: Any) -> Any:
    if isinstance(term, ox.NamedNode) and term.value.startswith(BLANK):
        return ox.BlankNode(term.value.removeprefix(BLANK))
    if isinstance(term, ox.Triple):
        return ox.Triple(_shown(term.subject), term.predicate, _shown(term.object))
    return term


def _graph(store: RecordStore, name: str | None) -> ox.NamedNode:
    return store.unnamed if name is None else ox.NamedNode(name)


def _triples(found: Iterable[ox.Quad], graph: ox.NamedNode) -> frozenset[ox.Triple]:
    return frozenset(quad.triple for quad in found if quad.graph_name == graph)
