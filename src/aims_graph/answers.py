"""The answer to "what else does this satisfy?" as one value, and as the JSON that every interface returns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from math import floor
from typing import Any, NamedTuple

from aims_graph.model import Derivation, Element, Source, Step
from aims_graph.relations import Degree

PROVISION_LEVEL, CASE_LEVEL = "provision", "case"
NOTICE = "Not a conformity statement."

Json = dict[str, Any]


@dataclass(frozen=True)
class Applies:
    """From when a duty applies to a class of systems."""

    system_class: str
    start: date


@dataclass(frozen=True)
class Answer:
    """One provision that something counts towards, with its proof; there is no answer without one."""

    provision: str
    framework: str
    notation: str
    title: str
    degree: Degree
    confidence: float | None
    confidence_interval: tuple[float, float]
    best_derivation_confidence: float | None
    binds: tuple[str, ...]
    bindingness: str
    applies: tuple[Applies, ...]
    flags: tuple[str, ...]
    conditions: tuple[str, ...]
    questions: tuple[str, ...]
    assurance: str
    signed_by: str | None
    statement: str
    derivation: Derivation
    other_derivations: int


@dataclass(frozen=True)
class TriggerLine:
    """A question that the event raises beside the answers."""

    trigger: str
    provision: str
    question: str
    state: str  # yes, no or unrecorded; unrecorded is never shown as no
    binds: tuple[str, ...]
    defined_in: str
    reason: str | None
    source: Source | None


@dataclass(frozen=True)
class OwnClause:
    """A case against the clause that asks for its handling: what is recorded and what is missing."""

    provision: str
    notation: str
    degree: Degree
    elements: tuple[Element, ...]
    judged_by: tuple[str, ...]
    statement: str


class WhatElse(NamedTuple):
    """The whole answer to one question."""

    targets: tuple[str, ...]
    target_labels: tuple[str, ...]
    level: str
    occurrence: str | None
    scope: str | None
    as_of: date
    roles: tuple[str, ...]
    system_class: str
    trust: str
    graph_version: str
    answers: Sequence[Answer]
    triggers: Sequence[TriggerLine]
    own_clause: tuple[OwnClause, ...]
    rows_used: int
    rows_signed: int
    notes: tuple[str, ...]
    truncated: bool


def what_else_json(
    answer: WhatElse,
    answers: Callable[[Sequence[Answer]], Any] | None = None,
    triggers: Callable[[Sequence[TriggerLine]], Any] | None = None,
) -> Json:
    """The JSON object of a what-else answer, the same on the command line, the API and the pages.

    `answers` and `triggers` write all answers and questions, for those who have them written already.
    """
    return {
        "targets": list(answer.targets),
        "level": answer.level,
        "occurrence": answer.occurrence,
        "scope": answer.scope,
        "as_of": answer.as_of.isoformat(),
        "roles": list(answer.roles),
        "system_class": answer.system_class,
        "trust": answer.trust,
        "graph_version": answer.graph_version,
        "answers": [answer_json(a) for a in answer.answers] if answers is None else answers(answer.answers),
        "triggers": [trigger_json(t) for t in answer.triggers] if triggers is None else triggers(answer.triggers),
        "own_clause": [_own_json(o) for o in answer.own_clause],
        "rows_used": answer.rows_used,
        "rows_signed": answer.rows_signed,
        "notes": list(answer.notes),
        "notice": NOTICE,
        "truncated": answer.truncated,
    }


def answer_json(answer: Answer, derivation: Callable[[Derivation], Any] | None = None) -> Json:
    """One answer as JSON; `derivation` writes its proof, for those who write it themselves."""
    return {
        "provision": answer.provision,
        "framework": answer.framework,
        "notation": answer.notation,
        "title": answer.title,
        "degree": answer.degree.word,
        "confidence": number(answer.confidence),
        "confidence_interval": [number(x) for x in answer.confidence_interval],
        "best_derivation_confidence": number(answer.best_derivation_confidence),
        "confidence_calibrated": False,
        "binds": list(answer.binds),
        "bindingness": answer.bindingness,
        "applies": [{"system_class": a.system_class, "from": a.start.isoformat()} for a in answer.applies],
        "flags": list(answer.flags),
        "conditions": list(answer.conditions),
        "questions": list(answer.questions),
        "assurance": answer.assurance,
        "signed_by": answer.signed_by,
        "statement": answer.statement,
        "derivation": (derivation or derivation_json)(answer.derivation),
        "other_derivations": answer.other_derivations,
    }


def derivation_json(derivation: Derivation) -> list[Json]:
    """The steps of a proof, every premise before its use; the assumed start is left out."""
    return [step_json(s) for s in told_steps(derivation)]


def told_steps(derivation: Derivation) -> tuple[Step, ...]:
    """The steps of a proof without the assumed start."""
    return tuple(s for s in derivation.steps if s.premises)


def step_json(step: Step) -> Json:
    """One step of a proof."""
    row = step.mapping
    return {
        "rule": step.rule,
        "from": list(step.premises),
        "relation": step.relation,
        "to": step.conclusion,
        "degree_after": step.degree.word,
        "mapping": None if row is None else row.id,
        "source": str(step.source),
        "author": None if row is None else row.author,
        "status": None if row is None else row.status,
        "confidence": None if row is None else number(row.confidence),
        "strength": None if row is None else row.strength,
        "rationale": None if row is None else row.rationale,
        "guards": list(step.guards),
    }


def trigger_json(line: TriggerLine) -> Json:
    """One question beside the answers."""
    return {
        "trigger": line.trigger,
        "provision": line.provision,
        "question": line.question,
        "state": line.state,
        "binds": list(line.binds),
        "defined_in": line.defined_in,
        "reason": line.reason,
        "source": None if line.source is None else str(line.source),
    }


def _own_json(own: OwnClause) -> Json:
    return {
        "provision": own.provision,
        "notation": own.notation,
        "degree": own.degree.word,
        "statement": own.statement,
        "judged_by": list(own.judged_by),
        "elements": [
            {
                "code": e.code,
                "name": e.name,
                "provision": e.provision,
                "state": e.state,
                "fix": e.fix if e.state == "missing" else None,
                "source": str(e.rule_source),
            }
            for e in own.elements
        ],
    }


def number(value: float | None) -> float | None:
    """Four decimals, downwards: rounding never makes a belief certain."""
    return None if value is None else floor(value * 10_000 + 1e-6) / 10_000
