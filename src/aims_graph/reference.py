"""The same claims as the index, written to be read: a graph of states in networkx, searched for shortest paths.

A state is a provision, a degree and what the chain has used. An edge joins two
states where the guards let the claim pass; its length is the logarithm of the
row's confidence, so that the shortest path is the most probable proof. Rules
with several premises add states whose distance is that of their premises
together. Nothing is dropped and nothing remembered: this is the measure for
`index`, not a fast way to ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import exp, inf, log

import networkx as nx

from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context, Crossing, Used, meets_again, without_idle
from aims_graph.inference import Reached, Search
from aims_graph.relations import Degree

State = tuple[str, Degree, Used]
START = "start"


def claims(catalogue: Catalogue, starts: Sequence[str], context: Context) -> dict[str, tuple[Degree, float]]:
    """The full and partial claims of some starts done together: degree, and product along the surest proof.

    A row without a confidence counts as 0 in the product. A whole is joined from
    the surest proof of each member, whatever rows these share.
    """
    search = Search(catalogue, context)
    graph: nx.DiGraph[State | str] = nx.DiGraph()
    graph.add_node(START)
    known: dict[State, Reached] = {}
    waiting: list[tuple[State | str, float, Reached]] = [
        (START, 0.0, s) for name in starts if (s := search.start(name)) is not None
    ]
    while waiting:
        while waiting:
            origin, length, reached = waiting.pop()
            state = (reached.provision, reached.degree, reached.used)
            graph.add_edge(origin, state, length=min(length, _length(graph, origin, state)))
            if state not in known:
                known[state] = reached
                waiting += [(state, step, onward) for step, onward in _onward(search, reached)]
        far = nx.single_source_dijkstra_path_length(graph, START, weight="length")
        for length, reached in _with_several_premises(search, known, far):
            state = (reached.provision, reached.degree, reached.used)
            if length < far.get(state, inf) - 1e-12 or state not in known:
                waiting.append((START, length, reached))
    far = nx.single_source_dijkstra_path_length(graph, START, weight="length")
    found: dict[str, tuple[Degree, float]] = {}
    for provision, degree, used in known:
        sure = exp(-far[provision, degree, used])
        found[provision] = max(found.get(provision, (Degree.NONE, 0.0)), (degree, sure))
    return found


def _length(graph: nx.DiGraph[State | str], one: State | str, other: State) -> float:
    return float(graph.edges[one, other]["length"]) if graph.has_edge(one, other) else inf


def _onward(search: Search, reached: Reached) -> Iterator[tuple[float, Reached]]:
    """Every full or partial claim one edge further, with the length of that edge."""
    catalogue = search.catalogue
    here = catalogue.provisions[reached.provision]
    ways = [
        (0.0, search.cross(reached, Crossing(edge, here, catalogue.provisions[other], None)))
        for edge, other in search.hierarchy(here)
    ]
    for row, edge, other in search.mapped(here):
        there = catalogue.provisions[other]
        if not meets_again(catalogue, reached.used, here, there):
            ways.append((_far(row.confidence), search.cross(reached, Crossing(edge, here, there, row))))
    for joint in catalogue.joints_at.get(here.id, ()):
        length = _far(joint.row.confidence)
        ways += [(length, arrived) for arrived in search.past_joint(joint, (reached,), reached.used)]
    for length, arrived in ways:
        if arrived is not None and arrived.degree >= Degree.PARTIAL:
            yield length, arrived


def _far(confidence: float | None) -> float:
    return -log(confidence) if confidence else 1e6  # so unsure that the product is 0


def _with_several_premises(
    search: Search, known: dict[State, Reached], far: dict[State | str, float]
) -> Iterator[tuple[float, Reached]]:
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
                    yield sum(far[s] for s in states), joined
    for joint in catalogue.joints:
        for side in (joint.subjects, joint.objects):
            if len(side) > 1:
                for used, states in _combinations([full.get(m, []) for m in side]):
                    length = sum(far[s] for s in states) + _far(joint.row.confidence)
                    for arrived in search.past_joint(joint, tuple(known[s] for s in states), used):
                        if arrived.degree >= Degree.PARTIAL:
                            yield length, arrived


def _combinations(choices: list[list[State]]) -> Iterator[tuple[Used, tuple[State, ...]]]:
    """One state of each member, in every way that may stand in one proof."""
    for states in product(*choices) if choices else ():
        used: Used | None = states[0][2]
        for state in states[1:]:
            used = None if used is None else used.joined(state[2])
        if used is not None:
            yield used, states
