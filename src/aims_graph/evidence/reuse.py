"""Which evidence of a case can be used again for what the case also counts towards, and what is missing for each.

The target's own requirement decides: kind, age, validity, retention, digest. Nothing
here says that a requirement is met; that is judged by people, from the documents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from aims_graph.answers import NOTICE, Answer, WhatElse
from aims_graph.casetrace import what_else_record
from aims_graph.catalogue import Catalogue
from aims_graph.checking.shapes import Rules
from aims_graph.evidence import case_evidence, evidence, retention
from aims_graph.evidence.case_evidence import CaseEvidence
from aims_graph.evidence.evidence import Fault
from aims_graph.model import EvidenceRequirement, EvidenceType
from aims_graph.records import Records
from aims_graph.trace import Options
from aims_graph.vocab import AIMS

REUSABLE, CANNOT_TELL, IN_PART, MISSING = "reusable", "cannot-be-told", "in-part", "missing"
STATES = (REUSABLE, CANNOT_TELL, IN_PART, MISSING)  # nearest to being usable first
FAULTY = "held-with-a-fault"
_ITEM_STATES = (REUSABLE, CANNOT_TELL, FAULTY)


@dataclass(frozen=True)
class Held:
    """One item of a kind that is asked for, with all that speaks against using it as it is."""

    item: CaseEvidence
    faults: tuple[Fault, ...]
    keep_until: date | None  # at the least, for this requirement; None where nothing is asked or known

    @property
    def state(self) -> str:
        """Reusable as it is, held with a fault, or not to be told."""
        if not self.faults:
            return REUSABLE
        return FAULTY if any(f.certain for f in self.faults) else CANNOT_TELL


@dataclass(frozen=True)
class Wanted:
    """One kind of evidence that a list asks for, and the items of the case that are declared to be of it."""

    kind: EvidenceType
    held: tuple[Held, ...]  # best first, then newest first
    elsewhere: tuple[str, ...]  # items of the kind that are recorded and belong to this case by no link

    @property
    def state(self) -> str:
        """The state of the best item; missing where there is none."""
        return self.held[0].state if self.held else MISSING


@dataclass(frozen=True)
class Asked:
    """One requirement of a target, list by list."""

    requirement: EvidenceRequirement
    answers: tuple[Answer, ...]  # the provisions with the requirement that the case counts towards
    lists: tuple[tuple[Wanted, ...], ...]  # all kinds of any one

    @property
    def state(self) -> str:
        """The state of the list that is nearest to being usable."""
        return list_state(self.nearest)

    @property
    def nearest(self) -> tuple[Wanted, ...]:
        """That list."""
        return min(self.lists, key=lambda one: (STATES.index(list_state(one)), -sum(bool(w.held) for w in one)))


@dataclass(frozen=True)
class Reuse:
    """The answer: what the case counts towards, the evidence looked at, and each requirement."""

    what: WhatElse
    considered: tuple[CaseEvidence, ...]
    asked: tuple[Asked, ...]
    notes: tuple[str, ...]


def list_state(wanted: tuple[Wanted, ...]) -> str:
    """The state of a list, all of whose kinds are needed."""
    states = {w.state for w in wanted}
    if states <= {REUSABLE}:
        return REUSABLE
    if states <= {REUSABLE, CANNOT_TELL}:
        return CANNOT_TELL
    return MISSING if states <= {MISSING} else IN_PART


def reuse(catalogue: Catalogue, rules: Rules, records: Records, record: str, options: Options) -> Reuse:
    """What of the evidence of a case is usable for the requirements of what the case also counts towards.

    `record` is a name as people type it. Raises as `what_else_record` does.
    """
    what = what_else_record(catalogue, rules, records, record, options)
    then = records.on(options.as_of)
    case = then.case_of(records.resolve(record))
    assert case is not None  # else there was no answer
    items = case_evidence.of_case(catalogue, then, case)
    judge = _Judge(catalogue, then, case, options.as_of, items, evidence.by_kind(catalogue, then))
    asked = tuple(judge.asked(r, found) for r, found in _requirements(catalogue, what))
    return Reuse(what, items, asked, (*_notes(items), *what.notes))


def _requirements(catalogue: Catalogue, what: WhatElse) -> list[tuple[EvidenceRequirement, tuple[Answer, ...]]]:
    """Each requirement of the answers once: those that demand before those that suggest, else in answer order."""
    found: dict[str, list[Answer]] = {}
    for answer in what.answers:
        for requirement in catalogue.evidence_of.get(answer.provision, ()):
            found.setdefault(requirement.id, []).append(answer)
    pairs = [(catalogue.evidence[name], tuple(answers)) for name, answers in found.items()]
    return sorted(pairs, key=lambda pair: pair[0].informative)


def _notes(items: tuple[CaseEvidence, ...]) -> Iterator[str]:
    untold = [i.label for i in items if not i.kinds]
    if untold:
        verb, its = ("names", "its") if len(untold) == 1 else ("name", "their")
        where = "the column Kind of document of a spreadsheet, dcterms:type in Turtle"
        yield f"{', '.join(untold)} {verb} no kind of evidence. Record {its} kind: {where}."
    yield "What a text leaves to the organisation (how long to keep, how new to be) is shown and not judged here."


@dataclass(frozen=True)
class _Judge:
    """Judges the evidence of one case against one requirement after another."""

    catalogue: Catalogue
    records: Records
    case: str
    day: date
    items: tuple[CaseEvidence, ...]
    known: dict[str, list[str]]  # all items on record by kind

    def asked(self, requirement: EvidenceRequirement, answers: tuple[Answer, ...]) -> Asked:
        lists = tuple(tuple(self.wanted(kind, requirement) for kind in one) for one in requirement.lists)
        return Asked(requirement, answers, lists)

    def wanted(self, kind: EvidenceType, requirement: EvidenceRequirement) -> Wanted:
        held = [self.held(item, requirement) for item in self.items if kind.id in item.kinds]
        newest = sorted(held, key=lambda h: evidence.issued(self.records, h.item.iri) or date.min, reverse=True)
        own = {item.iri for item in self.items}
        elsewhere = sorted(self.records.label(i) for i in self.known.get(kind.id, ()) if i not in own)
        return Wanted(kind, tuple(sorted(newest, key=lambda h: _ITEM_STATES.index(h.state))), tuple(elsewhere))

    def held(self, item: CaseEvidence, requirement: EvidenceRequirement) -> Held:
        found = (check(self, item.iri, requirement) for check in _CHECKS)
        kept = retention.needed(self.catalogue, self.records, self.case, requirement, item.iri)
        return Held(item, tuple(f for f in found if f is not None), kept.until)


# -- what may speak against an item ----------------------------------------------------


def _expired(judge: _Judge, item: str, requirement: EvidenceRequirement) -> Fault | None:
    return evidence.expired(judge.records, item, judge.day)


def _stale(judge: _Judge, item: str, requirement: EvidenceRequirement) -> Fault | None:
    if requirement.freshness is not None and evidence.issued(judge.records, item) is None:
        return Fault("its day of issue is not recorded, so its age is not known", "Record dcterms:issued.", False)
    return evidence.stale(judge.records, item, requirement, judge.day)


def _not_kept(judge: _Judge, item: str, requirement: EvidenceRequirement) -> Fault | None:
    until = max(judge.records.facts.days(item, f"{AIMS}retainUntil"), default=None)
    if until is not None and until < judge.day:
        return Fault(f"kept until {until} only", "See that it still exists, and record how long it is kept.")
    needed = retention.needed(judge.catalogue, judge.records, judge.case, requirement, item)
    if needed.why_not is not None:
        return Fault(f"how long it is to be kept is not known: {needed.why_not}", "Record that day.", False)
    if needed.until is None:
        return None
    if until is None:
        fix = f"Record aims:retainUntil: {needed.until} or later."
        return Fault("how long it is kept is not recorded", fix, False)
    if until >= needed.until:
        return None
    return Fault(f"kept until {until}, to be kept until {needed.until}", f"Keep it until {needed.until} and record it.")


def _without_digest(judge: _Judge, item: str, requirement: EvidenceRequirement) -> Fault | None:
    if judge.records.facts.texts(item, f"{AIMS}sha256"):
        return None
    return Fault("no digest is recorded", "Record aims:sha256 of the file, so that a change of it shows.")


_CHECKS: tuple[Callable[[_Judge, str, EvidenceRequirement], Fault | None], ...] = (
    _expired,
    _stale,
    _not_kept,
    _without_digest,
)


# -- as JSON ---------------------------------------------------------------------------


def reuse_json(found: Reuse) -> dict[str, Any]:
    """The JSON object of a reuse answer, the same on every interface."""
    what = found.what
    return {
        "record": what.targets[0],
        "occurrence": what.occurrence,
        "scope": what.scope,
        "counts": {state: sum(a.state == state for a in found.asked) for state in STATES},
        "evidence": [
            {
                "item": i.label,
                "title": i.title,
                "kinds": list(i.kinds),
                "via": list(i.via),
                "source": None if i.source is None else str(i.source),
            }
            for i in found.considered
        ],
        "requirements": [_asked_json(a) for a in found.asked],
        "notes": list(found.notes),
        "as_of": what.as_of.isoformat(),
        "roles": list(what.roles),
        "system_class": what.system_class,
        "trust": what.trust,
        "graph_version": what.graph_version,
        "rows_used": what.rows_used,
        "rows_signed": what.rows_signed,
        "notice": NOTICE,
    }


def _asked_json(asked: Asked) -> dict[str, Any]:
    requirement = asked.requirement
    return {
        "requirement": requirement.id,
        "label": requirement.label,
        "framework": asked.answers[0].framework,
        "demanded": not requirement.informative,
        "state": asked.state,
        "provisions": [
            {
                "provision": a.provision,
                "notation": a.notation,
                "title": a.title,
                "degree": a.degree.word,
                "binds": list(a.binds),
                "flags": list(a.flags),
                "conditions": list(a.conditions),
            }
            for a in asked.answers
        ],
        "retention": requirement.retention,
        "retained_from": requirement.retained_from,
        "retention_rule": requirement.retention_rule,
        "freshness": requirement.freshness,
        "freshness_rule": requirement.freshness_rule,
        "note": requirement.note,
        "any_of": [{"state": list_state(one), "all_of": [_wanted_json(w) for w in one]} for one in asked.lists],
        "source": str(requirement.source),
    }


def _wanted_json(wanted: Wanted) -> dict[str, Any]:
    return {
        "kind": wanted.kind.id,
        "label": wanted.kind.label,
        "state": wanted.state,
        "held": [
            {
                "item": h.item.label,
                "title": h.item.title,
                "via": list(h.item.via),
                "state": h.state,
                "keep_until": None if h.keep_until is None else h.keep_until.isoformat(),
                "faults": [{"says": f.says, "fix": f.fix, "certain": f.certain} for f in h.faults],
            }
            for h in wanted.held
        ],
        "elsewhere": list(wanted.elsewhere),
    }
