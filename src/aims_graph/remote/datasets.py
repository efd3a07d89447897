"""The dataset that questions read, put at a server: one graph of law and standards, one of what holds on a day.

The name of each says what is in it, by a hash of all that it is made from, so a graph never changes: it is put there
once, whoever asks and however many programs and organisations share the server, and nobody reads the graph of a day of
records that it does not have itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

import pyoxigraph as ox

from aims_graph.errors import OutputError
from aims_graph.graph import ASSERTED, DERIVED, RECORDS
from aims_graph.queries import Question, Table, bind
from aims_graph.remote.binding import bound
from aims_graph.remote.server import Server
from aims_graph.sparql_text import escape_dots
from aims_graph.vocab import GRAPH

LAW, DAY, MARKS = f"{GRAPH}server/law/", f"{GRAPH}server/day/", f"{GRAPH}server/marks"
KEPT = 64  # graphs of days; the oldest go first, and are put there again when they are asked for
_WHOLE = ox.NamedNode(f"{GRAPH}server/put-whole")  # of a graph: its number among all that were put there
_OF_DAY = (ASSERTED, DERIVED, RECORDS)
TURNS = 3  # at asking while others take graphs away


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
    graphs = (LAW + law, DAY + day)
    text = bound(escape_dots(question.text), values)
    for _ in range(TURNS):
        _put(server, graphs, dataset)
        _, rows = server.select(text, graphs)
        if set(graphs) <= _marked(server).keys():  # else somebody took one away meanwhile
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


def _marked(server: Server) -> dict[str, int]:
    """The graphs that are there as a whole, each with its number."""
    found = server.select(f"SELECT ?g ?n WHERE {{ GRAPH <{MARKS}> {{ ?g {_WHOLE} ?n }} }}")[1]
    return {row["g"].value: int(row["n"].value) for row in found}


def _put(server: Server, graphs: tuple[str, str], dataset: Callable[[], ox.Store]) -> None:
    marked = _marked(server)
    missing = [graph for graph in graphs if graph not in marked]
    if not missing:
        return
    parts: dict[str, list[str]] = {graph: [] for graph in graphs}
    for quad in dataset():
        of_day = isinstance(quad.graph_name, ox.NamedNode) and quad.graph_name.value in _OF_DAY
        parts[graphs[of_day]].append(f"{quad.triple} .\n")
    number = max(marked.values(), default=0)
    for graph in missing:
        server.put(graph, "".join(parts[graph]).encode())
        number += 1
        server.update(f"INSERT DATA {{ GRAPH <{MARKS}> {{ <{graph}> {_WHOLE} {number} }} }}")
        marked[graph] = number
    days = sorted((graph for graph in marked if graph.startswith(DAY)), key=lambda graph: marked[graph])
    for graph in days[:-KEPT]:
        mark = f"DELETE WHERE {{ GRAPH <{MARKS}> {{ <{graph}> {_WHOLE} ?n }} }}"
        server.update(f"{mark} ;\nCLEAR SILENT GRAPH <{graph}>")
