"""One record of a workspace: as it is, as it was at the end of an earlier day, and how it came to be so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyoxigraph as ox

from aims_graph.catalogue import Catalogue
from aims_graph.intake import record_export
from aims_graph.intake.terms import AGENT, LABEL, TYPE
from aims_graph.turtle import text_of
from aims_graph.vocab import PREFIXES
from aims_graph.workspaces import naming
from aims_graph.workspaces.auditlog import Entry
from aims_graph.workspaces.exporting import RDF_FORMATS
from aims_graph.workspaces.merging import below
from aims_graph.workspaces.record_store import RecordStore, parsed
from aims_graph.workspaces.workspace import Workspace

Json = dict[str, Any]


@dataclass(frozen=True)
class RecordState:
    """What is stated of a record and of what lies below it, and who the people are that it names."""

    iri: str
    version: int  # the log entry that changed it last
    triples: tuple[ox.Triple, ...]  # sorted
    people: tuple[ox.Triple, ...]  # type and label of each person or function that it names
    base: str

    def to_json(self, catalogue: Catalogue) -> Json:
        """The record as plain JSON, with its parts in it: what can be written back."""
        return record_export.record_object([*self.triples, *self.people], self.iri, catalogue, self.base)

    def to_rdf(self, format: str, catalogue: Catalogue) -> bytes:
        """The statements in a format: turtle or jsonld."""
        prefixes = {**PREFIXES, **catalogue.prefixes}
        return ox.serialize(self.triples, format=RDF_FORMATS[format], prefixes=prefixes) or b""


def current(workspace: Workspace, iri: str) -> RecordState | None:
    """A record as it is; None where nothing stands of it."""
    view = workspace.store.view()
    triples = sorted(below(ox.NamedNode(iri), view), key=str)
    if not triples:
        return None
    version = naming.version(workspace.store, iri) or 0
    return RecordState(iri, version, tuple(triples), _people(workspace, triples), workspace.settings.base)


def at_end_of(workspace: Workspace, iri: str, day: date) -> RecordState | None:
    """A record as it was recorded by the end of a day (UTC); None where nothing stood of it then."""
    lines: set[str] = set()
    version = 0
    for entry in workspace.history(iri):
        if entry.at[:10] > day.isoformat():
            break
        lines.difference_update(entry.change.removed)
        lines.update(line for line in entry.change.added if line.startswith(_starts(iri)))
        version = entry.number
    standing = (q.triple for q in parsed(sorted(lines)) if q.graph_name == workspace.store.graph)
    triples = sorted(standing, key=str)
    if not triples:
        return None
    return RecordState(iri, version, tuple(triples), _people(workspace, triples), workspace.settings.base)


def patched(said: Any, patch: Any) -> Any:
    """A JSON value after a merge patch (RFC 7396): null takes a key away, objects are merged, all else is replaced.

    >>> patched({"a": 1, "b": {"c": 2, "d": 3}}, {"a": None, "b": {"c": 4}})
    {'b': {'c': 4, 'd': 3}}
    """
    if not isinstance(patch, dict):
        return patch
    found = dict(said) if isinstance(said, dict) else {}
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = patched(found.get(key), value)
    return found


def history_rows(workspace: Workspace, iri: str) -> list[Json]:
    """The entries that changed a record, oldest first, each with its lines about that record alone."""
    return [_row(entry, iri, workspace.store) for entry in workspace.history(iri)]


def _row(entry: Entry, iri: str, store: RecordStore) -> Json:
    mine = {
        sign: [line for line in lines if line.startswith(_starts(iri)) and store.speaks_of_records(line)]
        for sign, lines in (("added", entry.change.added), ("removed", entry.change.removed))
    }
    return {"entry": entry.number, "at": entry.at, "who": entry.who, "what": entry.what, "why": entry.why, **mine}


def _starts(iri: str) -> tuple[str, str]:
    return f"<{iri}>", f"<{iri}/"


def _people(workspace: Workspace, triples: Iterable[ox.Triple]) -> tuple[ox.Triple, ...]:
    """Type and label of the people that some statements name, as they are recorded now."""
    view = workspace.store.view()
    named = {t.object for t in triples} - {t.subject for t in triples}
    found: list[ox.Triple] = []
    for node in sorted((n for n in named if isinstance(n, ox.NamedNode)), key=str):
        about = view.of(node)
        if any(t.predicate.value == TYPE and text_of(t.object) == AGENT for t in about):
            found += [t for t in about if t.predicate.value in (TYPE, LABEL)]
    return tuple(found)
