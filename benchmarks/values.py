"""A made-up world as the values that the program works with."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any

from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context
from aims_graph.model import (
    ALL_OF,
    DOUBLE_READ,
    OBLIGATION,
    PER_OCCURRENCE,
    SHALL,
    Edition,
    Interval,
    Mapping,
    Provision,
    Source,
)
from aims_graph.vocab import PREFIXES
from benchmarks.worlds import World

TODAY = date(2026, 6, 1)
CONTEXT = Context(TODAY)
ALWAYS = Interval()
SET = "https://example.org/made-up"
NOBODY: frozenset[str] = frozenset()


def edition(prefix: str) -> Edition:
    """A voluntary framework in force for ever."""
    iri = f"https://example.org/{prefix}/"
    stated: dict[str, Any] = {
        **_unstated(Edition),
        "id": prefix,
        "iri": iri,
        "namespace": iri,
        "title": prefix,
        "label": prefix,
        "framework": iri,
        "version": "1",
        "bindingness": "voluntary-framework",
        "in_force": ALWAYS,
        "common": False,
        "aliases": (),
        "ignored_words": (),
        "implied_words": (),
        "link": iri,
        "rights": "made up",
        "source": Source(f"{prefix}.ttl", 1),
    }
    return Edition(**stated)


def provision(name: str, parent: str | None = None, whole: bool = False, exhaustive: bool = False) -> Provision:
    """An obligation that binds everybody; a whole asks for all of its members."""
    return Provision(**_alike(name, parent), decomposition=ALL_OF if whole else None, exhaustive=exhaustive)


def row(name: str, subject: str, relation: Any, object_: str, confidence: float) -> Mapping:
    """A row that was read twice."""
    return Mapping(**_ROW, id=name, subject=subject, relation=relation, object=object_, confidence=confidence)


def catalogue(provisions: dict[str, Provision], rows: tuple[Mapping, ...]) -> Catalogue:
    """A catalogue of these provisions and rows, with an edition for each prefix."""
    editions = {prefix: edition(prefix) for prefix in dict.fromkeys(p.edition for p in provisions.values())}
    return Catalogue(
        editions=editions,
        provisions=provisions,
        triggers={},
        amendments={},
        evidence={},
        evidence_types={},
        record_classes=NOBODY,
        mappings=rows,
        roles={},
        system_classes=("any",),
        labels={},
        prefixes=PREFIXES | {e.id: e.namespace for e in editions.values()},
        files=(),
    )


def of(world: World) -> Catalogue:
    """The same world as the program reads it."""
    names, members = world.names, world.members
    provisions = {
        name: provision(name, names[parent] if parent >= 0 else None, number in members, number in world.exhaustive)
        for number, (name, parent) in enumerate(zip(names, world.parent.tolist(), strict=True))
    }
    rows = tuple(
        row(f"mapping:r{number}", names[r.subject], r.relation, names[r.object], r.confidence)
        for number, r in enumerate(world.rows)
    )
    return catalogue(provisions, rows)


def _unstated(of: type) -> dict[str, None]:
    return {f.name: None for f in fields(of)}


_ROW: dict[str, Any] = {
    **_unstated(Mapping),
    "rationale_kind": "semantic",
    "rationale": "They share elements.",
    "status": DOUBLE_READ,
    "justification": "semapv:ManualMappingCuration",
    "mapping_set": SET,
    "source": Source("made-up.sssom.tsv", 1),
}
for _given in ("id", "subject", "relation", "object", "confidence"):
    del _ROW[_given]

_PROVISION: dict[str, Any] = {
    **_unstated(Provision),
    "kind": "Clause",
    "force": OBLIGATION,
    "modality": SHALL,
    "occurrence": PER_OCCURRENCE,
    "binds": NOBODY,
    "addressees": NOBODY,
    "system_classes": NOBODY,
    "in_force": ALWAYS,
    "conditional": False,
    **dict.fromkeys(
        ("titles", "wordings", "applies", "refers_to", "suggested_for", "addresses_risks", "expected_output"), ()
    ),
    "responsible": (),
    "source": Source("made-up.ttl", 1),
}
for _given in ("decomposition", "exhaustive"):
    del _PROVISION[_given]


def _alike(name: str, parent: str | None) -> dict[str, Any]:
    """What every provision of a name has."""
    prefix, _, local = name.partition(":")
    iri = f"https://example.org/{prefix}/{local}"
    named = {"id": name, "iri": iri, "edition": prefix, "parent": parent, "notation": local, "title": local}
    return {**_PROVISION, **named, "link": iri}
