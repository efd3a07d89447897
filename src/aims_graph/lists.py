"""Provisions and mapping rows by what they are: those that are wanted, in the order that is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from aims_graph.catalogue import Catalogue
from aims_graph.errors import InputError
from aims_graph.model import Mapping, Provision

T = TypeVar("T")
Key = Callable[[T], Any]
Json = dict[str, Any]


@dataclass(frozen=True)
class Rows:
    """Which mapping rows are wanted, by ids; an empty tuple and None ask for nothing."""

    provision: tuple[str, ...] = ()  # at either end
    subject: tuple[str, ...] = ()
    object: tuple[str, ...] = ()
    framework: tuple[str, ...] = ()  # one: at either end; several: both ends in one of them
    relation: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    min_confidence: float | None = None  # a row that states none has less than any
    as_of: date | None = None  # both ends are in force on that day

    def take(self, catalogue: Catalogue, row: Mapping) -> bool:
        """Whether a row is wanted."""
        ends = {row.subject, row.object}
        return (
            (not self.provision or not ends.isdisjoint(self.provision))
            and (not self.subject or row.subject in self.subject)
            and (not self.object or row.object in self.object)
            and self._between(catalogue, ends)
            and (not self.relation or row.relation.value in self.relation)
            and (not self.status or row.status in self.status)
            and (not self.author or row.author in self.author)
            and (self.min_confidence is None or (row.confidence is not None and row.confidence >= self.min_confidence))
            and (self.as_of is None or all(_holds(catalogue, end, self.as_of) for end in ends))
        )

    def _between(self, catalogue: Catalogue, ends: Iterable[str]) -> bool:
        if not self.framework:
            return True
        held = [edition in self.framework for end in ends if (edition := edition_of(catalogue, end)) is not None]
        return any(held) if len(self.framework) == 1 else all(held)


@dataclass(frozen=True)
class Provisions:
    """Which provisions are wanted; an empty tuple and None ask for nothing."""

    framework: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    parent: str | None = None  # directly beneath it
    as_of: date | None = None  # in force on that day

    def take(self, provision: Provision) -> bool:
        """Whether a provision is wanted."""
        return (
            (not self.framework or provision.edition in self.framework)
            and (not self.kind or provision.kind in self.kind)
            and (self.parent is None or provision.parent == self.parent)
            and (self.as_of is None or provision.in_force.holds(self.as_of))
        )


ROW_ORDERS: dict[str, Key[Mapping]] = {
    "id": lambda r: r.id,
    "subject": lambda r: r.subject,
    "object": lambda r: r.object,
    "relation": lambda r: r.relation.value,
    "status": lambda r: r.status,
    "author": lambda r: r.author,
    "confidence": lambda r: r.confidence,
}
PROVISION_ORDERS: dict[str, Key[Provision]] = {
    "id": lambda p: p.id,
    "framework": lambda p: p.edition,
    "kind": lambda p: p.kind,
    "notation": lambda p: p.notation,
    "title": lambda p: p.title,
    "in_force_from": lambda p: p.in_force.start,
}


def rows(catalogue: Catalogue, wanted: Rows, sort: str = "id") -> list[Mapping]:
    """The mapping rows that are wanted, sorted by `sort` and then by id. InputError for an order there is not."""
    return ordered((r for r in catalogue.mappings if wanted.take(catalogue, r)), sort, ROW_ORDERS)


def provisions(catalogue: Catalogue, wanted: Provisions, sort: str | None = None) -> list[Provision]:
    """The provisions that are wanted, sorted by `sort` and then by id, or as they stand in their texts."""
    found = [p for p in catalogue.provisions.values() if wanted.take(p)]
    return found if sort is None else ordered(found, sort, PROVISION_ORDERS)


def ordered(items: Iterable[T], sort: str, orders: dict[str, Key[T]]) -> list[T]:
    """Things sorted by names with commas between them, a minus for downwards; what has no value comes last.

    >>> ordered([2, None, 3], "-number", {"number": lambda n: n, "id": str})
    [3, 2, None]
    """
    found = sorted(items, key=orders["id"])
    for name in reversed([part.strip() for part in sort.split(",")]):
        key = orders.get(name.removeprefix("-"))
        if key is None:
            raise InputError(f"'{name[:40]}' is no order. Sort by some of: {', '.join(orders)}; with '-' downwards.")
        stated = [item for item in found if key(item) is not None]
        stated.sort(key=key, reverse=name.startswith("-"))
        found = stated + [item for item in found if key(item) is None]
    return found


def row_json(catalogue: Catalogue, row: Mapping) -> Json:
    """One mapping row as it counts today: what it claims, how surely, who says so and where."""
    return {
        "id": row.id,
        "iri": catalogue.iri(row.id),
        "subject": row.subject,
        "subject_framework": edition_of(catalogue, row.subject),
        "relation": row.relation.value,
        "object": row.object,
        "object_framework": edition_of(catalogue, row.object),
        "confidence": row.confidence,
        "status": row.status,
        "signed": row.signed,
        "rationale": row.rationale,
        "rationale_kind": row.rationale_kind,
        "justification": row.justification,
        "overlap": row.overlap,
        "strength": row.strength,
        "condition": row.condition,
        "joint": row.joint,
        "author": row.author,
        "reviewer": row.reviewer,
        "mapped_on": None if row.mapped_on is None else row.mapped_on.isoformat(),
        "origin": row.origin,
        "mapping_set": row.mapping_set,
        "source": str(row.source),
    }


def provision_line(provision: Provision, on: date | None) -> Json:
    """One provision as a line of a list; with the title of a day."""
    start, end = provision.in_force.start, provision.in_force.end
    return {
        "id": provision.id,
        "framework": provision.edition,
        "kind": provision.kind,
        "notation": provision.notation,
        "title": provision.title if on is None else provision.title_on(on),
        "part_of": provision.parent,
        "force": provision.force,
        "in_force_from": None if start is None else start.isoformat(),
        "in_force_to": None if end is None else end.isoformat(),
    }


def edition_of(catalogue: Catalogue, end: str) -> str | None:
    """The edition of an end of a row; None where that side has no counterpart."""
    found = catalogue.provisions.get(end)
    return None if found is None else found.edition


def _holds(catalogue: Catalogue, end: str, on: date) -> bool:
    found = catalogue.provisions.get(end)
    return found is None or found.in_force.holds(on)
