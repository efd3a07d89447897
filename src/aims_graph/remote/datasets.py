"""The dataset that questions read, put at a server: one graph of law and standards, one of what holds on a day.

The name of each says what is in it, by a hash of all that it is made from, so what is in it never changes and nobody
reads the graph of a day of records that it does not have itself. Whoever puts a graph there gives it a name of its own
below that: two programs that find it missing never write into one graph, which would be empty for a while to those who
read it. It is read only after the server has been seen to hold all of it.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from aims_graph.errors import OutputError
from aims_graph.graph import ASSERTED, DERIVED, RECORDS
from aims_graph.queries import Question, Table, bind
from aims_graph.remote.binding import bound
from aims_graph.remote.paths import followed
from aims_graph.remote.server import Server
from aims_graph.sparql_text import escape_dots
from aims_graph.vocab import GRAPH

LAW, DAY, MARKS = f"{GRAPH}server/law/", f"{GRAPH}server/day/", f"{GRAPH}server/marks"
KEPT = {LAW: 8, DAY: 64}  # graphs; the oldest go first, and are put there again when they are asked for
_BEGUN = ox.NamedNode(f"{GRAPH}server/put-begun")  # of a graph: its number among all that were put there
_WHOLE = ox.NamedNode(f"{GRAPH}server/put-whole")  # the same number, once all of it is there
_OF_DAY = (ASSERTED, DERIVED, RECORDS)
TURNS = 3  # at asking while others take graphs away
LOOKS = (0.0, 0.1, 0.5, 2.0)  # seconds before a graph that was put there is looked at, and looked at again


@dataclass(frozen=True)
class _Marks:
    """What the server is told of the graphs at it: their numbers, and which of them are there as a whole."""

    begun: Mapping[str, int]
    whole: frozenset[str]

    def of(self, start: str) -> str | None:
        """The graph to read for a name, of those that several programs may have put there."""
        found = sorted((self.begun[graph], graph) for graph in self.whole if graph.startswith(f"{start}/"))
        return found[0][1] if found else None

    def oldest(self, kind: str) -> list[str]:
        """The graphs of a kind that are no longer kept."""
        found = sorted((number, graph) for graph, number in self.begun.items() if graph.startswith(kind))
        return [graph for _, graph in found[: -KEPT[kind]]]


def name(parts: Iterable[str]) -> str:
    """The end of a graph's name, from what it is made of."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]


def ask(
    server: Server,
    law: str,
    day: str,
    dataset: Callable[[], ox.Store],
    question: Question,
    values: dict[str, ox.NamedNode | ox.Literal],
) -> Table:
    """Ask a saved question at a server, of two graphs by their `name`; they are put there first where they are not.

    Raises what `bind` raises, and OutputError where the server fails.
    """
    bind(question, values)
    text = bound(escape_dots(question.text), values)
    for _ in range(TURNS):
        graphs = _there(server, (LAW + law, DAY + day), dataset)
        _, rows = server.select(followed(server, text, graphs), graphs)
        if set(graphs) <= _marks(server).whole:  # else somebody took one away meanwhile
            break
    else:
        raise OutputError(f"graphs are taken away from '{server.address.query}' while they are read. Ask again.")
    columns = _columns(question)
    return Table(columns, tuple(tuple(values.get(c, row.get(c)) for c in columns) for row in rows))


def _columns(question: Question) -> tuple[str, ...]:
    """The columns of a question, in its order."""
    found = ox.Store().query(escape_dots(question.text))
    assert isinstance(found, ox.QuerySolutions)
    return tuple(v.value for v in found.variables)


def _marks(server: Server) -> _Marks:
    begun: dict[str, int] = {}
    whole: set[str] = set()
    for row in server.select(f"SELECT ?g ?p ?n WHERE {{ GRAPH <{MARKS}> {{ ?g ?p ?n }} }}")[1]:
        begun[row["g"].value] = int(row["n"].value)
        if row["p"] == _WHOLE:
            whole.add(row["g"].value)
    return _Marks(begun, frozenset(whole))


def _there(server: Server, starts: tuple[str, str], dataset: Callable[[], ox.Store]) -> tuple[str, ...]:
    """The graphs of two names, which are put there where they are not."""
    marks = _marks(server)
    found = {start: marks.of(start) for start in starts}
    if None in found.values():
        parts: dict[str, list[ox.Triple]] = {start: [] for start in starts}
        for quad in dataset():
            of_day = isinstance(quad.graph_name, ox.NamedNode) and quad.graph_name.value in _OF_DAY
            parts[starts[of_day]].append(quad.triple)
        number = max(marks.begun.values(), default=0)
        for start in starts:
            if found[start] is None:
                number += 1
                found[start] = _put(server, start, number, parts[start])
        _tidy(server)
    return tuple(graph for graph in found.values() if graph is not None)


def _put(server: Server, start: str, number: int, triples: Sequence[ox.Triple]) -> str:
    """Put a graph there, and say that it is there once it is; ServerFailed where it does not come to be."""
    graph = f"{start}/{secrets.token_hex(8)}"
    server.update(f"INSERT DATA {{ GRAPH <{MARKS}> {{ <{graph}> {_BEGUN} {number} }} }}")
    server.put(graph, "".join(f"{triple} .\n" for triple in triples).encode())
    links = len({triple for triple in triples if isinstance(triple.object, ox.NamedNode)})  # no server rewrites these
    count = f"SELECT (COUNT(*) AS ?n) WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o FILTER(isIRI(?o)) }} }}"
    for pause in LOOKS:
        time.sleep(pause)
        if server.select(count)[1][0]["n"].value == str(links):
            break
    else:
        raise OutputError(f"'{server.address.graph_store}' holds other statements than it was sent. See its log.")
    server.update(f"INSERT DATA {{ GRAPH <{MARKS}> {{ <{graph}> {_WHOLE} {number} }} }}")
    return graph


def _tidy(server: Server) -> None:
    """Take the oldest graphs away, also what a program that ended half-way left, and no graph of anything else."""
    marks = _marks(server)
    for graph in (*marks.oldest(LAW), *marks.oldest(DAY)):
        gone = f"DELETE WHERE {{ GRAPH <{MARKS}> {{ <{graph}> ?p ?n }} }}"
        server.update(f"{gone} ;\nCLEAR SILENT GRAPH <{graph}>")
