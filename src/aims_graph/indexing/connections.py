"""Where a claim is lost: the connection that carries it furthest, and every edge that stops it there."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context, Crossing, Used
from aims_graph.indexing.hops import Hop, along, crossings, retrace, take
from aims_graph.inference import Inference
from aims_graph.model import Claim
from aims_graph.relations import Degree, Relation

APART = frozenset({Relation.UNRELATED, Relation.NO_RELATIONSHIP})  # judged facts that connect nothing
DENIED = "unrelated"  # beside the guards: a row that judges two provisions unrelated denies a candidate


@dataclass(frozen=True)
class Lost:
    """How far a claim comes towards a provision that it does not reach."""

    connection: tuple[Hop, ...] = ()  # to the very end, with what is left after each edge
    stopped_at: Hop | None = None  # its first edge after which no full or partial claim is left
    blocked: tuple[Hop, ...] = ()  # every edge that stops a claim as near to the end as that one, the furthest first


@dataclass(frozen=True)
class _Stop:
    """An edge at which a claim is lost, with the proof up to it."""

    proof: tuple[Hop, ...]
    hop: Hop
    used: Used
    judged: bool  # an admitted row says that there is nothing to carry

    @property
    def order(self) -> tuple[object, ...]:
        """What carries furthest comes first, then what is judged; then the shorter, surer, and a fixed order."""
        row = self.hop.row
        sure = (row.confidence or 0.0) if row is not None else 1.0
        place = (str(self.hop.source), self.hop.start, self.hop.end)
        denied = DENIED in self.hop.guards
        return (-self.hop.degree, denied, not self.judged, -self.hop.before, len(self.proof), -sure, place)


def lost(catalogue: Catalogue, found: Inference, end: str, context: Context) -> Lost:
    """Of all connections from what is claimed to `end`, the one with the fewest edges left to go, and what stops it."""
    left = _edges_left(catalogue, end, context)
    claimed = [c for c in found.claims.values() if c.degree >= Degree.PARTIAL]
    nearest = min((left[c.provision] for c in claimed if c.provision in left), default=None)
    at_front = [c for c in claimed if nearest is not None and left.get(c.provision) == nearest]
    ahead = {c.provision: list(_onward(catalogue, c.provision, left, context)) for c in at_front}
    stops = [s for c in at_front for s in _stops(catalogue, c, ahead[c.provision], found, context)]
    beyond = dict.fromkeys([end, *(s.hop.end for s in stops)])
    stops += [s for c in claimed for s in _stops(catalogue, c, _apart(catalogue, c.provision, beyond), found, context)]
    if not stops:
        return Lost()
    first = min(stops, key=lambda s: s.order)
    rest = _rest(catalogue, first, left, context) if first.hop.end in left else ()
    return Lost((*first.proof, first.hop, *rest), first.hop, _each_edge_once(stops))


def _edges_left(catalogue: Catalogue, end: str, context: Context) -> dict[str, int]:
    """How many edges lie between each provision and `end`, guards and relations aside."""
    left = {end: 0}
    waiting = deque([end])
    while waiting:
        here = waiting.popleft()
        for crossing in _joining(catalogue, here, context):
            if crossing.target.id not in left:
                left[crossing.target.id] = left[here] + 1
                waiting.append(crossing.target.id)
    return left


def _joining(catalogue: Catalogue, provision: str, context: Context) -> Iterator[Crossing]:
    for crossing in crossings(catalogue, catalogue.provisions[provision], context):
        if crossing.row is None or crossing.row.relation not in APART:
            yield crossing


def _onward(catalogue: Catalogue, provision: str, left: dict[str, int], context: Context) -> Iterator[Crossing]:
    """The edges that lead one step nearer."""
    nearer = left[provision] - 1
    return (x for x in _joining(catalogue, provision, context) if left.get(x.target.id) == nearer)


def _apart(catalogue: Catalogue, provision: str, targets: dict[str, None]) -> list[Crossing]:
    """Rows that judge a provision to have nothing to do with one of the targets, or with a whole around it."""
    around = {name for t in targets for name in (t, *catalogue.ancestors(t))}
    here = catalogue.provisions[provision]
    return [
        along(row, here, catalogue.provisions[other])
        for row in catalogue.rows_at.get(provision, ())
        for other in ({row.subject, row.object} - {provision}) & around
        if row.relation in APART
    ]


def _stops(
    catalogue: Catalogue, claim: Claim, edges: list[Crossing], found: Inference, context: Context
) -> Iterator[_Stop]:
    for derivation in claim.derivations if edges else ():
        proof, used = retrace(catalogue, derivation, context)
        for crossing in edges:
            hop, after = take(catalogue, crossing, claim.degree, used, context)
            if hop.degree is Degree.CANDIDATE and hop.end not in found.claims:
                hop = _nothing(hop)
            judged = hop.row is not None and hop.row.relation in APART and context.admits(hop.row)
            yield _Stop(proof, hop, after, judged)


def _nothing(hop: Hop) -> Hop:
    """An edge that would leave a candidate and leaves none: inside a hierarchy there are none, a row is denied it."""
    if hop.row is None:
        return replace(hop, degree=Degree.NONE)
    return replace(hop, degree=Degree.NONE, guards=(*hop.guards, DENIED), lowered_by=(DENIED,))


def _rest(catalogue: Catalogue, stop: _Stop, left: dict[str, int], context: Context) -> tuple[Hop, ...]:
    """The remaining edges, each the one that leaves most."""
    hops: list[Hop] = []
    here, degree, used = stop.hop.end, stop.hop.degree, stop.used
    while left[here]:
        taken = [take(catalogue, x, degree, used, context) for x in _onward(catalogue, here, left, context)]
        hop, used = min(taken, key=lambda t: (-t[0].degree, str(t[0].source), t[0].end))
        hops.append(hop)
        here, degree = hop.end, hop.degree
    return tuple(hops)


def _each_edge_once(stops: list[_Stop]) -> tuple[Hop, ...]:
    """One line an edge, from the proof that comes furthest."""
    kept: dict[tuple[str, str, str], Hop] = {}
    for stop in sorted(stops, key=lambda s: s.order):
        kept.setdefault((stop.hop.start, stop.hop.end, str(stop.hop.source)), stop.hop)
    return tuple(kept.values())
