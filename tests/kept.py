"""Small workspaces for tests: written to without rules, so that what is tested is log and store alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from aims_graph.workspaces.auditlog import Change, Entry
from aims_graph.workspaces.workspace import BASE, Signature, Workspace

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANN = Signature("ann", "add")


def made(folder: Path, entries: int = 0) -> Path:
    """A new workspace with some entries."""
    Workspace.init(folder, BASE, "Norrland Talent AB", NOW)
    with Workspace.open(folder, write=True) as workspace:
        for _ in range(entries):
            put(workspace)
    return folder


def statement(number: int, text: str = "") -> str:
    """The statement that an entry adds."""
    return f'<{BASE}r{number}> <http://www.w3.org/2000/01/rdf-schema#label> "{text or number}" <{BASE}> .'


def put(workspace: Workspace, text: str = "", copies: int = 1) -> Entry:
    """Write one entry."""
    last = workspace.log.last()
    number = 1 if last is None else last.number + 1
    lines = [statement(number, text), *(statement(number, f"{text}-{n}") for n in range(1, copies))]
    return workspace.commit(Change(tuple(sorted(lines))), ANN, f"{number}", NOW)


def said(folder: Path) -> set[str]:
    """What the store holds."""
    with Workspace.open(folder) as workspace:
        return {f"{quad} ." for quad in workspace.store.quads()}
