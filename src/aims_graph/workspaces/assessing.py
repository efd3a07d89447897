"""What a change does to the findings: only records that it can touch are checked, on what the rules can see of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import pyoxigraph as ox

from aims_graph.catalogue import Catalogue
from aims_graph.checking.check_context import checked
from aims_graph.checking.neighbourhood import Group
from aims_graph.checking.procedures import Procedure, procedures
from aims_graph.checking.shapes import INTEGRITY, Rules, batched
from aims_graph.checking.walks import Statements
from aims_graph.records import as_text

Verdict = tuple[str, str]  # rule (IRI), record (IRI) that breaks it


@dataclass(frozen=True)
class Assessment:
    """What a change touches, and which rules are broken there afterwards."""

    touched: frozenset[Verdict]  # every rule and record whose verdict the change could alter
    broken: frozenset[Verdict]

    def of(self, rules: Collection[str]) -> frozenset[Verdict]:
        """The broken ones among some rules."""
        return frozenset(v for v in self.broken if v[0] in rules)


class Assessor:
    """The evidence and integrity rules, ready to check single records. Compiled once, used for many changes."""

    def __init__(self, catalogue: Catalogue, rules: Rules) -> None:
        self.catalogue = catalogue
        self.rules = rules
        self.integrity = frozenset(r.iri for r in rules.rules if r.kind == INTEGRITY)

    @cached_property
    def curies(self) -> dict[str, str]:
        """The ids of provisions by IRI."""
        return self.catalogue.curies

    def assess(self, changed: Iterable[ox.Triple], before: Statements, after: Statements, day: date) -> Assessment:
        """The verdicts on all records that a change can touch, as they are after it on a day."""
        touched = self.rules.neighbourhood.touched(changed, (before, after))
        pairs = frozenset((rule, node) for group, nodes in touched.items() for rule in group.rules for node in nodes)
        targeted = {g: [n for n in sorted(nodes) if self._includes(g, n, after)] for g, nodes in touched.items()}
        return Assessment(pairs, self.verdicts(targeted, after, day))

    def _includes(self, group: Group, node: str, view: Statements) -> bool:
        return group.targets.include(ox.NamedNode(node), view)

    def of_records(self, records: Iterable[str], view: Statements, day: date) -> frozenset[Verdict]:
        """The verdicts on some records by every rule that is about them."""
        nodes = sorted(set(records))
        groups = {g: [n for n in nodes if self._includes(g, n, view)] for g in self.rules.neighbourhood.groups}
        return self.verdicts({group: found for group, found in groups.items() if found}, view, day)

    def whole(self, records: Iterable[str], view: Callable[[], Statements], day: date) -> Iterator[Verdict]:
        """The verdicts on any number of records, a few at a time, so that memory stays small.

        `view` opens a new look at the statements for each part; what it remembers goes with it.
        """
        for part in batched(records):
            yield from self.of_records(part, view(), day)

    def verdicts(self, targeted: dict[Group, list[str]], view: Statements, day: date) -> frozenset[Verdict]:
        """Which rules of each group its nodes break."""
        foci = sorted({node for nodes in targeted.values() for node in nodes})
        if not foci:
            return frozenset()
        seen: set[ox.Triple] = set()
        for group, nodes in targeted.items():
            seen |= group.walk.reach((ox.NamedNode(n) for n in nodes), view)
        asked: dict[str, set[str]] = defaultdict(set)  # rule → nodes
        for group, nodes in targeted.items():
            for rule in group.rules:
                asked[rule].update(nodes)
        results = self.rules.shapes.validate(self.data(seen, day), foci)
        return frozenset((r.shape, r.focus) for r in results if r.focus in asked.get(r.shape, ()))

    def raised(self, own: Collection[ox.Triple], day: date) -> dict[str, Procedure]:
        """The rules that an organisation's own procedures, as these statements record them, make stricter on a day."""
        return procedures([as_text(list(own))] if own else [], day, self.rules.severities)

    def data(self, statements: Iterable[ox.Triple], day: date) -> bytes:
        """The graph that is checked, as N-Triples."""
        return checked(statements, day, self.catalogue)
