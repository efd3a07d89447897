"""The size of the largest public collection, and how cost grows from 1,000 to 100,000 provisions."""

from __future__ import annotations

import resource

import numpy as np
from numpy.typing import NDArray

from aims_graph.indexing.index import Index
from aims_graph.indexing.table import Table as Projection
from aims_graph.relations import Degree
from benchmarks import measuring, values, worlds
from benchmarks.measuring import Section, Table, spoken

SEED = 20261122
ROUNDS = 3
LARGEST = {False: (70_000, 77_000, 35), True: (7_000, 7_700, 12)}  # provisions, rows, frameworks
SIZES = {False: ((1_000, 5), (10_000, 12), (100_000, 35)), True: ((1_000, 5), (10_000, 12))}
Pairs = dict[tuple[str, str], NDArray[np.int64]]
BUILD_MS, PROJECT_MS = 2_000.0, 10_000.0


def measure(quick: bool) -> Section:
    """All of it; the largest last, so that the peak of memory is known of each size."""
    section = Section()
    lines = [_size(provisions, frameworks) for provisions, frameworks in SIZES[quick]]
    columns = ("provisions", "rows", "built", "a provision's claims: median", "p99", "one hop", "peak so far")
    about = "Rows are 1.1 for each provision, 95 % overlaps; claims and hops of 300 starts spread over all."
    section.tables.append(Table("From 1,000 provisions up", columns, tuple(lines), about))
    _project(section, *LARGEST[quick])
    return section


def _size(provisions: int, frameworks: int) -> tuple[str, ...]:
    world = worlds.world(provisions, provisions * 11 // 10, frameworks, SEED)
    known = values.of(world)
    index, built = measuring.timed(lambda: Index(known, values.CONTEXT))
    starts = index.starts[:: max(1, provisions // 300)]
    for start in starts:  # what the guards say of each kind of edge is asked once
        index.claims(start)
    with measuring.undisturbed():
        claims = measuring.spread(measuring.calls(index.claims, starts))
        for start in starts:
            index.hop(start)
        hops = measuring.spread(measuring.calls(index.hop, starts, measuring.WALL))
    shown = (spoken(t) for t in (built * 1e6, claims.median, claims.p99, hops.median))
    return (f"{provisions:,}", f"{len(world.rows):,}", *shown, f"{peak_mb():,.0f} MB")


def _project(section: Section, provisions: int, rows: int, frameworks: int) -> None:
    """Every claim from every provision to every other framework, with the rows and the path of its best proof."""
    known = values.of(worlds.world(provisions, rows, frameworks, SEED))
    size = f"{provisions:,} provisions, {rows:,} rows, {frameworks} frameworks"
    built = measuring.spread([measuring.timed(lambda: Index(known, values.CONTEXT))[1] for _ in range(ROUNDS)])
    section.rows.append(measuring.limited("collection_index_built", built, BUILD_MS, size))
    times = []
    for _ in range(1 if provisions < 10_000 else ROUNDS):
        index = Index(known, values.CONTEXT)
        (table, pairs), seconds = measuring.timed(lambda index=index: _projected(index))  # type: ignore[misc]
        times.append(seconds)
    claims, full = _proved(table, pairs)
    limited = set().union(*table.limited.values())
    note = (
        f"{size}: {claims:,} claims, {full:,} full, each with its proof, over {len(pairs):,} of "
        f"{frameworks * (frameworks - 1):,} ordered pairs; {len(limited):,} provisions met a limit"
    )
    found = measuring.spread(times)
    section.rows.append(measuring.limited("collection_all_pairs_projected", found, PROJECT_MS, note))


def _projected(index: Index) -> tuple[Projection, Pairs]:
    """From the index to the claims of each ordered pair of frameworks."""
    table = Projection.of(index)
    return table, table.between()


def _proved(table: Projection, pairs: Pairs) -> tuple[int, int]:
    """How many claims there are, and how many full; every claim has a premise, and some are followed to the end."""
    columns, claims = table.columns, np.concatenate(list(pairs.values()))
    if (columns.before[claims] == -1).any():
        raise AssertionError("a claim on another framework has no premise")
    for place in claims[:: max(1, len(claims) // 500)].tolist():
        start, end = table.names[table.start[place]], table.names[columns.provision[place]]
        best = table.claims(start)[end]
        if not best.rows or best.path[0] != start or best.path[-1] != end:
            raise AssertionError(f"{start} to {end}: the proof does not lead there")
    return len(claims), int((columns.degree[claims] == Degree.FULL).sum())


def peak_mb() -> float:
    """Most memory this process has used so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
