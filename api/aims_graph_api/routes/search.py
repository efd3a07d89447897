"""Provisions that hold some words: `/search?q=`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from aims_graph.showing import find_json
from aims_graph.tables import columns
from aims_graph_api import problems
from aims_graph_api.answering import TABLE, Answering, Wanted, told
from aims_graph_api.paging import PAGED, Cursor, Limit, Pages
from aims_graph_api.parameters import Typed
from aims_graph_api.schemas import responses
from aims_graph_api.serving import Loaded


class Words(BaseModel):
    """What is looked for."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[Typed, Field(description="Words that the id, notation, title or summary holds, all of them.")]
    limit: Limit = 25
    cursor: Cursor = None


def router() -> APIRouter:
    """The search route."""
    routes = APIRouter(tags=["search"], route_class=Answering)

    @routes.get(
        "/search", response_model=responses.Found, responses=problems.declared((400, 422)) | {200: TABLE | PAGED}
    )
    def search(library: Loaded, wanted: Wanted, request: Request, asked: Annotated[Words, Query()]) -> Response:
        """Search provisions by id, notation, title and summary, best places first; Link names the next page."""
        pages = Pages(request, library)
        start = pages.start(asked.cursor)
        found = find_json(library.catalogue, library.names, asked.q, asked.limit, start)
        further = start + asked.limit if found["truncated"] else None
        return told(wanted, found, columns.found, pages.headers(further))

    return routes
