"""Provisions that hold some words: `/search?q=`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from aims_graph.showing import find_json
from aims_graph_api import problems, responses
from aims_graph_api.parameters import Typed
from aims_graph_api.serving import Loaded


class Words(BaseModel):
    """What is looked for."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[Typed, Field(description="Words that the id, notation, title or summary holds, all of them.")]
    limit: Annotated[int, Field(ge=1, le=1000, description="At most so many results.")] = 25


def router() -> APIRouter:
    """The search route."""
    routes = APIRouter(tags=["search"])

    @routes.get("/search", response_model=responses.Found, responses=problems.declared((400, 422)))
    def search(library: Loaded, asked: Annotated[Words, Query()]) -> JSONResponse:
        """Search provisions by id, notation, title and summary, best places first."""
        return JSONResponse(find_json(library.catalogue, library.names, asked.q, asked.limit))

    return routes
