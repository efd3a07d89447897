"""The triple patterns of a SPARQL query, as ways from one variable to another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from aims_graph.checking.walks import States, Step, Walk

STEP, ANY, INVERSE, SEQUENCE, CHOICE, LOOP = "step", "any", "inverse", "sequence", "choice", "loop"
Way = tuple[Any, ...]  # one of the words above, then an IRI, ways, or for a loop: way, may be left out, may be repeated


class Pattern(NamedTuple):
    """Subject and object by name of variable (None: a fixed term), the way between them, and the pattern in words."""

    subject: str | None
    object: str | None
    way: Way
    text: str


def follow(way: Way, walk: Walk, at: States, inverse: bool) -> States:
    """Where a way leads from some states of a walk, from its subject or against it."""
    kind, *parts = way
    if kind == STEP:
        return walk.step(at, Step(parts[0], inverse))
    if kind == INVERSE:
        return follow(parts[0], walk, at, not inverse)
    if kind == SEQUENCE:
        for part in reversed(parts) if inverse else parts:
            at = follow(part, walk, at, inverse)
        return at
    if kind == CHOICE:
        return frozenset().union(*(follow(part, walk, at, inverse) for part in parts))
    if kind == LOOP:
        inner, skipped, repeated = parts
        return walk.loop(at, lambda states: follow(inner, walk, states, inverse), skipped, repeated)
    return walk.step(at, Step(None, inverse))


def patterns(query: str, fixed: Iterable[str] = ()) -> tuple[Pattern, ...]:
    """Every triple pattern of a query, those of its filters and optional parts included.

    Patterns about a `fixed` subject (IRI), which is in every graph that is checked, are left out. Raises ValueError
    for a query that cannot be read alone, as one with prefixed names.
    """
    from rdflib.plugins.sparql import algebra, parser

    try:
        parsed = algebra.translateQuery(parser.parseQuery(query)).algebra
    except Exception as error:
        raise ValueError(f"has a query that cannot be read: {error}") from error
    known = frozenset(fixed)
    found = dict.fromkeys(t for t in _triples(parsed) if str(t[0]) not in known)
    return tuple(_pattern(t) for t in found)


def _triples(part: Any) -> Iterator[tuple[Any, Any, Any]]:
    from rdflib.plugins.sparql.parserutils import CompValue

    if isinstance(part, CompValue):
        if part.name == "BGP":
            yield from part.triples
        elif part.name == "TriplesBlock":  # inside EXISTS, left as it was parsed: terms one after another
            for flat in part.triples:
                yield from zip(flat[::3], flat[1::3], flat[2::3], strict=True)
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
    """A property path as a way; a variable and a negated path may be any step."""
    from rdflib import URIRef, paths

    if isinstance(path, URIRef):
        return (STEP, str(path))
    if isinstance(path, paths.InvPath):
        return (INVERSE, _way(path.arg))
    if isinstance(path, paths.SequencePath):
        return (SEQUENCE, *map(_way, path.args))
    if isinstance(path, paths.AlternativePath):
        return (CHOICE, *map(_way, path.args))
    if isinstance(path, paths.MulPath):
        return (LOOP, _way(path.path), bool(path.zero), bool(path.more))
    return (ANY,)
