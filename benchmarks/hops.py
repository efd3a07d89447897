"""One action, one hop: the rows at what it closes, with relation, confidence and path, from 1,000 actions up."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

import pyoxigraph as ox

from aims_graph.catalogue import Catalogue
from aims_graph.indexing.index import Hop as Ours
from aims_graph.indexing.index import Index
from aims_graph.relations import Degree, Edge, transfer
from aims_graph.vocab import MAPPING
from benchmarks import measuring, rivals, triples, values, worlds
from benchmarks.measuring import Section, Spread, Table, spoken
from benchmarks.rivals import Asking, Hop

SEED = 20261122
SIZES = {False: (1_000, 10_000, 100_000, 1_000_000), True: (1_000, 10_000, 100_000)}
COMPARED_AT = {False: 100_000, True: 10_000}


@dataclass(frozen=True)
class Organisation:
    """Actions and what they close, as the program holds them and as statements."""

    known: Catalogue
    index: Index
    closes: dict[str, str]

    def ask(self) -> Callable[[str], tuple[Ours, ...]]:
        """The hop as a program takes it."""
        closes, hop = self.closes, self.index.hop

        def ours(action: str) -> tuple[Ours, ...]:
            return hop(closes[action])

        return ours

    def statements(self) -> chain[triples.Statement]:
        """The same data for other engines."""
        closed = [self.known.provisions[p].iri for p in self.closes.values()]
        return chain(triples.provisions_and_rows(self.known), triples.closings(list(self.closes), closed))


@dataclass(frozen=True)
class Grown:
    """One size of organisation."""

    actions: int
    ours: Spread
    rival: Spread
    lookup: Spread  # of what an action closes, and no more


def organisation(known: Catalogue, index: Index, world: worlds.World, count: int) -> Organisation:
    """So many actions at mapped provisions."""
    closed = [world.names[n] for n in worlds.actions(world, count, SEED).tolist()]
    return Organisation(known, index, dict(zip(triples.action_names(count), closed, strict=True)))


def measure(quick: bool) -> Section:
    """All of it."""
    world = worlds.world(1_000, 3_000, 5, SEED)
    known = values.of(world)
    index = Index(known, values.CONTEXT)
    section = Section()
    grown: list[Grown] = []
    for count in SIZES[quick]:
        held = organisation(known, index, world, count)
        store = triples.in_oxigraph(held.statements())
        sample = list(held.closes)[:: max(1, count // 20_000)]
        rival = rivals.oxigraph_forms(store)["UNION of whole patterns"]
        _equal(held, rival, sample[::50])
        few = sample[:: max(1, len(sample) // 2_000)]
        theirs, _ = measuring.calls_in_turns(rival, held.ask(), few, short=True)
        grown.append(Grown(count, _steady(held.ask(), sample), theirs, _steady(held.closes.__getitem__, sample)))
        if count == COMPARED_AT[quick]:
            _compare(section, held, store, few)
            _by_rows(section, held, rival)
    _grow(section, grown)
    return section


def _steady(ask: Callable[[str], object], sample: Sequence[str]) -> Spread:
    """Twenty thousand calls, the sample over and over where it is shorter."""
    with measuring.undisturbed():
        times = [t for _ in range(max(1, 20_000 // len(sample))) for t in measuring.calls(ask, sample, measuring.WALL)]
    return measuring.spread(times)


def _compare(section: Section, held: Organisation, store: ox.Store, sample: Sequence[str]) -> None:
    graph = triples.in_rdflib(held.statements())
    tried = {
        "pyoxigraph": rivals.oxigraph_forms(store),
        "rdflib": rivals.rdflib_forms(graph),
    }
    forms = []
    best: dict[str, tuple[str, Asking]] = {}
    for engine, asked in tried.items():
        times = {}
        for name, ask in asked.items():
            _equal(held, ask, sample[:20])
            times[name] = statistics.median(measuring.calls(ask, sample[:60]))
            forms.append((engine, name, spoken(times[name] * 1e6)))
        fastest = min(times, key=lambda n: times[n])
        best[engine] = fastest, asked[fastest]
    note = (
        f"{len(held.closes):,} actions; rows with relation and confidence as Python values, compared equal; best form: "
    )
    cold = "each call of ours right after one of the rival, whose work is then in the processor's caches"
    ours = held.ask()
    for engine, least in (("pyoxigraph", 50), ("rdflib", 2_000)):
        name, ask = best[engine]
        first, second = measuring.calls_in_turns(ask, ours, sample[:1_000], short=True)
        section.rows.append(measuring.compared(f"what_else_one_hop_vs_{engine}", first, second, note + name, least))
        first, second = measuring.calls_in_turns(ask, ours, sample[:500], repeats=1, short=True)
        section.rows.append(measuring.compared(f"what_else_one_hop_cold_caches_vs_{engine}", first, second, cold))
    others = {
        "rdflib_without_sparql": (rivals.rdflib_without_sparql(graph), "rdflib's indices by hand, no SPARQL"),
        "networkx": (rivals.networkx_hop(rivals.as_networkx(held.known, _iris(held))), "adjacency of a MultiDiGraph"),
    }
    for name, (ask, about) in others.items():
        _equal(held, ask, sample[:20])
        first, second = measuring.calls_in_turns(ask, ours, sample, short=True)
        section.rows.append(measuring.compared(f"what_else_one_hop_vs_{name}", first, second, about))
    forms_about = "Median of 60 actions, each form compared equal first; the fastest of each engine is the rival above."
    section.tables.append(
        Table("Forms of the one-hop query that were tried", ("engine", "form", "median"), tuple(forms), forms_about)
    )


def _by_rows(section: Section, held: Organisation, rival: Asking) -> None:
    """How the ratio depends on how many rows there are to give."""
    groups: dict[tuple[int, int], list[str]] = {(1, 1): [], (2, 5): [], (6, 20): [], (21, 10_000): []}
    ours = held.ask()
    for action in held.closes:
        rows = len(ours(action))
        for (low, high), found in groups.items():
            if low <= rows <= high and len(found) < 500:
                found.append(action)
    lines = []
    for (low, high), actions in groups.items():
        if len(actions) > 1:
            first, second = measuring.calls_in_turns(rival, ours, actions, short=True)
            name = f"{low}" if low == high else f"{low} or more" if high == 10_000 else f"{low} to {high}"
            lines.append((name, spoken(first.median), spoken(second.median), f"{first.median / second.median:,.0f}"))
    counts = Counter(len(ours(action)) for action in held.closes)
    middle = statistics.median(counts.elements())
    about = f"An action of this organisation has {middle:g} rows in the middle, {max(counts)} at most."
    section.tables.append(
        Table("One hop by the number of rows found", ("rows", "pyoxigraph", "ours", "ratio"), tuple(lines), about)
    )


def _grow(section: Section, grown: list[Grown]) -> None:
    smallest, largest = grown[0], grown[-1]
    tail = max((g.ours for g in grown), key=lambda s: s.p99 / s.median)
    value = tail.p99 / tail.median
    note = "the worst of all sizes; calls one by one, less the cost of the clock"
    section.rows.append(measuring.Row("one_hop_p99_vs_median", value, None, tail, "at most 5", value <= 5, note))
    floor = largest.lookup.median / smallest.lookup.median
    note = (
        f"median at {largest.actions:,} actions against {smallest.actions:,}; the dictionary of actions alone, "
        f"which no longer fits the caches, takes {floor:.2g} times as long"
    )
    section.rows.append(measuring.bounded("one_hop_growth_with_actions", largest.ours, smallest.ours, note, 2))
    columns = ("actions", "ours: median", "p99", "dictionary alone", "pyoxigraph: median", "p99", "ratio")
    lines = tuple(
        (
            f"{g.actions:,}",
            *(spoken(t) for t in (g.ours.median, g.ours.p99, g.lookup.median, g.rival.median, g.rival.p99)),
            f"{g.rival.median / g.ours.median:,.0f}",
        )
        for g in grown
    )
    section.tables.append(Table("One hop from 1,000 actions up", columns, lines))


def _iris(held: Organisation) -> dict[str, str]:
    return {action: held.known.provisions[p].iri for action, p in held.closes.items()}


def _equal(held: Organisation, rival: Asking, sample: Sequence[str]) -> None:
    """What the rival says is what we say, row by row; else there is nothing to compare."""
    ours = held.ask()
    for action in sample:
        for hop in ours(action):
            if hop.degree is not transfer(Edge(hop.relation), Degree.FULL):
                raise AssertionError(f"{action}: {hop} has another degree than its relation gives")
        if sorted(rival(action)) != sorted(_plain(held, hop) for hop in ours(action)):
            raise AssertionError(f"{action}: the rival gives {sorted(rival(action))}")


def _plain(held: Organisation, hop: Ours) -> Hop:
    row = MAPPING + hop.row.partition(":")[2]
    return held.known.provisions[hop.provision].iri, hop.relation, hop.confidence or 0.0, row
