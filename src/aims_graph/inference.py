"""Claims with their proofs: which provisions follow, how far, from what is taken as done.

The search walks from the targets along hierarchy and mapping edges, best degree
first. What a claim becomes is the table in `relations`; what can cap or stop it
is in `guards`. A walk keeps what the chain has used (rationale, roles, editions),
so every guard that speaks of a whole chain can look at it. Rules with several
premises (all parts) run between walks until nothing new follows.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from typing import TypeAlias

from aims_graph import chain, guards
from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context, Crossing, Used, meets_again
from aims_graph.confidence import any_holds, chain_confidence, chain_interval, minimal
from aims_graph.model import (
    ALL_OF,
    Claim,
    Derivation,
    Joint,
    Provision,
    Step,
)
from aims_graph.model import Mapping as Row
from aims_graph.relations import Degree, Edge, transfer
from aims_graph.ways import Beyond, Blocked, Ways, beyond, hierarchy, mapped

MAX_DERIVATIONS = 64  # proofs kept of one claim by what they use; beyond that its confidence is a lower bound
MAX_OF_PROVISION = 256  # proofs kept of one provision in all
MAX_OF_QUESTION = 5_000  # proofs kept of one question; then only what is new of a provision is
MAX_CROSSED = 100_000  # edges looked at by one question; then it keeps what it has found and goes no further


@dataclass(frozen=True)
class Reached:
    """A claim on its way: where it stands and what its chain has used."""

    provision: str
    degree: Degree
    steps: tuple[Step, ...]
    flags: frozenset[str]
    conditions: tuple[str, ...]
    questions: tuple[str, ...]
    used: Used

    @cached_property
    def rows(self) -> frozenset[str]:
        """Ids of the mapping rows used."""
        return frozenset(s.mapping.id for s in self.steps if s.mapping is not None)

    @cached_property
    def confidence(self) -> float:
        """For ordering only: the product of the stated confidences, unknown as 0."""
        rows = {s.mapping.id: s.mapping.confidence for s in self.steps if s.mapping is not None}
        return chain_confidence(rows.values()) or 0.0

    def derivation(self) -> Derivation:
        """The proof as people see it."""
        return Derivation(self.provision, self.degree, self.steps, self.flags, self.conditions, self.questions)


class Claims(Mapping[str, Claim]):
    """All claims from some targets, by provision; each is summed up of its proofs when it is first looked at."""

    def __init__(self, found: dict[str, list[Reached]], limited: set[str]) -> None:
        self._found = {provision: found[provision] for provision in sorted(found)}
        self._limited = frozenset(limited)
        self._known: dict[str, Claim] = {}

    def __getitem__(self, provision: str) -> Claim:
        """The claim on a provision; KeyError where there is none."""
        known = self._known.get(provision)
        if known is None:
            known = self._known[provision] = _claim(self._found[provision], provision in self._limited)
        return known

    def __contains__(self, provision: object) -> bool:
        return provision in self._found

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


@dataclass(frozen=True)
class Inference:
    """All claims from some targets, by provision, the targets from which none can start, and the edges that stopped."""

    claims: Mapping[str, Claim]
    refused: tuple[str, ...]
    blocked: tuple[Blocked, ...]
    limited: tuple[str, ...]  # provisions of which a limit left proofs out, here or on the way
    stopped: bool  # whether the search ended before it had looked at every edge

    def limits(self, shown: Iterable[str]) -> tuple[str, ...]:
        """What was left out of the claims shown, in sentences; nothing where nothing was."""
        return (*self._left_out(shown), *self._ended())

    def _ended(self) -> tuple[str, ...]:
        if not self.stopped:
            return ()
        end = f"The search ended after {MAX_CROSSED:,} edges"
        return (f"{end}: claims may be missing, and some may be of too low a degree.",)

    def _left_out(self, shown: Iterable[str]) -> tuple[str, ...]:
        if not self.limited:
            return ()
        short = tuple(sorted(set(self.limited).intersection(shown)))
        if not short:
            return ()
        kept = f"at most {MAX_DERIVATIONS} alike, {MAX_OF_PROVISION} of one provision, {MAX_OF_QUESTION} in all"
        return (f"Not every proof was kept of {', '.join(_few(short))} ({kept}): confidences are lower bounds.",)


def _few(names: tuple[str, ...], most: int = 5) -> tuple[str, ...]:
    return names if len(names) <= most else (*names[:most], f"and {len(names) - most} more")


def infer(catalogue: Catalogue, targets: Iterable[str], context: Context, ways: Ways | None = None) -> Inference:
    """Every claim that follows when all that the targets ask is done (together); `ways` of this catalogue and context
    spare asking the guards again.
    """
    search = Search(catalogue, context, ways)
    starts = {t: search.start(t) for t in dict.fromkeys(targets)}
    search.run([s for s in starts.values() if s is not None])
    limited = search.beyond_limits()
    claims = Claims(search.found, limited)
    refused = tuple(t for t, s in starts.items() if s is None)
    blocked = tuple(dict.fromkeys(search.blocked))
    return Inference(claims, refused, blocked, tuple(sorted(limited)), search.stopped)


class Search:
    """One search from some starts; its single steps serve the index and the reference too."""

    def __init__(self, catalogue: Catalogue, context: Context, ways: Ways | None = None) -> None:
        self.catalogue = catalogue
        self.context = context
        self._ways = Ways(catalogue, context) if ways is None else ways
        self.found: dict[str, list[Reached]] = {}
        self.blocked: list[Blocked] = []
        self.limited: set[str] = set()  # provisions of which not every proof was kept
        self._seen: dict[str, list[tuple[Degree, frozenset[str], Used]]] = {}
        self._heap: list[tuple[int, float, int, str, int, Reached]] = []
        self._tick = count()
        self._kept = self._crossed = 0
        self._fresh: set[str] = set()  # provisions with a new full claim since rules with several premises ran

    def start(self, target: str) -> Reached | None:
        """The claim assumed at a target, or None where its guards refuse it."""
        provision = self.catalogue.provisions[target]
        used = chain.start_at(self.catalogue, provision, self.context)
        degree = self.context.start_degree(target)
        if used is None or degree is Degree.NONE:
            return None
        case = self.context.case
        if case is None:
            step = Step("target", (), target, degree, None, provision.source)
        else:
            step = Step("record", (case.case,), target, degree, None, case.source or provision.source)
        return Reached(target, degree, (step,), frozenset(), (), (), used)

    def run(self, starts: list[Reached]) -> None:
        """Walk to a fixpoint, then apply the rules with several premises, until nothing is new."""
        for reached in starts:
            self._push(reached)
        while self._heap:
            self._walk()
            fresh, self._fresh = self._fresh, set()
            for reached in [*self._all_parts(fresh), *self._all_joined(fresh)]:
                self._push(reached)

    # -- walking -----------------------------------------------------------------

    def _push(self, reached: Reached) -> None:
        rows, seen = reached.rows, self._seen.setdefault(reached.provision, [])
        if len(seen) >= MAX_OF_PROVISION and any(degree >= reached.degree for degree, _, _ in seen):
            self.limited.add(reached.provision)
            return
        for degree, fewer, used in seen:
            if degree >= reached.degree and fewer <= rows and used.is_as_free_as(reached.used):
                return  # all that follows from it follows from fewer rows
        seen.append((reached.degree, rows, reached.used))
        order = (-reached.degree, -reached.confidence, len(reached.steps), reached.provision)
        heapq.heappush(self._heap, (*order, next(self._tick), reached))

    def _walk(self) -> None:
        while self._heap:
            reached = heapq.heappop(self._heap)[-1]
            kept = self.found.setdefault(reached.provision, [])
            if self._is_enough(kept, reached):
                self.limited.add(reached.provision)
                continue
            kept.append(reached)
            self._kept += 1
            if reached.degree is Degree.FULL:
                self._fresh.add(reached.provision)
            if self.stopped:
                self.limited.add(reached.provision)
            elif reached.degree >= Degree.PARTIAL:
                for onward in self._onward(reached):
                    self._push(onward)

    @property
    def stopped(self) -> bool:
        """Whether it has looked at as many edges as it may."""
        return self._crossed >= MAX_CROSSED

    def _is_enough(self, kept: list[Reached], reached: Reached) -> bool:
        """Whether a limit leaves no room for one more proof; the first of a degree always has room."""
        if all(r.degree < reached.degree for r in kept):
            return False
        if len(kept) >= MAX_OF_PROVISION or self._kept >= MAX_OF_QUESTION:
            return True
        if len(kept) < MAX_DERIVATIONS:
            return False
        return sum((r.degree, r.used) == (reached.degree, reached.used) for r in kept) >= MAX_DERIVATIONS

    def beyond_limits(self) -> set[str]:
        """The claims that a proof left out was one of, or could have led to: all within reach of where it was left.

        What needs no row is certain without it.
        """
        found = set(self.limited)
        waiting = list(found)
        while waiting:
            name = waiting.pop()
            sides = (side for row in self.catalogue.rows_at.get(name, ()) for side in (row.subject, row.object))
            near = {*sides, *self.catalogue.children.get(name, ()), self.catalogue.provisions[name].parent}
            fresh = [other for other in near if other in self.found and other not in found]
            found.update(fresh)
            waiting += fresh
        return {name for name in found if not self._is_certain(name)}

    def _is_certain(self, name: str) -> bool:
        """Whether the highest claim on a provision needs no row."""
        degree = max(r.degree for r in self.found[name])
        return any(r.degree is degree and not r.rows for r in self.found[name])

    def _onward(self, reached: Reached) -> Iterator[Reached]:
        name, ways = reached.provision, self._ways
        for crossing in ways.hierarchy(name):
            arrived = self._beyond(reached, crossing, ways.beyond(crossing, reached.degree, reached.used))
            if arrived is not None and arrived.degree >= Degree.PARTIAL:
                yield arrived
        for crossing in ways.mapped(name):
            if ways.meets_again(crossing, reached.used):
                continue
            arrived = self._beyond(reached, crossing, ways.beyond(crossing, reached.degree, reached.used))
            if arrived is not None and not self._contradicted(reached, arrived):
                yield arrived
        for joint in self.catalogue.joints_at.get(name, ()):
            for arrived in self.past_joint(joint, (reached,), reached.used):
                if not self._contradicted(reached, arrived):
                    yield arrived

    def hierarchy(self, provision: Provision) -> Iterator[tuple[Edge, str]]:
        """The edges to members that are always asked, and to the whole."""
        return hierarchy(self.catalogue, provision, self.context)

    def mapped(self, provision: Provision) -> Iterator[tuple[Row, Edge, str]]:
        """The rows at a provision that count alone, each read from it."""
        return mapped(self.catalogue, provision)

    def cross(self, reached: Reached, crossing: Crossing) -> Reached | None:
        """The claim beyond one edge, a candidate included; None where nothing is said."""
        there = beyond(self.catalogue, self.context, crossing, reached.degree, reached.used)
        return self._beyond(reached, crossing, there)

    def _beyond(self, reached: Reached, crossing: Crossing, there: Beyond) -> Reached | None:
        self._crossed += 1
        if there.blocked is not None:
            self.blocked.append(there.blocked)
        step = there.step
        if step is None:
            return None
        arrived = Reached(
            step.conclusion,
            step.degree,
            (*reached.steps, step),
            reached.flags | there.flags if there.flags else reached.flags,
            _joined(reached.conditions, there.conditions) if there.conditions else reached.conditions,
            _joined(reached.questions, there.questions) if there.questions else reached.questions,
            there.used,
        )
        row, rows, confidence = crossing.row, reached.rows, reached.confidence
        if row is not None and row.id not in rows:
            rows, confidence = rows | {row.id}, confidence * (row.confidence or 0.0)
        arrived.__dict__.update(rows=rows, confidence=confidence)  # what its properties would find anew
        return arrived

    def _contradicted(self, reached: Reached, arrived: Reached) -> bool:
        """A candidate that a judged 'unrelated' denies, from the start or from where it came."""
        if arrived.degree is not Degree.CANDIDATE:
            return False
        denied = self._ways.denied(arrived.provision)
        if not denied:
            return False
        return reached.provision in denied or any(
            s.degree is Degree.FULL and s.conclusion in denied for s in reached.steps
        )

    # -- rules with several premises -----------------------------------------------

    def _all_parts(self, fresh: set[str]) -> Iterator[Reached]:
        """All members of an exhaustive whole full, or not triggered for a recorded reason: the whole is full."""
        parents = {self.catalogue.provisions[name].parent for name in fresh}
        for parent in sorted(name for name in parents if name is not None):
            whole, members = self.catalogue.provisions[parent], self.catalogue.children[parent]
            if not self.is_sum_of_parts(whole):
                continue
            asked = chain.without_idle(self.catalogue, members, self.context)
            proofs = [[r for r in self.found.get(m, ()) if r.degree is Degree.FULL] for m in asked]
            if not proofs or not all(proofs):
                continue
            for used, premises in self._together((parent,), proofs):
                vacuous = used.vacuous or len(asked) < len(members)
                joined = self.join(whole, replace(used, vacuous=vacuous), premises)
                if joined is not None:
                    yield joined

    @staticmethod
    def is_sum_of_parts(whole: Provision) -> bool:
        """Whether a provision asks what its members ask, and nothing else."""
        return whole.decomposition == ALL_OF and whole.exhaustive

    def _all_joined(self, fresh: set[str]) -> Iterator[Reached]:
        """All subjects (or all objects) of a joint group full: their union is full, and its relation carries on."""
        at_hand = {joint.row.id: joint for name in fresh for joint in self.catalogue.joints_at.get(name, ())}
        for _, joint in sorted(at_hand.items()):
            for here, there in ((joint.subjects, joint.objects), (joint.objects, joint.subjects)):
                proofs = [[r for r in self.found.get(m, ()) if r.degree is Degree.FULL] for m in here]
                if len(here) == 1 or fresh.isdisjoint(here) or not all(proofs):
                    continue
                for used, premises in self._together(there, proofs):
                    yield from self.past_joint(joint, premises, used)

    def past_joint(self, joint: Joint, premises: tuple[Reached, ...], used: Used) -> Iterator[Reached]:
        """What follows beyond a joint group when its whole side is full, or from what is done of one member of it."""
        sides = joint.sides(premises[0].provision)
        if sides is None:
            return
        here, there, relation = sides
        whole = len(premises) == len(here)
        done = min(p.degree for p in premises) if whole else transfer(Edge.WHOLE, premises[0].degree)
        for other in there:
            target = self.catalogue.provisions[other]
            if meets_again(self.catalogue, used, self.catalogue.provisions[here[0]], target):
                continue
            crossings = [
                Crossing(Edge(relation.value), self.catalogue.provisions[name], target, joint.row) for name in here
            ]
            rulings = [guards.rule_on(self.catalogue, crossing, used, self.context) for crossing in crossings]
            beyond = min(transfer(ruling.edge, done) for ruling in rulings)
            unguarded = beyond if len(there) == 1 else transfer(Edge.PART, beyond)
            degree = min(unguarded, *(ruling.cap for ruling in rulings))
            fired = dict.fromkeys(f for ruling in rulings for f in ruling.fired)
            named = tuple(dict.fromkeys(f.name for f in fired if f.tells(unguarded)))
            if degree < Degree.PARTIAL and named:
                self.blocked.append(Blocked(other, premises[0].provision, joint.row, named))
            if degree is Degree.NONE:
                continue
            names = tuple(p.provision for p in premises)
            step = Step("joint", names, other, degree, relation.value, joint.row.source, joint.row, named)
            yield Reached(
                other,
                degree,
                (*dict.fromkeys(s for p in premises for s in p.steps), step),
                frozenset().union(*(p.flags for p in premises), *(f.flags for f in fired)),
                _joined(*(p.conditions for p in premises), *(ruling.conditions for ruling in rulings)),
                _joined(*(p.questions for p in premises), *(ruling.questions for ruling in rulings)),
                rulings[0].used,
            )

    def _together(
        self, concerned: tuple[str, ...], proofs: list[list[Reached]]
    ) -> list[tuple[Used, tuple[Reached, ...]]]:
        """One proof of each member, in every combination that may stand in one proof."""
        combined: list[tuple[Used, _Chosen, frozenset[str]]] = [(r.used, (r, None), r.rows) for r in proofs[0]]
        for member in proofs[1:]:
            longer: list[tuple[Used, _Chosen, frozenset[str]]] = []
            kept: dict[Used, list[frozenset[str]]] = {}
            for used, chosen, so_far in combined:
                for reached in member:
                    both = used.joined(reached.used)
                    if both is None:
                        continue
                    rows, known = so_far | reached.rows, kept.setdefault(both, [])
                    if any(fewer <= rows for fewer in known):
                        continue
                    if len(known) >= MAX_DERIVATIONS:
                        self.limited.update(concerned)
                    else:
                        known.append(rows)
                        longer.append((both, (reached, chosen), rows))
            combined = longer
        return [(used, _in_order(chosen)) for used, chosen, _ in combined]

    def join(self, whole: Provision, used: Used, premises: tuple[Reached, ...]) -> Reached | None:
        """The claim on a whole all of whose members are full."""
        if any(s.conclusion == whole.id for p in premises for s in p.steps):
            return None  # the members follow from the whole itself
        crossing = Crossing(Edge.WHOLE, self.catalogue.provisions[premises[0].provision], whole, None)
        ruling = guards.rule_on(self.catalogue, crossing, used, self.context)
        degree = ruling.cap
        if degree < Degree.PARTIAL:
            return None
        named = tuple(g.name for g in ruling.fired if g.tells(Degree.FULL))
        steps = tuple(dict.fromkeys(s for p in premises for s in p.steps))
        members = tuple(p.provision for p in premises)
        step = Step("all-parts", members, whole.id, degree, None, whole.source, guards=named)
        flags = frozenset().union(*(p.flags for p in premises), *(g.flags for g in ruling.fired))
        return Reached(
            whole.id,
            degree,
            (*steps, step),
            flags,
            _joined(*(p.conditions for p in premises), ruling.conditions),
            _joined(*(p.questions for p in premises), ruling.questions),
            ruling.used,
        )


_Chosen: TypeAlias = "tuple[Reached, _Chosen | None]"
"""The proofs chosen so far, the last one first: sharing what is before it keeps ten thousand members cheap."""


def _in_order(chosen: _Chosen) -> tuple[Reached, ...]:
    found: list[Reached] = []
    rest: _Chosen | None = chosen
    while rest is not None:
        one, rest = rest
        found.append(one)
    return tuple(reversed(found))


def _joined(*parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(x for part in parts for x in part))


def _claim(found: list[Reached], limited: bool) -> Claim:
    degree = max(r.degree for r in found)
    proofs = [r for r in found if r.degree is degree]
    lineages = minimal(r.rows for r in proofs)
    needed = [r for r in proofs if r.rows in lineages]
    if len(needed) > 1:
        needed.sort(key=lambda r: (-r.confidence, len(r.steps), [str(s.source) for s in r.steps]))
    rows = {s.mapping.id: s.mapping for r in needed for s in r.steps if s.mapping is not None}
    unknown = {r for r, m in rows.items() if m.confidence is None}
    belief = {r: m.confidence for r, m in rows.items() if m.confidence is not None}
    known = [lg for lg in lineages if not lg & unknown]
    value, exact = any_holds(known, belief) if known else (0.0, True)
    spans = [chain_interval(rows[r].confidence for r in sorted(lg)) for lg in lineages]
    interval = (max(low for low, _ in spans), 1.0 if limited else min(1.0, sum(high for _, high in spans)))
    best = chain_confidence(m.confidence for m in needed[0].derivation().rows)
    return Claim(
        provision=needed[0].provision,
        degree=degree,
        derivations=tuple(r.derivation() for r in needed),
        confidence=value if known else None,
        interval=interval,
        best_confidence=best,
        bounded=not exact or bool(unknown and known) or limited,
    )
