"""What an update would do to the graphs of an organisation, found by doing it in a worker that is thrown away."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from aims_graph.errors import ForbiddenQuery, QueryError
from aims_graph.sparql_text import escape_dots, refuse_dangerous, tokens
from aims_graph_api.query_pool.channel import Message
from aims_graph_api.query_pool.evaluating import Held, parsing
from aims_graph_api.query_pool.results import TooMuch

UNNAMED = "urn:aims-graph:the-unnamed-graph"  # its name while USING has to name it
Token = tuple[str, str]


@dataclass(frozen=True)
class Operation:
    """One operation of an update: the declarations before it, and its own tokens."""

    prologue: str
    tokens: tuple[Token, ...]

    @property
    def text(self) -> str:
        """As the engine reads it."""
        return self.prologue + _joined(self.tokens)

    def words(self) -> list[tuple[int, str]]:
        """(place, word) of every word that is in no brackets."""
        depth, found = 0, []
        for place, (kind, part) in enumerate(self.tokens):
            depth += (kind == "open") - (kind == "close")
            if kind == "word" and depth == 0:
                found.append((place, part.upper()))
        return found


def _joined(parts: Iterable[Token]) -> str:
    return "".join(part for _, part in parts)


def operations(text: str) -> Iterator[Operation]:
    """The operations of an update in turn; declarations hold for all that follow."""
    prologue, pending, depth = "", list[Token](), 0
    for kind, part in [*tokens(text), ("other", ";")]:
        depth += (kind == "open") - (kind == "close")
        if (kind, part) != ("other", ";") or depth > 0:
            pending.append((kind, part))
            continue
        start = _end_of_declarations(pending)
        prologue += _joined(pending[:start])
        if any(k != "comment" and not p.isspace() for k, p in pending[start:]):
            yield Operation(prologue, tuple(pending[start:]))
        pending = []
        depth = 0
    if pending:  # a bracket is open to the end, which the engine will say
        yield Operation(prologue, tuple(pending))


def _end_of_declarations(parts: list[Token]) -> int:
    """Where PREFIX and BASE lines end; they keep their line ends, so that a comment among them ends too."""
    end, expected = 0, 0
    for place, (kind, part) in enumerate(parts):
        if kind == "comment" or part.isspace():
            continue
        if expected == 0:
            expected = {"PREFIX": 3, "BASE": 2}.get(part.upper(), 0) if kind == "word" else 0
            if expected == 0:
                break
        expected -= 1
        if expected == 0:
            end = place + 1
    return end


def update(held: Held, order: dict[str, Any]) -> Message:
    """Which lines of N-Quads an update adds to the organisation's graphs, and which it takes away.

    Raises QueryError for one that is not valid, ForbiddenQuery where it changes law or standards or reaches outside.
    """
    text = order["text"]
    refuse_dangerous(text, AnyGraph(), held.prefixes, updating=True)
    using = None
    if order["default_graphs"] is not None or order["named_graphs"] is not None:
        default, named = held.named(order["default_graphs"] or ()), held.named(order["named_graphs"] or ())
        using = "".join([*(f"USING {g} " for g in default), *(f"USING NAMED {g} " for g in named)])
    for operation in operations(text):
        _check(operation, held)
    before = _dumped(held.store)
    with parsing("update"):
        for operation in operations(text):
            _carry_out(held, operation, using)
    return _difference(before, _dumped(held.store), held.law, order["bytes"])


class AnyGraph:
    """Whatever graph is named, an earlier operation may have made it."""

    def __contains__(self, graph: object) -> bool:
        return True


def _check(operation: Operation, held: Held) -> None:
    """Raise QueryError for what is not valid; it is tried on nothing, where what is valid may fail as well."""
    with parsing("update"), suppress(RuntimeError):
        ox.Store().update(escape_dots(operation.text), prefixes=held.prefixes)


def _carry_out(held: Held, operation: Operation, using: str | None) -> None:
    refuse_dangerous(operation.text, held.graphs or ("",), held.prefixes, updating=True)
    words = operation.words()
    kinds = [word for _, word in words]
    if kinds[:1] in (["CLEAR"], ["DROP"]) and kinds[-1] in ("ALL", "NAMED"):
        _clear(held, kinds[-1] == "ALL")
        return
    reads = kinds[:1] in (["WITH"], ["INSERT"], ["DELETE"]) and "WHERE" in kinds
    if reads and using is not None and ("USING" in kinds or "WITH" in kinds):
        raise QueryError("the request names graphs to read, and so does the update. Name them in one of the two.")
    if not reads or "USING" in kinds or "WITH" in kinds:
        held.store.update(escape_dots(operation.text), prefixes=held.prefixes)
        return
    where = next(place for place, word in words if word == "WHERE")
    if using is not None:
        held.store.update(escape_dots(_reading(operation, where, using)), prefixes=held.prefixes)
        return
    with_unnamed = _name_the_unnamed(held.store)
    graphs = sorted(str(g) for g in held.store.named_graphs() if isinstance(g, ox.NamedNode))
    named = [f"USING NAMED {g} " for g in graphs if g != f"<{UNNAMED}>"]
    all_of_them = "".join([*(f"USING {g} " for g in graphs), *named])
    held.store.update(escape_dots(_reading(operation, where, all_of_them)), prefixes=held.prefixes)
    if with_unnamed:
        held.store.remove_graph(ox.NamedNode(UNNAMED))


def _reading(operation: Operation, where: int, using: str) -> str:
    """The operation with the graphs it reads put before WHERE; DELETE WHERE has its pattern written out for that."""
    first, rest = operation.tokens[:where], operation.tokens[where:]
    if not any(kind == "open" for kind, _ in first):
        first = (*first, *rest[1:])
    return f"{operation.prologue}{_joined(first)}\n{using}{_joined(rest)}"


def _name_the_unnamed(store: ox.Store) -> bool:
    """Give the unnamed graph a name by which USING can name it; whether there is anything in it."""
    unnamed = list(store.quads_for_pattern(None, None, None, ox.DefaultGraph()))
    graph = ox.NamedNode(UNNAMED)
    store.extend(ox.Quad(q.subject, q.predicate, q.object, graph) for q in unnamed)
    return bool(unnamed)


def _clear(held: Held, unnamed: bool) -> None:
    """Empty the organisation's graphs."""
    for graph in list(held.store.named_graphs()):
        if graph.value not in held.law:
            held.store.remove_graph(graph)
    if unnamed:
        held.store.clear_graph(ox.DefaultGraph())


def _dumped(store: ox.Store) -> dict[str, bytes]:
    """Every graph as N-Triples, by its name as N-Quads write it."""
    graphs: list[Any] = [ox.DefaultGraph(), *store.named_graphs()]
    return {
        "" if isinstance(graph, ox.DefaultGraph) else str(graph): store.dump(
            format=ox.RdfFormat.N_TRIPLES, from_graph=graph
        )
        or b""
        for graph in graphs
    }


def _difference(before: dict[str, bytes], after: dict[str, bytes], law: Container[str], most: int) -> Message:
    """The lines that came and went; the order of statements is no part of a graph."""
    added, removed = list[str](), list[str]()
    for graph in sorted({*before, *after}):
        old, new = before.get(graph, b""), after.get(graph, b"")
        there, here = (set(), set()) if old == new else (set(old.splitlines()), set(new.splitlines()))
        if there != here and graph[1:-1] in law:
            raise ForbiddenQuery(f"The update changes {graph}, which is read only. Write to a graph of your own.")
        added += [_in_graph(line, graph) for line in sorted(here - there)]
        removed += [_in_graph(line, graph) for line in sorted(there - here)]
    body = "\n".join([*added, *removed]).encode()
    if len(body) > most:
        raise TooMuch(f"{most} bytes")
    return {"added": len(added), "removed": len(removed)}, body


def _in_graph(line: bytes, graph: str) -> str:
    """A line of N-Triples as one of N-Quads."""
    text = line.decode()
    return f"{text[:-1]}{graph} ." if graph else text
