"""The name by which a service was asked: addresses in answers begin with it, so it has to be one."""

from __future__ import annotations

import re

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from aims_graph_api import problems
from aims_graph_api.routing import HEALTH

_NAMED = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]+)(?::([0-9]{1,5}))?")
UNNAMED = "The request needs one header Host that names this service, such as 'example.org' or 'example.org:8000'."


def names_a_host(scope: Scope) -> bool:
    """Whether a request names one host, and nothing else in its place (RFC 9112, 3.2).

    >>> names_a_host({"headers": [(b"host", b"[::1]:8000")]}), names_a_host({"headers": [(b"host", b"a/b")]})
    (True, False)
    """
    found = [value for name, value in scope["headers"] if name == b"host"]
    named = _NAMED.fullmatch(found[0]) if len(found) == 1 else None
    return named is not None and int(named[2] or 0) < 65536


class Hosts:
    """ASGI middleware that refuses a request without a Host, or with what is none; probes may go without."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or end it with 400."""
        if scope["type"] == "http" and not names_a_host(scope) and scope["path"] not in HEALTH:
            await problems.problem(Request(scope), problems.BAD_INPUT, UNNAMED)(scope, receive, send)
        else:
            await self.app(scope, receive, send)
