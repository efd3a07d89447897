"""What a chain of edges carries: for whom and when it is asked, and what it has used so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from aims_graph.catalogue import Catalogue
from aims_graph.model import (
    ACCEPTED,
    ANY_CLASS,
    DOUBLE_READ,
    INFORMATIVE,
    OBLIGATION,
    SHOULD,
    Mapping,
    Provision,
    Source,
)
from aims_graph.relations import Degree, Edge

INFORMATIVE_KINDS = frozenset({"Recital", "Guidance", "SuggestedAction", "RiskCategory"})
BY_STATEMENT = frozenset({"AnnexControl"})  # asked only where a statement of applicability includes it
INCLUDED, EXCLUDED, UNLISTED, UNKNOWN = "included", "excluded", "unlisted", "unknown"
LEFT_OUT = (EXCLUDED, UNLISTED)


@dataclass(frozen=True)
class CaseFacts:
    """What the records of one occurrence say, as far as claims need it."""

    case: str  # the occurrence, as it is named in proofs
    source: Source | None  # where its record starts
    answers: dict[str, str]  # trigger id → yes, no
    degrees: dict[str, Degree]  # provision → how far its elements are recorded
    systems: frozenset[str] = frozenset()  # management systems whose requirements it is recorded against
    idle: frozenset[str] = frozenset()  # triggers answered no, with a recorded reason
    vacuous: frozenset[str] = frozenset()  # provisions of which some part was not set off
    chosen: frozenset[str] = frozenset()  # parts judged to be what is appropriate, the only one of their whole
    over: frozenset[str] = frozenset()  # triggers answered yes for a period that has ended
    events: frozenset[str] = frozenset()  # kinds of event that it is one of
    one_system: bool = False  # it is about some systems of its scope only, as far as is recorded


@dataclass(frozen=True)
class Entry:
    """One line of a statement of applicability."""

    control: str
    included: bool
    reason: str | None
    source: Source | None


@dataclass(frozen=True)
class Organisation:
    """What records say of the organisation as a whole, as far as claims need it; nothing where none are loaded."""

    applicability: tuple[Entry, ...] = ()  # of the statements that hold on the day, one a control
    integrated: frozenset[frozenset[str]] = frozenset()  # pairs of management systems run as one, with one scope
    apart: frozenset[frozenset[str]] = frozenset()  # pairs whose scopes have nothing in common

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """The lines of the statements by control."""
        return {entry.control: entry for entry in self.applicability}

    @cached_property
    def stated(self) -> frozenset[str]:
        """The editions of whose controls a statement is loaded."""
        return frozenset(entry.control.partition(":")[0] for entry in self.applicability)


NOTHING_RECORDED = Organisation()


@dataclass(frozen=True)
class Context:
    """For whom and when the question is asked. There is no hidden clock."""

    as_of: date
    roles: frozenset[str] = frozenset()  # as given, not expanded; empty = every role, each named
    system_class: str = ANY_CLASS
    trust: str = DOUBLE_READ
    case: CaseFacts | None = None
    organisation: Organisation = NOTHING_RECORDED

    def __hash__(self) -> int:
        """Of its fields; worked out once, as what is remembered is looked up by it in every question."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.as_of, self.roles, self.system_class, self.trust, self.case, self.organisation))

    def __getstate__(self) -> dict[str, object]:
        """Without the hash: that of a text is another in another process."""
        return {name: value for name, value in self.__dict__.items() if name != "_hash"}

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

    @property
    def source(self) -> Source:
        """The line that states the edge: the row's, or inside a hierarchy the member's."""
        if self.row is not None:
            return self.row.source
        return self.target.source if self.target.parent == self.origin.id else self.origin.source


@dataclass(frozen=True)
class Used:
    """What a chain has used so far, for the guards that look at all of it."""

    rationale: str | None = None  # the one kind of its rows; None before the first
    roles: frozenset[str] | None = None  # bound by every role-bound provision so far; None: there was none
    editions: frozenset[str] = frozenset()
    managed: str | None = None  # the management system it speaks of, kept across editions that have none
    classes: frozenset[str] | None = None  # of systems, that every provision so far concerns; None: all
    should: bool = False  # whether a "should" lies behind
    vacuous: bool = False  # whether a part that was not set off lies inside

    def is_as_free_as(self, other: Used) -> bool:
        """Whether every guard that lets a chain pass that has used `other` lets one pass that has used this."""
        return (
            self.rationale in (None, other.rationale)
            and self.managed in (None, other.managed)
            and self.editions <= other.editions
            and _holds(self.roles, other.roles)
            and _holds(self.classes, other.classes)
            and self.should <= other.should
            and self.vacuous <= other.vacuous
        )

    def joined(self, other: Used) -> Used | None:
        """Both together, as premises of one rule; None where they may not stand in one proof."""
        if None not in (self.rationale, other.rationale) and self.rationale != other.rationale:
            return None
        if None not in (self.managed, other.managed) and self.managed != other.managed:
            return None
        roles, classes = _met(self.roles, other.roles), _met(self.classes, other.classes)
        if roles == frozenset() or classes == frozenset():
            return None
        return Used(
            self.rationale or other.rationale,
            roles,
            self.editions | other.editions,
            self.managed or other.managed,
            classes,
            self.should or other.should,
            self.vacuous or other.vacuous,
        )


def _holds(one: frozenset[str] | None, other: frozenset[str] | None) -> bool:
    """Whether a limit leaves all that another one leaves; None is no limit."""
    return one is None or (other is not None and one >= other)


def _met(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """What two limits leave; None is no limit."""
    if one is None or other is None:
        return other if one is None else one
    return one & other


def start_at(catalogue: Catalogue, provision: Provision, context: Context) -> Used | None:
    """What a chain that starts here has used; None where no claim can start."""
    used = after(catalogue, Used(), provision, None, context)
    nobody = used.roles is not None and not used.roles
    other_class = not in_class(provision, context)
    if nobody or other_class or not may_start(catalogue, provision, context):
        return None
    if asks_nothing(catalogue, provision, context):
        return None
    if context.case is not None and is_over(catalogue, provision, context.case):
        return None
    parts_missing = context.case is not None and provision.id in context.case.vacuous
    return replace(used, vacuous=parts_missing)


def after(catalogue: Catalogue, used: Used, target: Provision, row: Mapping | None, context: Context) -> Used:
    """What the chain has used once it has reached `target`, by a row or inside a hierarchy."""
    kind = row.rationale_kind if row is not None else None
    concerned = target.system_classes
    return Used(
        used.rationale or kind,
        chain_roles(catalogue, used.roles, target, context),
        used.editions | {target.edition},
        catalogue.editions[target.edition].managed or used.managed,
        used.classes if not concerned or ANY_CLASS in concerned else _met(used.classes, concerned),
        used.should or target.modality == SHOULD,
        used.vacuous,
    )


def meets_again(catalogue: Catalogue, used: Used, origin: Provision, target: Provision) -> bool:
    """Whether a row leads to a framework that the chain has left: no edition is visited twice, which would turn
    similarity into identity, and editions of one framework meet only in rows between those two editions.
    """
    if target.edition in used.editions:
        return True
    framework = catalogue.editions[target.edition].framework
    others = {e for e in used.editions if catalogue.editions[e].framework == framework}
    return bool(others) and origin.edition not in others


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
    return is_duty(catalogue, provision) and provision.in_force.holds(context.as_of)


def is_duty(catalogue: Catalogue, provision: Provision) -> bool:
    """Whether it asks something of an organisation: an obligation, not an authority's, not informative."""
    return provision.force == OBLIGATION and not provision.addressees and not informative(catalogue, provision)


def may_start(catalogue: Catalogue, provision: Provision, context: Context) -> bool:
    """Whether a question can start at the provision: an obligation in force."""
    return may_hold(catalogue, provision, context) or (
        is_heading(catalogue, provision) and provision.in_force.holds(context.as_of)
    )


def is_heading(catalogue: Catalogue, provision: Provision) -> bool:
    """Whether it only holds others together, and asks nothing itself."""
    return provision.force is None and not provision.addressees and not informative(catalogue, provision)


def informative(catalogue: Catalogue, provision: Provision) -> bool:
    """Whether it is a recital, guidance, a suggestion, or inside an informative part: such text transfers no claim."""
    if provision.kind in INFORMATIVE_KINDS:
        return True
    ancestors = catalogue.ancestors(provision.id)
    return any(catalogue.provisions[a].decomposition == INFORMATIVE for a in ancestors)


def applicability(provision: Provision, context: Context) -> str | None:
    """What the statement of applicability says of a control; None of a provision that needs none."""
    if provision.kind not in BY_STATEMENT or not provision.conditional:
        return None
    if provision.edition not in context.organisation.stated:
        return UNKNOWN
    entry = context.organisation.entries.get(provision.id)
    if entry is None:
        return UNLISTED
    return INCLUDED if entry.included else EXCLUDED


def asks_nothing(catalogue: Catalogue, provision: Provision, context: Context) -> bool:
    """Whether each part of a whole is left out by a statement or asked of others; of a case, or not known to be asked.

    Conditions alone do not empty a whole, and in a hypothetical question they may hold.
    """
    if not context.roles and context.system_class == ANY_CLASS and provision.edition not in context.organisation.stated:
        return False
    ahead, emptied = list(catalogue.children.get(provision.id, ())), False
    while ahead:
        part = catalogue.provisions[ahead.pop()]
        if is_for_others(catalogue, part, context) or applicability(part, context) in LEFT_OUT:
            emptied = True
        elif context.case is None or is_asked(catalogue, part, context):
            members = catalogue.children.get(part.id, ())
            if not members:
                return False
            ahead.extend(members)
    return emptied


def is_for_others(catalogue: Catalogue, part: Provision, context: Context) -> bool:
    """Whether a part binds none of the roles asked about, or concerns other classes of systems."""
    asked = expand(catalogue, context.roles)
    return bool(asked and part.binds and not expand(catalogue, part.binds) & asked) or not in_class(part, context)


def is_asked(catalogue: Catalogue, member: Provision, context: Context) -> bool:
    """Whether a member is asked for: always, or because its condition is recorded as met."""
    if not member.conditional:
        return True
    stated = applicability(member, context)
    if stated is not None:
        return stated == INCLUDED
    if context.case is None:
        return False
    return met((t.id for t in catalogue.triggers_of.get(member.id, ())), context.case.answers) == "yes"


def is_idle(catalogue: Catalogue, member: Provision, context: Context) -> bool:
    """Whether a conditional member is recorded as not asked for, with the reason."""
    if not member.conditional:
        return False
    if applicability(member, context) == EXCLUDED:
        return context.organisation.entries[member.id].reason is not None
    triggers = {t.id for t in catalogue.triggers_of.get(member.id, ())}
    return context.case is not None and bool(triggers) and triggers <= context.case.idle


def without_idle(catalogue: Catalogue, members: Iterable[str], context: Context) -> tuple[str, ...]:
    """The members of a whole without those recorded as not asked for."""
    return tuple(m for m in members if not is_idle(catalogue, catalogue.provisions[m], context))


def is_over(catalogue: Catalogue, provision: Provision, case: CaseFacts) -> bool:
    """Whether a provision, or a part of it, was set off only for periods that have ended."""
    if not case.over:
        return False
    for name in (provision.id, *catalogue.descendants(provision.id)):
        answered = {t.id for t in catalogue.triggers_of.get(name, ()) if case.answers.get(t.id) == "yes"}
        if answered and answered <= case.over:
            return True
    return False


def judged(part: Provision, edge: Edge, context: Context) -> Edge:
    """The edge from a part to its whole: one recorded as the appropriate choice of a case counts like a free choice."""
    chosen = edge is Edge.CHOSEN and context.case is not None and part.id in context.case.chosen
    return Edge.FREE_CHOICE if chosen else edge


def met(triggers: Iterable[str], recorded: dict[str, str]) -> str:
    """Whether any of several triggers was met: yes, no (all denied) or unrecorded."""
    answers = {recorded.get(t, "unrecorded") for t in triggers}
    if "yes" in answers:
        return "yes"
    return "no" if answers == {"no"} else "unrecorded"


def in_class(provision: Provision, context: Context) -> bool:
    """Whether the provision concerns the class of systems asked about."""
    classes = provision.system_classes
    return not classes or ANY_CLASS in (context.system_class, *classes) or context.system_class in classes
