"""The edges at each provision in one context, with what lies beyond them: the guards are asked once, for all questions.

Nothing here is an answer to a question: what the guards say of an edge after a chain has used so much is the same
in each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from aims_graph import chain, guards
from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context, Crossing, Used
from aims_graph.model import ALL_OF, ANY_OF, AS_APPROPRIATE, Mapping, Provision, Step
from aims_graph.relations import Degree, Edge, Relation, transfer

MOST_KEPT = 50_000  # things remembered of one context; beyond that it begins anew
UPWARD = {ALL_OF: Edge.WHOLE, AS_APPROPRIATE: Edge.CHOSEN, ANY_OF: Edge.FREE_CHOICE}
_RULE = {Edge.PART: "part", Edge.WHOLE: "whole", Edge.CHOSEN: "whole", Edge.FREE_CHOICE: "any-of"}


@dataclass(frozen=True)
class Blocked:
    """An edge at which guards left no full or partial claim: what was asked of them, for counting and explaining."""

    provision: str
    premise: str
    row: Mapping | None
    guards: tuple[str, ...]


class Beyond(NamedTuple):
    """What one edge makes of a claim."""

    step: Step | None  # None where nothing is said
    flags: frozenset[str]
    conditions: tuple[str, ...]
    questions: tuple[str, ...]
    used: Used
    blocked: Blocked | None


def beyond(catalogue: Catalogue, context: Context, crossing: Crossing, degree: Degree, used: Used) -> Beyond:
    """What a claim of a degree becomes beyond an edge, when its chain has used so much."""
    ruling = guards.rule_on(catalogue, crossing, used, context)
    unguarded = transfer(ruling.edge, degree)
    reached = min(unguarded, ruling.cap)
    named = tuple(g.name for g in ruling.fired if g.tells(unguarded))
    row, origin, target = crossing.row, crossing.origin.id, crossing.target.id
    stopped = Blocked(target, origin, row, named) if reached < Degree.PARTIAL and named else None
    step = None
    if reached is not Degree.NONE:
        step = Step(
            rule="mapping" if row is not None else _RULE[crossing.edge],
            premises=(origin,),
            conclusion=target,
            degree=reached,
            relation=None if row is None else crossing.edge.value,
            source=crossing.source,
            mapping=row,
            guards=named,
        )
    flags = frozenset(flag for g in ruling.fired for flag in g.flags)
    return Beyond(step, flags, ruling.conditions, ruling.questions, ruling.used, stopped)


class Ways:
    """What is remembered of the edges of one catalogue in one context; safe to share among threads."""

    def __init__(self, catalogue: Catalogue, context: Context) -> None:
        self.catalogue, self.context = catalogue, context
        self._beyond: dict[tuple[int, Degree, Used], Beyond] = {}
        self._hierarchy: dict[str, tuple[Crossing, ...]] = {}
        self._mapped: dict[str, tuple[Crossing, ...]] = {}
        self._meets: dict[tuple[str, str, frozenset[str]], bool] = {}
        self._denied: dict[str, frozenset[str]] = {}

    def beyond(self, crossing: Crossing, degree: Degree, used: Used) -> Beyond:
        """What lies beyond one of the crossings that were given out here."""
        key = (id(crossing), degree, used)
        found = self._beyond.get(key)
        if found is None:
            if len(self._beyond) >= MOST_KEPT:
                self._beyond = {}
            found = self._beyond[key] = beyond(self.catalogue, self.context, crossing, degree, used)
        return found

    def meets_again(self, crossing: Crossing, used: Used) -> bool:
        """Whether a row leads to a framework that the chain has left."""
        key = (crossing.origin.edition, crossing.target.edition, used.editions)
        found = self._meets.get(key)
        if found is None:
            found = self._meets[key] = chain.meets_again(self.catalogue, used, crossing.origin, crossing.target)
        return found

    def hierarchy(self, name: str) -> tuple[Crossing, ...]:
        """The edges to members that are always asked, and to the whole."""
        found = self._hierarchy.get(name)
        if found is None:
            provisions = self.catalogue.provisions
            edges = hierarchy(self.catalogue, provisions[name], self.context)
            found = tuple(Crossing(edge, provisions[name], provisions[other], None) for edge, other in edges)
            found = self._hierarchy.setdefault(name, found)
        return found

    def mapped(self, name: str) -> tuple[Crossing, ...]:
        """The rows at a provision that count alone, each read from it."""
        found = self._mapped.get(name)
        if found is None:
            provisions = self.catalogue.provisions
            rows = mapped(self.catalogue, provisions[name])
            found = tuple(Crossing(edge, provisions[name], provisions[other], row) for row, edge, other in rows)
            found = self._mapped.setdefault(name, found)
        return found

    def denied(self, name: str) -> frozenset[str]:
        """The provisions that were judged unrelated to this one, or to a whole around it, with these themselves."""
        found = self._denied.get(name)
        if found is None:
            whole = (name, *self.catalogue.ancestors(name))
            rows = (row for provision in whole for row in self.catalogue.rows_at.get(provision, ()))
            judged = (row for row in rows if row.relation is Relation.UNRELATED and self.context.admits(row))
            found = self._denied[name] = frozenset(end for row in judged for end in (row.subject, row.object))
        return found


def hierarchy(catalogue: Catalogue, provision: Provision, context: Context) -> Iterator[tuple[Edge, str]]:
    """The edges to members that are always asked, and to the whole."""
    if provision.decomposition == ALL_OF:
        for child in catalogue.children.get(provision.id, ()):
            if chain.is_asked(catalogue, catalogue.provisions[child], context):
                yield Edge.PART, child
    if provision.parent is not None:
        parent = catalogue.provisions[provision.parent]
        upward = UPWARD.get(parent.decomposition or "")
        if upward is not None and chain.is_asked(catalogue, provision, context):
            yield chain.judged(provision, upward, context), parent.id


def mapped(catalogue: Catalogue, provision: Provision) -> Iterator[tuple[Mapping, Edge, str]]:
    """The rows at a provision that count alone, each read from it."""
    for row in catalogue.rows_at.get(provision.id, ()):
        forward = row.subject == provision.id
        other = row.object if forward else row.subject
        if other not in catalogue.provisions or row.joint is not None:
            continue
        yield row, Edge((row.relation if forward else row.relation.converse).value), other
