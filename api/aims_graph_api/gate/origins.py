"""Pages of other origins that may ask from a browser (CORS); what they may not do is refused as a problem."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send

from aims_graph_api import problems

REFUSED = (
    "What a page of another origin asks is not allowed here, by its {}. The setting AIMS_CORS_ORIGINS says which "
    "origins may ask; their pages may use the methods and headers of this service."
)


class Origins(CORSMiddleware):
    """ASGI middleware that answers what a browser asks before it lets a page ask."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """What the page may do, or a refusal."""
        found = super().preflight_response(request_headers)
        return found if found.status_code == 200 else _Refusal(found)


class _Refusal(Response):
    """The refusal that a response of the framework is, as a problem."""

    def __init__(self, said: Response) -> None:
        super().__init__()
        told = bytes(said.body).decode().removeprefix("Disallowed CORS ").replace(", ", " and ")
        self._detail = REFUSED.format(told)
        self._others = {name: value for name, value in said.headers.items() if not name.startswith("content-")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        answer = problems.problem(Request(scope), problems.BAD_INPUT, self._detail, headers=self._others)
        await answer(scope, receive, send)
