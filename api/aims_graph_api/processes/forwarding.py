"""The way from a process that answers to the one that holds the workspaces: a Unix socket nobody else can reach.

What needs no organisation is answered where it arrives. A request that carries credentials, or is about records, is
passed on; a process that answers holds no records and so can never show any.
"""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import httpcore
from anyio.abc import TaskGroup
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aims_graph_api import tracing
from aims_graph_api.gate.hops import FROM
from aims_graph_api.problems import BAD_INPUT, UNAVAILABLE, Kind, problem
from aims_graph_api.settings import REGULATION

Header = tuple[bytes, bytes]
Count = Callable[[str, int], None]  # of a request, by method and status, that the other end has not answered
Around = Callable[[ASGIApp], ASGIApp]  # what an answer of this process has around it
Refusal = tuple[Kind, str, dict[str, str]]

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
CONNECTING = 2.0  # seconds
IDLE = 2.0  # seconds a connection is kept: less than the other end keeps it, so that none is used that it has closed
MOST_KEPT = 50  # connections that wait for another request
MOST_AT_ONCE = 65_536  # bytes
WRITER = httpcore.Origin(b"http", b"writer", 80)
UNREACHED = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.RemoteProtocolError)
ASKED_AGAIN = ("GET", "HEAD")
NO_FORM = "This request is not of the form that HTTP asks for. Escape what is no letter or digit in the address."
ASKING = 3.0  # seconds that the other end may take to say that it is ready
STARTING = 2  # seconds that the other end takes to be there again, if nothing else is wrong
LONGEST_AWAY = 30  # seconds after which it is started anew at the latest, however often it has died


class Line(httpcore.AsyncNetworkStream):
    """One connection to the process that holds the workspaces, on which an answer is heard while a body is sent."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._http = httpcore.AsyncHTTP11Connection(WRITER, self, keepalive_expiry=IDLE)
        self._heard: anyio.Event | None = None
        self._early = b""
        self.used = False

    async def ask(self, request: httpcore.Request) -> httpcore.Response:
        """The beginning of an answer; an error of UNREACHED where there is none to be had."""
        try:
            return await self._http.handle_async_request(request)
        finally:
            self.used = True

    async def listen(self) -> None:
        """Wait for the beginning of an answer, which is kept."""
        self._heard = anyio.Event()
        try:
            self._early = await self._stream.read(MOST_AT_ONCE)
        except httpcore.NetworkError:
            self._early = b""  # as where the other end has closed the connection
        self._heard.set()

    @property
    def is_heard(self) -> bool:
        """Whether the other end has said something, if only that it says no more."""
        return bool(self.get_extra_info("is_readable")) or (self._heard is not None and self._heard.is_set())

    @property
    def is_free(self) -> bool:
        """Whether another request may be sent, and will be read."""
        return self._http.is_idle() and not self._http.has_expired()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What comes next."""
        if self._heard is None:
            return await self._stream.read(max_bytes, timeout)
        await self._heard.wait()
        self._heard = None
        return self._early

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send something."""
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close it."""
        await self._stream.aclose()

    def get_extra_info(self, info: str) -> Any:
        """What is known of the connection."""
        return self._stream.get_extra_info(info)


class Link:
    """The connections to the process that holds the workspaces."""

    def __init__(self, socket: Path) -> None:
        self._socket, self._backend = str(socket), httpcore.AnyIOBackend()
        self._free: list[Line] = []  # the one used last at the end
        self._away: float | None = None  # since when the other end cannot be reached

    def note(self, answers: bool) -> None:
        """Whether the other end has answered just now."""
        if answers:
            self._away = None
        elif self._away is None:
            self._away = time.monotonic()

    @property
    def again(self) -> dict[str, str]:
        """The header that says when to ask again: what has been away for long will be for longer."""
        away = 0.0 if self._away is None else time.monotonic() - self._away
        return {"Retry-After": str(min(LONGEST_AWAY, max(STARTING, math.ceil(away))))}

    async def line(self, fresh: bool = False) -> Line:
        """A connection, which nobody else uses until it is given back; an error of UNREACHED where there is none."""
        while self._free and not fresh:
            line = self._free.pop()
            if line.is_free:
                return line
            await line.aclose()
        return Line(await self._backend.connect_unix_socket(self._socket, CONNECTING))

    async def give_back(self, line: Line) -> None:
        """Keep a connection if it can be used again."""
        while self._free and not self._free[0].is_free:
            await self._free.pop(0).aclose()
        if line.is_free and len(self._free) < MOST_KEPT:
            self._free.append(line)
        else:
            await line.aclose()

    async def ready(self) -> bool:
        """Whether the other end answers and says that it is ready."""
        request = _request("GET", b"/health/ready", [(b"host", WRITER.host)], limit=ASKING)
        try:
            line = await self.line(fresh=True)
            try:
                answer = await line.ask(request)
                await answer.aclose()
            finally:
                await line.aclose()
        except UNREACHED:
            self.note(answers=False)
            return False
        self.note(answers=True)
        return answer.status == 200

    async def close(self) -> None:
        """Let go of the connections."""
        while self._free:
            await self._free.pop().aclose()


class Forwarding:
    """ASGI middleware that passes on what this process cannot answer."""

    def __init__(
        self,
        app: ASGIApp,
        link: Link,
        read: str = REGULATION,
        count: Count = lambda *_: None,
        around: Around = lambda answer: answer,
    ) -> None:
        self.app, self._link, self._read, self._count, self._around = app, link, read, count, around

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer here, or pass on the request and what comes back."""
        if scope["type"] != "http" or not passed_on(scope, self._read):
            await self.app(scope, receive, send)
            return
        refused: Refusal | None = None
        async with anyio.create_task_group() as group:
            exchange = _Exchange(self._link, scope, receive, send, group)
            group.start_soon(exchange.until_client_leaves)
            with tracing.span("forward"):
                refused = await exchange.make()
            group.cancel_scope.cancel()
        if refused is not None:
            kind, detail, headers = refused
            self._count(str(scope["method"]), kind.status)
            answer = problem(Request(scope), kind, detail, headers=headers)
            await self._around(answer)(scope, receive, send)


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

    def __init__(self, link: Link, scope: Scope, receive: Receive, send: Send, group: TaskGroup) -> None:
        self._link, self._scope, self._receive, self._send, self._group = link, scope, receive, send, group
        self._whole = anyio.Event()  # all of the request has come from the client
        self._waiting = anyio.CancelScope()  # for more of it

    async def until_client_leaves(self) -> None:
        """Give up as soon as nobody waits for the answer."""
        await self._whole.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._group.cancel_scope.cancel()

    async def make(self) -> Refusal | None:
        """Pass on the request, and what comes back as it comes; the reason where nothing does."""
        scope = self._scope
        has_body = bool({name for name, _ in scope["headers"]} & {b"content-length", b"transfer-encoding"})
        if not has_body:
            self._whole.set()
        try:
            answer, line = await (self._ask_with_body() if has_body else self._ask())
        except httpcore.LocalProtocolError:
            return BAD_INPUT, NO_FORM, {}
        except UNREACHED:
            self._link.note(answers=False)
            return UNAVAILABLE, "Records cannot be reached now. Ask again in a moment.", self._link.again
        self._link.note(answers=True)
        try:
            await self._pass_back(answer)
        finally:
            with anyio.CancelScope(shield=True):
                await answer.aclose()
                await self._link.give_back(line)
        return None

    async def _ask(self, fresh: bool = False) -> tuple[httpcore.Response, Line]:
        """An answer to a request without a body, and where it comes from."""
        line = await self._link.line(fresh)
        was_used = line.used
        try:
            return await line.ask(_request(self._scope["method"], _target(self._scope), _passed(self._scope))), line
        except UNREACHED:  # the other end may have closed what is kept here, and then has not read the request
            if fresh or not was_used or self._scope["method"] not in ASKED_AGAIN:
                raise
        return await self._ask(fresh=True)

    async def _ask_with_body(self) -> tuple[httpcore.Response, Line]:
        """The same for a request with a body: it is sent as it comes, until it ends or is answered."""
        line = await self._link.line()
        self._group.start_soon(self._listen, line)
        headers = _passed(self._scope)
        if not any(name == b"content-length" for name, _ in headers):
            headers.append((b"transfer-encoding", b"chunked"))
        return await line.ask(_request(self._scope["method"], _target(self._scope), headers, self._body(line))), line

    async def _listen(self, line: Line) -> None:
        await line.listen()
        self._waiting.cancel()

    async def _body(self, line: Line) -> AsyncIterator[bytes]:
        """What the client sends; WriteError where it is answered before its end, whereupon the answer is read."""
        while not self._whole.is_set():
            message: Message | None = None
            with self._waiting:
                message = await self._receive()
            if message is not None and message["type"] == "http.disconnect":
                self._group.cancel_scope.cancel()
                await anyio.sleep_forever()  # until this exchange is given up
            if message is not None and not message.get("more_body", False):
                self._whole.set()
            if message is None or line.is_heard:
                raise httpcore.WriteError("this is answered")
            self._waiting = anyio.CancelScope()
            if message.get("body"):
                yield message["body"]

    async def _pass_back(self, answer: httpcore.Response) -> None:
        headers = [(n.lower(), v) for n, v in answer.headers if n.lower() not in HOP_BY_HOP | {b"date"}]
        if not self._whole.is_set():
            headers.append((b"connection", b"close"))  # the rest of the body is read by nobody
            self._whole.set()
        await self._send({"type": "http.response.start", "status": answer.status, "headers": headers})
        try:
            assert isinstance(answer.stream, AsyncIterable)
            async for part in answer.stream:
                await self._send({"type": "http.response.body", "body": part, "more_body": True})
            await self._send({"type": "http.response.body", "body": b""})
        except UNREACHED:
            return  # what was begun cannot be finished; the client sees it cut off


def _request(
    method: str,
    target: bytes,
    headers: list[Header],
    body: AsyncIterator[bytes] | None = None,
    limit: float | None = None,
) -> httpcore.Request:
    url = httpcore.URL(scheme=WRITER.scheme, host=WRITER.host, port=WRITER.port, target=target)
    wait = {"read": limit, "write": limit}
    return httpcore.Request(method, url, headers=headers, content=body, extensions={"timeout": wait})


def _target(scope: Scope) -> bytes:
    target: bytes = scope.get("raw_path") or scope["path"].encode()
    return target + b"?" + scope["query_string"] if scope["query_string"] else target


def _passed(scope: Scope) -> list[Header]:
    """The headers of a request as they are passed on, and the addresses it came by."""
    by = [value for name, value in scope["headers"] if name == FROM]
    if scope.get("client"):
        by.append(str(scope["client"][0]).encode())
    headers = [(n, v) for n, v in scope["headers"] if n not in HOP_BY_HOP and n not in (FROM, *tracing.CARRIED)]
    if not any(name == b"host" for name, _ in headers):
        headers.append((b"host", b""))  # as it came, as far as HTTP/1.1 can say so
    headers += tracing.carried(scope)
    if by:
        headers.append((FROM, b", ".join(by)))
    return headers
