"""The shipped graph: all claims of a provision, computed and remembered, and what a changed row costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pyoxigraph as ox

from aims_graph import queries
from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context
from aims_graph.indexing import reference
from aims_graph.indexing.index import Index
from aims_graph.inference import infer
from aims_graph.library import Library
from aims_graph.model import Mapping
from aims_graph.relations import Degree, Relation
from benchmarks import measuring
from benchmarks.measuring import Section, spoken

AS_OF = date(2026, 11, 22)
CONTEXT = Context(AS_OF)

Edit = tuple[str, dict[str, Mapping | None]]
"""The subject of a row, and what becomes of the row."""


def measure(quick: bool) -> Section:
    """All of it."""
    library = Library.open()
    index = Index(library.catalogue, CONTEXT)
    section = Section()
    _check(library.catalogue, index, 10 if quick else 1)
    _claims(section, index)
    _against_networkx(section, index, 60 if quick else 12)
    _against_sparql(section, library, index, 3 if quick else 1)
    _changes(section, index, 5 if quick else 40)
    return section


def _check(known: Catalogue, index: Index, every: int) -> None:
    """The index says what the full search says, or there is nothing to time."""
    for start in index.starts[::every]:
        found = infer(known, [start], CONTEXT).claims
        full = {p: (c.degree, c.best_confidence) for p, c in found.items() if c.degree >= Degree.PARTIAL}
        fast = {p: (b.degree, b.confidence) for p, b in index.claims(start).items()}
        if full.keys() != fast.keys() or any(not _alike(full[p], fast[p]) for p in full):
            raise AssertionError(f"{start}: the index and the full search differ")


def _alike(one: tuple[Degree, float | None], other: tuple[Degree, float | None]) -> bool:
    (degree, sure), (same, as_sure) = one, other
    if degree is not same or (sure is None) != (as_sure is None):
        return False
    return sure is None or as_sure is None or abs(sure - as_sure) < 1e-9


def _claims(section: Section, index: Index) -> None:
    starts = list(index.starts)
    with measuring.undisturbed():
        computed = measuring.spread(measuring.calls(index.claims, starts))
        for _ in index.everything():
            pass
        remembered = measuring.spread(measuring.calls(index.remembered, starts, measuring.WALL))
    count = f"{len(starts):,} starts, {sum(len(found) for _, found in index.everything()):,} claims"
    for name, times, most in (
        ("claims_of_one_provision_computed", computed, 1.0),
        ("claims_of_one_provision_remembered", remembered, 0.2),
    ):
        note = f"degree, confidence, rows and path of each claim; {count}; in the middle {spoken(times.median)}"
        section.rows.append(measuring.limited(name, times, most, note))
    asked = [(start, p) for start, found in index.everything() for p in found][:: max(1, len(starts) // 500)]
    with measuring.undisturbed():
        proofs = measuring.spread(measuring.calls(lambda pair: index.derivation((pair[0],), pair[1]), asked))
    note = "the best proof of one claim step by step, as people see it, searched for anew"
    section.rows.append(measuring.limited("proof_of_one_claim", proofs, 1.0, note))


def _against_networkx(section: Section, index: Index, every: int) -> None:
    """The readable form of the engine, a graph of states in networkx, against the compiled one."""
    starts = list(index.starts)[::every]
    first, second = measuring.calls_in_turns(
        lambda start: reference.claims(index.catalogue, [start], CONTEXT), index.claims, starts, repeats=1
    )
    note = "same guards, same rules, same claims; networkx: shortest paths over states, no proof in words"
    section.rows.append(measuring.compared("claims_reference_networkx_vs_index", first, second, note))


def _against_sparql(section: Section, library: Library, index: Index, every: int) -> None:
    """The saved main question on the store against the engine with all proofs, and against the index."""
    store, question, known = library.store(AS_OF), library.questions["what-else"], library.catalogue
    starts = [p.id for p in known.provisions.values() if p.force == "obligation"][::every]

    def sparql(start: str) -> object:
        return queries.run(store, question, {"provision": ox.NamedNode(known.provisions[start].iri)})

    first, second = measuring.calls_in_turns(sparql, lambda start: infer(known, [start], CONTEXT), starts, 1)
    note = "engine: all proofs and confidences; SPARQL: degrees only"
    section.rows.append(measuring.compared("what_else_sparql_vs_engine", first, second, note))
    first, second = measuring.calls_in_turns(sparql, index.claims, starts, 1)
    note = "index: best proof of each claim, computed; SPARQL: degrees only"
    section.rows.append(measuring.compared("what_else_sparql_vs_index", first, second, note))


def _changes(section: Section, index: Index, checked: int) -> None:
    """Each admitted row taken away, made weaker and made another relation; some compared with a rebuild."""
    edits = list(_edits(index.catalogue))
    compared = edits[:: max(1, len(edits) // checked)]
    unlike = [edit for edit in compared if not _is_rebuild(index, edit)]
    named = ", ".join(sorted({name for _, rows in unlike for name in rows}))
    note = f"every claim of every start after {len(compared)} edits: degree, confidence, rows, path, order" + (
        f"; it differs after edits of {named}" if unlike else ""
    )
    share = 1 - len(unlike) / len(compared)
    section.rows.append(measuring.Row("one_row_changed_equals_rebuild", share, None, None, "1", not unlike, note))
    with measuring.undisturbed():
        fresh = measuring.spread(measuring.calls(lambda edit: index.changed(edit[1]), edits))
        asked = measuring.spread(measuring.calls(lambda edit: _asked_again(index, edit), edits))
        built = measuring.spread([measuring.timed(lambda: Index(index.catalogue, CONTEXT))[1] for _ in range(5)])
    note = f"{len(edits):,} edits of one row each"
    section.rows.append(measuring.limited("one_row_changed", fresh, 1.0, note))
    note = "the same, and the claims of the row's subject computed anew"
    section.rows.append(measuring.limited("one_row_changed_and_asked", asked, 1.0, note))
    note = "reading the whole catalogue anew against changing one row"
    section.rows.append(measuring.compared("index_built_vs_changed", built, fresh, note))


def _is_rebuild(index: Index, edit: Edit) -> bool:
    changed = index.changed(edit[1])
    rebuilt = Index(changed.catalogue, CONTEXT)
    return all(
        list(changed.remembered(start).items()) == list(rebuilt.claims(start).items()) for start in rebuilt.starts
    )


def _asked_again(index: Index, edit: Edit) -> object:
    subject, rows = edit
    return index.changed(rows).remembered(subject)


def _edits(known: Catalogue) -> Iterator[Edit]:
    for row in known.mappings:
        if row.relation.is_set_relation and row.object in known.provisions and CONTEXT.admits(row):
            changes = (None, replace(row, confidence=0.5), replace(row, relation=Relation.INTERSECTS))
            yield from ((row.subject, {row.id: change}) for change in changes)
