"""Which evidence items belong to a case, and by which links: its own, those of its actions, its scope and systems."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aims_graph.catalogue import Catalogue
from aims_graph.evidence import evidence
from aims_graph.model import Source
from aims_graph.records import ACTION_CLASS, CASE_CLASS, Records
from aims_graph.vocab import AIMS, DCTERMS, RDF

_LASTING = frozenset(AIMS + name for name in ("Organization", "AISystem", "Scope"))  # not of one case alone
_BETWEEN = frozenset((ACTION_CLASS, f"{AIMS}RootCauseAnalysis", f"{AIMS}Incident"))  # through which others belong to it
_DOCUMENTS, _DOCUMENTED_IN = f"{AIMS}documents", f"{AIMS}documentedIn"
_KIND = f"{DCTERMS}type"


@dataclass(frozen=True)
class CaseEvidence:
    """One evidence item of a case."""

    iri: str
    label: str
    title: str | None
    kinds: tuple[str, ...]  # that it is declared to be, as ids
    via: tuple[str, ...]  # the links by which it belongs to the case
    source: Source | None


def systems_of(records: Records, case: str) -> tuple[str, ...]:
    """The systems that a case, or a record of it, concerns."""
    found = (s for r in _records_of(records, case) for s in records.facts.texts(r, f"{AIMS}concernsSystem"))
    return tuple(dict.fromkeys(found))


def of_case(catalogue: Catalogue, records: Records, case: str) -> tuple[CaseEvidence, ...]:
    """The evidence items of a case (an IRI), by label."""
    via: dict[str, list[str]] = defaultdict(list)
    for item, link in _links(records, case):
        via[item].append(link)
    found = [
        CaseEvidence(
            iri=item,
            label=records.label(item),
            title=records.facts.text(item, f"{DCTERMS}title"),
            kinds=evidence.kinds(catalogue, records, item),
            via=tuple(sorted(dict.fromkeys(links))),
            source=records.source(item),
        )
        for item, links in via.items()
    ]
    return tuple(sorted(found, key=lambda i: (i.label, i.iri)))


def _links(records: Records, case: str) -> Iterator[tuple[str, str]]:
    """(item, the link in words) for each link of an item with the case, its records, its scope or a system."""
    items = set(records.facts.of_type(evidence.ITEM_CLASS))
    own = set(_records_of(records, case))
    lasting = {*records.facts.texts(case, f"{AIMS}inScope"), *systems_of(records, case)}
    for subject, prop, value in _statements(records):
        name = prop.rsplit("#", 1)[-1].rsplit("/", 1)[-1]
        if value in items and (subject in own or (subject in lasting and prop == _DOCUMENTED_IN)):
            yield value, f"{name} of {records.label(subject)}"
        if subject in items and prop != _KIND and (value in own or (value in lasting and prop == _DOCUMENTS)):
            yield subject, f"{name} {records.label(value)}"


def _records_of(records: Records, case: str) -> tuple[str, ...]:
    """The case, what it is linked with, and what is linked with its actions, cause analyses and incidents."""
    first = _near(records, [case])
    second = _near(records, [r for r in first if _BETWEEN.intersection(_types(records, r))])
    return (case, *sorted({*first, *second} - {case}))


def _near(records: Records, of: Iterable[str]) -> list[str]:
    """The records one link from some others, either way; evidence, other cases and what lasts are not of the case."""
    of = frozenset(of)
    apart = {evidence.ITEM_CLASS, CASE_CLASS, *_LASTING}
    ends = {value: None for subject, _, value in _statements(records) if subject in of}
    ends |= {subject: None for subject, _, value in _statements(records) if value in of}
    known = records.facts.values
    return [e for e in ends if e in known and (types := _types(records, e)) and not apart.intersection(types)]


def _types(records: Records, record: str) -> frozenset[str]:
    return frozenset(t for t in records.facts.texts(record, f"{RDF}type") if t.startswith(AIMS))


def _statements(records: Records) -> Iterator[tuple[str, str, str]]:
    facts = records.facts
    for subject, properties in facts.values.items():
        for prop in properties:
            for value in facts.texts(subject, prop):
                yield subject, prop, value
