"""What follows in a made-up world, by two means that share nothing with the engine.

`entailed` closes the raw rows and hierarchy under the transfer rules; `is_false` looks at the sets themselves.
"""

from __future__ import annotations

from collections import defaultdict, deque

from aims_graph.relations import EQ, INT, SUB, SUP, Degree, Edge, transfer
from benchmarks.worlds import World

Links = dict[int, list[tuple[int, Edge, float]]]


def links(world: World) -> Links:
    """Every edge both ways: provision → (other, edge, confidence)."""
    found: Links = defaultdict(list)
    for row in world.rows:
        found[row.subject].append((row.object, Edge(row.relation.value), row.confidence))
        found[row.object].append((row.subject, Edge(row.relation.converse.value), row.confidence))
    for whole, members in world.members.items():
        for member in members:
            found[whole].append((member, Edge.PART, 1.0))
            found[member].append((whole, Edge.WHOLE, 1.0))
    return found


def entailed(world: World, edges: Links, start: int) -> dict[int, Degree]:
    """Everything that is full or in part done when all of the start is, guards of chains left aside."""
    best = {start: Degree.FULL}
    ahead = deque([start])

    def reach(node: int, degree: Degree) -> None:
        if degree > best.get(node, Degree.CANDIDATE):
            best[node] = degree
            ahead.append(node)

    while ahead:
        node = ahead.popleft()
        for other, edge, _ in edges[node]:
            reach(other, transfer(edge, best[node]))
        whole = int(world.parent[node])
        if whole in world.exhaustive and all(best.get(m) is Degree.FULL for m in world.members[whole]):
            reach(whole, Degree.FULL)
    return best


def check(world: World) -> None:
    """Every row says what its two sets are to each other, or nothing that is counted here means anything."""
    for row in world.rows:
        one, other = world.elements[row.subject], world.elements[row.object]
        true = EQ if one == other else SUB if one < other else SUP if one > other else INT if one & other else None
        if row.relation is not true:
            raise AssertionError(f"{row} is not true of the sets")


def is_false(world: World, start: int, end: int, degree: Degree) -> bool:
    """Whether a claim is untrue of the sets: a row of this world never is."""
    done, asked = world.elements[start], world.elements[end]
    return not asked <= done if degree is Degree.FULL else not asked & done
