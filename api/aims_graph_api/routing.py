"""Which route a request took, by its template: few enough names to count by."""

from __future__ import annotations

from starlette.types import Scope

UNKNOWN, FILES = "(none)", "/static"


def template(scope: Scope) -> str:
    """The template of the route that answered; one name for whatever no route answers.

    >>> template({"path": "/of/somebody's/making"})
    '(none)'
    """
    context = scope.get("fastapi", {}).get("effective_route_context")
    path = getattr(context, "path", None) or getattr(scope.get("route"), "path", None)
    if path is None and scope["path"].startswith(f"{FILES}/"):
        return FILES
    return UNKNOWN if path is None else str(path).replace(":path}", "}")
