"""Which provisions a change touches: those of an amendment, of an edition that ends, or simply those named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from aims_graph.catalogue import Catalogue
from aims_graph.history import HEADING_REPLACED, UnitChange, history
from aims_graph.model import Edition, Source

NAMED, WHOLE_EDITION = "named", "whole edition"
PARTLY = ("partly-replaced", "partly-inserted")


@dataclass(frozen=True)
class Unit:
    """One thing that changes: a provision, or a whole edition."""

    id: str
    change: str
    effective: date | None  # the first day of the change; None where it is only supposed
    enacted_by: str | None
    source: Source


@dataclass(frozen=True)
class Affected:
    """What a change touches, and since when."""

    units: tuple[Unit, ...]
    inside: dict[str, date | None]  # what changes, parts included, with the last day on which it did
    around: dict[str, date | None]  # the wholes that hold something of it

    def at(self, names: Iterable[str]) -> tuple[tuple[str, ...], bool]:
        """Those of the names that change, and False; where none does, the wholes among them, and True."""
        listed = dict.fromkeys(names)
        inside = tuple(sorted(n for n in listed if n in self.inside))
        return (inside, False) if inside else (tuple(sorted(n for n in listed if n in self.around)), True)

    def since(self, names: Iterable[str]) -> date | None:
        """The last day on which something of these changed; None where the change is only supposed."""
        days = (self.inside.get(n) or self.around.get(n) for n in names)
        return max((d for d in days if d is not None), default=None)


def of_provisions(catalogue: Catalogue, provisions: Sequence[str]) -> Affected:
    """What is touched if these provisions, with all their parts, change or fall away."""
    units = [Unit(p, NAMED, None, None, catalogue.provisions[p].source) for p in dict.fromkeys(provisions)]
    return _affected(catalogue, units, [(u, _subtree(catalogue, u.id)) for u in units])


def of_edition(catalogue: Catalogue, edition: Edition) -> Affected:
    """What is touched if an edition as a whole falls away."""
    unit = Unit(edition.id, WHOLE_EDITION, None, None, edition.source)
    return _affected(catalogue, [unit], [(unit, _held(catalogue, edition))])


def between(catalogue: Catalogue, edition: Edition, start: date, end: date) -> Affected:
    """What the changes of an edition's text after `start`, up to and including `end`, touch.

    An amendment of a unit in part touches those parts that its finer changes name, and all parts where there are
    none. A heading that is replaced asks for nothing else, so it touches nothing beside itself.
    """
    found = history(catalogue, edition, start, end)
    touched: list[tuple[Unit, tuple[str, ...]]] = []
    for change, day in found.of_the_whole:
        touched.append((Unit(edition.id, change, day, None, edition.source), _held(catalogue, edition)))
    for unit_change in found.changes:
        amended = unit_change.amendment
        unit = Unit(amended.unit, amended.change, amended.effective, amended.enacted_by, amended.source)
        touched.append((unit, tuple(_touched_by(catalogue, unit_change))))
    for change_ in found.unlisted:
        unit = Unit(change_.provision, change_.change, change_.effective, None, change_.source)
        touched.append((unit, _subtree(catalogue, unit.id)))
    return _affected(catalogue, [unit for unit, _ in touched], touched)


def _touched_by(catalogue: Catalogue, changed: UnitChange) -> Iterator[str]:
    amendment = changed.amendment
    if amendment.change == HEADING_REPLACED:
        return
    if amendment.change in PARTLY and changed.finer:
        yield amendment.unit
        for finer in changed.finer:
            if finer.provision != amendment.unit:
                yield from _subtree(catalogue, finer.provision)
    else:
        yield from _subtree(catalogue, amendment.unit)


def _affected(catalogue: Catalogue, units: Sequence[Unit], touched: Iterable[tuple[Unit, tuple[str, ...]]]) -> Affected:
    inside: dict[str, date | None] = {}
    around: dict[str, date | None] = {}
    for unit, names in touched:
        for name in names:
            inside[name] = _later(inside.get(name), unit.effective)
    for name, day in inside.items():
        for whole in catalogue.ancestors(name):
            if whole not in inside:
                around[whole] = _later(around.get(whole), day)
    return Affected(tuple(units), inside, around)


def _later(one: date | None, other: date | None) -> date | None:
    return max((d for d in (one, other) if d is not None), default=None)


def _subtree(catalogue: Catalogue, provision: str) -> tuple[str, ...]:
    return (provision, *catalogue.descendants(provision))


def _held(catalogue: Catalogue, edition: Edition) -> tuple[str, ...]:
    return tuple(p.id for p in catalogue.provisions.values() if p.edition == edition.id)
