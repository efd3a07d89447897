"""What is loaded: `/frameworks` and `/frameworks/{id}`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse

from aims_graph.library import Library
from aims_graph.showing import framework_json, frameworks_json
from aims_graph_api import problems, responses
from aims_graph_api.parameters import LONGEST

FrameworkId = Annotated[str, Path(max_length=LONGEST, description="A framework, by id or a name people type.")]


def router(library: Library) -> APIRouter:
    """The routes that list editions."""
    routes = APIRouter(tags=["frameworks"])

    @routes.get("/frameworks", response_model=responses.Frameworks, responses=problems.declared(()))
    def frameworks() -> JSONResponse:
        """List every framework edition that is loaded, with counts by kind of provision."""
        return JSONResponse(frameworks_json(library.catalogue))

    @routes.get(
        "/frameworks/{id:path}",
        response_model=responses.Framework,
        responses=problems.declared((*problems.NAMED, 422)),
    )
    def framework(id: FrameworkId) -> JSONResponse:
        """Show one framework edition: what it is, how binding, and how much of it is loaded."""
        found = library.catalogue.editions[library.names.edition(id)]
        return JSONResponse(framework_json(library.catalogue, found))

    return routes
