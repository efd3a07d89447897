"""What an answer rests on and is for: day, roles, class, trust, graph version, and how many rows a person signed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from aims_graph.answers import NOTICE
from aims_graph.catalogue import Catalogue
from aims_graph.duties import Named
from aims_graph.model import Claim
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
    catalogue: Catalogue, things: Iterable[Named], refused: Iterable[str], options: Options
) -> tuple[str, ...]:
    """Why nothing starts at a provision that was named as done."""
    stopped = set(refused)
    single = [n.id for n in things if not n.whole_framework and n.id in stopped]
    return tuple(why_no_start(catalogue, name, options) for name in single)
