"""What can cap or stop a claim on its way, each guard by name.

A guard never raises a claim. Each looks at one crossing (an edge, its two ends
and its row) and at what the chain has used so far, and may cap the degree, flag
the result, or ask the question whose answer would lift the cap.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from aims_graph.catalogue import Catalogue
from aims_graph.chain import (
    EXCLUDED,
    LEFT_OUT,
    UNKNOWN,
    UNLISTED,
    CaseFacts,
    Context,
    Crossing,
    Used,
    after,
    applicability,
    asks_nothing,
    chain_roles,
    in_class,
    informative,
    is_duty,
    is_for_others,
    is_heading,
    is_over,
    met,
)
from aims_graph.model import (
    ANY_CLASS,
    ANY_OF,
    BOTH,
    LAW,
    PER_OCCURRENCE,
    PROHIBITION,
    REJECTED,
    SHALL,
    STANDING,
    Mapping,
    Provision,
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
    """Equal text about another management system: an overlap, or for a case only if it is recorded against both.

    Records may say more: systems run as one with one scope are one, and systems whose scopes have nothing in
    common have nothing in common.
    """
    here = catalogue.editions[crossing.origin.edition].managed or used.managed
    there = catalogue.editions[crossing.target.edition].managed
    if crossing.row is None or here is None or there is None or here == there:
        return None
    pair = frozenset((here, there))
    if pair in context.organisation.apart:
        return Fired("twins", Degree.CANDIDATE, ("scopes-apart",))
    strong = transfer(crossing.edge, Degree.FULL) is Degree.FULL or crossing.edge in _INTO
    if not strong:
        return None
    if pair in context.organisation.integrated:
        return Fired("twins", flags=("one-integrated-system",))
    flags = ("same-text-other-system",)
    if context.case is None:
        return Fired("twins", flags=flags, edge=Edge.INTERSECTS)
    return Fired("twins", Degree.FULL if there in context.case.systems else Degree.CANDIDATE, flags)


_INTO = (Edge.SUBSET, Edge.SUPPORTS_INTEGRAL)  # all of the origin lies in the target


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
    groups = [(asked, met((t.id for t in asked), recorded)) for asked in (stated, own) if asked]
    states = {state for _, state in groups}
    if states == {"yes"}:
        return Fired("trigger", conditions=conditions) if conditions else None
    if "no" in states:
        return Fired("trigger", Degree.NONE, ("trigger-not-met",), conditions=conditions)
    waiting = (t.id for asked, state in groups if state == "unrecorded" for t in asked)
    open_ones = tuple(dict.fromkeys(t for t in waiting if t not in recorded))
    return Fired("trigger", Degree.CANDIDATE, ("trigger-unrecorded",), conditions=conditions, questions=open_ones)


def _occurrence(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Fired | None:
    """One case says nothing of standing elements, and an overlap counts only where it is per occurrence."""
    if context.case is None:
        return None
    if crossing.target.occurrence in (None, STANDING):
        return Fired("scope", Degree.CANDIDATE, ("standing-elements",))
    row = crossing.row
    if crossing.edge in _OVERLAPS and row is not None and row.overlap not in (PER_OCCURRENCE, BOTH):
        return Fired("occurrence", Degree.CANDIDATE, ("overlap-may-be-standing",))
    if crossing.target.occurrence == BOTH:
        if crossing.edge not in _UPWARD and _has_part_apart(catalogue, crossing.target, context):
            return Fired("scope", Degree.CANDIDATE, ("standing-elements",))
        return Fired("scope", Degree.PARTIAL, ("one-case",))
    return None


_UPWARD = (Edge.WHOLE, Edge.CHOSEN, Edge.FREE_CHOICE)


def _has_part_apart(catalogue: Catalogue, provision: Provision, context: Context) -> bool:
    """Whether all that is asked per occurrence may lie in parts that are asked of others, or left out."""
    return has_part_for_others(catalogue, provision, context) or _has_part_left_out(catalogue, provision, context)


def _one_system(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Fired | None:
    """A case about one system of several never covers all that a clause asks of the whole management system.

    Such a clause is one of a management system that the case reaches, itself or in a part, by no event of its own
    kind: by a planned interval, say, and not by the nonconformity. What is asked of each event is asked of this one.
    """
    case, target = context.case, crossing.target
    if case is None or not case.one_system or catalogue.editions[target.edition].managed is None:
        return None
    if all(_is_asked_of_the_event(catalogue, part, case) for part in (target.id, *catalogue.descendants(target.id))):
        return None
    return Fired("scope", Degree.PARTIAL, ("one-system-only",))


def _is_asked_of_the_event(catalogue: Catalogue, provision: str, case: CaseFacts) -> bool:
    """Whether a trigger of the case's own kind of event is recorded as met, or all are recorded as not met."""
    triggers = catalogue.triggers_of.get(provision, ())
    if met((t.id for t in triggers), case.answers) == "no":
        return True
    return any(case.answers.get(t.id) == "yes" and t.on_events & case.events for t in triggers)


def _period(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Fired | None:
    """A recurring duty is done up to its next due date; of the period after that the case says nothing."""
    case, row = context.case, crossing.row
    if case is None or not case.over:
        return None
    stated = row is not None and row.condition in case.over
    if stated or is_over(catalogue, crossing.target, case):
        return Fired("period", Degree.CANDIDATE, ("period-over",))
    return None


def _appropriate(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Fired | None:
    """Of a case, a part chosen "as appropriate" is full only with the recorded reason; this names what is missing."""
    if context.case is None or crossing.edge is not Edge.CHOSEN:
        return None
    return Fired("as-appropriate", flags=("choice-not-judged",))


def _applicability(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Fired | None:
    """A control counts only if the statement of applicability includes it; what it leaves out is shared by no row."""
    stated = applicability(crossing.target, context)
    if stated == EXCLUDED:
        return Fired("applicability", Degree.CANDIDATE, ("excluded-by-statement",))
    if stated == UNLISTED:
        return Fired("applicability", Degree.CANDIDATE, ("not-in-statement",))
    ends = (crossing.origin, crossing.target)
    if crossing.row is not None and any(_has_part_left_out(catalogue, end, context) for end in ends):
        return Fired("applicability", Degree.CANDIDATE, ("part-left-out",))
    return Fired("applicability", flags=("applicability-unknown",)) if stated == UNKNOWN else None


def _has_part_left_out(catalogue: Catalogue, provision: Provision, context: Context) -> bool:
    if provision.edition not in context.organisation.stated:
        return False
    parts = catalogue.descendants(provision.id)
    return any(applicability(catalogue.provisions[part], context) in LEFT_OUT for part in parts)


def _restriction(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Fired | None:
    """What is asked of one role or class, or under a statement, may be less than a row is about.

    An overlap may then lie in parts that are not asked of them, and a whole may ask nothing of them at all.
    """
    if asks_nothing(catalogue, crossing.target, context):
        return Fired("restriction", Degree.CANDIDATE, ("nothing-asked-here",))
    if crossing.row is None or crossing.row.condition:
        return None
    if not any(has_part_for_others(catalogue, end, context) for end in (crossing.origin, crossing.target)):
        return None
    if travelling(catalogue, crossing, used, context) in _OVERLAPS:
        return Fired("restriction", Degree.CANDIDATE, ("overlap-may-lie-elsewhere",))
    return None


def travelling(catalogue: Catalogue, crossing: Crossing, used: Used, context: Context) -> Edge:
    """The edge that a crossing is taken as: across two management systems, strong rows leave an overlap only."""
    fired = _twins(catalogue, crossing, used, context)
    return crossing.edge if fired is None or fired.edge is None else fired.edge


_OVERLAPS = (Edge.INTERSECTS, Edge.SUPPORTS_EXAMPLE)  # what makes partial from full and says not where it is shared


def has_part_for_others(catalogue: Catalogue, provision: Provision, context: Context) -> bool:
    """Whether some part of a provision binds none of the roles asked about, or concerns other classes of systems."""
    if not context.roles and context.system_class == ANY_CLASS:
        return False
    parts = (catalogue.provisions[name] for name in catalogue.descendants(provision.id))
    return any(is_for_others(catalogue, part, context) for part in parts)


Guard = Callable[[Catalogue, Crossing, Used, Context], Fired | None]

# What a guard may look at besides the catalogue: the crossing and the context alone, or all that the chain has used.
LOCAL: tuple[Guard, ...] = (
    _trust,
    _force,
    _in_force,
    _choice,
    _legal_effect,
    _conflict,
    _trigger,
    _occurrence,
    _one_system,
    _period,
    _appropriate,
    _applicability,
)
OF_CHAIN: tuple[Guard, ...] = (_role, _system_class, _rationale, _twins, _modality, _vacuous, _restriction)

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
    _one_system,
    _period,
    _appropriate,
    _applicability,
    _restriction,
)


def names() -> tuple[str, ...]:
    """The guards in the order in which they are asked."""
    return tuple(g.__name__.lstrip("_").replace("_", "-") for g in GUARDS)


def travels_as(catalogue: Catalogue, row: Mapping, context: Context) -> Edge:
    """The relation an admitted row has once the guards that need no chain have spoken: twins only overlap."""
    edge = Edge(row.relation.value)
    crossing = Crossing(edge, catalogue.provisions[row.subject], catalogue.provisions[row.object], row)
    for one in (crossing, Crossing(edge, crossing.target, crossing.origin, row)):
        left_out = _applicability(catalogue, one, Used(), context)
        if left_out is not None and left_out.cap < Degree.PARTIAL:
            return Edge.CROSSWALK
    fired = _twins(catalogue, crossing, Used(), context)
    if fired is not None and fired.cap < Degree.PARTIAL <= transfer(edge, Degree.FULL):
        return Edge.CROSSWALK
    return edge if fired is None or fired.edge is None else fired.edge


def standing(catalogue: Catalogue, provision: Provision, context: Context) -> Hashable:
    """All that guards look at in a provision, cases aside: two of equal standing are ruled alike."""
    return (
        provision.edition,
        provision.force,
        bool(provision.addressees),
        informative(catalogue, provision),
        provision.in_force.holds(context.as_of),
        provision.binds,
        provision.system_classes,
        provision.decomposition,
        provision.modality,
        provision.occurrence,
        applicability(provision, context),
        _has_part_left_out(catalogue, provision, context),
        asks_nothing(catalogue, provision, context),
        has_part_for_others(catalogue, provision, context),
    )
