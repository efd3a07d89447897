"""The crosswalk of two frameworks: every row between them, what follows beside, and what has no counterpart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from aims_graph.answers import NOTICE, number
from aims_graph.catalogue import Catalogue
from aims_graph.coverage import Direction, coverage, coverage_json, is_ours
from aims_graph.errors import InputError
from aims_graph.indexing.connections import APART
from aims_graph.indexing.index import Best, Index
from aims_graph.model import REJECTED, Mapping
from aims_graph.relations import Degree, Edge, Relation, transfer
from aims_graph.trace import Options
from aims_graph.vocab import NO_TERM_FOUND

Json = dict[str, Any]
DISAGREE, THEIRS_ONLY, AGREE, OURS_ONLY = VERDICTS = (
    "we hold them unrelated",
    "published only",
    "both relate them",
    "ours only",
)
MOST_ROWS, MOST_COLUMNS = 40, 14  # larger parts of a summary that fit a terminal


@dataclass(frozen=True)
class Line:
    """One row, read from the first framework to the second."""

    row: Mapping
    start: str
    relation: Relation
    end: str
    carries: Degree  # what a full claim becomes along the row alone, before any guard


@dataclass(frozen=True)
class Absence:
    """One provision that was judged to have no counterpart in the other framework."""

    row: Mapping
    provision: str
    other: str  # the framework that has none


@dataclass(frozen=True)
class Beside:
    """One pair of provisions as the project and as others relate them."""

    start: str
    end: str
    ours: tuple[Line, ...]
    published: tuple[Line, ...]  # elsewhere, or claimed by a note

    @property
    def verdict(self) -> str:
        """Whether they agree that the two have to do with each other; published rows seldom say how."""
        if not self.published:
            return OURS_ONLY
        if not self.ours:
            return THEIRS_ONLY
        return DISAGREE if all(o.relation in APART for o in self.ours) else AGREE


@dataclass(frozen=True)
class Crosswalk:
    """Everything between two editions."""

    start: str
    end: str
    lines: tuple[Line, ...]  # the project's, in document order of both
    absences: tuple[Absence, ...]
    derived: tuple[tuple[str, Best], ...]  # claims on the second that reach further than a row that counts
    beside: tuple[Beside, ...]  # the project's rows and published ones, pair by pair
    directions: tuple[Direction, ...]
    limited: tuple[str, ...]  # provisions of the second framework of which a limit of the search left claims out
    options: Options
    catalogue: Catalogue


def crosswalk(index: Index, start: str, end: str, options: Options) -> Crosswalk:
    """The rows between two editions and the claims from the first on the second; InputError if they are one."""
    if start == end:
        raise InputError(f"'{start}' is one framework. Name two.")
    catalogue = index.catalogue
    order = {name: place for place, name in enumerate(catalogue.provisions)}
    every = sorted(_lines(catalogue, start, end), key=lambda line: (order[line.start], order[line.end], line.row.id))
    ours = tuple(line for line in every if is_ours(line.row))
    context = options.context()
    stated = {(line.start, line.end): line.carries for line in ours if context.admits(line.row)}
    claims = {name: index.remembered(name) for name in index.starts if catalogue.provisions[name].edition == start}
    derived = (
        (name, best)
        for name, found in claims.items()
        for best in found.values()
        if catalogue.provisions[best.provision].edition == end
        and best.degree > stated.get((name, best.provision), Degree.NONE)
    )
    limited = {name for found in claims.values() for name in found.limited if catalogue.provisions[name].edition == end}
    return Crosswalk(
        start,
        end,
        ours,
        tuple(sorted(_absences(catalogue, start, end), key=lambda a: order[a.provision])),
        tuple(derived),
        tuple(sorted(_beside(every), key=lambda pair: VERDICTS.index(pair.verdict))),
        coverage(catalogue, options.as_of, (start, end)),
        tuple(sorted(limited)),
        options,
        catalogue,
    )


def _lines(catalogue: Catalogue, start: str, end: str) -> Iterator[Line]:
    for row in catalogue.mappings:
        sides = [catalogue.provisions.get(name) for name in (row.subject, row.object)]
        one, other = (None if side is None else side.edition for side in sides)
        if row.status == REJECTED or {one, other} != {start, end}:
            continue
        ends = (row.subject, row.object) if one == start else (row.object, row.subject)
        relation = row.relation if one == start else row.relation.converse
        yield Line(row, ends[0], relation, ends[1], _carries(catalogue, row, ends[0], relation))


def _carries(catalogue: Catalogue, row: Mapping, start: str, relation: Relation) -> Degree:
    """What a full claim becomes along a row; of several that count only together, one is a part."""
    joint = next((j for j in catalogue.joints_at.get(start, ()) if row in j.rows), None)
    here, there, _ = (joint.sides(start) if joint else None) or ((start,), (start,), relation)
    beyond = transfer(Edge(relation.value), transfer(Edge.WHOLE, Degree.FULL) if len(here) > 1 else Degree.FULL)
    return transfer(Edge.PART, beyond) if len(there) > 1 else beyond


def _absences(catalogue: Catalogue, start: str, end: str) -> Iterator[Absence]:
    for row in catalogue.mappings:
        absent = NO_TERM_FOUND in (row.subject, row.object) and row.status != REJECTED
        if absent and set(catalogue.sides.get(row.mapping_set, ())) == {start, end}:
            name = row.object if row.subject == NO_TERM_FOUND else row.subject
            yield Absence(row, name, end if catalogue.provisions[name].edition == start else start)


def _beside(lines: list[Line]) -> Iterator[Beside]:
    found: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        found[line.start, line.end].append(line)
    for (start, end), both in found.items():
        others = tuple(line for line in both if not is_ours(line.row))
        yield Beside(start, end, tuple(line for line in both if is_ours(line.row)), others)


# -- told ------------------------------------------------------------------------------


def crosswalk_json(found: Crosswalk, sources: bool = False) -> Json:
    """The crosswalk as every interface gives it; with `sources`, published rows side by side with ours.

    A limit cuts each list, never the totals.
    """
    options, most = found.options, found.options.limit
    lists: Json = {
        "rows": [_line_json(found.catalogue, line) for line in found.lines[:most]],
        "derived": [_derived_json(found.catalogue, start, best) for start, best in found.derived[:most]],
        "no_counterpart": [_absence_json(found.catalogue, absence) for absence in found.absences[:most]],
    }
    total = {"rows": len(found.lines), "derived": len(found.derived), "no_counterpart": len(found.absences)}
    if sources:
        lists["sources"] = [_beside_json(found.catalogue, pair) for pair in found.beside[:most]]
        total["sources"] = len(found.beside)
    return {
        "from": found.start,
        "to": found.end,
        "as_of": options.as_of.isoformat(),
        "roles": list(options.roles),
        "system_class": options.system_class,
        "trust": options.trust,
        "graph_version": found.catalogue.version,
        "total": total,
        **lists,
        "truncated": any(len(lists[name]) < count for name, count in total.items()),
        "limited": list(found.limited),
        "judged": coverage_json(found.catalogue, found.directions, options.as_of)["directions"],
        "notice": NOTICE,
    }


def _derived_json(catalogue: Catalogue, start: str, best: Best) -> Json:
    return {
        "from": start,
        "from_title": catalogue.provisions[start].title,
        "to": best.provision,
        "to_title": catalogue.provisions[best.provision].title,
        "degree": best.degree.word,
        "confidence": number(best.confidence),
        "mappings": list(best.rows),
        "path": list(best.path),
    }


def _absence_json(catalogue: Catalogue, absence: Absence) -> Json:
    row = absence.row
    return {
        "provision": absence.provision,
        "title": catalogue.provisions[absence.provision].title,
        "in": absence.other,
        "reason": row.rationale,
        "status": row.status,
        "mapping": row.id,
        "source": str(row.source),
    }


def _line_json(catalogue: Catalogue, line: Line) -> Json:
    row = line.row
    return {
        "from": line.start,
        "from_title": catalogue.provisions[line.start].title,
        "relation": line.relation.value,
        "to": line.end,
        "to_title": catalogue.provisions[line.end].title,
        "carries": line.carries.word,
        "status": row.status,
        "confidence": number(row.confidence),
        "strength": row.strength,
        "overlap": row.overlap,
        "condition": catalogue.triggers[row.condition].condition if row.condition else None,
        "joint": row.joint,
        "reason": row.rationale,
        "mapping": row.id,
        "source": str(row.source),
    }


def _beside_json(catalogue: Catalogue, pair: Beside) -> Json:
    return {
        "from": pair.start,
        "from_title": catalogue.provisions[pair.start].title,
        "to": pair.end,
        "to_title": catalogue.provisions[pair.end].title,
        "verdict": pair.verdict,
        "ours": [_said(line) for line in pair.ours],
        "published": [_said(line) for line in pair.published],
    }


def _said(line: Line) -> Json:
    row = line.row
    source = {"relation": line.relation.value, "status": row.status, "confidence": number(row.confidence)}
    return {**source, "mapping": row.id, "taken_from": row.origin, "source": str(row.source)}


# -- summed up ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Summary:
    """How many rows relate each part of one framework to each part of the other."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: dict[tuple[str, str], int]


def summary(found: Crosswalk, columns: int = MOST_COLUMNS) -> Summary:
    """The related pairs by larger parts: as deep into each framework as so many parts allow."""
    pairs = {(line.start, line.end) for line in found.lines if line.relation not in APART}
    starts = _grouped(found.catalogue, {a for a, _ in pairs}, MOST_ROWS)
    ends = _grouped(found.catalogue, {b for _, b in pairs}, columns)
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for a, b in pairs:
        counts[starts[a], ends[b]] += 1
    order = {name: place for place, name in enumerate(found.catalogue.provisions)}
    down, across = (tuple(sorted(set(side.values()), key=order.__getitem__)) for side in (starts, ends))
    return Summary(down, across, dict(counts))


def _grouped(catalogue: Catalogue, names: set[str], most: int) -> dict[str, str]:
    """Each provision with the larger part that stands for it."""
    lines = {name: [*reversed(list(catalogue.ancestors(name))), name] for name in names}
    deepest = max((len(line) for line in lines.values()), default=1)
    fitting = takewhile(
        lambda depth: len({line[min(depth, len(line) - 1)] for line in lines.values()}) <= most, range(deepest)
    )
    depth = max(fitting, default=0)
    return {name: line[min(depth, len(line) - 1)] for name, line in lines.items()}
