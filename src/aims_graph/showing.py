"""One provision with all that is known of it, and the list of what is loaded."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping as Dict
from datetime import date
from typing import TYPE_CHECKING, Any

from aims_graph.catalogue import Catalogue
from aims_graph.errors import InputError
from aims_graph.model import Edition, EvidenceRequirement, Mapping, Provision
from aims_graph.vocab import NO_TERM_FOUND

if TYPE_CHECKING:
    from aims_graph.checking.shapes import Rules
    from aims_graph.names import Names
    from aims_graph.queries import Question


def show_json(catalogue: Catalogue, rules: Rules, provision: str, as_of: date) -> dict[str, Any]:
    """Everything about one provision as of a day: place, text, evidence, references, rules, mappings both ways."""
    found = catalogue.provisions[provision]
    edition = catalogue.editions[found.edition]
    whole = (provision, *_held_on(catalogue, catalogue.descendants(provision), as_of))
    return {
        **provision_json(catalogue, found, as_of),
        "titles": dict(found.titles),
        "basis": found.basis_on(as_of),
        "place": _named(catalogue, reversed(catalogue.ancestors(provision))),
        "referred_from": list(catalogue.referred_from.get(provision, ())),
        "suggested_for": list(found.suggested_for),
        "suggested_actions": list(catalogue.suggestions_for.get(provision, ())),
        "addresses_risks": _named(catalogue, found.addresses_risks),
        "evidence": _evidence(catalogue, whole),
        "enforced_by": _enforcing(catalogue, rules, whole),
        "amendments": [
            {
                "unit": a.unit,
                "change": a.change,
                "effective": a.effective.isoformat(),
                "enacted_by": a.enacted_by,
                "effect": a.summary,
                "source": str(a.source),
            }
            for part in (provision, *catalogue.descendants(provision))
            for a in catalogue.amendments_of.get(part, ())
        ],
        "framework_title": edition.title,
        "bindingness": edition.bindingness,
        "coverage": edition.coverage,
        "rights": edition.rights,
        "wordings": [
            {
                "title": w.title,
                "summary": w.summary,
                "basis": w.basis,
                "in_force_from": _day(w.valid.start),
                "in_force_to": _day(w.valid.end),
                "enacted_by": w.enacted_by,
            }
            for w in found.wordings
        ],
        "parts": _held_on(catalogue, catalogue.children.get(provision, ()), as_of),
        "triggers": [
            {"id": t.id, "condition": t.condition, "question": t.question, "source": str(t.source)}
            for t in catalogue.triggers_of.get(provision, ())
        ],
        "mappings": [_row_json(row, provision) for row in catalogue.rows_at.get(provision, ())],
        "graph_version": catalogue.version,
    }


def _held_on(catalogue: Catalogue, parts: Iterable[str], as_of: date) -> list[str]:
    """Those parts whose text is in force on a day."""
    return [part for part in parts if catalogue.provisions[part].in_force.holds(as_of)]


def _named(catalogue: Catalogue, ids: Iterable[str]) -> list[dict[str, str]]:
    found = [catalogue.provisions[i] for i in ids]
    return [{"id": p.id, "notation": p.notation, "title": p.title} for p in found]


def _evidence(catalogue: Catalogue, whole: Iterable[str]) -> list[dict[str, Any]]:
    """What a provision or one of its parts demands, each requirement once."""
    asked = {e.id: e for part in whole for e in catalogue.evidence_of.get(part, ())}
    return [_evidence_json(e) for e in asked.values()]


def _enforcing(catalogue: Catalogue, rules: Rules, whole: Iterable[str]) -> list[dict[str, Any]]:
    """The rules that check records against a provision or one of its parts."""
    iris = {catalogue.provisions[part].iri: part for part in whole}
    return [
        {
            "code": rule.code,
            "name": rule.name,
            "severity": rule.severity,
            "asked_by": rule.asked_by,
            "provisions": [iris[iri] for iri in rule.provisions if iri in iris],
            "source": str(rule.source),
        }
        for rule in rules.rules
        if any(iri in iris for iri in rule.provisions)
    ]


def _evidence_json(found: EvidenceRequirement) -> dict[str, Any]:
    return {
        "id": found.id,
        "label": found.label,
        "required_by": list(found.required_by),
        "any_of": [[{"id": t.id, "label": t.label} for t in types] for types in found.lists],
        "retention": found.retention,
        "retained_from": found.retained_from,
        "retention_rule": found.retention_rule,
        "freshness": found.freshness,
        "freshness_rule": found.freshness_rule,
        "informative": found.informative,
        "note": found.note,
        "source": str(found.source),
    }


def provision_json(catalogue: Catalogue, found: Provision, as_of: date) -> dict[str, Any]:
    """The facts of one provision."""
    return {
        "id": found.id,
        "iri": found.iri,
        "framework": found.edition,
        "kind": found.kind,
        "notation": found.notation,
        "title": found.title_on(as_of),
        "summary": found.summary_on(as_of),
        "part_of": found.parent,
        "force": found.force,
        "modality": found.modality,
        "occurrence": found.occurrence,
        "binds": sorted(found.binds),
        "addressees": sorted(found.addressees),
        "system_classes": sorted(found.system_classes),
        "in_force": found.in_force.holds(as_of),
        "in_force_from": _day(found.in_force.start),
        "in_force_to": _day(found.in_force.end),
        "applies": [
            {
                "system_class": a.system_class,
                "from": a.start.isoformat(),
                "legal_question": a.legal_question,
                "source": str(a.source),
            }
            for a in found.applies_on(as_of)
        ],
        "decomposition": found.decomposition,
        "exhaustive": found.exhaustive,
        "condition": found.condition,
        "refers_to": list(found.refers_to),
        "expected_output": list(found.expected_output),
        "responsible": list(found.responsible),
        "note": found.note,
        "link": found.link,
        "source": str(found.source),
        "as_of": as_of.isoformat(),
    }


def _row_json(row: Mapping, provision: str) -> dict[str, Any]:
    forward = row.subject == provision
    return {
        "relation": (row.relation if forward else row.relation.converse).value,
        "to": row.object if forward else row.subject,
        "status": row.status,
        "confidence": row.confidence,
        "rationale": row.rationale,
        "condition": row.condition,
        "mapping": row.id,
        "author": row.author,
        "origin": row.origin,
        "source": str(row.source),
    }


def frameworks_json(catalogue: Catalogue, as_of: date) -> dict[str, Any]:
    """What is loaded: editions with their counts by kind, of the text in force on a day."""
    listed = [framework_json(catalogue, e, as_of) for e in _sorted(catalogue)]
    return {"frameworks": listed, "as_of": as_of.isoformat(), "graph_version": catalogue.version}


def framework_json(catalogue: Catalogue, edition: Edition, as_of: date) -> dict[str, Any]:
    """One edition, its counts as of a day (of an edition not in force: as of its last day), and its coverage."""
    day = _day_inside(edition, as_of)
    held = [p for p in catalogue.provisions.values() if p.edition == edition.id]
    kinds = Counter(p.kind for p in held if p.in_force.holds(day))
    bases = Counter(b for p in held if (b := p.basis_on(day)) and p.in_force.holds(day))
    rows = sum(
        1 for r in catalogue.mappings if edition.id in (_edition(catalogue, r.subject), _edition(catalogue, r.object))
    )
    return {
        "id": edition.id,
        "iri": edition.iri,
        "title": edition.title,
        "label": edition.label,
        "edition": edition.version,
        "bindingness": edition.bindingness,
        "as_of": as_of.isoformat(),
        "in_force": edition.in_force.holds(as_of),
        "in_force_from": _day(edition.in_force.start),
        "in_force_to": _day(edition.in_force.end),
        "counts": dict(sorted(kinds.items())),
        "bases": dict(sorted(bases.items())),
        "mapping_rows": rows,
        "coverage": edition.coverage,
        "link": edition.link,
        "rights": edition.rights,
        "source": str(edition.source),
    }


def _day_inside(edition: Edition, day: date) -> date:
    start, end = edition.in_force.start, edition.in_force.end
    return max(min(day, end or day), start or day)


def _sorted(catalogue: Catalogue) -> list[Edition]:
    return sorted(catalogue.editions.values(), key=lambda e: e.id)


def _edition(catalogue: Catalogue, provision: str) -> str | None:
    if provision == NO_TERM_FOUND or provision not in catalogue.provisions:
        return None
    return catalogue.provisions[provision].edition


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def find_json(catalogue: Catalogue, names: Names, text: str, limit: int, start: int = 0) -> dict[str, Any]:
    """So many search results in order, from a place on; InputError where no word is given."""
    if not re.search(r"\w", text):
        raise InputError("nothing is looked for. Give at least one word.")
    ids = names.find(text, start + limit + 1)[start:]
    found = [catalogue.provisions[i] for i in ids[:limit]]
    return {
        "query": text,
        "limit": limit,
        "truncated": len(ids) > limit,
        "results": [
            {"id": p.id, "framework": p.edition, "notation": p.notation, "title": p.title, "kind": p.kind}
            for p in found
        ],
    }


def questions_json(questions: Dict[str, Question]) -> dict[str, Any]:
    """The saved questions, what each answers and takes."""
    return {"questions": [question_json(q) for q in questions.values()]}


def question_json(question: Question) -> dict[str, Any]:
    """One saved question."""
    return {
        "name": question.name,
        "summary": question.summary,
        "answers": question.answers,
        "tags": list(question.tags),
        "parameters": [
            {"name": p.name, "type": p.type, "example": p.example, "about": p.about} for p in question.parameters
        ],
    }
