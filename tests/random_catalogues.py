"""Random catalogues that use every rule at level provision: wholes, choices, joint rows, editions, roles, twins."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

from worlds import catalogue, context, edition, provision, row

from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context
from aims_graph.model import ACCEPTED, DOUBLE_READ, PROPOSED, Interval, Mapping, Provision
from aims_graph.relations import EQ, INT, NONE, SUB, SUP, Relation

RELATIONS = (EQ, EQ, SUP, SUP, SUB, INT, INT, NONE, Relation.SUPPORTED_INTEGRAL, Relation.SUPPORTS_EXAMPLE)
BOUND: tuple[tuple[str, ...], ...] = ((), (), (), (), ("provider",), ("deployer",), ("provider", "deployer"))
GONE = Interval(None, date(2020, 1, 1))
EDITIONS = (
    edition("a", managed="one"),
    edition("b", managed="two"),
    edition("c", bindingness="law"),
    edition("d", framework="https://example.org/framework/d"),
    edition("d2", framework="https://example.org/framework/d"),
    edition("e"),
)


def drawn(seed: int) -> Catalogue:
    """The catalogue of a seed: six editions of up to twelve provisions, some twenty-five rows, two joint groups."""
    chooser = Random(seed)
    provisions = [p for e in EDITIONS for p in _tree(chooser, e.id)]
    rows = list(_rows(chooser, [p.id for p in provisions]))
    for number in range(2):
        rows += _joint(chooser, provisions, f"J{number}")
    return catalogue(provisions, rows, EDITIONS)


def asked(seed: int) -> Context:
    """How the catalogue of a seed is asked."""
    chooser = Random(seed)
    return context(
        roles=chooser.choice([(), (), ("provider",), ("deployer",), ("provider", "deployer")]),
        system_class=chooser.choice(["any", "any", "gpai", "high-risk-annex-iii"]),
        trust=chooser.choice(["double-read", "double-read", "accepted"]),
    )


def _tree(chooser: Random, prefix: str) -> list[Provision]:
    found = [provision(f"{prefix}:p", **_stated(chooser, None, whole=True))]
    for i in range(chooser.randint(1, 3)):
        inner = chooser.random() < 0.6
        found.append(provision(f"{prefix}:p.{i}", **_stated(chooser, f"{prefix}:p", whole=inner)))
        for j in range(chooser.randint(1, 2) if inner else 0):
            found.append(provision(f"{prefix}:p.{i}.{j}", **_stated(chooser, f"{prefix}:p.{i}", whole=False)))
    return found


def _stated(chooser: Random, parent: str | None, whole: bool) -> dict[str, Any]:
    kind = chooser.choice(["AllOf", "AllOf", "AllOf", "AnyOf", "AsAppropriate"]) if whole else None
    return {
        "parent": parent,
        "decomposition": kind,
        "exhaustive": kind == "AllOf" and chooser.random() < 0.8,
        "conditional": parent is not None and chooser.random() < 0.1,
        "binds": chooser.choice(BOUND),
        "force": chooser.choice(["obligation"] * 12 + ["prohibition", None]),
        "modality": chooser.choice(["shall", "should"]),
        "in_force": GONE if chooser.random() < 0.03 else Interval(),
        "system_classes": chooser.choice([(), (), (), (), ("high-risk-annex-iii",), ("gpai",)]),
    }


def _rows(chooser: Random, names: list[str]) -> list[Mapping]:
    pairs = [(a, b) for a in names for b in names if a.partition(":")[0] < b.partition(":")[0]]
    return [drawn_row(chooser, a, b) for a, b in chooser.sample(pairs, min(len(pairs), chooser.randint(15, 35)))]


def drawn_row(chooser: Random, subject: str, object_: str) -> Mapping:
    """A row of any kind between two provisions."""
    return row(
        subject,
        chooser.choice(RELATIONS),
        object_,
        chooser.choice([None, 0.25, 0.5, 0.6, 0.75, 0.9, 0.9, 0.95, 1.0]),
        id=f"{subject}|{object_}",
        rationale_kind=chooser.choice(["semantic"] * 6 + ["functional", "syntactic"]),
        status=chooser.choice([DOUBLE_READ, DOUBLE_READ, DOUBLE_READ, ACCEPTED, PROPOSED]),
    )


def _joint(chooser: Random, provisions: list[Provision], name: str) -> list[Mapping]:
    one, other = chooser.sample([e.id for e in EDITIONS], 2)
    left = [p.id for p in provisions if p.edition == one]
    right = [p.id for p in provisions if p.edition == other]
    subjects = chooser.sample(left, min(len(left), chooser.randint(1, 3)))
    objects = chooser.sample(right, min(len(right), chooser.randint(1, 2)))
    if len(subjects) == len(objects) == 1:
        return []
    like = drawn_row(chooser, subjects[0], objects[0])
    return [replace(like, id=f"{name}|{s}|{o}", subject=s, object=o, joint=name) for s in subjects for o in objects]
