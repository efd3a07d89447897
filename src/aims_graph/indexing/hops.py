"""Edges as a chain takes them: what arrives at one, what is left beyond it, and what took the rest away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import reduce

from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context, Crossing, Used, is_asked, judged, meets_again, start_at
from aims_graph.guards import rule_on
from aims_graph.model import ALL_OF, ANY_OF, AS_APPROPRIATE, Derivation, Joint, Mapping, Provision, Source, Step
from aims_graph.relations import Degree, Edge, Relation, transfer
from aims_graph.ways import UPWARD

ASSUMED = ("target", "record")  # rules of a proof that are no edge
ALL_PARTS, JOINT, EDITION = "all-parts", "joint", "edition"

Passing = Callable[[Edge], Degree]
"""What an edge of this kind leaves of what arrives, before any guard."""


@dataclass(frozen=True)
class Hop:
    """One edge of a chain, with the degree that is left after it."""

    start: str
    end: str
    relation: str
    before: Degree
    degree: Degree
    guards: tuple[str, ...]
    lowered_by: tuple[str, ...]  # those guards that left no more; empty where the relation itself leaves no more
    flags: tuple[str, ...]
    source: Source
    row: Mapping | None
    together_with: tuple[str, ...] = ()  # the other premises of a rule that has several

    @property
    def rationale(self) -> str | None:
        """The sentence of its row."""
        return None if self.row is None else self.row.rationale


def take(catalogue: Catalogue, crossing: Crossing, before: Degree, used: Used, context: Context) -> tuple[Hop, Used]:
    """Cross one edge alone with what a chain brings; the second value is what the chain has used then."""
    joint = joint_of(catalogue, crossing.row)
    passing = _plain(before) if joint is None else _past(joint, crossing.origin.id, before, whole=False)
    return _cross(catalogue, crossing, before, used, context, passing)


def retrace(catalogue: Catalogue, derivation: Derivation, context: Context) -> tuple[tuple[Hop, ...], Used]:
    """The edges of a proof in order, and what its chain has used at the end."""
    used: dict[str, Used] = {}
    degrees: dict[str, Degree] = {}
    hops: list[Hop] = []
    for step in derivation.steps:
        if step.rule in ASSUMED:
            used[step.conclusion] = start_at(catalogue, catalogue.provisions[step.conclusion], context) or Used()
        else:
            before = min(degrees[p] for p in step.premises)
            brought = reduce(_together, (used[p] for p in step.premises))
            hop, used[step.conclusion] = _again(catalogue, step, before, brought, context)
            hops.append(hop)
        degrees[step.conclusion] = step.degree
    return tuple(hops), used[derivation.provision]


def crossings(catalogue: Catalogue, provision: Provision, context: Context) -> Iterator[Crossing]:
    """Every edge that leads away from a provision, those that carry nothing included."""
    for child in catalogue.children.get(provision.id, ()):
        yield inside(catalogue, provision, catalogue.provisions[child], context)
    if provision.parent is not None:
        yield inside(catalogue, provision, catalogue.provisions[provision.parent], context)
    for row in catalogue.rows_at.get(provision.id, ()):
        other = row.object if row.subject == provision.id else row.subject
        if other in catalogue.provisions and row.joint is None:
            yield along(row, provision, catalogue.provisions[other])
    for joint in catalogue.joints_at.get(provision.id, ()):
        _, there, relation = _sides(joint, provision.id)
        for other in there:
            yield Crossing(Edge(relation.value), provision, catalogue.provisions[other], joint.row)


def inside(catalogue: Catalogue, here: Provision, there: Provision, context: Context) -> Crossing:
    """The edge between a whole and its member, either way; where the part is not asked, it carries nothing."""
    if there.parent == here.id:
        asked = here.decomposition == ALL_OF and is_asked(catalogue, there, context)
        return Crossing(Edge.PART if asked else Edge.CROSSWALK, here, there, None)
    upward = UPWARD.get(there.decomposition or "")
    if upward is None or not is_asked(catalogue, here, context):
        return Crossing(Edge.CROSSWALK, here, there, None)
    return Crossing(judged(here, upward, context), here, there, None)


def along(row: Mapping, here: Provision, there: Provision) -> Crossing:
    """The edge of a mapping row, read from `here`."""
    relation = row.relation if row.subject == here.id else row.relation.converse
    return Crossing(Edge(relation.value), here, there, row)


def joint_of(catalogue: Catalogue, row: Mapping | None) -> Joint | None:
    """The rows that a row counts together with; None where it stands alone."""
    if row is None or row.joint is None:
        return None
    return next(j for j in catalogue.joints_at[row.subject] if row in j.rows)


# -- inside --------------------------------------------------------------------


def _sides(joint: Joint, origin: str) -> tuple[tuple[str, ...], tuple[str, ...], Relation]:
    sides = joint.sides(origin)
    assert sides is not None, f"{origin} is on neither side of {joint.row.id}"
    return sides


def _plain(before: Degree) -> Passing:
    return lambda edge: transfer(edge, before)


def _past(joint: Joint, origin: str, before: Degree, *, whole: bool) -> Passing:
    """What is done of one member is done in part of their union; a union tells of its members as a whole of parts."""
    here, there, _ = _sides(joint, origin)
    done = before if whole or len(here) == 1 else transfer(Edge.WHOLE, before)

    def passing(edge: Edge) -> Degree:
        beyond = transfer(edge, done)
        return beyond if len(there) == 1 else transfer(Edge.PART, beyond)

    return passing


def _again(catalogue: Catalogue, step: Step, before: Degree, used: Used, context: Context) -> tuple[Hop, Used]:
    """One step of a proof as an edge; its degree and guards are those of the proof."""
    first, conclusion = catalogue.provisions[step.premises[0]], catalogue.provisions[step.conclusion]
    joint = joint_of(catalogue, step.mapping)
    if step.rule == ALL_PARTS:
        crossing = Crossing(Edge.WHOLE, first, conclusion, None)
        missing = len(step.premises) < len(catalogue.children[conclusion.id])
        used = replace(used, vacuous=used.vacuous or missing)
        passing: Passing = lambda _: Degree.FULL  # noqa: E731
    elif step.mapping is None:
        crossing, passing = inside(catalogue, first, conclusion, context), _plain(before)
    else:
        crossing, passing = _mapped(step, step.mapping, joint, first, conclusion), _plain(before)
        if joint is not None:
            whole = set(_sides(joint, first.id)[0]) == set(step.premises)
            passing = _past(joint, first.id, before, whole=whole)
    hop, after = _cross(catalogue, crossing, before, used, context, passing)
    if step.rule == ALL_PARTS:
        hop = replace(hop, relation=ALL_PARTS)
    elif joint is not None:  # its other members were asked too: the proof says what all of them left
        hop = replace(hop, degree=step.degree, guards=(*step.guards, *(g for g in hop.guards if g == JOINT)))
    return replace(hop, together_with=step.premises[1:]), after


def _mapped(step: Step, row: Mapping, joint: Joint | None, first: Provision, conclusion: Provision) -> Crossing:
    """A row that stands for several need not touch the two ends itself: the step says how it is read."""
    if joint is None:
        return along(row, first, conclusion)
    return Crossing(Edge(step.relation), first, conclusion, row)


def _cross(
    catalogue: Catalogue, crossing: Crossing, before: Degree, used: Used, context: Context, passing: Passing
) -> tuple[Hop, Used]:
    ruling = rule_on(catalogue, crossing, used, context)
    stated, unguarded = passing(crossing.edge), passing(ruling.edge)
    fired = [f for f in ruling.fired if f.tells(unguarded)]
    beside = tuple(_beside_guards(catalogue, crossing, before, used, stated))
    left = min(unguarded, ruling.cap, *(degree for _, degree in beside))
    allowed = [(f.name, min(f.cap, passing(f.edge or crossing.edge))) for f in fired]
    lowering = [*((name, degree) for name, degree in allowed if degree < stated), *beside]
    by_itself = before if _is_no_edge(crossing) else transfer(crossing.edge, before)
    relation = crossing.edge.value
    if _is_no_edge(crossing):
        relation = (Edge.PART if crossing.target.parent == crossing.origin.id else Edge.WHOLE).value
    hop = Hop(
        start=crossing.origin.id,
        end=crossing.target.id,
        relation=relation,
        before=before,
        degree=left,
        guards=tuple(name for name, _ in (*allowed, *beside)),
        lowered_by=tuple(name for name, degree in lowering if degree == left < by_itself),
        flags=tuple(flag for f in fired for flag in f.flags),
        source=crossing.source,
        row=crossing.row,
    )
    return hop, ruling.used


def _beside_guards(
    catalogue: Catalogue, crossing: Crossing, before: Degree, used: Used, stated: Degree
) -> Iterator[tuple[str, Degree]]:
    """What else limits an edge, by a name of the same kind as a guard's."""
    if _is_no_edge(crossing):
        yield _not_always(crossing), stated
    elif stated < transfer(crossing.edge, before):
        yield JOINT, stated
    if crossing.row is not None and meets_again(catalogue, used, crossing.origin, crossing.target):
        yield EDITION, Degree.NONE


def _is_no_edge(crossing: Crossing) -> bool:
    """Whether a whole and its member say nothing of one another."""
    return crossing.row is None and crossing.edge is Edge.CROSSWALK


def _not_always(crossing: Crossing) -> str:
    """Why they say nothing."""
    ends = (crossing.origin, crossing.target)
    member, whole = ends if ends[0].parent == ends[1].id else ends[::-1]
    if member.conditional:
        return "conditional"
    return {ANY_OF: "any-of", AS_APPROPRIATE: "as-appropriate"}.get(whole.decomposition or "", "informative")


def _together(one: Used, other: Used) -> Used:
    return one.joined(other) or one
