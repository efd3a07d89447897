"""Which records a change touches: those that name what changes, and the cases handled under it with their actions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from aims_graph.affected import Affected
from aims_graph.cases import CaseRecord, read_cases
from aims_graph.catalogue import Catalogue
from aims_graph.checking.shapes import Rules
from aims_graph.errors import AmbiguousName
from aims_graph.model import Source
from aims_graph.records import Records
from aims_graph.vocab import AIMS, RDF


@dataclass(frozen=True)
class AffectedRecord:
    """One record that should be looked at again."""

    record: str  # its label
    kind: str
    case: str | None  # the case it belongs to
    names: tuple[str, ...]  # what it names of what changes, or of the questions that set it off
    handled_under: tuple[str, ...]  # what changes of the clauses under which its case is handled
    source: Source | None


def affected_records(
    catalogue: Catalogue, rules: Rules, records: Records, affected: Affected, as_of: date
) -> tuple[AffectedRecord, ...]:
    """The records of the day that a change touches, by kind and label."""
    then = records.on(as_of)
    triggers = [t.id for t in catalogue.triggers.values() if any(p in affected.inside for p in t.sets_off)]
    known = {catalogue.iri(name): name for name in (*affected.inside, *triggers)}
    under = {c.case_iri: _handled(c, affected) for c in read_cases(catalogue, rules, then, as_of)}
    found = [r for iri in then.facts.values if (r := _record(catalogue, then, iri, known, under)) is not None]
    return tuple(sorted(found, key=lambda r: (r.kind, r.record)))


def _handled(case: CaseRecord, affected: Affected) -> tuple[str, ...]:
    return tuple(sorted(p for p in case.degrees if p in affected.inside))


def _record(
    catalogue: Catalogue, records: Records, iri: str, known: dict[str, str], under: dict[str, tuple[str, ...]]
) -> AffectedRecord | None:
    kinds = catalogue.record_classes.intersection(records.facts.texts(iri, f"{RDF}type"))
    if not kinds:
        return None
    named = {known[v] for prop in records.facts.values[iri] for v in records.facts.texts(iri, prop) if v in known}
    case = _case_of(records, iri)
    handled = under.get(case, ()) if case is not None else ()
    if not named and not handled:
        return None
    return AffectedRecord(
        record=records.label(iri),
        kind=min(kinds).removeprefix(AIMS),
        case=None if case is None else records.label(case),
        names=tuple(sorted(named)),
        handled_under=handled,
        source=records.source(iri),
    )


def _case_of(records: Records, iri: str) -> str | None:
    try:
        return records.case_of(iri)
    except AmbiguousName:
        return None  # it belongs to several
