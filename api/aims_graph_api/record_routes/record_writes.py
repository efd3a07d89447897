"""Writes to an organisation's records: all or nothing, signed in the audit log, each answered with its receipt."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final

import pyoxigraph as ox
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from aims_graph.errors import ChangedSince, DataError, InputError, UnknownName, UnsoundRecords
from aims_graph.intake import incoming, json_text, record_json
from aims_graph.intake.incoming import Incoming
from aims_graph.intake.terms import AGENT
from aims_graph.turtle import text_of
from aims_graph.workspaces import lifecycle, naming, record_states, taking_in
from aims_graph.workspaces.taking_in import Source
from aims_graph.workspaces.writing import Receipt, Writer
from aims_graph.workspaces.writing import Request as Change
from aims_graph_api import problems
from aims_graph_api.header_docs import ENTRY, IF_MATCH, PLACE, SIGNED, VERSION, header_parameters
from aims_graph_api.negotiation import SENT_JSON, sent_as
from aims_graph_api.organisations import Organisation
from aims_graph_api.parameters import Day, Moment, Today, Typed
from aims_graph_api.problems import NO_VERSION, Refused
from aims_graph_api.record_routes import record_responses as responses
from aims_graph_api.record_routes.record_requests import (
    BODY,
    ENDINGS,
    JSON,
    LONGEST_REASON,
    MERGE_PATCH,
    Writing,
    decoded,
    documented_body,
    idempotency_key,
    moment,
    path_of,
    signature,
    source,
    unsound,
)
from aims_graph_api.record_routes.records import Name
from aims_graph_api.record_routes.write import Write, Written
from aims_graph_api.serving import in_turn, serving_of

IF_NEW: Final = ("If-None-Match", "`*`: only a record that is not there yet.")
Json = dict[str, Any]
Now = Callable[[], datetime]


class Signing(Moment):
    """For which day a write is checked, and why it is made."""

    reason: Annotated[
        str | None, Field(max_length=LONGEST_REASON, description="Why, for the audit log; or the header `X-Reason`.")
    ] = None


class Trying(Signing):
    """The same for a write that can be tried."""

    dry_run: Annotated[bool, Field(description="Check everything and write nothing.")] = False


class Adding(Trying):
    """How what is sent is written."""

    whole: Annotated[bool, Field(description="Records are sent whole: drop what is left out of them.")] = False
    sheet: Annotated[
        Typed | None, Field(description="For CSV: the sheet of the template that it is, where its columns do not say.")
    ] = None


class Step(BaseModel):
    """A step in the life of a case."""

    model_config = ConfigDict(extra="forbid")

    state: Annotated[Typed, Field(description="The state that it takes, such as analysed, closing or closed.")]
    on: Annotated[Day | None, Field(description="The day it was closed, YYYY-MM-DD; the as-of day where left out.")] = (
        None
    )


def router(today: Today, now: Now = moment) -> APIRouter:
    """The routes that write records."""
    routes = APIRouter(tags=["records"])
    common = (400, 401, 403, 413, 422, 503)
    of_one = problems.declared((*common, *problems.NAMED, 412))
    receipt: dict[int | str, Json] = {200: {"model": responses.Receipt, "headers": VERSION | ENTRY}}
    created: dict[int | str, Json] = {201: {"model": responses.Receipt, "headers": VERSION | ENTRY | PLACE}}

    def asked(request: Request, organisation: Organisation, given: Signing) -> Write:
        trial = given.dry_run if isinstance(given, Trying) else False
        loaded = serving_of(request).library.catalogue
        signed = signature(request, given.reason)
        return Write(request, organisation, loaded, signed, given.as_of or today(), now(), trial)

    @routes.post(
        "/records",
        status_code=201,
        response_model=responses.Receipt,
        responses=receipt | created | problems.declared((*common, 415)),
        openapi_extra=documented_body(*ENDINGS) | documented_headers(),
    )
    async def add(organisation: Writing, request: Request, given: Annotated[Adding, Query()]) -> JSONResponse:
        """Put one record or many in, all or nothing; 200 where nothing had to be written or it was only tried."""
        write, sent = asked(request, organisation, given), await source(request, given.sheet)
        return await in_turn(organisation, partial(_add, write, sent, given.whole))

    @routes.post(
        "/records/{id:path}/move",
        response_model=responses.Receipt,
        responses=receipt | of_one | problems.declared((415,)),
        openapi_extra=documented_headers(IF_MATCH),
        dependencies=[SENT_JSON],
    )
    async def move(
        organisation: Writing, request: Request, id: Name, step: Step, given: Annotated[Trying, Query()]
    ) -> JSONResponse:
        """Take a case one step on in its life; it is closed only when what its clause demands is recorded."""
        return await in_turn(organisation, partial(_move, asked(request, organisation, given), id, step))

    @routes.put(
        "/records/{id:path}",
        response_model=responses.Receipt,
        responses=receipt | created | of_one | problems.declared((415, 428)),
        openapi_extra=documented_body(*ENDINGS) | documented_headers(IF_MATCH, IF_NEW),
    )
    async def put(organisation: Writing, request: Request, id: Name, given: Annotated[Trying, Query()]) -> JSONResponse:
        """Put a whole record in place of the one that If-Match names; with `If-None-Match: *`, a new one."""
        write = asked(request, organisation, given)
        if not {"if-match", "if-none-match"} & set(request.headers):
            detail = (
                "A record is replaced at the version that was read. Send its ETag as If-Match, "
                "or 'If-None-Match: *' where it is not there yet."
            )
            raise Refused(NO_VERSION, detail)
        return await in_turn(organisation, partial(_put, write, id, await source(request)))

    @routes.patch(
        "/records/{id:path}",
        response_model=responses.Receipt,
        responses=receipt | of_one | problems.declared((415,)),
        openapi_extra=documented_body(MERGE_PATCH, JSON) | documented_headers(IF_MATCH),
    )
    async def patch(
        organisation: Writing, request: Request, id: Name, given: Annotated[Trying, Query()]
    ) -> JSONResponse:
        """Change some properties of a record (JSON merge patch): null takes one away, what is not named stays."""
        write = asked(request, organisation, given)
        sent_as(request, MERGE_PATCH, JSON)
        return await in_turn(organisation, partial(_patch, write, id, await request.body()))

    @routes.delete(
        "/records/{id:path}",
        response_model=responses.Receipt,
        responses=receipt | of_one,
        openapi_extra=documented_headers(IF_MATCH),
    )
    async def withdraw(
        organisation: Writing, request: Request, id: Name, given: Annotated[Signing, Query()]
    ) -> JSONResponse:
        """Take a record back, for a reason; it stays readable as of earlier days, and its history too."""
        return await in_turn(organisation, partial(_withdraw, asked(request, organisation, given), id))

    return routes


def _add(write: Write, sent: Source, whole: bool) -> JSONResponse:
    read = write.read(sent)
    change = Change(read.triples, whole, places=read.lines, asked=write.asked(whole, sent.name, _hash(sent)))
    written = write.made(write.writes(change))
    roots = _roots(written.receipt.records)
    path = write.request.scope["path"].rstrip("/")
    if len(roots) != 1:
        return _created(write.answer(written), written)
    name = path_of(roots[0].removeprefix(written.base))
    return write.answer(written, f"{path}/{name}")


def _hash(sent: Source) -> str:
    assert isinstance(sent.content, bytes)
    return hashlib.sha256(sent.content).hexdigest()


def _created(answer: JSONResponse, written: Written) -> JSONResponse:
    """201 where something was written, though at no single address."""
    if written.is_new:
        answer.status_code = 201
    return answer


def _roots(records: tuple[str, ...]) -> list[str]:
    """The records that are no part of another."""
    known = set(records)
    return [iri for iri in records if iri.rpartition("/")[0] not in known]


def _move(write: Write, name: str, step: Step) -> JSONResponse:
    iri = write.record(name)
    on = step.on or write.day
    stated = lifecycle.step(write.catalogue, iri, step.state, on)
    change = Change(stated, expect=write.expected(iri), asked=write.asked(iri, step.state, step.on))
    return write.answer(write.made(write.writes(change), iri))


def _put(write: Write, name: str, sent: Source) -> JSONResponse:
    header = write.request.headers.get("if-none-match")
    creates = header is not None
    if header is not None and header.strip() != "*":
        raise InputError(
            "If-None-Match of a write is '*': only a record that is not there yet. Send that, or If-Match."
        )
    iri = _new(write, name) if creates else write.record(name)
    read = write.read(sent, iri)
    stated = tuple(_about(write, read, iri))
    change = Change(stated, True, write.expected(iri), read.lines, write.asked(iri, sent.name, _hash(sent)))

    def act(writer: Writer) -> Receipt:
        there = writer.workspace.store.has(iri)
        known = write.signature.key is not None and writer.workspace.store.with_key(write.signature.key) is not None
        if creates and there and not known:
            raise ChangedSince(f"'{name}' is there already. Read it, and send its ETag as If-Match.")
        return writer.write(change, write.signature, write.now, write.day, write.trial)

    location = write.request.scope["path"] if creates else None
    return write.answer(write.made(act, iri), location)


def _new(write: Write, name: str) -> str:
    with write.organisation.open(now=True) as workspace:
        try:
            return naming.record(workspace, name)
        except UnknownName:
            found = naming.in_full(workspace, name)
    if not found or not found[0].startswith(write.organisation.base):
        base = write.organisation.base
        raise InputError(f"'{name}' cannot name a record. Use a name of your own, or an IRI that begins with '{base}'.")
    return found[0]


def _about(write: Write, read: Incoming, iri: str) -> list[ox.Triple]:
    """What is stated of one record and its parts, and of people who are named for the first time.

    Refused where other records are stated too.
    """
    with write.organisation.open(now=True) as workspace:
        known = set(workspace.store.of_class(AGENT))
    people = {text_of(t.subject) for t in read.triples if text_of(t.object) == AGENT} - {iri}
    subjects = {text_of(t.subject) for t in read.triples}
    others = sorted(s for s in subjects - people if s != iri and not s.startswith(f"{iri}/"))
    if others or iri not in subjects:
        stated = f"states '{others[0].removeprefix(write.organisation.base)}'" if others else "does not state it"
        raise InputError(f"the body {stated}, and this address is of one record. Send only that record here.")
    return [t for t in read.triples if text_of(t.subject) not in people & known]


def _patch(write: Write, name: str, body: bytes) -> JSONResponse:
    iri = write.record(name)
    try:
        patch = json_text.parsed(BODY, decoded(body))
    except DataError as error:
        raise unsound(error, write.organisation) from None
    if not isinstance(patch, Mapping):
        raise InputError('a change is a JSON object of properties. For example: {"label": "…"}')
    expect = write.expected(iri)

    def act(writer: Writer) -> Receipt:
        known = taking_in.people(writer.workspace)
        state = record_states.current(writer.workspace, iri)
        said = {} if state is None else state.to_json(write.catalogue)
        merged = record_states.patched(said, patch)
        if merged.get(record_json.ID) != said.get(record_json.ID):
            raise InputError("the id of a record stays. Leave 'id' out of the change.")
        try:
            read = incoming.read_record(merged, write.catalogue, write.organisation.base, BODY, known)
        except DataError as error:
            raise UnsoundRecords(error.problems) from None
        stated = tuple(_about(write, read, iri))
        asked = f"{iri}\n{json.dumps(patch, sort_keys=True, default=str)}"
        change = Change(stated, True, expect, read.lines, asked)
        return writer.write(change, write.signature, write.now, write.day, write.trial)

    return write.answer(write.made(act, iri))


def _withdraw(write: Write, name: str) -> JSONResponse:
    if not (write.signature.why or "").strip():
        raise InputError("a record is withdrawn for a reason. Give it as 'reason', or in the header X-Reason.")
    with write.organisation.open(now=True) as workspace:
        gone = naming.taken_back(workspace, name) if idempotency_key(write.request) else None
        iri = gone or naming.record(workspace, name)
    expect = write.expected(iri)

    def act(writer: Writer) -> Receipt:
        if gone is not None and writer.workspace.store.with_key(write.signature.key or "") is None:
            raise UnknownName(name, naming.near(writer.workspace, name), "record")
        return writer.withdraw([iri], write.signature, write.now, write.day, expect)

    return write.answer(write.made(act))


def documented_headers(*known: tuple[str, str]) -> Json:
    """The headers of a write, as documented: which version is meant, and how the write is signed."""
    return {"parameters": header_parameters(*known, *SIGNED)}
