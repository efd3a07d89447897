"""The records of a workspace as answers read them: those that stand, and for earlier days those taken back since."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox

from aims_graph.records import Records, as_text
from aims_graph.turtle import Facts
from aims_graph.workspaces.workspace import LOG, Workspace


def read(folder: Path) -> Records:
    """The records of a workspace; each has its last log entry as its place.

    Raises InputError if the folder is no workspace or is held by a writer.
    """
    with Workspace.open(folder) as workspace:
        return of(workspace)


def of(workspace: Workspace) -> Records:
    """The records of an open workspace."""
    standing = list(workspace.store.triples())
    subjects = {t.subject for t in standing}
    back = [t for t in workspace.store.triples(withdrawn=True) if t.subject not in subjects]
    path = f"{workspace.folder.name}/{LOG}"
    facts = Facts(triples={path: _ordered([*standing, *back])})
    facts.index(facts.triples[path])
    facts.place = {s: (path, workspace.store.version(s) or 0) for s in facts.values}
    return Records(facts, ((path, as_text(facts.triples[path])),))


def _ordered(triples: Iterable[ox.Triple]) -> list[ox.Triple]:
    return sorted(triples, key=str)
