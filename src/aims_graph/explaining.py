"""Why something counts towards something else, or why it does not."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from aims_graph.answers import derivation_json, number
from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context, Crossing, Used, meets_again, start_at
from aims_graph.guards import rule_on
from aims_graph.inference import UPWARD, infer
from aims_graph.model import ALL_OF, Claim, Mapping, Source
from aims_graph.relations import Degree, Edge, transfer
from aims_graph.trace import Options, check_options, why_no_start


@dataclass(frozen=True)
class Hop:
    """One edge of the shortest connection, with the degree that is left after it."""

    start: str
    end: str
    relation: str
    degree: Degree
    guards: tuple[str, ...]
    flags: tuple[str, ...]
    source: Source
    rationale: str | None


@dataclass(frozen=True)
class Explanation:
    """The proofs of a claim, or the connection on which it was lost."""

    start: str
    end: str
    claim: Claim | None
    hops: tuple[Hop, ...]  # only where there is no full or partial claim
    stopped_at: Hop | None  # the first edge after which no full or partial claim is left
    sentence: str
    as_of: str
    graph_version: str


def explain(catalogue: Catalogue, start: str, end: str, options: Options) -> Explanation:
    """All minimal proofs that `start` counts towards `end`, or the first edge that stopped it."""
    check_options(catalogue, options)
    context = options.context()
    claim = infer(catalogue, [start], context).claims.get(end)
    claimed = claim is not None and claim.degree >= Degree.PARTIAL
    hops = () if claimed else _shortest(catalogue, start, end, context)
    stopped = next((h for h in hops if h.degree < Degree.PARTIAL), None)
    return Explanation(
        start=start,
        end=end,
        claim=claim,
        hops=hops,
        stopped_at=stopped,
        sentence=_sentence(catalogue, (start, end), claim, hops, stopped, options),
        as_of=options.as_of.isoformat(),
        graph_version=catalogue.version,
    )


def _sentence(
    catalogue: Catalogue,
    ends: tuple[str, str],
    claim: Claim | None,
    hops: tuple[Hop, ...],
    stopped: Hop | None,
    options: Options,
) -> str:
    start, end = ends
    if start == end:
        return f"{start} is the question itself."
    if claim is not None and claim.degree >= Degree.PARTIAL:
        count = len(claim.derivations)
        proofs = "one proof" if count == 1 else f"{count} proofs"
        return f"If all of {start} is done, {end} is {claim.degree.word}: {proofs}."
    if start_at(catalogue, catalogue.provisions[start], options.context()) is None:
        return why_no_start(catalogue, start, options)
    if not hops:
        return f"No chain of parts and mapping rows leads from {start} to {end}: nothing is said."
    if stopped is None:
        return f"Each edge from {start} to {end} carries a claim, but a judged 'unrelated' row ends the chain."
    why = f" ({', '.join(stopped.guards)})" if stopped.guards else ""
    kept = "only a candidate is left" if stopped.degree is Degree.CANDIDATE else "nothing is left"
    return f"No claim: at the edge {stopped.start} {stopped.relation} {stopped.end}{why} {kept}."


def _shortest(catalogue: Catalogue, start: str, end: str, context: Context) -> tuple[Hop, ...]:
    """The shortest connection by parts and rows, walked with what is left after each edge."""
    import networkx as nx

    graph: nx.Graph[str] = nx.Graph()
    for provision in catalogue.provisions.values():
        if provision.parent is not None:
            graph.add_edge(provision.id, provision.parent)
    for row in catalogue.mappings:
        if row.subject in catalogue.provisions and row.object in catalogue.provisions:
            graph.add_edge(row.subject, row.object)
    if start not in graph or end not in graph or not nx.has_path(graph, start, end):
        return ()
    path = min(nx.all_shortest_paths(graph, start, end))
    used = start_at(catalogue, catalogue.provisions[start], context)
    if used is None:
        return ()
    degree = Degree.FULL
    hops: list[Hop] = []
    for a, b in pairwise(path):
        hop, used = _hop(catalogue, _crossing(catalogue, a, b), degree, used, context)
        degree = hop.degree
        hops.append(hop)
    return tuple(hops)


def _hop(catalogue: Catalogue, crossing: Crossing, degree: Degree, used: Used, context: Context) -> tuple[Hop, Used]:
    ruling = rule_on(catalogue, crossing, used, context)
    unguarded = transfer(ruling.edge, degree)
    left = min(unguarded, ruling.cap)
    fired = [f for f in ruling.fired if f.tells(unguarded)]
    guards = [f.name for f in fired]
    row = crossing.row
    if row is not None and meets_again(catalogue, used, crossing.origin, crossing.target):
        left = Degree.NONE
        guards.append("edition")
    hop = Hop(
        start=crossing.origin.id,
        end=crossing.target.id,
        relation=crossing.edge.value,
        degree=left,
        guards=tuple(guards),
        flags=tuple(flag for f in fired for flag in f.flags),
        source=crossing.source,
        rationale=None if row is None else row.rationale,
    )
    return hop, ruling.used


def _crossing(catalogue: Catalogue, a: str, b: str) -> Crossing:
    here, there = catalogue.provisions[a], catalogue.provisions[b]
    if there.parent == a:
        always = here.decomposition == ALL_OF and not there.conditional
        return Crossing(Edge.PART if always else Edge.CROSSWALK, here, there, None)
    if here.parent == b:
        edge = UPWARD.get(there.decomposition or "", Edge.CROSSWALK)
        return Crossing(Edge.CROSSWALK if here.conditional else edge, here, there, None)
    row = max((r for r in catalogue.rows_at[a] if {r.subject, r.object} == {a, b}), key=_trusted)
    relation = row.relation if row.subject == a else row.relation.converse
    return Crossing(Edge(relation.value), here, there, row)


def _trusted(row: Mapping) -> tuple[bool, bool, float, str]:
    return (row.status == "accepted", row.status == "double-read", row.confidence or 0.0, row.id)


def explanation_json(found: Explanation) -> dict[str, Any]:
    """The JSON object of an explanation."""
    claim = found.claim
    return {
        "from": found.start,
        "to": found.end,
        "as_of": found.as_of,
        "graph_version": found.graph_version,
        "degree": None if claim is None else claim.degree.word,
        "confidence": None if claim is None else number(claim.confidence),
        "sentence": found.sentence,
        "derivations": [d for d in (derivation_json(d) for d in claim.derivations) if d] if claim else [],
        "conditions": [] if claim is None else list(claim.best.conditions),
        "flags": [] if claim is None else sorted(claim.best.flags),
        "stopped_at": None if found.stopped_at is None else _hop_json(found.stopped_at),
        "connection": [_hop_json(h) for h in found.hops],
    }


def _hop_json(hop: Hop) -> dict[str, Any]:
    return {
        "from": hop.start,
        "to": hop.end,
        "relation": hop.relation,
        "degree_after": hop.degree.word,
        "guards": list(hop.guards),
        "flags": list(hop.flags),
        "source": str(hop.source),
        "rationale": hop.rationale,
    }
