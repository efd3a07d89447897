"""Evidence items as recorded: their kinds and days, and why one no longer counts for what a text asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from aims_graph.catalogue import Catalogue
from aims_graph.model import EvidenceRequirement
from aims_graph.periods import later
from aims_graph.records import Records
from aims_graph.vocab import AIMS, DCTERMS

ITEM_CLASS = f"{AIMS}EvidenceItem"


@dataclass(frozen=True)
class Fault:
    """Why an item does not count as it is, or why that cannot be told, and what to do about it."""

    says: str
    fix: str
    certain: bool = True  # False: the records do not say enough to tell


def by_kind(catalogue: Catalogue, records: Records) -> dict[str, list[str]]:
    """The items declared of each kind, in file order; `dcterms:type` of an item names the kind."""
    found: dict[str, list[str]] = defaultdict(list)
    for item in records.facts.of_type(ITEM_CLASS):
        for kind in kinds(catalogue, records, item):
            found[kind].append(item)
    return dict(found)


def kinds(catalogue: Catalogue, records: Records, item: str) -> tuple[str, ...]:
    """The kinds of evidence that an item is declared to be, as ids."""
    return tuple(dict.fromkeys(catalogue.curie(kind) for kind in records.facts.texts(item, f"{DCTERMS}type")))


def newest(records: Records, items: Iterable[str]) -> str | None:
    """The item issued last; one without a day of issue is older than any other."""
    return max(items, key=lambda i: (issued(records, i) or date.min, i), default=None)


def issued(records: Records, item: str) -> date | None:
    """The day of issue, the last if there are several."""
    return max(records.facts.days(item, f"{DCTERMS}issued"), default=None)


def outdated(records: Records, item: str, requirement: EvidenceRequirement, day: date) -> Fault | None:
    """Why an item no longer counts for a requirement; None while it does, or where nothing sets a limit."""
    return expired(records, item, day) or stale(records, item, requirement, day)


def expired(records: Records, item: str, day: date) -> Fault | None:
    """That the last day on which an item counts is over."""
    valid = min(records.facts.days(item, f"{AIMS}validUntil"), default=None)
    if valid is None or valid >= day:
        return None
    return Fault(f"valid until {valid}", "Renew it, and record the new item.")


def stale(records: Records, item: str, requirement: EvidenceRequirement, day: date) -> Fault | None:
    """That an item is older than the text lets it be."""
    start = issued(records, item)
    if requirement.freshness is None or start is None:
        return None
    last = later(start, requirement.freshness)
    if last >= day:
        return None
    says = f"issued {start}, fresh until {last} ({requirement.freshness})"
    return Fault(says, "Record a newer one.")
