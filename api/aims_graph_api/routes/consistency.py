"""Checks of the mapping rows themselves: `/review/conflicts`, `/review/entailed`, `/review/next`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import Field

from aims_graph.consistency_answers import Asked, conflicts_json, entailed_json, next_json
from aims_graph.library import Library
from aims_graph.tables import columns
from aims_graph.trace import Options
from aims_graph_api import problems
from aims_graph_api.answering import TABLE, Answering, Wanted, told
from aims_graph_api.parameters import MOST_TARGETS, Reading, Today, Typed
from aims_graph_api.schemas import consistency_responses
from aims_graph_api.serving import Loaded


class Rows(Reading):
    """Which rows are checked."""

    proposed: Annotated[bool, Field(description="Also rows that nobody has read twice.")] = False
    framework: Annotated[
        list[Typed],
        Field(
            default_factory=list,
            max_length=MOST_TARGETS,
            description="Only rows between these frameworks, by id or a name people type; give two or more.",
        ),
    ]


class Following(Rows):
    """Which rows are checked, and how many of those that follow are wanted."""

    limit: Annotated[int, Field(ge=1, description="At most so many rows.")] = 25


class Pairs(Rows):
    """Which rows are checked, and how many pairs are wanted."""

    limit: Annotated[int, Field(ge=1, le=200, description="At most so many pairs.")] = 10


def router(today: Today) -> APIRouter:
    """The routes that check mapping rows."""
    routes = APIRouter(prefix="/review", tags=["review"], route_class=Answering)
    errors = problems.declared((400, *problems.NAMED, 422)) | {200: TABLE}

    def asked(library: Library, rows: Rows) -> Asked:
        frameworks = tuple(library.names.edition(f) for f in rows.framework)
        limit = rows.limit if isinstance(rows, Pairs | Following) else None
        options = Options(rows.as_of or today(), trust=rows.trust, frameworks=frameworks, limit=limit)
        return Asked(options, rows.proposed)

    @routes.get("/conflicts", response_model=consistency_responses.Conflicts, responses=errors)
    def conflicts(library: Loaded, wanted: Wanted, rows: Annotated[Rows, Query()]) -> Response:
        """List the sets of mapping rows that cannot all be right, each with its proof."""
        return told(wanted, conflicts_json(library.catalogue, asked(library, rows)), columns.conflicts)

    @routes.get("/entailed", response_model=consistency_responses.Entailed, responses=errors)
    def entailed(library: Loaded, wanted: Wanted, rows: Annotated[Following, Query()]) -> Response:
        """List the mapping rows that follow from others, with the rows they follow from."""
        return told(wanted, entailed_json(library.catalogue, asked(library, rows)), columns.entailed)

    @routes.get("/next", response_model=consistency_responses.NextPairs, responses=errors)
    def next_pairs(library: Loaded, wanted: Wanted, rows: Annotated[Pairs, Query()]) -> Response:
        """List the pairs whose judgement is expected to leave the fewest relations open elsewhere."""
        return told(wanted, next_json(library.catalogue, asked(library, rows)), columns.next_pairs)

    return routes
