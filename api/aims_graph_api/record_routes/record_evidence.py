"""Evidence of an organisation's cases across frameworks, and what is due when."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import Field

from aims_graph import evidenced
from aims_graph.evidence.deadlines import deadlines_json
from aims_graph.evidence.reuse import reuse_json
from aims_graph.relations import Degree
from aims_graph_api import problems
from aims_graph_api.parameters import Asking, Moment, Today, Typed, options
from aims_graph_api.record_routes import record_responses as responses
from aims_graph_api.record_routes.record_requests import JSON, PRIVATE, Reading, json_bytes
from aims_graph_api.serving import Loaded


class Reusing(Asking):
    """Whose evidence is in question, and what for."""

    record: Annotated[Typed, Field(description="A case, or a record that belongs to one.")]
    framework: Annotated[
        list[Typed], Field(default_factory=list, description="Only targets in this framework; repeatable.")
    ]
    min_degree: Annotated[
        Literal["full", "partial", "candidate"],
        Field(description="The least degree to which the case counts towards a target."),
    ] = "partial"


def router(today: Today) -> APIRouter:
    """The routes about evidence and deadlines."""
    routes = APIRouter(tags=["records"])
    keyed = (401, 403)

    @routes.get(
        "/evidence/reuse",
        response_model=responses.Reuse,
        responses=problems.declared((400, *keyed, *problems.NAMED, 422)),
    )
    def reuse(organisation: Reading, library: Loaded, asked: Annotated[Reusing, Query()]) -> Response:
        """Say which evidence of a case can be used again for what it also counts towards, and what is missing there."""
        frameworks = tuple(library.names.edition(f) for f in asked.framework)
        degree = Degree[asked.min_degree.upper()]
        chosen = replace(options(library, today, asked), frameworks=frameworks, min_degree=degree)
        return _json(reuse_json(evidenced.find_reuse(library, asked.record, chosen)))

    @routes.get("/deadlines", response_model=responses.Deadlines, responses=problems.declared((*keyed, 422)))
    def deadlines(organisation: Reading, library: Loaded, asked: Annotated[Moment, Query()]) -> Response:
        """List what is due when: actions, reviews, waivers, evidence; and outer limits of reporting incidents."""
        as_of = asked.as_of or today()
        return _json(deadlines_json(library.catalogue, evidenced.find_deadlines(library, as_of)))

    return routes


def _json(found: object) -> Response:
    return Response(json_bytes(found), 200, PRIVATE, JSON)
