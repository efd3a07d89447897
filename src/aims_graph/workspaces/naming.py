"""Records of a workspace by what people call them, and the version of each."""

from __future__ import annotations

from difflib import get_close_matches
from urllib.parse import quote, unquote

import pyoxigraph as ox

from aims_graph.errors import AmbiguousName, UnknownName
from aims_graph.intake.meanings import SAFE
from aims_graph.intake.written import bracketed
from aims_graph.vocab import DCTERMS, RDF
from aims_graph.workspaces.merging import below
from aims_graph.workspaces.record_store import RecordStore
from aims_graph.workspaces.workspace import Workspace

IDENTIFIER = f"{DCTERMS}identifier"


def record(workspace: Workspace, name: str) -> str:
    """The record (IRI) that a name means: an identifier, the end of an IRI, or an IRI.

    Raises AmbiguousName where several records have the identifier, UnknownName where nothing is called so.
    """
    store = workspace.store
    found = store.named(name) or next((iri for iri in in_full(workspace, name) if store.has(iri)), None)
    if found is None:
        several = sorted({t.subject.value for t in store.using(IDENTIFIER) if _says(t, name)})  # type: ignore[union-attr]
        if len(several) > 1:
            raise AmbiguousName(name, [shortened(workspace, iri) for iri in several])
        raise UnknownName(name, near(workspace, name), "record")
    return found


def near(workspace: Workspace, name: str) -> list[str]:
    """Up to five of the names by which records are called that are written much like a name."""
    store = workspace.store
    by_identifier = {t.subject: t.object.value for t in store.using(IDENTIFIER) if isinstance(t.object, ox.Literal)}
    records = {t.subject for t in store.using(f"{RDF}type") if "#" not in t.subject.value}  # type: ignore[union-attr]
    names = {by_identifier.get(one) or shortened(workspace, one.value) for one in records}  # type: ignore[union-attr]
    return get_close_matches(name, sorted(names), n=5, cutoff=0.6)


def taken_back(workspace: Workspace, name: str) -> str | None:
    """The record (IRI) that a name meant before it was withdrawn; None while a record has the name."""
    meant = in_full(workspace, name)
    if workspace.store.named(name) or any(workspace.store.has(iri) for iri in meant):
        return None
    for triple in workspace.store.triples(withdrawn=True):
        subject = str(triple.subject.value)  # type: ignore[union-attr]
        if subject in meant or (triple.predicate.value == IDENTIFIER and _says(triple, name)):
            return subject
    return None


def in_full(workspace: Workspace, name: str) -> list[str]:
    """The IRIs that a name can be, or be the end of: as readers of files write it, or as it stands."""
    base = workspace.settings.base
    ends = [quote(name, safe=SAFE, errors="replace"), name]
    meant = [name] if "://" in name else [f"{base}{end}" for end in dict.fromkeys(ends)]
    return [iri for iri in meant if bracketed(f"<{iri}>") and _is_iri(iri)]


def _is_iri(text: str) -> bool:
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return True


def shortened(workspace: Workspace, iri: str) -> str:
    """What a record is called where it has no identifier: its IRI without what all IRIs of the workspace begin with."""
    return unquote(iri.removeprefix(workspace.settings.base))


def version(store: RecordStore, iri: str) -> int | None:
    """The log entry that changed a record, or what lies below it, last; None for what was never written."""
    nodes = {iri, *(t.subject.value for t in below(ox.NamedNode(iri), store.view()))}  # type: ignore[union-attr]
    return max((v for node in nodes if (v := store.version(node)) is not None), default=None)


def _says(triple: ox.Triple, text: str) -> bool:
    return isinstance(triple.object, ox.Literal) and triple.object.value == text
