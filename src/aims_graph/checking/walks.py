"""Walks over statements as small automata: which ways lead from a node, followed forwards or back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol

import pyoxigraph as ox

from aims_graph.turtle import Term

States = frozenset[int]


class Statements(Protocol):
    """Where statements are looked up; both answer quickly for any node."""

    def of(self, subject: Term) -> Iterable[ox.Triple]:
        """The statements about a subject."""

    def by_predicate(self, subject: Term) -> Mapping[str, Sequence[ox.Triple]]:
        """The same, by predicate (IRI)."""

    def to(self, value: Term, predicate: str | None) -> Iterable[ox.Triple]:
        """The statements with this object, of one predicate or of any."""


class Held:
    """Statements in memory, to be looked up."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self._of: dict[Term, dict[str, list[ox.Triple]]] = defaultdict(lambda: defaultdict(list))
        self._to: dict[Term, list[ox.Triple]] = defaultdict(list)
        for triple in triples:
            self._of[triple.subject][triple.predicate.value].append(triple)
            self._to[triple.object].append(triple)

    def all(self) -> set[ox.Triple]:
        """All of them."""
        return {triple for triples in self._to.values() for triple in triples}

    def of(self, subject: Term) -> Iterable[ox.Triple]:
        """The statements about a subject."""
        return chain.from_iterable(self.by_predicate(subject).values())

    def by_predicate(self, subject: Term) -> Mapping[str, Sequence[ox.Triple]]:
        """The same, by predicate (IRI)."""
        return self._of.get(subject, {})

    def to(self, value: Term, predicate: str | None) -> Iterable[ox.Triple]:
        """The statements with this object, of one predicate or of any."""
        return (t for t in self._to.get(value, ()) if predicate in (None, t.predicate.value))


@dataclass(frozen=True)
class Step:
    """One statement along a walk, from subject to object or against it; a predicate of None is any."""

    predicate: str | None
    inverse: bool = False

    def ways(self, node: Term, view: Statements) -> Iterator[tuple[ox.Triple, Term]]:
        """The statements this step takes from a node, each with the node it leads to."""
        if self.inverse:
            for triple in view.to(node, self.predicate):
                yield triple, triple.subject
        else:
            found = view.of(node) if self.predicate is None else view.by_predicate(node).get(self.predicate, ())
            for triple in found:
                yield triple, triple.object

    @property
    def back(self) -> Step:
        """The same statement the other way."""
        return Step(self.predicate, not self.inverse)


@dataclass
class Walk:
    """States joined by steps; the same step from the same state always leads to the same state."""

    START = 0
    _steps: list[dict[Step, int]] = field(default_factory=lambda: [{}])
    _slips: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))  # moves without a statement

    def step(self, at: States, step: Step) -> States:
        """Where a step leads from some states; the way is made where there is none."""
        return frozenset(self._next(state, step) for state in at)

    def loop(self, at: States, inner: Callable[[States], States], skipped: bool, repeated: bool) -> States:
        """A way that may be left out or taken again."""
        entry = self._new()
        for state in at:
            self._slips[state].add(entry)
        ends = inner(frozenset((entry,)))
        if repeated:
            for end in ends:
                self._slips[end].add(entry)
        return ends | {entry} if skipped else ends

    def _next(self, state: int, step: Step) -> int:
        found = self._steps[state].get(step)
        if found is None:
            found = self._steps[state][step] = self._new()
        return found

    def _new(self) -> int:
        self._steps.append({})
        return len(self._steps) - 1

    def taken(self) -> Iterator[tuple[int, Step]]:
        """Every step, with the state it leaves."""
        for state, steps in enumerate(self._steps):
            for step in steps:
                yield state, step

    def reach(self, starts: Iterable[Term], view: Statements) -> set[ox.Triple]:
        """Every statement on the walk from some nodes."""
        found: set[ox.Triple] = set()
        seen: set[tuple[Term, int]] = set()
        todo = [(node, self.START) for node in starts]
        while todo:
            at = todo.pop()
            if at in seen:
                continue
            seen.add(at)
            node, state = at
            todo += [(node, slip) for slip in self._slips.get(state, ())]
            for step, after in self._steps[state].items():
                for triple, other in step.ways(node, view):
                    found.add(triple)
                    todo.append((other, after))
        return found

    def origins(self, state: int, nodes: Iterable[Term], view: Statements) -> set[Term]:
        """The nodes from which the walk can be in a state at one of these nodes."""
        found: set[Term] = set()
        seen: set[tuple[Term, int]] = set()
        todo = [(node, state) for node in nodes]
        into = self._into()
        while todo:
            at = todo.pop()
            if at in seen:
                continue
            seen.add(at)
            node, here = at
            if here == self.START:
                found.add(node)
            for step, before in into.get(here, ()):
                if step is None:
                    todo.append((node, before))
                else:
                    todo += [(other, before) for _, other in step.back.ways(node, view)]
        return found

    def _into(self) -> dict[int, list[tuple[Step | None, int]]]:
        """For each state, the steps and slips that lead there."""
        if "_reversed" not in self.__dict__:
            into: dict[int, list[tuple[Step | None, int]]] = defaultdict(list)
            for state, steps in enumerate(self._steps):
                for step, after in steps.items():
                    into[after].append((step, state))
            for state, slips in self._slips.items():
                for after in sorted(slips):
                    into[after].append((None, state))
            self.__dict__["_reversed"] = into
        found: dict[int, list[tuple[Step | None, int]]] = self.__dict__["_reversed"]
        return found
