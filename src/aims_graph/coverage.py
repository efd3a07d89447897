"""Which duties of one framework were judged against another, and what was found: nothing is left out silently.

A duty is decided by a row of the project on itself, or on the provision of which
it is a lettered part. What was published elsewhere decides nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context
from aims_graph.indexing import duties
from aims_graph.indexing.connections import APART
from aims_graph.model import ACCEPTED, DOUBLE_READ, PROPOSED, PUBLISHED, REJECTED, Mapping
from aims_graph.relations import Relation
from aims_graph.vocab import NO_TERM_FOUND

RELATED, UNRELATED, ABSENT = "related", "unrelated", "no-counterpart"
OUTCOMES: Final = (RELATED, UNRELATED, ABSENT)  # the first that holds is what is said of a duty
LETTERED: Final = frozenset({"Point", "AnnexPoint"})
Pair = tuple[str, str]


@dataclass(frozen=True)
class Direction:
    """The innermost duties of one edition, judged against another."""

    start: str
    end: str
    outcomes: dict[str, str]  # duty → one of OUTCOMES; those not judged are absent
    duties: tuple[str, ...]  # in document order
    read_twice: int  # duties with a row that two readers agree on, or that is accepted

    @property
    def open(self) -> tuple[str, ...]:
        """The duties that nobody judged."""
        return tuple(d for d in self.duties if d not in self.outcomes)


def coverage(catalogue: Catalogue, as_of: date, pair: Pair | None = None) -> tuple[Direction, ...]:
    """Both directions of one pair of editions, or of every pair of frameworks in force that has rows of the project."""
    rows = _rows(catalogue)
    pairs = [pair, pair[::-1]] if pair else [p for p in sorted(rows) if _is_shown(catalogue, p, as_of)]
    context = Context(as_of=as_of, trust=PROPOSED)
    asked = {edition: _innermost(catalogue, edition, context) for edition in sorted({p[0] for p in pairs})}
    return tuple(_direction(catalogue, p, asked[p[0]], rows.get(p, {})) for p in pairs)


def _is_shown(catalogue: Catalogue, pair: Pair, as_of: date) -> bool:
    return catalogue.common.isdisjoint(pair) and all(catalogue.editions[e].in_force.holds(as_of) for e in pair)


def _innermost(catalogue: Catalogue, edition: str, context: Context) -> tuple[str, ...]:
    """What an edition asks of organisations, of whatever role and class, that holds no further duty."""
    named = [p.id for p in catalogue.provisions.values() if p.edition == edition]
    held = duties.of(catalogue, named, context)
    return tuple(n for n in named if n in held and held.isdisjoint(catalogue.descendants(n)))


def _rows(catalogue: Catalogue) -> dict[Pair, dict[str, list[Mapping]]]:
    """The project's rows at each provision, by its edition and the edition it was held against."""
    found: dict[Pair, dict[str, list[Mapping]]] = defaultdict(lambda: defaultdict(list))
    for row in catalogue.mappings:
        if row.status == REJECTED or not is_ours(row):
            continue
        first, second = catalogue.sides.get(row.mapping_set, (None, None))
        for name, here, there in ((row.subject, first, second), (row.object, second, first)):
            if name != NO_TERM_FOUND and here and there:
                found[here, there][name].append(row)
    return found


def _direction(catalogue: Catalogue, pair: Pair, asked: tuple[str, ...], rows: dict[str, list[Mapping]]) -> Direction:
    outcomes: dict[str, str] = {}
    twice = 0
    for duty in asked:
        found = [row for name in _decided_with(catalogue, duty) for row in rows.get(name, ())]
        if found:
            outcomes[duty] = min((outcome(row) for row in found), key=OUTCOMES.index)
            twice += any(row.status in (DOUBLE_READ, ACCEPTED) for row in found)
    return Direction(*pair, outcomes, asked, twice)


def _decided_with(catalogue: Catalogue, duty: str) -> Iterator[str]:
    """A duty, and what it is a lettered part of."""
    name: str | None = duty
    while name is not None:
        yield name
        provision = catalogue.provisions[name]
        name = provision.parent if provision.kind in LETTERED else None


def is_ours(row: Mapping) -> bool:
    """Whether a row is the project's own reading, and not what others publish or claim."""
    return row.status != PUBLISHED and row.relation is not Relation.CROSSWALK


def outcome(row: Mapping) -> str:
    """What a row says of its provision."""
    if NO_TERM_FOUND in (row.subject, row.object):
        return ABSENT
    return UNRELATED if row.relation in APART else RELATED


def coverage_json(catalogue: Catalogue, found: Iterable[Direction], as_of: date) -> dict[str, Any]:
    """The table as every interface gives it."""
    return {
        "as_of": as_of.isoformat(),
        "graph_version": catalogue.version,
        "directions": [_direction_json(direction) for direction in found],
    }


def _direction_json(found: Direction) -> dict[str, Any]:
    counts = Counter(found.outcomes.values())
    return {
        "from": found.start,
        "to": found.end,
        "duties": len(found.duties),
        **{name.replace("-", "_"): counts[name] for name in OUTCOMES},
        "not_judged": len(found.open),
        "read_twice": found.read_twice,
        "not_judged_provisions": list(found.open),
    }
