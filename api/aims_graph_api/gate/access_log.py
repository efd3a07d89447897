"""One line of JSON for each request, with nothing in it that is secret; its number stands in the audit log too.

A line is found from the audit entry that the request wrote by `request`, and the entry from the line by `entry`.
"""

from __future__ import annotations

import logging
import os
import random
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import orjson
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aims_graph.errors import OutputError
from aims_graph_api.routing import HEALTH
from aims_graph_api.serving import ANONYMOUS, Caller

HEADER = b"x-request-id"
REQUEST, ENTRY = "request_id", "entry"  # in the state of a request
_GIVEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_SECRET = re.compile(
    r"(aims_[A-Za-z0-9]+_)[A-Za-z0-9_-]{8,}|(eyJ)[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)*|(?i:(bearer ))\S{8,}"
)
_DRAWN = random.Random(os.urandom(32))  # noqa: S311  (numbers of requests are no secrets)
_LOGGERS = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi", "asyncio", "")


def request_id(request: Request) -> str:
    """The number of a request, as its answer and the access log give it; empty where none is kept."""
    return str(getattr(request.state, REQUEST, ""))


def said(request: Request) -> str:
    """What a request asks, for the `what` of an audit entry: method, path and the number of the request."""
    number = request_id(request)
    return redacted(f"{request.method} {request.scope['path']}") + (f" (request {number})" if number else "")


def wrote(request: Request, entry: int | None) -> None:
    """Note which entry of the audit log a request has made."""
    if entry is not None:
        setattr(request.state, ENTRY, entry)


def redacted(text: str) -> str:
    """A text without the secret of a key or token.

    >>> redacted("Bearer aims_k3m4n5p6q7r8_5Zc0fVbJ1gD2_x-Y")
    'Bearer …'
    >>> redacted("/records/aims_k3m4n5p6q7r8_5Zc0fVbJ1gD2_x-Y")
    '/records/aims_k3m4n5p6q7r8_…'
    """
    return _SECRET.sub(lambda found: f"{found[1] or found[2] or found[3]}…", text)


class Redacting(logging.Filter):
    """Takes secrets out of what a logger writes, tracebacks included."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, without its secrets."""
        record.msg = redacted(str(record.msg))
        if isinstance(record.args, tuple):  # kept apart: formatters take them one by one
            record.args = tuple(redacted(arg) if isinstance(arg, str) else arg for arg in record.args)
        said = record.getMessage()
        if redacted(said) != said:
            record.msg, record.args = redacted(said), None
        if record.exc_info and not record.exc_text:
            record.exc_text = redacted(logging.Formatter().formatException(record.exc_info))
        return True


_REDACTING = Redacting()


def keep_secrets() -> None:
    """Take secrets out of what the loggers of the server write."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_REDACTING)  # added once, however often


class Lines:
    """Where lines go: standard error, or a file that several processes may append to."""

    def __init__(self, target: str) -> None:
        self._failed = False
        try:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            self._handle = None if target == "-" else os.open(Path(target), flags, 0o600)
        except OSError as error:
            raise OutputError(
                f"the access log '{target}' cannot be written ({error.strerror}). Name a file in a folder that the "
                "service may write to, or '-' for standard error."
            ) from error

    def write(self, line: bytes) -> None:
        """Append one line; a request never fails because its line cannot be written, and that is told once."""
        try:
            if self._handle is None:
                sys.stderr.write(line.decode())
                sys.stderr.flush()
            else:
                os.write(self._handle, line)
        except (OSError, ValueError) as error:
            if not self._failed:
                self._failed = True
                logging.getLogger("uvicorn.error").error("The access log cannot be written: %s.", error)


class AccessLog:
    """ASGI middleware that numbers each request, answers with the number, and writes a line when it is over."""

    def __init__(self, app: ASGIApp, write: Callable[[bytes], None] | None = None) -> None:
        self.app, self.write = app, write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under its number."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        number = _number(scope)
        state = scope.setdefault("state", {})
        state[REQUEST] = number
        status, size = 0, 0

        async def send_numbered(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (HEADER, number.encode())]
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        if self.write is None:
            await self.app(scope, receive, send_numbered)
            return
        start = time.perf_counter()
        ended = False
        try:
            await self.app(scope, receive, send_numbered)
            ended = True
        finally:
            took = time.perf_counter() - start
            if not (status == 200 and scope["path"] in HEALTH):  # probes that find all well would hide the rest
                self.write(_line(scope, status or (0 if ended else 500), size, took))


def _number(scope: Scope) -> str:
    """The number that whoever sends the request has given it, if it is one and no secret; else one of our own."""
    for name, value in scope["headers"]:
        if name == HEADER:
            text = value.decode("latin-1")
            if _GIVEN.fullmatch(text) and redacted(text) == text:
                return str(text)
    return f"{_DRAWN.getrandbits(128):032x}"


def _line(scope: Scope, status: int, size: int, seconds: float) -> bytes:
    state = scope["state"]
    caller: Caller = state.get("caller", ANONYMOUS)
    line: dict[str, Any] = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "request": state[REQUEST],
        "method": redacted(scope["method"]),
        "path": redacted(scope["path"]),
        "parameters": _parameters(scope["query_string"]),
        "status": status,
        "milliseconds": round(1000 * seconds, 3),
        "bytes": size,
        "key": caller.key or None,
        "organisation": None if caller.organisation is None else caller.organisation.name,
        "entry": state.get(ENTRY),
    }
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _parameters(query: bytes) -> list[str]:
    """The names of the parameters; their values may be personal or secret."""
    if not query:
        return []
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=None)
    return [redacted(name)[:40] for name in list(dict.fromkeys(name for name, _ in pairs))[:20]]
