"""A made-up organisation with any number of corrective actions, each with its case, causes, review and evidence.

Thirty statements an action, from a fixed seed: about one case in ten lacks its review, one in twenty its check for
similar cases, one in twenty is still open, so that every check has something to find.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from random import Random

import pyoxigraph as ox

from aims_graph.vocab import AIMS, DCTERMS, RDF, RDFS, XSD
from aims_graph.workspaces.workspace import BASE

Term = ox.NamedNode | ox.Literal
START = date(2025, 1, 6)
SCOPE = f"{BASE}scope"
REQUIREMENTS = ("A.6.2.6", "8.2", "7.5.2", "9.1", "A.8.3")


def organisation(actions: int, standard: str, seed: int = 7) -> Iterator[ox.Triple]:
    """The statements of an organisation with so many actions; `standard` is the namespace of the missed clauses."""
    yield from _of("scope", "Scope", {"managementSystem": _text("AI management system")})
    yield from _of("manager", None, {f"{RDFS}label": _text("Quality manager")})
    random = Random(seed)
    for number in range(actions):
        yield from case(number, standard, random)


def case(number: int, standard: str, random: Random) -> Iterator[ox.Triple]:
    """The statements of one case with its action."""
    found = START + timedelta(days=random.randrange(500))
    whole, similar, is_open = random.random() > 0.1, random.random() > 0.05, random.random() < 0.05
    name, manager = f"NC-{number}", _link("manager")
    values: dict[str, Term] = {
        f"{DCTERMS}identifier": _text(name),
        f"{RDFS}label": _text(f"Deviation {number}"),
        "inScope": _link("scope"),
        "owner": manager,
        "grading": _text("minor"),
        "state": ox.NamedNode(f"{AIMS}state-{'open' if is_open else 'closed'}"),
        "detectedOn": _day(found),
        "requirementNotFulfilled": ox.NamedNode(standard + random.choice(REQUIREMENTS)),
        "description": _text(f"What was found in {number}."),
        "objectiveEvidence": _link(f"EV-{number}"),
        "documentsNatureAndActions": _link(f"EV-{number}"),
        "reaction": _link(f"CO-{number}"),
        "consequences": _text("Dealt with."),
        "reviewedOn": _day(found + timedelta(3)),
        "reviewedBy": manager,
        "causeAnalysis": _link(f"RCA-{number}"),
        "reviewWindowEnds": _day(found + timedelta(90)),
    }
    if similar:
        values["similarCasesResult"] = _text("None found.")
    if not is_open:
        values["closedOn"] = _day(found + timedelta(100))
    yield from _of(name, "Nonconformity", values)
    yield from _of(f"CO-{number}", "Correction", {"implementedOn": _day(found)})
    analysis: dict[str, Term] = {"performedOn": _day(found + timedelta(4)), "foundCause": _link(f"cause-{number}")}
    yield from _of(f"RCA-{number}", "RootCauseAnalysis", analysis)
    yield from _of(f"cause-{number}", "RootCause", {f"{RDFS}label": _text("A cause")})
    action: dict[str, Term] = {
        f"{DCTERMS}identifier": _text(f"CA-{number}"),
        "correctiveActionFor": _link(name),
        "addressesCause": _link(f"cause-{number}"),
        "owner": manager,
        "dueOn": _day(found + timedelta(40)),
        "implementedOn": _day(found + timedelta(30)),
    }
    yield from _of(f"CA-{number}", "CorrectiveAction", action)
    issued: dict[str, Term] = {f"{DCTERMS}issued": _day(found), "mediaType": _text("text/plain")}
    yield from _of(f"EV-{number}", "EvidenceItem", issued)
    if whole:
        review: dict[str, Term] = {
            "reviewsAction": _link(f"CA-{number}"),
            "reviewedOn": _day(found + timedelta(95)),
            "reviewedBy": manager,
            "verdict": ox.NamedNode(f"{AIMS}effective"),
            "criterion": _text("No recurrence."),
        }
        yield from _of(f"ER-{number}", "EffectivenessReview", review)


def _of(name: str, kind: str | None, values: Mapping[str, Term]) -> Iterator[ox.Triple]:
    node = ox.NamedNode(BASE + name)
    if kind is not None:
        yield ox.Triple(node, ox.NamedNode(f"{RDF}type"), ox.NamedNode(AIMS + kind))
    for prop, value in values.items():
        link = ox.NamedNode(prop if "://" in prop else AIMS + prop)
        yield ox.Triple(node, link, value)


def _link(name: str) -> ox.NamedNode:
    return ox.NamedNode(BASE + name)


def _text(value: str) -> ox.Literal:
    return ox.Literal(value)


def _day(day: date) -> ox.Literal:
    return ox.Literal(day.isoformat(), datatype=ox.NamedNode(f"{XSD}date"))
