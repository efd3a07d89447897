"""Why one provision or record counts towards a provision, or why not: `/explain?from=&to=`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import Field

from aims_graph.explaining import explanation_json
from aims_graph.tables import columns
from aims_graph_api import problems
from aims_graph_api.answering import TABLE, Answering, Wanted, told
from aims_graph_api.parameters import Asking, Today, Typed, options
from aims_graph_api.schemas import responses
from aims_graph_api.serving import Loaded


class Pair(Asking):
    """The two provisions in question, and how it is asked."""

    start: Annotated[Typed, Field(alias="from", description="The provision that is done, or a recorded item.")]
    end: Annotated[Typed, Field(alias="to", description="The provision that it may count towards.")]


def router(today: Today) -> APIRouter:
    """The route that explains a claim."""
    routes = APIRouter(tags=["explain"], route_class=Answering)

    @routes.get(
        "/explain",
        response_model=responses.Explanation,
        responses=problems.declared((400, *problems.NAMED, 422)) | {200: TABLE},
    )
    def why(library: Loaded, wanted: Wanted, asked: Annotated[Pair, Query()]) -> Response:
        """Show every proof that one thing counts towards another, why only in part, or the edge that stopped it."""
        found = library.explain(asked.start, asked.end, options(library, today, asked))
        return told(wanted, explanation_json(found), columns.explanation)

    return routes
