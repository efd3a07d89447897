"""The triple patterns of a SPARQL query, as ways from one variable to another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from aims_graph.walks import States, Step, Walk

Way = Callable[[Walk, States, bool], States]  # a path, walked from its subject, or against it
FIXED = "aims:check-context"


@dataclass(frozen=True)
class Pattern:
    """Subject and object by name of variable (None: a fixed term), and the way between them."""

    subject: str | None
    object: str | None
    way: Way
    text: str


def patterns(query: str, fixed: Iterable[str] = ()) -> tuple[Pattern, ...]:
    """Every triple pattern of a query, those of its filters and optional parts included.

    Patterns about a `fixed` subject (IRI), which is in every graph that is checked, are left out.
    """
    from rdflib.plugins.sparql import algebra, parser

    parsed = algebra.translateQuery(parser.parseQuery(query)).algebra
    known = frozenset(fixed)
    found = dict.fromkeys(t for t in _triples(parsed) if str(t[0]) not in known)
    return tuple(_pattern(t) for t in found)


def _triples(part: Any) -> Iterator[tuple[Any, Any, Any]]:
    from rdflib.plugins.sparql.parserutils import CompValue

    if isinstance(part, CompValue):
        if part.name == "BGP":
            yield from part.triples
        for key, value in part.items():
            if key != "triples":
                yield from _triples(value)
    elif isinstance(part, list | tuple | set):
        for member in part:
            yield from _triples(member)


def _pattern(triple: tuple[Any, Any, Any]) -> Pattern:
    from rdflib import BNode, Variable

    def name(term: Any) -> str | None:
        return str(term) if isinstance(term, Variable | BNode) else None

    subject, path, value = triple
    return Pattern(name(subject), name(value), _way(path), " ".join(str(t) for t in triple))


def _way(path: Any) -> Way:
    """A property path as a way through a walk."""
    from rdflib import URIRef, paths

    if isinstance(path, URIRef):
        return lambda walk, at, inverse: walk.step(at, Step(str(path), inverse))
    if isinstance(path, paths.InvPath):
        inner = _way(path.arg)
        return lambda walk, at, inverse: inner(walk, at, not inverse)
    if isinstance(path, paths.SequencePath):
        parts = [_way(part) for part in path.args]
        return lambda walk, at, inverse: _in_turn(parts[::-1] if inverse else parts, walk, at, inverse)
    if isinstance(path, paths.AlternativePath):
        ways = [_way(part) for part in path.args]
        return lambda walk, at, inverse: frozenset().union(*(way(walk, at, inverse) for way in ways))
    if isinstance(path, paths.MulPath):
        again = _way(path.path)
        skipped, repeated = path.zero, path.more
        return lambda walk, at, inverse: walk.loop(at, lambda s: again(walk, s, inverse), skipped, repeated)
    return lambda walk, at, inverse: walk.step(at, Step(None, inverse))  # a variable, or a negated path


def _in_turn(parts: list[Way], walk: Walk, at: States, inverse: bool) -> States:
    for part in parts:
        at = part(walk, at, inverse)
    return at
