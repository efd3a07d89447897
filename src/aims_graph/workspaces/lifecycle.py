"""The life of a case: which step may follow which, when it reopens, and what has to be there before it is closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import pyoxigraph as ox

from aims_graph.catalogue import Catalogue
from aims_graph.checking.walks import Statements
from aims_graph.errors import InputError
from aims_graph.turtle import Term, day_of, text_of
from aims_graph.vocab import AIMS, RDF, RDFS, XSD

STATE = f"{AIMS}state"
CLOSED, REOPENED = f"{AIMS}state-closed", f"{AIMS}state-reopened"
_CASE = f"{AIMS}Nonconformity"


def refused_steps(
    catalogue: Catalogue, cases: Iterable[str], before: Statements, after: Statements
) -> Iterator[tuple[str, tuple[str, str]]]:
    """(case, (what, fix)) for each case that takes a step its state does not allow; a new case may be in any state."""
    for case in cases:
        old, new = _value(before, case, STATE), _value(after, case, STATE)
        if old is None or new is None or old == new:
            continue
        allowed = catalogue.facts.texts(old, f"{AIMS}mayBecome")
        if new not in allowed:
            names = ", ".join(f"'{name(catalogue, state)}'" for state in allowed)
            what = f"goes from '{name(catalogue, old)}' to '{name(catalogue, new)}', which is no step of its life."
            yield case, (what, f"From '{name(catalogue, old)}' it may become: {names or 'nothing'}.")


def name(catalogue: Catalogue, state: str) -> str:
    """A state in words."""
    return catalogue.facts.text(state, f"{RDFS}label") or state.rsplit("#", 1)[-1]


def closing(changed: Iterable[str], before: Statements, after: Statements) -> Iterator[str]:
    """The cases that a change closes."""
    for case in changed:
        if _value(after, case, STATE) == CLOSED != _value(before, case, STATE):
            yield case


def belonging(case: str, view: Statements) -> frozenset[str]:
    """A case and the records that belong to it: what it links to, its actions, and their reviews."""
    node = ox.NamedNode(case)
    linked = {t.object.value for t in view.of(node) if isinstance(t.object, ox.NamedNode)}
    actions = [t.subject for t in view.to(node, f"{AIMS}correctiveActionFor")]
    reviews = [t.subject for action in actions for t in view.to(action, f"{AIMS}reviewsAction")]
    return frozenset({case, *linked, *(text_of(n) for n in (*actions, *reviews))})


def reopened(changed: Iterable[str], after: Statements) -> Iterator[str]:
    """The closed cases whose problem is recorded as back after the last review of their actions, or on no day."""
    cases = set(changed)
    cases |= {text_of(t.object) for case in changed for t in after.of(ox.NamedNode(case)) if _is_recurrence(t)}
    for case in sorted(cases):
        if _value(after, case, STATE) == CLOSED and _came_back(case, after):
            yield case


def _came_back(case: str, view: Statements) -> bool:
    node = ox.NamedNode(case)
    actions = [t.subject for t in view.to(node, f"{AIMS}correctiveActionFor")]
    reviews = [t.subject for action in actions for t in view.to(action, f"{AIMS}reviewsAction")]
    reviewed = [day for review in reviews for day in _days(view, review, f"{AIMS}reviewedOn")]
    days: list[date | None] = list(_days(view, node, f"{AIMS}recurredOn"))
    for again in (t.subject for t in view.to(node, f"{AIMS}recurrenceOf")):
        days += list(_days(view, again, f"{AIMS}detectedOn")) or [None]
    return any(day is None or all(other < day for other in reviewed) for day in days)


def _is_recurrence(triple: ox.Triple) -> bool:
    return triple.predicate.value == f"{AIMS}recurrenceOf"


def _days(view: Statements, node: Term, prop: str) -> list[date]:
    found = (day_of(t.object) for t in view.of(node) if t.predicate.value == prop)
    return [day for day in found if day is not None]


def _value(view: Statements, node: str, prop: str) -> str | None:
    return next((text_of(t.object) for t in view.of(ox.NamedNode(node)) if t.predicate.value == prop), None)


def cases_in(nodes: Iterable[str], view: Statements) -> list[str]:
    """Those of the records that are cases, sorted."""
    kind = ox.NamedNode(_CASE)
    types = f"{RDF}type"
    return sorted(
        n for n in set(nodes) if any(t.predicate.value == types and t.object == kind for t in view.of(ox.NamedNode(n)))
    )


def step(catalogue: Catalogue, case: str, typed: str, day: date) -> tuple[ox.Triple, ...]:
    """What is stated of a case that takes a state as people type it; closing names the day. InputError otherwise."""
    states = {name(catalogue, s): s for s in catalogue.facts.of_type(f"{AIMS}CaseState")}
    wanted = typed.strip().casefold().replace("_", " ").replace("-", " ")
    found = next((iri for label, iri in states.items() if label.casefold().replace("-", " ") == wanted), None)
    if found is None:
        raise InputError(f"'{typed}' is not a state of a case. Use one of: {', '.join(states)}.")
    stated = (_stated(case, STATE, ox.NamedNode(found)),)
    if found != CLOSED:
        return stated
    literal = ox.Literal(day.isoformat(), datatype=ox.NamedNode(f"{XSD}date"))
    return (*stated, _stated(case, f"{AIMS}closedOn", literal))


def _stated(case: str, prop: str, value: ox.NamedNode | ox.Literal) -> ox.Triple:
    return ox.Triple(ox.NamedNode(case), ox.NamedNode(prop), value)
