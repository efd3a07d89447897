"""HEAD wherever there is GET: the same answer, of which only the head is sent (RFC 9110, 9.3.2)."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEAD, GET = "HEAD", "GET"


class Heads:
    """ASGI middleware that has HEAD answered as GET, and keeps back the body; what lies outside of it sees HEAD."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or scope["method"] != HEAD:
            await self.app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        asked = {**scope, "method": GET}
        try:
            await self.app(asked, receive, send_head)
        finally:
            scope.update({**asked, "method": HEAD})  # which route it took, for those who count
