"""Which mapping rows clash, which follow from others and which pair to judge next, as the JSON of every interface."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeVar

from aims_graph.catalogue import EDITED, Catalogue
from aims_graph.clashes import MOST_CONFLICTS, conflicts, entailed
from aims_graph.comparable import LEFT_OUT, SEMANTIC, Comparable, Reading, comparable
from aims_graph.consistency import Clash
from aims_graph.crosswalks import NOT_READ, Crosswalk
from aims_graph.errors import InputError, Problem
from aims_graph.model import ACCEPTED, DOUBLE_READ, PROPOSED, REJECTED, Mapping, Source
from aims_graph.setfacts import Proof, Says
from aims_graph.trace import Options, check_options

if TYPE_CHECKING:  # it needs numpy and networkx, which no other answer waits for
    from aims_graph.next_pairs import NextPairs, Weighed

T = TypeVar("T")
Json = dict[str, Any]
ANSWERS_KEPT: Final = 12  # of what was asked about our own rows; the oldest go first

TWINS: Final = (
    "The rows speak of more than one management system: as texts they cannot all be right. "
    "See whether one of them means the system and not the text."
)


@dataclass(frozen=True)
class Asked:
    """Which rows are checked: ours, other people's, or both together."""

    options: Options  # its day, trust and frameworks
    proposed: bool = False  # also rows of ours that nobody has read twice
    theirs: tuple[Crosswalk, ...] = ()
    with_ours: bool = False  # beside theirs; without theirs, ours are checked anyway
    unstated: str = SEMANTIC  # what rows are taken to rest on that do not say so


def check(catalogue: Catalogue, asked: Asked) -> Comparable:
    """The rows in question, those that can be compared apart from those that cannot.

    Raises InputError for options that do not exist, and for one framework alone: a row joins two.
    """
    check_options(catalogue, asked.options)
    if len(set(asked.options.frameworks)) == 1:
        raise InputError(
            f"a row joins two frameworks, and only '{asked.options.frameworks[0]}' is given. Name another."
        )
    context = asked.options.context()
    theirs = {row.source: row for crosswalk in asked.theirs for row in crosswalk.rows}
    ours = () if asked.theirs and not asked.with_ours else catalogue.mappings

    def admits(row: Mapping) -> bool:
        if row.source in theirs:
            return row.status != REJECTED
        return context.admits(row) or (asked.proposed and row.status == PROPOSED)

    rows = [*theirs.values(), *(row for row in ours if row.source not in theirs)]
    chosen = [row for row in rows if _within(catalogue, row, asked.options.frameworks)]
    return comparable(catalogue, chosen, asked.options.as_of, admits, asked.unstated)


def _within(catalogue: Catalogue, row: Mapping, frameworks: tuple[str, ...]) -> bool:
    return not frameworks or all(edition_of(catalogue, end) in frameworks for end in (row.subject, row.object))


def edition_of(catalogue: Catalogue, name: str) -> str:
    """The edition of a provision; of one that is not loaded, what stands before the colon of its name."""
    found = catalogue.provisions.get(name)
    return name.partition(":")[0] if found is None else found.edition


# -- asked again -------------------------------------------------------------------------


_KNOWN: OrderedDict[Hashable, Any] = OrderedDict()
_LOCK = Lock()


def _once(catalogue: Catalogue, asked: Asked, what: str, find: Callable[[], T]) -> T:
    """What is found about our own rows, found once whatever is shown of it; libraries of the same files share it.

    Rows that are in no file of ours, theirs or a supposed one's, have no digest to be known again by.
    """
    if asked.theirs or not catalogue.files or catalogue.digest == EDITED:
        return find()
    whole = replace(asked, options=replace(asked.options, limit=None))
    key = (catalogue.digest, tuple(file.path for file in catalogue.files), whole, what)
    with _LOCK:  # threads of a service share it
        if key in _KNOWN:
            _KNOWN.move_to_end(key)
            known: T = _KNOWN[key]
            return known
    found = find()
    with _LOCK:
        _KNOWN[key] = found
        while len(_KNOWN) > ANSWERS_KEPT:
            _KNOWN.popitem(last=False)
    return found


def _found(catalogue: Catalogue, asked: Asked) -> tuple[Comparable, Found]:
    compared = check(catalogue, asked)
    return compared, _once(catalogue, asked, "conflicts", lambda: find(compared))


# -- conflicts ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """Every conflict found, in which reading, and whether the rows that are left can all be right."""

    conflicts: tuple[tuple[Reading, Clash], ...]
    complete: bool

    @property
    def lines(self) -> frozenset[Source]:
        """Where the rows stand that are in a conflict."""
        return frozenset(row.source for _, clash in self.conflicts for stated in clash.rows for row in stated.rows)


def find(compared: Comparable, most: int = MOST_CONFLICTS) -> Found:
    """The conflicts of all readings, no row in two of them; rows without a condition are compared first."""
    found = Found((), complete=True)
    for reading in sorted(compared.stated, key=lambda r: (bool(r.condition), r)):
        new = conflicts(compared.network(reading, found.lines), most - len(found.conflicts))
        found = Found((*found.conflicts, *((reading, clash) for clash in new.found)), found.complete and new.complete)
    return found


def sentence(clash: Clash) -> str:
    """What is wrong with the rows of a conflict."""
    left, right, where = clash.fact.left, clash.fact.right, clash.stated.source
    if clash.fact.says is Says.BEYOND:
        return f"{left} would lie inside {right}, but {where} says that it asks for something beyond it."
    return f"{left} and {right} would share something, but {where} says that they share nothing."


def faults(catalogue: Catalogue) -> Iterator[Problem]:
    """The conflicts among rows that carry claims, each at its least certain row in every file that has one; no day."""
    compared = comparable(catalogue, catalogue.mappings, None, lambda row: row.status in (ACCEPTED, DOUBLE_READ))
    for _, clash in find(compared).conflicts:
        rows = sorted((row for s in clash.rows for row in s.rows), key=lambda row: (row.confidence or 0.0, row.source))
        for path in sorted({row.source.path for row in rows}):
            at = next(row.source for row in rows if row.source.path == path)
            others = sorted(str(row.source) for row in rows if row.source != at)
            what = (
                f"the row cannot be right together with {', '.join(others) or 'what it says itself'}: {sentence(clash)}"
            )
            yield Problem(path, at.line, what, "Read them again; 'aims-graph review conflicts' shows the proof.")


def conflicts_json(catalogue: Catalogue, asked: Asked) -> Json:
    """All conflicts with their rows, line by line, and the proof of each."""
    compared, found = _found(catalogue, asked)
    return {
        **_heading(catalogue, asked, compared),
        "conflicts": [_conflict(catalogue, reading, clash) for reading, clash in found.conflicts],
        "complete": found.complete,
        "limit": MOST_CONFLICTS,
    }


def _conflict(catalogue: Catalogue, reading: Reading, clash: Clash) -> Json:
    ends = [end for s in clash.rows for row in s.rows for end in (row.subject, row.object)]
    systems = sorted(_systems(catalogue, ends))
    return {
        "sentence": sentence(clash),
        "note": TWINS if len(systems) > 1 else None,
        "systems": systems,
        "rationale": reading.rationale,
        "condition": reading.condition or None,
        "rows": [row_json(row) for stated in clash.rows for row in stated.rows],
        "proof": _proof(clash.proof),
        "against": {"fact": str(clash.fact), "source": str(clash.stated.source)},
    }


def _systems(catalogue: Catalogue, names: Iterable[str]) -> Iterator[str]:
    """The management systems that provisions are about."""
    for name in set(names):
        edition = catalogue.editions.get(edition_of(catalogue, name))
        if edition is not None and edition.managed is not None:
            yield edition.managed


def row_json(row: Mapping) -> Json:
    """One row as it stands in its file."""
    return {
        "mapping": row.id,
        "subject": row.subject,
        "relation": row.relation.value,
        "object": row.object,
        "status": row.status,
        "confidence": row.confidence,
        "rationale": row.rationale,
        "source": str(row.source),
    }


def _proof(proof: Proof) -> list[Json]:
    return [
        {"fact": str(step.fact), "mapping": None if step.by is None else step.by.rows[0].id, "source": str(step.source)}
        for step in proof
    ]


def _heading(catalogue: Catalogue, asked: Asked, compared: Comparable) -> Json:
    """What was checked, and what was not and why."""
    not_read = Counter[str]()
    for crosswalk in asked.theirs:
        not_read.update(crosswalk.not_read)
    reasons = {**compared.left_out, **not_read}
    return {
        "as_of": asked.options.as_of.isoformat(),
        "graph_version": catalogue.version,
        "trust": asked.options.trust,
        "proposed": asked.proposed,
        "files": [c.path for c in asked.theirs],
        "with_ours": asked.with_ours or not asked.theirs,
        "as_written": sum(c.as_written for c in asked.theirs),
        "no_provision": sorted({name for c in asked.theirs for name in c.no_provision}),
        "rows_compared": compared.rows,
        "left_out": [{"reason": r, "rows": n, "meaning": (LEFT_OUT | NOT_READ)[r]} for r, n in sorted(reasons.items())],
    }


# -- what follows ------------------------------------------------------------------------


def entailed_json(catalogue: Catalogue, asked: Asked) -> Json:
    """The rows that follow from others, each with the rows it follows from; rows in a conflict are left out."""
    compared, found = _found(catalogue, asked)
    gone, limit = found.lines, asked.options.limit
    told = _once(
        catalogue,
        asked,
        "entailed",
        lambda: [(r, e) for r in compared.stated for e in entailed(compared.network(r, gone))],
    )
    following = [
        {
            "rows": [row_json(row) for row in found.stated.rows],
            "rationale": reading.rationale,
            "condition": reading.condition or None,
            "follows_from": [row_json(row) for stated in found.premises for row in stated.rows],
            "proof": _proof(found.proof),
        }
        for reading, found in told
    ]
    return {
        **_heading(catalogue, asked, compared),
        "in_conflict": len(gone),
        "following": len(following),
        "entailed": following[:limit],
        "truncated": limit is not None and len(following) > limit,
    }


# -- what to judge next ------------------------------------------------------------------


def next_json(catalogue: Catalogue, asked: Asked) -> Json:
    """The pairs whose judgement is expected to close most, best first; rows in a conflict are left out."""
    compared, found = _found(catalogue, asked)
    gone, limit = found.lines, asked.options.limit
    readings = [r for r in compared.stated if not r.condition]
    weighed = _once(
        catalogue, asked, "next", lambda: [(r, _weighed(catalogue, asked, compared, r, gone)) for r in readings]
    )
    pairs = sorted(
        (_pair(reading, pair) for reading, found in weighed for pair in found.weighed),
        key=lambda pair: (-pair["expected_gain"], -pair["least_gain"], pair["subject"], pair["object"]),
    )
    totals = [found for _, found in weighed]
    return {
        **_heading(catalogue, asked, compared),
        "in_conflict": len(gone),
        "provisions": sum(t.provisions for t in totals),
        "open_bits": round(sum(t.open_bits for t in totals), 3),
        "candidates": sum(t.candidates for t in totals),
        "estimated": sum(t.estimated for t in totals),
        "weighed": len(pairs),
        "pairs": pairs[:limit],
        "truncated": limit is not None and len(pairs) > limit,
    }


def _weighed(
    catalogue: Catalogue, asked: Asked, compared: Comparable, reading: Reading, gone: frozenset[Source]
) -> NextPairs:
    known = {row.source for stated in compared.stated.values() for s in stated for row in s.rows}
    weak = [
        row
        for row in catalogue.mappings
        if row.relation.is_set_relation
        and row.source not in known
        and row.status != REJECTED
        and (row.rationale_kind or asked.unstated, row.condition) == (reading.rationale, None)
    ]
    from aims_graph.next_pairs import next_pairs

    return next_pairs(compared.network(reading, gone), lambda name: edition_of(catalogue, name), weak)


def _pair(reading: Reading, pair: Weighed) -> Json:
    return {
        "subject": pair.first,
        "object": pair.second,
        "rationale": reading.rationale,
        "expected_gain": round(pair.expected, 3),
        "least_gain": round(pair.least, 3),
        "possible": [{"relation": r.value, "gain": round(gain, 3)} for r, gain in pair.gains],
        "equal_to_subject": list(pair.equals[0]),
        "equal_to_object": list(pair.equals[1]),
        "stated_by": None if pair.row is None else row_json(pair.row),
    }
