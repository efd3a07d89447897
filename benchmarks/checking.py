"""Checking records: one change to its verdict, whatever the size of the organisation; and everything at once."""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from aims_graph.library import Library
from aims_graph.vocab import AIMS
from aims_graph.workspaces.assessing import Assessor
from aims_graph.workspaces.auditlog import Change
from aims_graph.workspaces.record_store import line
from aims_graph.workspaces.workspace import BASE, Signature, Workspace
from aims_graph.workspaces.writing import Request, Writer
from benchmarks.measuring import (
    CPU,
    WALL,
    Section,
    Spread,
    Table,
    bounded,
    compared,
    spoken,
    spread,
    timed,
    undisturbed,
)
from benchmarks.organisations import organisation

SIZES, QUICK_SIZES = (1_000, 10_000, 100_000), (200, 1_000)
ROUNDS, QUICK_ROUNDS = 200, 30
FOCUS_SIZES = 10_000  # the most actions that the reference engine is given as one graph
WHOLE, QUICK_WHOLE = 1_000, 20  # actions of which the reference engine checks everything
DAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WANTED_MS, WANTED_FLAT, WANTED_ONE, WANTED_ALL = 10.0, 2.0, 50.0, 20.0


def measure(quick: bool, whole: int = WHOLE) -> Section:
    """Every size in a workspace of its own; `whole` actions are checked by the reference engine as well."""
    section = Section()
    library = Library.open()
    assessor = Assessor(library.catalogue, library.rules)
    standard = next(e.namespace for e in library.catalogue.editions.values() if e.managed is not None)
    sizes = QUICK_SIZES if quick else SIZES
    _changes(section, assessor, standard, sizes, QUICK_ROUNDS if quick else ROUNDS)
    _whole(section, assessor, standard, sizes[-1], QUICK_WHOLE if quick else whole)
    return section


def _changes(section: Section, assessor: Assessor, standard: str, sizes: Sequence[int], rounds: int) -> None:
    """One changed case to its verdict, write included, at each size."""
    ours: dict[int, Spread] = {}
    for size in sizes:
        with ExitStack() as stack:
            workspace = filled(stack, size, standard)
            ours[size] = changed(workspace, assessor, size, rounds)
        if size <= FOCUS_SIZES:
            theirs, triples = _by_reference(assessor, size, standard)
            note = f"{triples:,} statements; the reference engine with the case as focus node, its graph built before"
            section.rows.append(compared(f"change_vs_pyshacl_{size}", theirs, ours[size], note, WANTED_ONE))
    note = f"one change to verdict and disk with {sizes[-1]:,} actions against {sizes[0]:,}"
    section.rows.append(bounded("change_growth", ours[sizes[-1]], ours[sizes[0]], note, WANTED_FLAT))
    lines = tuple(
        (f"{n:,}", spoken(s.median), spoken(s.p99), str(s.median <= WANTED_MS * 1000)) for n, s in ours.items()
    )
    about = f"Wall clock, the log on disk included; asked: at most {WANTED_MS:g} ms."
    columns = ("actions", "median", "99th of a hundred", f"at most {WANTED_MS:g} ms")
    section.tables.append(Table("One changed record to its verdict", columns, lines, about))


def filled(stack: ExitStack, size: int, standard: str) -> Workspace:
    """A workspace with so many actions, as one entry of its log."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "workspace"
    Workspace.init(folder, BASE, "made up", NOW)
    workspace = stack.enter_context(Workspace.open(folder, write=True))
    graph = workspace.store.graph
    lines = [line(ox.Quad(t.subject, t.predicate, t.object, graph)) for t in organisation(size, standard)]
    workspace.commit(Change(tuple(sorted(lines))), Signature("benchmark", "load"), "", NOW)
    return workspace


def changed(workspace: Workspace, assessor: Assessor, size: int, rounds: int) -> Spread:
    writer = Writer(workspace, assessor)

    def change(number: int) -> Callable[[], object]:
        node = ox.NamedNode(f"{BASE}NC-{number * 7 % size}")
        text = ox.Literal(f"What was found, in other words: {number}.")
        request = Request((ox.Triple(node, ox.NamedNode(f"{AIMS}description"), text),))
        return lambda: writer.write(request, Signature("benchmark", "change"), NOW, DAY)

    for number in range(5):
        change(number)()
    with undisturbed():
        return spread([timed(change(number), WALL)[1] for number in range(5, 5 + rounds)])


def _by_reference(assessor: Assessor, size: int, standard: str) -> tuple[Spread, int]:
    """The reference engine on the same graph, asked about one case by every rule."""
    import pyshacl
    import rdflib

    data = assessor.data(organisation(size, standard), DAY)
    graph = rdflib.Graph().parse(data=data, format="nt")
    shapes = rdflib.Graph().parse(data=assessor.rules.turtle, format="turtle")
    validate: Any = pyshacl.validate

    def ask(number: int) -> object:
        return validate(graph, shacl_graph=shapes, focus_nodes=[f"{BASE}NC-{number}"], inplace=True)

    ask(0)
    return spread([timed(lambda n=n: ask(n), WALL)[1] for n in range(1, 6)]), len(graph)  # type: ignore[misc]


def _whole(section: Section, assessor: Assessor, standard: str, size: int, small: int) -> None:
    """Everything: the largest organisation by parts, a small one by the reference engine too."""
    shapes = assessor.rules.shapes
    data = assessor.data(organisation(small, standard), DAY)
    known = assessor.rules.severities
    fast, fast_seconds = timed(lambda: shapes.fast(data), CPU)
    slow, slow_seconds = timed(lambda: shapes.reference(data), CPU)
    assert [r for r in fast if r.shape in known] == [r for r in slow if r.shape in known], "the engines differ"
    with ExitStack() as stack:
        store = filled(stack, size, standard).store
        broken, seconds = timed(lambda: frozenset(assessor.whole(store.records(), store.view, DAY)), CPU)
    note = (
        f"{len(broken):,} verdicts; the reference engine checked {small:,} actions in {spoken(slow_seconds * 1e6)}, "
        f"times {size / small:g}; on those the fast engine gave the same report in {spoken(fast_seconds * 1e6)}"
    )
    extrapolated = spread([slow_seconds * size / small])
    section.rows.append(compared("whole_check_vs_pyshacl", extrapolated, spread([seconds]), note, WANTED_ALL))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lines = ((f"{size:,}", spoken(seconds * 1e6), f"{len(broken):,}", f"{peak:,.0f} MB"),)
    about = "By parts of 2,000 records; the peak is of the whole process, loading included. Asked: under 8 GB."
    section.tables.append(Table("Everything checked", ("actions", "time", "verdicts", "peak memory"), lines, about))
