"""Spans for OpenTelemetry, where a tracer is set up; nothing is loaded and nothing done where none is.

A tracer is set up by what starts the program, such as `opentelemetry-instrument aims-graph serve`, or by a program
that makes the application itself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aims_graph_api.routing import template

NAME = "aims-graph"
CARRIED = (b"traceparent", b"tracestate")  # W3C Trace Context
Header = tuple[bytes, bytes]


def tracer() -> Any | None:
    """The tracer that is set up; None where none is."""
    api = sys.modules.get("opentelemetry.trace")
    if api is None or isinstance(api.get_tracer_provider(), api.ProxyTracerProvider):
        return None
    return api.get_tracer(NAME)


def span(name: str) -> AbstractContextManager[Any]:
    """What is done within is one step of the request it belongs to."""
    found = tracer()
    return nullcontext() if found is None else found.start_as_current_span(name)


def carried(scope: Scope) -> Iterable[Header]:
    """The headers that tell another process of the span it is in: of the one open here, else as they came."""
    if tracer() is None:
        yield from ((n, v) for n, v in scope["headers"] if n in CARRIED)
        return
    headers: dict[str, str] = {}
    _format().inject(headers)
    yield from ((n.encode(), v.encode()) for n, v in headers.items())


def _format() -> Any:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator()


class Traced:
    """ASGI middleware: one span a request, below the one that its `traceparent` names."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer within a span, where spans are wanted."""
        found = tracer() if scope["type"] == "http" else None
        if found is None:
            await self.app(scope, receive, send)
            return
        with _request(found, scope) as current:

            async def told(message: Message) -> None:
                if message["type"] == "http.response.start":
                    current.set_attribute("http.response.status_code", message["status"])
                await send(message)

            await self.app(scope, receive, told)
            route = template(scope)
            current.set_attribute("http.route", route)
            current.update_name(f"{scope['method']} {route}")


@contextmanager
def _request(tracer: Any, scope: Scope) -> Iterator[Any]:
    api = sys.modules["opentelemetry.trace"]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    parent = _format().extract(headers)
    told = {"http.request.method": scope["method"], "url.path": scope["path"], "url.scheme": scope["scheme"]}
    kind = api.SpanKind.SERVER
    with tracer.start_as_current_span(scope["method"], context=parent, kind=kind, attributes=told) as current:
        yield current
