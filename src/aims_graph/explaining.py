"""Why something counts towards something else, why only in part, or why it does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from aims_graph.answers import NOTICE, derivation_json, number
from aims_graph.cases import read_case
from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context
from aims_graph.checking.shapes import Rules
from aims_graph.indexing.connections import Lost, lost
from aims_graph.indexing.hops import Hop, retrace
from aims_graph.indexing.whys import left, why
from aims_graph.inference import Inference, infer
from aims_graph.model import Claim
from aims_graph.records import Records
from aims_graph.relations import Degree
from aims_graph.shortfalls import Shortfall, degraded_at, shortfalls
from aims_graph.statements import case_statement
from aims_graph.trace import Options, check_options, no_starts, why_no_start


@dataclass(frozen=True)
class Explanation:
    """The proofs of a claim and what keeps it from being full, or the connection on which it was lost."""

    start: str  # a provision, or the label of a record
    end: str
    claim: Claim | None
    degraded_at: Hop | None  # of a partial claim: the first edge of its best proof after which it is not full
    missing_parts: tuple[Shortfall, ...]  # of a partial claim: the parts of wholes that do not follow in full
    hops: tuple[Hop, ...]  # only where there is no full or partial claim: the connection that carries it furthest
    stopped_at: Hop | None  # the first edge after which no full or partial claim is left
    blocked: tuple[Hop, ...]  # every edge that stops a claim as near to the end as that one
    sentence: str
    limited: tuple[str, ...]  # provisions of which a limit of the search left proofs out
    options: Options
    graph_version: str


@dataclass(frozen=True)
class _Asked:
    """What is supposed done, how it is named, and what follows from it."""

    name: str
    start: str | None  # the one provision supposed done; None for a recorded case
    context: Context
    found: Inference


def explain(catalogue: Catalogue, start: str, end: str, options: Options) -> Explanation:
    """All minimal proofs that `start` counts towards `end`, why only in part, or the edge that stopped it."""
    check_options(catalogue, options)
    context = options.context()
    return _explained(catalogue, _Asked(start, start, context, infer(catalogue, [start], context)), end, options)


def explain_record(
    catalogue: Catalogue, rules: Rules, records: Records, record: str, end: str, options: Options
) -> Explanation:
    """The same for one recorded case (the IRI of any of its records), and for that case only."""
    check_options(catalogue, options)
    case = read_case(catalogue, rules, records, record, options.as_of)
    context = replace(options.context(), case=case.facts(catalogue.curie(case.case_iri)))
    starts = [p for p, degree in case.degrees.items() if degree >= Degree.PARTIAL]
    found = infer(catalogue, starts, context)
    return _explained(catalogue, _Asked(case.record, None, context, found), end, options)


def _explained(catalogue: Catalogue, asked: _Asked, end: str, options: Options) -> Explanation:
    found, context = asked.found, asked.context
    claim = found.claims.get(end)
    claimed = claim is not None and claim.degree >= Degree.PARTIAL
    partial = claim if claim is not None and claim.degree is Degree.PARTIAL else None
    proof = retrace(catalogue, partial.best, context)[0] if partial else ()
    missing = shortfalls(catalogue, found, partial, context) if partial else ()
    apart = Lost() if claimed else lost(catalogue, found, end, context)
    degraded = degraded_at(proof)
    return Explanation(
        start=asked.name,
        end=end,
        claim=claim,
        degraded_at=degraded,
        missing_parts=missing,
        hops=apart.connection,
        stopped_at=apart.stopped_at,
        blocked=apart.blocked,
        sentence=" ".join(
            [*_sentences(catalogue, asked, end, (degraded, missing, apart), options), *found.limits([end])]
        ),
        limited=tuple(p for p in found.limited if p == end),
        options=options,
        graph_version=catalogue.version,
    )


def _sentences(
    catalogue: Catalogue,
    asked: _Asked,
    end: str,
    ground: tuple[Hop | None, Sequence[Shortfall], Lost],
    options: Options,
) -> list[str]:
    claim = asked.found.claims.get(end)
    degraded, missing, apart = ground
    if asked.start == end:
        return [f"{end} is the question itself."]
    if claim is not None and claim.degree >= Degree.PARTIAL:
        return [_claimed(catalogue, asked, claim), *_partly(degraded, claim), *(m.sentence for m in missing)]
    if not asked.found.claims:
        return [_no_start(catalogue, asked, options)]
    return _stopped(catalogue, asked, end, apart.stopped_at)


def _no_start(catalogue: Catalogue, asked: _Asked, options: Options) -> str:
    if asked.start is None and asked.found.refused:
        return " ".join(no_starts(catalogue, asked.found.refused, options, asked.context.case))
    if asked.start is None:
        return f"The record of {asked.name} covers no element of any provision, so no claim starts from it."
    return why_no_start(catalogue, asked.start, options)


def _claimed(catalogue: Catalogue, asked: _Asked, claim: Claim) -> str:
    count = len(claim.derivations)
    proofs = "one proof" if count == 1 else f"{count} proofs"
    if asked.start is not None:
        return f"If all of {asked.start} is done, {claim.provision} is {claim.degree.word}: {proofs}."
    provision = catalogue.provisions[claim.provision]
    bindingness = catalogue.editions[provision.edition].bindingness
    said = case_statement(provision, bindingness, claim.degree, asked.name)
    return f"{said.removesuffix('.')}: {proofs}."


def _partly(degraded: Hop | None, claim: Claim) -> list[str]:
    if claim.degree is Degree.FULL:
        return []
    if degraded is None:
        return ["In part, because the record itself covers only some of its elements."]
    return [f"In part from {degraded.start} {degraded.relation} {degraded.end} on: {why(degraded)}."]


def _stopped(catalogue: Catalogue, asked: _Asked, end: str, stop: Hop | None) -> list[str]:
    if stop is None:
        unled = f"No chain of parts and mapping rows leads from {asked.name} to {end}: nothing is said."
        return [unled, _rows_there(catalogue, end)]
    guards = f" ({', '.join(stop.guards)})" if stop.guards else ""
    return [f"No claim: at the edge {stop.start} {stop.relation} {stop.end}{guards} {left(stop.degree)}: {why(stop)}."]


def _rows_there(catalogue: Catalogue, end: str) -> str:
    """Where the rows lead that could have joined something to a provision, if there are any."""
    family = (end, *catalogue.descendants(end), *catalogue.ancestors(end))
    rows = [row for name in family for row in catalogue.rows_at.get(name, ())]
    if not rows:
        return f"No mapping row stands at {end}, its parts or a whole around it: nobody has judged them."
    ends = {name for row in rows for name in (row.subject, row.object)} & catalogue.provisions.keys()
    others = sorted({catalogue.provisions[name].edition for name in ends} - {catalogue.provisions[end].edition})
    where = f"lead to {', '.join(others)} only" if others else "say that there is no counterpart"
    return f"The mapping rows at {end}, its parts and the wholes around it {where}."


def explanation_json(found: Explanation) -> dict[str, Any]:
    """The JSON object of an explanation."""
    claim = found.claim
    return {
        "from": found.start,
        "to": found.end,
        "as_of": found.options.as_of.isoformat(),
        "roles": list(found.options.roles),
        "system_class": found.options.system_class,
        "trust": found.options.trust,
        "graph_version": found.graph_version,
        "degree": None if claim is None else claim.degree.word,
        "confidence": None if claim is None else number(claim.confidence),
        "sentence": found.sentence,
        "derivations": [d for d in (derivation_json(d) for d in claim.derivations) if d] if claim else [],
        "conditions": [] if claim is None else list(claim.best.conditions),
        "flags": [] if claim is None else sorted(claim.best.flags),
        "degraded_at": None if found.degraded_at is None else _hop_json(found.degraded_at),
        "missing_parts": [_shortfall_json(s) for s in found.missing_parts],
        "stopped_at": None if found.stopped_at is None else _hop_json(found.stopped_at),
        "connection": [_hop_json(h) for h in found.hops],
        "blocked": [_hop_json(h) for h in found.blocked],
        "limited": list(found.limited),
        "notice": NOTICE,
    }


def _hop_json(hop: Hop) -> dict[str, Any]:
    row = hop.row
    return {
        "from": hop.start,
        "together_with": list(hop.together_with),
        "to": hop.end,
        "relation": hop.relation,
        "degree_before": hop.before.word,
        "degree_after": hop.degree.word,
        "guards": list(hop.guards),
        "lowered_by": list(hop.lowered_by),
        "why": why(hop) or None,
        "flags": list(hop.flags),
        "source": str(hop.source),
        "mapping": None if row is None else row.id,
        "status": None if row is None else row.status,
        "confidence": None if row is None else number(row.confidence),
        "rationale": hop.rationale,
    }


def _shortfall_json(shortfall: Shortfall) -> dict[str, Any]:
    return {
        "whole": shortfall.whole,
        "decomposition": shortfall.decomposition,
        "exhaustive": shortfall.exhaustive,
        "parts": shortfall.parts,
        "full": shortfall.full,
        "missing": [
            {
                "provision": m.provision,
                "notation": m.notation,
                "title": m.title,
                "degree": m.degree.word,
                "why": m.why,
            }
            for m in shortfall.missing
        ],
        "sentence": shortfall.sentence,
    }
