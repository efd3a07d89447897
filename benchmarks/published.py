"""How others answer "what else does this count towards?", written anew from the published idea of each.

Each takes a world and gives a function from a provision to its claims. Their results are read in the weakest way
that says anything: a result that does not say "in full" is read as "some element of it is done".
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import networkx as nx

from aims_graph.relations import EQ, INT, SUB, SUP, Degree, transfer
from benchmarks import truth
from benchmarks.worlds import World

Claims = dict[int, Degree]
Asking = Callable[[int], Claims]

HUB = 0  # the framework that all others are mapped to
WEIGHTS = {EQ: 1.0, SUP: 0.9, SUB: 0.8, INT: 0.5}
PENALTY = 0.8  # for each hop beyond the first
LEAST_SCORE = 0.1
MOST_HOPS = 3


@dataclass(frozen=True)
class Rival:
    """A way of answering, and in one sentence what it answers differently."""

    name: str
    asking: Asking
    differs: str


def all_of(world: World) -> tuple[Rival, ...]:
    """Every way of answering, on one world."""
    return (
        Rival(
            "networkx",
            on_networkx(world),
            "the transfer rules by Dijkstra over (provision, degree): no guard of chains, no rule of all parts",
        ),
        Rival(
            "hub_paths",
            hub_paths(world),
            "all shortest paths through hub nodes, product with a penalty a hop: an overlap of an overlap counts",
        ),
        Rival(
            "framework_paths",
            framework_paths(world),
            "a projection along framework → hub → framework by the weakest link: a part of a part counts as a part",
        ),
        Rival(
            "noisy_or",
            noisy_or(world),
            f"every chain of up to {MOST_HOPS} rows, all chains added up as if independent: no relation is composed",
        ),
    )


def on_networkx(world: World) -> Asking:
    """Shortest paths of the claim automaton, weighted by the logarithm of confidence; the best path comes along."""
    graph: nx.DiGraph[tuple[int, Degree]] = nx.DiGraph()
    for node, edges in truth.links(world).items():
        for other, edge, confidence in edges:
            for degree in (Degree.FULL, Degree.PARTIAL):
                beyond = transfer(edge, degree)
                if beyond >= Degree.PARTIAL:
                    here, there = (node, degree), (other, beyond)
                    weight = -math.log(confidence)
                    if weight < graph.get_edge_data(here, there, {"weight": math.inf})["weight"]:
                        graph.add_edge(here, there, weight=weight)

    def ask(start: int) -> Claims:
        if (start, Degree.FULL) not in graph:
            return {start: Degree.FULL}
        _, paths = nx.single_source_dijkstra(graph, (start, Degree.FULL))
        found: Claims = {}
        for node, degree in paths:
            found[node] = max(degree, found.get(node, degree))
        return found

    return ask


def hub_paths(world: World) -> Asking:
    """All shortest paths to each provision of another framework, every node between being one of the hub's."""
    graph: nx.Graph[int] = nx.Graph()
    for row in world.rows:
        graph.add_edge(row.subject, row.object, weight=WEIGHTS[row.relation])
    framework = world.framework.tolist()

    def ask(start: int) -> Claims:
        score, hops, level = {start: 1.0}, {start: 0}, [start]
        while level:
            ahead: dict[int, float] = {}
            for node in level:
                if node != start and framework[node] != HUB:
                    continue  # a path ends at the first node that is not of the hub
                for other, edge in graph.adj[node].items() if node in graph else ():
                    if other not in hops:
                        further = score[node] * edge["weight"] * (PENALTY if node != start else 1.0)
                        ahead[other] = max(further, ahead.get(other, 0.0))
            for node, value in ahead.items():
                score[node], hops[node] = value, hops[level[0]] + 1
            level = [node for node, value in ahead.items() if value >= LEAST_SCORE]
        return {node: Degree.PARTIAL for node, value in score.items() if value >= LEAST_SCORE and node != start}

    return ask


def framework_paths(world: World) -> Asking:
    """Results carried over set by set along each shortest chain of frameworks; the weakest link gives the result."""
    sets: dict[tuple[int, int], dict[int, list[tuple[int, Degree]]]] = defaultdict(lambda: defaultdict(list))
    framework = world.framework.tolist()
    strength = {EQ: Degree.FULL, SUP: Degree.FULL, SUB: Degree.PARTIAL, INT: Degree.PARTIAL}
    for row in world.rows:
        one, other = framework[row.subject], framework[row.object]
        sets[one, other][row.subject].append((row.object, strength[row.relation]))
        sets[other, one][row.object].append((row.subject, strength[row.relation.converse]))

    def carried(results: Claims, from_: int, to: int) -> Claims:
        found: Claims = {}
        for node, degree in results.items():
            for other, link in sets[from_, to].get(node, ()):
                found[other] = max(min(degree, link), found.get(other, Degree.NONE))
        return found

    def ask(start: int) -> Claims:
        home = framework[start]
        at_hub = carried({start: Degree.FULL}, home, HUB)
        found = dict(at_hub) if home != HUB else {}
        for target in range(int(world.framework.max()) + 1):
            if target in (home, HUB):
                continue
            direct = carried({start: Degree.FULL}, home, target)
            for node, degree in (*direct.items(), *carried(at_hub, HUB, target).items()):
                found[node] = max(degree, found.get(node, Degree.NONE))
        return found

    return ask


def noisy_or(world: World) -> Asking:
    """The product of each chain of rows, and 1 - ∏(1 - product) over all chains that end at a provision."""
    found = noisy_or_beliefs(world)
    return lambda start: {node: Degree.PARTIAL for node, belief in found(start).items() if belief >= 0.5}


def noisy_or_beliefs(world: World) -> Callable[[int], dict[int, float]]:
    """The number that adding up chains gives for each provision."""
    edges: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for row in world.rows:
        edges[row.subject].append((row.object, row.confidence))
        edges[row.object].append((row.subject, row.confidence))

    def ask(start: int) -> dict[int, float]:
        doubt: dict[int, float] = {}
        level: list[tuple[tuple[int, ...], float]] = [((start,), 1.0)]
        for _ in range(MOST_HOPS):
            longer = []
            for path, belief in level:
                for other, confidence in edges[path[-1]]:
                    if other not in path:
                        longer.append(((*path, other), belief * confidence))
                        doubt[other] = doubt.get(other, 1.0) * (1.0 - belief * confidence)
            level = longer
        return {node: 1.0 - left for node, left in doubt.items()}

    return ask
