"""What rests on rows and texts: `/what-if`, `/weak-points` and `/impact`."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import Field

from aims_graph import weighing
from aims_graph.impact import impact_json
from aims_graph.library import Library
from aims_graph.suppositions import Wanted as Supposed
from aims_graph.tables import columns
from aims_graph.trace import Options
from aims_graph.weak_points import weak_points_json
from aims_graph.what_if import what_if_json
from aims_graph_api import problems
from aims_graph_api.answering import TABLE, Answering, Wanted, told
from aims_graph_api.parameters import MOST_TARGETS, Asking, Day, Today, Typed, options
from aims_graph_api.schemas import weighing_responses as responses
from aims_graph_api.serving import Loaded

Several = Annotated[list[Typed], Field(default_factory=list, max_length=MOST_TARGETS)]


class Limited(Asking):
    """How a claim is weighed, and how much of each list is wanted."""

    limit: Annotated[int | None, Field(ge=1, description="At most so many lines of each list.")] = None


class Supposing(Limited):
    """Which mapping rows are supposed to be other than they are; each parameter is repeatable."""

    reject: Annotated[Several, Field(description="Rows that are wrong, by id or by file and line.")]
    change: Annotated[Several, Field(description="Rows of another relation: `ROW=RELATION`.")]
    confidence: Annotated[Several, Field(description="Rows of another confidence, 0 to 1: `ROW=NUMBER`.")]
    accept: Annotated[Several, Field(description="Rows as if an accountable person had signed them.")]
    add: Annotated[Several, Field(description="New rows: `SUBJECT RELATION OBJECT`.")]
    start: Annotated[Several, Field(alias="from", description="Only claims of these provisions; all where left out.")]


class Reviewing(Limited):
    """Which rows are to be reviewed."""

    framework: Annotated[Several, Field(description="Only rows at these frameworks.")]
    limit: Annotated[int | None, Field(ge=1, description="At most so many rows; 20 where left out.")] = None


class Changing(Limited):
    """What changes."""

    target: Annotated[
        list[Typed],
        Field(min_length=1, max_length=MOST_TARGETS, description="One framework, or provisions; repeatable."),
    ]
    start: Annotated[Day | None, Field(alias="from", description="Changes after this day, YYYY-MM-DD.")] = None
    end: Annotated[Day | None, Field(alias="to", description="Up to this day; the as-of day where left out.")] = None


def router(today: Today) -> APIRouter:
    """The routes that weigh claims."""
    routes = APIRouter(tags=["weighing"], route_class=Answering)
    errors = problems.declared((400, *problems.NAMED, 422)) | {200: TABLE}

    def limited(library: Library, asked: Limited) -> Options:
        return replace(options(library, today, asked), limit=asked.limit)

    @routes.get("/what-if", response_model=responses.WhatIf, responses=errors)
    def what_if(library: Loaded, wanted: Wanted, asked: Annotated[Supposing, Query()]) -> Response:
        """Say which claims would be gained, lost, raised or lowered if mapping rows were other than they are."""
        texts = (asked.reject, asked.change, asked.confidence, asked.accept, asked.add)
        supposed = Supposed(*(tuple(t) for t in texts))
        found = weighing.what_if(library, supposed, asked.start, limited(library, asked))
        return told(wanted, what_if_json(library.catalogue, found), columns.changes)

    @routes.get("/weak-points", response_model=responses.WeakPoints, responses=errors)
    def weak_points(library: Loaded, wanted: Wanted, asked: Annotated[Reviewing, Query()]) -> Response:
        """List the mapping rows that carry claims, those first whose review matters most."""
        frameworks = tuple(library.names.edition(f) for f in asked.framework)
        found = weighing.weak_points(library, replace(limited(library, asked), frameworks=frameworks))
        return told(wanted, weak_points_json(found), columns.weak_points)

    @routes.get("/impact", response_model=responses.Impact, responses=errors)
    def impact(library: Loaded, wanted: Wanted, asked: Annotated[Changing, Query()]) -> Response:
        """Say what is touched when a framework or a provision changes: rows, claims, evidence, rules and records."""
        chosen = limited(library, asked)
        between = weighing.days(asked.start, asked.end, chosen.as_of)
        found = weighing.impact(library, asked.target, between, chosen)
        return told(wanted, impact_json(library.catalogue, found), columns.impact)

    return routes
