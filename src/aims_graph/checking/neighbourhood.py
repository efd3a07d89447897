"""What evidence rules can see from a record, read from the rules themselves.

Rules with the same targets become one walk over statements: along the paths of their shapes and the triple patterns
of their SPARQL constraints. Followed forwards from a record, it gives the statements that decide the verdict on it;
followed back from a changed statement, the records whose verdict the change can touch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import pyoxigraph as ox

from aims_graph import snapshot
from aims_graph.checking.query_patterns import Pattern, follow, patterns
from aims_graph.checking.walks import Statements, States, Step, Walk
from aims_graph.turtle import Term, text_of
from aims_graph.vocab import AIMS, RDF, SH

TYPE = f"{RDF}type"
CONTEXT = f"{AIMS}check-context"  # in every graph that is checked
_NESTED = tuple(SH + name for name in ("node", "property", "not", "qualifiedValueShape"))
_LISTED = tuple(SH + name for name in ("and", "or", "xone"))
_BESIDE = tuple(SH + name for name in ("equals", "disjoint", "lessThan", "lessThanOrEquals"))
_LOOPS = {f"{SH}zeroOrMorePath": (True, True), f"{SH}oneOrMorePath": (False, True), f"{SH}zeroOrOnePath": (True, False)}

Node = ox.NamedNode | ox.BlankNode
T = TypeVar("T")


@dataclass(frozen=True, order=True)
class Targets:
    """Which nodes a rule is about: of a class, or subject or object of a property."""

    classes: tuple[str, ...]
    subjects_of: tuple[str, ...]
    objects_of: tuple[str, ...]

    def include(self, node: Term, view: Statements) -> bool:
        """Whether a node is one of them."""
        about = view.by_predicate(node)
        if self.classes and any(text_of(t.object) in self.classes for t in about.get(TYPE, ())):
            return True
        if not about.keys().isdisjoint(self.subjects_of):
            return True
        return any(next(iter(view.to(node, prop)), None) is not None for prop in self.objects_of)


@dataclass(frozen=True, eq=False)
class Group:
    """Rules about the same nodes, and all that they look at."""

    targets: Targets
    rules: tuple[str, ...]  # IRIs
    walk: Walk


class Neighbourhood:
    """The reach of rules (IRIs of their shapes), compiled from the shapes in Turtle.

    Raises ValueError for a SPARQL constraint with a pattern that no way leads to from the focus node: what it looks
    at has no bound.
    """

    def __init__(self, turtle: str, rules: Iterable[str]) -> None:
        shapes = _Shapes(turtle)
        groups: dict[Targets, list[str]] = defaultdict(list)
        for rule in sorted(rules):
            groups[shapes.targets(ox.NamedNode(rule))].append(rule)
        self.groups = tuple(Group(t, tuple(names), shapes.walk(t, names)) for t, names in sorted(groups.items()))

    @cached_property
    def _by_predicate(self) -> Mapping[str | None, tuple[tuple[int, int, Step], ...]]:
        """Steps of all walks by predicate (None: any): group, state that they leave, step."""
        found: dict[str | None, list[tuple[int, int, Step]]] = defaultdict(list)
        for number, group in enumerate(self.groups):
            for state, step in group.walk.taken():
                found[step.predicate].append((number, state, step))
        return {predicate: tuple(steps) for predicate, steps in found.items()}

    def touched(self, changed: Iterable[ox.Triple], views: Iterable[Statements]) -> dict[Group, set[str]]:
        """For each group the nodes (IRIs) whose verdict changed statements can touch, as seen from any of the views.

        Give the state before and the state after: a way that the change removes leads there too.
        """
        starts: dict[tuple[int, int], set[Term]] = defaultdict(set)
        for triple in changed:
            for key in (triple.predicate.value, None):
                for number, state, step in self._by_predicate.get(key, ()):
                    starts[number, state].add(triple.object if step.inverse else triple.subject)
        found: dict[Group, set[str]] = defaultdict(set)
        for view in views:
            for (number, state), nodes in starts.items():
                group = self.groups[number]
                origins = group.walk.origins(state, nodes, view)
                found[group].update(n.value for n in origins if isinstance(n, ox.NamedNode))
        return {group: nodes for group, nodes in found.items() if nodes}

    def __len__(self) -> int:
        return sum(len(group.rules) for group in self.groups)


def unbounded(turtle: str, rules: Mapping[str, T]) -> Iterator[tuple[T, str]]:
    """The rules (by IRI) that look at what no way leads to, and at what."""
    shapes = _Shapes(turtle)
    for name, rule in rules.items():
        node = ox.NamedNode(name)
        try:
            shapes.walk(shapes.targets(node), [name])
        except ValueError as error:
            yield rule, str(error)


@dataclass
class _Shapes:
    """A shapes graph by subject, and the walks of its rules."""

    turtle: str
    facts: dict[Term, dict[str, list[Term]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))

    def __post_init__(self) -> None:
        for quad in ox.parse(input=self.turtle.encode(), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True):
            self.facts[quad.subject][quad.predicate.value].append(quad.object)

    @cached_property
    def patterns(self) -> dict[str, tuple[Pattern, ...] | str]:
        """The triple patterns of each query of a constraint, or why it cannot be read.

        They are remembered, because reading a query takes long.
        """
        select = f"{SH}select"
        queries = sorted({q.value for f in self.facts.values() for q in f.get(select, ()) if isinstance(q, ox.Literal)})
        found: dict[str, tuple[Pattern, ...] | str] = snapshot.remembered(
            "patterns", repr(queries), lambda: {query: _patterns(query) for query in queries}
        )
        return found

    def _all(self, node: Term, prop: str) -> list[Term]:
        return self.facts[node].get(prop, []) if node in self.facts else []

    def _nodes(self, node: Term, prop: str) -> list[Node]:
        return [n for n in self._all(node, prop) if isinstance(n, ox.NamedNode | ox.BlankNode)]

    def _members(self, head: Term) -> Iterator[Node]:
        while self._all(head, f"{RDF}first"):
            yield from self._nodes(head, f"{RDF}first")
            head = self._all(head, f"{RDF}rest")[0]

    def targets(self, rule: Node) -> Targets:
        def named(prop: str) -> tuple[str, ...]:
            return tuple(sorted(n.value for n in self._nodes(rule, SH + prop)))

        return Targets(named("targetClass"), named("targetSubjectsOf"), named("targetObjectsOf"))

    def walk(self, targets: Targets, rules: Iterable[str]) -> Walk:
        walk = Walk()
        start: States = frozenset((Walk.START,))
        steps = [Step(TYPE)] if targets.classes else []
        steps += [Step(prop) for prop in targets.subjects_of] + [Step(prop, True) for prop in targets.objects_of]
        for step in steps:
            walk.step(start, step)
        for rule in rules:
            self._shape(walk, ox.NamedNode(rule), start, set())
        return walk

    def _shape(self, walk: Walk, shape: Node, at: States, seen: set[tuple[Node, States]]) -> None:
        """Everything that a shape looks at from some states."""
        if (shape, at) in seen:
            return
        seen.add((shape, at))
        paths = self._nodes(shape, f"{SH}path")
        values = self._path(walk, paths[0], at, inverse=False) if paths else at
        if self._all(shape, f"{SH}class"):
            walk.step(values, Step(TYPE))
        if self._all(shape, f"{SH}closed"):
            walk.step(values, Step(None))
        for other in (n for prop in _BESIDE for n in self._nodes(shape, prop)):
            walk.step(at, Step(other.value))
        for inner in self._inner(shape):
            self._shape(walk, inner, values, seen)
        for constraint in self._nodes(shape, f"{SH}sparql"):
            for query in self._all(constraint, f"{SH}select"):
                assert isinstance(query, ox.Literal)
                _follow(walk, self.patterns[query.value], at)

    def _inner(self, shape: Node) -> Iterator[Node]:
        for prop in _NESTED:
            yield from self._nodes(shape, prop)
        for head in (h for prop in _LISTED for h in self._all(shape, prop)):
            yield from self._members(head)

    def _path(self, walk: Walk, path: Node, at: States, inverse: bool) -> States:
        """Where a SHACL property path leads from some states."""
        members = list(self._members(path))
        for member in reversed(members) if inverse else members:
            at = self._path(walk, member, at, inverse)
        if members:
            return at
        for inner in self._nodes(path, f"{SH}inversePath"):
            return self._path(walk, inner, at, not inverse)
        for head in self._all(path, f"{SH}alternativePath"):
            return frozenset().union(*(self._path(walk, m, at, inverse) for m in self._members(head)))
        for prop, (skipped, repeated) in _LOOPS.items():
            for inner in self._nodes(path, prop):
                return self._loop(walk, inner, at, inverse, skipped, repeated)
        return walk.step(at, Step(path.value, inverse))

    def _loop(self, walk: Walk, inner: Node, at: States, inverse: bool, skipped: bool, repeated: bool) -> States:
        return walk.loop(at, lambda states: self._path(walk, inner, states, inverse), skipped, repeated)


def _patterns(query: str) -> tuple[Pattern, ...] | str:
    try:
        return patterns(query, fixed=(CONTEXT,))
    except ValueError as error:
        return str(error)


def _follow(walk: Walk, found: Iterable[Pattern] | str, at: States) -> None:
    """Follow the triple patterns of a query from `$this`, until each is walked."""
    if isinstance(found, str):
        raise ValueError(found)
    known: dict[str | None, States] = {"this": at}
    left = list(found)
    while left:
        usable = [p for p in left if p.subject in known or p.object in known]
        if not usable:
            raise ValueError(f"looks at what no way leads to from the record: {left[0].text}")
        for pattern in usable:
            inverse = pattern.subject not in known  # one end is enough, and a subject has few statements
            near, far = (pattern.object, pattern.subject) if inverse else (pattern.subject, pattern.object)
            ends = follow(pattern.way, walk, known[near], inverse)
            if far is not None:
                known.setdefault(far, ends)
        left = [p for p in left if p not in usable]
