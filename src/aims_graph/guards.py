"""What can cap or stop a claim on its way, each guard by name.

A guard never raises a claim. Each looks at one crossing (an edge, its two ends
and its row) and at what the chain has used so far, and may cap the degree, flag
the result, or ask the question whose answer would lift the cap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context, Crossing, Used, after, chain_roles, in_class, is_duty, is_heading
from aims_graph.model import (
    ANY_OF,
    BOTH,
    LAW,
    PER_OCCURRENCE,
    PROHIBITION,
    REJECTED,
    SHALL,
    STANDING,
    Mapping,
)
from aims_graph.relations import Degree, Edge, transfer


@dataclass(frozen=True)
class Fired:
    """A guard that fired: its name, the degree it allows at most, and what it tells people."""

    name: str
    cap: Degree = Degree.FULL
    flags: tuple[str, ...] = ()
    edge: Edge | None = None  # travel as this edge instead
    conditions: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()

    def tells(self, degree: Degree) -> bool:
        """Whether it changed or added anything to a claim that would have had this degree."""
        return bool(self.cap < degree or self.flags or self.edge or self.conditions or self.questions)


@dataclass(frozen=True)
class Ruling:
    """All that the guards say of one crossing."""

    edge: Edge
    cap: Degree
    fired: tuple[Fired, ...]
    used: Used  # what the chain has used once the edge is taken
    conditions: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()


def rule_on(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Ruling:
    """Ask every guard; the strictest cap wins, and every guard that fired is named."""
    fired = tuple(answer for guard in GUARDS if (answer := guard(catalogue, crossing, used, context)) is not None)
    return Ruling(
        edge=next((f.edge for f in fired if f.edge is not None), crossing.edge),
        cap=min((f.cap for f in fired), default=Degree.FULL),
        fired=fired,
        used=after(catalogue, used, crossing.target, crossing.row, context),
        conditions=tuple(c for f in fired for c in f.conditions),
        questions=tuple(q for f in fired for q in f.questions),
    )


# -- the guards, each one sentence of the calculus ---------------------------------------


def _trust(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Fired | None:
    row = crossing.row
    if row is None or context.admits(row):
        return None
    if row.status == REJECTED:
        return Fired("trust", Degree.NONE, ("rejected",))
    return Fired("trust", Degree.CANDIDATE, (row.status,))


def _force(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Fired | None:
    target = crossing.target
    if target.force == PROHIBITION:
        return Fired("force", Degree.CANDIDATE, ("helps-prevent",))
    heading = crossing.row is None and is_heading(catalogue, target)
    if heading and crossing.edge is Edge.PART:
        return None
    if is_duty(catalogue, target):
        return None
    return Fired("force", Degree.NONE, () if heading else ("transfers-nothing",))


def _in_force(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Fired | None:
    if crossing.target.in_force.holds(context.as_of):
        return None
    return Fired("date", Degree.NONE, ("not-in-force",))


def _role(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Fired | None:
    left = chain_roles(catalogue, used.roles, crossing.target, context)
    if left is None or left:
        return None
    return Fired("role", Degree.CANDIDATE, ("binds-another-role",))


def _system_class(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Fired | None:
    together = after(catalogue, used, crossing.target, crossing.row, context).classes
    if in_class(crossing.target, context) and together != frozenset():
        return None
    return Fired("scope", Degree.CANDIDATE, ("another-system-class",))


def _rationale(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Fired | None:
    row = crossing.row
    if row is None or row.rationale_kind is None:
        return None
    if row.rationale_kind == "syntactic" and crossing.edge is not Edge.EQUAL:
        return Fired("rationale", Degree.CANDIDATE, ("syntactic-only",))
    if used.rationale is not None and used.rationale != row.rationale_kind:
        return Fired("rationale", Degree.CANDIDATE, ("mixed-rationale",))
    return None


def _twins(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Fired | None:
    """Equal text about another management system: an overlap, or for a case only if it is recorded against both."""
    strong = transfer(crossing.edge, Degree.FULL) is Degree.FULL or crossing.edge in (
        Edge.SUBSET,
        Edge.SUPPORTS_INTEGRAL,
    )
    if crossing.row is None or not strong:
        return None
    here = catalogue.editions[crossing.origin.edition].managed or used.managed
    there = catalogue.editions[crossing.target.edition].managed
    if here is None or there is None or here == there:
        return None
    flags = ("same-text-other-system",)
    if context.case is None:
        return Fired("twins", flags=flags, edge=Edge.INTERSECTS)
    return Fired("twins", Degree.FULL if there in context.case.systems else Degree.CANDIDATE, flags)


def _choice(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Fired | None:
    if crossing.row is None or not crossing.row.relation.is_set_relation:
        return None
    if ANY_OF in (crossing.origin.decomposition, crossing.target.decomposition):
        return Fired("any-of", Degree.CANDIDATE, ("free-choice",))
    return None


def _legal_effect(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Fired | None:
    """On law, full needs a signed row and evidence that meets the target's own requirement; no row alone shows that."""
    if crossing.row is None or catalogue.editions[crossing.target.edition].bindingness != LAW:
        return None
    return Fired("legal-effect", Degree.PARTIAL)


def _modality(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Fired | None:
    if used.should and crossing.target.modality == SHALL:
        return Fired("modality", flags=("should-reaching-shall",))
    return None


def _vacuous(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Fired | None:
    """A part that was not set off transfers nothing: what is shared may lie in it."""
    if not used.vacuous or crossing.edge in (Edge.EQUAL, Edge.SUBSET, Edge.WHOLE, Edge.SUPPORTS_INTEGRAL):
        return None
    return Fired("vacuous", Degree.CANDIDATE, ("part-not-set-off",))


def _conflict(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Fired | None:
    return Fired("contrary", flags=("conflict",)) if crossing.edge is Edge.CONTRARY else None


def _trigger(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Fired | None:
    """A case claim crosses to B only if B's trigger, and the row's own condition, are recorded as met by the event."""
    row = crossing.row
    stated = [catalogue.triggers[row.condition]] if row is not None and row.condition else []
    conditions = tuple(t.condition for t in stated)
    own = list(catalogue.triggers_of.get(crossing.target.id, ()))
    if context.case is None or not (stated or own):
        return Fired("trigger", conditions=conditions) if conditions else None
    recorded = context.case.answers
    groups = [(asked, _met([t.id for t in asked], recorded)) for asked in (stated, own) if asked]
    states = {state for _, state in groups}
    if states == {"yes"}:
        return Fired("trigger", conditions=conditions) if conditions else None
    if "no" in states:
        return Fired("trigger", Degree.NONE, ("trigger-not-met",), conditions=conditions)
    waiting = (t.id for asked, state in groups if state == "unrecorded" for t in asked)
    open_ones = tuple(dict.fromkeys(t for t in waiting if t not in recorded))
    return Fired("trigger", Degree.CANDIDATE, ("trigger-unrecorded",), conditions=conditions, questions=open_ones)


def _met(triggers: list[str], recorded: dict[str, str]) -> str:
    """Whether any of several triggers was met: yes, no (all denied) or unrecorded."""
    answers = {recorded.get(t, "unrecorded") for t in triggers}
    if "yes" in answers:
        return "yes"
    return "no" if answers == {"no"} else "unrecorded"


def _occurrence(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Fired | None:
    """One case says nothing of standing elements, and an overlap counts only where it is per occurrence."""
    if context.case is None:
        return None
    if crossing.target.occurrence in (None, STANDING):
        return Fired("scope", Degree.CANDIDATE, ("standing-elements",))
    row = crossing.row
    if crossing.edge is Edge.INTERSECTS and row is not None and row.overlap not in (PER_OCCURRENCE, BOTH):
        return Fired("occurrence", Degree.CANDIDATE, ("overlap-may-be-standing",))
    if crossing.target.occurrence == BOTH:
        return Fired("scope", Degree.PARTIAL, ("one-case",))
    return None


Guard = Callable[[Catalogue, Crossing, Used, Context], Fired | None]

GUARDS: tuple[Guard, ...] = (
    _trust,
    _force,
    _in_force,
    _role,
    _system_class,
    _rationale,
    _twins,
    _choice,
    _legal_effect,
    _modality,
    _vacuous,
    _conflict,
    _trigger,
    _occurrence,
)


def names() -> tuple[str, ...]:
    """The guards in the order in which they are asked."""
    return tuple(g.__name__.lstrip("_").replace("_", "-") for g in GUARDS)


def travels_as(catalogue: Catalogue, row: Mapping, context: Context) -> Edge:
    """The relation an admitted row has once the guards that need no chain have spoken: twins only overlap."""
    edge = Edge(row.relation.value)
    crossing = Crossing(edge, catalogue.provisions[row.subject], catalogue.provisions[row.object], row)
    fired = _twins(catalogue, crossing, Used(), context)
    return edge if fired is None or fired.edge is None else fired.edge
