"""Random worlds of sets: frameworks, true rows between them, and what really follows from what is done.

Every provision is a set of elements, the bits of a number. A choice ("any of",
"as appropriate") is a set of bits of its own that become done when the right
members are: one bit for a free choice; for "as appropriate" one bit for having
chosen and one for having chosen what is fit. A world may read the same texts in
several ways (rationales), each with its own sets; a proof must be true in the
reading of its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, reduce
from operator import or_
from random import Random
from typing import Any

from worlds import case, catalogue, context, edition, provision, relation_of, row, trigger

from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context, Entry, Organisation
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
    Source,
)
from aims_graph.relations import EQ, INT, SET_RELATIONS, SUB, SUP, Degree, Relation

TEXT = 5  # elements that texts speak of; bits beyond are those of choices
STANDING_TEXT = 0b00011  # of one case, these say nothing
READINGS = ("semantic", "functional", "syntactic")
# what each management system is about, by what the records say of their scopes
OBJECTS: dict[str | None, dict[str | None, tuple[int, ...]]] = {
    None: {None: (0,), "one": (0, 1), "two": (1, 2)},
    "integrated": {None: (0,), "one": (0, 1), "two": (0, 1)},
    "apart": {None: (0,), "one": (0,), "two": (1,)},
}
SHARED = 1  # what two management systems are both about, where the records say nothing of their scopes
STRONG = {
    SUB: (Relation.SUPPORTS_INTEGRAL, Relation.SUPPORTS_PRECEDES),
    EQ: (Relation.SUPPORTS_INTEGRAL, Relation.SUPPORTED_INTEGRAL),
    SUP: (Relation.SUPPORTED_INTEGRAL, Relation.SUPPORTED_PRECEDES),
    INT: (Relation.SUPPORTS_EXAMPLE, Relation.SUPPORTED_EXAMPLE),
}
WEAK = (Relation.SUPPORTS, Relation.SUPPORTED, Relation.CROSSWALK, Relation.CONTRARY)  # between any two provisions
UNTRUSTED = ("proposed", "published", "rejected")
ROLES = ("provider", "deployer")
ANNEX, GPAI = "high-risk-annex-iii", "gpai"
View = tuple[str, str]
VIEWS: tuple[View, ...] = tuple((role, kind) for role in ROLES for kind in (ANNEX, GPAI))
NARROW: View = (ROLES[0], GPAI)
WIDTH = 256  # bits set apart for one view where all are looked at together
STANDING_ANYWHERE = reduce(or_, (STANDING_TEXT << WIDTH * i for i in range(len(VIEWS))))
CONTROL = "AnnexControl"
INTERVAL, EVENT = "event-planned-interval", "event-nonconformity"
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
    wide: bool = False  # whether no event sets it off, but a planned interval, for all systems at once

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


def asked(node: Node, reading: str, view: View, without: frozenset[str] = frozenset()) -> int:
    """All elements that the text of a provision asks for, of whom it is asked there, some parts left aside."""
    if node.bits:
        return reduce(or_, (1 << b for b in node.bits))
    parts = (asked(m, reading, view, without) for m in node.members if m.met and is_in_view(m, view))
    return reduce(or_, parts, 0 if node.name in without else node.own[reading])


def is_in_view(member: Node, view: View) -> bool:
    """Whether a member asks something of a role, for a class of systems."""
    role, kind = view
    binds, classes = member.stated["binds"], member.stated["system_classes"]
    return (not binds or role in binds) and (not classes or kind in classes)


def _is_plain(node: Node) -> bool:
    """Whether a provision is an innermost part that is always asked, and all around it is a sum of parts."""
    innermost = node.parent is not None and not node.members and not node.stated["conditional"]
    while node.parent is not None:
        node = node.parent
        innermost = innermost and node.kind == ALL_OF
    return innermost


def everywhere(node: Node, reading: str, without: frozenset[str] = frozenset()) -> int:
    """All that a provision asks, of everybody, some parts left aside."""
    return reduce(or_, (asked(node, reading, view, without) << WIDTH * i for i, view in enumerate(VIEWS)))


class World:
    """Frameworks, rows that are true of them, and rows that may be false where no claim may rest on them."""

    def __init__(self, seed: int, of_case: bool) -> None:
        self.chooser = Random(seed)
        self._drafter = Random(f"how it is worded {seed}")
        self.of_case = of_case
        self.readings = READINGS[:1] if of_case else READINGS
        self.nodes: dict[str, Node] = {}
        self.scopes = self.chooser.choice([None, "integrated", "apart"])
        self.managed = self._managed()
        self.laws = frozenset(e for e in self.managed if self._drafter.random() < 0.15)
        self.role = self.chooser.choice([(), (), ("provider",), ROLES])
        self.system_class = self.chooser.choice(["any", GPAI])
        self._next_bit = TEXT
        for name in self.managed:
            self._tree(name)
        self.unshared = self._unshared(Random(f"what two systems share {seed}"))
        groups: dict[str, list[Mapping]] = {}
        for drawn in (*self._rows(), *self._joint_rows()):
            groups.setdefault(drawn.joint or drawn.id, []).append(drawn)
        self.rows = [drawn for rows in groups.values() if self._shares_something(rows) for drawn in rows]

    # -- making ------------------------------------------------------------------

    def _managed(self) -> dict[str, str | None]:
        """The management system of each edition; a case is one of the first edition's."""
        systems: tuple[str | None, ...] = (None,) if self.chooser.random() < 0.5 else ("one", "two")
        if self.of_case and systems != (None,):
            return {f"e{i}": self.chooser.choice((None, *systems)) if i else "one" for i in range(4)}
        return {f"e{i}": self.chooser.choice(systems) for i in range(4)}

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
        beside = any(not (m.stated["binds"] or m.stated["system_classes"]) for m in parent.members) if parent else False
        later = parent is not None and parent.kind == ALL_OF and beside and kind is None
        stated = {
            "decomposition": kind,
            "exhaustive": kind == ALL_OF and not lead and likely() < 0.85,
            "conditional": later and likely() < 0.3,
            "binds": self._binds(parent),
            "force": self.chooser.choice(["prohibition", "permission"]) if likely() < 0.04 else "obligation",
            "in_force": GONE if likely() < 0.04 else Interval(),
            "system_classes": (ANNEX,) if likely() < 0.06 else (),
            "modality": "should" if self._drafter.random() < 0.2 else "shall",
        }
        if stated["conditional"] and likely() < 0.5:
            stated["kind"] = CONTROL
        node = Node(name, parent, stated, own)
        node.met = not stated["conditional"] or "kind" in stated or likely() < 0.5
        node.wide = self.managed[node.edition] is not None and not name.startswith("e0:") and likely() < 0.3
        if parent is not None:
            parent.members.append(node)
        self.nodes[name] = node
        return node

    def _binds(self, parent: Node | None) -> tuple[str, ...]:
        """Nobody in particular, both, or one; where the whole binds one, not the other."""
        chosen = self.chooser.choice([(), (), (), ROLES, ROLES[:1], ROLES[1:]])
        while parent is not None:
            if parent.stated["binds"] and not set(chosen) <= set(parent.stated["binds"]):
                return ()
            parent = parent.parent
        return chosen

    def _text(self) -> int:
        return reduce(or_, (1 << self.chooser.randrange(TEXT) for _ in range(self.chooser.randint(1, 3))))

    def _settle_kind(self, node: Node) -> None:
        """Give a choice its bits, and say where the elements lie; members come before their parent."""
        if node.kind in (ANY_OF, AS_APPROPRIATE):
            count = 1 if node.kind == ANY_OF else 2
            node.bits = tuple(range(self._next_bit, self._next_bit + count))
            self._next_bit += count
            able = [i for i, m in enumerate(node.members) if not self.of_case or self._may_be_done(m)]
            node.fit = tuple(sorted(self.chooser.sample(able, self.chooser.randint(1, len(able))))) if able else ()
        if node.bits and not node.fit:
            node.stated["occurrence"] = STANDING
        else:
            node.stated["occurrence"] = self._overlap(everywhere(node, "semantic"))

    @staticmethod
    def _may_be_done(member: Node) -> bool:
        """Whether one case can do something of a member."""
        return bool(everywhere(member, "semantic") & ~STANDING_ANYWHERE)

    def _rows(self) -> Iterable[Mapping]:
        pairs = [(a, b) for a in self.nodes.values() for b in self.nodes.values() if a.edition < b.edition]
        for a, b in self.chooser.sample(pairs, min(len(pairs), self.chooser.randint(10, 40))):
            reading = self.chooser.choice([self.readings[0], *self.readings])
            yield self._row(a, b, reading)

    def _row(self, a: Node, b: Node, reading: str) -> Mapping:
        likely = self.chooser.random
        left, right = everywhere(a, reading), everywhere(b, reading)
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

    def _joint_rows(self) -> Iterable[Mapping]:
        """Groups of rows: what some provisions of one edition ask together, against what some of another do."""
        for number in range(self.chooser.randint(0, 6)):
            editions = sorted(self.chooser.sample(sorted(self.managed), 2))
            sides = [self._several(e) for e in editions]
            reading = self.chooser.choice(self.readings[:2])
            left, right = (reduce(or_, (everywhere(n, reading) for n in side)) for side in sides)
            stated: dict[str, Any] = {"rationale_kind": reading, "joint": f"group-{number}"}
            if self.of_case and relation_of(left, right) is INT:
                stated["overlap"] = self._overlap(left & right)
            for i in range(max(map(len, sides))):
                a, b = (side[min(i, len(side) - 1)] for side in sides)
                identity = f"{number}:{a.name}|{b.name}"
                yield row(a.name, relation_of(left, right), b.name, 0.9, id=identity, **stated)

    def _several(self, edition_: str) -> list[Node]:
        """One to three provisions of an edition, none of them a free choice."""
        able = [n for n in self.nodes.values() if n.edition == edition_ and n.kind != ANY_OF]
        return self.chooser.sample(able, min(len(able), self.chooser.randint(1, 3)))

    def _flat(self, node: Node, reading: str) -> int:
        members = node.members if node.kind == ANY_OF else [node]
        return reduce(or_, (everywhere(m, reading) for m in members))

    def _support(self, a: Node, b: Node, relation: Relation) -> Relation:
        """A support that is true of the sets, or one of those that may link anything."""
        alike = self.managed[a.edition] == self.managed[b.edition] and not self.of_case
        return self.chooser.choice(STRONG.get(relation, ()) * 2 * alike + WEAK)

    def _unshared(self, chooser: Random) -> frozenset[str]:
        """Parts of what one edition asks that are about nothing that two management systems share.

        They are asked of one view at least, so that what is shared may lie in what is asked of others.
        """
        if self.of_case or self.scopes is not None:
            return frozenset()
        systems = list(self.managed.values())
        alone = [n for n in self.nodes.values() if systems.count(self.managed[n.edition]) == 1]
        plain = [n.name for n in alone if _is_plain(n) and is_in_view(n, NARROW)]
        return frozenset(name for name in plain if chooser.random() < 0.7)

    def _shares_something(self, rows: list[Mapping]) -> bool:
        """Whether the two sides of a row, or joint group, still share something without the parts that are unshared."""
        reading = rows[0].rationale_kind or READINGS[0]
        sides = [self.nodes[r.subject] for r in rows], [self.nodes[r.object] for r in rows]
        if not self.unshared or len({self.managed[side[0].edition] for side in sides}) == 1:
            return True

        def common(without: frozenset[str]) -> int:
            left, right = (reduce(or_, (everywhere(n, reading, without) for n in side)) for side in sides)
            return left & right

        return bool(common(self.unshared)) or not common(frozenset())

    def _overlap(self, elements: int) -> str:
        standing = elements & STANDING_ANYWHERE
        return PER_OCCURRENCE if not standing else STANDING if standing == elements else BOTH

    # -- asking ------------------------------------------------------------------

    @cached_property
    def catalogue(self) -> Catalogue:
        """The world as the program sees it."""
        provisions = [
            provision(n.name, parent=n.parent.name if n.parent else None, **n.stated) for n in self.nodes.values()
        ]
        triggers = [trigger("e0:never")]
        if self.of_case:
            for e in self.managed:
                usual = [n for n in self.nodes.values() if n.edition == e and not self._has_own_trigger(n)]
                triggers.append(trigger(f"{e}:t", *(n.name for n in usual if not n.wide)))
                wide = [n.name for n in usual if n.wide]
                triggers.append(trigger(f"{e}:w", *wide, on_events=frozenset({INTERVAL})))
            for n in filter(self._has_own_trigger, self.nodes.values()):
                triggers.append(trigger(f"{n.name}-t", n.name, on_events=frozenset({INTERVAL if n.wide else EVENT})))
        editions = [
            edition(e, managed=system, bindingness="law" if e in self.laws else "voluntary-framework")
            for e, system in self.managed.items()
        ]
        return catalogue(provisions, self.rows, editions, triggers)

    @staticmethod
    def _has_own_trigger(node: Node) -> bool:
        return bool(node.stated["conditional"]) and "kind" not in node.stated

    @cached_property
    def answers(self) -> dict[str, str]:
        """What the case records of its triggers: the truth, or nothing."""
        truth = {f"{e}:{t}": "yes" if self.edition_met[e] else "no" for e in self.managed for t in "tw"}
        truth |= {
            f"{n.name}-t": "yes" if n.met and self.edition_met[n.edition] else "no"
            for n in self.nodes.values()
            if self._has_own_trigger(n)
        }
        return {t: a for t, a in ({"e0:never": "no"} | truth).items() if self.chooser.random() < 0.85 or t == "e0:t"}

    @cached_property
    def edition_met(self) -> dict[str, bool]:
        """Whether the case sets off the duties of each edition."""
        return {e: e == "e0" or (self.is_known_to(e) and self.chooser.random() < 0.75) for e in self.managed}

    def is_known_to(self, edition_: str) -> bool:
        """Whether the case is one of the management system that an edition is about, as far as is recorded."""
        managed = self.managed[edition_]
        return managed is None or self.scopes is not None or managed in self.recorded_against

    @cached_property
    def over(self) -> frozenset[str]:
        """The triggers that the case answered yes for a period that has ended."""
        yes = [t for t, answer in self.answers.items() if answer == "yes" and t != "e0:t"]
        return frozenset(t for t in yes if self.chooser.random() < 0.12)

    @cached_property
    def idle(self) -> frozenset[str]:
        """The triggers that the case answered no with a reason."""
        return frozenset(t for t, answer in self.answers.items() if answer == "no" and self.chooser.random() < 0.7)

    @property
    def vacuous(self) -> frozenset[str]:
        """Provisions a part of which the case did not set off."""
        without = [n for n in self.nodes.values() if not n.met]
        return frozenset(name for n in without for name in self.catalogue.ancestors(n.name))

    @cached_property
    def one_system(self) -> bool:
        """Whether the case is about one system where the scope holds more."""
        return self.chooser.random() < 0.6

    @cached_property
    def recorded_against(self) -> frozenset[str]:
        """The management systems against whose requirements the case is recorded."""
        return frozenset(s for s in ("one", "two") if s == "one" or self.chooser.random() < 0.5)

    @cached_property
    def chosen(self) -> frozenset[str]:
        """The parts that somebody judged, rightly, to be the appropriate choice and enough."""
        alone = [n.members[n.fit[0]].name for n in self.nodes.values() if n.kind == AS_APPROPRIATE and len(n.fit) == 1]
        return frozenset(name for name in alone if self.chooser.random() < 0.7)

    @cached_property
    def statement(self) -> dict[str, bool]:
        """Which controls the statement of applicability includes; those that it does not list are not in it."""
        found: dict[str, bool] = {}
        for e in self.managed:
            if self.chooser.random() < 0.7:
                controls = [n.name for n in self.nodes.values() if n.edition == e and "kind" in n.stated]
                found |= {c: self.chooser.random() < 0.5 for c in controls if self.chooser.random() < 0.8}
        return found

    def is_left_out(self, node: Node) -> bool:
        """Whether a statement speaks of the edition's controls and does not include this one."""
        spoken_of = {name.partition(":")[0] for name in self.statement}
        return "kind" in node.stated and node.edition in spoken_of and not self.statement.get(node.name, False)

    @property
    def organisation(self) -> Organisation:
        """What the records say of the organisation."""
        pair = frozenset({frozenset({"one", "two"})})
        reasons = (None, "Nothing of the kind is done.")
        lines = enumerate(self.statement.items())
        return Organisation(
            tuple(Entry(name, included, reasons[i % 2], Source("r.ttl", i)) for i, (name, included) in lines),
            pair if self.scopes == "integrated" else frozenset(),
            pair if self.scopes == "apart" else frozenset(),
        )

    def context(self, degrees: dict[str, Degree]) -> Context:
        """The question: hypothetical, or of a case recorded so far."""
        facts = None
        if self.of_case:
            facts = case(
                degrees,
                self.answers,
                systems=self.recorded_against,
                idle=self.idle,
                vacuous=self.vacuous,
                chosen=self.chosen,
                over=self.over,
                events=frozenset({EVENT}),
                one_system=self.one_system,
            )
        return context(roles=self.role, system_class=self.system_class, case=facts, organisation=self.organisation)

    def may_be_case(self, node: Node) -> bool:
        """Whether a case can be recorded against the provision."""
        return node.edition == "e0" and bool(self.counts(node, READINGS[0], about=0))

    # -- what is true --------------------------------------------------------------

    def objects(self, node: Node) -> tuple[int, ...]:
        """What a provision is about: of a case its own system, and others where it is asked of all at once."""
        if self.of_case:
            return (0, 1) if node.wide and self.one_system else (0,)
        about = OBJECTS[self.scopes][self.managed[node.edition]]
        return tuple(o for o in about if o != SHARED) if node.name in self.unshared else about

    def is_set_off(self, node: Node) -> bool:
        """Whether the case sets a provision off, in the period that runs, and in a system that it is recorded for."""
        own = f"{node.name}-t" if self._has_own_trigger(node) else f"{node.edition}:{'w' if node.wide else 't'}"
        apart = self.scopes == "apart" and self.managed[node.edition] == "two"
        return node.met and self.edition_met[node.edition] and own not in self.over and not apart

    @cached_property
    def views(self) -> tuple[View, ...]:
        """The roles and classes of systems that are asked about."""
        roles, kinds = self.role or ROLES, (ANNEX, GPAI) if self.system_class == "any" else (self.system_class,)
        return tuple((role, kind) for role, kind in VIEWS if role in roles and kind in kinds)

    def is_seen(self, node: Node) -> bool:
        """Whether a member asks something of a role, and for a class of systems, that is asked about."""
        return any(is_in_view(node, view) for view in self.views)

    def counts(self, node: Node, reading: str, about: int, supposed: bool = False) -> int:
        """The elements of a provision that count: of a case those per occurrence, and none if it is not set off.

        What a statement of applicability leaves out does not count, unless it is itself supposed done.
        """
        if self.is_left_out(node) and not supposed:
            return 0
        if self.of_case and (node.stated["occurrence"] == STANDING or not self.is_set_off(node)):
            return 0
        speaks = about in self.objects(node)
        if node.bits:
            return reduce(or_, (1 << b for b in node.bits)) if speaks else 0
        text = node.own[reading] & ~STANDING_TEXT if self.of_case else node.own[reading]
        parts = (self.counts(m, reading, about) for m in node.members if m.met and self.is_seen(m))
        return reduce(or_, parts, text if speaks else 0)

    def done(self, starts: dict[str, Degree], reading: str) -> tuple[int, int, int]:
        """Per object, the least that is done when the starts are, to their degrees."""
        return tuple(self._done_for(starts, reading, o) for o in (0, 1, 2))  # type: ignore[return-value]

    def _done_for(self, starts: dict[str, Degree], reading: str, about: int) -> int:
        mask = 0
        for name, degree in sorted(starts.items()):
            elements = self.counts(self.nodes[name], reading, about, supposed=not self.of_case)
            if degree is Degree.PARTIAL and elements:
                elements = 1 << self.chooser.choice([b for b in range(elements.bit_length()) if elements >> b & 1])
            mask |= elements
        choices = [n for n in self.nodes.values() if n.fit and about in self.objects(n)]
        picked = {n.name: self.chooser.choice(n.fit) for n in choices}

        def part(node: Node) -> int:
            return self.counts(node, reading, about) if self.is_seen(node) else 0

        while True:
            before = mask
            for node in choices:
                mask = self._what_a_choice_took(node, mask, picked[node.name], part)
                mask = self._what_a_choice_gives(node, mask, part)
            if mask == before:
                return mask

    @staticmethod
    def _what_a_choice_took(node: Node, mask: int, picked: int, part: Callable[[Node], int]) -> int:
        """A choice that is done was made by doing a member, or every fit member."""
        last = node.bits[-1]
        if mask >> last & 1:
            taken = [picked] if node.kind == ANY_OF else node.fit
            return reduce(or_, (part(node.members[i]) for i in taken), mask | 1 << node.bits[0])
        if mask >> node.bits[0] & 1:
            return mask | part(node.members[picked])
        return mask

    @staticmethod
    def _what_a_choice_gives(node: Node, mask: int, part: Callable[[Node], int]) -> int:
        """Doing a member is choosing; doing every fit one is choosing well."""
        if not part(node):
            return mask
        parts = [part(m) for m in node.members]
        whole = [bool(p) and p & mask == p for p in parts]
        if any(whole):
            mask |= 1 << node.bits[0]
        if node.kind == AS_APPROPRIATE and all(whole[i] for i in node.fit):
            mask |= 1 << node.bits[1]
        return mask

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
        done = self.done(starts, reading)
        elements = [self.counts(node, reading, about) for about in range(3)]
        if degree is Degree.FULL:
            return any(elements) and all(e & d == e for e, d in zip(elements, done, strict=True))
        return any(e & d for e, d in zip(elements, done, strict=True))
