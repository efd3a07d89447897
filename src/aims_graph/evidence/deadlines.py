"""What is due when, as recorded: actions, reviews, repeated duties, waivers, evidence; and the clocks of incidents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from aims_graph import periods
from aims_graph.answers import NOTICE
from aims_graph.catalogue import Catalogue
from aims_graph.evidence.clocks import NEVER_IN_TIME, Clock, clocks, clocks_json
from aims_graph.evidence.evidence import ITEM_CLASS
from aims_graph.model import Source
from aims_graph.records import Records
from aims_graph.vocab import AIMS, DCTERMS, RDFS

PAST, TODAY, AHEAD = "past", "today", "ahead"
_DONE = ("implementedOn", "cancelledReason", "evaluatedOn")  # what says that something due was done or dropped
_WINDOW = "reviewWindowEnds"


@dataclass(frozen=True)
class Due:
    """One recorded day by which something is to be done, or until which something holds."""

    day: date
    what: str  # action, review, duty, waiver, evidence, retention
    record: str  # as people name it
    title: str | None
    sentence: str
    source: Source | None

    def state(self, as_of: date) -> str:
        """Whether the day is over on a day."""
        return PAST if self.day < as_of else TODAY if self.day == as_of else AHEAD


@dataclass(frozen=True)
class Deadlines:
    """All that is due, by day, and the outer limits of serious incidents."""

    as_of: date
    due: tuple[Due, ...]
    clocks: tuple[Clock, ...]


def deadlines(records: Records, catalogue: Catalogue, as_of: date) -> Deadlines:
    """What is open on a day: past days that nothing is recorded for, and days ahead, by day and record."""
    then = records.on(as_of)
    found = {due for told in _KINDS for due in told(then, catalogue)}
    ordered = sorted(found, key=lambda d: (d.day, d.what, d.record, d.sentence))
    return Deadlines(as_of, tuple(ordered), clocks(records, catalogue, as_of))


def _actions(records: Records, catalogue: Catalogue) -> Iterator[Due]:
    """Whatever has a day on which it is due and is not done; answers to triggers are duties of their own."""
    facts = records.facts
    answers = set(facts.of_type(f"{AIMS}TriggerAnswer"))
    for record in facts.values:
        if record in answers or any(facts.texts(record, AIMS + done) for done in _DONE):
            continue
        for day in facts.days(record, f"{AIMS}dueOn"):
            yield _due(records, record, day, "action", "to be done")


def _reviews(records: Records, catalogue: Catalogue) -> Iterator[Due]:
    """The end of the time to watch for recurrence, where no review came since."""
    reviewed = _reviewed(records)
    for case in records.cases():
        for day in records.facts.days(case, AIMS + _WINDOW):
            if all(other < day for other in reviewed.get(case, ())):
                yield _due(records, case, day, "review", "the time to watch for recurrence ends; then review")


def _reviewed(records: Records) -> dict[str, list[date]]:
    """The days of review of each case, all cases in one pass."""
    facts = records.facts
    found: dict[str, list[date]] = defaultdict(list)
    for review in facts.values:
        for action in facts.texts(review, f"{AIMS}reviewsAction"):
            for case in facts.texts(action, f"{AIMS}correctiveActionFor"):
                found[case] += facts.days(review, f"{AIMS}reviewedOn")
    return found


def _duties(records: Records, catalogue: Catalogue) -> Iterator[Due]:
    """Duties that are due again."""
    for case in records.cases():
        for trigger, day in periods.next_due(records, catalogue, case).items():
            known = catalogue.triggers.get(trigger)
            question = trigger if known is None else known.question
            yield _due(records, case, day, "duty", f"due again: {question}")


def _until(
    class_: str, prop: str, pick: Callable[[list[date]], date], what: str, sentence: str
) -> Callable[[Records, Catalogue], Iterator[Due]]:
    """Each record of a class with the one of its days of a property that counts."""

    def told(records: Records, catalogue: Catalogue) -> Iterator[Due]:
        for record in records.facts.of_type(class_):
            days = records.facts.days(record, AIMS + prop)
            if days:
                yield _due(records, record, pick(days), what, sentence)

    return told


_KINDS: tuple[Callable[[Records, Catalogue], Iterator[Due]], ...] = (
    _actions,
    _reviews,
    _duties,
    _until(f"{AIMS}Waiver", "expiresOn", max, "waiver", "the waiver ends; the gap was open all the time"),
    _until(ITEM_CLASS, "validUntil", min, "evidence", "valid until then"),
    _until(ITEM_CLASS, "retainUntil", max, "retention", "kept until then at the least"),
)


def _due(records: Records, record: str, day: date, what: str, sentence: str) -> Due:
    facts = records.facts
    title = facts.text(record, f"{RDFS}label") or facts.text(record, f"{DCTERMS}title")
    return Due(day, what, records.label(record), title, sentence, records.source(record))


def deadlines_json(catalogue: Catalogue, found: Deadlines) -> dict[str, Any]:
    """The JSON object of the deadlines, the same on every interface."""
    return {
        "as_of": found.as_of.isoformat(),
        "due": [
            {
                "day": d.day.isoformat(),
                "state": d.state(found.as_of),
                "days": (d.day - found.as_of).days,
                "what": d.what,
                "record": d.record,
                "title": d.title,
                "sentence": d.sentence,
                "source": None if d.source is None else str(d.source),
            }
            for d in found.due
        ],
        "incidents": clocks_json(catalogue, found.clocks),
        "notes": [NEVER_IN_TIME] if found.clocks else [],
        "graph_version": catalogue.version,
        "notice": NOTICE,
    }
