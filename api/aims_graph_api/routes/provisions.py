"""Provisions: `/provisions`, all that is known of one at `/provisions/{curie}`, and the rules that cite them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from aims_graph import lists, traceability
from aims_graph.showing import show_json
from aims_graph.tables import columns
from aims_graph_api import problems
from aims_graph_api.answering import GRAPH, TABLE, Answering, Wanted, described, told
from aims_graph_api.paging import PAGED, Cursor, Limit, Pages, page
from aims_graph_api.parameters import LONGEST, MOST_TARGETS, Day, Moment, Today, Typed
from aims_graph_api.schemas import responses
from aims_graph_api.serving import Loaded

Curie = Annotated[
    str,
    Path(max_length=LONGEST, description="A provision: its id, or what people type for it (URL-encoded)."),
]
Several = Annotated[list[Typed], Field(default_factory=list, max_length=MOST_TARGETS)]


class Listing(BaseModel):
    """Which provisions, in which order, and how many at once."""

    model_config = ConfigDict(extra="forbid")

    framework: Annotated[Several, Field(description="Provisions of these frameworks; repeatable.")]
    kind: Annotated[Several, Field(description="Provisions of these kinds, such as `Article`; repeatable.")]
    parent: Annotated[Typed | None, Field(description="Provisions directly beneath this one.")] = None
    as_of: Annotated[Day | None, Field(description="Provisions in force on this day, YYYY-MM-DD; all if left out.")] = (
        None
    )
    sort: Annotated[
        Typed | None,
        Field(
            description=f"Some of `{'`, `'.join(lists.PROVISION_ORDERS)}`, with commas between; a minus turns one "
            "round. As they stand in their texts if left out."
        ),
    ] = None
    limit: Limit = 100
    cursor: Cursor = None


class Citing(BaseModel):
    """Which rules are wanted."""

    model_config = ConfigDict(extra="forbid")

    framework: Annotated[Typed | None, Field(description="Only what cites provisions of this framework.")] = None


def router(today: Today) -> APIRouter:
    """The routes of provisions."""
    routes = APIRouter(tags=["provisions"], route_class=Answering)

    @routes.get(
        "/provisions",
        response_model=responses.Provisions,
        responses=problems.declared((400, *problems.NAMED, 422)) | {200: TABLE | PAGED},
    )
    def provisions(library: Loaded, wanted: Wanted, request: Request, asked: Annotated[Listing, Query()]) -> Response:
        """List provisions by framework, kind, whole and day."""
        pages, names = Pages(request, library), library.names
        start = pages.start(asked.cursor)
        chosen = lists.Provisions(
            framework=tuple(map(names.edition, asked.framework)),
            kind=tuple(asked.kind),
            parent=None if asked.parent is None else names.resolve(asked.parent),
            as_of=asked.as_of,
        )
        every = lists.provisions(library.catalogue, chosen, asked.sort)
        shown, further = page(every, start, asked.limit)
        found = {
            "total": len(every),
            "provisions": [lists.provision_line(provision, asked.as_of) for provision in shown],
            "next": pages.next(further),
            "graph_version": library.catalogue.version,
        }
        return told(wanted, found, columns.provisions, pages.headers(further))

    @routes.get(
        "/provisions/{curie:path}",
        response_model=responses.ProvisionShown,
        responses=problems.declared((*problems.NAMED, 422)) | {200: GRAPH},
    )
    def provision(library: Loaded, wanted: Wanted, curie: Curie, asked: Annotated[Moment, Query()]) -> Response:
        """Show one provision: what it asks, of whom, from when, and its mappings in both directions."""
        name, on = library.names.resolve(curie), asked.as_of or today()
        found = show_json(library.catalogue, library.rules, name, on)
        return described(library, wanted, found, found["iri"], columns.shown)

    @routes.get(
        "/rules",
        response_model=responses.TracedRules,
        responses=problems.declared((*problems.NAMED, 422)) | {200: TABLE},
    )
    def rules(library: Loaded, wanted: Wanted, asked: Annotated[Citing, Query()]) -> Response:
        """List the evidence rules: who asks, for which provisions, which evidence; and where none asks, why."""
        edition = None if asked.framework is None else library.names.edition(asked.framework)
        found = {"rules": traceability.rows(library.catalogue, library.rules, edition)}
        return told(wanted, found, columns.rules)

    return routes
