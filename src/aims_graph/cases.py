"""What one recorded case says: its elements, how far each part of its clause is recorded, its answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import pyoxigraph as ox

from aims_graph import periods
from aims_graph.catalogue import Catalogue
from aims_graph.chain import CaseFacts
from aims_graph.checking.shapes import Rules, elements, unmet
from aims_graph.checking.walks import Held
from aims_graph.errors import InputError
from aims_graph.model import ALL_OF, OBLIGATION, PER_OCCURRENCE, Element, Source
from aims_graph.records import Records
from aims_graph.relations import Degree
from aims_graph.vocab import AIMS, RDFS, XSD

RECORDED, MISSING, IDLE = "recorded", "missing", "not-triggered"


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
    vacuous: frozenset[str]  # provisions of which some part was not set off
    answers: dict[str, tuple[str, str | None, Source | None]]
    own_triggers: frozenset[str]  # those of its own clause: the case is what they ask about
    systems: frozenset[str]  # management systems whose requirements it is recorded against
    judged_by: tuple[str, ...]
    chosen: frozenset[str]  # parts judged to be what is appropriate
    events: frozenset[str]  # kinds of event that its own clause is about
    one_system: bool  # it concerns some systems of its scope only, as far as is recorded
    over: frozenset[str]  # triggers answered yes for a period that has ended
    reopened: periods.Recurrence | None  # the problem as it came back, where no review came after it
    passed: tuple[str, ...]  # what was due before the day and is not recorded since
    source: Source | None

    def facts(self, name: str) -> CaseFacts:
        """The part that guards look at; `name` is the occurrence as proofs name it."""
        said = {trigger: answer for trigger, (answer, _, _) in self.answers.items()}
        idle = frozenset(t for t, (answer, reason, _) in self.answers.items() if answer == "no" and reason)
        met = dict.fromkeys(self.own_triggers, "yes")
        return CaseFacts(
            name,
            self.source,
            met | said,
            self.degrees,
            self.systems,
            idle,
            self.vacuous,
            self.chosen,
            self.over,
            self.events,
            self.one_system,
        )


def read_case(catalogue: Catalogue, rules: Rules, records: Records, record: str, as_of: date) -> CaseRecord:
    """Everything an answer needs of the case that a record (an IRI) belongs to."""
    then = records.on(as_of)
    if record not in then.facts.values:
        raise InputError(f"'{then.label(record)}' is not recorded on {as_of} yet. Choose a later --as-of day.")
    case = then.case_of(record)
    if case is None:
        raise InputError(
            f"'{then.label(record)}' belongs to no recorded nonconformity. Link it to one, "
            "for example with aims:correctiveActionFor."
        )
    return replace(_of(catalogue, rules, then, as_of).case(case), record=then.label(record))


def read_cases(catalogue: Catalogue, rules: Rules, records: Records, as_of: date) -> tuple[CaseRecord, ...]:
    """The same of every case that is recorded on a day, each asked about by itself."""
    then = records.on(as_of)
    return _of(catalogue, rules, then, as_of).cases(then.cases())


def _of(catalogue: Catalogue, rules: Rules, then: Records, as_of: date) -> Cases:
    """The cases of records as they stood on a day, remembered with the records."""
    what = "cases", as_of, id(catalogue)  # which is held with them
    return then.remembered(what, rules, lambda: Cases(catalogue, rules, then, as_of))


class Cases:
    """The cases of records as they stood on a day, each read once; safe to share among threads."""

    def __init__(self, catalogue: Catalogue, rules: Rules, records: Records, as_of: date) -> None:
        self._catalogue, self._rules, self._records, self._as_of = catalogue, rules, records, as_of
        self._read: dict[str, CaseRecord] = {}

    def case(self, case: str) -> CaseRecord:
        """One of them (an IRI)."""
        return self.cases((case,))[0]

    def cases(self, wanted: Sequence[str]) -> tuple[CaseRecord, ...]:
        """Some of them, in the order given; those that were not read before are looked at together."""
        new = {case: periods.reopened(self._records, case) for case in wanted if case not in self._read}
        undated = {case for case, back in new.items() if back is not None and back.day is None}
        unmet = self._unmet([case for case in new if case not in undated])
        for case in undated:
            unmet |= self._unmet([case], _came_back(case, self._as_of))
        for case, back in new.items():
            self._read[case] = self._made(case, back, unmet[case])
        return tuple(self._read[case] for case in wanted)

    def _unmet(self, cases: Sequence[str], *also: ox.Triple) -> dict[str, frozenset[str]]:
        return unmet(self._rules, self._held, cases, self._as_of, also) if cases else {}

    @cached_property
    def _held(self) -> Held:
        return Held(triple for triples in self._records.facts.triples.values() for triple in triples)

    def _made(self, case: str, back: periods.Recurrence | None, unmet: frozenset[str]) -> CaseRecord:
        catalogue, records = self._catalogue, self._records
        under = standards(catalogue, records, case)
        told = elements(self._rules, unmet, catalogue.curies)
        found = tuple(e for e in told if _is_own(catalogue, e.provision, under))
        degrees, vacuous = degrees_of(catalogue, found)
        triggers = {t.id: t for p in degrees for t in catalogue.triggers_of.get(p, ())}
        due = periods.next_due(records, catalogue, case)
        against = records.missed(case, catalogue)
        return CaseRecord(
            record=records.label(case),
            case=records.label(case),
            case_iri=case,
            scope=_scope(records, case),
            elements=found,
            own=_topmost(catalogue, degrees),
            degrees=degrees,
            vacuous=vacuous,
            answers=records.answers(case, catalogue),
            own_triggers=frozenset(triggers),
            systems=frozenset(m for p in against if (m := catalogue.edition_of(p).managed) is not None),
            judged_by=_judges(records, case),
            chosen=_chosen(catalogue, records, case),
            events=frozenset().union(*(t.on_events for t in triggers.values())),
            one_system=_is_about_one_system(records, case),
            over=frozenset(trigger for trigger, day in due.items() if day < self._as_of),
            reopened=back,
            passed=tuple(periods.passed(records, catalogue, case, self._as_of)),
            source=records.source(case),
        )


def standards(catalogue: Catalogue, records: Records, case: str) -> frozenset[str]:
    """The editions that a case falls under: of what it is recorded to miss, else of its scope's management systems."""
    missed = {catalogue.provisions[p].edition for p in records.missed(case, catalogue)}
    if missed:
        return frozenset(missed)
    scopes = records.facts.texts(case, f"{AIMS}inScope")
    managed = {system for scope in scopes for system in records.facts.texts(scope, f"{AIMS}managementSystem")}
    return frozenset(e.id for e in catalogue.editions.values() if e.managed in managed)


def _is_own(catalogue: Catalogue, provision: str, under: Collection[str]) -> bool:
    """Whether a provision asks for the handling of a case: of the standard that it falls under, or of any."""
    if provision not in catalogue.provisions:
        return False
    edition = catalogue.edition_of(provision)
    return edition.id in under if under else edition.managed is not None


def degrees_of(catalogue: Catalogue, found: Iterable[Element]) -> tuple[dict[str, Degree], frozenset[str]]:
    """How far each provision is recorded for the case, and which of them hold a part that was not set off.

    Full needs every leaf settled: its elements recorded, or, for a conditional leaf,
    not triggered for a recorded reason; at least one recorded; and wholes whose parts
    are all asked and leave nothing out. A part that was not set off counts for nothing.
    """
    leaves: dict[str, list[str]] = {}
    for element in found:
        leaves.setdefault(element.provision, []).append(element.state)
    degrees: dict[str, Degree] = {}
    vacuous: set[str] = set()
    for provision in dict.fromkeys(p for leaf in leaves for p in (leaf, *catalogue.ancestors(leaf))):
        asked = catalogue.provisions[provision]
        if asked.force != OBLIGATION or asked.occurrence != PER_OCCURRENCE:
            continue
        below = (provision, *catalogue.descendants(provision))
        states = [_settled(catalogue, p, leaves.get(p)) for p in below if p in leaves or not catalogue.children.get(p)]
        whole = all(_exhaustive(catalogue, p) for p in below if catalogue.children.get(p))
        if not any(RECORDED in leaves.get(p, ()) for p in below):
            degrees[provision] = Degree.NONE
        elif whole and MISSING not in states:
            degrees[provision] = Degree.FULL
        else:
            degrees[provision] = Degree.PARTIAL
        if IDLE in states:
            vacuous.add(provision)
    return degrees, frozenset(vacuous)


def _settled(catalogue: Catalogue, leaf: str, states: list[str] | None) -> str:
    """One leaf: recorded, missing, or not triggered, which only a conditional leaf may be."""
    if not states or MISSING in states:
        return MISSING
    if RECORDED in states:
        return RECORDED
    return IDLE if catalogue.provisions[leaf].conditional else MISSING


def _exhaustive(catalogue: Catalogue, provision: str) -> bool:
    whole = catalogue.provisions[provision]
    return whole.decomposition == ALL_OF and whole.exhaustive


def _topmost(catalogue: Catalogue, degrees: dict[str, Degree]) -> tuple[str, ...]:
    return tuple(p for p in degrees if not set(degrees).intersection(catalogue.ancestors(p)))


def complete(degrees: dict[str, Degree], own: str) -> bool:
    """Whether a case has every element of a clause that asks for its handling recorded."""
    return degrees.get(own) is Degree.FULL


def _scope(records: Records, case: str) -> str | None:
    for prop in (f"{AIMS}inScope", f"{AIMS}concernsSystem"):
        value = records.facts.text(case, prop)
        if value is not None:
            return records.facts.text(value, f"{RDFS}label") or value
    return None


def _came_back(case: str, day: date) -> ox.Triple:
    """A recurrence whose day is not recorded has happened by the day of the question; said so that rules see it."""
    on = ox.Literal(day.isoformat(), datatype=ox.NamedNode(f"{XSD}date"))
    return ox.Triple(ox.NamedNode(case), ox.NamedNode(f"{AIMS}recurredOn"), on)


def _is_about_one_system(records: Records, case: str) -> bool:
    """Whether the case and its actions name systems, and not all that its scope is recorded to hold."""
    facts = records.facts
    about = (case, *periods.actions(records, case))
    named = {system for record in about for system in facts.texts(record, f"{AIMS}concernsSystem")}
    scopes = facts.texts(case, f"{AIMS}inScope")
    held = {system for scope in scopes for system in facts.texts(scope, f"{AIMS}includesSystem")}
    return bool(named) and not (held and held <= named)


def _chosen(catalogue: Catalogue, records: Records, case: str) -> frozenset[str]:
    """The parts that a judgement of the case, made by somebody on a day for a reason by a criterion, calls appropriate.

    Where two parts of one whole are called so, neither is known to be enough alone.
    """
    facts = records.facts
    parts: dict[str | None, set[str]] = {}
    for judgement in facts.texts(case, f"{AIMS}choiceJudgement"):
        particulars = ("reason", "criterion", "judgedBy", "judgedOn")
        if facts.text(judgement, f"{AIMS}outcome") != f"{AIMS}appropriate":
            continue
        if all((facts.text(judgement, AIMS + name) or "").strip() for name in particulars):
            for part in map(catalogue.curie, facts.texts(judgement, f"{AIMS}chosenPart")):
                if part in catalogue.provisions:
                    parts.setdefault(catalogue.provisions[part].parent, set()).add(part)
    return frozenset(next(iter(found)) for found in parts.values() if len(found) == 1)


def _judges(records: Records, case: str) -> tuple[str, ...]:
    """Who made the recorded judgements of the case, with the day."""
    facts = records.facts
    nodes = [n for prop in facts.values.get(case, {}) for n in facts.texts(case, prop)]
    nodes += periods.reviews(records, case)
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
