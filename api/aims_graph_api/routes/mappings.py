"""The mapping rows: `/mappings`, and `/mappings/{id}`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from aims_graph import lists
from aims_graph.library import Library
from aims_graph.relations import Relation
from aims_graph.suppositions import find_row
from aims_graph.tables import columns
from aims_graph.vocab import NO_TERM_FOUND
from aims_graph_api import problems
from aims_graph_api.answering import GRAPH, TABLE, Answering, Wanted, described, told
from aims_graph_api.paging import PAGED, Cursor, Limit, Pages, page
from aims_graph_api.parameters import LONGEST, MOST_TARGETS, Day, Typed
from aims_graph_api.schemas import responses
from aims_graph_api.serving import Loaded

Several = Annotated[list[Typed], Field(default_factory=list, max_length=MOST_TARGETS)]
RowId = Annotated[str, Path(max_length=LONGEST, description="A mapping row, by id or by file and line.")]


class Listing(BaseModel):
    """Which mapping rows, in which order, and how many at once."""

    model_config = ConfigDict(extra="forbid")

    provision: Annotated[Several, Field(description="Rows with one of these provisions at either end; repeatable.")]
    subject: Annotated[Several, Field(description="Rows from one of these provisions; repeatable.")]
    object: Annotated[Several, Field(description="Rows to one of these provisions; repeatable.")]
    framework: Annotated[
        Several, Field(description="With one framework: rows at it. With several: rows between these; repeatable.")
    ]
    relation: Annotated[list[Relation], Field(description="Rows of one of these relations; repeatable.")] = []
    status: Annotated[list[responses.Status], Field(description="Rows of one of these states; repeatable.")] = []
    author: Annotated[Several, Field(description="Rows that one of these judged, by id; repeatable.")]
    min_confidence: Annotated[
        float | None, Field(ge=0, le=1, description="Rows that state this confidence or more.")
    ] = None
    as_of: Annotated[
        Day | None, Field(description="Rows both of whose ends are in force on this day, YYYY-MM-DD; all if left out.")
    ] = None
    sort: Annotated[
        Typed,
        Field(description=f"Some of `{'`, `'.join(lists.ROW_ORDERS)}`, with commas between; a minus turns one round."),
    ] = "id"
    limit: Limit = 100
    cursor: Cursor = None


def router() -> APIRouter:
    """The routes that list and show mapping rows."""
    routes = APIRouter(tags=["mappings"], route_class=Answering)

    @routes.get(
        "/mappings",
        response_model=responses.Mappings,
        responses=problems.declared((400, *problems.NAMED, 422)) | {200: TABLE | PAGED},
    )
    def mappings(library: Loaded, wanted: Wanted, request: Request, asked: Annotated[Listing, Query()]) -> Response:
        """List mapping rows: what people claim of two provisions, how surely, who says so and where."""
        pages = Pages(request, library)
        start = pages.start(asked.cursor)
        rows = lists.rows(library.catalogue, _rows(library, asked), asked.sort)
        shown, further = page(rows, start, asked.limit)
        found = {
            "total": len(rows),
            "mappings": [lists.row_json(library.catalogue, row) for row in shown],
            "next": pages.next(further),
            "graph_version": library.catalogue.version,
        }
        return told(wanted, found, columns.mappings, pages.headers(further))

    @routes.get(
        "/mappings/{id:path}",
        response_model=responses.MappingShown,
        responses=problems.declared((*problems.NAMED, 422)) | {200: GRAPH},
    )
    def mapping(library: Loaded, wanted: Wanted, id: RowId) -> Response:
        """Show one mapping row."""
        row = find_row(library.catalogue, id)
        found = lists.row_json(library.catalogue, row) | {"graph_version": library.catalogue.version}
        return described(library, wanted, found, library.catalogue.iri(row.id), columns.shown)

    return routes


def _rows(library: Library, asked: Listing) -> lists.Rows:
    edition = library.names.edition

    def resolve(text: str) -> str:
        return text if text == NO_TERM_FOUND else library.names.resolve(text)

    return lists.Rows(
        provision=tuple(map(resolve, asked.provision)),
        subject=tuple(map(resolve, asked.subject)),
        object=tuple(map(resolve, asked.object)),
        framework=tuple(map(edition, asked.framework)),
        relation=tuple(r.value for r in asked.relation),
        status=tuple(asked.status),
        author=tuple(asked.author),
        min_confidence=asked.min_confidence,
        as_of=asked.as_of,
    )
