"""The mapping rows whose review matters most: what rests on each, and what would fall with it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from aims_graph.answers import NOTICE, number
from aims_graph.catalogue import Catalogue
from aims_graph.indexing import reach
from aims_graph.indexing.index import Best, Index
from aims_graph.model import REJECTED, Mapping
from aims_graph.relations import Degree
from aims_graph.reviews import Review, read_reviews
from aims_graph.trace import Options

MOST = 20  # rows that an answer lists unless another limit is asked for


@dataclass(frozen=True)
class WeakPoint:
    """One row with the claims, from a provision to one of another edition, that it carries."""

    row: Mapping
    full: int  # claims whose best proof uses it
    partial: int
    lost: int  # claims that no other proof would hold
    lowered: int  # full claims that would be partial only
    review: Review | None  # what its two readers said

    @property
    def doubt(self) -> float:
        """The belief that the row is wrong: one less its confidence, and 1 where none is stated."""
        return 1.0 if self.row.confidence is None else 1.0 - self.row.confidence

    @property
    def expected_loss(self) -> float:
        """How many claims can be expected to fall when somebody judges the row; at most, if no confidence is stated."""
        return self.doubt * self.lost

    @property
    def order(self) -> tuple[float, float, int, str]:
        """The greatest expected loss first, then the most claims lowered, the most carried, and the id."""
        return (-self.expected_loss, -self.doubt * self.lowered, -self.full - self.partial, self.row.id)


@dataclass(frozen=True)
class WeakPoints:
    """The rows that carry claims, those first whose review matters most."""

    points: tuple[WeakPoint, ...]  # at the frameworks asked for
    all_rows: int  # that carry a claim, at any framework
    claims: int  # of which those rows carry some part
    notes: tuple[str, ...]  # why a framework has no such row
    limited: tuple[str, ...]  # provisions of which a limit of the search left claims out
    options: Options
    graph_version: str


def weak_points(index: Index, options: Options) -> WeakPoints:
    """Every row that carries a claim, with what would fall with it; of the frameworks asked for, those at either end.

    A claim can fall with a row only if its best proof uses it, so only the starts of such claims are computed again.
    The options are those of the index.
    """
    catalogue = index.catalogue
    limited: set[str] = set()
    carried = _carried(index, limited)
    reviews, _ = read_reviews(catalogue.files)
    rows = [r for r in catalogue.mappings if r.id in carried and _touches(catalogue, r, options.frameworks)]
    points = [_point(index, row, carried[row.id], reviews.get(row.id), limited) for row in rows]
    claims = {(start, best.provision) for used in carried.values() for start, all_ in used.items() for best in all_}
    return WeakPoints(
        points=tuple(sorted(points, key=lambda p: p.order)),
        all_rows=len(carried),
        claims=len(claims),
        notes=tuple(_without(catalogue, rows, options)),
        limited=tuple(sorted(limited)),
        options=options,
        graph_version=catalogue.version,
    )


def _without(catalogue: Catalogue, rows: Sequence[Mapping], options: Options) -> Iterator[str]:
    """Why no row at a framework carries a claim, a sentence a framework."""
    found = {catalogue.provisions[e].edition for e in reach.ends(rows)}
    for name in options.frameworks:
        edition = catalogue.editions[name]
        if name in found:
            continue
        if not edition.in_force.holds(options.as_of):
            yield f"{edition.label} is not in force on {options.as_of}, so no row at it carries a claim."
        else:
            yield f"No row at {edition.label} carries a claim from one framework to another."


def _carried(index: Index, limited: set[str]) -> dict[str, dict[str, list[Best]]]:
    """Row → start → the claims whose best proof uses the row, or one that states one thing with it.

    What a limit left out is added to `limited`.
    """
    rows = {r.id: [x.id for x in reach.together(index.catalogue, r)] for r in index.catalogue.mappings}
    found: dict[str, dict[str, list[Best]]] = defaultdict(lambda: defaultdict(list))
    for start in reach.starts(index):
        claims = index.remembered(start)
        limited |= claims.limited
        for best in reach.beyond(index.catalogue, start, claims).values():
            for name in dict.fromkeys(x for row in best.rows for x in rows[row]):
                found[name][start].append(best)
    return found


def _touches(catalogue: Catalogue, row: Mapping, frameworks: tuple[str, ...]) -> bool:
    return not frameworks or any(catalogue.provisions[e].edition in frameworks for e in reach.ends([row]))


def _point(
    index: Index, row: Mapping, used: dict[str, list[Best]], review: Review | None, limited: set[str]
) -> WeakPoint:
    without = index.changed({row.id: replace(row, status=REJECTED)})
    degrees: Counter[Degree] = Counter()
    fallen: Counter[str] = Counter()
    for start, claims in used.items():
        degrees.update(best.degree for best in claims)
        left = without.claims(start)
        limited |= left.limited
        for best in claims:
            if best.provision not in left:
                fallen["lost"] += 1
            elif left[best.provision].degree < best.degree:
                fallen["lowered"] += 1
    return WeakPoint(row, degrees[Degree.FULL], degrees[Degree.PARTIAL], fallen["lost"], fallen["lowered"], review)


def weak_points_json(found: WeakPoints) -> dict[str, Any]:
    """The JSON object of the rows, cut by the limit only: of 20 rows where none is asked for."""
    limit = found.options.limit or MOST
    return {
        "as_of": found.options.as_of.isoformat(),
        "roles": list(found.options.roles),
        "system_class": found.options.system_class,
        "trust": found.options.trust,
        "graph_version": found.graph_version,
        "frameworks": list(found.options.frameworks),
        "claims": found.claims,
        "all_rows": found.all_rows,
        "rows": len(found.points),
        "notes": list(found.notes),
        "limited": list(found.limited),
        "limit": limit,
        "truncated": limit < len(found.points),
        "weak_points": [_point_json(p) for p in found.points[:limit]],
        "notice": NOTICE,
    }


def _point_json(point: WeakPoint) -> dict[str, Any]:
    row, review = point.row, point.review
    return {
        "mapping": row.id,
        "subject": row.subject,
        "relation": row.relation.value,
        "object": row.object,
        "status": row.status,
        "confidence": number(row.confidence),
        "full": point.full,
        "partial": point.partial,
        "lost": point.lost,
        "lowered": point.lowered,
        "expected_loss": None if row.confidence is None else number(point.expected_loss),
        "expected_loss_at_most": number(point.expected_loss),
        "readings": None if review is None else _readings(review),
        "rationale": row.rationale,
        "source": str(row.source),
    }


def _readings(review: Review) -> dict[str, str]:
    return {"outcome": review.outcome, "first": review.first, "second": review.second}
