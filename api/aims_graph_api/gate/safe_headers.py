"""What every response carries: the safe headers, and that no cache keeps what is private."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aims_graph_api.headers import SAFE_HEADERS
from aims_graph_api.serving import ANONYMOUS, Caller

VARY = (b"vary", b"Authorization, X-API-Key")
NO_STORE, REVALIDATED = (b"cache-control", b"no-store"), (b"cache-control", b"private, no-cache")
WRONG = 400  # from this status on, an answer is of this one request: of the moment and of who asks

Header = tuple[bytes, bytes]


class SafeHeaders:
    """ASGI middleware that sets the headers on each response; over https also that browsers are to stay there."""

    def __init__(self, app: ASGIApp, hsts: int = 0) -> None:
        self.app = app
        told = SAFE_HEADERS | ({"Strict-Transport-Security": f"max-age={hsts}"} if hsts else {})
        self._headers = [(name.lower().encode(), value.encode()) for name, value in told.items()]
        self._names = frozenset(name for name, _ in self._headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add the headers to what comes back."""

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [header for header in message.get("headers", ()) if header[0] not in self._names]
                message["headers"] = _private(kept, message["status"], scope) + self._headers
            await send(message)

        await self.app(scope, receive, send_safely if scope["type"] == "http" else send)


def _private(headers: list[Header], status: int, scope: Scope) -> list[Header]:
    """The headers, with what tells caches whose answer this is; files of pages are everybody's."""
    if scope["path"].startswith("/static/"):
        return headers
    caller: Caller = scope.get("state", {}).get("caller", ANONYMOUS)
    if caller.organisation is not None or status >= WRONG:
        has_tag = any(name == b"etag" for name, _ in headers)
        headers = [header for header in headers if header[0] != b"cache-control" or b"no-store" in header[1]]
        if not any(name == b"cache-control" for name, _ in headers):
            headers.append(REVALIDATED if has_tag and status < WRONG else NO_STORE)
    headers.append(VARY)
    return headers
