"""HTTP as it is read here: what the server that it is built on would let pass, or would answer in a way of its own."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from aims_graph_api import problems
from aims_graph_api.headers import SAFE_HEADERS
from aims_graph_api.problems import BAD_INPUT, HEAD_TOO_LARGE, Kind

LARGEST_HEAD = 64 * 1024  # bytes of a request before its body
LINGER = 5.0  # seconds in which a client that is still sending can read why nothing more is taken
UNREAD = 30.0  # seconds that a body may still take once its request is answered
WITHOUT_BODY = ("GET", "HEAD")
NO_HTTP = "This is no request that HTTP allows."
NO_UPGRADE = "This service knows HTTP/1.1 alone. Send the request without 'Upgrade'."
LARGE_HEAD = f"The head of this request is larger than {LARGEST_HEAD} bytes. Send less in its address and its headers."


class Protocol(HttpToolsProtocol):
    """One connection: a head of some size, no headers after it, problems for what is no HTTP, and an end in any case.

    What follows a body in chunks (trailer fields) is not taken: nobody looked at it when the request was let in.
    """

    _in_head = False
    _now = 0  # bytes that have just come
    _head = 0  # bytes of the head that had come before, but for those that came together with another request
    _within = _shared = False  # a request that is not whole; whether those that come now are of several
    _refused: tuple[Kind, str] | None = None
    _over = False  # nothing more is read
    _deadline: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Read on, if this connection is not at its end."""
        if self._over:
            return
        self._now, self._shared = len(data), self._within
        super().data_received(data)
        if self._in_head:
            self._head += len(data)
            if self._head > LARGEST_HEAD and not self._over:
                self._refused = HEAD_TOO_LARGE, LARGE_HEAD
                self.send_400_response(LARGE_HEAD)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head, self._head = True, -self._now if self._shared else 0
        self._within = self._shared = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head; one that comes after it is passed over."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin to answer, or refuse the request for its head."""
        self._in_head = False
        if max(self._head, 0) + self._now > LARGEST_HEAD and self._size() > LARGEST_HEAD:
            self._refuse(HEAD_TOO_LARGE, LARGE_HEAD)
        upgrades = self.parser.should_upgrade()
        if upgrades and any(name in (b"content-length", b"transfer-encoding") for name, _ in self.headers):
            self._refuse(BAD_INPUT, NO_UPGRADE)  # its body would be taken for what follows the change
        super().on_headers_complete()
        if upgrades:
            self.cycle.keep_alive = False
            self._over = True
        elif self.scope["method"] not in WITHOUT_BODY:
            self.cycle.transport = _Lingering(self)  # type: ignore[assignment]

    def on_message_complete(self) -> None:
        """The whole request is there."""
        super().on_message_complete()
        self._within = False
        if self._deadline is not None and not self._over:
            self._deadline.cancel()
            self._deadline = None

    def on_response_complete(self) -> None:
        """An answer is given; if its request is not yet whole, that may not take for ever."""
        super().on_response_complete()
        if self.cycle.response_complete and self.cycle.more_body and self._deadline is None:
            self._unset_keepalive_if_required()
            self._deadline = self.loop.call_later(UNREAD, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is no more."""
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def linger(self) -> None:
        """Say that nothing follows, and let the client read it: who still sends learns of a closed connection first."""
        if self._over or self.transport.is_closing():
            return
        self._over = True
        if self._deadline is not None:
            self._deadline.cancel()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()
        self._deadline = self.loop.call_later(LINGER, self.transport.close)

    def send_400_response(self, msg: str) -> None:
        """A problem for what is no HTTP."""
        kind, detail = self._refused or (BAD_INPUT, NO_HTTP)
        if not self.transport.is_closing() and (self.cycle is None or self.cycle.response_complete):
            self.transport.write(_answer(kind, detail))
            self.linger()
            return
        self._over = True  # another answer is under way, into which nothing can be written
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing: a request that would change the protocol is answered as any other."""

    def _refuse(self, kind: Kind, detail: str) -> None:
        self._refused = kind, detail
        raise ValueError(detail)  # which ends what reads, and has `send_400_response` called

    def _size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)


class _Lingering:
    """A connection as one answer sees it: not closed while the client is still sending, or it would not read why."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol, self._cycle, self._transport = protocol, protocol.cycle, protocol.transport

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def close(self) -> None:
        """Close it, at once where all that was to come has come."""
        if self._cycle.more_body and not self._cycle.disconnected:
            self._protocol.linger()
        else:
            self._transport.close()


def _answer(kind: Kind, detail: str) -> bytes:
    """A problem about what never became a request."""
    told = {"type": f"{problems.BASE}{kind.name}", "title": kind.title, "status": kind.status, "detail": detail}
    body = orjson.dumps(told)
    headers = {
        **SAFE_HEADERS,
        **problems.NOT_KEPT,
        "Content-Type": problems.MEDIA_TYPE,
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    lines = "".join(f"{name.lower()}: {value}\r\n" for name, value in headers.items())
    return STATUS_LINE[kind.status] + lines.encode() + b"\r\n" + body
