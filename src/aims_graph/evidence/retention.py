"""Until when evidence is to be kept for a requirement, as far as the records tell from when its period runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from aims_graph.catalogue import Catalogue
from aims_graph.evidence.case_evidence import systems_of
from aims_graph.evidence.evidence import issued
from aims_graph.model import ANY_CLASS, EvidenceRequirement
from aims_graph.periods import later
from aims_graph.records import Records
from aims_graph.vocab import AIMS


@dataclass(frozen=True)
class Kept:
    """Until when an item is to be kept at the least; or why that cannot be told."""

    until: date | None
    why_not: str | None = None


NOTHING_ASKED = Kept(None)


def needed(catalogue: Catalogue, records: Records, case: str, asked: EvidenceRequirement, item: str) -> Kept:
    """Until when an item of a case is to be kept for a requirement.

    The period runs from the event that the text names, of each system concerned that the
    requirement can be about, the last of them; where the text names none, from the day of issue.
    """
    if asked.retention is None:
        return NOTHING_ASKED
    if asked.retained_from is None and asked.counts_from is None:
        start = issued(records, item)
        return _until(start, asked.retention, "its day of issue is not recorded")
    if asked.counts_from is None:
        return Kept(None, f"no record holds the day of this event: {asked.retained_from}")
    systems = tuple(_concerned(catalogue, records, case, asked))
    if not systems:
        return Kept(None, "no system that the requirement can be about is recorded as concerned")
    days = {system: records.facts.days(system, asked.counts_from) for system in systems}
    unknown = [system for system, found in days.items() if not found]
    if unknown:
        prop = catalogue.labels.get(asked.counts_from.removeprefix(AIMS), asked.counts_from)
        return Kept(None, f"“{prop}” is not recorded for {records.label(unknown[0])}")
    return _until(max(day for found in days.values() for day in found), asked.retention, "")


def _until(start: date | None, retention: str, why_not: str) -> Kept:
    return Kept(None, why_not) if start is None else Kept(later(start, retention))


def _concerned(catalogue: Catalogue, records: Records, case: str, asked: EvidenceRequirement) -> Iterator[str]:
    """The systems concerned of a class that a provision with the requirement is about, or of no recorded class."""
    wanted = frozenset(c for p in asked.required_by for c in catalogue.provisions[p].system_classes)
    for system in systems_of(records, case):
        classes = {catalogue.curie(c).removeprefix("aims:") for c in records.facts.texts(system, f"{AIMS}systemClass")}
        if not wanted or not classes or ANY_CLASS in wanted or wanted & classes:
            yield system
