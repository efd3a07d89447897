"""What would change if mapping rows were other than they are: claims gained, lost, raised and lowered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isclose
from typing import Any

from aims_graph.answers import NOTICE, number
from aims_graph.catalogue import Catalogue
from aims_graph.indexing import reach
from aims_graph.indexing.index import Best, Index
from aims_graph.relations import Degree
from aims_graph.suppositions import Supposition, supposition_json, touched
from aims_graph.trace import Options, why_no_start

LOST, LOWERED, GAINED, RAISED = DEGREES = ("lost", "lowered", "gained", "raised")
LESS_SURE, SURER = SURENESS = ("less-sure", "surer")
KINDS = (*DEGREES, *SURENESS)


@dataclass(frozen=True)
class Change:
    """One claim that would be another; confidences are those of the best proofs."""

    kind: str
    start: str
    provision: str
    before: Degree  # NONE where nothing is claimed
    after: Degree
    confidence_before: float | None
    confidence_after: float | None


@dataclass(frozen=True)
class WhatIf:
    """All that would change."""

    supposed: tuple[Supposition, ...]
    starts: int  # how many provisions were asked about
    recomputed: int  # how many of them the rows can touch
    changes: tuple[Change, ...]  # of degree: losses first
    confidence_changes: tuple[Change, ...]  # of claims that keep their degree
    limited: tuple[str, ...]  # provisions of which a limit of the search left claims out
    notes: tuple[str, ...]  # why nothing starts
    options: Options
    graph_version: str


def what_if(index: Index, supposed: Sequence[Supposition], options: Options, starts: Sequence[str] = ()) -> WhatIf:
    """What would change of the claims of these starts, or of every start; the options are those of the index.

    Only starts that reach an end of a row can be touched by it, and only these are computed again: every proof that
    uses a changed row comes to one of its ends without it.
    """
    catalogue = index.catalogue
    other = index.changed({s.after.id: s.after for s in supposed})
    places = touched(catalogue, supposed)
    asked = tuple(dict.fromkeys(starts)) or reach.starts(index)
    changes: list[Change] = []
    limited: set[str] = set()
    recomputed = 0
    for start in asked:
        before = index.remembered(start)
        limited |= before.limited
        if places.isdisjoint(before):
            continue
        recomputed += 1
        after = other.claims(start)
        limited |= after.limited
        now, then = (reach.beyond(catalogue, start, claims) for claims in (before, after))
        changes += between(start, now, then)
    ordered = sorted(changes, key=lambda c: (KINDS.index(c.kind), c.start, c.provision))
    return WhatIf(
        supposed=tuple(supposed),
        starts=len(asked),
        recomputed=recomputed,
        changes=tuple(c for c in ordered if c.kind in DEGREES),
        confidence_changes=tuple(c for c in ordered if c.kind in SURENESS),
        limited=tuple(sorted(limited)),
        notes=tuple(_refusals(index, asked, options)),
        options=options,
        graph_version=catalogue.version,
    )


def _refusals(index: Index, starts: Sequence[str], options: Options) -> Iterator[str]:
    """Why no claim starts at a provision, or at any."""
    if not starts:
        yield f"No provision starts a claim on {options.as_of} for what was asked, so nothing is compared."
    for start in starts:
        if start not in index.remembered(start):
            yield why_no_start(index.catalogue, start, options)


def between(start: str, now: Mapping[str, Best], then: Mapping[str, Best]) -> Iterator[Change]:
    """How the claims of one start differ, provision by provision."""
    for provision in now.keys() | then.keys():
        old, new = now.get(provision), then.get(provision)
        kind = _kind(old, new)
        if kind is not None:
            degrees = [Degree.NONE if best is None else best.degree for best in (old, new)]
            sure = [None if best is None else best.confidence for best in (old, new)]
            yield Change(kind, start, provision, degrees[0], degrees[1], sure[0], sure[1])


def _kind(old: Best | None, new: Best | None) -> str | None:
    """What became of a claim; a confidence that is not stated sorts below any that is."""
    if old is None or new is None:
        return LOST if new is None else GAINED
    if old.degree is not new.degree:
        return LOWERED if new.degree < old.degree else RAISED
    sure = [-1.0 if best.confidence is None else best.confidence for best in (old, new)]
    if isclose(*sure, rel_tol=1e-9):
        return None
    return LESS_SURE if sure[1] < sure[0] else SURER


def counts(edition_of: Callable[[str], str], changes: Iterable[Change]) -> dict[tuple[str, str], Counter[str]]:
    """How many claims of each kind changed, by the editions they lead from and to, in order of id."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for change in changes:
        pair = (edition_of(change.start), edition_of(change.provision))
        found.setdefault(pair, Counter())[change.kind] += 1
    return dict(sorted(found.items()))


def what_if_json(catalogue: Catalogue, found: WhatIf) -> dict[str, Any]:
    """The JSON object of what would change; a limit cuts each of the two lists, never the counts."""
    return {
        "as_of": found.options.as_of.isoformat(),
        "roles": list(found.options.roles),
        "system_class": found.options.system_class,
        "trust": found.options.trust,
        "graph_version": found.graph_version,
        "supposed": supposition_json(found.supposed),
        "starts": found.starts,
        "recomputed": found.recomputed,
        **changes_json(
            lambda name: catalogue.provisions[name].edition,
            found.changes,
            found.confidence_changes,
            found.options.limit,
        ),
        "limited": list(found.limited),
        "notes": list(found.notes),
        "notice": NOTICE,
    }


def changes_json(
    edition_of: Callable[[str], str], changes: Sequence[Change], sureness: Sequence[Change], limit: int | None
) -> dict[str, Any]:
    """Totals, counts by editions, and the lists, of which a limit cuts each."""
    every = (*changes, *sureness)
    total = Counter(c.kind for c in every)
    return {
        "total": {kind: total[kind] for kind in KINDS},
        "counts": [
            {"from": start, "to": end, **{kind: counted[kind] for kind in KINDS}}
            for (start, end), counted in counts(edition_of, every).items()
        ],
        "changes": [_change_json(c) for c in changes[:limit]],
        "confidence_changes": [_change_json(c) for c in sureness[:limit]],
        "truncated": limit is not None and limit < max(len(changes), len(sureness)),
    }


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "change": change.kind,
        "from": change.start,
        "to": change.provision,
        "before": change.before.word,
        "after": change.after.word,
        "confidence_before": number(change.confidence_before),
        "confidence_after": number(change.confidence_after),
    }
