"""How much a request may send, and how slowly."""

from __future__ import annotations

import asyncio

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aims_graph_api import problems
from aims_graph_api.serving import ANONYMOUS, Caller

LARGEST_BODY = 2_500_000  # bytes; 10,000 names of the greatest length fit in
LARGER = (  # what paths begin with, and the bytes that a key to write may send there
    ("/sparql", 50_000_000),
    ("/api/v1/records", 100_000_000),
    ("/api/v1/check", 100_000_000),
)
PATIENCE = 30.0  # seconds for a body to arrive, and one more for each
SLOWEST = 100_000  # bytes of it
LEFT = "The body of this request did not arrive whole."
CLOSE = {"Connection": "close"}  # after an answer before which not all was read


class BodyLimit:
    """ASGI middleware that ends a request whose body is larger (413) or slower (408) than anything asked for here."""

    def __init__(self, app: ASGIApp, patience: float = PATIENCE) -> None:
        self.app, self._patience = app, patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and count what is read of it."""
        if scope["type"] != "http" or not _sends(scope):
            await self.app(scope, receive, send)
            return
        largest = _largest(scope)
        if _declared(scope) > largest:
            answer = problems.problem(Request(scope), problems.TOO_LARGE, _too_large(largest), headers=CLOSE)
            await answer(scope, receive, send)
            return
        body = _Body(receive, largest, self._patience)
        try:
            await self.app(scope, body.receive, send)
        except ClientDisconnect:
            if not body.left:
                raise
            answer = problems.problem(Request(scope), problems.BAD_INPUT, LEFT)  # which nobody reads, but is counted
            await answer(scope, receive, send)


class _Body:
    """The body of one request as it arrives."""

    def __init__(self, receive: Receive, largest: int, patience: float) -> None:
        self._receive, self._largest, self._patience = receive, largest, patience
        self._read, self._whole = 0, False
        self.left = False  # the client, before all had come
        self._start = asyncio.get_running_loop().time()

    async def receive(self) -> Message:
        """The next part; HTTPException where it makes the body too large, or comes too late."""
        if self._whole:  # what comes now is that the client has left
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._start + self._patience + self._read / SLOWEST):
                message = await self._receive()
        except TimeoutError:
            detail = "The body of this request does not arrive. Send it again over a faster connection."
            raise HTTPException(408, detail, CLOSE) from None
        self.left = message["type"] == "http.disconnect"
        self._read += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._read > self._largest:
            raise HTTPException(413, _too_large(self._largest), CLOSE)
        return message


def _too_large(largest: int) -> str:
    return f"This body is larger than {largest} bytes. Ask in several requests."


def _sends(scope: Scope) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])


def _declared(scope: Scope) -> int:
    """How long the body says it is; 0 where it does not."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length" and value.isdigit()]
    return max((int(value[:20]) for value in lengths), default=0)


def _largest(scope: Scope) -> int:
    """The largest body for a path; more than the usual only from a caller who may write."""
    caller: Caller = scope.get("state", {}).get("caller", ANONYMOUS)
    if "write" not in caller.scopes:
        return LARGEST_BODY
    path = scope["path"]
    return next((most for start, most in LARGER if path == start or path.startswith(f"{start}/")), LARGEST_BODY)
