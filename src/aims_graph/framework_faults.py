"""Faults of content in framework files: what loads, but is incomplete, out of order in time, or leads nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from itertools import pairwise

from aims_graph import rereadings
from aims_graph.catalogue import Catalogue
from aims_graph.errors import Problem
from aims_graph.history import DELETED, HEADING_REPLACED, INSERTED, REPLACED, amendment_of, changes_of
from aims_graph.model import OBLIGATION, Interval, Provision, Source, day_after
from aims_graph.vocab import AIMS, DCTERMS

MAX_SUMMARY_WORDS = 40

Fault = Callable[[Catalogue, Provision], Iterator[tuple[Source, str, str]]]


def faults(catalogue: Catalogue) -> Iterator[Problem]:
    """Every fault of content, with the place and a fix."""
    for provision in catalogue.provisions.values():
        for check in CHECKS:
            for source, what, fix in check(catalogue, provision):
                yield Problem(source.path, source.line, what, fix)
    yield from _orphans(catalogue)
    yield from _trigger_faults(catalogue)
    yield from _rereading_faults(catalogue)
    yield from _amendment_faults(catalogue)
    yield from _loose_ends(catalogue)


def _summary(catalogue: Catalogue, found: Provision) -> Iterator[tuple[Source, str, str]]:
    texts = [(found.summary, found.basis, found.source)]
    texts += [(w.summary, w.basis, w.source) for w in found.wordings]
    if found.force == OBLIGATION and not any(text for text, _, _ in texts):
        yield found.source, f"'{found.id}' has no summary.", "Add aims:summary."
    for text, basis, source in texts:
        if text and len(text.split()) > MAX_SUMMARY_WORDS:
            what = f"the summary of '{found.id}' has {len(text.split())} words."
            yield source, what, f"Use at most {MAX_SUMMARY_WORDS}."
        if text and basis is None:
            yield source, f"the summary of '{found.id}' does not say what it rests on.", "Add aims:basis."


def _duty(catalogue: Catalogue, found: Provision) -> Iterator[tuple[Source, str, str]]:
    if found.force == OBLIGATION and found.modality is None:
        yield found.source, f"'{found.id}' has no modality.", "Add aims:modality."
    if found.force == OBLIGATION and found.occurrence is None:
        yield found.source, f"'{found.id}' has no occurrence.", "Add aims:occurrence."


def _parts(catalogue: Catalogue, found: Provision) -> Iterator[tuple[Source, str, str]]:
    members = catalogue.children.get(found.id, ())
    if found.exhaustive and not members:
        what = f"'{found.id}' is said to have all its parts, but has none."
        yield found.source, what, "Add the parts, or remove aims:exhaustive."
    if found.conditional and not found.condition:
        yield found.source, f"'{found.id}' is conditional without a condition.", "Say when."
    for member in members:
        if catalogue.provisions[member].edition != found.edition:
            what = f"'{member}' lies in '{found.id}' of another edition."
            yield catalogue.provisions[member].source, what, "A part is of the same edition as its whole."


def _references(catalogue: Catalogue, found: Provision) -> Iterator[tuple[Source, str, str]]:
    for target in found.refers_to:
        if target not in catalogue.provisions:
            what = f"'{found.id}' refers to '{target}', which does not exist."
            yield found.source, what, "Correct or remove the reference."
        elif catalogue.provisions[target].edition != found.edition:
            yield found.source, f"'{found.id}' refers to '{target}' of another edition.", "Write a mapping row."
        elif target == found.id:
            yield found.source, f"'{found.id}' refers to itself.", "Remove the reference."


def _dates(catalogue: Catalogue, found: Provision) -> Iterator[tuple[Source, str, str]]:
    whole = catalogue.editions[found.edition].in_force
    if not _ordered(found.in_force):
        yield found.source, f"'{found.id}' ends before it begins.", "Correct aims:inForceFrom or aims:inForceTo."
    if found.in_force.end == date.max:
        yield found.source, f"'{found.id}' ends on the last day of the calendar.", "Leave an open end out."
    if not _inside(found.in_force, whole):
        yield found.source, f"'{found.id}' is in force outside its edition.", "Keep within the edition's days."
    for application in found.applies:
        if found.in_force.start and application.start < found.in_force.start and application.valid.end is None:
            what = f"'{found.id}' applies from {application.start}, before it is in force."
            yield found.source, what, "Application never comes before entry into force."
    yield from _wording_dates(found)


def _wording_dates(found: Provision) -> Iterator[tuple[Source, str, str]]:
    for texts in ([w for w in found.wordings if w.summary], [w for w in found.wordings if w.title]):
        for one, other in pairwise(texts):
            if one.valid.end is None or other.valid.start is None or other.valid.start <= one.valid.end:
                yield other.source, f"two wordings of '{found.id}' overlap in time.", "End one the day before."
            elif other.valid.start != day_after(one.valid.end):
                yield other.source, f"between two wordings of '{found.id}' there is a gap.", "Let days follow on."
        if texts and not (_inside(texts[0].valid, found.in_force) and _inside(texts[-1].valid, found.in_force)):
            yield texts[0].source, f"a wording of '{found.id}' lies outside its days in force.", "Correct its days."
    if found.summary and any(w.summary for w in found.wordings):
        what = f"'{found.id}' has a summary beside those of its wordings."
        yield found.source, what, "Keep the summaries on the wordings."


def _ordered(days: Interval) -> bool:
    return days.start is None or days.end is None or days.start <= days.end


def _inside(days: Interval, whole: Interval) -> bool:
    early = whole.start is not None and days.start is not None and days.start < whole.start
    late = whole.end is not None and days.end is not None and days.end > whole.end
    return not early and not late and _ordered(days)


CHECKS: tuple[Fault, ...] = (_summary, _duty, _parts, _references, _dates)


def _orphans(catalogue: Catalogue) -> Iterator[Problem]:
    """What lies in no whole although others of its kind in the edition do."""
    placed = {(p.edition, p.kind) for p in catalogue.provisions.values() if p.parent}
    for provision in catalogue.provisions.values():
        if provision.parent is None and (provision.edition, provision.kind) in placed:
            what = f"'{provision.id}' lies in no whole, as other provisions of kind {provision.kind} do."
            yield Problem(provision.source.path, provision.source.line, what, "Add aims:partOf.")


def _trigger_faults(catalogue: Catalogue) -> Iterator[Problem]:
    for trigger in catalogue.triggers.values():
        path, line = trigger.source.path, trigger.source.line
        if not trigger.sets_off:
            yield Problem(path, line, f"'{trigger.id}' sets nothing off.", "Remove it.")
        if not trigger.on_events:
            yield Problem(path, line, f"'{trigger.id}' is asked beside no kind of event.", "Add aims:onEvent.")
        if trigger.defined_in not in catalogue.provisions:
            what = f"'{trigger.id}' is said to come from '{trigger.defined_in}', which does not exist."
            yield Problem(path, line, what, "Point dcterms:source at the provision that says so.")
    for iri in catalogue.facts.of_type(f"{AIMS}ApplicationDate"):
        said = [catalogue.curie(s) for s in catalogue.facts.texts(iri, f"{DCTERMS}source")]
        for name in said:
            if name not in catalogue.provisions:
                what = f"'{catalogue.curie(iri)}' is said to come from '{name}', which does not exist."
                yield _at(catalogue, iri, what, "Point dcterms:source at the provision that says so.")


def _rereading_faults(catalogue: Catalogue) -> Iterator[Problem]:
    found, problems = rereadings.read(catalogue.files)
    yield from problems
    for row in found.values():
        if row.provision not in catalogue.provisions:
            what = f"'{row.provision}' was read a second time, but does not exist."
            yield Problem(row.source.path, row.source.line, what, "Correct the id.")


def _amendment_faults(catalogue: Catalogue) -> Iterator[Problem]:
    """Every change of a text belongs to an amendment, and every amendment shows in the text."""
    for provision in catalogue.provisions.values():
        for change in changes_of(provision, catalogue.editions[provision.edition]):
            if amendment_of(catalogue, change) is None:
                what = f"'{provision.id}' is {change.change} on {change.effective}, but no amendment says so."
                yield Problem(change.source.path, change.source.line, what, "Add an aims:Amendment of the unit.")
    shown = {REPLACED, INSERTED, DELETED, HEADING_REPLACED}
    for amendment in catalogue.amendments.values():
        unit = catalogue.provisions.get(amendment.unit)
        if unit is None or amendment.change not in shown:
            continue
        found = {
            change.change
            for change in changes_of(unit, catalogue.editions[unit.edition])
            if change.effective == amendment.effective
        }
        if amendment.change not in found and not (amendment.change == REPLACED and INSERTED in found):
            what = f"its days do not show that '{amendment.unit}' is {amendment.change} on {amendment.effective}."
            yield Problem(amendment.source.path, amendment.source.line, what, "Correct the intervals or the amendment.")


def _loose_ends(catalogue: Catalogue) -> Iterator[Problem]:
    """What nothing points to: an application date, a wording, an evidence list or type, a label of nothing."""
    facts = catalogue.facts
    pointed = {
        "ApplicationDate": "applies",
        "EvidenceList": "evidenceList",
        "EvidenceType": "evidenceType",
    }
    for kind, prop in pointed.items():
        used = {v for subject in facts.values for v in facts.texts(subject, AIMS + prop)}
        for iri in facts.of_type(AIMS + kind):
            if iri not in used:
                what = f"nothing points to '{catalogue.curie(iri)}' by aims:{prop}."
                yield _at(catalogue, iri, what, "Use it or remove it.")
    known = {p.iri for p in catalogue.provisions.values()}
    for iri in facts.of_type(f"{AIMS}Wording"):
        if facts.text(iri, f"{AIMS}wordingOf") not in known:
            what = f"'{catalogue.curie(iri)}' is a wording of nothing."
            yield _at(catalogue, iri, what, "Correct aims:wordingOf.")
    for iri, properties in facts.values.items():
        path = facts.place.get(iri, ("", 0))[0]
        if path.startswith("ontology/labels/") and properties:
            what = f"'{catalogue.curie(iri)}' is labelled, but does not exist."
            yield _at(catalogue, iri, what, "Correct the id.")


def _at(catalogue: Catalogue, iri: str, what: str, fix: str) -> Problem:
    path, line = catalogue.facts.place.get(iri, ("(unplaced)", 0))
    return Problem(path, line or None, what, fix)
