"""All actions of an organisation at once: every (action, provision, degree), against the same join in SPARQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
import pyoxigraph as ox
from numpy.typing import NDArray

from aims_graph.chain import Context
from aims_graph.indexing.batch import Batch, Rows, by_action
from aims_graph.indexing.index import Hop, Index
from aims_graph.indexing.table import Table
from aims_graph.library import Library
from aims_graph.relations import Degree, Edge, Relation, transfer
from aims_graph.vocab import AIMS, STRM
from benchmarks import hops, measuring, rivals, triples, values, worlds
from benchmarks.measuring import Section

SEED = 20261122
AS_OF = date(2026, 11, 22)
ACTIONS = {False: 100_000, True: 20_000}
Found = list[tuple[str, str, str]]  # action, provision, degree
HOP_DEGREES = {relation.value: transfer(Edge(relation.value), Degree.FULL).word for relation in Relation}
FORMS = {
    "one query for each degree": [
        f"PREFIX aims: <{AIMS}> PREFIX strm: <{STRM}> SELECT ?a ?q WHERE {{ ?a aims:closes ?p . ?p strm:{d} ?q }}"
        for d in ("full", "partial")
    ],
    "degree as a variable": [
        f"PREFIX aims: <{AIMS}> PREFIX strm: <{STRM}> SELECT ?a ?q ?degree WHERE {{ ?a aims:closes ?p . "
        "VALUES ?degree { strm:full strm:partial } ?p ?degree ?q }"
    ],
    "UNION of the degrees": [
        f"PREFIX aims: <{AIMS}> PREFIX strm: <{STRM}> SELECT ?a ?q ?degree WHERE {{ ?a aims:closes ?p . "
        '{ ?p strm:full ?q BIND("full" AS ?degree) } UNION { ?p strm:partial ?q BIND("partial" AS ?degree) } }'
    ],
}


def measure(quick: bool) -> Section:
    """All of it."""
    library = Library.open()
    index = Index(library.catalogue, Context(AS_OF))
    for _ in index.everything():
        pass
    actions, closed = _organisation(index, ACTIONS[quick])
    store = _store(library, index, actions, closed)
    ask, form = _fastest(store)
    iri = {p.id: p.iri for p in library.catalogue.provisions.values()}
    _equal(ask(), [(a, iri[p], d) for a, p, d in _flat(index, actions, closed)])
    section = Section()
    rounds = 3 if quick else 5
    claims = sum(map(len, by_action(index, closed)))
    size = f"{len(actions):,} actions, {claims:,} claims that stand ready on both sides; "
    first, second = measuring.in_turns(rounds, ask, lambda: by_action(index, closed))
    note = f"{size}Python values, compared equal; ours shares one tuple among actions at one provision; {form}"
    section.rows.append(measuring.compared("organisation_batch_vs_sparql", first, second, note, 300))
    flat, _ = measuring.in_turns(rounds, lambda: _flat(index, actions, closed), lambda: None)
    note = f"{size}ours as one new Python tuple for each claim of each action, which is what SPARQL gives"
    section.rows.append(measuring.compared("organisation_batch_one_tuple_a_claim_vs_sparql", first, flat, note))
    _columns(section, index, closed, first, rounds, size)
    _one_hop(section, ACTIONS[quick], 3)
    return section


def _one_hop(section: Section, count: int, rounds: int) -> None:
    """The rows at what each action closes: here nothing stands ready in the store but the rows themselves."""
    world = worlds.world(1_000, 3_000, 5, SEED)
    known = values.of(world)
    held = hops.organisation(known, Index(known, values.CONTEXT), world, count)
    store = triples.in_oxigraph(held.statements())
    closed = list(held.closes.values())

    def ours() -> list[tuple[Hop, ...]]:
        found = {provision: held.index.hop(provision) for provision in set(closed)}
        return list(map(found.__getitem__, closed))

    asked, form = rivals.all_hops(store)
    iri = {p.id: p.iri for p in known.provisions.values()}
    said = ((a, iri[h.provision], h.degree.word) for a, rows in zip(held.closes, ours(), strict=True) for h in rows)
    theirs = asked()
    _equal([(action, other, HOP_DEGREES[relation]) for action, other, relation in theirs], list(said))
    first, second = measuring.in_turns(rounds, asked, ours)
    note = (
        f"{count:,} actions, {len(theirs):,} rows at what they close, nothing derived in the store; Python values, "
        f"compared equal; ours shares one tuple among actions at one provision; SPARQL forms tried: {form}"
    )
    section.rows.append(measuring.compared("organisation_batch_one_hop_vs_sparql", first, second, note, 300))


def _organisation(index: Index, count: int) -> tuple[list[str], list[str]]:
    """Actions and the provision each closes: the more rows a provision has, the more often it is closed."""
    starts, rows = set(index.starts), index.catalogue.rows_at
    weights = np.array([len(found) if p in starts else 0 for p, found in rows.items()], dtype=float)
    drawn = np.random.default_rng(SEED).choice(len(rows), count, p=weights / weights.sum())
    names = list(rows)
    return triples.action_names(count), [names[i] for i in drawn.tolist()]


def _store(library: Library, index: Index, actions: Sequence[str], closed: Sequence[str]) -> ox.Store:
    """The store that questions read, and in it what each action closes and every claim as one plain statement."""
    store = library.store(AS_OF)
    iri = {p.id: ox.NamedNode(p.iri) for p in library.catalogue.provisions.values()}
    graph, closes = ox.NamedNode("https://example.org/organisation/"), ox.NamedNode(f"{AIMS}closes")
    words = {degree: ox.NamedNode(STRM + degree.word) for degree in Degree}
    store.bulk_extend(ox.Quad(ox.NamedNode(a), closes, iri[p], graph) for a, p in zip(actions, closed, strict=True))
    store.bulk_extend(
        ox.Quad(iri[start], words[claim.degree], iri[claim.provision], graph)
        for start, found in index.everything()
        for claim in found.values()
    )
    store.optimize()
    return store


def _fastest(store: ox.Store) -> tuple[Callable[[], Found], str]:
    """The form that takes least."""

    def asking(texts: Sequence[str]) -> Callable[[], Found]:
        def ask() -> Found:
            found: Found = []
            for text, degree in zip(texts, ("full", "partial"), strict=False):
                answered = triples.select(store, text, union=True)
                if len(texts) > 1:
                    found += [(s[0].value, s[1].value, degree) for s in answered]
                else:
                    found += [(s[0].value, s[1].value, s[2].value.rpartition("#")[2]) for s in answered]
            return found

        return ask

    best, told = measuring.fastest({name: asking(texts) for name, texts in FORMS.items()})
    return asking(FORMS[best]), f"SPARQL forms tried: {told}"


def _flat(index: Index, actions: Sequence[str], closed: Sequence[str]) -> Found:
    found = by_action(index, closed)
    return [
        (action, c.provision, c.degree.word)
        for action, claims in zip(actions, found, strict=True)
        for c in claims.values()
    ]


def _equal(one: Found, other: Found) -> None:
    if sorted(one) != sorted(other):
        raise AssertionError(f"SPARQL gives {len(one)} claims, the index {len(other)}, or others")


def _columns(
    section: Section, index: Index, closed: Sequence[str], sparql: measuring.Spread, rounds: int, size: str
) -> None:
    """The same as columns of numbers, compiled and not, and what copying as many bytes takes."""
    table = Table.of(index)
    batch = Batch(table)
    numbers = np.array([table.numbers[p] for p in closed], dtype=np.int32)
    rows = batch.rows_fast(numbers)  # compiles
    _same(table, index, closed, rows)
    _same(table, index, closed, batch.rows(numbers))
    fast, floor = measuring.in_turns(rounds * 4, lambda: batch.rows_fast(numbers), _copier(rows), measuring.WALL)
    plain, _ = measuring.in_turns(rounds, lambda: batch.rows(numbers), lambda: None)
    about = "columns of action, provision, degree, confidence; "
    section.rows.append(measuring.compared("organisation_batch_numpy_vs_sparql", sparql, plain, size + about + "numpy"))
    note = size + about + "compiled (extra fast)"
    section.rows.append(measuring.compared("organisation_batch_fast_vs_sparql", sparql, fast, note, 1_000))
    megabytes = sum(column.nbytes for column in rows) / 1e6
    speed = megabytes / 1e3 / (floor.median / 1e6)
    note = f"floor: numpy copying as many bytes ({megabytes:.0f} MB) into new memory, {speed:.1f} GB/s each way"
    section.rows.append(measuring.bounded("organisation_batch_fast_vs_bandwidth", fast, floor, note, 10))


def _copier(rows: Rows) -> Callable[[], object]:
    columns: list[NDArray[np.generic]] = list(rows)
    return lambda: [column.copy() for column in columns]


def _same(table: Table, index: Index, closed: Sequence[str], rows: Rows) -> None:
    """The columns say what `by_action` says, claim by claim in its order."""
    at = iter(zip(rows.action.tolist(), rows.provision.tolist(), rows.degree.tolist(), strict=True))
    for action, claims in enumerate(by_action(index, closed)):
        said = sorted((action, table.numbers[c.provision], int(c.degree)) for c in claims.values())
        if said != sorted(next(at) for _ in claims):
            raise AssertionError(f"columns and values differ at action {action}")
    if next(at, None) is not None:
        raise AssertionError("the columns hold more than the values")
