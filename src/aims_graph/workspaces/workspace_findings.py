"""What the rules find in a whole workspace on a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pyoxigraph as ox

from aims_graph import cases
from aims_graph.checking import shapes
from aims_graph.model import Finding
from aims_graph.records import NOT_PAST, WITHDRAWN
from aims_graph.turtle import day_of, text_of
from aims_graph.vocab import AIMS, DCTERMS
from aims_graph.workspaces import workspace_records
from aims_graph.workspaces.assessing import Assessor, Verdict
from aims_graph.workspaces.auditlog import FILE
from aims_graph.workspaces.record_store import StoreView
from aims_graph.workspaces.workspace import LOG, Workspace

MISSED = f"{AIMS}requirementNotFulfilled"
IDENTIFIER = f"{DCTERMS}identifier"


def findings(workspace: Workspace, assessor: Assessor, day: date) -> tuple[Finding, ...]:
    """All findings, worst first.

    A workspace of any size is checked by parts where its records say nothing of the time after the day; for an
    earlier day the records as they stood then are put together first, which takes memory.
    """
    if not reaches_beyond(workspace, day):
        return told(workspace, assessor, verdicts(workspace, assessor, day), day)
    records = workspace_records.of(workspace).on(day)
    base = workspace.settings.base
    labels = {iri: _name(iri, records.facts.text(iri, IDENTIFIER), base) for iri in records.facts.values}
    under = {case: cases.standards(assessor.catalogue, records, case) for case in records.cases()}
    texts = [text for _, text in records.texts]
    return shapes.findings(assessor.rules, texts, day, labels, assessor.curies, under)


def verdicts(workspace: Workspace, assessor: Assessor, day: date) -> frozenset[Verdict]:
    """Which rule each record breaks, by parts."""
    store = workspace.store
    return frozenset(assessor.whole(store.records(), store.view, day))


def told(workspace: Workspace, assessor: Assessor, broken: frozenset[Verdict], day: date) -> tuple[Finding, ...]:
    """What broken rules mean, with records by their identifiers."""
    store, view = workspace.store, workspace.store.view()
    labels = {node: _name(node, store.identifier(node), workspace.settings.base) for _, node in broken}
    under = {node: _standards(view, ox.NamedNode(node), assessor) for node in labels}
    own = store.about(f"{AIMS}ProcedureRule")
    return shapes.told(assessor.rules, broken, labels, assessor.curies, assessor.raised(own, day), under)


def _name(record: str, identifier: str | None, base: str) -> str:
    """What people call a record; a part without an identifier by its path, so that its case is seen."""
    return identifier or (record.removeprefix(base) if record.startswith(base) else record.rsplit("/", 1)[-1])


def places(workspace: Workspace, found: Iterable[Finding]) -> dict[str, tuple[str, int]]:
    """The log entry that wrote each record last of which something is found."""
    log = f"{workspace.folder.name}/{LOG}/{FILE}"
    nodes = {f.focus for f in found}
    return {node: (log, version) for node in sorted(nodes) if (version := workspace.store.version(node)) is not None}


def _standards(view: StoreView, case: ox.NamedNode, assessor: Assessor) -> frozenset[str]:
    """The editions that a case falls under, as `cases.standards` finds them among records."""
    about = view.by_predicate(case)
    missed = {assessor.curies.get(text_of(t.object), "").partition(":")[0] for t in about.get(MISSED, ())}
    known = missed & assessor.catalogue.editions.keys()
    if known:
        return frozenset(known)
    scopes = [view.by_predicate(t.object) for t in about.get(f"{AIMS}inScope", ())]
    managed = {text_of(t.object) for scope in scopes for t in scope.get(f"{AIMS}managementSystem", ())}
    return frozenset(e.id for e in assessor.catalogue.editions.values() if e.managed in managed)


def reaches_beyond(workspace: Workspace, day: date) -> bool:
    """Whether the records say that something happened after a day, or some were taken back after it."""
    for triple in workspace.store.triples():
        said = day_of(triple.object)
        if said is not None and said > day and triple.predicate.value not in NOT_PAST:
            return True
    back = (day_of(t.object) for t in workspace.store.triples(withdrawn=True) if t.predicate.value == WITHDRAWN)
    return any(said is not None and said > day for said in back)
