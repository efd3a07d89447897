"""Whole graphs over HTTP, by the SPARQL 1.1 Graph Store HTTP Protocol."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import NAMESPACE_URL, uuid4, uuid5

import pyoxigraph as ox
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from aims_graph.workspaces import own_graphs
from aims_graph.workspaces.own_graphs import Edit
from aims_graph.workspaces.record_store import RecordStore
from aims_graph.workspaces.writing import Writer
from aims_graph_api.answering import PRIVATE, VARY
from aims_graph_api.negotiation import accepted, negotiated
from aims_graph_api.organisations import Organisation
from aims_graph_api.problems import BAD_INPUT, CHANGED_SINCE, NOT_ALLOWED, UNKNOWN_NAME, Refused
from aims_graph_api.record_routes import record_requests
from aims_graph_api.record_routes.write import Written
from aims_graph_api.serving import allowed, caller_of, in_turn
from aims_graph_api.sparql import asking, edits, sent_graphs
from aims_graph_api.sparql.asked import Asked, address, fields
from aims_graph_api.sparql.formats import ONE_GRAPH, READ, with_charset
from aims_graph_api.sparql.leaving import Left
from aims_graph_api.sparql.sent_graphs import MULTIPART, Sent

PATH: Final = "/sparql/graph-store"
METHODS: Final = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"]
ALL: Final = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
Quads = frozenset[ox.Quad]


@dataclass(frozen=True)
class Target:
    """The graph that a request is about."""

    name: str | None  # None for the unnamed one

    def __str__(self) -> str:
        return "the unnamed graph" if self.name is None else f"the graph '{self.name}'"

    @property
    def term(self) -> ox.NamedNode | ox.DefaultGraph:
        """The same for the engine."""
        return ox.DefaultGraph() if self.name is None else ox.NamedNode(self.name)


def router() -> APIRouter:
    """The store itself, and the graphs that are named by addresses below it."""
    made = APIRouter(include_in_schema=False)
    for path in (PATH, f"{PATH}/{{graph:path}}"):
        made.add_api_route(path, graphs, methods=METHODS)
    return made


async def graphs(request: Request) -> Response:
    """Read, replace, add to or delete the graph that a request names."""
    if request.method == "OPTIONS":
        headers = {"Allow": ", ".join(METHODS), "Accept-Post": ", ".join((*READ, MULTIPART))}
        return Response(status_code=204, headers=headers)
    try:
        if request.method in ("GET", "HEAD"):
            return await read(request)
        return await {"PUT": put, "POST": post, "DELETE": delete}[request.method](request, allowed(request, "write"))
    except Left:
        return Response(status_code=asking.CLIENT_LEFT)


# -- which graph -----------------------------------------------------------------------


def target(request: Request) -> Target | None:
    """The graph that a request names; None for the store itself. Refused (400) where it names it in two ways."""
    found = fields(request.scope["query_string"], "address")
    named = [value for name, value in found if name == "graph"]
    unnamed = any(name == "default" for name, _ in found)
    below = request.scope["path"].removeprefix(PATH).strip("/")
    ways = len(named) + unnamed + bool(below)
    if ways > 1:
        raise Refused(BAD_INPUT, "The graph is named in more than one way. Give one ?graph=, ?default or a path.")
    if unnamed:
        return Target(None)
    if named:
        return Target(address(named[0], "graph").value)
    return Target(address(_own(request), "the address").value) if below else None


def _own(request: Request) -> str:
    """The address of a request without its parameters, as it was written."""
    path = request.scope.get("raw_path") or request.scope["path"].encode()
    return str(request.url.replace(path=path.partition(b"?")[0].decode("ascii", "replace"), query="", fragment=""))


def named(request: Request) -> Target:
    """The same where a graph has to be named."""
    found = target(request)
    if found is None:
        raise Refused(BAD_INPUT, "No graph is named. Add ?graph= with its address, or ?default for the unnamed graph.")
    return found


# -- reading ---------------------------------------------------------------------------


async def read(request: Request) -> Response:
    """One graph, in the format that is accepted."""
    graph, media_type = named(request), negotiated(accepted(request), tuple(ONE_GRAPH))
    syntax, headers = ONE_GRAPH[media_type], {"Content-Type": with_charset(media_type)}
    if caller_of(request).organisation is not None:
        organisation = allowed(request, "read")
        found = await in_turn(organisation, partial(_content, organisation, graph, syntax))
        if found is not None:
            entry, content = found
            headers |= {"ETag": tag(organisation, entry, syntax), "Cache-Control": PRIVATE, "Vary": VARY}
            if _is_among(headers["ETag"], request.headers.get("if-none-match")):
                return Response(status_code=304, headers=headers)
            return Response(content, headers=headers)
    content = await _loaded(request, graph, syntax)
    return Response(content, headers=headers | asking.kept(request))


def _content(organisation: Organisation, graph: Target, media_type: str) -> tuple[int, bytes] | None:
    """The last entry, and a graph of the organisation as of then; None where it has no such graph."""
    with organisation.open() as workspace:
        store = workspace.store
        if not _is_there(store, graph):
            return None
        triples = (quad.triple for quad in own_graphs.of_graph(store, graph.name))
        return store.number, ox.serialize(triples, format=ox.RdfFormat.from_media_type(media_type)) or b""


async def _loaded(request: Request, graph: Target, media_type: str) -> bytes:
    """A graph of law or standards; Refused (404) where there is none."""
    if graph.name is None:
        return await _run(request, "CONSTRUCT {} WHERE {}", media_type, None)
    if not await _run(request, ALL + " LIMIT 1", "application/n-triples", graph.name):
        raise absent(graph)
    return await _run(request, ALL, media_type, graph.name)


async def _run(request: Request, text: str, media_type: str, graph: str | None) -> bytes:
    asked = Asked("query", text, None if graph is None else (graph,))
    return (await asking.run(request, asked, media_type)).body


def _is_there(store: RecordStore, graph: Target) -> bool:
    """The unnamed graph and that of the records always are; any other while it holds a statement."""
    always = graph.name is None or graph.name == store.graph.value
    hidden = graph.name in (store.withdrawn.value, store.unnamed.value, *(b.value for b in store.books))
    return not hidden and (always or own_graphs.holds(store, graph.name))


def absent(graph: Target) -> Refused:
    """The refusal where a graph is not there."""
    return Refused(UNKNOWN_NAME, f"There is no graph '{graph.name}'. The description of /sparql lists those there are.")


# -- versions --------------------------------------------------------------------------


def tag(organisation: Organisation, entry: int, media_type: str) -> str:
    """The version of an organisation's graphs: its last entry; with whose they are, and the format."""
    return f'"{entry}-{_owner(organisation)}-{hashlib.sha256(media_type.encode()).hexdigest()[:6]}"'


def _owner(organisation: Organisation) -> str:
    return hashlib.sha256(f"graphs of {organisation.name} {organisation.base}".encode()).hexdigest()[:12]


def _is_among(etag: str, header: str | None) -> bool:
    return any(one.strip().removeprefix("W/") in (etag, "*") for one in (header or "").split(","))


def check_conditions(request: Request, organisation: Organisation, store: RecordStore, graph: Target) -> None:
    """Refused (412) where If-Match names another version, or If-None-Match says that the graph must be new."""
    match, there = request.headers.get("if-match"), own_graphs.holds(store, graph.name)
    if match is not None:
        ours = f'"{store.number}-{_owner(organisation)}'
        tags = [one.strip() for one in match.split(",")]
        fits = there if tags == ["*"] else any(one.rpartition("-")[0] == ours for one in tags)
        if not fits:
            raise Refused(CHANGED_SINCE, f"The version in If-Match is not that of {graph}. Read it again.")
    if request.headers.get("if-none-match", "").strip() == "*" and there:
        raise Refused(CHANGED_SINCE, f"If-None-Match says that {graph} is new, and it is there. Leave it out.")


# -- writing ---------------------------------------------------------------------------


async def put(request: Request, organisation: Organisation) -> Response:
    """Put a graph in the place of what was there."""
    graph = named(request)
    new = await sent(request, graph)
    quads = new.quads
    created, written = await _make(request, organisation, graph, lambda old: (quads - old, old - quads), new.digest)
    headers = edits.headers(request, written)
    return JSONResponse(written.told, 201, headers) if created else Response(status_code=204, headers=headers)


async def post(request: Request, organisation: Organisation) -> Response:
    """Add to a graph; sent to the store itself, make a new graph of it."""
    graph = target(request)
    fresh = graph is None
    graph = graph or Target(_new_name(request))
    new = await sent(request, graph)
    quads = new.quads
    created, written = await _make(request, organisation, graph, lambda old: (quads - old, frozenset()), new.digest)
    headers = edits.headers(request, written)
    if fresh and graph.name is not None:
        headers["Location"] = graph.name
    return JSONResponse(written.told, 201 if created or fresh else 200, headers)


async def delete(request: Request, organisation: Organisation) -> Response:
    """Delete a graph; 404 where there is none."""
    graph = named(request)
    _, written = await _make(request, organisation, graph, lambda old: (frozenset(), old), "", must_be_there=True)
    return JSONResponse(written.told, headers=edits.headers(request, written))


async def sent(request: Request, graph: Target) -> Sent:
    """The statements that a request sends for a graph."""
    return await sent_graphs.read(request, graph.term, graph.name or str(request.url.replace(query="")))


async def _make(
    request: Request,
    organisation: Organisation,
    graph: Target,
    change: Callable[[Quads], tuple[Quads, Quads]],
    content: str,
    must_be_there: bool = False,
) -> tuple[bool, Written]:
    """Whether a graph came to be by a change of it, and the receipt; `change` gives what comes and goes."""
    writing = edits.write(request, organisation)
    asked = "\n".join((request.method, str(graph), content))
    made: list[bool] = []

    def worked_out(writer: Writer) -> Edit:
        store = writer.workspace.store
        if graph.name is not None:
            why = own_graphs.reserved(graph.name, store, own_graphs.graphs_of(writing.catalogue))
            if why is not None:
                raise Refused(NOT_ALLOWED, f"{why[0].upper()}{why[1:]}")
        if writing.signature.key is not None and store.with_key(writing.signature.key) is not None:
            return Edit((), (), store.number, asked)  # it was carried out before
        check_conditions(request, organisation, store, graph)
        old = frozenset(own_graphs.of_graph(store, graph.name))
        if must_be_there and not old:
            raise absent(graph)
        added, removed = change(old)
        made.append(not old and bool(added))
        return Edit(_ordered(added), _ordered(removed), store.number, asked)

    written = await in_turn(organisation, lambda: edits.make(writing, worked_out))
    return made == [True], written


def _ordered(quads: Iterable[ox.Quad]) -> tuple[ox.Quad, ...]:
    return tuple(sorted(quads, key=str))


def _new_name(request: Request) -> str:
    """The address of a graph to be made: the same for the same request that comes twice."""
    key = request.headers.get("idempotency-key")
    name = uuid4() if key is None else uuid5(NAMESPACE_URL, record_requests.own(caller_of(request), key))
    return str(request.url.replace(path=f"{PATH}/{name}", query="", fragment=""))
