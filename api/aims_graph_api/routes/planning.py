"""What is not covered, what is left, what to do: `/gaps`, `/residual` and `/plan`."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import Field

from aims_graph import planned
from aims_graph.gaps import gaps_json
from aims_graph.planning import Costs, plan_json
from aims_graph.relations import Degree
from aims_graph.residuals import residual_json
from aims_graph.tables import columns
from aims_graph_api import problems
from aims_graph_api.answering import TABLE, Answering, Wanted, told
from aims_graph_api.negotiation import SENT_JSON
from aims_graph_api.parameters import MOST_TARGETS, Asking, Today, Typed, options
from aims_graph_api.schemas import planning_responses as responses
from aims_graph_api.serving import Loaded

MOST_SECONDS = 30.0  # that one request may search for a plan
Several = Annotated[list[Typed], Field(default_factory=list, max_length=MOST_TARGETS)]
AtLeastOne = Annotated[list[Typed], Field(min_length=1, max_length=MOST_TARGETS)]


class Covering(Asking):
    """What is held against which duties."""

    target: Annotated[
        Several,
        Field(
            description="What is done: provisions or frameworks; left out, the records that the service holds decide."
        ),
    ]
    framework: Annotated[Several, Field(description="Only duties of these frameworks.")]
    all: Annotated[bool, Field(description="Whether each duty has a line of its own.")] = False


class Leaving(Asking):
    """What is done, and what it is held against."""

    done: Annotated[AtLeastOne, Field(description="What is done: provisions or frameworks; repeatable.")]
    of: Annotated[Typed, Field(description="The provision or framework of which something may be left.")]


class Planning(Asking):
    """Which duties are to be closed, by which actions, at what cost."""

    targets: Annotated[AtLeastOne, Field(description="Provisions, or frameworks: all their duties.")]
    sources: Annotated[Several, Field(description="Only actions of these frameworks; all where left out.")]
    done: Annotated[Several, Field(description="What is done already: provisions or frameworks.")]
    cost: Annotated[
        dict[Typed, float],
        Field(default_factory=dict, max_length=MOST_TARGETS, description="What actions cost, by id."),
    ]
    each: Annotated[
        Literal["one", "parts"],
        Field(description="The cost of any other action: one, or one for each of its innermost parts."),
    ] = "one"
    degree: Annotated[Literal["full", "partial"], Field(description="How far each duty is to be covered.")] = "full"
    time_limit: Annotated[float, Field(ge=0, le=MOST_SECONDS, description="Seconds that the search may take.")] = 10.0


def router(today: Today) -> APIRouter:
    """The planning routes."""
    routes = APIRouter(tags=["planning"], route_class=Answering)
    errors = problems.declared((400, *problems.NAMED, 422)) | {200: TABLE}

    @routes.get("/gaps", response_model=responses.Gaps, responses=errors)
    def gaps(library: Loaded, wanted: Wanted, asked: Annotated[Covering, Query()]) -> Response:
        """List the duties that are not covered when some things are done, or by what the records show, and why."""
        frameworks = tuple(library.names.edition(f) for f in asked.framework)
        chosen = replace(options(library, today, asked), frameworks=frameworks)
        found = gaps_json(library.catalogue, planned.find_gaps(library, asked.target, chosen, asked.all))
        return told(wanted, found, columns.gaps)

    @routes.get("/residual", response_model=responses.Residual, responses=errors)
    def residual(library: Loaded, wanted: Wanted, asked: Annotated[Leaving, Query()]) -> Response:
        """Say what is left of one thing when all that others ask is done, part by part."""
        found = planned.find_residual(library, asked.done, asked.of, options(library, today, asked))
        return told(wanted, residual_json(library.catalogue, found), columns.residual)

    @routes.post(
        "/plan",
        response_model=responses.Plan,
        responses=errors | problems.declared((413, 415)),
        dependencies=[SENT_JSON],
    )
    def plan(library: Loaded, wanted: Wanted, asked: Planning) -> Response:
        """Find the cheapest actions that close a set of duties, across frameworks, with the optimum proved."""
        costs = Costs(planned.stated_costs(library, asked.cost, "cost"), asked.each)
        degree = Degree[asked.degree.upper()]
        wish = planned.Wish(asked.targets, asked.sources, asked.done, costs, degree, asked.time_limit)
        found = planned.find_plan(library, wish, options(library, today, asked))
        return told(wanted, plan_json(library.catalogue, found), columns.plan)

    return routes
