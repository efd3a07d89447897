"""Until when what is recorded of a case holds: when the problem came back, and what is due again."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta

from aims_graph.catalogue import Catalogue
from aims_graph.records import Records
from aims_graph.vocab import AIMS, RDF

AT_INTERVALS = "event-planned-interval"
_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?")


@dataclass(frozen=True)
class Recurrence:
    """The problem of a case as it came back."""

    day: date | None  # None: not recorded
    told_by: str  # the record that says so


def recurrences(records: Records, case: str) -> tuple[Recurrence, ...]:
    """Each time the problem is recorded as back, undated ones last."""
    facts = records.facts
    found = [Recurrence(day, records.label(case)) for day in facts.days(case, f"{AIMS}recurredOn")]
    for again in facts.subjects(f"{AIMS}recurrenceOf", case):
        if f"{AIMS}Nonconformity" in facts.texts(again, f"{RDF}type"):
            days: list[date | None] = [*facts.days(again, f"{AIMS}detectedOn")]
            found += [Recurrence(day, records.label(again)) for day in days or [None]]
    return tuple(sorted(found, key=lambda r: (r.day or date.max, r.told_by)))


def reopened(records: Records, case: str) -> Recurrence | None:
    """The recurrence after which no corrective action was reviewed, the last if there are several.

    A verdict holds from its day until the problem is back. One whose day is not
    recorded may have come after every review, so it reopens the case too.
    """
    reviewed = reviewed_on(records, case)
    since = [r for r in recurrences(records, case) if r.day is None or all(day < r.day for day in reviewed)]
    return since[-1] if since else None


def next_due(records: Records, catalogue: Catalogue, case: str) -> dict[str, date]:
    """For each trigger that was answered yes for a time: the last day of that time.

    It is the day on which it is due next, as the answer says; of a planned interval else the day of the answer and
    as long as the text lets the evidence of what it sets off be old. An answer without either holds on.
    """
    facts = records.facts
    ends: dict[str, date | None] = {}
    for node in facts.texts(case, f"{AIMS}triggerAnswer"):
        trigger = facts.text(node, f"{AIMS}answersTrigger")
        if trigger is None or facts.texts(node, f"{AIMS}answer") != ["yes"]:
            continue
        name = catalogue.curie(trigger)
        due = max(facts.days(node, f"{AIMS}dueOn"), default=None)
        judged = max(facts.days(node, f"{AIMS}judgedOn"), default=None)
        fresh = _freshness(catalogue, name)
        if due is None and judged is not None and fresh is not None:
            due = later(judged, fresh)
        known = ends.get(name, due)
        ends[name] = None if known is None or due is None else max(known, due)
    return {name: due for name, due in ends.items() if due is not None}


def _freshness(catalogue: Catalogue, trigger: str) -> str | None:
    """How old the evidence may be of what a planned interval sets off, the shortest that a text sets."""
    found = catalogue.triggers.get(trigger)
    if found is None or AT_INTERVALS not in found.on_events:
        return None
    durations = [e.freshness for p in found.sets_off for e in catalogue.evidence_of.get(p, ()) if e.freshness]
    return min(durations, key=lambda d: later(date(2000, 1, 1), d), default=None)


def later(day: date, duration: str) -> date:
    """The day that lies an ISO 8601 duration of days or longer after a day; the last day of a short month.

    What lies beyond the year 9999 is its last day. ValueError for what is no such duration.

    >>> later(date(2026, 1, 31), "P1M"), later(date(2026, 11, 22), "P1Y6M"), later(date(2026, 1, 1), "P2W")
    (datetime.date(2026, 2, 28), datetime.date(2028, 5, 22), datetime.date(2026, 1, 15))
    """
    found = _DURATION.fullmatch(duration)
    if found is None:
        raise ValueError(f"'{duration}' is not a duration of years, months, weeks and days, such as P1Y6M")
    years, months, weeks, days = (int(n or 0) for n in found.groups())
    month = day.month - 1 + months + 12 * years
    year, month = day.year + month // 12, month % 12 + 1
    if year > MAXYEAR:
        return date.max
    moved = date(year, month, min(day.day, monthrange(year, month)[1]))
    return moved + timedelta(min(7 * weeks + days, (date.max - moved).days))


def passed(records: Records, catalogue: Catalogue, case: str, as_of: date) -> Iterator[str]:
    """What was due before a day and is not recorded since, one sentence each."""
    facts = records.facts
    for action in actions(records, case):
        done = facts.texts(action, f"{AIMS}implementedOn") or facts.texts(action, f"{AIMS}cancelledReason")
        for day in facts.days(action, f"{AIMS}dueOn"):
            if day < as_of and not done:
                yield f"{records.label(action)} was due on {day} and is not recorded as implemented."
    reviewed = reviewed_on(records, case)
    for day in facts.days(case, f"{AIMS}reviewWindowEnds"):
        if day < as_of and all(other < day for other in reviewed):
            yield f"The time to watch for recurrence ended on {day}; no review is recorded since."
    for item in _evidence(records, case):
        for day in facts.days(item, f"{AIMS}validUntil"):
            if day < as_of:
                yield f"{records.label(item)} was valid until {day}."
    for trigger, day in next_due(records, catalogue, case).items():
        if day < as_of:
            question = catalogue.triggers[trigger].question if trigger in catalogue.triggers else trigger
            yield f"The period of the answer to “{question}” ended on {day}; the duty is due again."


def reviewed_on(records: Records, case: str) -> tuple[date, ...]:
    """The days on which a corrective action of a case was reviewed."""
    return tuple(day for review in reviews(records, case) for day in records.facts.days(review, f"{AIMS}reviewedOn"))


def actions(records: Records, case: str) -> tuple[str, ...]:
    """The corrective actions for a case."""
    return tuple(records.facts.subjects(f"{AIMS}correctiveActionFor", case))


def reviews(records: Records, case: str) -> tuple[str, ...]:
    """The reviews of the corrective actions for a case."""
    found = (r for action in actions(records, case) for r in records.facts.subjects(f"{AIMS}reviewsAction", action))
    return tuple(dict.fromkeys(found))


def _evidence(records: Records, case: str) -> list[str]:
    """The evidence items that the case links to."""
    facts = records.facts
    linked = {v for prop in facts.values.get(case, {}) for v in facts.texts(case, prop)}
    return [item for item in sorted(linked) if f"{AIMS}EvidenceItem" in facts.texts(item, f"{RDF}type")]
