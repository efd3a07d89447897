"""One hop from an action, asked of other engines: each gives (provision, relation, confidence, row) read from the
action's own side, as Python values.

SPARQL is tried in several forms, and the fastest of each engine is the one that is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import networkx as nx
import pyoxigraph as ox
import rdflib
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query

from aims_graph.catalogue import Catalogue
from aims_graph.relations import Relation
from aims_graph.vocab import AIMS, MAPPING, STRM
from benchmarks import measuring
from benchmarks.triples import select

Hop = tuple[str, str, float, str]  # provision IRI, relation as read from here, confidence, row IRI
Asking = Callable[[str], list[Hop]]
CONVERSE = {STRM + r.value: r.converse.value for r in Relation}
PLAIN = {STRM + r.value: r.value for r in Relation}

PREFIX = f"PREFIX aims: <{AIMS}>\n"
TAIL = "?row aims:relation ?relation ; aims:confidence ?confidence ."
OUT = f"?row aims:subject ?p ; aims:object ?other . {TAIL}"
BACK = f"?row aims:object ?p ; aims:subject ?other . {TAIL}"
FROM_ACTION = "?action aims:closes ?p ."
UNION = (
    f"{PREFIX}SELECT ?other ?relation ?confidence ?row ?back ?action WHERE {{ {FROM_ACTION} "
    f"{{ {OUT} BIND(false AS ?back) }} UNION {{ {BACK} BIND(true AS ?back) }} }}"
)
UNION_OUTSIDE = (
    f"{PREFIX}SELECT ?other ?relation ?confidence ?row ?back ?action WHERE {{ "
    f"{{ {FROM_ACTION} {OUT} BIND(false AS ?back) }} UNION {{ {FROM_ACTION} {BACK} BIND(true AS ?back) }} }}"
)
ONE_WAY = {
    False: f"{PREFIX}SELECT ?other ?relation ?confidence ?row ?action WHERE {{ {FROM_ACTION} {OUT} }}",
    True: f"{PREFIX}SELECT ?other ?relation ?confidence ?row ?action WHERE {{ {FROM_ACTION} {BACK} }}",
}
EITHER_WAY = (
    f"{PREFIX}SELECT ?other ?relation ?confidence ?row ?subject ?p ?action WHERE {{ {FROM_ACTION} "
    f"?row (aims:subject|aims:object) ?p ; aims:subject ?subject ; aims:object ?other . {TAIL} }}"
)
ALL_ONE_WAY = {
    False: f"{PREFIX}SELECT ?action ?other ?relation WHERE {{ {FROM_ACTION} ?row aims:subject ?p ; "
    "aims:object ?other ; aims:relation ?relation }",
    True: f"{PREFIX}SELECT ?action ?other ?relation WHERE {{ {FROM_ACTION} ?row aims:object ?p ; "
    "aims:subject ?other ; aims:relation ?relation }",
}
ALL_UNION = (
    f"{PREFIX}SELECT ?action ?other ?relation ?back WHERE {{ {FROM_ACTION} "
    "{ ?row aims:subject ?p ; aims:object ?other ; aims:relation ?relation BIND(false AS ?back) } UNION "
    "{ ?row aims:object ?p ; aims:subject ?other ; aims:relation ?relation BIND(true AS ?back) } }"
)
CLOSED = f"{PREFIX}SELECT ?p ?action WHERE {{ {FROM_ACTION} }}"
AT = {
    False: f"{PREFIX}SELECT ?other ?relation ?confidence ?row ?p WHERE {{ {OUT} }}",
    True: f"{PREFIX}SELECT ?other ?relation ?confidence ?row ?p WHERE {{ {BACK} }}",
}


def _written_out(text: str, variable: str, iri: str) -> str:
    return text.replace(f" ?{variable} WHERE", " WHERE").replace(f"?{variable} ", f"<{iri}> ")


# -- pyoxigraph --------------------------------------------------------------------------


def _hop(found: ox.QuerySolution, back: bool) -> Hop:
    relation = (CONVERSE if back else PLAIN)[found[1].value]
    return found[0].value, relation, float(found[2].value), found[3].value


def oxigraph_forms(store: ox.Store) -> dict[str, Asking]:
    """The forms tried on a pyoxigraph store."""
    action, p = ox.Variable("action"), ox.Variable("p")

    def union(text: str) -> Asking:
        def ask(iri: str) -> list[Hop]:
            found = select(store, text, {action: ox.NamedNode(iri)})
            return [_hop(f, f[4].value == "true") for f in found]

        return ask

    def written(iri: str) -> list[Hop]:
        return [_hop(f, f[4].value == "true") for f in select(store, _written_out(UNION, "action", iri))]

    def two(iri: str) -> list[Hop]:
        bound = {action: ox.NamedNode(iri)}
        return [_hop(f, back) for back in (False, True) for f in select(store, ONE_WAY[back], bound)]

    def in_steps(iri: str) -> list[Hop]:
        (closed,) = select(store, CLOSED, {action: ox.NamedNode(iri)})
        return [_hop(f, back) for back in (False, True) for f in select(store, AT[back], {p: closed[0]})]

    def either_way(iri: str) -> list[Hop]:
        found = []
        for f in select(store, EITHER_WAY, {action: ox.NamedNode(iri)}):
            other, relation, confidence, row, subject, closed = (f[i].value for i in range(6))
            word = PLAIN[relation] if subject == closed else CONVERSE[relation]
            found.append((other if subject == closed else subject, word, float(confidence), row))
        return found

    return {
        "one query with UNION": union(UNION),
        "UNION of whole patterns": union(UNION_OUTSIDE),
        "UNION, action written into the text": written,
        "two queries": two,
        "action first, then two queries": in_steps,
        "one pattern, subject or object by a path": either_way,
    }


def all_hops(store: ox.Store) -> tuple[Callable[[], list[tuple[str, str, str]]], str]:
    """(action, provision, relation) of every row at what any action closes, in the faster form, and what each took."""

    def two() -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = []
        for texts, words in ((False, PLAIN), (True, CONVERSE)):
            answered = select(store, ALL_ONE_WAY[texts])
            found += [(f[0].value, f[1].value, words[f[2].value]) for f in answered]
        return found

    def union() -> list[tuple[str, str, str]]:
        answered = select(store, ALL_UNION)
        return [(f[0].value, f[1].value, (CONVERSE if f[3].value == "true" else PLAIN)[f[2].value]) for f in answered]

    ways: dict[str, Callable[[], list[tuple[str, str, str]]]] = {"two queries": two, "UNION": union}
    best, told = measuring.fastest(dict(ways))
    return ways[best], told


# -- rdflib ------------------------------------------------------------------------------


def rdflib_forms(graph: rdflib.Graph) -> dict[str, Asking]:
    """The forms tried on an rdflib graph; queries are parsed once, in advance, wherever that is possible."""
    union, outside, either = prepareQuery(UNION), prepareQuery(UNION_OUTSIDE), prepareQuery(EITHER_WAY)
    closed = prepareQuery(CLOSED)
    one_way = {back: prepareQuery(text) for back, text in ONE_WAY.items()}
    at = {back: prepareQuery(text) for back, text in AT.items()}

    def answers(query: Query | str, **bound: Any) -> Iterable[Any]:
        return graph.query(query, initBindings=bound)

    def hop(found: Any, back: bool) -> Hop:
        other, relation, confidence, row = found[:4]
        return str(other), (CONVERSE if back else PLAIN)[str(relation)], float(confidence), str(row)

    def joined(query: Query) -> Asking:
        return lambda iri: [hop(f, bool(f[4])) for f in answers(query, action=rdflib.URIRef(iri))]

    def written(iri: str) -> list[Hop]:
        return [hop(f, bool(f[4])) for f in answers(_written_out(UNION, "action", iri))]

    def two(iri: str) -> list[Hop]:
        action = rdflib.URIRef(iri)
        return [hop(f, back) for back in (False, True) for f in answers(one_way[back], action=action)]

    def in_steps(iri: str) -> list[Hop]:
        ((p, *_),) = answers(closed, action=rdflib.URIRef(iri))
        return [hop(f, back) for back in (False, True) for f in answers(at[back], p=p)]

    def either_way(iri: str) -> list[Hop]:
        found = []
        for f in answers(either, action=rdflib.URIRef(iri)):
            other, relation, confidence, row, subject, p = (str(term) for term in f[:6])
            word = PLAIN[relation] if subject == p else CONVERSE[relation]
            found.append((other if subject == p else subject, word, float(confidence), row))
        return found

    return {
        "one prepared query with UNION": joined(union),
        "prepared UNION of whole patterns": joined(outside),
        "UNION, action written into the text": written,
        "two prepared queries": two,
        "action first, then two prepared queries": in_steps,
        "one prepared pattern, subject or object by a path": either_way,
    }


def rdflib_without_sparql(graph: rdflib.Graph) -> Asking:
    """The same from rdflib's own indices, by hand: no SPARQL, so no rival in kind: the least rdflib can take."""
    names = ("closes", "subject", "object", "relation", "confidence")
    closes, subject, object_, relation, confidence = (rdflib.URIRef(AIMS + n) for n in names)

    def ask(iri: str) -> list[Hop]:
        found = []
        p = graph.value(rdflib.URIRef(iri), closes)
        for here, there, words in ((subject, object_, PLAIN), (object_, subject, CONVERSE)):
            for row in graph.subjects(here, p):
                word = words[str(graph.value(row, relation))]
                belief = float(str(graph.value(row, confidence)))
                found.append((str(graph.value(row, there)), word, belief, str(row)))
        return found

    return ask


# -- networkx ----------------------------------------------------------------------------


def as_networkx(known: Catalogue, closed: dict[str, str]) -> nx.MultiDiGraph[str]:
    """Each row as two edges, and an edge from each action to what it closes."""
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    iri = {p.id: p.iri for p in known.provisions.values()}
    for row in known.mappings:
        name = MAPPING + row.id.partition(":")[2]
        a, b = iri[row.subject], iri[row.object]
        graph.add_edge(a, b, relation=row.relation.value, confidence=row.confidence, row=name)
        graph.add_edge(b, a, relation=row.relation.converse.value, confidence=row.confidence, row=name)
    graph.add_edges_from(closed.items())
    return graph


def networkx_hop(graph: nx.MultiDiGraph[str]) -> Asking:
    """Two steps over adjacency."""

    def ask(iri: str) -> list[Hop]:
        (closed,) = graph[iri]
        return [
            (other, edge["relation"], edge["confidence"], edge["row"])
            for other, edges in graph[closed].items()
            for edge in edges.values()
        ]

    return ask
