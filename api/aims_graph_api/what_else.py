"""The main question: `/provisions/{curie}/what-else`, and `/what-else` for several provisions together."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import Field

from aims_graph.answers import what_else_json
from aims_graph_api import problems, responses
from aims_graph_api.parameters import MOST_TARGETS, Selecting, Today, Typed, options
from aims_graph_api.provisions import Curie
from aims_graph_api.serving import Loaded


class Together(Selecting):
    """Several provisions taken together, and how the question is asked."""

    targets: Annotated[
        list[Typed],
        Field(min_length=1, max_length=MOST_TARGETS, description="Provisions: ids, or what people type for them."),
    ]


def router(today: Today) -> APIRouter:
    """The routes of the what-else question."""
    routes = APIRouter(tags=["what else"])
    errors = problems.declared((400, *problems.NAMED, 422))

    @routes.get("/provisions/{curie:path}/what-else", response_model=responses.WhatElse, responses=errors)
    def what_else(library: Loaded, curie: Curie, asked: Annotated[Selecting, Query()]) -> JSONResponse:
        """Say what doing all that one provision asks also counts towards, each answer with its proof."""
        return JSONResponse(what_else_json(library.what_else([curie], options(library, today, asked))))

    @routes.post("/what-else", response_model=responses.WhatElse, responses=errors | problems.declared((413,)))
    def what_else_together(library: Loaded, asked: Together) -> JSONResponse:
        """Say what doing all that several provisions ask, taken together, also counts towards."""
        return JSONResponse(what_else_json(library.what_else(asked.targets, options(library, today, asked))))

    return routes
