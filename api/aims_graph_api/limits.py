"""How much a request may send."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 2_500_000  # bytes; 10,000 names of the greatest length fit in


class BodyLimit:
    """ASGI middleware that ends a request with 413 once its body is larger than anything asked for here."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and count what is read of it."""
        read = 0

        async def receive_some() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > LARGEST_BODY:
                raise HTTPException(413, f"This body is larger than {LARGEST_BODY} bytes. Ask in several requests.")
            return message

        await self.app(scope, receive_some if scope["type"] == "http" else receive, send)
