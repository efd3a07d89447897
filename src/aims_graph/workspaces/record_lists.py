"""The records of a workspace as a list: filtered, sorted, a page at a time, and no more of each than the list shows."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox

from aims_graph.catalogue import Catalogue
from aims_graph.errors import InputError
from aims_graph.intake.forms import language
from aims_graph.intake.terms import IDENTIFIER, LABEL, TYPE, Terms, near, or_list
from aims_graph.turtle import text_of
from aims_graph.vocab import AIMS
from aims_graph.workspaces import naming
from aims_graph.workspaces.workspace import Workspace

STATE: Final = f"{AIMS}state"
SORTS: Final = ("id", "identifier", "kind", "label", "state")
Key = tuple[str, str]  # what a record is sorted by, and its IRI


@dataclass(frozen=True)
class Row:
    """One record in a list; what it does not have is None."""

    id: str  # its IRI without what all IRIs of the workspace begin with
    iri: str
    kind: str
    identifier: str | None
    label: str | None
    state: str | None
    version: int | None


@dataclass(frozen=True)
class Wanted:
    """Which records, in which order, how many, and after which."""

    kind: str | None = None
    state: str | None = None
    text: str | None = None  # in id, identifier or label
    sort: str = "id"
    descending: bool = False
    most: int = 50
    after: Key | None = None


def listed(workspace: Workspace, catalogue: Catalogue, wanted: Wanted) -> tuple[list[Row], Key | None]:
    """A page of records, and the key of its last where more follow.

    Parts of a record, whose IRIs go on from its own, are shown in it and not in the list. Raises InputError for a
    kind or state that is none.
    """
    found = _List(workspace, language(catalogue.files)[0])
    keys = found.keys(wanted)
    if wanted.after is not None:
        after = wanted.after
        keys = (k for k in keys if (k < after if wanted.descending else k > after))
    pick = heapq.nlargest if wanted.descending else heapq.nsmallest
    page = pick(wanted.most + 1, keys)
    shown = page[: wanted.most]
    return [found.row(iri) for _, iri in shown], shown[-1] if len(page) > wanted.most else None


def row_json(row: Row) -> dict[str, Any]:
    """A record of a list as JSON."""
    return {
        "id": row.id,
        "iri": row.iri,
        "kind": row.kind,
        "identifier": row.identifier,
        "label": row.label,
        "state": row.state,
        "version": row.version,
    }


class _List:
    """Reads what a list needs from the store of a workspace."""

    def __init__(self, workspace: Workspace, terms: Terms) -> None:
        self.workspace, self.store, self.terms = workspace, workspace.store, terms
        self.view = workspace.store.view()
        prop = terms.properties.get("state")
        self.states = terms.choices.get(prop.range or "", {}) if prop is not None else {}

    def keys(self, wanted: Wanted) -> Iterator[Key]:
        """The keys of all records that are wanted, in no order."""
        value = self.values(wanted.sort)
        state, with_text = self.with_state(wanted.state), self.with_text(wanted.text)
        for iri, kind in self.records(wanted.kind):
            if (state is None or iri in state) and (with_text is None or iri in with_text or self.named(iri, wanted)):
                said = {"id": self.name(iri), "kind": kind}.get(wanted.sort)
                yield (value.get(iri, "") if said is None else said), iri

    def records(self, kind: str | None) -> Iterator[tuple[str, str]]:
        """(IRI, kind) of each record that is no part of another."""
        found: dict[str, str] = {}
        for iri, name in self.typed(kind):
            if iri not in found and not self.is_part(iri):
                found[iri] = name
                yield iri, name

    def typed(self, kind: str | None) -> Iterator[tuple[str, str]]:
        if kind is None:
            for triple in self.store.using(TYPE):
                if (name := self.terms.kinds.get(text_of(triple.object))) is not None:
                    yield text_of(triple.subject), name
            return
        names = {name.casefold(): name for name in self.terms.classes}
        known = names.get(kind.casefold())
        if known is None:
            hint = near(kind, self.terms.classes)
            fix = f"Did you mean {or_list(hint)}?" if hint else f"Use one of: {', '.join(self.terms.classes)}."
            raise InputError(f"'{kind}' is no kind of record. {fix}")
        yield from ((iri, known) for iri in self.store.of_class(self.terms.classes[known]))

    def is_part(self, iri: str) -> bool:
        """Whether a record's IRI goes on from that of another."""
        base = self.workspace.settings.base
        above = iri.rpartition("/")[0]
        return above.startswith(base) and len(above) > len(base) and self.store.has(above)

    def with_state(self, state: str | None) -> set[str] | None:
        """The records in a state; None where any will do."""
        if state is None:
            return None
        prop = self.terms.properties["state"]
        wanted = self.terms.value(prop.range, state)
        if wanted is None:
            raise InputError(f"'{state}' is no state of a record. Use one of: {', '.join(self.states)}.")
        return {text_of(t.subject) for t in self.store.using(STATE) if text_of(t.object) == wanted}

    def with_text(self, text: str | None) -> set[str] | None:
        """The records with a text in identifier or label; None where any will do."""
        if text is None:
            return None
        folded = text.casefold()
        said = (t for prop in (IDENTIFIER, LABEL) for t in self.store.using(prop))
        return {text_of(t.subject) for t in said if folded in text_of(t.object).casefold()}

    def named(self, iri: str, wanted: Wanted) -> bool:
        return wanted.text is None or wanted.text.casefold() in self.name(iri).casefold()

    def values(self, sort: str) -> dict[str, str]:
        """What records are sorted by: the least value of each; none where id or kind say it."""
        prop = {"identifier": IDENTIFIER, "label": LABEL, "state": STATE}.get(sort)
        found: dict[str, str] = {}
        for triple in self.store.using(prop) if prop is not None else ():
            subject, value = text_of(triple.subject), text_of(triple.object)
            found[subject] = min(value, found.get(subject, value))
        return found

    def name(self, iri: str) -> str:
        return naming.shortened(self.workspace, iri)

    def row(self, iri: str) -> Row:
        """One record as the list shows it."""
        about = self.view.by_predicate(ox.NamedNode(iri))
        said = {
            prop: min((text_of(t.object) for t in about.get(prop, ())), default=None) for prop in (IDENTIFIER, LABEL)
        }
        kinds = sorted(k for t in about.get(TYPE, ()) if (k := self.terms.kinds.get(text_of(t.object))) is not None)
        state = min((text_of(t.object) for t in about.get(STATE, ())), default=None)
        shown = next((name for name, value in self.states.items() if value == state), None)
        version = naming.version(self.store, iri)
        return Row(self.name(iri), iri, kinds[0], said[IDENTIFIER], said[LABEL], shown, version)
