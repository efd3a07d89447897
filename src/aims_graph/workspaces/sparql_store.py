"""The graphs of one organisation in a SPARQL server, seen as a store: it holds what a workspace's own store would.

Many organisations may share a server. All graphs of one have names that begin with the base of its records, so that
none can name a graph of another. A server may write values in its own way: what would come back changed is put there
as text that holds the term as it was written, so that what is read is what the log says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pyoxigraph as ox

from aims_graph.remote.server import Server, graph_names
from aims_graph.vocab import RDF, XSD

AT_ONCE = 500  # statements of one request: servers limit how long a request may be
BESIDE = "aims-graph/"  # all graphs but that of the records, below the base
AS_WRITTEN = ox.NamedNode("urn:aims-graph:as-written")  # datatype of a text that is a term in N-Triples
_KEPT = {  # datatypes whose values come back as they were written, where they look so
    f"{XSD}string": re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f]*"),
    f"{XSD}date": re.compile(r"[12]\d{3}-\d\d-\d\d"),
    f"{XSD}integer": re.compile(r"-?\d{1,15}"),
}
_IS_QUOTED = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*%3A[^/]*")  # the address of a graph, with every slash quoted
_TAG = re.compile(r"[a-z]{2,3}")
Pattern = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | ox.DefaultGraph | None


class SparqlStore:
    """The graphs of one organisation at a server, with the part of an embedded store's ways that a workspace needs."""

    def __init__(self, server: Server, base: str) -> None:
        self.server, self.base = server, base
        self._beside = f"{base}{BESIDE}"

    def quads_for_pattern(self, subject: Any, predicate: Any, object: Any, graph: Any) -> Iterator[ox.Quad]:
        """The statements that fit, in one graph; ServerFailed where the server does not answer."""
        ends = {"s": subject, "p": predicate, "o": None if object is None else _sent(object)}
        shown = " ".join(f"?{name}" if end is None else str(end) for name, end in ends.items())
        free = " ".join(f"?{name}" for name, end in ends.items() if end is None) or "(1 AS ?one)"
        text = f"SELECT {free} WHERE {{ GRAPH {self._name(graph)} {{ {shown} }} }}"
        _, rows = self.server.select(text)
        rows.sort(key=lambda row: str(row.get("s", "")))  # statements of one subject together, as an own store has them
        for row in rows:
            found = {name: row.get(name, end) for name, end in ends.items()}
            yield ox.Quad(found["s"], found["p"], _read(found["o"]), graph)

    def __contains__(self, quad: ox.Quad) -> bool:
        return any(self.quads_for_pattern(quad.subject, quad.predicate, quad.object, quad.graph_name))

    def named_graphs(self) -> Iterator[ox.NamedNode]:
        """The graphs that hold something, by the names that the organisation knows."""
        for name in sorted(graph_names(self.server, self.base)):
            if name == self.base:
                yield ox.NamedNode(name)
            elif _IS_QUOTED.fullmatch(name.removeprefix(self._beside)):
                yield ox.NamedNode(unquote(name.removeprefix(self._beside)))

    def extend(self, quads: Iterable[ox.Quad]) -> None:
        """Put statements there, in requests of a size that servers take."""
        for part in _parts(quads):
            self.server.update(self._insert(part))

    bulk_extend = extend

    def remove_all(self, quads: Iterable[ox.Quad]) -> None:
        """Take statements away."""
        for part in _parts(quads):
            self.server.update(self._delete(part))

    def turn_over(
        self,
        gone: Sequence[ox.Quad],
        new: Sequence[ox.Quad],
        books: tuple[Sequence[ox.Quad], Sequence[ox.Quad]],
        cleared: ox.NamedNode | None,
    ) -> None:
        """Take up a change, with the books that tell of it last: a part of it alone is taken up again.

        Where it is small it is one request, which many servers carry out wholly or not at all.
        """
        old, now = books
        steps = [] if cleared is None else [f"CLEAR SILENT GRAPH {self._name(cleared)}"]
        if len(gone) + len(new) + len(old) + len(now) > AT_ONCE:
            if cleared is not None:
                self.server.update(steps.pop())
            self.remove_all(gone)
            self.extend(new)
            self.remove_all(old)
            self.extend(now)
            return
        steps += [self._delete(gone)] if gone else []
        steps += [self._insert(new)] if new else []
        steps += [self._delete(old)] if old else []
        steps += [self._insert(now)] if now else []
        self.server.update(" ;\n".join(steps))

    def clear(self) -> None:
        """Forget every graph of the organisation."""
        for graph in list(self.named_graphs()):
            self.server.update(f"CLEAR SILENT GRAPH {self._name(graph)}")

    def flush(self) -> None:
        """Nothing: a server puts on disk what it acknowledges."""

    def backup(self, folder: str) -> None:
        """Copy all to a store in a new folder."""
        Path(folder).mkdir(parents=True)
        store = ox.Store(folder)
        for graph in list(self.named_graphs()):
            store.bulk_extend(self.quads_for_pattern(None, None, None, graph))
        store.flush()

    # -- names and terms as the server has them ----------------------------------------

    def _name(self, graph: Any) -> ox.NamedNode:
        known: str = graph.value
        return ox.NamedNode(known if known == self.base else self._beside + quote(known, safe=""))

    def _insert(self, quads: Iterable[ox.Quad]) -> str:
        return f"INSERT DATA {{ {self._data(quads)} }}"

    def _delete(self, quads: Iterable[ox.Quad]) -> str:
        return f"DELETE DATA {{ {self._data(quads)} }}"

    def _data(self, quads: Iterable[ox.Quad]) -> str:
        graphs: dict[str, list[str]] = {}
        for quad in quads:
            statement = ox.Triple(quad.subject, quad.predicate, _sent(quad.object))
            graphs.setdefault(str(self._name(quad.graph_name)), []).append(f"{statement} .")
        return " ".join(f"GRAPH {name} {{\n" + "\n".join(lines) + "\n}" for name, lines in graphs.items())


def _sent(term: Any) -> Any:
    """A term as it is put at a server: itself where every server gives it back, or text that holds it."""
    if isinstance(term, ox.NamedNode):
        return term
    if isinstance(term, ox.Literal):
        if term.language is not None and _TAG.fullmatch(term.language) and term.datatype.value == f"{RDF}langString":
            return term
        kept = _KEPT.get(term.datatype.value)
        if term.language is None and kept is not None and kept.fullmatch(term.value):
            return term
    return ox.Literal(str(term), datatype=AS_WRITTEN)


def _read(term: Any) -> Any:
    """What `_sent` was given."""
    if not isinstance(term, ox.Literal) or term.datatype != AS_WRITTEN:
        return term
    (quad,) = ox.parse(input=f"<urn:s> <urn:p> {term.value} .".encode(), format=ox.RdfFormat.N_TRIPLES)
    return quad.object


def _parts(quads: Iterable[ox.Quad]) -> Iterator[list[ox.Quad]]:
    part: list[ox.Quad] = []
    for quad in quads:
        part.append(quad)
        if len(part) == AT_ONCE:
            yield part
            part = []
    if part:
        yield part
