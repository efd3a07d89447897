"""The way from a process that answers to the one that holds the workspaces: a Unix socket nobody else can reach.

What needs no organisation is answered where it arrives. A request that carries credentials, or is about records, is
passed on; a process that answers holds no records and so can never show any.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path

import anyio
import httpx
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aims_graph_api import tracing
from aims_graph_api.problems import BAD_INPUT, UNAVAILABLE, Kind, problem
from aims_graph_api.settings import REGULATION

Header = tuple[bytes, bytes]
Count = Callable[[str, int], None]  # of a request, by method and status, that the other end has not answered

CREDENTIALS = (b"authorization", b"x-api-key")
ABOUT_RECORDS = frozenset(
    {"records", "check", "evidence", "deadlines", "export", "log", "metrics"}
)  # first part of a path
GRAPH_STORE = "sparql/graph-store"
ANSWERED_HERE = ("GET", "HEAD", "OPTIONS", "POST")  # questions are posted too; anything else writes
HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding "
    b"upgrade expect".split()
)
FROM = b"x-forwarded-for"
CONNECTING = 2.0  # seconds
IDLE = 2.0  # seconds a connection is kept: less than the other end keeps it, so that none is used that it has closed
ASKING = 3.0  # seconds that the other end may take to say that it is ready


class Link:
    """A connection to the process that holds the workspaces."""

    def __init__(self, socket: Path) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=50, keepalive_expiry=IDLE)
        self._transport = httpx.AsyncHTTPTransport(uds=str(socket), limits=limits)

    async def send(
        self,
        method: str,
        target: bytes,
        headers: list[Header],
        body: AsyncIterator[bytes] | None = None,
        limit: float | None = None,
    ) -> httpx.Response:
        """The beginning of an answer; httpx.TransportError where there is none to be had."""
        wait = {"connect": CONNECTING, "read": limit, "write": limit, "pool": limit}
        request = httpx.Request(
            method, "http://writer/", headers=headers, content=body, extensions={"target": target, "timeout": wait}
        )
        return await self._transport.handle_async_request(request)

    async def ready(self) -> bool:
        """Whether the other end answers and says that it is ready."""
        try:
            answer = await self.send("GET", b"/health/ready", [(b"host", b"writer")], limit=ASKING)
            await answer.aclose()
        except httpx.TransportError:
            return False
        return answer.status_code == 200

    async def close(self) -> None:
        """Let go of the connections."""
        await self._transport.aclose()


class Forwarding:
    """ASGI middleware that passes on what this process cannot answer."""

    def __init__(self, app: ASGIApp, link: Link, read: str = REGULATION, count: Count = lambda *_: None) -> None:
        self.app, self._link, self._read, self._count = app, link, read, count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer here, or pass on the request and what comes back."""
        if scope["type"] != "http" or not passed_on(scope, self._read):
            await self.app(scope, receive, send)
            return
        async with anyio.create_task_group() as group:
            exchange = _Exchange(self._link, scope, receive, send, self._count)
            group.start_soon(exchange.until_client_leaves, group.cancel_scope)
            with tracing.span("forward"):
                await exchange.make()
            group.cancel_scope.cancel()


def passed_on(scope: Scope, read: str) -> bool:
    """Whether a request is for the process that holds the workspaces."""
    path = str(scope["path"]).removeprefix("/api/v1").lstrip("/")
    if path.startswith("health/"):
        return False
    return (
        read != REGULATION
        or scope["method"] not in ANSWERED_HERE
        or path.partition("/")[0] in ABOUT_RECORDS
        or path.startswith(GRAPH_STORE)
        or any(name in CREDENTIALS for name, _ in scope["headers"])
    )


class _Exchange:
    """One request that is passed on."""

    def __init__(self, link: Link, scope: Scope, receive: Receive, send: Send, count: Count) -> None:
        self._link, self._scope, self._receive, self._send, self._count = link, scope, receive, send, count
        self._sent = anyio.Event()  # the whole request
        self._left = anyio.Event()  # the client, before that

    async def until_client_leaves(self, group: anyio.CancelScope) -> None:
        """Give up as soon as nobody waits for the answer."""
        await self._sent.wait()
        while not self._left.is_set():
            if (await self._receive())["type"] == "http.disconnect":
                break
        group.cancel()

    async def make(self) -> None:
        """Pass on the request, and what comes back as it comes."""
        scope = self._scope
        names = {name for name, _ in scope["headers"]}
        has_body = bool(names & {b"content-length", b"transfer-encoding"})
        target = scope.get("raw_path") or scope["path"].encode()
        target += b"?" + scope["query_string"] if scope["query_string"] else b""
        if not has_body:
            self._sent.set()
        try:
            answer = await self._link.send(
                scope["method"], target, list(_passed(scope)), self._body() if has_body else None
            )
        except httpx.LocalProtocolError:
            detail = (
                "This request is not of the form that HTTP asks for. Escape what is no letter or digit in the address."
            )
            await self._refuse(BAD_INPUT, detail)
            return
        except httpx.TransportError:
            await self._refuse(
                UNAVAILABLE, "Records cannot be reached now. Ask again in a moment.", {"Retry-After": "1"}
            )
            return
        await self._pass_back(answer)

    async def _pass_back(self, answer: httpx.Response) -> None:
        headers = [(n.lower(), v) for n, v in answer.headers.raw if n.lower() not in HOP_BY_HOP | {b"date"}]
        await self._send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
        try:
            assert isinstance(answer.stream, httpx.AsyncByteStream)
            async for part in answer.stream:
                await self._send({"type": "http.response.body", "body": part, "more_body": True})
            await self._send({"type": "http.response.body", "body": b""})
        except httpx.TransportError:
            return  # what was begun cannot be finished; the client sees it cut off
        finally:
            with anyio.CancelScope(shield=True):
                await answer.aclose()

    async def _body(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message: Message = await self._receive()
            if message["type"] == "http.disconnect":
                self._left.set()
                self._sent.set()
                await anyio.sleep_forever()  # until this exchange is given up
            more = message.get("more_body", False)
            if message.get("body"):
                yield message["body"]
        self._sent.set()

    async def _refuse(self, kind: Kind, detail: str, headers: dict[str, str] | None = None) -> None:
        self._count(str(self._scope["method"]), kind.status)
        answer = problem(Request(self._scope), kind, detail, headers=headers)
        await answer(self._scope, self._receive, self._send)


def _passed(scope: Scope) -> Iterable[Header]:
    """The headers of a request as they are passed on, and the addresses it came by."""
    by = [value for name, value in scope["headers"] if name == FROM]
    if scope.get("client"):
        by.append(str(scope["client"][0]).encode())
    yield from ((n, v) for n, v in scope["headers"] if n not in HOP_BY_HOP and n not in (FROM, *tracing.CARRIED))
    yield from tracing.carried(scope)
    if by:
        yield FROM, b", ".join(by)
