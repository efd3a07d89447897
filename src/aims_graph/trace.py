"""The questions people ask, as small functions over the catalogue and the inference."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache

from aims_graph.answers import (
    PROVISION_LEVEL,
    WhatElse,
)
from aims_graph.catalogue import Catalogue
from aims_graph.chain import (
    NOTHING_RECORDED,
    CaseFacts,
    Context,
    Organisation,
    asks_nothing,
    expand,
    is_over,
    may_start,
)
from aims_graph.errors import InputError
from aims_graph.inference import infer
from aims_graph.model import ANY_CLASS, DOUBLE_READ, Provision
from aims_graph.outcomes import Outcome, Outcomes, outcome_of
from aims_graph.relations import Degree

CONTEXTS = 100  # that are made once; each may hold what an organisation has stated


@dataclass(frozen=True)
class Options:
    """How a question is asked: for whom, when, for which systems, and how strictly."""

    as_of: date
    roles: tuple[str, ...] = ()
    system_class: str = ANY_CLASS
    trust: str = DOUBLE_READ
    frameworks: tuple[str, ...] = ()
    min_degree: Degree = Degree.CANDIDATE
    limit: int | None = None
    organisation: Organisation = NOTHING_RECORDED  # what records say of it as a whole

    def context(self) -> Context:
        """The part of the options that guards look at."""
        return self._context

    @cached_property
    def _context(self) -> Context:
        return _context(self.as_of, self.roles, self.system_class, self.trust, self.organisation)


@lru_cache(CONTEXTS)
def _context(as_of: date, roles: tuple[str, ...], system_class: str, trust: str, organisation: Organisation) -> Context:
    """The same object for the same words: it knows its hash, and is found by it where anything is remembered."""
    return Context(as_of, frozenset(roles), system_class, trust, organisation=organisation)


def check_options(catalogue: Catalogue, options: Options) -> None:
    """Refuse roles, classes, frameworks and trust levels that do not exist, naming those that do."""
    for role in options.roles:
        _one_of("role", role, catalogue.roles)
    _one_of("system class", options.system_class, catalogue.system_classes)
    _one_of("trust level", options.trust, (DOUBLE_READ, "accepted"))
    for framework in options.frameworks:
        _one_of("framework", framework, catalogue.editions)
    if options.limit is not None and options.limit < 1:
        raise InputError(f"limit {options.limit} is not a positive number. Give 1 or more.")


def _one_of(what: str, value: str, allowed: Collection[str]) -> None:
    if value not in allowed:
        raise InputError(f"'{value}' is not a known {what}. Use one of: {', '.join(sorted(allowed))}.")


def what_else(
    catalogue: Catalogue, targets: Sequence[str], options: Options, outcomes: Outcomes | None = None
) -> WhatElse:
    """What doing all that `targets` ask (ids, taken together) also counts towards.

    Hypothetical: nothing here comes from records. `outcomes` of this catalogue spare working out again what they
    remember. Raises InputError for options that do not exist.
    """
    check_options(catalogue, options)
    context = options.context()
    if outcomes is not None and len(targets) == 1:
        return answered(catalogue, targets, outcomes.of(targets[0], context), options)
    result = infer(catalogue, targets, context, None if outcomes is None else outcomes.ways(context))
    outcome = outcome_of(catalogue, targets, result, context, asked=options.frameworks)
    return answered(catalogue, targets, outcome, options)


def at_hand(catalogue: Catalogue, target: str, options: Options, outcomes: Outcomes) -> WhatElse | None:
    """The same for one provision whose outcome is remembered; None for another."""
    check_options(catalogue, options)
    outcome = outcomes.remembered(target, options.context())
    return None if outcome is None else answered(catalogue, (target,), outcome, options)


def answered(
    catalogue: Catalogue, targets: Sequence[str], outcome: Outcome, options: Options, case: CaseFacts | None = None
) -> WhatElse:
    """The whole answer: what the options choose of an outcome."""
    places, truncated = outcome.chosen(options.frameworks, options.min_degree, options.limit)
    return WhatElse(
        targets=tuple(targets),
        target_labels=tuple(label_of(catalogue, t) for t in targets),
        level=PROVISION_LEVEL,
        occurrence=None,
        scope=None,
        as_of=options.as_of,
        roles=options.roles,
        system_class=options.system_class,
        trust=options.trust,
        graph_version=catalogue.version,
        answers=outcome.answers(places),
        triggers=outcome.asked_about(options.frameworks),
        own_clause=(),
        **outcome.signatures(places),
        notes=notes(catalogue, targets, outcome, options, places, case),
        truncated=truncated,
    )


def label_of(catalogue: Catalogue, provision: str) -> str:
    """How a provision is named to people: framework, notation, title."""
    found = catalogue.provisions[provision]
    return f"{catalogue.editions[found.edition].label}, {found.notation} {found.title}"


def notes(
    catalogue: Catalogue,
    targets: Sequence[str],
    outcome: Outcome,
    options: Options,
    shown: Sequence[int],
    case: CaseFacts | None = None,
) -> tuple[str, ...]:
    """Sentences that belong to the whole answer; `shown` are the places of what it shows."""
    result = outcome.result
    refused = (
        _no_starts_of(catalogue, outcome, options)
        if case is None
        else no_starts(catalogue, result.refused, options, case)
    )
    effects = {effect for edition, effect in catalogue.effects if outcome.lies_in(edition, shown)}
    names = outcome.names(shown)
    left_out = _left_out(catalogue, (*targets, *names), options) if options.organisation.applicability else ()
    limits = result.limits(outcome.names(shown))
    return (*refused, *left_out, *sorted(effects), *limits)


def _left_out(catalogue: Catalogue, shown: Sequence[str], options: Options) -> Iterator[str]:
    """Why the statement of applicability leaves out what is shown, a sentence a control."""
    for name in dict.fromkeys(shown):
        entry = options.organisation.entries.get(name)
        if entry is not None and not entry.included:
            why = entry.reason or "no reason is recorded"
            yield f"{label_of(catalogue, name)} is excluded by the statement of applicability: {why} ({entry.source})"


def _no_starts_of(catalogue: Catalogue, outcome: Outcome, options: Options) -> tuple[str, ...]:
    refused = outcome.result.refused
    return outcome.told(options.context(), lambda: no_starts(catalogue, refused, options)) if refused else ()


def no_starts(
    catalogue: Catalogue, refused: Sequence[str], options: Options, case: CaseFacts | None = None
) -> tuple[str, ...]:
    """Why nothing starts where it was supposed to; of a case, said once for a clause and its parts."""
    if not refused:
        return ()
    told = [p for p in refused if case is None or not set(refused).intersection(catalogue.ancestors(p))]
    return tuple(why_no_start(catalogue, p, options, case) for p in told)


def why_no_start(catalogue: Catalogue, target: str, options: Options, case: CaseFacts | None = None) -> str:
    """Why no claim can start at a provision, in a hypothetical question or from the record of a case."""
    provision, context = catalogue.provisions[target], replace(options.context(), case=case)
    if not provision.in_force.holds(options.as_of):
        return f"{provision.notation} is not in force on {options.as_of}{_when(provision)}, so it starts no claim."
    bound = expand(catalogue, provision.binds) if options.roles else frozenset()
    if bound and not bound & expand(catalogue, context.roles):
        whom = ", ".join(sorted(provision.binds))
        return f"{provision.notation} binds {whom}, not {', '.join(options.roles)}: no claim starts here."
    if asks_nothing(catalogue, provision, context):
        return f"All that {provision.notation} asks is asked of others or left out: no claim starts here."
    if case is not None and is_over(catalogue, provision, case):
        return f"{provision.notation} was done for a period that is over, and is due again: no claim starts here."
    if may_start(catalogue, provision, context):
        classes = ", ".join(sorted(provision.system_classes))
        return f"{provision.notation} concerns {classes}, not {options.system_class}: no claim starts here."
    return f"{provision.notation} states no duty of an organisation, so it starts no claim."


def _when(provision: Provision) -> str:
    """From when to when a text is in force, as an aside."""
    start, end = provision.in_force.start, provision.in_force.end
    days = [f"from {start}" if start else "", f"until {end}" if end else ""]
    return f" (only {' '.join(d for d in days if d)})"
