"""One person's query over one dataset, in the worker that holds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from aims_graph.errors import QueryError
from aims_graph.queries import reason
from aims_graph.sparql_text import escape_dots, names_dataset, refuse_dangerous
from aims_graph_api.query_pool import results
from aims_graph_api.query_pool.channel import Message


@dataclass(frozen=True)
class Held:
    """The dataset of one organisation, or of none: its store, and which graphs of it are law and standards."""

    store: ox.Store
    prefixes: dict[str, str]
    law: frozenset[str]

    @property
    def graphs(self) -> frozenset[str]:
        """The names of all graphs that have one."""
        return frozenset(name.value for name in self.store.named_graphs() if isinstance(name, ox.NamedNode))

    def named(self, graphs: Sequence[str]) -> list[ox.NamedNode]:
        """These graphs; one that is not in the dataset holds nothing, and is fetched from nowhere."""
        return [ox.NamedNode(graph) for graph in graphs]


@contextmanager
def parsing(what: str) -> Iterator[None]:
    """Tell of the engine's errors as errors of the query."""
    try:
        yield
    except (SyntaxError, ValueError, RuntimeError) as error:
        raise QueryError(f"not a valid {what}: {reason(error)}.") from error


def query(held: Held, order: dict[str, Any]) -> Message:
    """Answer a query; the head says of what form the result is.

    Raises QueryError for one that is not valid, ForbiddenQuery for what it may not reach, results.TooMuch.
    """
    text = order["text"]
    refuse_dangerous(text, held.graphs or ("",), held.prefixes)
    with parsing("query"):
        found = held.store.query(escape_dots(text), prefixes=held.prefixes, **_dataset(held, order))
        body = results.written(found, order["media_type"], held.prefixes, order["rows"], order["bytes"])
    return {"form": results.form(found)}, body


def _dataset(held: Held, order: dict[str, Any]) -> dict[str, Any]:
    """The graphs a query reads: those of the request, else those its text names, else all of them as one."""
    default, named = order["default_graphs"], order["named_graphs"]
    if default is None and named is None:
        return {"use_default_graph_as_union": not names_dataset(order["text"])}
    return {"default_graph": held.named(default or ()), "named_graphs": held.named(named or ())}
