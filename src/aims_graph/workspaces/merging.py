"""From what a file says of records to the change it makes: nothing that the file does not speak of is lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from aims_graph.checking.walks import Statements
from aims_graph.turtle import Term


def merged(
    stated: Iterable[ox.Triple], view: Statements, whole: bool = False
) -> tuple[frozenset[ox.Triple], frozenset[ox.Triple]]:
    """(added, removed): for each record, what is stated of a property takes the place of its values.

    Properties that are not stated stay as they are, or go too if records are stated `whole`. What lies below a
    record (its IRI and a slash) and is no longer named by it goes with the link to it.
    """
    new: dict[ox.NamedNode, list[ox.Triple]] = defaultdict(list)
    for triple in stated:
        assert isinstance(triple.subject, ox.NamedNode)
        new[triple.subject].append(triple)
    added: set[ox.Triple] = set()
    removed: set[ox.Triple] = set()
    for subject, triples in new.items():
        spoken_of = {t.predicate for t in triples}
        old = {t for t in view.of(subject) if whole or t.predicate in spoken_of}
        added |= set(triples) - old
        removed |= old - set(triples)
    removed |= set(_orphans(removed, added, new.keys(), view))
    return frozenset(added - removed), frozenset(removed - added)


def as_kept(triples: Iterable[ox.Triple]) -> tuple[ox.Triple, ...]:
    """Statements as a store keeps them: it writes "1.50"^^xsd:decimal as "1.5". The log has to speak of the same."""
    store = ox.Store()
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    return tuple(quad.triple for quad in store)


def below(record: ox.NamedNode, view: Statements) -> frozenset[ox.Triple]:
    """The statements about a record and about what lies below it."""
    found: set[ox.Triple] = set()
    todo: list[Term] = [record]
    while todo:
        triples = set(view.of(todo.pop())) - found
        found |= triples
        todo += [t.object for t in triples if _is_below(t)]
    return frozenset(found)


def _orphans(
    removed: Iterable[ox.Triple], added: Iterable[ox.Triple], stated: Iterable[ox.NamedNode], view: Statements
) -> Iterator[ox.Triple]:
    """The statements about what lay below a record and lost its link."""
    kept = {*stated, *(t.object for t in added)}
    todo = [t for t in removed if _is_below(t)]
    while todo:
        child = todo.pop().object
        if child not in kept:
            below = view.of(child)
            yield from below
            todo += [t for t in below if _is_below(t)]


def _is_below(triple: ox.Triple) -> bool:
    owner, child = triple.subject, triple.object
    if not (isinstance(owner, ox.NamedNode) and isinstance(child, ox.NamedNode)):
        return False
    return child.value.startswith(f"{owner.value}/")
