"""The endpoint: queries and updates by the SPARQL 1.1 Protocol, and what the service says of itself."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

import pyoxigraph as ox
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from aims_graph.errors import DataError, InputError
from aims_graph.nesting import check_nesting
from aims_graph.workspaces.own_graphs import Edit
from aims_graph.workspaces.record_store import parsed
from aims_graph.workspaces.writing import Writer
from aims_graph_api.negotiation import accepted, negotiated
from aims_graph_api.problems import CHANGED_SINCE, Refused
from aims_graph_api.query_pool.pool import Changed, kind_of_result
from aims_graph_api.serving import allowed, in_turn
from aims_graph_api.sparql import asked, description, edits
from aims_graph_api.sparql.asked import FORM, QUERY, UPDATE, Asked
from aims_graph_api.sparql.asking import CLIENT_LEFT, PATH, base_of, based, kept, pool_of, run
from aims_graph_api.sparql.datasets import dataset_with
from aims_graph_api.sparql.formats import OF_FORM, with_charset
from aims_graph_api.sparql.leaving import Left, while_there

METHODS: Final = ["GET", "HEAD", "POST", "OPTIONS"]
TRIES = 5  # to make an update that others overtake


def router() -> APIRouter:
    """The endpoint, with and without a slash at its end."""
    made = APIRouter(include_in_schema=False)
    for path in (PATH, f"{PATH}/"):
        made.add_api_route(path, endpoint, methods=METHODS)
    return made


async def endpoint(request: Request) -> Response:
    """Run the query or update of a request; describe the service where it asks nothing."""
    if request.method == "OPTIONS":
        headers = {"Allow": ", ".join(METHODS), "Accept-Post": ", ".join((QUERY, UPDATE, FORM))}
        return Response(status_code=204, headers=headers)
    found = await asked.read(request)
    try:
        if found is None:
            return await description.answer(request, base_of(request))
        return await (query if found.operation == "query" else update)(request, found)
    except Left:
        return Response(status_code=CLIENT_LEFT)


async def query(request: Request, found: Asked) -> Response:
    """The result of a query, in the format that is accepted."""
    offered = OF_FORM[kind_of_result(found.text)]
    media_type = negotiated(accepted(request), tuple(offered))
    answer = await run(request, found, offered[media_type])
    return Response(answer.body, headers={**kept(request), "Content-Type": with_charset(media_type)})


async def update(request: Request, found: Asked) -> Response:
    """Make an update, and answer with its receipt. It is worked out anew where another write comes before it."""
    organisation = allowed(request, "write")
    writing = edits.write(request, organisation, found.as_of)
    for attempt in range(TRIES):
        dataset = await dataset_with(organisation)
        changed = await while_there(
            request,
            pool_of(request).update(
                dataset,
                based(request, found.text),
                using_graphs=found.default_graphs,
                using_named_graphs=found.named_graphs,
                as_of=writing.day,
            ),
        )
        edit = partial(_edit, changed, dataset.entry, str(found))
        try:
            written = await in_turn(organisation, partial(edits.make, writing, edit))
        except edits.MovedOn:
            await asyncio.sleep(0.01 * attempt)
            continue
        return JSONResponse(written.told, headers=edits.headers(request, written))
    detail = (
        "Others wrote to these graphs each time this update had been worked out. Nothing was changed; send it again."
    )
    raise Refused(CHANGED_SINCE, detail)


def _edit(changed: Changed, entry: int, text: str, _: Writer) -> Edit:
    for line in (*changed.added, *changed.removed):
        try:
            check_nesting("what the update makes", line, ox.RdfFormat.N_QUADS)
        except DataError as error:
            raise InputError(str(error)) from None
    return Edit(tuple(parsed(changed.added)), tuple(parsed(changed.removed)), entry, text)
