"""Which route a request took, by its template: few enough names to count by; and which methods an address takes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from starlette.routing import BaseRoute, Match, Mount
from starlette.types import Scope

UNKNOWN, FILES = "(none)", "/static"
HEALTH = frozenset({"/health/live", "/health/ready", "/api/v1/health/live", "/api/v1/health/ready"})
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def template(scope: Scope) -> str:
    """The template of the route that answered; one name for whatever no route answers.

    >>> template({"path": "/of/somebody's/making"})
    '(none)'
    """
    context = scope.get("fastapi", {}).get("effective_route_context")
    path = getattr(context, "path", None) or getattr(scope.get("route"), "path", None)
    if path is None and scope["path"].startswith(f"{FILES}/"):
        return FILES
    return UNKNOWN if path is None else _told(str(path))


@cache
def _told(path: str) -> str:
    """A template without how much of an address a part of it takes."""
    return path.replace(":path}", "}")


def methods(routes: Iterable[BaseRoute], path: str) -> tuple[str, ...]:
    """The methods that an address takes, of all routes that answer there together; HEAD wherever there is GET."""
    asked = ("GET" if method == "HEAD" else method for method in METHODS)
    scopes = [{"type": "http", "path": path, "method": method, "headers": []} for method in asked]
    answering = [route for route in routes if not isinstance(route, Mount)]  # a mount says itself what it takes
    return tuple(
        method
        for method, scope in zip(METHODS, scopes, strict=True)
        if any(route.matches(scope)[0] is Match.FULL for route in answering)
    )
