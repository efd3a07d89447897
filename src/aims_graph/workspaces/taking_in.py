"""What people send, read as statements about records of one workspace; people recorded before are known by name."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from aims_graph.catalogue import Catalogue
from aims_graph.intake import incoming
from aims_graph.intake.incoming import Incoming
from aims_graph.intake.terms import AGENT, LABEL
from aims_graph.intake.written import folded_name
from aims_graph.turtle import text_of
from aims_graph.workspaces import naming
from aims_graph.workspaces.workspace import Workspace


@dataclass(frozen=True)
class Source:
    """One file or its bytes, the name it has in messages, and its format (an ending) where the name does not say."""

    content: Path | bytes
    name: str
    format: str | None = None


def read(sources: Iterable[Source], catalogue: Catalogue, base: str, known: Mapping[str, str]) -> Incoming:
    """The records of one or several sources together; `known` are the people that are recorded.

    Raises DataError with everything that is wrong, InputError for a format that cannot be read.
    """
    return incoming.together(incoming.read(s.content, s.name, s.format, catalogue, base, known) for s in sources)


def of_file(name: str) -> Source:
    """A file named on a command line; '-' is standard input, and Turtle."""
    if name == "-":
        return Source(sys.stdin.buffer.read(), "(standard input)", "ttl")
    return Source(Path(name), name)


def people(workspace: Workspace) -> dict[str, str]:
    """The people and functions that are recorded: by id and by label, as names are compared."""
    found: dict[str, str] = {}
    view = workspace.store.view()
    for iri in sorted(workspace.store.of_class(AGENT)):
        labels = sorted(text_of(t.object) for t in view.by_predicate(ox.NamedNode(iri)).get(LABEL, ()))
        for name in (naming.shortened(workspace, iri), *labels):
            found.setdefault(folded_name(name), iri)
    return found
