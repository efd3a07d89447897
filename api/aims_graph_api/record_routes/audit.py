"""The audit log of an organisation's records, for whoever looks after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from itertools import islice
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from aims_graph.workspaces.auditlog import AuditLog, Entry
from aims_graph.workspaces.upkeep import verify
from aims_graph.workspaces.workspace import LOG
from aims_graph_api import problems
from aims_graph_api.organisations import Organisation
from aims_graph_api.record_routes import record_responses as responses
from aims_graph_api.record_routes.record_requests import JSON, PRIVATE, Admin, json_bytes
from aims_graph_api.serving import in_turn

MOST_ENTRIES: Final = 500
NAMED: Final = 100  # records of an entry that are named
LAST: Final = 10**18


class Paging(BaseModel):
    """How much of the log, and from where on."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=MOST_ENTRIES, description="At most so many entries at once.")] = 50
    cursor: Annotated[
        int | None, Field(ge=1, le=LAST, description="Only entries before this one, from `next` of the page before.")
    ] = None


def router() -> APIRouter:
    """The routes of the audit log."""
    routes = APIRouter(tags=["records"])
    keyed = (401, 403)

    @routes.get("/log", response_model=responses.Log, responses=problems.declared((*keyed, 422)))
    async def log(organisation: Admin, request: Request, asked: Annotated[Paging, Query()]) -> Response:
        """List the writes to the records, newest first: who, when, by which request, and why."""
        return await in_turn(organisation, partial(_log, organisation, request.scope["path"], asked))

    @routes.get("/log/verify", response_model=responses.Verified, responses=problems.declared(keyed))
    async def log_verify(organisation: Admin) -> Response:
        """Read the whole log and check every seal; a log that is not as it was written is a failure, with the place."""
        found = await in_turn(organisation, partial(verify, AuditLog(organisation.folder / LOG)))
        return Response(json_bytes(asdict(found)), 200, PRIVATE, JSON)

    return routes


def _log(organisation: Organisation, path: str, asked: Paging) -> Response:
    with organisation.open() as workspace:
        found = list(islice(workspace.log.newest(asked.cursor), asked.limit + 1))
        shown = [(entry, workspace.store.changed(entry)) for entry in found[: asked.limit]]
    following = f"{path}?limit={asked.limit}&cursor={shown[-1][0].number}" if len(found) > len(shown) else None
    told = {"entries": [_entry(*one, organisation.base) for one in shown], "next": following}
    links = {} if following is None else {"Link": f'<{following}>; rel="next"'}
    return Response(json_bytes(told), 200, PRIVATE | links, JSON)


def _entry(entry: Entry, records: Sequence[str], base: str) -> dict[str, Any]:
    return {
        "entry": entry.number,
        "at": entry.at,
        "who": entry.who,
        "what": entry.what,
        "why": entry.why,
        "records": [iri.removeprefix(base) for iri in records[:NAMED]],
        "changed": len(records),
        "added": len(entry.change.added),
        "removed": len(entry.change.removed),
        "seal": entry.seal,
        "previous": entry.previous,
    }
