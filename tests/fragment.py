"""Random graphs of the full/partial fragment (set relations and hierarchy), and three other ways to ask them.

SPARQL property paths, an OWL 2 RL closure and HermiT know no editions: they may return to one. So the graphs come
in three shapes: every provision an edition of its own; editions with hierarchies that rows join as a tree; and
editions joined anyhow. In the first two no proof gains by returning, so all ways must say the same; in the third
the engine may say less, exactly where every proof returns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from random import Random

import pyoxigraph as ox
from worlds import F, N, P, catalogue, provision, row

from aims_graph.catalogue import Catalogue
from aims_graph.relations import EQ, INT, NONE, SUB, SUP, Degree, Relation
from aims_graph.vocab import AIMS, OWL, RDF, RDFS, STRM

SHAPES = ("own", "tree", "free")
DRAWN = (EQ, EQ, SUP, SUP, SUB, SUB, INT, INT, NONE, Relation.CROSSWALK)
CARRY = (EQ, SUP, SUB, INT)  # the rest is no triple of the fragment
Pair = tuple[str, str]


@dataclass(frozen=True)
class Drawn:
    """One random graph: provisions with their parents, and rows."""

    number: int
    shape: str
    parents: dict[str, str | None]
    rows: tuple[tuple[str, Relation, str], ...]

    @cached_property
    def catalogue(self) -> Catalogue:
        """As the engine sees it: no guard has anything to look at, no whole is declared exhaustive."""
        whole = set(self.parents.values())
        provisions = [
            provision(name, parent=parent, decomposition="AllOf" if name in whole else None)
            for name, parent in self.parents.items()
        ]
        rows = [row(a, r, b, id=f"r{i}", mapping_set=f"set{i}") for i, (a, r, b) in enumerate(self.rows)]
        return catalogue(provisions, rows)

    def iri(self, name: str) -> str:
        """A name that no other graph has."""
        return f"https://example.org/graph/{self.number}/{name.replace(':', '/')}"

    @property
    def triples(self) -> Iterator[tuple[str, str, str]]:
        """What is asserted, and nothing that follows from it."""
        for a, relation, b in self.rows:
            yield self.iri(a), f"{STRM}{relation.value}", self.iri(b)
        for name, parent in self.parents.items():
            yield self.iri(name), f"{RDF}type", f"{AIMS}Provision"
            if parent is not None:
                yield self.iri(parent), f"{AIMS}hasPart", self.iri(name)

    @property
    def names(self) -> dict[str, str]:
        """IRI → provision."""
        return {self.iri(name): name for name in self.parents}


def drawn(shape: str, count: int) -> list[Drawn]:
    """Graphs of one shape, always the same ones."""
    maker = {"own": _own, "tree": _tree, "free": _free}[shape]
    offset = SHAPES.index(shape) * 10_000
    return [maker(offset + i, Random(f"{shape} {i}")) for i in range(count)]


def _own(number: int, chooser: Random) -> Drawn:
    names = [f"e{i}:p" for i in range(chooser.randint(7, 9))]
    parents = {n: chooser.choice([None, None, *names[:i]]) for i, n in enumerate(names)}
    pairs = [(a, b) for a in names for b in names if a != b]
    rows = [(a, chooser.choice(DRAWN), b) for a, b in chooser.sample(pairs, chooser.randint(6, 10))]
    return Drawn(number, "own", parents, tuple(rows))


def _editions(chooser: Random, count: int) -> dict[str, str | None]:
    parents: dict[str, str | None] = {}
    for e in range(count):
        members = [f"e{e}:p{i}" for i in range(chooser.randint(2, 4))]
        parents |= {n: chooser.choice(members[:i]) if i else None for i, n in enumerate(members)}
    return parents


def _tree(number: int, chooser: Random) -> Drawn:
    count = chooser.randint(4, 6)
    parents = _editions(chooser, count)
    inside = {e: [n for n in parents if n.startswith(f"e{e}:")] for e in range(count)}
    ends = [(chooser.choice(inside[e]), chooser.choice(inside[chooser.randrange(e)])) for e in range(1, count)]
    turned = [(a, b) if chooser.random() < 0.5 else (b, a) for a, b in ends]
    return Drawn(number, "tree", parents, tuple((a, chooser.choice(DRAWN), b) for a, b in turned))


def _free(number: int, chooser: Random) -> Drawn:
    parents = _editions(chooser, 4)
    pairs = [(a, b) for a in parents for b in parents if a[:2] != b[:2]]
    rows = [(a, chooser.choice(DRAWN), b) for a, b in chooser.sample(pairs, chooser.randint(7, 11))]
    return Drawn(number, "free", parents, tuple(rows))


def together(full: Iterable[Pair], partial: Iterable[Pair]) -> dict[Pair, Degree]:
    """The highest degree of each pair (start, provision)."""
    return dict.fromkeys(partial, P) | dict.fromkeys(full, F)


# -- SPARQL 1.1 property paths, SEMANTICS §3, over the asserted triples ------------------------

FULL_PATH = "(strm:equalTo | ^strm:equalTo | strm:supersetOf | ^strm:subsetOf | aims:hasPart)*"
OVERLAP_PATH = "(strm:subsetOf | ^strm:supersetOf | strm:intersectsWith | ^strm:intersectsWith | ^aims:hasPart)"
INTO_PATH = "(strm:equalTo | ^strm:equalTo | strm:subsetOf | ^strm:supersetOf | ^aims:hasPart)*"


def by_paths(graph: Drawn) -> dict[Pair, Degree]:
    """What the two property paths say, evaluated by Oxigraph."""
    store = ox.Store()
    store.extend(ox.Quad(*map(ox.NamedNode, triple)) for triple in graph.triples)
    found = [_pairs(store, graph, path) for path in (FULL_PATH, f"{FULL_PATH} / {OVERLAP_PATH} / {INTO_PATH}")]
    return together(*found)


def _pairs(store: ox.Store, graph: Drawn, path: str) -> set[Pair]:
    query = f"SELECT ?s ?p {{ ?s a aims:Provision . ?s {path} ?p . ?p a aims:Provision }}"
    names = graph.names
    solutions = store.query(query, prefixes={"strm": STRM, "aims": AIMS})
    assert isinstance(solutions, ox.QuerySolutions)
    return {(names[s["s"].value], names[s["p"].value]) for s in solutions}


# -- OWL 2: what is full is covered; what shares elements with something covered is partial -------

ONTOLOGY = f"""
@prefix owl: <{OWL}> . @prefix rdf: <{RDF}> . @prefix rdfs: <{RDFS}> . @prefix strm: <{STRM}> . @prefix aims: <{AIMS}> .
@prefix : <https://example.org/fragment#> .
<https://example.org/fragment> a owl:Ontology .
aims:Provision a owl:Class .
strm:equalTo a owl:ObjectProperty, owl:SymmetricProperty ; rdfs:subPropertyOf :covers .
strm:supersetOf a owl:ObjectProperty ; rdfs:subPropertyOf :covers ; owl:inverseOf strm:subsetOf .
strm:subsetOf a owl:ObjectProperty .
aims:hasPart a owl:ObjectProperty ; rdfs:subPropertyOf :covers .
strm:intersectsWith a owl:ObjectProperty, owl:SymmetricProperty .
strm:unrelatedTo a owl:ObjectProperty .
strm:crosswalk a owl:ObjectProperty .
:covers a owl:ObjectProperty, owl:TransitiveProperty ; owl:inverseOf :liesIn .
:liesIn a owl:ObjectProperty .
:shares a owl:ObjectProperty ;
  owl:propertyChainAxiom ( :covers :liesIn ), ( :covers strm:intersectsWith :liesIn ) .
"""
COVERS, SHARES = "https://example.org/fragment#covers", "https://example.org/fragment#shares"


def by_owlrl(graph: Drawn) -> dict[Pair, Degree]:
    """What the closure under the OWL 2 RL rules holds. That everything covers itself is asserted: RL cannot say it."""
    import owlrl
    from rdflib import Graph, URIRef

    closed = Graph()
    closed.parse(data=ONTOLOGY, format="turtle")
    itself = [(graph.iri(n), COVERS, graph.iri(n)) for n in graph.parents]
    for triple in (*graph.triples, *itself):
        closed.add(tuple(map(URIRef, triple)))  # type: ignore[arg-type]
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(closed)
    names = graph.names
    full, partial = (
        {(names[str(s)], names[str(o)]) for s, o in closed.subject_objects(URIRef(p)) if str(s) in names}
        for p in (COVERS, SHARES)
    )
    return together(full, partial)


START = "https://example.org/fragment#"


def for_hermit(graphs: list[Drawn]) -> bytes:
    """One ontology of all graphs: start number k of each graph is a Start-k; what such a one covers is a Full-k,
    what it shares elements with a Partial-k. HermiT says which provisions are which.

    No two graphs share a name, so the classes of a number can be shared by all.
    """
    text = [ONTOLOGY, f"<{COVERS}> a <{OWL}ReflexiveProperty> ."]
    for k in range(max(len(g.parents) for g in graphs)):
        text.append(f"<{START}Full-{k}> a <{OWL}Class> . <{START}Partial-{k}> a <{OWL}Class> .")
        only = "[ a <{o}Restriction> ; <{o}onProperty> <{p}> ; <{o}allValuesFrom> <{s}{c}-{k}> ]"
        covered = only.format(o=OWL, p=COVERS, s=START, c="Full", k=k)
        shared = only.format(o=OWL, p=SHARES, s=START, c="Partial", k=k)
        text.append(f"<{START}Start-{k}> a <{OWL}Class> ; <{RDFS}subClassOf> {covered}, {shared} .")
    for graph in graphs:
        text += [f"<{s}> <{p}> <{o}> ." for s, p, o in graph.triples]
        named = enumerate(map(graph.iri, graph.parents))
        text += [f"<{iri}> a <{START}Start-{k}>, <{OWL}NamedIndividual> ." for k, iri in named]
    triples = ox.parse("\n".join(text), format=ox.RdfFormat.TURTLE)
    return ox.serialize((q.triple for q in triples), format=ox.RdfFormat.N_TRIPLES) or b""


def by_hermit(graphs: list[Drawn], java: str) -> list[dict[Pair, Degree]]:
    """What HermiT proves of each graph, all in one run."""
    from io import BytesIO

    import owlready2

    from aims_graph.owl import _reasoner_at

    world = owlready2.World()
    world.get_ontology("urn:fragment").load(fileobj=BytesIO(for_hermit(graphs)))
    with _reasoner_at(java):
        owlready2.sync_reasoner_hermit(world, debug=0)
    found: list[dict[Pair, Degree]] = []
    for graph in graphs:
        proved: dict[str, set[Pair]] = {"Full": set(), "Partial": set()}
        starts = list(graph.parents)
        for name in graph.parents:
            for kind in world[graph.iri(name)].INDIRECT_is_a:
                degree, _, number = getattr(kind, "name", "").partition("-")
                if degree in proved:
                    proved[degree].add((starts[int(number)], name))
        found.append(together(proved["Full"], proved["Partial"]))
    world.close()
    return found


# -- every walk, one by one: what is left where no edition is entered twice ---------------------


def by_walking(graph: Drawn) -> dict[Pair, Degree]:
    """All walks that enter no edition by a row twice, step by step, with no rule but those of the two paths."""
    ways: dict[str, list[tuple[str, Relation, bool]]] = {n: [] for n in graph.parents}
    for a, relation, b in graph.rows:
        if relation in CARRY:
            ways[a].append((b, relation, True))
            ways[b].append((a, relation.converse, True))
    for name, parent in graph.parents.items():
        if parent is not None:
            ways[parent].append((name, SUP, False))
            ways[name].append((parent, SUB, False))
    onward = {(F, EQ): F, (F, SUP): F, (F, SUB): P, (F, INT): P, (P, EQ): P, (P, SUB): P}
    found: dict[Pair, Degree] = {}
    for start in graph.parents:
        waiting = [(start, F, frozenset({_edition(start)}))]
        seen = set(waiting)
        while waiting:
            name, degree, entered = waiting.pop()
            found[start, name] = max(degree, found.get((start, name), N))
            for other, relation, by_row in ways[name]:
                here = _edition(other)
                state = (other, onward.get((degree, relation), N), entered | {here})
                if state[1] >= P and not (by_row and here in entered) and state not in seen:
                    seen.add(state)
                    waiting.append(state)
    return found


def _edition(name: str) -> str:
    return name.partition(":")[0]
