"""Cones: what could possibly lead to a claim on a provision, guards left aside.

A guard never raises a claim, so whatever lies outside the cone of a provision
can add nothing to it. Where no rule with several premises lies inside, several
starts together give no more than the best of them alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context, is_idle
from aims_graph.model import ALL_OF, Mapping
from aims_graph.relations import Degree, Edge, transfer
from aims_graph.ways import UPWARD

State = tuple[str, Degree]
CLAIMS = (Degree.FULL, Degree.PARTIAL)


@dataclass(frozen=True)
class Cone:
    """What can lead to one claim."""

    starts: frozenset[str]  # provisions that, when full, may contribute
    together: bool  # whether a rule with several premises lies on a way


class Cones:
    """The cones of one catalogue for one context."""

    def __init__(self, catalogue: Catalogue, context: Context) -> None:
        self._catalogue, self._context = catalogue, context
        self._alone: dict[State, set[State]] = defaultdict(set)  # what one premise suffices for, backwards
        self._joined: dict[State, set[State]] = defaultdict(set)  # what needs further premises
        for before, after in _single(catalogue, context):
            self._alone[after].add(before)
        for before, after in _several(catalogue, context):
            self._joined[after].add(before)

    def of(self, provision: str, degree: Degree) -> Cone:
        """The cone of a claim of at least this degree on a provision."""
        waiting: list[State] = [(provision, degree)]
        seen = set(waiting)
        together = False
        here = self._catalogue.provisions[provision]
        own_whole = None if is_idle(self._catalogue, here, self._context) else here.parent
        while waiting:
            state = waiting.pop()
            joined = self._joined.get(state, set())
            if state[0] == own_whole:
                joined = {s for s in joined if self._catalogue.provisions[s[0]].parent != own_whole}
                # a whole that follows from all of its parts needs this part first
            together = together or bool(joined)
            fuller = {(state[0], Degree.FULL)}
            for before in (self._alone.get(state, set()) | joined | fuller) - seen:
                seen.add(before)
                waiting.append(before)
        return Cone(frozenset(name for name, reached in seen if reached is Degree.FULL), together)


def _single(catalogue: Catalogue, context: Context) -> Iterator[tuple[State, State]]:
    """Pairs of claims of which the first may suffice for the second."""
    for row in catalogue.mappings:
        if row.joint is None and context.admits(row) and row.subject != row.object:
            yield from _across(catalogue, row)
    for provision in catalogue.provisions.values():
        if provision.parent is None:
            continue
        whole = catalogue.provisions[provision.parent]
        upward = UPWARD.get(whole.decomposition or "")
        if upward is not None:
            yield from _along(upward, provision.id, whole.id)
        if whole.decomposition == ALL_OF:
            yield from _along(Edge.PART, whole.id, provision.id)


def _across(catalogue: Catalogue, row: Mapping) -> Iterator[tuple[State, State]]:
    if row.subject in catalogue.provisions and row.object in catalogue.provisions:
        yield from _along(Edge(row.relation.value), row.subject, row.object)
        yield from _along(Edge(row.relation.converse.value), row.object, row.subject)


def _along(edge: Edge, start: str, end: str) -> Iterator[tuple[State, State]]:
    for before in CLAIMS:
        after = transfer(edge, before)
        if after in CLAIMS:
            yield (start, before), (end, after)


def _several(catalogue: Catalogue, context: Context) -> Iterator[tuple[State, State]]:
    """Pairs of claims of which the first may be one of several premises of the second."""
    for parent, members in catalogue.children.items():
        whole = catalogue.provisions[parent]
        if whole.decomposition == ALL_OF and whole.exhaustive:
            for member in members:
                yield (member, Degree.FULL), (parent, Degree.FULL)
    for joint in catalogue.joints:
        if context.admits(joint.row):
            for here, there in ((joint.subjects, joint.objects), (joint.objects, joint.subjects)):
                yield from (((one, d), (other, d)) for one in here for other in there for d in CLAIMS)
