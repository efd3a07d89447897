"""How routes that only read answer: in the format that is asked for, under the version of what it was read from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Annotated, Any

import orjson
from fastapi import Depends, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

import aims_graph
from aims_graph import graph
from aims_graph.library import Library
from aims_graph.tables.columns import Lines
from aims_graph_api import problems
from aims_graph_api.header_docs import UNCHANGED
from aims_graph_api.negotiation import accepted, negotiated
from aims_graph_api.serving import Caller, caller_of, in_turn

JSON, CSV, TURTLE, JSON_LD = "application/json", "text/csv", "text/turtle", "application/ld+json"
TEXT = {"schema": {"type": "string"}}
TABLE = {"content": {CSV: TEXT}}  # of a route that also answers with a table
GRAPH = {"content": {CSV: TEXT, TURTLE: TEXT, JSON_LD: {"schema": {}}}}  # of one that answers with statements too
VARY = "Accept"  # and who asks, which every response says
PUBLIC, PRIVATE = "public, no-cache", "private, no-cache"
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Answering(APIRoute):
    """A route that answers in one of the formats it declares; where it is read by GET, under an ETag.

    A caller that still has the answer is told so (304) before anything is computed.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        methods = more.get("methods") or ["GET"]
        responses = dict(more.get("responses") or {})
        responses |= problems.declared((406,))
        if "GET" in methods:
            responses[304] = UNCHANGED
        super().__init__(path, endpoint, **{**more, "responses": responses})

    @cached_property
    def offered(self) -> tuple[str, ...]:
        """The formats that it declares, the usual one first."""
        usual = getattr(self.response_class, "media_type", None) or JSON
        return tuple(dict.fromkeys((usual, *self.responses.get(200, {}).get("content", {}))))

    def get_route_handler(self) -> Handler:
        """The answer of the route, under its version."""
        answer, offered = super().get_route_handler(), self.offered
        read = "GET" in (self.methods or ())

        async def versioned(request: Request) -> Response:
            request.state.media = media = negotiated(accepted(request), offered)
            if not read:
                return await answer(request)
            headers = validators(request, media, await _entry(caller_of(request)))
            held = unchanged(request, headers)
            if held is not None:
                return held
            response = await answer(request)
            if request.headers.get("if-none-match", "").strip() == "*" and response.status_code == 200:
                return Response(status_code=304, headers=headers)
            _head(response, headers)
            return response

        return versioned


def unchanged(request: Request, headers: dict[str, str]) -> Response | None:
    """What is said to a caller who still has the answer; None to another."""
    known = request.headers.get("if-none-match")
    if known is None or headers["ETag"] not in (tag.strip().removeprefix("W/") for tag in known.split(",")):
        return None
    return Response(status_code=304, headers=headers)


def _head(response: Response, headers: dict[str, str]) -> None:
    """Give an answer headers in place of those of the same names, all in one pass."""
    new = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    names = {name for name, _ in new}
    response.raw_headers = [*(header for header in response.raw_headers if header[0] not in names), *new]


async def _media(request: Request) -> str:
    found: str = request.state.media
    return found


Wanted = Annotated[str, Depends(_media)]  # the format in which a caller wants the answer


def told(
    media: str,
    found: Any,
    lines: Callable[[Any], Lines] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """An answer as JSON, or as a table where that is wanted."""
    if media == CSV and lines is not None:
        return Response(lines(found).text(), headers=headers, media_type=CSV)
    return Response(orjson.dumps(found), headers=headers, media_type=JSON)


def described(library: Library, media: str, found: Any, iri: str, lines: Callable[[Any], Lines]) -> Response:
    """An answer about one thing; also as the statements about it that the graph holds."""
    if media in (TURTLE, JSON_LD):
        catalogue = library.catalogue
        return Response(graph.written(catalogue, graph.description(catalogue, iri), media), media_type=media)
    return told(media, found, lines)


# -- versions --------------------------------------------------------------------------


def validators(request: Request, media: str, entry: str = "") -> dict[str, str]:
    """The headers by which caches know an answer again; `entry` says at which state the caller's records are.

    The ETag is of the data, the program, the day where none is named, the caller's records, the address and the format.
    Strong: the same bytes follow from the same of all these.
    """
    scope = request.scope
    query, state = scope["query_string"], scope["app"].state
    day = None if b"&as_of=" in b"&" + query else state.today()
    read_from = state.marks.of(state.serving.library, day)
    text = f"{read_from}\n{media}\n{entry}\n{scope['path']}\n{query.decode('latin-1')}"
    etag = f'"{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}"'
    public = caller_of(request).organisation is None
    return {"ETag": etag, "Cache-Control": PUBLIC if public else PRIVATE, "Vary": VARY}


async def _entry(caller: Caller) -> str:
    """At which state the records of a caller are; empty for a caller without."""
    organisation = caller.organisation
    if organisation is None:
        return ""
    entry = await in_turn(organisation, lambda: organisation.entry)
    return f"{organisation.name} {entry}"


@dataclass
class Marks:
    """The mark of what answers are read from, kept until something else is served."""

    library: Library | None = None
    mark: str = ""

    def of(self, library: Library, day: date | None) -> str:
        """The program, the hash of all data files and of the records where there are any, and the day if one counts."""
        if library is not self.library:
            found = hashlib.sha256(library.catalogue.digest.encode())
            for name, text in () if library.records is None else library.records.texts:
                found.update(f"{name}\0{text}\0".encode())
            self.library, self.mark = library, f"{aims_graph.__version__}\n{found.hexdigest()}"
        return self.mark if day is None else f"{self.mark}\n{day.isoformat()}"
