"""The store of a workspace, on disk or at a server: the organisation's records, and what is kept to go on from.

It only ever follows the audit log: it can be behind it, and is then brought up to date, but never ahead.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from aims_graph.errors import InputError, OutputError
from aims_graph.turtle import Term
from aims_graph.vocab import DCTERMS, GRAPH, RDF, XSD
from aims_graph.workspaces.auditlog import Entry
from aims_graph.workspaces.sparql_store import SparqlStore
from aims_graph.workspaces.statehash import StateHash

BOOKS = ox.NamedNode(f"{GRAPH}workspace/books")  # what this store has taken up, and the version of each record
FINDINGS = ox.NamedNode(f"{GRAPH}workspace/findings")
_WORKSPACE = ox.NamedNode(f"{GRAPH}workspace")
_ENTRY = ox.NamedNode(f"{GRAPH}workspace/entry")  # the log entry that wrote something last
_SUM = ox.NamedNode(f"{GRAPH}workspace/sum")
_SEAL = ox.NamedNode(f"{GRAPH}workspace/seal")  # of the entry that a server took up last: whose records it holds
_IDENTIFIER = ox.NamedNode(f"{DCTERMS}identifier")
_BROKEN = ox.NamedNode(f"{GRAPH}workspace/breaks-rule")
_INTEGER = ox.NamedNode(f"{XSD}integer")
_FORGOTTEN = (_WORKSPACE.value, _WORKSPACE.value)  # stands for findings that were not found anew after a change
Findings = tuple[Iterable[tuple[str, str]], Iterable[tuple[str, str]]]  # (rule, node): mended, and broken anew
UNWRITABLE = (OSError, RuntimeError)  # what the store raises where its files fail it, or are not as it left them
FLUSHED_EVERY = 1_000  # entries: what a store on disk still holds in memory stays small
AT_ONCE = 20_000  # statements of a change that still go in one transaction
OWN = "urn:aims-graph:"  # addresses that nothing outside begins with
KEY = f"{OWN}key:"
FEW = 20  # nodes that are asked for one by one
Held = ox.Store | SparqlStore


@dataclass
class StoreView:
    """The statements of one graph, each node read from the store once."""

    store: Held
    graph: ox.NamedNode
    _of: dict[Term, tuple[ox.Triple, ...]] = field(default_factory=dict)
    _by: dict[Term, Mapping[str, list[ox.Triple]]] = field(default_factory=dict)
    _to: dict[tuple[Term, str | None], tuple[ox.Triple, ...]] = field(default_factory=dict)

    def of(self, subject: Term) -> tuple[ox.Triple, ...]:
        """The statements about a node."""
        found = self._of.get(subject)
        if found is None:
            if isinstance(subject, ox.NamedNode | ox.BlankNode):
                found = tuple(q.triple for q in self.store.quads_for_pattern(subject, None, None, self.graph))
            else:
                found = ()
            self._of[subject] = found
        return found

    def by_predicate(self, subject: Term) -> Mapping[str, list[ox.Triple]]:
        """The same, by predicate."""
        found = self._by.get(subject)
        if found is None:
            found = self._by[subject] = grouped(self.of(subject))
        return found

    def to(self, value: Term, predicate: str | None) -> tuple[ox.Triple, ...]:
        """The statements with this object, of one predicate or of any."""
        key = (value, predicate)
        found = self._to.get(key)
        if found is None:
            link = None if predicate is None else ox.NamedNode(predicate)
            quads = self.store.quads_for_pattern(None, link, value, self.graph)
            found = self._to[key] = tuple(q.triple for q in quads)
        return found


@dataclass
class Overlay:
    """A view after a change that is not made yet."""

    base: StoreView
    added: Iterable[ox.Triple]
    removed: Iterable[ox.Triple]

    def __post_init__(self) -> None:
        self._gone = frozenset(self.removed)
        self._subjects = {t.subject for t in (*self.added, *self._gone)}
        self._of: dict[Term, list[ox.Triple]] = {}
        self._to: dict[Term, list[ox.Triple]] = {}
        for triple in self.added:
            self._of.setdefault(triple.subject, []).append(triple)
            self._to.setdefault(triple.object, []).append(triple)

    def of(self, subject: Term) -> tuple[ox.Triple, ...]:
        """The statements about a node."""
        return self._seen(self.base.of(subject), self._of.get(subject, ()))

    def by_predicate(self, subject: Term) -> Mapping[str, list[ox.Triple]]:
        """The same, by predicate."""
        return grouped(self.of(subject)) if subject in self._subjects else self.base.by_predicate(subject)

    def to(self, value: Term, predicate: str | None) -> tuple[ox.Triple, ...]:
        """The statements with this object."""
        new = [t for t in self._to.get(value, ()) if predicate in (None, t.predicate.value)]
        return self._seen(self.base.to(value, predicate), new)

    def _seen(self, old: tuple[ox.Triple, ...], new: Iterable[ox.Triple]) -> tuple[ox.Triple, ...]:
        return (*(t for t in old if t not in self._gone), *new)


def grouped(triples: Iterable[ox.Triple]) -> dict[str, list[ox.Triple]]:
    """Statements by predicate (IRI)."""
    found: dict[str, list[ox.Triple]] = {}
    for triple in triples:
        found.setdefault(triple.predicate.value, []).append(triple)
    return found


class RecordStore:
    """The store in a folder or at a server. `graph` names the organisation's records, `withdrawn` those taken back.

    `unnamed` stands for its graph without a name; all other graphs but the `books` it names itself.
    """

    books = (BOOKS, FINDINGS)

    def __init__(self, place: Path | SparqlStore, graph: str, read_only: bool = False) -> None:
        self.graph, self.withdrawn = ox.NamedNode(graph), ox.NamedNode(f"{graph}withdrawn")
        self.unnamed = ox.NamedNode(f"{graph}unnamed")
        self.store: Held
        if isinstance(place, SparqlStore):
            self.store = place
            return
        try:
            self.store = ox.Store.read_only(str(place)) if read_only else ox.Store(str(place))
        except UNWRITABLE as error:
            raise OutputError(
                f"the store '{place}' cannot be opened ({error}). Run 'aims-graph doctor' on the workspace."
            ) from error

    def view(self) -> StoreView:
        """The records as they are now; it does not see later writes."""
        return StoreView(self.store, self.graph)

    @property
    def number(self) -> int:
        """The log entry that the store has taken up last; 0 for none."""
        return self._number(_WORKSPACE) or 0

    @property
    def state(self) -> StateHash:
        """The hash of all statements of the workspace."""
        found = self._value(_WORKSPACE, _SUM)
        return StateHash() if found is None else StateHash.load(found)

    def check(self, seal: str | None) -> None:
        """InputError if a server has taken up another entry than the one with this seal (None: none) as its last."""
        if isinstance(self.store, SparqlStore) and self._value(_WORKSPACE, _SEAL) != seal:
            raise InputError(
                f"the SPARQL server holds other records under '{self.graph.value}' than this workspace has written: "
                "those of another workspace with the same base, or of a log whose end was cut off. Use a server of its "
                "own, or put the records of this log there in their place: aims-graph doctor DIR --rebuild"
            )

    def version(self, record: str) -> int | None:
        """The log entry that changed a record last."""
        return self._number(ox.NamedNode(record))

    def with_key(self, key: str) -> int | None:
        """The log entry that was written for a request."""
        return self._number(_key(key))

    def _number(self, node: ox.NamedNode) -> int | None:
        found = self._value(node, _ENTRY)
        return None if found is None else int(found)

    def _value(self, node: ox.NamedNode, prop: ox.NamedNode) -> str | None:
        found = next(iter(self.store.quads_for_pattern(node, prop, None, BOOKS)), None)
        return None if found is None else str(found.object.value)  # type: ignore[union-attr]

    def quads(self) -> Iterator[ox.Quad]:
        """All that the log speaks of: the records, those taken back included, and the graphs beside them."""
        for graph in self.store.named_graphs():
            if graph not in self.books:
                yield from self.store.quads_for_pattern(None, None, None, graph)

    def triples(self, withdrawn: bool = False) -> Iterator[ox.Triple]:
        """The records, or those taken back."""
        graph = self.withdrawn if withdrawn else self.graph
        return (q.triple for q in self.store.quads_for_pattern(None, None, None, graph))

    def named(self, identifier: str) -> str | None:
        """The record (IRI) with an identifier, if it is one record's alone."""
        found = self.store.quads_for_pattern(None, _IDENTIFIER, ox.Literal(identifier), self.graph)
        names = sorted({q.subject.value for q in found})  # type: ignore[union-attr]
        return names[0] if len(names) == 1 else None

    def identifier(self, record: str) -> str | None:
        """The identifier people use for a record."""
        quads = self.store.quads_for_pattern(ox.NamedNode(record), _IDENTIFIER, None, self.graph)
        return min((q.object.value for q in quads), default=None)  # type: ignore[union-attr]

    def has(self, record: str) -> bool:
        """Whether anything is stated of a record."""
        return next(iter(self.store.quads_for_pattern(ox.NamedNode(record), None, None, self.graph)), None) is not None

    def about(self, kind: str) -> list[ox.Triple]:
        """The statements about the records of a class (IRI)."""
        return [t for record in self.of_class(kind) for t in self.view().of(ox.NamedNode(record))]

    def of_class(self, kind: str) -> Iterator[str]:
        """The records of a class (IRI)."""
        rdf_type = ox.NamedNode(f"{RDF}type")
        for quad in self.store.quads_for_pattern(None, rdf_type, ox.NamedNode(kind), self.graph):
            yield quad.subject.value  # type: ignore[union-attr]

    def records(self) -> Iterator[str]:
        """All that anything is stated of, each once."""
        last = None
        for quad in self.store.quads_for_pattern(None, None, None, self.graph):  # a store keeps its subjects together
            if quad.subject != last:
                last = quad.subject
                yield last.value  # type: ignore[union-attr]

    def using(self, prop: str) -> Iterator[ox.Triple]:
        """The statements of one property."""
        return (q.triple for q in self.store.quads_for_pattern(None, ox.NamedNode(prop), None, self.graph))

    # -- following the log -------------------------------------------------------------

    def take(self, entry: Entry, findings: Findings | None = None) -> None:
        """Take up the entry that follows, and what it does to the findings; without them, all findings are forgotten.

        UNWRITABLE if it cannot be written, and nothing is taken up then or a part. A part that was taken up before is
        no hindrance: what an entry adds is there afterwards, what it removes is not.
        """
        state = self.state.changed(entry.change.added, entry.change.removed)
        gone, new = entry.change.removed, entry.change.added
        if isinstance(self.store, SparqlStore):
            self._turn_over_there(self.store, entry, state, findings)
            return
        if len(gone) + len(new) <= AT_ONCE:
            self._turn_over(entry, state, findings, gone, new)
        else:
            for quad in parsed(gone):
                self.store.remove(quad)
            self.store.bulk_extend(parsed(new))
            self._turn_over(entry, state, findings)
        if entry.number % FLUSHED_EVERY == 0:
            with suppress(*UNWRITABLE):  # nothing is lost by it, and the next write will say what is wrong
                self.store.flush()

    def _turn_over(
        self,
        entry: Entry,
        state: StateHash,
        findings: Findings | None,
        gone: Iterable[str] = (),
        new: Iterable[str] = (),
    ) -> None:
        """Statements, books and findings in one transaction, so that a reader after a crash sees all or none."""
        first = f"CLEAR SILENT GRAPH {FINDINGS} ; " if findings is None else ""
        mended, broken = findings or ((), (_FORGOTTEN,))
        removed = [*gone, *self._old_books(entry), *map(_finding, mended)]
        books = _books(entry, self.changed(entry), state)
        assert isinstance(self.store, ox.Store)
        self.store.update(first + _update(removed, [*new, *books, *map(_finding, broken)]))

    def _turn_over_there(self, store: SparqlStore, entry: Entry, state: StateHash, findings: Findings | None) -> None:
        """The same at a server, where a crash may leave a part: the books come last, so that it is taken up again."""
        mended, broken = findings or ((), (_FORGOTTEN,))
        old = list(parsed(self._old_books(entry)))
        seal = ox.Quad(_WORKSPACE, _SEAL, ox.Literal(entry.seal), BOOKS)
        store.turn_over(
            list(parsed([*entry.change.removed, *map(_finding, mended)])),
            list(parsed([*entry.change.added, *map(_finding, broken)])),
            (old, [*parsed(_books(entry, self.changed(entry), state)), seal]),
            FINDINGS if findings is None else None,
        )

    def _old_books(self, entry: Entry) -> list[str]:
        nodes = [_WORKSPACE, *(ox.NamedNode(s) for s in self.changed(entry))]
        if isinstance(self.store, SparqlStore) and len(nodes) > FEW:
            wanted = set(nodes)
            return [line(q) for q in self.store.quads_for_pattern(None, None, None, BOOKS) if q.subject in wanted]
        return [line(q) for n in nodes for q in self.store.quads_for_pattern(n, None, None, BOOKS)]

    def changed(self, entry: Entry) -> tuple[str, ...]:
        """The records (IRIs) that an entry changes or takes back, sorted."""
        lines = (*entry.change.added, *entry.change.removed)
        return tuple(sorted({text[1 : text.index(">")] for text in lines if self.speaks_of_records(text)}))

    def speaks_of_records(self, text: str) -> bool:
        """Whether a line of N-Quads is of the records, or of those taken back."""
        return text.endswith((f" {self.graph} .", f" {self.withdrawn} ."))

    def flush(self) -> None:
        """Put all that was taken up on disk."""
        self.store.flush()

    def copy(self, folder: Path) -> None:
        """Copy the store to a new folder, as it is now."""
        self.store.backup(str(folder))

    # -- findings ----------------------------------------------------------------------

    def broken(self, node: str) -> tuple[str, ...]:
        """The rules (IRIs) that a record was last found to break."""
        found = self.store.quads_for_pattern(ox.NamedNode(node), _BROKEN, None, FINDINGS)
        return tuple(sorted(q.object.value for q in found))  # type: ignore[union-attr]

    def all_broken(self) -> tuple[tuple[str, str], ...]:
        """(rule, node) of everything that was last found."""
        quads = self.store.quads_for_pattern(None, _BROKEN, None, FINDINGS)
        return tuple(sorted((q.object.value, q.subject.value) for q in quads))  # type: ignore[union-attr]

    @property
    def findings_known(self) -> bool:
        """Whether the kept findings are of the records as they are now."""
        return ox.Quad(_WORKSPACE, _BROKEN, _WORKSPACE, FINDINGS) not in self.store


def line(quad: ox.Quad) -> str:
    """A statement as one line of N-Quads."""
    return f"{quad} ."


def parsed(lines: Iterable[str]) -> Iterator[ox.Quad]:
    """The statements of lines of N-Quads."""
    text = "\n".join(lines).encode()
    return iter(ox.parse(input=text, format=ox.RdfFormat.N_QUADS))


def _key(key: str) -> ox.NamedNode:
    return ox.NamedNode(KEY + hashlib.sha256(key.encode()).hexdigest())


def _books(entry: Entry, changed: Iterable[str], state: StateHash) -> list[str]:
    """What is kept of an entry: its number, for each record it changed too, and the hash of the whole."""
    number = ox.Literal(str(entry.number), datatype=_INTEGER)
    nodes = [_WORKSPACE, *(ox.NamedNode(s) for s in changed)] + ([_key(entry.key)] if entry.key else [])
    kept = [ox.Quad(node, _ENTRY, number, BOOKS) for node in nodes]
    return [line(q) for q in (*kept, ox.Quad(_WORKSPACE, _SUM, ox.Literal(state.dump()), BOOKS))]


def _finding(verdict: tuple[str, str]) -> str:
    rule, node = verdict
    return line(ox.Quad(ox.NamedNode(node), _BROKEN, ox.NamedNode(rule), FINDINGS))


def _update(removed: Iterable[str], added: Iterable[str]) -> str:
    return f"DELETE DATA {{ {_data(removed)} }} ; INSERT DATA {{ {_data(added)} }}"


def _data(lines: Iterable[str]) -> str:
    """N-Quads lines as the data of a SPARQL update."""
    graphs: dict[str, list[str]] = {}
    for quad in parsed(lines):
        graphs.setdefault(str(quad.graph_name), []).append(f"{quad.triple} .")
    return " ".join(f"GRAPH {name} {{ {' '.join(triples)} }}" for name, triples in graphs.items())
