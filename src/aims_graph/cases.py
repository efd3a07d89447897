"""What one recorded case says: its elements, how far each part of its clause is recorded, its answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from aims_graph.catalogue import Catalogue
from aims_graph.chain import CaseFacts
from aims_graph.errors import InputError
from aims_graph.model import OBLIGATION, PER_OCCURRENCE, Element, Source
from aims_graph.records import Records
from aims_graph.relations import Degree
from aims_graph.shapes import Rules, elements
from aims_graph.vocab import AIMS, RDFS

RECORDED, MISSING = "recorded", "missing"


@dataclass(frozen=True)
class CaseRecord:
    """One occurrence as recorded."""

    record: str  # label of the record asked about
    case: str  # label of the occurrence
    case_iri: str
    scope: str | None
    elements: tuple[Element, ...]
    own: tuple[str, ...]  # the provisions that ask for the handling of such a case
    degrees: dict[str, Degree]
    answers: dict[str, tuple[str, str | None, Source | None]]
    own_triggers: frozenset[str]  # those of its own clause: the case is what they ask about
    systems: frozenset[str]  # management systems whose requirements it is recorded against
    judged_by: tuple[str, ...]
    source: Source | None

    def facts(self, name: str) -> CaseFacts:
        """The part that guards look at; `name` is the occurrence as proofs name it."""
        said = {trigger: answer for trigger, (answer, _, _) in self.answers.items()}
        idle = frozenset(t for t, (answer, reason, _) in self.answers.items() if answer == "no" and reason)
        met = dict.fromkeys(self.own_triggers, "yes")
        return CaseFacts(name, self.source, met | said, self.degrees, self.systems, idle)


def read_case(catalogue: Catalogue, rules: Rules, records: Records, record: str, as_of: date) -> CaseRecord:
    """Everything an answer needs of the case that a record (an IRI) belongs to."""
    case = records.case_of(record)
    if case is None:
        raise InputError(
            f"'{records.label(record)}' belongs to no recorded nonconformity. Link it to one, "
            "for example with aims:correctiveActionFor."
        )
    curies = {p.iri: p.id for p in catalogue.provisions.values()}
    texts = [text for _, text in records.texts]
    found = elements(rules, texts, case, as_of, curies)
    degrees = degrees_of(catalogue, found)
    return CaseRecord(
        record=records.label(record),
        case=records.label(case),
        case_iri=case,
        scope=_scope(records, case),
        elements=found,
        own=_topmost(catalogue, degrees),
        degrees=degrees,
        answers=records.answers(case, catalogue),
        own_triggers=frozenset(t.id for p in degrees for t in catalogue.triggers_of.get(p, ())),
        systems=_systems(catalogue, records, case),
        judged_by=_judges(records, case),
        source=records.source(case),
    )


def degrees_of(catalogue: Catalogue, found: Iterable[Element]) -> dict[str, Degree]:
    """How far each provision is recorded for the case, from its elements up.

    Full needs every leaf of the provision to have elements and none of them missing,
    and at least one recorded; an element that was not triggered, for a recorded
    reason, is not missing and counts for nothing by itself.
    """
    states: dict[str, list[str]] = {}
    for element in found:
        if element.provision in catalogue.provisions:
            for holder in (element.provision, *catalogue.ancestors(element.provision)):
                states.setdefault(holder, []).append(element.state)
    degrees: dict[str, Degree] = {}
    for provision, seen in states.items():
        asked = catalogue.provisions[provision]
        if asked.force != OBLIGATION or asked.occurrence != PER_OCCURRENCE:
            continue
        if RECORDED not in seen:
            degrees[provision] = Degree.NONE
        elif MISSING in seen or not _all_leaves_have_elements(catalogue, provision, states):
            degrees[provision] = Degree.PARTIAL
        else:
            degrees[provision] = Degree.FULL
    return degrees


def _all_leaves_have_elements(catalogue: Catalogue, provision: str, states: dict[str, list[str]]) -> bool:
    below = (provision, *catalogue.descendants(provision))
    leaves = [p for p in below if not catalogue.children.get(p)]
    return all(leaf in states for leaf in leaves)


def _topmost(catalogue: Catalogue, degrees: dict[str, Degree]) -> tuple[str, ...]:
    return tuple(p for p in degrees if not set(degrees).intersection(catalogue.ancestors(p)))


def complete(degrees: dict[str, Degree], own: Iterable[str]) -> bool:
    """Whether a case has every element of its own clause recorded."""
    return all(degrees[p] is Degree.FULL for p in own)


def _scope(records: Records, case: str) -> str | None:
    for prop in (f"{AIMS}inScope", f"{AIMS}concernsSystem"):
        value = records.facts.text(case, prop)
        if value is not None:
            return records.facts.text(value, f"{RDFS}label") or value
    return None


def _systems(catalogue: Catalogue, records: Records, case: str) -> frozenset[str]:
    against = (catalogue.curie(p) for p in records.facts.texts(case, f"{AIMS}requirementNotFulfilled"))
    managed = (catalogue.edition_of(p).managed for p in against if p in catalogue.provisions)
    return frozenset(m for m in managed if m is not None)


def _judges(records: Records, case: str) -> tuple[str, ...]:
    """Who made the recorded judgements of the case, with the day."""
    facts = records.facts
    nodes = [n for prop in facts.values.get(case, {}) for n in facts.texts(case, prop)]
    actions = [a for a in facts.values if case in facts.texts(a, f"{AIMS}correctiveActionFor")]
    nodes += [r for r in facts.values if set(facts.texts(r, f"{AIMS}reviewsAction")) & set(actions)]
    said: dict[str, set[str]] = {}
    for node in nodes:
        for who, when in ((f"{AIMS}judgedBy", f"{AIMS}judgedOn"), (f"{AIMS}reviewedBy", f"{AIMS}reviewedOn")):
            person = facts.text(node, who)
            if person is not None:
                name = facts.text(person, f"{RDFS}label") or person
                said.setdefault(name, set()).update(facts.texts(node, when))
    return tuple(f"{name} ({', '.join(sorted(days))})" for name, days in sorted(said.items()))


def derived_facts(catalogue: Catalogue, case: CaseRecord) -> Iterator[tuple[str, str, str, bool]]:
    """What the evidence rules say of a case, as statements (subject, predicate, object, object is a text)."""
    for own in case.own:
        yield case.case_iri, f"{AIMS}handledUnder", catalogue.iri(own), False
    for element in case.elements:
        if element.state in (RECORDED, MISSING):
            prop = "recordsElement" if element.state == RECORDED else "lacksElement"
            yield case.case_iri, AIMS + prop, element.rule_iri, False
    if case.source is not None:
        yield case.case_iri, f"{AIMS}sourceLine", str(case.source), True
