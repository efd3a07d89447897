"""The saved questions on the shipped graph with the example's records, and on ten copies of all of it.

A copy holds everything but the ontology and the rules, under names of its own; a question asks
about the first copy, or about all of them where it names nothing.
"""

from __future__ import annotations

import pyoxigraph as ox

from aims_graph import asked, queries
from aims_graph.graph import ONTOLOGY, SHAPES
from aims_graph.library import Library
from benchmarks import measuring
from benchmarks.measuring import Section, Table, spoken
from benchmarks.report import ROOT
from benchmarks.shipped import AS_OF

EXAMPLES = tuple(sorted((ROOT / "examples" / "cv-screening").glob("*.ttl")))
TIMES, MOST = 10, 15.0  # as much data, and how many times as long a question may take


def measure(quick: bool) -> Section:
    """Every saved question with the values of its own examples."""
    section = Section()
    library = Library.open((), EXAMPLES)
    small = library.store(AS_OF)
    large = copies(small, TIMES)
    lines: list[tuple[str, ...]] = []
    slowest = None
    for name, question in sorted(library.questions.items()):
        values = {p.name: p.example for p in question.parameters}
        bound = asked.terms(library, question, values, AS_OF)
        answers = [queries.run(store, question, bound).rows for store in (small, large)]
        second, first = measuring.in_turns(
            5 if quick else 15,
            lambda q=question, b=bound: queries.run(small, q, b),  # type: ignore[misc]
            lambda q=question, b=bound: queries.run(large, q, b),  # type: ignore[misc]
        )
        found = (first.median / second.median, name, first, second)
        slowest = max(slowest, found, key=lambda f: f[0]) if slowest else found
        rows = tuple(f"{len(answer):,}" for answer in answers)
        lines.append((name, spoken(second.median), spoken(first.median), f"{found[0]:.2f}", *rows))
    assert slowest is not None
    ratio, name, first, second = slowest
    note = f"the question that grows most, {name}, of {len(lines)}; {len(small):,} and {len(large):,} statements"
    section.rows.append(
        measuring.Row("saved_question_growth", ratio, first, second, f"at most {MOST:g}", ratio <= MOST, note)
    )
    columns = ("question", "once", f"{TIMES} copies", "ratio", "rows", "rows then")
    section.tables.append(Table("Saved questions on ten times the data", columns, tuple(lines)))
    return section


def copies(store: ox.Store, times: int) -> ox.Store:
    """A store with so many copies of all that is not vocabulary, the first one as it was."""
    vocabulary = {ONTOLOGY, SHAPES}
    own = {
        quad.subject
        for quad in store
        if isinstance(quad.graph_name, ox.NamedNode) and quad.graph_name.value not in vocabulary
    }
    found = ox.Store()
    found.bulk_extend(store)
    for number in range(2, times + 1):
        renamed = {term: _renamed(term, number) for term in own}
        found.bulk_extend(
            ox.Quad(renamed[q.subject], q.predicate, renamed.get(q.object, q.object), _renamed(q.graph_name, number))
            for q in store
            if q.subject in own
        )
    return found


def _renamed(term: object, number: int) -> ox.NamedNode | ox.BlankNode:
    if isinstance(term, ox.BlankNode):
        return ox.BlankNode(f"{term.value}copy{number}")
    assert isinstance(term, ox.NamedNode)
    return ox.NamedNode(f"{term.value}-copy-{number}")
