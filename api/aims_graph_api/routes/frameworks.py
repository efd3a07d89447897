"""What is loaded and what changed in it: `/frameworks`, `/frameworks/{id}`, `/frameworks/{id}/changes`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from aims_graph.errors import InputError
from aims_graph.history import history, history_json
from aims_graph.showing import framework_json, frameworks_json
from aims_graph.tables import columns
from aims_graph_api import problems
from aims_graph_api.answering import GRAPH, TABLE, Answering, Wanted, described, told
from aims_graph_api.parameters import LONGEST, Between, Moment, Today
from aims_graph_api.schemas import responses
from aims_graph_api.serving import Loaded

FrameworkId = Annotated[str, Path(max_length=LONGEST, description="A framework, by id or a name people type.")]


def router(today: Today) -> APIRouter:
    """The routes that list editions and their changes."""
    routes = APIRouter(tags=["frameworks"], route_class=Answering)

    @routes.get("/frameworks", response_model=responses.Frameworks, responses=problems.declared((422,)) | {200: TABLE})
    def frameworks(library: Loaded, wanted: Wanted, asked: Annotated[Moment, Query()]) -> Response:
        """List every framework edition that is loaded, with counts by kind of provision in force on a day."""
        return told(wanted, frameworks_json(library.catalogue, asked.as_of or today()), columns.frameworks)

    @routes.get(
        "/frameworks/{id:path}/changes",
        response_model=responses.FrameworkChanges,
        responses=problems.declared((400, *problems.NAMED, 422)) | {200: TABLE},
    )
    def changes(library: Loaded, wanted: Wanted, id: FrameworkId, asked: Annotated[Between, Query()]) -> Response:
        """List what was inserted, replaced or repealed after one day, up to another."""
        edition = library.catalogue.editions[library.names.edition(id)]
        start, end = asked.start, asked.end or today()
        if start > end:
            raise InputError(f"from {start} lies after to {end}. Give the earlier day first.")
        found = history_json(library.catalogue, history(library.catalogue, edition, start, end))
        return told(wanted, found, columns.amended)

    @routes.get(
        "/frameworks/{id:path}",
        response_model=responses.Framework,
        responses=problems.declared((*problems.NAMED, 422)) | {200: GRAPH},
    )
    def framework(library: Loaded, wanted: Wanted, id: FrameworkId, asked: Annotated[Moment, Query()]) -> Response:
        """Show one framework edition: what it is, how binding, and how much of it is loaded."""
        edition = library.catalogue.editions[library.names.edition(id)]
        found = framework_json(library.catalogue, edition, asked.as_of or today())
        return described(library, wanted, found, edition.iri, columns.shown)

    return routes
