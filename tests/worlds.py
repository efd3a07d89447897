"""Small catalogues made in memory: provisions, rows and triggers with defaults that let claims pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from typing import Any

from aims_graph.catalogue import Catalogue
from aims_graph.chain import CaseFacts, Context
from aims_graph.inference import Inference, infer
from aims_graph.model import (
    DOUBLE_READ,
    OBLIGATION,
    PER_OCCURRENCE,
    ApplicationDate,
    Claim,
    Edition,
    Interval,
    Mapping,
    Provision,
    Source,
    Trigger,
)
from aims_graph.relations import EQ, INT, NONE, SUB, SUP, Degree, Relation
from aims_graph.vocab import PREFIXES

TODAY = date(2026, 6, 1)
ALWAYS = Interval()
OPERATORS = ("provider", "deployer", "importer", "distributor", "authorised-representative", "product-manufacturer")
ROLES = {r: frozenset({r}) for r in (*OPERATORS, "gpai-provider")} | {"operator": frozenset(("operator", *OPERATORS))}
CLASSES = ("any", "gpai", "high-risk-annex-i", "high-risk-annex-iii")
F, P, C, N = Degree.FULL, Degree.PARTIAL, Degree.CANDIDATE, Degree.NONE


def _unstated(of: type) -> dict[str, None]:
    """Every field of a value as not stated."""
    return {f.name: None for f in fields(of)}


def relation_of(a: int, b: int) -> Relation:
    """The one relation between two non-empty sets, each the bits of a number."""
    if a == b:
        return EQ
    if a & b == a:
        return SUB
    if a & b == b:
        return SUP
    return INT if a & b else NONE


def edition(prefix: str, **stated: Any) -> Edition:
    """An edition in force for ever, voluntary and no management system unless stated otherwise."""
    namespace = f"https://example.org/{prefix}/"
    defaults: dict[str, Any] = {
        "id": prefix,
        "iri": namespace,
        "namespace": namespace,
        "title": f"Framework {prefix}",
        "label": f"Framework {prefix}",
        "framework": f"https://example.org/framework/{prefix}",
        "version": "1",
        "bindingness": "voluntary-framework",
        "managed": None,
        "in_force": ALWAYS,
        "aliases": (),
        "ignored_words": (),
        "implied_words": (),
        "coverage": None,
        "link": namespace,
        "rights": "made up",
        "source": Source(f"{prefix}.ttl", 1),
    }
    return Edition(**(_unstated(Edition) | defaults | stated))


def provision(name: str, **stated: Any) -> Provision:
    """An obligation in force that binds everybody, per occurrence, unless stated otherwise."""
    prefix, _, local = name.partition(":")
    defaults: dict[str, Any] = {
        "id": name,
        "iri": f"https://example.org/{prefix}/{local}",
        "kind": "Clause",
        "edition": prefix,
        "parent": None,
        "notation": local,
        "title": f"Title of {local}",
        "summary": None,
        "wordings": (),
        "force": OBLIGATION,
        "modality": "shall",
        "occurrence": PER_OCCURRENCE,
        "addressees": (),
        "system_classes": (),
        "binds": (),
        "in_force": ALWAYS,
        "applies": (),
        "decomposition": None,
        "exhaustive": False,
        "conditional": False,
        "condition": None,
        "refers_to": (),
        "titles": (),
        "suggested_for": (),
        "addresses_risks": (),
        "expected_output": (),
        "responsible": (),
        "link": f"https://example.org/{prefix}/{local}",
        "note": None,
        "source": Source(f"{prefix}.ttl", 1),
    }
    values = _unstated(Provision) | defaults | stated
    for many in ("binds", "addressees", "system_classes"):
        values[many] = frozenset(values[many])
    return Provision(**values)


def members(parent: str, *names: str, decomposition: str = "AllOf", **stated: Any) -> list[Provision]:
    """A parent and its members; what is stated is stated of the parent."""
    prefix = parent.partition(":")[0]
    whole = provision(parent, decomposition=decomposition, **stated)
    return [whole, *(provision(f"{prefix}:{n}", parent=parent) for n in names)]


def row(subject: str, relation: Relation, object_: str, confidence: float | None = 0.9, **stated: Any) -> Mapping:
    """A double-read row of semantic rationale, named after what it says, unless stated otherwise."""
    name = stated.get("id", f"{subject}|{relation.value}|{object_}")
    defaults: dict[str, Any] = {
        "id": name,
        "subject": subject,
        "relation": relation,
        "object": object_,
        "confidence": confidence,
        "rationale_kind": "semantic",
        "rationale": "They ask for the same thing.",
        "status": DOUBLE_READ,
        "overlap": None,
        "strength": None,
        "condition": None,
        "justification": "semapv:ManualMappingCuration",
        "author": "agent:tester",
        "reviewer": None,
        "mapped_on": None,
        "origin": None,
        "mapping_set": "https://example.org/set",
        "source": Source(f"{name}.sssom.tsv", 1),
    }
    return Mapping(**(_unstated(Mapping) | defaults | stated))


def trigger(name: str, *sets_off: str, **stated: Any) -> Trigger:
    """A question whose yes sets off some provisions."""
    defaults: dict[str, Any] = {
        "id": name,
        "condition": f"{name} is met",
        "question": f"Is {name} met?",
        "on_events": frozenset({"event-nonconformity"}),
        "sets_off": sets_off,
        "binds": frozenset(),
        "defined_in": sets_off[0] if sets_off else "",
        "source": Source("triggers.ttl", 1),
    }
    return Trigger(**(_unstated(Trigger) | defaults | stated))


def applies(start: date, system_class: str = "any", **stated: Any) -> ApplicationDate:
    """A date of application that is the law for ever unless stated otherwise."""
    defaults: dict[str, Any] = {"valid": ALWAYS, "legal_question": None, "source": Source("dates.ttl", 1)}
    return ApplicationDate(system_class, start, **(defaults | stated))


def catalogue(
    provisions: Iterable[Provision],
    rows: Iterable[Mapping] = (),
    editions: Iterable[Edition] = (),
    triggers: Iterable[Trigger] = (),
) -> Catalogue:
    """A catalogue of these values; editions that are not given are the default ones."""
    by_id = {p.id: p for p in provisions}
    given = {e.id: e for e in editions}
    known = {p.edition: given.get(p.edition) or edition(p.edition) for p in by_id.values()} | given
    return Catalogue(
        editions=known,
        provisions=by_id,
        triggers={t.id: t for t in triggers},
        amendments={},
        evidence={},
        evidence_types={},
        record_classes=frozenset(),
        mappings=tuple(rows),
        roles=ROLES,
        system_classes=CLASSES,
        labels={},
        files=(),
        prefixes=PREFIXES | {e.id: e.namespace for e in known.values()},
    )


def chain(*links: Relation, **stated: Any) -> Catalogue:
    """`e0:p` to `e1:p` and so on, each in its own edition; what is stated is stated of every row."""
    names = [f"e{i}:p" for i in range(len(links) + 1)]
    rows = [row(a, relation, b, **stated) for a, relation, b in zip(names, links, names[1:], strict=False)]
    return catalogue([provision(n) for n in names], rows)


def context(**stated: Any) -> Context:
    """A hypothetical question asked today unless stated otherwise."""
    values = {"as_of": TODAY} | stated
    values["roles"] = frozenset(values.get("roles", ()))
    return Context(**values)


def case(recorded: dict[str, Degree], answers: dict[str, str] | None = None, **stated: Any) -> CaseFacts:
    """What the records of one occurrence say: how far each provision is recorded, and the triggers answered."""
    place = Source("records.ttl", 1)
    return CaseFacts(case="ex:NC-1", source=place, answers=answers or {}, degrees=recorded, **stated)


def ask(known: Catalogue, *targets: str, **stated: Any) -> Inference:
    """What follows from the targets together."""
    return infer(known, targets, context(**stated))


def claim(known: Catalogue, start: str, end: str, **stated: Any) -> Claim | None:
    """The claim on `end` when `start` is done."""
    return ask(known, start, **stated).claims.get(end)


def degree(known: Catalogue, start: str, end: str, **stated: Any) -> Degree:
    """The degree of `end` when `start` is done; NONE where nothing is said."""
    found = claim(known, start, end, **stated)
    return N if found is None else found.degree


def degrees(found: Inference) -> dict[str, Degree]:
    """Full and partial claims by provision."""
    return {p: c.degree for p, c in found.claims.items() if c.degree >= P}


def flags(known: Catalogue, start: str, end: str, **stated: Any) -> frozenset[str]:
    """The flags of the best proof of the claim on `end`."""
    found = claim(known, start, end, **stated)
    assert found is not None, f"no claim on {end}"
    return found.best.flags


def fired(known: Catalogue, start: str, end: str, **stated: Any) -> tuple[str, ...]:
    """The guards named at `end`: in the last step of the best proof, or where the edge stopped."""
    found = ask(known, start, **stated)
    if end in found.claims:
        return found.claims[end].best.steps[-1].guards
    return tuple(guard for b in found.blocked if b.provision == end for guard in b.guards)
