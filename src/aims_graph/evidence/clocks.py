"""The outer limits of reporting serious incidents: counted from which day, until which, and what was told when.

A limit that was kept shows only that: the texts ask for the report to be immediate, so nothing
here says that a report came in time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from aims_graph.catalogue import Catalogue
from aims_graph.model import ANY_CLASS, ApplicationDate, OuterLimit, Source
from aims_graph.periods import later
from aims_graph.records import Records
from aims_graph.vocab import AIMS, RDFS

KEPT, PASSED, RUNNING = "outer limit kept", "outer limit passed", "running"
NOT_COUNTED = "start not recorded"
NEVER_IN_TIME = (
    "An outer limit kept does not show that the report was as prompt as the text asks; where no day is recorded, "
    "nothing is known."
)


@dataclass(frozen=True)
class Clock:
    """One outer limit of one incident, on a day."""

    incident: str  # as people name it
    title: str | None
    provision: str
    kind: str | None  # of incident, as recorded; None where none is
    duration: str
    counted_from: date | None
    limit: date | None  # the last day of the limit
    told_on: tuple[date, ...]
    causal_link_on: date | None  # from which day the report was due at once
    complete_report_on: date | None
    state: str
    applies: tuple[ApplicationDate, ...]  # from when the duty applies, where that is later than the day it counts from
    conditions: tuple[str, ...]  # on which it depends whether the limit holds
    source: Source | None


def clocks(records: Records, catalogue: Catalogue, as_of: date) -> tuple[Clock, ...]:
    """The outer limits of every incident judged serious, running ones first, then by day and incident."""
    then = records.on(as_of)
    serious = (i for i in then.facts.of_type(f"{AIMS}Incident") if _is_serious(then, i))
    found = [c for incident in serious for c in _of_incident(then, catalogue, incident, as_of)]
    order = (PASSED, NOT_COUNTED, RUNNING, KEPT)
    return tuple(sorted(found, key=lambda c: (order.index(c.state), c.limit or date.max, c.incident, c.provision)))


def _is_serious(records: Records, incident: str) -> bool:
    return bool({"true", "1"}.intersection(records.facts.texts(incident, f"{AIMS}serious")))


def _of_incident(records: Records, catalogue: Catalogue, incident: str, as_of: date) -> Iterator[Clock]:
    kinds = {_local(k) for k in records.facts.texts(incident, f"{AIMS}incidentKind")}
    for limit in catalogue.limits:
        provision = catalogue.provisions[limit.provision]
        if kinds and not kinds & limit.kinds:
            continue
        if not provision.in_force.holds(as_of) or not _is_about(records, incident, provision.system_classes):
            continue
        yield _clock(records, catalogue, incident, limit, min(kinds & limit.kinds, default=None), as_of)


def _is_about(records: Records, incident: str, classes: frozenset[str]) -> bool:
    """Whether a limit for some classes of systems can hold: not where all systems concerned are of other classes."""
    systems = records.facts.texts(incident, f"{AIMS}concernsSystem")
    known = [{_local(c) for c in records.facts.texts(s, f"{AIMS}systemClass")} for s in systems]
    return not known or not classes or ANY_CLASS in classes or any(not found or found & classes for found in known)


def _clock(
    records: Records, catalogue: Catalogue, incident: str, limit: OuterLimit, kind: str | None, as_of: date
) -> Clock:
    facts, provision = records.facts, catalogue.provisions[limit.provision]
    start = min(facts.days(incident, limit.counts_from), default=None)
    last = None if start is None else later(start, limit.duration)
    told = tuple(sorted(facts.days(incident, limit.kept_by)))
    return Clock(
        incident=records.label(incident),
        title=facts.text(incident, f"{RDFS}label"),
        provision=limit.provision,
        kind=kind,
        duration=limit.duration,
        counted_from=start,
        limit=last,
        told_on=told,
        causal_link_on=min(facts.days(incident, f"{AIMS}causalLinkOn"), default=None),
        complete_report_on=max(facts.days(incident, f"{AIMS}completeReportOn"), default=None),
        state=state(last, told, as_of),
        applies=_later_dates(records, incident, provision.applies_on(as_of), start or as_of),
        conditions=tuple(_conditions(records, catalogue, incident, limit, kind)),
        source=records.source(incident),
    )


def state(limit: date | None, told: tuple[date, ...], as_of: date) -> str:
    """What can be said of an outer limit on a day; where several were told, the last of them counts.

    >>> limit = date(2028, 1, 16)
    >>> state(limit, (), date(2028, 1, 16)), state(limit, (date(2028, 1, 17),), date(2028, 2, 1))
    ('running', 'outer limit passed')
    """
    if limit is None:
        return NOT_COUNTED
    if told:
        return KEPT if told[-1] <= limit else PASSED
    return RUNNING if as_of <= limit else PASSED


def _later_dates(
    records: Records, incident: str, dates: tuple[ApplicationDate, ...], start: date
) -> tuple[ApplicationDate, ...]:
    """The days from which the duty applies to the classes concerned, if all lie after the day it counts from."""
    systems = records.facts.texts(incident, f"{AIMS}concernsSystem")
    known = {_local(c) for s in systems for c in records.facts.texts(s, f"{AIMS}systemClass")}
    mine = tuple(d for d in dates if not known or d.system_class in known or d.system_class == ANY_CLASS)
    return mine if mine and all(d.start > start for d in mine) else ()


def _conditions(
    records: Records, catalogue: Catalogue, incident: str, limit: OuterLimit, kind: str | None
) -> Iterator[str]:
    if kind is None:
        names = ", ".join(sorted(catalogue.labels.get(k, k) for k in limit.kinds))
        yield f"only if of the kind “{names}”: the kind is not recorded (aims:incidentKind)"
    systems = records.facts.texts(incident, f"{AIMS}concernsSystem")
    if not systems:
        yield "the system concerned is not recorded (aims:concernsSystem)"
    provision = catalogue.provisions[limit.provision]
    roles = {_local(r) for s in systems for r in records.facts.texts(s, f"{AIMS}ourRole")}
    if roles and provision.binds and not roles & provision.binds:
        bound, ours = (", ".join(sorted(found)) for found in (provision.binds, roles))
        yield f"it binds {bound}; recorded of you: {ours}"


def _local(iri: str) -> str:
    return iri.removeprefix(AIMS)


def clocks_json(catalogue: Catalogue, found: tuple[Clock, ...]) -> list[dict[str, Any]]:
    """The clocks as JSON."""
    return [
        {
            "incident": c.incident,
            "title": c.title,
            "provision": c.provision,
            "notation": catalogue.provisions[c.provision].notation,
            "kind": c.kind,
            "outer_limit": c.duration,
            "counted_from": _iso(c.counted_from),
            "limit": _iso(c.limit),
            "told_on": [day.isoformat() for day in c.told_on],
            "causal_link_on": _iso(c.causal_link_on),
            "complete_report_on": _iso(c.complete_report_on),
            "state": c.state,
            "not_yet_applicable": [{"system_class": d.system_class, "from": d.start.isoformat()} for d in c.applies],
            "conditions": list(c.conditions),
            "source": None if c.source is None else str(c.source),
        }
        for c in found
    ]


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
