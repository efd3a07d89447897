"""The same claims as the index, written to be read: a graph of states in networkx, searched for shortest paths.

A state is a provision, a degree and what the chain has used. An edge joins two
states where the guards let the claim pass; its length is the logarithm of the
row's confidence, so that the shortest path is the most probable proof. Rules
with several premises add states whose distance is that of all rows of their
premises. Nothing is dropped and nothing remembered: this is the measure for
`index`, not a fast way to ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from math import exp, inf, log

import networkx as nx

from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context, Crossing, Used, meets_again, without_idle
from aims_graph.inference import Reached, Search
from aims_graph.model import Mapping
from aims_graph.relations import Degree

Rows = frozenset[Mapping]
State = tuple[str, Degree, Used]
START = "start"


def claims(catalogue: Catalogue, starts: Sequence[str], context: Context) -> dict[str, tuple[Degree, float]]:
    """The full and partial claims of some starts done together: degree, and product along the surest proof.

    A row without a confidence counts as 0 in the product, and one that members of
    a whole share counts once. A whole is joined from the surest proof of each
    member for each thing used: where rows are shared, a less sure one might serve
    better, so that its product is a lower bound.
    """
    search = Search(catalogue, context)
    graph: nx.DiGraph[State | str] = nx.DiGraph()
    graph.add_node(START)
    known: dict[State, Reached] = {}
    waiting: list[tuple[State | str, Rows, Reached]] = [
        (START, frozenset(), s) for name in starts if (s := search.start(name)) is not None
    ]
    far: dict[State | str, float] = {}
    while waiting:
        while waiting:
            origin, rows, reached = waiting.pop()
            state = (reached.provision, reached.degree, reached.used)
            if _length(rows) < (graph.edges[origin, state]["length"] if graph.has_edge(origin, state) else inf):
                graph.add_edge(origin, state, length=_length(rows), rows=rows)
            if state not in known:
                known[state] = reached
                waiting += [(state, taken, onward) for taken, onward in _onward(search, reached)]
        far = nx.single_source_dijkstra_path_length(graph, START, weight="length")
        lines = nx.single_source_dijkstra_path(graph, START, weight="length")
        taken_to = {end: _rows_along(graph, line) for end, line in lines.items()}
        for rows, reached in _with_several_premises(search, known, taken_to):
            state = (reached.provision, reached.degree, reached.used)
            if _length(rows) < far.get(state, inf) - 1e-12 or state not in known:
                waiting.append((START, rows, reached))
    found: dict[str, tuple[Degree, float]] = {}
    for provision, degree, used in known:
        sure = exp(-far[provision, degree, used])
        found[provision] = max(found.get(provision, (Degree.NONE, 0.0)), (degree, sure))
    return found


def _length(rows: Rows) -> float:
    return sum(_far(row.confidence) for row in sorted(rows, key=lambda r: r.id))


def _rows_along(graph: nx.DiGraph[State | str], line: Sequence[State | str]) -> Rows:
    return frozenset().union(*(graph.edges[edge]["rows"] for edge in pairwise(line)))


def _onward(search: Search, reached: Reached) -> Iterator[tuple[Rows, Reached]]:
    """Every full or partial claim one edge further, with the row of that edge."""
    catalogue = search.catalogue
    here = catalogue.provisions[reached.provision]
    no_row: Rows = frozenset()
    ways = [
        (no_row, search.cross(reached, Crossing(edge, here, catalogue.provisions[other], None)))
        for edge, other in search.hierarchy(here)
    ]
    for row, edge, other in search.mapped(here):
        there = catalogue.provisions[other]
        if not meets_again(catalogue, reached.used, here, there):
            ways.append((frozenset({row}), search.cross(reached, Crossing(edge, here, there, row))))
    for joint in catalogue.joints_at.get(here.id, ()):
        stated = frozenset({joint.row})
        ways += [(stated, arrived) for arrived in search.past_joint(joint, (reached,), reached.used)]
    for rows, arrived in ways:
        if arrived is not None and arrived.degree >= Degree.PARTIAL:
            yield rows, arrived


def _far(confidence: float | None) -> float:
    return -log(confidence) if confidence else 1e6  # so unsure that the product is 0


def _with_several_premises(
    search: Search, known: dict[State, Reached], taken_to: dict[State | str, Rows]
) -> Iterator[tuple[Rows, Reached]]:
    """What follows from all members of a whole, or from one side of a joint group, in every combination."""
    full: dict[str, list[State]] = {}
    for state in known:
        if state[1] is Degree.FULL:
            full.setdefault(state[0], []).append(state)
    catalogue = search.catalogue
    for name, members in catalogue.children.items():
        whole = catalogue.provisions[name]
        if search.is_sum_of_parts(whole):
            asked = without_idle(catalogue, members, search.context)
            for used, states in _combinations([full.get(m, []) for m in asked]):
                joined = search.join(whole, used, tuple(known[s] for s in states))
                if joined is not None:
                    yield frozenset().union(*(taken_to[s] for s in states)), joined
    for joint in catalogue.joints:
        for side in (joint.subjects, joint.objects):
            if len(side) > 1:
                for used, states in _combinations([full.get(m, []) for m in side]):
                    rows = frozenset({joint.row}).union(*(taken_to[s] for s in states))
                    for arrived in search.past_joint(joint, tuple(known[s] for s in states), used):
                        if arrived.degree >= Degree.PARTIAL:
                            yield rows, arrived


def _combinations(choices: list[list[State]]) -> Iterator[tuple[Used, tuple[State, ...]]]:
    """One state of each member, in every way that may stand in one proof."""
    for states in product(*choices) if choices else ():
        used: Used | None = states[0][2]
        for state in states[1:]:
            used = None if used is None else used.joined(state[2])
        if used is not None:
            yield used, states
