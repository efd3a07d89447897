"""What changed between two days: amendments at the unit the amending act names, finer changes beneath them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from aims_graph.catalogue import Catalogue
from aims_graph.model import Amendment, Edition, Provision, Source, day_after

INSERTED, REPLACED, DELETED, HEADING_REPLACED = "inserted", "replaced", "deleted", "heading-replaced"
ISSUED, ENDED = "came into force", "is no longer in force"


@dataclass(frozen=True)
class Change:
    """That a provision's text began, ended or was replaced on a day, as its intervals show it."""

    provision: str
    change: str
    effective: date
    source: Source


@dataclass(frozen=True)
class UnitChange:
    """One amendment with the finer changes beneath its unit."""

    amendment: Amendment
    finer: tuple[Change, ...]


@dataclass(frozen=True)
class History:
    """What changed in one edition in (start, end]."""

    edition: str
    start: date
    end: date
    changes: tuple[UnitChange, ...]
    of_the_whole: tuple[tuple[str, date], ...]  # the edition itself: came into force, no longer in force
    unlisted: tuple[Change, ...]  # changes that no amendment accounts for; lint keeps this empty


def history(catalogue: Catalogue, edition: Edition, start: date, end: date) -> History:
    """What changed in an edition after `start`, up to and including `end`."""
    units: dict[str, list[Change]] = {}
    unlisted: list[Change] = []
    for provision in catalogue.provisions.values():
        if provision.edition != edition.id:
            continue
        for change in changes_of(provision, edition):
            if not start < change.effective <= end:
                continue
            found = amendment_of(catalogue, change)
            if found is None:
                unlisted.append(change)
            elif (found.unit, found.change) != (change.provision, change.change):
                units.setdefault(found.id, []).append(change)
    amended = [a for a in catalogue.amendments.values() if _in(catalogue, a, edition) and start < a.effective <= end]
    changes = tuple(UnitChange(a, tuple(units.get(a.id, ()))) for a in amended)
    return History(edition.id, start, end, changes, tuple(_of_the_whole(edition, start, end)), tuple(unlisted))


def changes_of(provision: Provision, edition: Edition) -> Iterator[Change]:
    """Every beginning, end and replacement of a provision's text that its data show."""
    begins, ends = provision.in_force.start, provision.in_force.end
    if begins is not None and begins != edition.in_force.start:
        yield Change(provision.id, INSERTED, begins, provision.source)
    for wording in provision.wordings:
        starts = wording.valid.start
        if starts is not None and starts != begins:
            kind = REPLACED if wording.summary else HEADING_REPLACED
            yield Change(provision.id, kind, starts, wording.source)
    if ends is not None and ends != edition.in_force.end:
        yield Change(provision.id, DELETED, day_after(ends), provision.source)


def amendment_of(catalogue: Catalogue, change: Change) -> Amendment | None:
    """The amendment that accounts for a change: of the provision itself, else of the nearest whole around it."""
    for unit in (change.provision, *catalogue.ancestors(change.provision)):
        for amendment in catalogue.amendments_of.get(unit, ()):
            if amendment.effective == change.effective:
                return amendment
    return None


def _in(catalogue: Catalogue, amendment: Amendment, edition: Edition) -> bool:
    return catalogue.provisions[amendment.unit].edition == edition.id


def _of_the_whole(edition: Edition, start: date, end: date) -> Iterator[tuple[str, date]]:
    begins, ends = edition.in_force.start, edition.in_force.end
    if begins is not None and start < begins <= end:
        yield ISSUED, begins
    if ends is not None and start < day_after(ends) <= end:
        yield ENDED, day_after(ends)


def history_json(catalogue: Catalogue, found: History) -> dict[str, Any]:
    """The JSON of a history, the same everywhere."""
    edition = catalogue.editions[found.edition]
    return {
        "framework": found.edition,
        "title": edition.title,
        "from": found.start.isoformat(),
        "to": found.end.isoformat(),
        "edition": [{"change": change, "effective": day.isoformat()} for change, day in found.of_the_whole],
        "changes": [
            {
                "provision": unit.amendment.unit,
                "notation": catalogue.provisions[unit.amendment.unit].notation,
                "title": catalogue.provisions[unit.amendment.unit].title,
                "change": unit.amendment.change,
                "effective": unit.amendment.effective.isoformat(),
                "enacted_by": unit.amendment.enacted_by,
                "effect": unit.amendment.summary,
                "source": str(unit.amendment.source),
                "within": [_change_json(catalogue, change) for change in unit.finer],
            }
            for unit in found.changes
        ],
        "unlisted": [_change_json(catalogue, change) for change in found.unlisted],
        "graph_version": catalogue.version,
    }


def _change_json(catalogue: Catalogue, change: Change) -> dict[str, Any]:
    provision = catalogue.provisions[change.provision]
    return {
        "provision": change.provision,
        "notation": provision.notation,
        "title": provision.title,
        "change": change.change,
        "effective": change.effective.isoformat(),
        "source": str(change.source),
    }
