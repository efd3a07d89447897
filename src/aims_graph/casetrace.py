"""What a recorded case counts towards: the same answer as for provisions, at level case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from aims_graph.answers import CASE_LEVEL, Answer, OwnClause, WhatElse
from aims_graph.cases import MISSING, RECORDED, CaseRecord, complete, read_case, read_cases
from aims_graph.catalogue import Catalogue
from aims_graph.checking.shapes import Rules
from aims_graph.inference import infer
from aims_graph.outcomes import outcome_of
from aims_graph.records import Records
from aims_graph.relations import Degree
from aims_graph.statements import case_statement, own_clause_statement
from aims_graph.trace import Options, answered, check_options


def what_else_record(catalogue: Catalogue, rules: Rules, records: Records, record: str, options: Options) -> WhatElse:
    """What the record of one case (an identifier or IRI) also counts towards, for that case only.

    The degree on the case's own clause comes from its recorded elements; nothing is
    ever derived about a clause as a whole.
    """
    check_options(catalogue, options)
    case = read_case(catalogue, rules, records, records.resolve(record), options.as_of)
    occurrence = catalogue.curie(case.case_iri)
    context = replace(options.context(), case=case.facts(occurrence))
    starts = [p for p, degree in case.degrees.items() if degree >= Degree.PARTIAL]
    result = infer(catalogue, starts, context)
    outcome = outcome_of(catalogue, case.own, result, context, "recorded", case.answers, options.frameworks)
    base = answered(catalogue, case.own, outcome, options, context.case)
    return base._replace(
        targets=(case.record,),
        target_labels=(case.record,),
        level=CASE_LEVEL,
        occurrence=occurrence,
        scope=case.scope,
        answers=tuple(_restated(catalogue, a, case) for a in base.answers),
        own_clause=_own(catalogue, rules, records, case, options),
        notes=(*_belongs(case), *_held(case), *base.notes),
    )


def _belongs(case: CaseRecord) -> tuple[str, ...]:
    if case.record == case.case:
        return ()
    return (f"{case.record} belongs to {case.case}; the answer is for the whole case as recorded on the day.",)


def _held(case: CaseRecord) -> Iterator[str]:
    """What no longer holds of the case on the day: it is reopened, or a period is over."""
    if case.reopened is not None:
        when = "on a day that is not recorded" if case.reopened.day is None else f"on {case.reopened.day}"
        yield (
            f"Reopened: the problem of {case.case} came back {when} ({case.reopened.told_by}), and no review of "
            "effectiveness is recorded since; an earlier verdict held until then."
        )
    yield from (f"Period over: {sentence}" for sentence in case.passed)


def _restated(catalogue: Catalogue, answer: Answer, case: CaseRecord) -> Answer:
    provision = catalogue.provisions[answer.provision]
    statement = case_statement(provision, answer.bindingness, answer.degree, case.case)
    return replace(answer, statement=statement)


def _own(
    catalogue: Catalogue, rules: Rules, records: Records, case: CaseRecord, options: Options
) -> tuple[OwnClause, ...]:
    every = read_cases(catalogue, rules, records, options.as_of)
    others = [other for other in every if other.case_iri != case.case_iri]
    lines = []
    for own in case.own:
        alike = [c for c in (case, *others) if own in c.own]
        family = {own, *catalogue.descendants(own)}
        found = tuple(e for e in case.elements if e.provision in family)
        recorded, missing = (sum(e.state == state for e in found) for state in (RECORDED, MISSING))
        notation = catalogue.provisions[own].notation
        names = (case.record, notation, case.case)
        done = sum(complete(c.degrees, own) for c in alike)
        sentence = own_clause_statement(case.degrees[own], names, recorded, missing, cases=len(alike), complete=done)
        lines.append(OwnClause(own, notation, case.degrees[own], found, case.judged_by, sentence))
    return tuple(lines)
