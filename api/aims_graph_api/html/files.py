"""The files that pages need, each sent whole: they are small, and a range of one that cannot be sent is no problem."""

from __future__ import annotations

from typing import Any

from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send


class Whole(StaticFiles):
    """A folder of files that takes no ranges (RFC 9110, 14.3)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file that a request names, whatever part of it is asked for."""
        headers = [(name, value) for name, value in scope["headers"] if name not in (b"range", b"if-range")]
        await super().__call__({**scope, "headers": headers}, receive, send)

    def file_response(self, *args: Any, **named: Any) -> Response:
        """The file, which says that it comes whole."""
        found = super().file_response(*args, **named)
        found.headers["Accept-Ranges"] = "none"
        return found
