"""Why nothing, or only a part, follows for a provision: the edge that comes closest, and what stopped it there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context, Crossing, Used
from aims_graph.indexing.hops import EDITION, Hop, along, inside, retrace, take
from aims_graph.indexing.whys import why as in_words
from aims_graph.inference import Inference
from aims_graph.model import ACCEPTED, Claim, Mapping, Provision
from aims_graph.relations import Degree, Edge, Relation
from aims_graph.vocab import NO_TERM_FOUND

PARTIAL, CANDIDATE = "partial", "candidate-only"
UNRELATED, NO_COUNTERPART, NO_PATH = "unrelated", "no-counterpart", "no-path"
ROLE, SCOPE, TRUST = "role", "scope", "trust"
_FIRST = (PARTIAL, ROLE, SCOPE, TRUST)
_LAST = (CANDIDATE, EDITION, UNRELATED, NO_COUNTERPART, NO_PATH)


@dataclass(frozen=True)
class Why:
    """The reason of one provision, and the edges that come closest to it; none where no edge comes near."""

    reason: str
    near: tuple[Hop, ...] = ()


def nearness(reason: str) -> tuple[int, str]:
    """Sorts reasons: what is covered in part first, what a guard stopped, one row away, judged absent, not judged.

    >>> sorted(["no-path", "twins", "candidate-only", "role"], key=nearness)
    ['role', 'twins', 'candidate-only', 'no-path']
    """
    if reason in _FIRST:
        return _FIRST.index(reason), ""
    return (len(_FIRST) + 1 + _LAST.index(reason), "") if reason in _LAST else (len(_FIRST), reason)


class Reasons:
    """The reasons of one inference: what was asked of it, and what it could not say."""

    def __init__(self, catalogue: Catalogue, found: Inference, starts: Iterable[str], context: Context) -> None:
        self._catalogue = catalogue
        self._context = context
        self._said = found.claims
        self._claims = {p: c for p, c in found.claims.items() if c.degree >= Degree.PARTIAL}
        self._starts = frozenset(starts) - set(found.refused)
        self._editions = {catalogue.provisions[s].edition for s in self._starts}
        self._brought: dict[str, Used] = {}
        self._used_by: dict[str, tuple[Used, ...]] = {}

    def degree(self, provision: str) -> Degree:
        """What follows for a provision: none where nothing does."""
        claim = self._said.get(provision)
        return Degree.NONE if claim is None else claim.degree

    def claim(self, provision: str) -> Claim | None:
        """The full or partial claim on a provision."""
        return self._claims.get(provision)

    def covers(self, provision: str) -> bool:
        """Whether a full claim reaches it, or a whole around it from which no guard keeps it; conditions aside.

        A whole that is full includes a conditional part where that is asked, but no part that is asked of others.
        """
        path = [provision, *self._catalogue.ancestors(provision)]
        return any(self._carries(path[: i + 1]) for i, whole in enumerate(path) if self.degree(whole) is Degree.FULL)

    def _carries(self, path: Sequence[str]) -> bool:
        """Whether guards let some proof of a whole, the last of the path, down to the part with which it begins."""
        provisions = [self._catalogue.provisions[name] for name in reversed(path)]
        return any(self._leads_down(provisions, used) for used in self._brought_by_each(path[-1]))

    def _leads_down(self, path: Sequence[Provision], used: Used) -> bool:
        for whole, part in pairwise(path):
            hop, used = take(self._catalogue, Crossing(Edge.PART, whole, part, None), Degree.FULL, used, self._context)
            if hop.degree is not Degree.FULL:
                return False
        return True

    def _brought_by_each(self, whole: str) -> tuple[Used, ...]:
        """What each proof of a full claim has used, once."""
        if whole not in self._used_by:
            proofs = self._claims[whole].derivations
            self._used_by[whole] = tuple(dict.fromkeys(retrace(self._catalogue, d, self._context)[1] for d in proofs))
        return self._used_by[whole]

    def why(self, provision: str) -> Why:
        """Why a provision is not full."""
        claim = self._claims.get(provision)
        if claim is not None:
            hops, _ = retrace(self._catalogue, claim.best, self._context)
            return Why(PARTIAL, tuple(h for h in hops if h.degree < Degree.FULL)[:1])
        arriving = tuple(self._arriving(provision))
        denied = provision not in self._said and any(
            h.row is not None and h.degree is Degree.CANDIDATE for h in arriving
        )
        found: dict[str, list[Hop]] = defaultdict(list)
        for hop in arriving:
            reason = _reason(hop)
            if reason is not None and not (denied and hop.degree is Degree.CANDIDATE):
                found[reason].append(hop)
        found[UNRELATED] += self._judged_apart(provision, denied)
        found = {reason: hops for reason, hops in found.items() if hops}
        if not found and self._has_no_counterpart(provision):
            return Why(NO_COUNTERPART)
        return _nearest(found or _stopped_inside(arriving))

    def _arriving(self, provision: str) -> Iterator[Hop]:
        """Every edge that leads to a provision from what is claimed, with what is left after it."""
        for crossing in _crossings_to(self._catalogue, provision, self._context):
            claim = self._claims.get(crossing.origin.id)
            if claim is not None:
                used = self._used(crossing.origin.id, claim)
                yield take(self._catalogue, crossing, claim.degree, used, self._context)[0]

    def _used(self, provision: str, claim: Claim) -> Used:
        if provision not in self._brought:
            self._brought[provision] = retrace(self._catalogue, claim.best, self._context)[1]
        return self._brought[provision]

    def _judged_apart(self, provision: str, denied: bool) -> Iterator[Hop]:
        """Rows that judge the provision, or a whole around it, unrelated to something claimed.

        They count where they deny what would else be a candidate. Of a whole they also count where
        one thing is done and full; where several are, a judgement of one says too little of the part.
        """
        least = Degree.PARTIAL if denied else Degree.FULL
        around = (provision, *self._catalogue.ancestors(provision))
        for whole in around if denied else around[1:] if len(self._starts) == 1 else ():
            for row in self._catalogue.rows_at.get(whole, ()):
                other = row.object if row.subject == whole else row.subject
                near = self.degree(other) >= least
                if row.relation is Relation.UNRELATED and near and self._context.admits(row):
                    ends = self._catalogue.provisions[other], self._catalogue.provisions[whole]
                    yield take(self._catalogue, along(row, *ends), Degree.FULL, Used(), self._context)[0]

    def _has_no_counterpart(self, provision: str) -> bool:
        """Whether the frameworks of what is done were judged to hold nothing like it, or like a whole around it."""
        around = (provision, *self._catalogue.ancestors(provision))
        rows = [r for p in around for r in self._catalogue.rows_at.get(p, ()) if NO_TERM_FOUND in (r.subject, r.object)]
        own = self._catalogue.provisions[provision].edition
        return any(self._context.admits(r) and (self._sides[r.mapping_set] - {own}) & self._editions for r in rows)

    @cached_property
    def _sides(self) -> dict[str, set[str]]:
        """The editions that each mapping set is about."""
        found: dict[str, set[str]] = defaultdict(set)
        for row in self._catalogue.mappings:
            known = {row.subject, row.object} - {NO_TERM_FOUND}
            found[row.mapping_set] |= {self._catalogue.provisions[p].edition for p in known}
        return found


def _nearest(found: dict[str, list[Hop]]) -> Why:
    if not found:
        return Why(NO_PATH)
    reason = min(found, key=nearness)
    return Why(reason, tuple(sorted(dict.fromkeys(found[reason]), key=lambda h: (h.start, str(h.source)))))


def _stopped_inside(arriving: Iterable[Hop]) -> dict[str, list[Hop]]:
    """What stops the edges from a whole that is covered in part: it tells of a part of which nothing else is said."""
    found: dict[str, list[Hop]] = defaultdict(list)
    for hop in arriving:
        if hop.row is None and hop.lowered_by:
            found[hop.lowered_by[0]].append(hop)
    return found


def _crossings_to(catalogue: Catalogue, provision: str, context: Context) -> Iterator[Crossing]:
    """Every edge that ends at a provision; rows that count only together are read from each of their ends."""
    here = catalogue.provisions[provision]
    around = (*catalogue.children.get(provision, ()), *((here.parent,) if here.parent is not None else ()))
    for other in around:
        yield inside(catalogue, catalogue.provisions[other], here, context)
    for row in catalogue.rows_at.get(provision, ()):
        other = row.object if row.subject == provision else row.subject
        if other in catalogue.provisions and row.joint is None:
            yield along(row, catalogue.provisions[other], here)
    for joint in catalogue.joints_at.get(provision, ()):
        sides = joint.sides(provision)
        for other in sides[1] if sides is not None else ():
            relation = joint.row.relation if other in joint.subjects else joint.row.relation.converse
            yield Crossing(Edge(relation.value), catalogue.provisions[other], here, joint.row)


def _reason(hop: Hop) -> str | None:
    """What an edge that carries no full or partial claim says; None where it says nothing of the two."""
    downward = hop.row is None and hop.relation == Edge.PART.value
    if hop.degree >= Degree.PARTIAL or (downward and hop.before < Degree.FULL):
        return None  # of a whole that is covered in part, no single member is said to be
    if hop.lowered_by:
        return hop.lowered_by[0]
    if hop.relation == Relation.UNRELATED.value:
        return UNRELATED if hop.before is Degree.FULL else None
    return CANDIDATE if hop.degree is Degree.CANDIDATE and hop.row is not None else None


def sentence(why: Why, context: Context) -> str:
    """A reason in words."""
    if not why.near:
        return _WITHOUT_EDGE[why.reason]
    hop = why.near[0]
    return _AT_EDGE.get(why.reason, _STOPPED).format(
        edge=f"{hop.start} {hop.relation} {hop.end}",
        start=hop.start,
        end=hop.end,
        because=in_words(hop),
        asked="signed by a person" if context.trust == ACCEPTED else "read twice alike",
    )


_WITHOUT_EDGE = {
    PARTIAL: "Covered in part.",
    NO_COUNTERPART: "Judged to have no counterpart in the framework of what is done.",
    NO_PATH: "No row leads here from what is done: not judged.",
}
_AT_EDGE = {
    PARTIAL: "Covered in part by {edge}: {because}.",
    CANDIDATE: "One row away: {edge}; nothing follows from it: {because}.",
    UNRELATED: "{start} and {end} were judged to share nothing.",
    TRUST: "Only rows that are not {asked} lead here, such as {edge}.",
}
_STOPPED = "{edge} leads here, but {because}."


def hop_json(hop: Hop) -> dict[str, Any]:
    """An edge that comes close, as JSON."""
    row: Mapping | None = hop.row
    return {
        "from": hop.start,
        "relation": hop.relation,
        "to": hop.end,
        "degree_after": hop.degree.word,
        "guards": list(hop.lowered_by),
        "mapping": None if row is None else row.id,
        "status": None if row is None else row.status,
        "source": str(hop.source),
        "rationale": hop.rationale,
    }
