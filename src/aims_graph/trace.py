"""The questions people ask, as small functions over the catalogue and the inference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from aims_graph.answers import (
    PROVISION_LEVEL,
    Answer,
    Applies,
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
from aims_graph.inference import Inference, infer
from aims_graph.model import ANY_CLASS, DOUBLE_READ, ApplicationDate, Claim, Derivation, Provision
from aims_graph.relations import Degree
from aims_graph.statements import provision_statement
from aims_graph.triggers import Recorded, family_of, trigger_lines
from aims_graph.ways import Ways


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
        roles = frozenset(self.roles)
        return Context(self.as_of, roles, self.system_class, self.trust, organisation=self.organisation)


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


def _one_of(what: str, value: str, allowed: Iterable[str]) -> None:
    names = sorted(allowed)
    if value not in names:
        raise InputError(f"'{value}' is not a known {what}. Use one of: {', '.join(names)}.")


def what_else(
    catalogue: Catalogue, targets: Sequence[str], options: Options, ways: Callable[[Context], Ways] | None = None
) -> WhatElse:
    """What doing all that `targets` ask (ids, taken together) also counts towards.

    Hypothetical: nothing here comes from records. `ways` gives what is remembered of the edges in a context.
    Raises InputError for options that do not exist.
    """
    check_options(catalogue, options)
    context = options.context()
    result = infer(catalogue, targets, context, None if ways is None else ways(context))
    return answered(catalogue, targets, result, options, "designed", {})


def answered(
    catalogue: Catalogue,
    targets: Sequence[str],
    result: Inference,
    options: Options,
    assurance: str,
    recorded: Recorded,
    case: CaseFacts | None = None,
) -> WhatElse:
    """The whole answer for claims already inferred; `recorded` holds what is known of the triggers."""
    answers, truncated = select_answers(catalogue, targets, result, options, assurance)
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
        answers=answers,
        triggers=trigger_lines(catalogue, targets, options.as_of, options.roles, recorded, options.frameworks),
        own_clause=(),
        **signatures(answers),
        notes=notes(catalogue, targets, result, options, answers, case),
        truncated=truncated,
    )


def label_of(catalogue: Catalogue, provision: str) -> str:
    """How a provision is named to people: framework, notation, title."""
    found = catalogue.provisions[provision]
    return f"{catalogue.editions[found.edition].label}, {found.notation} {found.title}"


def signatures(answers: Sequence[Answer]) -> dict[str, int]:
    """How many mapping rows the full and partial answers stand on, and how many a person signed."""
    rows = {row.id: row.signed for a in answers if a.degree >= Degree.PARTIAL for row in a.derivation.rows}
    return {"rows_used": len(rows), "rows_signed": sum(rows.values())}


def notes(
    catalogue: Catalogue,
    targets: Sequence[str],
    result: Inference,
    options: Options,
    answers: Sequence[Answer],
    case: CaseFacts | None = None,
) -> tuple[str, ...]:
    """Sentences that belong to the whole answer."""
    refused = no_starts(catalogue, result.refused, options, case)
    effects = sorted({e for a in answers if (e := catalogue.editions[a.framework].effect) is not None})
    left_out = _left_out(catalogue, (*targets, *(a.provision for a in answers)), options)
    return (*refused, *left_out, *effects, *result.limits(a.provision for a in answers))


def _left_out(catalogue: Catalogue, shown: Iterable[str], options: Options) -> Iterator[str]:
    """Why the statement of applicability leaves out what is shown, a sentence a control."""
    for name in dict.fromkeys(shown):
        entry = options.organisation.entries.get(name)
        if entry is not None and not entry.included:
            why = entry.reason or "no reason is recorded"
            yield f"{label_of(catalogue, name)} is excluded by the statement of applicability: {why} ({entry.source})"


def no_starts(
    catalogue: Catalogue, refused: Sequence[str], options: Options, case: CaseFacts | None = None
) -> tuple[str, ...]:
    """Why nothing starts where it was supposed to; of a case, said once for a clause and its parts."""
    told = [p for p in refused if case is None or not set(refused).intersection(catalogue.ancestors(p))]
    return tuple(why_no_start(catalogue, p, options, case) for p in told)


def why_no_start(catalogue: Catalogue, target: str, options: Options, case: CaseFacts | None = None) -> str:
    """Why no claim can start at a provision, in a hypothetical question or from the record of a case."""
    provision = catalogue.provisions[target]
    bound = expand(catalogue, provision.binds)
    if not provision.in_force.holds(options.as_of):
        return f"{provision.notation} is not in force on {options.as_of}{_when(provision)}, so it starts no claim."
    if bound and options.roles and not bound & expand(catalogue, frozenset(options.roles)):
        whom = ", ".join(sorted(provision.binds))
        return f"{provision.notation} binds {whom}, not {', '.join(options.roles)}: no claim starts here."
    if asks_nothing(catalogue, provision, replace(options.context(), case=case)):
        return f"All that {provision.notation} asks is asked of others or left out: no claim starts here."
    if case is not None and is_over(catalogue, provision, case):
        return f"{provision.notation} was done for a period that is over, and is due again: no claim starts here."
    if may_start(catalogue, provision, options.context()):
        classes = ", ".join(sorted(provision.system_classes))
        return f"{provision.notation} concerns {classes}, not {options.system_class}: no claim starts here."
    return f"{provision.notation} states no duty of an organisation, so it starts no claim."


def _when(provision: Provision) -> str:
    """From when to when a text is in force, as an aside."""
    start, end = provision.in_force.start, provision.in_force.end
    days = [f"from {start}" if start else "", f"until {end}" if end else ""]
    return f" (only {' '.join(d for d in days if d)})"


# -- answers ---------------------------------------------------------------------------


def select_answers(
    catalogue: Catalogue, targets: Sequence[str], result: Inference, options: Options, assurance: str
) -> tuple[tuple[Answer, ...], bool]:
    """The claims worth showing, sorted by degree, confidence and id; and whether a limit cut them."""
    left_out = family_of(catalogue, targets)
    own = {catalogue.provisions[t].edition for t in targets}
    silent = (own | catalogue.common) - set(options.frameworks)
    named = (p for p in result.claims if p not in left_out and catalogue.provisions[p].edition not in silent)
    shown = {p: result.claims[p] for p in named}
    answers = [
        make_answer(catalogue, claim, options, assurance)
        for provision, claim in shown.items()
        if claim.degree >= options.min_degree
        and not _follows_only_from_listed(catalogue, provision, claim, shown)
        and (not options.frameworks or catalogue.provisions[provision].edition in options.frameworks)
    ]
    ordered = sorted(answers, key=_rank)
    cut = ordered if options.limit is None else ordered[: options.limit]
    return tuple(cut), len(cut) < len(ordered)


def _rank(answer: Answer) -> tuple[int, bool, float, str]:
    unknown = answer.confidence is None
    return (-answer.degree, unknown, -(answer.confidence or 0.0), answer.provision)


def _follows_only_from_listed(catalogue: Catalogue, provision: str, claim: Claim, shown: dict[str, Claim]) -> bool:
    """An ancestor whose every proof ends by going up from a listed member says nothing new."""
    return all(
        derivation.steps[-1].rule in ("whole", "all-parts", "any-of")
        and all(p in shown for p in derivation.steps[-1].premises)
        for derivation in claim.derivations
    )


def make_answer(catalogue: Catalogue, claim: Claim, options: Options, assurance: str) -> Answer:
    """One claim as people and tools see it."""
    provision = catalogue.provisions[claim.provision]
    edition = catalogue.editions[provision.edition]
    dates = _dates(provision, options)
    best = claim.best
    signers = {row.reviewer or "" for row in best.rows if row.signed}
    return Answer(
        provision=provision.id,
        framework=provision.edition,
        notation=provision.notation,
        title=provision.title,
        degree=claim.degree,
        confidence=claim.confidence,
        confidence_interval=claim.interval,
        best_derivation_confidence=claim.best_confidence,
        binds=tuple(sorted(provision.binds)),
        bindingness=edition.bindingness,
        applies=tuple(Applies(d.system_class, d.start) for d in dates),
        flags=_flags(claim, best, dates, options),
        conditions=best.conditions,
        questions=best.questions,
        assurance=assurance,
        signed_by=", ".join(sorted(signers)) if signers and all(r.signed for r in best.rows) else None,
        statement=provision_statement(provision, edition.bindingness, claim.degree),
        derivation=best,
        other_derivations=len(claim.derivations) - 1,
    )


def _dates(provision: Provision, options: Options) -> tuple[ApplicationDate, ...]:
    """The application dates that are the law on the day, of the class of systems asked about."""
    wanted = (options.system_class, ANY_CLASS)
    return tuple(
        a for a in provision.applies_on(options.as_of) if options.system_class == ANY_CLASS or a.system_class in wanted
    )


def _flags(claim: Claim, best: Derivation, dates: tuple[ApplicationDate, ...], options: Options) -> tuple[str, ...]:
    flags = set(best.flags)
    if dates and all(d.start > options.as_of for d in dates):
        flags.add("not-yet-applicable")
    if any(d.legal_question for d in dates):
        flags.add("application-date-disputed")
    if claim.bounded:
        flags.add("confidence-bounded")
    return tuple(sorted(flags))
