"""What follows for every provision, as plain statements that questions in SPARQL can use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context
from aims_graph.errors import InputError
from aims_graph.guards import travels_as
from aims_graph.indexing.index import Index
from aims_graph.model import ANY_CLASS
from aims_graph.relations import Degree, Edge, Relation, transfer


def covers(catalogue: Catalogue, context: Context) -> dict[str, tuple[str, ...]]:
    """For each provision that can start a question, what is full when it is, itself included: `strm:covers`.

    For no role or system class in particular; texts not in force on the day are left out. What a question reads here
    is taken for all there is: raises InputError where a limit of the search may have left something out.
    """
    open_context = replace(context, roles=frozenset(), system_class=ANY_CLASS, case=None)
    found: dict[str, tuple[str, ...]] = {}
    for start, claims in Index(catalogue, open_context).everything():
        full = {name for name, claim in claims.items() if claim.degree is Degree.FULL}
        if not claims.limited <= full:
            raise InputError(
                f"a limit of the search cut short what '{start}' covers, so no question can rely on it. "
                "Load fewer data folders, or ask what-else, which names what a limit left out."
            )
        found[start] = tuple(sorted(full))
    return found


def asserted(catalogue: Catalogue, context: Context) -> Iterator[tuple[str, str, str]]:
    """(subject, relation, object) ids of every admitted row that relates sets or carries a claim, as it travels."""
    for row in catalogue.mappings:
        known = row.subject in catalogue.provisions and row.object in catalogue.provisions
        if known and row.joint is None and context.admits(row) and _says_something(row.relation):
            yield row.subject, travels_as(catalogue, row, context).value, row.object


def _says_something(relation: Relation) -> bool:
    """Whether a relation is one of sets, or support strong enough to carry a full claim one way or the other."""
    ways = (Edge(relation.value), Edge(relation.converse.value))
    return relation.is_set_relation or any(transfer(way, Degree.FULL) >= Degree.PARTIAL for way in ways)
