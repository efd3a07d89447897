"""What an answer rests on and is for: day, roles, class, trust, graph version, and how many rows a person signed.

Also what every planning answer says beside its own: what starts nothing, and which duties apply only later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from aims_graph.answers import NOTICE
from aims_graph.catalogue import Catalogue
from aims_graph.indexing import duties
from aims_graph.indexing.duties import Named
from aims_graph.model import ApplicationDate, Claim
from aims_graph.relations import Degree
from aims_graph.trace import Options, why_no_start


@dataclass(frozen=True)
class Grounds:
    """For whom and when an answer was asked, and the rows that it stands on."""

    as_of: date
    roles: tuple[str, ...]
    system_class: str
    trust: str
    graph_version: str
    rows_used: int
    rows_signed: int


def grounds(catalogue: Catalogue, options: Options, claims: Iterable[Claim | None]) -> Grounds:
    """The grounds of an answer that stands on the best proofs of some claims."""
    rows = {row.id: row.signed for claim in claims if claim is not None for row in claim.best.rows}
    version = catalogue.version
    asked = (options.as_of, options.roles, options.system_class, options.trust)
    return Grounds(*asked, version, len(rows), sum(rows.values()))


def grounds_json(found: Grounds) -> dict[str, Any]:
    """The members that every planning answer ends with."""
    return {
        "as_of": found.as_of.isoformat(),
        "roles": list(found.roles),
        "system_class": found.system_class,
        "trust": found.trust,
        "graph_version": found.graph_version,
        "rows_used": found.rows_used,
        "rows_signed": found.rows_signed,
        "notice": NOTICE,
    }


def named_json(things: Iterable[Named]) -> list[dict[str, Any]]:
    """What somebody named, as provisions or whole frameworks."""
    return [{"id": n.id, "label": n.label, "whole_framework": n.whole_framework} for n in things]


def refusals(
    catalogue: Catalogue, things: Iterable[Named], starts: Iterable[str], refused: Iterable[str], options: Options
) -> tuple[str, ...]:
    """Why nothing starts at a provision or framework that was named as done."""
    stopped, began = set(refused), {catalogue.provisions[s].edition for s in starts}
    things = tuple(things)
    single = [n.id for n in things if not n.whole_framework and n.id in stopped]
    empty = [n for n in things if n.whole_framework and n.id not in began]
    context = options.context()
    return (
        *(why_no_start(catalogue, name, options) for name in single),
        *(duties.none_held(catalogue, thing, context) for thing in empty),
    )


@dataclass(frozen=True)
class Later:
    """A duty in force that applies only from a later day: no gap."""

    provision: str
    degree: Degree  # that is covered of it already
    dates: tuple[ApplicationDate, ...]


def later(
    catalogue: Catalogue, provisions: Iterable[str], degree: Callable[[str], Degree], options: Options
) -> tuple[Later, ...]:
    """Those of some duties that apply only from a later day."""
    context = options.context()
    dates = {p: duties.applies_later(catalogue.provisions[p], context) for p in dict.fromkeys(provisions)}
    return tuple(Later(p, degree(p), found) for p, found in dates.items() if found)


def later_json(catalogue: Catalogue, found: Iterable[Later]) -> list[dict[str, Any]]:
    """Duties that do not apply yet, with their dates, as JSON."""
    return [
        {
            **place_json(catalogue, one.provision),
            "degree": one.degree.word,
            "applies": [{"system_class": d.system_class, "from": d.start.isoformat()} for d in one.dates],
        }
        for one in found
    ]


def place_json(catalogue: Catalogue, provision: str) -> dict[str, Any]:
    """A provision by its names, as JSON."""
    shown = catalogue.provisions[provision]
    return {"provision": shown.id, "framework": shown.edition, "notation": shown.notation, "title": shown.title}
