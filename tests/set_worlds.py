"""Random worlds of sets: frameworks, true rows between them, and what really follows from what is done.

Every provision is a set of elements, the bits of a number. A choice ("any of",
"as appropriate") is a set of bits of its own that become done when the right
members are: one bit for a free choice; for "as appropriate" one bit for having
chosen and one for having chosen what is fit. A world may read the same texts in
several ways (rationales), each with its own sets; a proof must be true in the
reading of its rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, reduce
from operator import or_
from random import Random
from typing import Any

from worlds import case, catalogue, context, edition, provision, relation_of, row, trigger

from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context
from aims_graph.model import (
    ALL_OF,
    ANY_OF,
    AS_APPROPRIATE,
    BOTH,
    PER_OCCURRENCE,
    STANDING,
    Derivation,
    Interval,
    Mapping,
)
from aims_graph.relations import EQ, INT, SET_RELATIONS, SUB, SUP, Degree, Relation

TEXT = 5  # elements that texts speak of; bits beyond are those of choices
STANDING_TEXT = 0b00011  # of one case, these say nothing
READINGS = ("semantic", "functional", "syntactic")
OBJECTS = {None: (0,), "one": (0, 1), "two": (1, 2)}  # what each management system is about
STRONG = {
    SUB: (Relation.SUPPORTS_INTEGRAL, Relation.SUPPORTS_PRECEDES),
    EQ: (Relation.SUPPORTS_INTEGRAL, Relation.SUPPORTED_INTEGRAL),
    SUP: (Relation.SUPPORTED_INTEGRAL, Relation.SUPPORTED_PRECEDES),
    INT: (Relation.SUPPORTS_EXAMPLE, Relation.SUPPORTED_EXAMPLE),
}
WEAK = (Relation.SUPPORTS, Relation.SUPPORTED, Relation.CROSSWALK, Relation.CONTRARY)  # between any two provisions
UNTRUSTED = ("proposed", "published", "rejected")
ROLES = ("provider", "deployer")
GONE = Interval(None, date(2020, 1, 1))


@dataclass(eq=False)
class Node:
    """One provision of a world and what is true of it."""

    name: str
    parent: Node | None
    stated: dict[str, Any]
    own: dict[str, int]  # reading → the elements of its own text
    members: list[Node] = field(default_factory=list)
    bits: tuple[int, ...] = ()  # of a choice
    fit: tuple[int, ...] = ()  # positions of the members that are appropriate
    met: bool = True  # whether the case sets it off

    @property
    def edition(self) -> str:
        """The edition it is in."""
        return self.name.partition(":")[0]

    @property
    def kind(self) -> str | None:
        """How its members are joined."""
        found = self.stated.get("decomposition")
        assert found is None or isinstance(found, str)
        return found


def asked(node: Node, reading: str) -> int:
    """All elements that a provision asks for."""
    if node.bits:
        return reduce(or_, (1 << b for b in node.bits))
    parts = (asked(m, reading) for m in node.members if m.met or not m.stated.get("conditional"))
    return reduce(or_, parts, node.own[reading])


class World:
    """Frameworks, rows that are true of them, and rows that may be false where no claim may rest on them."""

    def __init__(self, seed: int, of_case: bool) -> None:
        self.chooser = Random(seed)
        self.of_case = of_case
        self.readings = READINGS[:1] if of_case else READINGS
        self.nodes: dict[str, Node] = {}
        systems = (None,) if of_case or self.chooser.random() < 0.6 else ("one", "two")
        self.managed = {f"e{i}": self.chooser.choice(systems) for i in range(4)}
        self.role = self.chooser.choice([(), (), ("provider",), ROLES])
        self.system_class = self.chooser.choice(["any", "gpai"])
        self._next_bit = TEXT
        for name in self.managed:
            self._tree(name)
        self.rows = list(self._rows())

    # -- making ------------------------------------------------------------------

    def _tree(self, edition_: str) -> None:
        root = self._node(f"{edition_}:p", None, self._decomposition())
        for i in range(self.chooser.randint(2, 3)):
            inner = self.chooser.random() < 0.35
            child = self._node(f"{root.name}.{i}", root, self._decomposition() if inner else None)
            for j in range(2 if inner else 0):
                self._node(f"{child.name}.{j}", child, None)
        for node in [n for n in self.nodes.values() if n.edition == edition_][::-1]:
            self._settle_kind(node)

    def _decomposition(self) -> str:
        return self.chooser.choice([ALL_OF, ALL_OF, ALL_OF, ANY_OF, AS_APPROPRIATE])

    def _node(self, name: str, parent: Node | None, kind: str | None) -> Node:
        lead = kind is None or self.chooser.random() < 0.3
        own = {r: self._text() if lead else 0 for r in self.readings}
        likely = self.chooser.random
        later = parent is not None and parent.kind == ALL_OF and bool(parent.members) and kind is None
        stated = {
            "decomposition": kind,
            "exhaustive": kind == ALL_OF and not lead and likely() < 0.85,
            "conditional": later and likely() < 0.2,
            "binds": self.chooser.choice([(), (), (), ROLES, ROLES[:1], ROLES[1:]]),
            "force": self.chooser.choice(["prohibition", "permission"]) if likely() < 0.04 else "obligation",
            "in_force": GONE if likely() < 0.04 else Interval(),
            "system_classes": ("high-risk-annex-iii",) if likely() < 0.06 else (),
        }
        node = Node(name, parent, stated, own)
        node.met = not stated["conditional"] or likely() < 0.5
        if parent is not None:
            parent.members.append(node)
        self.nodes[name] = node
        return node

    def _text(self) -> int:
        return reduce(or_, (1 << self.chooser.randrange(TEXT) for _ in range(self.chooser.randint(1, 3))))

    def _settle_kind(self, node: Node) -> None:
        """Give a choice its bits, and say where the elements lie; members come before their parent."""
        if node.kind in (ANY_OF, AS_APPROPRIATE):
            count = 1 if node.kind == ANY_OF else 2
            node.bits = tuple(range(self._next_bit, self._next_bit + count))
            self._next_bit += count
            able = [i for i, m in enumerate(node.members) if not self.of_case or asked(m, "semantic") & ~STANDING_TEXT]
            node.fit = tuple(sorted(self.chooser.sample(able, self.chooser.randint(1, len(able))))) if able else ()
        elements = asked(node, "semantic")
        if node.bits and not node.fit:
            node.stated["occurrence"] = STANDING
        else:
            standing = elements & STANDING_TEXT
            node.stated["occurrence"] = PER_OCCURRENCE if not standing else STANDING if standing == elements else BOTH

    def _rows(self) -> Iterable[Mapping]:
        pairs = [(a, b) for a in self.nodes.values() for b in self.nodes.values() if a.edition < b.edition]
        for a, b in self.chooser.sample(pairs, min(len(pairs), self.chooser.randint(10, 40))):
            reading = self.chooser.choice([self.readings[0], *self.readings])
            yield self._row(a, b, reading)

    def _row(self, a: Node, b: Node, reading: str) -> Mapping:
        likely = self.chooser.random
        left, right = asked(a, reading), asked(b, reading)
        relation = relation_of(left, right)
        stated: dict[str, Any] = {"rationale_kind": reading, "status": self.chooser.choice(["accepted", "double-read"])}
        if self.of_case and relation is INT:
            stated["overlap"] = self._overlap(left & right) if likely() < 0.7 else None
        if ANY_OF in (a.kind, b.kind):  # as if a free choice asked for all its members
            relation = relation_of(self._flat(a, reading), self._flat(b, reading))
        elif likely() < 0.15:
            relation = self._support(a, b, relation)
        if likely() < 0.12:
            stated["status"], relation = self.chooser.choice(UNTRUSTED), self.chooser.choice(SET_RELATIONS)
        if reading == "syntactic" and relation is not EQ:
            relation = self.chooser.choice([SUB, SUP, INT])
        if self.of_case and likely() < 0.08:
            stated["condition"], relation = "e0:never", self.chooser.choice([EQ, SUP, SUB])
        confidence = self.chooser.choice([None, 0.3, 0.6, 0.9])
        return row(a.name, relation, b.name, confidence, **stated)

    def _flat(self, node: Node, reading: str) -> int:
        return reduce(or_, (asked(m, reading) for m in node.members)) if node.kind == ANY_OF else asked(node, reading)

    def _support(self, a: Node, b: Node, relation: Relation) -> Relation:
        """A support that is true of the sets, or one of those that may link anything."""
        alike = self.managed[a.edition] == self.managed[b.edition] and not self.of_case
        return self.chooser.choice(STRONG.get(relation, ()) * 2 * alike + WEAK)

    def _overlap(self, shared: int) -> str:
        standing = shared & STANDING_TEXT
        return STANDING if standing == shared else BOTH if standing else PER_OCCURRENCE

    # -- asking ------------------------------------------------------------------

    @cached_property
    def catalogue(self) -> Catalogue:
        """The world as the program sees it."""
        provisions = [
            provision(n.name, parent=n.parent.name if n.parent else None, **n.stated) for n in self.nodes.values()
        ]
        usual = {
            e: [n.name for n in self.nodes.values() if n.edition == e and not n.stated["conditional"]]
            for e in self.managed
        }
        triggers = [trigger("e0:never")]
        if self.of_case:
            triggers += [trigger(f"{e}:t", *names) for e, names in usual.items()]
            triggers += [trigger(f"{n.name}-t", n.name) for n in self.nodes.values() if n.stated["conditional"]]
        editions = [edition(e, managed=system) for e, system in self.managed.items()]
        return catalogue(provisions, self.rows, editions, triggers)

    @cached_property
    def answers(self) -> dict[str, str]:
        """What the case records of its triggers: the truth, or nothing."""
        truth = {f"{e}:t": "yes" if self.edition_met[e] else "no" for e in self.managed}
        truth |= {
            f"{n.name}-t": "yes" if n.met and self.edition_met[n.edition] else "no"
            for n in self.nodes.values()
            if n.stated["conditional"]
        }
        return {t: a for t, a in ({"e0:never": "no"} | truth).items() if self.chooser.random() < 0.85 or t == "e0:t"}

    @cached_property
    def edition_met(self) -> dict[str, bool]:
        """Whether the case sets off the duties of each edition."""
        return {e: e == "e0" or self.chooser.random() < 0.75 for e in self.managed}

    def context(self, degrees: dict[str, Degree]) -> Context:
        """The question: hypothetical, or of a case recorded so far."""
        facts = case(degrees, self.answers) if self.of_case else None
        return context(roles=self.role, system_class=self.system_class, case=facts)

    def may_be_case(self, node: Node) -> bool:
        """Whether a case can be recorded against the provision."""
        return node.edition == "e0" and node.met and node.stated["occurrence"] != STANDING

    # -- what is true --------------------------------------------------------------

    def counts(self, node: Node, reading: str) -> int:
        """The elements of a provision that count: of a case those per occurrence, and none if it is not set off."""
        if not self.of_case:
            return asked(node, reading)
        if not (node.met and self.edition_met[node.edition]) or node.stated["occurrence"] == STANDING:
            return 0
        return asked(node, reading) & ~STANDING_TEXT

    def done(self, starts: dict[str, Degree], reading: str) -> tuple[int, int, int]:
        """Per object, the least that is done when the starts are, to their degrees."""
        return tuple(self._done_for(starts, reading, o) for o in (0, 1, 2))  # type: ignore[return-value]

    def _done_for(self, starts: dict[str, Degree], reading: str, about: int) -> int:
        mask = 0
        for name, degree in sorted(starts.items()):
            node = self.nodes[name]
            if self._speaks_of(node, about):
                elements = self.counts(node, reading)
                if degree is Degree.PARTIAL:
                    elements = 1 << self.chooser.choice([b for b in range(elements.bit_length()) if elements >> b & 1])
                mask |= elements
        choices = [n for n in self.nodes.values() if n.fit and self._speaks_of(n, about)]
        picked = {n.name: self.chooser.choice(n.fit) for n in choices}
        while True:
            before = mask
            for node in choices:
                mask = self._what_a_choice_took(node, reading, mask, picked[node.name])
                mask = self._what_a_choice_gives(node, reading, mask)
            if mask == before:
                return mask

    def _what_a_choice_took(self, node: Node, reading: str, mask: int, picked: int) -> int:
        """A choice that is done was made by doing a member, or every fit member."""
        last = node.bits[-1]
        if mask >> last & 1:
            taken = [picked] if node.kind == ANY_OF else node.fit
            return reduce(or_, (self.counts(node.members[i], reading) for i in taken), mask | 1 << node.bits[0])
        if mask >> node.bits[0] & 1:
            return mask | self.counts(node.members[picked], reading)
        return mask

    def _what_a_choice_gives(self, node: Node, reading: str, mask: int) -> int:
        """Doing a member is choosing; doing every fit one is choosing well."""
        if not self.counts(node, reading):
            return mask
        parts = [self.counts(m, reading) for m in node.members]
        whole = [bool(p) and p & mask == p for p in parts]
        if any(whole):
            mask |= 1 << node.bits[0]
        if node.kind == AS_APPROPRIATE and all(whole[i] for i in node.fit):
            mask |= 1 << node.bits[1]
        return mask

    def _speaks_of(self, node: Node, about: int) -> bool:
        return about in OBJECTS[self.managed[node.edition]]

    def is_true(self, derivation: Derivation, starts: dict[str, Degree]) -> bool:
        """Whether a proof proves what is so, in every reading its rows allow."""
        node = self.nodes[derivation.provision]
        if not self._may_hold(node) or not self._one_role(node, starts):
            return False
        used = {r.rationale_kind or READINGS[0] for r in derivation.rows}
        return len(used) <= 1 and all(
            self._holds(node, derivation.degree, starts, reading) for reading in used or self.readings
        )

    def _may_hold(self, node: Node) -> bool:
        other_class = self.system_class != "any" and node.stated["system_classes"]
        return node.stated["force"] == "obligation" and node.stated["in_force"] is not GONE and not other_class

    def _one_role(self, node: Node, starts: dict[str, Degree]) -> bool:
        """Whether one role that is asked about has all these duties."""
        bound = [n.stated["binds"] for n in (node, *(self.nodes[s] for s in starts)) if n.stated["binds"]]
        return any(all(role in binds for binds in bound) for role in self.role or ROLES)

    def _holds(self, node: Node, degree: Degree, starts: dict[str, Degree], reading: str) -> bool:
        elements = self.counts(node, reading)
        done = self.done(starts, reading)
        here = [done[o] for o in OBJECTS[self.managed[node.edition]]]
        if degree is Degree.FULL:
            return bool(elements) and all(elements & d == elements for d in here)
        return any(elements & d for d in here)
