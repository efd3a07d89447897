"""How routes that only read answer: in the format that is asked for, under the version of what it was read from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
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
from aims_graph_api.negotiation import accepted, negotiated
from aims_graph_api.serving import Caller, caller_of, in_turn, serving_of

JSON, CSV, TURTLE, JSON_LD = "application/json", "text/csv", "text/turtle", "application/ld+json"
TEXT = {"schema": {"type": "string"}}
TABLE = {"content": {CSV: TEXT}}  # of a route that also answers with a table
GRAPH = {"content": {CSV: TEXT, TURTLE: TEXT, JSON_LD: {"schema": {}}}}  # of one that answers with statements too
VARY = "Accept"  # and who asks, which every response says
PUBLIC, PRIVATE = "public, no-cache", "private, no-cache"
VALIDATORS = {
    "ETag": "The version of this answer; send it back as If-None-Match.",
    "Cache-Control": f"`{PUBLIC}`; `{PRIVATE}` for a caller with records.",
    "Vary": "What of a request the answer depends on beside its address.",
}
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
            held = {"description": VALIDATORS["ETag"], "schema": {"type": "string"}}
            responses[304] = {"description": "What the caller has is still true.", "headers": {"ETag": held}}
        super().__init__(path, endpoint, **{**more, "responses": responses})

    @property
    def offered(self) -> tuple[str, ...]:
        """The formats that it declares, the usual one first."""
        usual = getattr(self.response_class, "media_type", None) or JSON
        return tuple(dict.fromkeys((usual, *self.responses.get(200, {}).get("content", {}))))

    def answer(self, usual: Handler) -> Handler:
        """What finds the answer, in place of the usual way or by it."""
        return usual

    def get_route_handler(self) -> Handler:
        """The answer of the route, under its version."""
        answer, offered = self.answer(super().get_route_handler()), self.offered
        read = "GET" in (self.methods or ())

        async def versioned(request: Request) -> Response:
            request.state.media = negotiated(accepted(request), offered)
            if not read:
                return await answer(request)
            headers = {"ETag": await version(request), "Cache-Control": cache_control(request), "Vary": VARY}
            known = request.headers.get("if-none-match")
            if known is not None and _holds(known, headers["ETag"]):
                return Response(status_code=304, headers=headers)
            response = await answer(request)
            if known is not None and known.strip() == "*" and response.status_code == 200:
                return Response(status_code=304, headers=headers)
            _head(response, headers)
            return response

        return versioned


def _head(response: Response, headers: dict[str, str]) -> None:
    """Give an answer headers in place of those of the same names, all in one pass."""
    new = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    names = {name for name, _ in new}
    response.raw_headers = [*(header for header in response.raw_headers if header[0] not in names), *new]


def _holds(known: str, etag: str) -> bool:
    return any(tag.strip().removeprefix("W/") == etag for tag in known.split(","))


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


async def version(request: Request) -> str:
    """The ETag of the answer to a request: of the data, the program, the day where none is named, the caller's records,
    the address and the format. Strong: the same bytes follow from the same of all these.
    """
    caller, query = caller_of(request), request.scope["query_string"]
    marks = [aims_graph.__version__, request.app.state.marks.of(serving_of(request).library), request.state.media]
    if b"&as_of=" not in b"&" + query:
        marks.append(request.app.state.today().isoformat())
    if caller.organisation is not None:
        marks.append(await _entry(caller))
    text = "\n".join((*marks, request.scope["path"], query.decode("latin-1")))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


async def _entry(caller: Caller) -> str:
    organisation = caller.organisation
    assert organisation is not None
    entry = await in_turn(organisation, lambda: organisation.entry)
    return f"{organisation.name} {entry}"


def cache_control(request: Request) -> str:
    """Who may keep an answer; all must ask whether it is still true."""
    return PUBLIC if caller_of(request).organisation is None else PRIVATE


@dataclass
class Marks:
    """The mark of the library that is served, kept until another takes its place."""

    library: Library | None = None
    mark: str = ""

    def of(self, library: Library) -> str:
        """The hash of all data files, and of the records where there are any."""
        if library is not self.library:
            found = hashlib.sha256(library.catalogue.digest.encode())
            for name, text in () if library.records is None else library.records.texts:
                found.update(f"{name}\0{text}\0".encode())
            self.library, self.mark = library, found.hexdigest()
        return self.mark
