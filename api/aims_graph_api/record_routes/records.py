"""An organisation's records as they are read: listed, one by one, with their history, and all of them as a file."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import date
from functools import partial
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from aims_graph.errors import InputError, MissingDependency, UnknownName
from aims_graph.intake import templates
from aims_graph.workspaces import exporting, naming, record_lists, record_states
from aims_graph.workspaces.record_states import RecordState
from aims_graph_api import problems
from aims_graph_api.header_docs import UNCHANGED
from aims_graph_api.negotiation import accepted, negotiated
from aims_graph_api.organisations import Organisation
from aims_graph_api.parameters import LONGEST, Day, Typed
from aims_graph_api.problems import UNAVAILABLE, UNKNOWN_NAME, Refused
from aims_graph_api.record_routes import record_responses as responses
from aims_graph_api.record_routes.record_requests import (
    JSON,
    JSON_LD,
    PRIVATE,
    RDF_FORMATS,
    TURTLE,
    XLSX,
    Reading,
    Tags,
    answer,
    form,
    json_bytes,
)
from aims_graph_api.serving import in_turn, serving_of

MOST_LISTED: Final = 1_000
Sort = Literal[
    "id", "identifier", "kind", "label", "state", "-id", "-identifier", "-kind", "-label", "-state"
]  # what `record_lists.SORTS` names, either way round
Declared = dict[int | str, dict[str, Any]]
Name = Annotated[
    str, Path(max_length=1_000, description="A record: its identifier, its id, or its IRI.", examples=["NC-3"])
]


class Listing(BaseModel):
    """Which records, in which order, and how many at once."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[Typed | None, Field(description="Only records of this kind, such as `Nonconformity`.")] = None
    state: Annotated[Typed | None, Field(description="Only records in this state, such as `open`.")] = None
    text: Annotated[Typed | None, Field(description="Only records with this text in id, identifier or label.")] = None
    sort: Annotated[Sort, Field(description="What they are sorted by; with a minus, the other way round.")] = "id"
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED, description="At most so many at once.")] = 50
    cursor: Annotated[
        str | None, Field(max_length=5 * LONGEST, description="Where to go on, from `next` of the page before.")
    ] = None

    def mark(self, organisation: Organisation) -> str:
        """A hash of what is asked of whom, whichever page of it."""
        asked = f"{organisation.name}\n{self.model_dump_json(exclude={'cursor', 'limit'})}"
        return hashlib.sha256(asked.encode()).hexdigest()[:16]

    def wanted(self, organisation: Organisation) -> record_lists.Wanted:
        """The same as the list itself takes it."""
        sort, descending = self.sort.removeprefix("-"), self.sort.startswith("-")
        after = None if self.cursor is None else _after(self.cursor, self.mark(organisation))
        return record_lists.Wanted(self.kind, self.state, self.text, sort, descending, self.limit, after)


class AsKnown(BaseModel):
    """As of the end of which day records are told."""

    model_config = ConfigDict(extra="forbid")

    known_on: Annotated[
        Day | None,
        Field(description="As the records stood at the end of this day (UTC), YYYY-MM-DD; now where left out."),
    ] = None


def router() -> APIRouter:
    """The routes that read records."""
    routes = APIRouter(tags=["records"])
    keyed = (401, 403)
    of_one = problems.declared((400, *keyed, *problems.NAMED, 406, 422)) | {304: UNCHANGED}
    texts: Declared = {200: {"content": {m: form(m) for m in RDF_FORMATS}}}
    files: Declared = {
        304: UNCHANGED,
        200: {
            "description": "All records that stand.",
            "content": {m: form(m) for m in (TURTLE, JSON_LD, JSON, XLSX)},
        },
    }
    book: Declared = {200: _book("An empty workbook: a sheet for each kind of record.")}

    @routes.get(
        "/records",
        response_model=responses.RecordList,
        responses=problems.declared((400, *keyed, 422)) | {304: UNCHANGED},
    )
    async def records(organisation: Reading, request: Request, asked: Annotated[Listing, Query()]) -> Response:
        """List the records of the organisation, a page at a time."""
        return await in_turn(organisation, partial(_list, organisation, request, asked))

    @routes.get(
        "/records/template",
        response_class=Response,
        responses=book | problems.declared((*keyed, 503)),
    )
    async def template(organisation: Reading, request: Request) -> Response:
        """Give the workbook that is filled in and sent to `POST /records`."""
        forms = serving_of(request).library.forms
        content = await in_turn(organisation, partial(_written, templates.template, forms))
        return Response(content, 200, PRIVATE | _attached("records.xlsx"), XLSX)

    @routes.get("/records/{id:path}/history", response_model=responses.History, responses=of_one)
    async def history(organisation: Reading, request: Request, id: Name) -> Response:
        """Tell who changed a record, when, why and what, oldest first; of one that was withdrawn too."""
        return await in_turn(organisation, partial(_history, organisation, request, id))

    @routes.get(
        "/records/{id:path}",
        response_model=responses.RecordShown,
        responses=of_one | texts,
    )
    async def record(organisation: Reading, request: Request, id: Name, asked: Annotated[AsKnown, Query()]) -> Response:
        """Show one record with its parts, as plain JSON, Turtle or JSON-LD; its ETag is its version."""
        media = negotiated(accepted(request), (JSON, *RDF_FORMATS))
        return await in_turn(organisation, partial(_show, organisation, request, id, asked.known_on, media))

    @routes.get(
        "/export",
        response_class=Response,
        responses=files | problems.declared((400, *keyed, 406, 422, 503)),
    )
    async def export(organisation: Reading, request: Request, asked: Annotated[AsKnown, Query()]) -> Response:
        """Write out all records as Turtle, JSON-LD, plain JSON or a workbook, as Accept asks."""
        media = negotiated(accepted(request), (TURTLE, JSON_LD, JSON, XLSX))
        return await in_turn(organisation, partial(_export, organisation, request, asked.known_on, media))

    return routes


def _list(organisation: Organisation, request: Request, asked: Listing) -> Response:
    catalogue = serving_of(request).library.catalogue
    wanted = asked.wanted(organisation)
    with organisation.open() as workspace:
        entry = workspace.store.number
        rows, last = record_lists.listed(workspace, catalogue, wanted)
    following = None
    if last is not None:
        kept = asked.model_dump(exclude_none=True, exclude_defaults=True) | {
            "cursor": _cursor(last, asked.mark(organisation))
        }
        following = f"{request.scope['path']}?{urlencode(kept)}"
    found = {"records": [record_lists.row_json(row) for row in rows], "next": following, "entry": entry}
    tag = Tags(organisation, f"{request.scope['path']}?{request.url.query}", catalogue.digest).tag(entry, JSON)
    links = {} if following is None else {"Link": f'<{following}>; rel="next"'}
    return answer(request, json_bytes(found), JSON, tag, **links)


def _cursor(key: record_lists.Key, mark: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([mark, *key], ensure_ascii=False).encode()).decode().rstrip("=")


def _after(cursor: str, mark: str) -> record_lists.Key:
    """The place that a cursor names; InputError where it is of another list, or none."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        of, value, iri = json.loads(base64.b64decode(padded, b"-_", validate=True))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        of, value, iri = None, None, None
    if of != mark or not isinstance(value, str) or not isinstance(iri, str):
        raise InputError("this cursor is not of this list. Start without one, and follow `next`.")
    return value, iri


def _history(organisation: Organisation, request: Request, name: str) -> Response:
    digest = serving_of(request).library.catalogue.digest
    with organisation.open() as workspace:
        iri = naming.taken_back(workspace, name) or naming.record(workspace, name)
        rows = record_states.history_rows(workspace, iri)
        found = {"record": naming.shortened(workspace, iri), "entries": rows}
    tag = Tags(organisation, f"{iri} history", digest).tag(rows[-1]["entry"], JSON)
    return answer(request, json_bytes(found), JSON, tag)


def _show(organisation: Organisation, request: Request, name: str, known_on: date | None, media: str) -> Response:
    catalogue = serving_of(request).library.catalogue
    found = _state(organisation, name, known_on)
    tag = Tags(organisation, found.iri, catalogue.digest).of_state(found, media, known_on)
    if media == JSON:
        return answer(request, json_bytes(found.to_json(catalogue)), media, tag)
    return answer(request, found.to_rdf(RDF_FORMATS[media], catalogue), media, tag)


def _state(organisation: Organisation, name: str, known_on: date | None) -> RecordState:
    """A record as it is or was; UnknownName where there is none, Refused where there was none then or is none now."""
    with organisation.open() as workspace:
        gone = naming.taken_back(workspace, name)
        iri = gone or naming.record(workspace, name)
        if known_on is not None:
            then = record_states.at_end_of(workspace, iri, known_on)
            if then is None:
                detail = f"Of '{name}' nothing was recorded at the end of {known_on}. Its history says when it was."
                raise Refused(UNKNOWN_NAME, detail, candidates=[])
            return then
        found = record_states.current(workspace, iri)
    if found is None:
        if gone is None:
            raise UnknownName(name, (), "record")
        detail = f"'{name}' was withdrawn. Its history says when and why; known_on shows it as of an earlier day."
        raise Refused(UNKNOWN_NAME, detail, candidates=[])
    return found


def _export(organisation: Organisation, request: Request, known_on: date | None, media: str) -> Response:
    catalogue = serving_of(request).library.catalogue
    with organisation.open() as workspace:
        entry = workspace.store.number
        triples = workspace.triples(known_on)
    tag = Tags(organisation, f"export {known_on or ''}", catalogue.digest).tag(entry, media)
    if known_on is None and request.headers.get("if-none-match"):
        unread = answer(request, b"", media, tag)
        if unread.status_code == 304:
            return unread
    content = _written(exporting.written, triples, FORMATS[media], catalogue, organisation.base)
    named = _attached("records.xlsx") if media == XLSX else {}
    return answer(request, content, media, tag, **named)


FORMATS: Final = {**RDF_FORMATS, JSON: exporting.JSON, XLSX: exporting.WORKBOOK}


def _written(make: Any, *of: Any) -> bytes:
    """What a function writes; Refused where what it needs is not installed."""
    try:
        content: bytes = make(*of)
    except MissingDependency as error:
        raise Refused(UNAVAILABLE, str(error)) from None
    return content


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _book(description: str) -> dict[str, Any]:
    return {"description": description, "content": {XLSX: form(XLSX)}}
