"""Linked data: `/id/…` leads from the IRI of anything in the graph to its page or its data."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response

from aims_graph import graph
from aims_graph.catalogue import Catalogue
from aims_graph.errors import UnknownName
from aims_graph.vocab import BASE, MAPPING
from aims_graph_api import problems
from aims_graph_api.answering import CSV, JSON, JSON_LD, TEXT, TURTLE, VARY, Answering, Wanted
from aims_graph_api.negotiation import accepted, negotiated
from aims_graph_api.serving import Loaded

HTML = "text/html"
LONGEST_IRI = 500
THING = "thing of the graph"  # as a problem with its name calls it
Rest = Annotated[str, Path(max_length=LONGEST_IRI, description=f"What follows {BASE} in an IRI.")]


class Statements(Response):
    """Statements, as Turtle where nothing else is wanted."""

    media_type = TURTLE


def redirects(prefix: str) -> APIRouter:
    """The routes that lead from an IRI to what is known of it; data is under a prefix."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/id/{rest:path}")
    def lead(library: Loaded, request: Request, rest: str) -> Response:
        """See its page, or its data, as is accepted."""
        page, data, formats = _places(library.catalogue, rest)
        offered = (HTML, *formats) if page else formats
        media = negotiated(accepted(request), offered)
        to = page if page and media == HTML else f"{prefix}{data}"
        return RedirectResponse(to, 303, {"Vary": VARY, "Cache-Control": "no-cache"})

    return routes


def router() -> APIRouter:
    """The route of what has no route of its own."""
    routes = APIRouter(tags=["linked data"], route_class=Answering)

    @routes.get(
        "/statements/{rest:path}",
        response_class=Statements,
        responses=problems.declared((404, 409, 422)) | {200: {"content": {TURTLE: TEXT, JSON_LD: {"schema": {}}}}},
    )
    def statements(library: Loaded, wanted: Wanted, rest: Rest) -> Response:
        """Give the statements about anything in the graph, or about all terms of a vocabulary."""
        found = graph.description(library.catalogue, BASE + rest) or graph.vocabulary(library.catalogue, BASE + rest)
        if not found:
            raise UnknownName(rest, (), THING)
        return Response(graph.written(library.catalogue, found, wanted), media_type=wanted)

    return routes


def _places(catalogue: Catalogue, rest: str) -> tuple[str | None, str, tuple[str, ...]]:
    """The page of a thing, if it has one, where its data is, in which formats; UnknownName where it is nothing."""
    iri = BASE + rest
    name = catalogue.curie(iri)
    if name in catalogue.provisions:
        place = f"/provisions/{quote(name, safe=':')}"
        return place, place, (JSON, TURTLE, JSON_LD, CSV)
    edition = next((e for e in catalogue.editions.values() if e.iri == iri), None)
    if edition is not None:
        return None, f"/frameworks/{quote(edition.id)}", (JSON, TURTLE, JSON_LD, CSV)
    if iri.startswith(MAPPING) and graph.description(catalogue, iri):
        return None, f"/mappings/{quote(name, safe=':')}", (JSON, TURTLE, JSON_LD, CSV)
    if graph.description(catalogue, iri) or graph.vocabulary(catalogue, iri):
        return None, f"/statements/{quote(rest)}", (TURTLE, JSON_LD)
    raise UnknownName(rest, (), THING)
