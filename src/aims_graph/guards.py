"""What can cap or stop a claim on its way, each guard by name.

A guard never raises a claim. Each looks at one crossing (an edge, its two ends
and its row) and at what the chain has used so far, and may cap the degree, flag
the result, or ask the question whose answer would lift the cap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from aims_graph.catalogue import Catalogue
from aims_graph.model import (
    ACCEPTED,
    ANY_CLASS,
    ANY_OF,
    BOTH,
    DOUBLE_READ,
    INFORMATIVE,
    LAW,
    OBLIGATION,
    PER_OCCURRENCE,
    PROHIBITION,
    REJECTED,
    SHALL,
    SHOULD,
    STANDING,
    Mapping,
    Provision,
    Source,
)
from aims_graph.relations import Degree, Edge


@dataclass(frozen=True)
class CaseFacts:
    """What the records of one occurrence say, as far as claims need it."""

    case: str  # the occurrence, as it is named in proofs
    source: Source | None  # where its record starts
    answers: dict[str, str]  # trigger id → yes, no
    degrees: dict[str, Degree]  # provision → how far its elements are recorded
    systems: frozenset[str] = frozenset()  # management systems whose requirements it is recorded against
    idle: frozenset[str] = frozenset()  # triggers answered no, with a recorded reason


@dataclass(frozen=True)
class Context:
    """For whom and when the question is asked. There is no hidden clock."""

    as_of: date
    roles: frozenset[str] = frozenset()  # as given, not expanded; empty = every role, each named
    system_class: str = ANY_CLASS
    trust: str = DOUBLE_READ
    case: CaseFacts | None = None

    def admits(self, row: Mapping) -> bool:
        """Whether a row may carry full and partial claims."""
        trusted = (ACCEPTED,) if self.trust == ACCEPTED else (ACCEPTED, DOUBLE_READ)
        return row.status in trusted

    def start_degree(self, target: str) -> Degree:
        """The degree assumed at a target: full in a hypothetical question, else as recorded."""
        return Degree.FULL if self.case is None else self.case.degrees.get(target, Degree.NONE)


@dataclass(frozen=True)
class Crossing:
    """One edge about to be taken, from `origin` to `target`; `row` is None inside a hierarchy."""

    edge: Edge
    origin: Provision
    target: Provision
    row: Mapping | None


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


@dataclass(frozen=True)
class Used:
    """What a chain has used so far, for the guards that look at all of it."""

    rationale: str | None = None  # the one kind of its rows; None before the first
    roles: frozenset[str] | None = None  # bound by every role-bound provision so far; None: there was none
    editions: frozenset[str] = frozenset()
    managed: str | None = None  # the management system it speaks of, kept across editions that have none
    should: bool = False  # whether a "should" lies behind

    def joined(self, other: Used) -> Used | None:
        """Both together, as premises of one rule; None where they may not stand in one proof."""
        if None not in (self.rationale, other.rationale) and self.rationale != other.rationale:
            return None
        if None not in (self.managed, other.managed) and self.managed != other.managed:
            return None
        both = [r for r in (self.roles, other.roles) if r is not None]
        return Used(
            self.rationale or other.rationale,
            frozenset.intersection(*both) if both else None,
            self.editions | other.editions,
            self.managed or other.managed,
            self.should or other.should,
        )


def start_at(catalogue: Catalogue, provision: Provision, context: Context) -> Used | None:
    """What a chain that starts here has used; None where no claim can start."""
    used = _after(catalogue, Used(), provision, None, context)
    nobody = used.roles is not None and not used.roles
    other_class = not _in_class(provision, context)
    if nobody or other_class or not may_start(catalogue, provision, context):
        return None
    return used


def _after(catalogue: Catalogue, used: Used, target: Provision, row: Mapping | None, context: Context) -> Used:
    kind = row.rationale_kind if row is not None else None
    return Used(
        used.rationale or kind,
        chain_roles(catalogue, used.roles, target, context),
        used.editions | {target.edition},
        catalogue.editions[target.edition].managed or used.managed,
        used.should or target.modality == SHOULD,
    )


def rule_on(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Ruling:
    """Ask every guard; the strictest cap wins, and every guard that fired is named."""
    fired = tuple(answer for guard in GUARDS if (answer := guard(catalogue, crossing, used, context)) is not None)
    return Ruling(
        edge=next((f.edge for f in fired if f.edge is not None), crossing.edge),
        cap=min((f.cap for f in fired), default=Degree.FULL),
        fired=fired,
        used=_after(catalogue, used, crossing.target, crossing.row, context),
        conditions=tuple(c for f in fired for c in f.conditions),
        questions=tuple(q for f in fired for q in f.questions),
    )


def chain_roles(
    catalogue: Catalogue, so_far: frozenset[str] | None, provision: Provision, context: Context
) -> frozenset[str] | None:
    """The roles left after a provision: those given (or all) that everything role-bound binds."""
    if not provision.binds:
        return so_far
    bound = expand(catalogue, provision.binds)
    allowed = expand(catalogue, context.roles) & bound if context.roles else bound
    return allowed if so_far is None else allowed & so_far


def expand(catalogue: Catalogue, roles: frozenset[str]) -> frozenset[str]:
    """Roles with those they stand for ('operator' stands for six)."""
    return frozenset().union(*(catalogue.roles.get(r, frozenset({r})) for r in roles))


def may_hold(catalogue: Catalogue, provision: Provision, context: Context) -> bool:
    """Whether a full or partial claim on the provision can mean anything at all."""
    return (
        provision.force == OBLIGATION
        and not provision.addressees
        and provision.in_force.holds(context.as_of)
        and not _informative(catalogue, provision)
    )


def may_start(catalogue: Catalogue, provision: Provision, context: Context) -> bool:
    """Whether a question can start at the provision: an obligation in force."""
    return may_hold(catalogue, provision, context) or (
        provision.force is None and provision.in_force.holds(context.as_of)
    )


def _informative(catalogue: Catalogue, provision: Provision) -> bool:
    if provision.kind in ("Recital", "Guidance"):
        return True
    ancestors = catalogue.ancestors(provision.id)
    return any(catalogue.provisions[a].decomposition == INFORMATIVE for a in ancestors)


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
    heading = target.force is None and crossing.row is None
    if target.force == OBLIGATION and not target.addressees and not _informative(catalogue, target):
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
    if _in_class(crossing.target, context):
        return None
    return Fired("scope", Degree.CANDIDATE, ("another-system-class",))


def _in_class(provision: Provision, context: Context) -> bool:
    classes = provision.system_classes
    return not classes or ANY_CLASS in (context.system_class, *classes) or context.system_class in classes


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
    if crossing.row is None or crossing.edge not in (Edge.EQUAL, Edge.SUBSET, Edge.SUPERSET):
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
    behind = used.should or crossing.origin.modality == SHOULD
    if behind and crossing.target.modality == SHALL:
        return Fired("modality", flags=("should-reaching-shall",))
    return None


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
    states = [_met([t.id for t in asked], recorded) for asked in (stated, own) if asked]
    if all(state == "yes" for state in states):
        return Fired("trigger", conditions=conditions) if conditions else None
    if "no" in states:
        return Fired("trigger", Degree.NONE, ("trigger-not-met",), conditions=conditions)
    open_ones = tuple(dict.fromkeys(t.id for t in (*stated, *own) if t.id not in recorded))
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
    _conflict,
    _trigger,
    _occurrence,
)


def names() -> Iterator[str]:
    """The guards in the order in which they are asked."""
    return (g.__name__.lstrip("_").replace("_", "-") for g in GUARDS)


def travels_as(catalogue: Catalogue, row: Mapping, context: Context) -> Edge:
    """The relation an admitted row has once the guards that need no chain have spoken: twins only overlap."""
    edge = Edge(row.relation.value)
    crossing = Crossing(edge, catalogue.provisions[row.subject], catalogue.provisions[row.object], row)
    fired = _twins(catalogue, crossing, Used(), context)
    return edge if fired is None or fired.edge is None else fired.edge
