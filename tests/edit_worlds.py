"""Random edits over the records of all rule examples, checked as a change and as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from random import Random

import pyoxigraph as ox

from aims_graph.catalogue import Catalogue
from aims_graph.checking.neighbourhood import CONTEXT
from aims_graph.checking.shapes import Rule
from aims_graph.checking.validation import Shapes
from aims_graph.turtle import parsed, text_of
from aims_graph.workspaces.assessing import Assessor, Verdict
from aims_graph.workspaces.record_store import Overlay, StoreView

GRAPH = ox.NamedNode("https://example.org/records/")


def examples(catalogue: Catalogue, rules: Iterable[Rule]) -> list[list[ox.Triple]]:
    """The statements of each failing and passing example, blank nodes left out; they share their records' names."""
    prefixes = "".join(f"@prefix {p}: <{ns}> .\n" for p, ns in catalogue.prefixes.items())
    texts = [text for rule in rules for text in (*rule.failing, *rule.passing)]
    read = [parsed("(example)", prefixes + text)[0] for text in texts]
    return [[t for t in found if text_of(t.subject) != CONTEXT and "_:" not in str(t)] for found in read]


@dataclass
class World:
    """Records that change at random, and what is known of broken rules from the changes alone."""

    assessor: Assessor
    examples: list[list[ox.Triple]]
    day: date
    random: Random
    store: ox.Store = field(default_factory=ox.Store)
    known: frozenset[Verdict] = frozenset()

    def __post_init__(self) -> None:
        self._shapes = Shapes(self.assessor.rules.turtle)
        self.statements = list(dict.fromkeys(t for example in self.examples for t in example))
        begun = self.random.sample(self.examples, max(1, len(self.examples) // 4))
        self.edit(list(dict.fromkeys(t for example in begun for t in example)))

    def edits(self, count: int) -> Iterator[list[ox.Triple]]:
        """Make edits, one after another; each yields the statements that came or went."""
        for _ in range(count):
            changed = self.random.sample(self.statements, min(len(self.statements), self.random.choice((1, 1, 2, 5))))
            self.edit(changed)
            yield changed

    def edit(self, changed: list[ox.Triple]) -> None:
        """Take out those that are there, put in those that are not, and check what they can touch."""
        before = StoreView(self.store, GRAPH)
        gone = {t for t in changed if ox.Quad(t.subject, t.predicate, t.object, GRAPH) in self.store}
        new = set(changed) - gone
        found = self.assessor.assess(changed, before, Overlay(before, new, gone), self.day)
        self.known = (self.known - found.touched) | found.broken
        for t in gone:
            self.store.remove(ox.Quad(t.subject, t.predicate, t.object, GRAPH))
        self.store.extend(ox.Quad(t.subject, t.predicate, t.object, GRAPH) for t in new)

    def by_whole_check(self, reference: bool) -> frozenset[Verdict]:
        """The verdicts of a check of everything, by the reference engine or the fast one."""
        data = self.assessor.data([q.triple for q in self.store], self.day)
        results = self._shapes.reference(data) if reference else self._shapes.fast(data)
        rules = self.assessor.rules.severities
        return frozenset((r.shape, r.focus) for r in results if r.shape in rules)
