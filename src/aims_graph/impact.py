"""What a change of an edition or of some provisions touches: rows, claims, evidence, rules, questions, records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar

from aims_graph import affected as touching
from aims_graph.affected import Affected
from aims_graph.affected_records import AffectedRecord, affected_records
from aims_graph.answers import NOTICE, number
from aims_graph.catalogue import Catalogue
from aims_graph.checking.shapes import Rule, Rules
from aims_graph.errors import InputError
from aims_graph.indexing import reach
from aims_graph.indexing.index import Claims, Index
from aims_graph.model import REJECTED, EvidenceRequirement, Interval, Mapping, Provision, Trigger
from aims_graph.records import Records
from aims_graph.relations import Degree
from aims_graph.trace import Options

Thing = TypeVar("Thing")
NEVER = Interval(date.max, date.min)


@dataclass(frozen=True)
class At:
    """Where something is touched: at what changes, or only at a whole that holds a part of it."""

    names: tuple[str, ...]
    whole_only: bool


@dataclass(frozen=True)
class TouchedRow:
    """A mapping row at what changes."""

    row: Mapping
    at: At
    effective: date | None
    read_again: bool | None  # judged before the change; None where the change is only supposed


@dataclass(frozen=True)
class TouchedClaim:
    """A claim whose best proof passes through what changes, or stands on a row at it."""

    start: str
    provision: str
    degree: Degree
    confidence: float | None
    through: tuple[str, ...]
    rows: tuple[str, ...]
    left: Degree  # what still follows if what changes were gone and no row at a whole around it counted


@dataclass(frozen=True)
class Impact:
    """Everything that a change touches."""

    affected: Affected
    rows: tuple[TouchedRow, ...]
    claims: tuple[TouchedClaim, ...]
    evidence: tuple[tuple[EvidenceRequirement, At], ...]
    rules: tuple[tuple[Rule, At], ...]
    triggers: tuple[tuple[Trigger, At], ...]
    references: tuple[tuple[Provision, At], ...]  # from elsewhere, and to what
    suggested_actions: tuple[tuple[Provision, At], ...]
    records: tuple[AffectedRecord, ...] | None  # None: no records are loaded
    limited: tuple[str, ...]  # provisions of which a limit of the search left claims out
    between: tuple[date, date] | None
    options: Options
    graph_version: str


def affected_by(
    catalogue: Catalogue, editions: Sequence[str], provisions: Sequence[str], between: tuple[date, date] | None
) -> Affected:
    """What changes: one edition between two days, one edition as a whole, or some provisions."""
    if len(editions) == 1 and not provisions:
        edition = catalogue.editions[editions[0]]
        return touching.of_edition(catalogue, edition) if between is None else _between(catalogue, edition.id, between)
    if editions:
        raise InputError("a framework stands alone. Name one framework, or some provisions.")
    if not provisions:
        raise InputError("nothing is named. Name a framework, or some provisions.")
    if between is not None:
        raise InputError("days go with a framework. Name one framework, or leave the days out.")
    return touching.of_provisions(catalogue, provisions)


def _between(catalogue: Catalogue, edition: str, days: tuple[date, date]) -> Affected:
    start, end = days
    if start > end:
        raise InputError(f"{start} lies after {end}. Give the earlier day first.")
    return touching.between(catalogue, catalogue.editions[edition], start, end)


def impact(
    index: Index,
    rules: Rules,
    affected: Affected,
    options: Options,
    between: tuple[date, date] | None = None,
    records: Records | None = None,
) -> Impact:
    """All that the change touches, of the claims those that hold on the day; the options are the index's."""
    catalogue = index.catalogue
    rows = tuple(_rows(catalogue, affected))
    without = Index(_without(catalogue, affected, rows), index.context)
    limited: set[str] = set()
    iris = {catalogue.provisions[p].iri: p for p in (*affected.inside, *affected.around)}
    ruled = ((r, [iris[i] for i in r.provisions if i in iris]) for r in rules.rules)
    return Impact(
        affected=affected,
        rows=rows,
        claims=tuple(_claims(index, without, affected, rows, limited)),
        evidence=tuple(_touched(affected, ((e, e.required_by) for e in catalogue.evidence.values()))),
        rules=tuple(_touched(affected, ruled)),
        triggers=tuple(_touched(affected, ((t, (*t.sets_off, t.defined_in)) for t in catalogue.triggers.values()))),
        references=tuple(_from_elsewhere(catalogue, affected, lambda p: p.refers_to)),
        suggested_actions=tuple(_from_elsewhere(catalogue, affected, lambda p: p.suggested_for)),
        records=None if records is None else affected_records(catalogue, rules, records, affected, options.as_of),
        limited=tuple(sorted(limited)),
        between=between,
        options=options,
        graph_version=catalogue.version,
    )


def _rows(catalogue: Catalogue, affected: Affected) -> Iterator[TouchedRow]:
    for row, at in _touched(affected, ((row, reach.ends([row])) for row in catalogue.mappings)):
        effective = affected.since(at.names)
        again = None if effective is None else row.mapped_on is None or row.mapped_on < effective
        yield TouchedRow(row, at, effective, again)


def _touched(affected: Affected, things: Iterable[tuple[Thing, Iterable[str]]]) -> list[tuple[Thing, At]]:
    """Those of the things that name something touched: first what changes itself, then the wholes around it."""
    found = [(thing, At(*affected.at(names))) for thing, names in things]
    return sorted(((thing, at) for thing, at in found if at.names), key=lambda f: f[1].whole_only)


def _from_elsewhere(
    catalogue: Catalogue, affected: Affected, names: Callable[[Provision], tuple[str, ...]]
) -> list[tuple[Provision, At]]:
    outside = (p for p in catalogue.provisions.values() if p.id not in affected.inside)
    return _touched(affected, ((p, names(p)) for p in outside))


def _claims(
    index: Index, without: Index, affected: Affected, rows: Sequence[TouchedRow], limited: set[str]
) -> Iterator[TouchedClaim]:
    """The claims that are touched, in order of their starts; what a limit left out of any is added to `limited`."""
    catalogue = index.catalogue
    touched = {same.id for r in rows for same in reach.together(catalogue, r.row)}
    for start in reach.starts(index):
        known = index.remembered(start)
        found = reach.beyond(catalogue, start, known)
        through = {name: tuple(p for p in dict.fromkeys(b.path) if p in affected.inside) for name, b in found.items()}
        used = {name: tuple(r for r in best.rows if r in touched) for name, best in found.items()}
        concerned = sorted(name for name in found if through[name] or used[name])
        left = without.claims(start) if concerned else Claims()
        limited |= known.limited | left.limited
        for name in concerned:
            degree = left[name].degree if name in left else Degree.NONE
            best = found[name]
            yield TouchedClaim(start, name, best.degree, best.confidence, through[name], used[name], degree)


def _without(catalogue: Catalogue, affected: Affected, rows: Sequence[TouchedRow]) -> Catalogue:
    """The catalogue as if what changes had never been in force, and no row at a whole around it counted."""
    gone = {name: replace(catalogue.provisions[name], in_force=NEVER) for name in affected.inside}
    doubted = {r.row.id for r in rows if r.at.whole_only}
    mappings = tuple(replace(r, status=REJECTED) if r.id in doubted else r for r in catalogue.mappings)
    return replace(catalogue, provisions=catalogue.provisions | gone, mappings=mappings)


def impact_json(catalogue: Catalogue, found: Impact) -> dict[str, Any]:
    """The JSON object of an impact; a limit cuts each list, never the counts."""
    lists = _lists(catalogue, found)
    limit = found.options.limit
    return {
        "as_of": found.options.as_of.isoformat(),
        "roles": list(found.options.roles),
        "system_class": found.options.system_class,
        "trust": found.options.trust,
        "graph_version": found.graph_version,
        "from": None if found.between is None else found.between[0].isoformat(),
        "to": None if found.between is None else found.between[1].isoformat(),
        "counts": {
            **{name: len(items) for name, items in lists.items()},
            "read_again": sum(1 for r in found.rows if r.read_again),
            "claims_lost": sum(1 for c in found.claims if c.left is Degree.NONE),
        },
        **{name: items[:limit] for name, items in lists.items()},
        "limited": list(found.limited),
        "records_loaded": found.records is not None,
        "truncated": limit is not None and any(limit < len(items) for items in lists.values()),
        "notice": NOTICE,
    }


def _lists(catalogue: Catalogue, found: Impact) -> dict[str, list[dict[str, Any]]]:
    return {
        "units": [
            {
                "unit": u.id,
                "label": _label(catalogue, u.id),
                "change": u.change,
                "effective": _day(u.effective),
                "enacted_by": u.enacted_by,
                "source": str(u.source),
            }
            for u in found.affected.units
        ],
        "rows": [_row_json(r) for r in found.rows],
        "claims": [_claim_json(c) for c in found.claims],
        "evidence": [
            {"id": e.id, "label": e.label, **_at_json(at), "source": str(e.source)} for e, at in found.evidence
        ],
        "rules": [
            {"code": r.code, "name": r.name, "severity": r.severity, **_at_json(at), "source": str(r.source)}
            for r, at in found.rules
        ],
        "triggers": [
            {"trigger": t.id, "question": t.question, **_at_json(at), "source": str(t.source)}
            for t, at in found.triggers
        ],
        "references": [_pointer_json(p, at) for p, at in found.references],
        "suggested_actions": [_pointer_json(p, at) for p, at in found.suggested_actions],
        "records": [
            {
                "record": r.record,
                "kind": r.kind,
                "case": r.case,
                "names": list(r.names),
                "handled_under": list(r.handled_under),
                "source": None if r.source is None else str(r.source),
            }
            for r in found.records or ()
        ],
    }


def _row_json(touched: TouchedRow) -> dict[str, Any]:
    row = touched.row
    return {
        "mapping": row.id,
        "subject": row.subject,
        "relation": row.relation.value,
        "object": row.object,
        "status": row.status,
        "confidence": number(row.confidence),
        **_at_json(touched.at),
        "mapped_on": _day(row.mapped_on),
        "effective": _day(touched.effective),
        "read_again": touched.read_again,
        "source": str(row.source),
    }


def _claim_json(claim: TouchedClaim) -> dict[str, Any]:
    return {
        "from": claim.start,
        "to": claim.provision,
        "degree": claim.degree.word,
        "confidence": number(claim.confidence),
        "through": list(claim.through),
        "rows": list(claim.rows),
        "left": claim.left.word,
    }


def _at_json(at: At) -> dict[str, Any]:
    return {"at": list(at.names), "whole_only": at.whole_only}


def _pointer_json(provision: Provision, at: At) -> dict[str, Any]:
    return {
        "provision": provision.id,
        "notation": provision.notation,
        "title": provision.title,
        **_at_json(at),
        "source": str(provision.source),
    }


def _label(catalogue: Catalogue, name: str) -> str:
    if name in catalogue.editions:
        return catalogue.editions[name].label
    provision = catalogue.provisions[name]
    return f"{provision.notation} {provision.title}"


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
