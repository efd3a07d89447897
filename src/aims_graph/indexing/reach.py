"""How far claims reach beyond their own edition: those that mapping rows carry, and that people are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aims_graph.catalogue import Catalogue
from aims_graph.indexing.index import Best, Index
from aims_graph.model import Mapping as Row
from aims_graph.vocab import NO_TERM_FOUND


def starts(index: Index) -> tuple[str, ...]:
    """The provisions that people ask about: those that can start a claim, except in what only joins others."""
    provisions, common = index.catalogue.provisions, index.catalogue.common
    return tuple(s for s in index.starts if provisions[s].edition not in common)


def beyond(catalogue: Catalogue, start: str, claims: Mapping[str, Best]) -> dict[str, Best]:
    """Those claims of one start that are on provisions of another edition, what only joins others left out."""
    silent = catalogue.common | {catalogue.provisions[start].edition}
    return {name: best for name, best in claims.items() if catalogue.provisions[name].edition not in silent}


def together(catalogue: Catalogue, row: Row) -> tuple[Row, ...]:
    """The rows that state one thing: those of its joint group, else the row alone."""
    if row.joint is None:
        return (row,)
    return next((j.rows for j in catalogue.joints_at.get(row.subject, ()) if row in j.rows), (row,))


def ends(rows: Iterable[Row]) -> frozenset[str]:
    """The provisions that rows touch."""
    return frozenset(end for row in rows for end in (row.subject, row.object)) - {NO_TERM_FOUND}
