"""One provision with all that is known of it, and the list of what is loaded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping as Dict
from datetime import date
from typing import TYPE_CHECKING, Any

from aims_graph.catalogue import Catalogue
from aims_graph.model import Edition, Mapping, Provision
from aims_graph.vocab import NO_TERM_FOUND

if TYPE_CHECKING:
    from aims_graph.queries import Question


def show_json(catalogue: Catalogue, provision: str, as_of: date) -> dict[str, Any]:
    """Everything about one provision as of a day, with its mappings in both directions."""
    found = catalogue.provisions[provision]
    edition = catalogue.editions[found.edition]
    return {
        **provision_json(catalogue, found, as_of),
        "framework_title": edition.title,
        "bindingness": edition.bindingness,
        "coverage": edition.coverage,
        "rights": edition.rights,
        "wordings": [
            {
                "summary": w.summary,
                "in_force_from": _day(w.valid.start),
                "in_force_to": _day(w.valid.end),
                "enacted_by": w.enacted_by,
            }
            for w in found.wordings
        ],
        "parts": list(catalogue.children.get(provision, ())),
        "triggers": [
            {"id": t.id, "condition": t.condition, "question": t.question, "source": str(t.source)}
            for t in catalogue.triggers_of.get(provision, ())
        ],
        "mappings": [_row_json(row, provision) for row in catalogue.rows_at.get(provision, ())],
    }


def provision_json(catalogue: Catalogue, found: Provision, as_of: date) -> dict[str, Any]:
    """The facts of one provision."""
    return {
        "id": found.id,
        "iri": found.iri,
        "framework": found.edition,
        "kind": found.kind,
        "notation": found.notation,
        "title": found.title,
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


def frameworks_json(catalogue: Catalogue) -> dict[str, Any]:
    """What is loaded: editions with their counts by kind."""
    return {"frameworks": [framework_json(catalogue, e) for e in _sorted(catalogue)]}


def framework_json(catalogue: Catalogue, edition: Edition) -> dict[str, Any]:
    """One edition, its counts and its coverage."""
    kinds = Counter(p.kind for p in catalogue.provisions.values() if p.edition == edition.id)
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
        "in_force_from": _day(edition.in_force.start),
        "in_force_to": _day(edition.in_force.end),
        "counts": dict(sorted(kinds.items())),
        "mapping_rows": rows,
        "coverage": edition.coverage,
        "link": edition.link,
        "rights": edition.rights,
        "source": str(edition.source),
    }


def _sorted(catalogue: Catalogue) -> list[Edition]:
    return sorted(catalogue.editions.values(), key=lambda e: e.id)


def _edition(catalogue: Catalogue, provision: str) -> str | None:
    if provision == NO_TERM_FOUND or provision not in catalogue.provisions:
        return None
    return catalogue.provisions[provision].edition


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def find_json(catalogue: Catalogue, ids: tuple[str, ...], text: str) -> dict[str, Any]:
    """Search results in order."""
    found = [catalogue.provisions[i] for i in ids]
    return {
        "query": text,
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
