"""One provision with all that is known of it: `/provisions/{curie}`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from aims_graph.showing import show_json
from aims_graph_api import problems, responses
from aims_graph_api.parameters import LONGEST, Moment, Today, day
from aims_graph_api.serving import Loaded

Curie = Annotated[
    str,
    Path(max_length=LONGEST, description="A provision: its id, or what people type for it (URL-encoded)."),
]


def router(today: Today) -> APIRouter:
    """The route that shows a provision."""
    routes = APIRouter(tags=["provisions"])

    @routes.get(
        "/provisions/{curie:path}",
        response_model=responses.ProvisionShown,
        responses=problems.declared((400, *problems.NAMED, 422)),
    )
    def provision(library: Loaded, curie: Curie, asked: Annotated[Moment, Query()]) -> JSONResponse:
        """Show one provision: what it asks, of whom, from when, and its mappings in both directions."""
        found = library.names.resolve(curie)
        return JSONResponse(show_json(library.catalogue, library.rules, found, day(asked.as_of, today)))

    return routes
